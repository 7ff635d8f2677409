"""The multiverse's analyses, against counts by hand and tables whose answers are known."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from neuroswitch import schemas
from neuroswitch.gates.scope import choices, deciding, reconstruction, shares, together
from neuroswitch.schemas import scope as columns
from neuroswitch.schemas.multiverse import ACCEPTED, NEAREST
from neuroswitch.statistics import wilson_interval
from tests.unit import invented_multiverse as invented


@pytest.fixture(scope="module")
def universes():
    return invented.universes(400)


@pytest.fixture(scope="module")
def parts(universes):
    return invented.parts(universes)


@pytest.fixture(scope="module")
def outcomes(parts):
    return invented.outcomes(parts)


def columns_of(schema):
    return {column.name for column in schema.columns}


def words(*rows):
    """Return outcomes [universes, claims] from one letter each: s, c, n or - (not testable)."""
    meaning = {"s": "supported", "c": "contradicted", "n": "neither", "-": "not testable"}
    index = pd.Index(range(len(rows)), name="universe")
    claims = [f"S{place}" for place in range(1, len(rows[0]) + 1)]
    return pd.DataFrame([[meaning[each] for each in row] for row in rows], index, claims)


# Choices and their levels


def test_a_scale_is_a_choice_only_where_it_is_drawn_and_v_is_one_choice(universes):
    chosen = choices.values(universes)
    drawn = universes["family"].isin(["near_identity", "diagonal", "per_layer"]).to_numpy()
    np.testing.assert_array_equal(chosen["scale"].notna(), drawn)
    expected = {"0", "0.1 normal", "0.5 normal", "1 normal", "1 uniform"}
    assert set(chosen["shift"]) == expected
    assert set(chosen["shared_start"]) == {"yes", "no"}


def test_levels_of_a_continuous_choice_are_quarters_and_every_universe_has_one():
    drawn = pd.Series([9.0, 1, 2, 3, 4, 5, 6, 7, 8, np.nan], name="scale")
    level = choices.levels(drawn)
    # The quartiles are 3, 5 and 7, each in the bin that it ends.
    assert list(level.cat.codes) == [3, 0, 0, 0, 1, 1, 2, 2, 3, 4]
    assert list(level.cat.categories) == ["1 to 3", "3 to 5", "5 to 7", "7 to 9", choices.NONE]
    assert level.name == "scale"


def test_levels_of_counts_are_in_the_order_of_numbers():
    level = choices.levels(pd.Series([16, 2, 8, 4], name="width"))
    assert list(level.cat.categories) == ["2", "4", "8", "16"]
    assert list(level) == ["16", "2", "8", "4"]


def test_levels_of_equal_values_are_one():
    level = choices.levels(pd.Series([1.0, 1, 1, 1, 1], name="condition_number"))
    assert list(level.cat.categories) == ["1 to 1"]
    nowhere = choices.levels(pd.Series([np.nan, np.nan], name="scale"))
    assert list(nowhere) == [choices.NONE] * 2


# Scope


def test_scope_is_a_share_of_all_universes_and_of_those_at_each_level(universes, outcomes):
    table = shares.scope(universes, outcomes)
    assert set(table) == columns_of(columns.SCOPE)
    keyed = table.set_index(["claim", "choice", "level", "outcome"])
    own = outcomes[outcomes["claim"] == "S9"].set_index("universe")["outcome"]
    for choice, level, among in (
        ("all", "all", np.full(len(universes), True)),
        ("loss", "mean_squared_error", (universes["loss"] == "mean_squared_error").to_numpy()),
        ("width", "16", (universes["width"] == 16).to_numpy()),
    ):
        here = own[among]
        for outcome, found in (
            ("supported", here == "supported"),
            ("contradicted", here == "contradicted"),
            ("neither", here == "inconclusive"),
            ("not testable", here == "not testable"),
        ):
            row = keyed.loc[("S9", choice, level, outcome)]
            low, high = wilson_interval(found.sum(), len(here))
            assert (row["share"], row["universes"]) == (found.mean(), len(here))
            assert (row["low"], row["high"]) == (low, high)


def test_shares_of_a_claim_add_up_at_every_level(universes, outcomes):
    table = shares.scope(universes, outcomes)
    sums = table.groupby(["claim", "choice", "level"])["share"].sum()
    np.testing.assert_allclose(sums, 1)
    one = table[(table["claim"] == "S4") & (table["outcome"] == "supported")]
    np.testing.assert_array_equal(one.groupby("choice")["universes"].sum(), len(universes))


def test_a_claim_without_a_row_is_not_testable_there(universes, outcomes):
    lacking = outcomes[(outcomes["claim"] != "S4") | (outcomes["universe"] >= 100)]
    found = shares.in_universes(universes, lacking)
    assert (found.loc[:99, "S4"] == "not testable").all()
    assert (found.loc[100:, "S4"] != "not testable").all()
    assert list(found)[:3] == ["S1", "S2", "S3"]
    assert list(found)[-3:] == ["X1", "X2", "X5"]


# What decides


@pytest.fixture(scope="module")
def decided(universes, parts, outcomes):
    kept = ["S1", "S9", "S10", "S16", "X2"]
    few = [table[table["claim"].isin(kept)] for table in (parts, outcomes)]
    return deciding.deciding(universes, *few, root_seed=0)


def importance(table, claim):
    return table[table["claim"] == claim].set_index("choice")["importance"]


def test_a_choice_that_decides_is_found_and_the_others_are_not(decided):
    assert set(decided) == columns_of(columns.DECIDING)
    found = importance(decided, "S16")
    assert found.idxmax() == "width"
    assert found["width"] > 1
    assert found.drop("width").abs().max() < 0.05


def test_a_combination_is_found_by_both_of_its_choices(decided):
    found = importance(decided, "S9").sort_values()
    assert set(found.index[-2:]) == {"loss", "learning_rate"}
    assert found.iloc[-2] > 0.3
    assert found.iloc[-3] < 0.1


def test_a_number_that_depends_on_nothing_is_not_decided(decided):
    by_claim = decided.groupby("claim")[["r2", "decided"]].first()
    assert by_claim.loc["S1", "r2"] < deciding.DECIDED
    assert by_claim["decided"].to_dict() == dict(
        zip(["S1", "S10", "S16", "S9", "X2"], [False, False, True, True, False], strict=True)
    )


def test_half_of_the_fall_is_the_total_effect():
    """y = 2a + b + ab of independent signs: total effects (4 + 1, 1 + 1) of a variance of 6."""
    rng = np.random.default_rng(0)
    a, b, c = rng.choice([-1.0, 1.0], (3, 2000, 1))
    features = {"a": a, "b": b, "c": c}
    r2, found = deciding.importances(features, (2 * a + b + a * b).ravel(), rng)
    assert r2 == pytest.approx(1, abs=1e-6)
    expected = {"a": 2 * 5 / 6, "b": 2 * 2 / 6, "c": 0}
    assert found == pytest.approx(expected, abs=0.08)


def test_columns_of_one_choice_are_permuted_together_and_only_where_it_is_drawn():
    inputs = np.array([[1.0, 0, np.nan], [0, 1, 5], [1, 0, 6], [0, 1, np.nan]])
    rng = np.random.default_rng(0)
    named = np.stack(list(deciding._permuted(inputs, slice(0, 2), rng)))
    np.testing.assert_array_equal(named[..., :2].sum(axis=2), 1)
    assert (named[..., 0] != inputs[:, 0]).any()
    drawn = np.stack(list(deciding._permuted(inputs, slice(2, 3), rng)))
    assert np.isnan(drawn[:, [0, 3], 2]).all()
    assert {tuple(row) for row in drawn[:, [1, 2], 2]} == {(5, 6), (6, 5)}


def test_the_number_is_of_the_part_that_decides_most_often_and_may_be_infinite():
    parts = pd.DataFrame(
        [(0, "a", 1.0), (1, "a", np.inf), (2, "a", np.nan), (0, "b", 5.0), (1, "b", 6.0)],
        columns=["universe", "label", "value"],
    ).assign(claim="S5")
    outcomes = pd.DataFrame({"claim": "S5", "label": ["b", "a", "a"], "outcome": "supported"})
    label, numbers = deciding._numbers("S5", parts, outcomes)
    assert label == "a"
    assert numbers.to_dict() == {0: 1.0, 1: np.inf}


def test_few_universes_tell_nothing(universes, parts, outcomes):
    few = [table[table["universe"] < 20] for table in (universes, parts, outcomes)]
    table = deciding.deciding(*few, root_seed=0)
    assert table[["importance", "total_effect", "r2"]].isna().all(axis=None)
    assert not table["decided"].any()
    assert table.groupby("claim")["universes"].first()["S4"] == 20


# Together


def test_pairs_are_counted_where_both_are_testable():
    found = words("sss", "ssc", "scn", "-ss", "ns-")
    table = together.pairs(found).set_index(["claim", "other"])
    assert set(table.reset_index()) == columns_of(columns.TOGETHER)
    first = table.loc[("S1", "S2")]
    assert first[["universes", "supported", "other_supported", "both"]].tolist() == [4, 3, 3, 2]
    assert (first["share"], first["chance"]) == (2 / 4, 3 / 4 * 3 / 4)
    assert (first["low"], first["high"]) == tuple(map(float, wilson_interval(2, 4)))
    assert table.loc[("S1", "S3"), "universes"] == 3


def test_pairs_that_are_no_chance_are_told_by_fishers_test_and_holms_correction():
    found = words(*10 * ["sss"], *10 * ["ccs"])
    table = together.pairs(found).set_index(["claim", "other"])
    p = fisher_exact([[10, 0], [0, 10]]).pvalue
    assert table.loc[("S1", "S2"), "p"] == pytest.approx(p)
    assert table.loc[("S1", "S2"), "p_adjusted"] == pytest.approx(3 * p)
    assert table.loc[("S1", "S3"), "p_adjusted"] == 1


def test_a_pair_that_is_never_testable_has_counts_and_no_share():
    table = together.pairs(words("s-", "-s"))
    assert table["both"].tolist() == [0]
    assert table[["share", "low", "high", "chance"]].isna().all(axis=None)


def test_the_largest_sets_are_those_that_no_other_universe_exceeds():
    rng = np.random.default_rng(3)
    hits = pd.DataFrame(rng.random((60, 7)) < 0.55, columns=[f"S{k}" for k in range(1, 8)])
    hits.index.name = "universe"
    table = together.largest_sets(hits)
    assert set(table) == columns_of(columns.LARGEST_SETS)
    # By brute force over every subset of claims.
    sets = [frozenset(hits.columns[row]) for row in hits.to_numpy()]
    everything = [
        frozenset(subset)
        for size in range(1, 8)
        for subset in itertools.combinations(hits.columns, size)
    ]
    held = {subset: [subset <= own for own in sets] for subset in everything}
    maximal = [
        subset
        for subset, where in held.items()
        if any(where) and not any(subset < other and any(held[other]) for other in everything)
    ]
    expected = sorted(
        (-len(s), -sum(held[s]), held[s].index(True), " ".join(sorted(s))) for s in maximal
    )[:10]
    keys = (-table["size"], -table["universes"], table["example"], table["claims"])
    found = list(zip(*keys, strict=True))
    assert found == expected
    assert table["rank"].tolist() == list(range(1, len(expected) + 1))


# Reconstruction

EXACT = {
    "peak_3": 0.15,
    "peak_30": 0.2,
    "drift_3": 0.02,
    "drift_30": 0.1,
    "held_2500": 1.0,
    "first_3": 20.0,
    "first_10": 10.0,
    "first_30": 3.0,
    "and_or": 0.95,
    "and_xor": 0.3,
    "xor_alone": 0.6,
    "xor_recall_pcs": 0.7,
    "others_recall_pcs": 0.5,
}
"""A universe that is exactly what the paper reports."""


@pytest.mark.parametrize(
    ("changed", "term", "expected"),
    [
        ({}, "peak_3", 0),
        ({"peak_3": 0.18}, "peak_3", 1),
        ({"peak_30": 0.12}, "peak_30", 2),
        ({"drift_30": 0.25}, "drift_30", 1.5),
        ({"held_2500": 0.8}, "held_2500", 2),
        ({"first_30": 10.0}, "cycles_ratio", 1),
        ({"first_3": 6.0, "first_30": 6.0}, "cycles_ratio", 1),
        ({"first_30": np.inf}, "cycles_ratio", 10),
        ({"first_3": np.inf, "first_10": np.inf, "first_30": np.inf}, "cycles_ratio", 10),
        ({"first_3": np.inf, "first_10": np.inf}, "cycles_ratio", 0),
        ({"and_or": 0.7}, "and_or", 2),
        ({"and_xor": 0.14}, "and_xor", 2),
        ({"xor_alone": 1.0}, "xor_alone", 1),
        ({"xor_alone": 0.25}, "xor_alone", 0.5),
        ({"xor_recall_pcs": 0.3}, "xor_margin_pcs", 2),
        ({"xor_recall_pcs": 0.2, "others_recall_pcs": 0.1}, "xor_margin_pcs", 0.5),
        ({"peak_3": np.nan}, "peak_3", 10),
    ],
)
def test_the_distance_is_0_at_the_report_and_counts_tolerances(universes, changed, term, expected):
    table = reconstruction.distances(universes.head(20).assign(**EXACT | changed))
    assert table["distance"].to_numpy() == pytest.approx(expected, abs=1e-9)
    assert table[term].to_numpy() == pytest.approx(expected, abs=1e-9)


def test_the_nearest_are_accepted_at_least_ten_and_one_in_a_hundred():
    table = invented.universes(1500)
    table.loc[3, list(EXACT)] = list(EXACT.values())
    found = reconstruction.accepted_universes(table)
    assert set(found) == columns_of(ACCEPTED)
    nearest = reconstruction.distances(table).sort_values("distance")["universe"].head(15)
    assert nearest.iloc[0] == 3
    assert set(found["universe"]) == set(nearest)
    assert len(reconstruction.accepted_universes(table.head(40))) == 10
    assert len(reconstruction.accepted_universes(table.head(4))) == 4


def test_the_posterior_is_the_share_of_the_accepted_universes():
    table = invented.universes(1500)
    near = table.index % 100 == 0
    table = table.assign(**EXACT | {"peak_3": np.where(near, 0.15, 0.5)})
    table.loc[near, "family"] = np.where(np.arange(15) < 12, "near_identity", "uniform")
    accepted = reconstruction.accepted_universes(table)
    # All of the second round are farther away: the nearest are those of the first.
    far = second_round(40).assign(peak_3=0.9)
    made = reconstruction.reconstruct(table, accepted, far)
    posterior = made["posterior"]
    assert set(posterior) == columns_of(columns.POSTERIOR)
    family = posterior[posterior["choice"] == "family"].set_index("level")
    assert family.loc["near_identity", "first"] == 12 / 15
    assert family.loc["uniform", "first"] == 3 / 15
    assert family.loc["gaussian", "first"] == family.loc["gaussian", "posterior"] == 0
    share = (table["family"] == "near_identity").mean()
    assert family.loc["near_identity", "prior"] == share
    low, high = wilson_interval(12, 15)
    ends = family.loc["near_identity", ["first_low", "first_high"]].tolist()
    assert ends == [low, high]
    sums = posterior.groupby("choice")[["prior", "first", "posterior"]].sum()
    np.testing.assert_allclose(sums, 1)
    weight = reconstruction.weights(pd.concat([table, far]), accepted, len(table))[:1500]
    chosen = near & (table["family"] == "near_identity")
    expected = weight[chosen].sum() / weight[near].sum()
    assert family.loc["near_identity", "posterior"] == pytest.approx(expected)
    assert expected != pytest.approx(12 / 15, abs=0.01)


def test_the_nearest_of_both_rounds_are_accepted_and_bins_are_of_the_first():
    table = invented.universes(300)
    accepted = reconstruction.accepted_universes(table)
    second = second_round(30)
    better = second.index % 6 == 0
    second.loc[better, list(EXACT)] = list(EXACT.values())
    made = reconstruction.reconstruct(table, accepted, second)
    found = made["distances"].set_index("universe")
    assert set(made["distances"]) == columns_of(columns.DISTANCES)
    assert found.loc[second["universe"], "round"].eq(2).all()
    assert found.loc[table["universe"], "round"].eq(1).all()
    assert found["accepted"].sum() == 10
    assert found.loc[second.loc[better, "universe"], "accepted"].all()
    assert (
        found.loc[found["accepted"], "distance"].max()
        <= found.loc[~found["accepted"], "distance"].min()
    )
    nearest = made["nearest"]
    assert set(nearest) == columns_of(NEAREST)
    assert nearest["universe"].tolist() == [second.loc[better, "universe"].min()]
    own = second[second["universe"] == nearest["universe"].iloc[0]]
    for column in nearest:
        assert nearest[column].iloc[0] == own[column].iloc[0]
    levels = made["posterior"].query("choice == 'learning_rate'")
    edges = np.quantile(table["learning_rate"], [0, 0.25, 0.5, 0.75, 1])
    ends = [float(level.split(" to ")[0]) for level in levels["level"]]
    assert ends == pytest.approx(edges[:4], rel=0.05)
    np.testing.assert_allclose(levels["prior"], 0.25)


def test_a_level_that_has_all_weights_has_a_share_of_1_whatever_is_rounded():
    rng = np.random.default_rng(0)
    for _ in range(200):
        weights = pd.DataFrame({name: rng.random(9) for name in ("prior", "first", "posterior")})
        level = pd.Series(pd.Categorical(["one"] * 9), weights.index, name="loss")
        (row,) = reconstruction._posterior(level, weights).to_dict("records")
        assert row["posterior"] == pytest.approx(1)
        assert row["posterior_low"] < 1


def second_round(number):
    """Return an invented second round: other universes, numbered as such."""
    return invented.universes(number, seed=5).assign(
        universe=np.arange(1_000_000, 1_000_000 + number)
    )


def test_reports_and_terms_are_the_same(universes):
    terms = columns_of(columns.DISTANCES) - {"universe", "round", "distance", "accepted"}
    assert terms == set(reconstruction.REPORTED)


# Tables on disk


def test_the_tables_are_what_their_schemas_say(universes, parts, outcomes, decided, tmp_path):
    made = {
        "scope": shares.scope(universes, outcomes),
        "deciding": decided,
        **together.together(universes, outcomes),
        **reconstruction.reconstruct(
            universes, reconstruction.accepted_universes(universes), second_round(20)
        ),
        "accepted": reconstruction.accepted_universes(universes),
    }
    for name, table in made.items():
        path = tmp_path / f"gates/multiverse/{name}.parquet"
        schemas.write_all({name: table}, {name: path}, {})
        assert len(schemas.read(path)) == len(table)


def test_a_table_without_wildcards_is_not_taken_for_one_of_any_experiment():
    assert schemas.of("results/laptop/gates/multiverse/distances.parquet") is columns.DISTANCES
    assert schemas.of("results/laptop/gates/mapping/distances.parquet").name == "AND-OR distances"
