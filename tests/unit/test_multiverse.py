"""Universes of open choices: drawn by their priors, trained as by hand, judged, and kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import qmc

from neuroswitch import (
    index,
    keeping,
    provenance,
    schemas,
    seeds,
    settings,
    universes,
    versions,
)
from neuroswitch.claims.statistics import Untestable
from neuroswitch.gates import geometry, neighbours, tables
from neuroswitch.gates.multiverse import conditions, experiment, judgement, priors, summary
from neuroswitch.gates.multiverse.priors import universe
from neuroswitch.gates.multiverse.universe import train_universe
from neuroswitch.gates.training import train
from tests.unit.invented_multiverse import SMALL

ROOT = 7
RUNS = 6


@pytest.fixture(scope="module")
def small():
    return train_universe(SMALL, RUNS, ROOT, stable_cycles=50)


# ---- Priors


def test_universes_are_the_points_of_one_sequence_however_many_are_drawn():
    rng = seeds.generator(ROOT, "gates", "multiverse")
    whole = qmc.Sobol(len(priors.PRIORS), rng=rng).random(16)
    drawn = [
        universes.point(len(priors.PRIORS), k, seeds.generator(ROOT, "gates", "multiverse"))
        for k in range(16)
    ]
    np.testing.assert_array_equal(drawn, whole)
    assert universe(5, ROOT) == universe(5, ROOT)
    assert len({replace(universe(k, ROOT), universe=0) for k in range(16)}) == 16
    assert replace(universe(0, ROOT + 1)) != universe(0, ROOT)


SHARES = {
    "family": {
        "uniform": 0.30,
        "near_identity": 0.25,
        "gaussian": 0.15,
        "orthogonal": 0.10,
        "diagonal": 0.10,
        "per_layer": 0.10,
    },
    "shared_modulator": {True: 0.5, False: 0.5},
    "width": {2: 0.25, 3: 0.15, 4: 0.25, 8: 0.25, 16: 0.10},
    "loss": {"cross_entropy": 0.65, "mean_squared_error": 0.35},
    "batch": {"full": 1 / 3, "single": 1 / 3, "ordered": 1 / 3},
    "budget": {"cycles_500": 1 / 3, "phases_500": 1 / 3, "epochs_2500": 1 / 3},
    "period": {10: 0.7, 5: 0.3},
    "initialisation": {"torch": 0.7, "normal": 0.15, "glorot": 0.15},
    "shared_start": {True: 0.3, False: 0.7},
    "bias_shift": {0.0: 0.2, 0.1: 0.2, 0.5: 0.2, 1.0: 0.4},
    "shift_distribution": {"normal": 0.8, "uniform": 0.2},
}


def test_choices_are_as_frequent_as_their_priors_say():
    drawn = pd.DataFrame([universe(k, ROOT) for k in range(1024)])
    for choice, shares in SHARES.items():
        found = drawn[choice].value_counts(normalize=True)
        assert set(found.index) == set(shares)
        for value, share in shares.items():
            assert found[value] == pytest.approx(share, abs=0.003), (choice, value)
    assert set(drawn.loc[drawn["shift_distribution"] == "uniform", "bias_shift"]) == {1.0}
    own = drawn["learning_rate"] != drawn["mapping_rate"]
    assert own.mean() == pytest.approx(0.3, abs=0.003)
    scaled = drawn["family"].isin(["near_identity", "diagonal", "per_layer"])
    assert set(drawn.loc[~scaled, "scale"]) == {1.0}
    for values, low, high, tolerance in (
        (drawn["learning_rate"], 0.001, 1, 0.005),
        (drawn.loc[own, "mapping_rate"], 0.001, 1, 0.05),
        (drawn.loc[scaled, "scale"], 0.05, 2, 0.05),
    ):
        place = np.log(values / low) / np.log(high / low)
        assert place.between(0, 1).all()
        assert place.quantile([0.25, 0.5, 0.75]).to_numpy() == pytest.approx(
            [0.25, 0.5, 0.75], abs=tolerance
        )


# ---- What a universe trains


@pytest.mark.parametrize(
    ("budget", "period", "cycles", "of_three"),
    [
        ("cycles_500", 10, 500, 500),
        ("phases_500", 5, 250, 167),
        ("epochs_2500", 10, 125, 84),
        ("epochs_2500", 5, 250, 167),
    ],
)
def test_budgets_are_cycles_phases_or_epochs(budget, period, cycles, of_three):
    found = conditions.conditions(replace(SMALL, budget=budget, period=period), 50)
    assert {c.cycles for c in found["pairs"] + found["periods_equal_cycles"]} == {cycles}
    assert {c.cycles for c in found["orderings"]} == {of_three}
    epochs = cycles * 2 * period
    assert {c.epochs for c in found["unmodulated"]} == {epochs}
    for condition in found["periods_equal_epochs"]:
        assert epochs <= condition.epochs < epochs + 2 * condition.period
    assert {c.epochs for c in found["mapping_two_layers"]} == {1000}


def test_tables_are_those_of_the_conditions_trained_by_hand(small):
    found = conditions.conditions(SMALL, 50)
    for name, own in found.items():
        by_hand = [tables.runs(c, train(c, range(RUNS), ROOT, np.array([c.cycles]))) for c in own]
        pd.testing.assert_frame_equal(
            small.read(f"gates/{name}/runs"), pd.concat(by_hand, ignore_index=True)
        )
    condition = found["periods_equal_epochs"][1]
    outcome = train(condition, range(RUNS), ROOT, np.array([condition.cycles]))
    stored = small.read("gates/periods_equal_epochs/tasks")
    pd.testing.assert_frame_equal(
        stored[stored["period"] == 30].reset_index(drop=True), tables.tasks(condition, outcome)
    )


def test_tables_of_distances_are_those_of_the_pipeline(small):
    mapped = small.read("gates/mapping_two_layers/runs").assign(learning_rate=0.5)
    mapping = geometry.map_networks(mapped, "")
    for table in ("points", "distances"):
        pd.testing.assert_frame_equal(
            small.read(f"gates/mapping_two_layers/{table}"), mapping[table]
        )
    near = neighbours.neighbours(mapped, ROOT, "")
    spacings = small.read("gates/mapping_two_layers/end_spacings")
    pd.testing.assert_frame_equal(spacings, near["end_spacings"], check_like=True)
    votes = small.read("gates/mapping_two_layers/neighbour_votes")
    told = ["coordinates", "gate", "run", "vote", "right"]
    pd.testing.assert_frame_equal(votes[told], near["neighbour_votes"][told])
    ends = neighbours.end_distances(small.read("gates/pairs/runs"), mapped, "pairs")
    kept_gates = ends[ends["gate"] != "NOR"].reset_index(drop=True)
    stored = small.read("gates/pairs/end_distances")
    order = ["tasks", "gate", "coordinates", "run"]
    pd.testing.assert_frame_equal(
        stored.sort_values(order, ignore_index=True),
        kept_gates.sort_values(order, ignore_index=True),
    )


def test_m_and_starts_are_shared_where_the_universe_says_so(small):
    shared = train_universe(
        replace(SMALL, shared_modulator=True, shared_start=True), RUNS, ROOT, stable_cycles=50
    )
    for trained, matrices, starts in ((small, RUNS, 4 * RUNS), (shared, 1, RUNS)):
        pairs = trained.read("gates/modulators/runs")
        assert pairs["condition_number"].nunique() == matrices
        mapped = trained.read("gates/mapping_two_layers/runs")["initial_parameters"]
        assert len(np.unique(np.stack(mapped.tolist()), axis=0)) == starts
    pairs = shared.read("gates/pairs/runs")["initial_parameters"]
    mapped = shared.read("gates/mapping_two_layers/runs")["initial_parameters"]
    np.testing.assert_array_equal(np.stack(pairs[:RUNS]), np.stack(mapped[:RUNS]))


def test_universes_of_the_same_choices_have_networks_of_their_own(small):
    other = train_universe(replace(SMALL, universe=4), RUNS, ROOT, stable_cycles=50)
    for experiment_name in ("pairs", "mapping_two_layers"):
        starts = [
            np.stack(each.read(f"gates/{experiment_name}/runs")["initial_parameters"].tolist())
            for each in (small, other)
        ]
        assert (starts[0] != starts[1]).all()


def test_and_xor_is_trained_longer_only_where_its_rate_is_near_the_paper_s(monkeypatch):
    for limits, there in (((0, 1), True), ((1.1, 1.2), False)):
        monkeypatch.setattr("neuroswitch.gates.multiverse.universe.UNDECIDED", limits)
        trained = train_universe(SMALL, RUNS, ROOT, stable_cycles=50)
        row = summary.summary(trained).iloc[0]
        assert ("gates/budget/runs" in trained.tables) == there
        assert np.isnan(row["and_xor_long"]) != there
        if not there:
            with pytest.raises(Untestable, match="gates/budget/runs was not made of universe 3"):
                trained.read("gates/budget/runs")


# ---- Its numbers, and the claims in it


def test_a_row_of_numbers_follows_from_the_tables(small):
    row = summary.summary(small).iloc[0]
    runs = small.read("gates/pairs/runs")
    and_or = runs[runs["tasks"] == "AND/OR"]
    assert row["and_or"] == and_or["solved"].mean()
    cycles = and_or["settled_cycle"]
    assert row["held_2500"] == ((cycles > 0) & (cycles * 10 <= 2500)).mean()
    both = small.read("gates/periods_equal_cycles/tasks")
    at_30 = both[both["period"] == 30].groupby("run")
    assert row["peak_30"] == pytest.approx(at_30["peak_last_tenth"].mean().median())
    sizes = both[both["period"] == 30].assign(size=lambda f: f["peak_drift"].abs())
    assert row["drift_30"] == pytest.approx(sizes.groupby("run")["size"].max().median())
    votes = small.read("gates/mapping_two_layers/neighbour_votes")
    others = votes[(votes["coordinates"] == "pcs") & (votes["gate"] != "XOR")]
    assert row["others_recall_pcs"] == pytest.approx(others["right"].mean())
    epochs = sum(
        table["cycles"] @ (table["period"] * (table["tasks"].str.count("/") + 1))
        for table in [
            pd.concat(
                [small.tables[path] for path in small.tables if path.endswith("/runs")]
            ).drop_duplicates([*schemas.of("gates/x/runs").key])
        ]
    )
    # And the paths of AND/OR and of AND, traced once more.
    assert row["run_epochs"] == epochs + 2 * RUNS * 2500


def test_a_claim_is_judged_by_its_own_function_and_alone(small):
    found = judgement.judge(small, ROOT)
    assert list(found["outcomes"]["claim"]) == list(judgement.CLAIMS)
    s4 = found["outcomes"].set_index("claim").loc["S4"]
    runs = small.read("gates/pairs/runs")
    assert s4["value"] == runs.loc[runs["tasks"] == "AND/OR", "solved"].mean()
    labels = found["parts"].set_index("claim")["label"]
    assert small.universe.period == 5, "and labels do not say it: they are those of every universe"
    assert list(labels.loc["S8"]) == [
        "period {usual:g} minus period 3",
        "period 30 minus period {usual:g}",
    ]
    assert list(labels.loc["S10"]) == [
        "period 30 minus period {usual:g}",
        "period 30 minus period 3",
    ]
    assert len(labels.loc["S19"]) == 12
    pd.testing.assert_frame_equal(judgement.judge(small, ROOT)["parts"], found["parts"])


def test_x1_is_judged_where_m_is_ill_conditioned(small):
    def outcome(number):
        table = small.read("gates/modulators/runs").assign(
            condition_number=number, solved=lambda f: f["pullback"] == "transpose"
        )
        known = replace(small, tables={**small.tables, "gates/modulators/runs": table})
        return judgement.judge(known, ROOT)["outcomes"].set_index("claim").loc["X1"]

    assert outcome(11.0)[["value", "n", "outcome"]].tolist() == [1, RUNS, "supported"]
    assert outcome(10.0)["outcome"] == "not testable"


def test_a_universe_whose_runs_all_diverge_is_judged_and_supports_nothing():
    wild = replace(SMALL, family="diagonal", scale=1e200, learning_rate=1e200, mapping_rate=1e200)
    trained = train_universe(wild, 16, ROOT, stable_cycles=50)
    assert (trained.read("gates/pairs/runs")["diverged_epoch"] > 0).all()
    rows = judgement.judge(trained, ROOT)["outcomes"].set_index("claim")
    found = rows["outcome"]
    assert set(found) == {"contradicted", "inconclusive", "not testable"}
    untestable = ["S1", "S2", "S3", "S7", "S11", "S15", "X5"]
    assert set(found[untestable]) == {"not testable"}
    assert rows.loc[untestable, ["value", "p"]].isna().all(axis=None)
    assert set(found[["S4", "S5", "S8", "S9", "S12", "S13"]]) == {"contradicted"}
    # No run of either side ever succeeds, so none is later.
    assert set(found[["S6", "S10"]]) == {"inconclusive"}
    row = summary.summary(trained).iloc[0]
    assert row["and_or"] == 0
    assert row["peak_3"] == row["first_3"] == np.inf
    assert np.isnan(row["xor_recall_pcs"])


# ---- The tables of many


def multiverse(universes, runs=RUNS):
    """Return the settings of the gates with one small multiverse."""
    config = settings.merged(settings.DEFAULT, {})
    own = {"universes": universes, "runs": runs, "universes_per_job": 2}
    config["gates"]["multiverses"] = {"multiverse": own}
    return settings.validate(config).gates


def assert_same(one, other):
    for table in ("universes", "parts", "outcomes"):
        pd.testing.assert_frame_equal(one[table], other[table])


@pytest.fixture
def cheap(monkeypatch):
    """Let universes be as small as the one above but for their number, scale and rate."""

    def drawn(number, root_seed):
        own = universe(number, root_seed)
        return replace(SMALL, universe=number, scale=own.scale, learning_rate=own.learning_rate)

    monkeypatch.setattr(experiment, "universe", drawn)


def test_tables_do_not_depend_on_jobs_or_threads(cheap):
    chosen = multiverse(3)
    assert chosen.chunks("multiverse") == ["0-1", "2-2"]
    whole = experiment.train_multiverse(chosen, "multiverse", range(3), ROOT, threads=1)
    parts = [
        experiment.train_multiverse(chosen, "multiverse", numbers, ROOT, threads=2)
        for numbers in (range(2), range(2, 3))
    ]
    joined = {t: pd.concat([part[t] for part in parts], ignore_index=True) for t in whole}
    assert_same(whole, joined)


def test_a_longer_sequence_trains_only_what_the_tables_lack(cheap, tmp_path, monkeypatch):
    def paths():
        return {
            t: tmp_path / f"gates/multiverse/{t}.parquet"
            for t in ("universes", "parts", "outcomes")
        }

    def version(chosen):
        declared = index.get("training", "multiverse")
        return versions.of_training(declared, chosen, ROOT, "multiverse")

    def store(chosen, tables):
        described = chosen.described("multiverse")
        footer = provenance.of_training(described, ROOT, version(chosen), 1)
        schemas.write_all(tables, paths(), footer)

    def kept(chosen, root_seed=ROOT):
        return keeping.kept("multiverse", chosen, "multiverse", root_seed, paths())

    short, long = multiverse(2), multiverse(3)
    assert kept(long) == {}
    store(short, experiment.train_multiverse(short, "multiverse", range(2), ROOT, 1))
    trained = []

    def counted(own, *args):
        trained.append(own.universe)
        return train_universe(own, *args)

    monkeypatch.setattr(experiment, "train_universe", counted)
    known = kept(long)
    extended = experiment.train_multiverse(long, "multiverse", range(3), ROOT, 1, known)
    assert trained == [2]
    whole = experiment.train_multiverse(long, "multiverse", range(3), ROOT, 1)
    store(long, whole)
    fresh = {t: schemas.read(path) for t, path in paths().items()}
    store(long, extended)
    assert_same(fresh, {t: schemas.read(path) for t, path in paths().items()})
    # Fewer of them are kept too; another number of runs or another root seed keeps none.
    fewer = kept(short)
    assert set(fewer["universes"]["universe"]) == {0, 1, 2}
    again = experiment.train_multiverse(short, "multiverse", range(2), ROOT, 1, fewer)
    assert list(again["universes"]["universe"]) == [0, 1]
    assert trained == [2, 0, 1, 2]
    assert kept(multiverse(3, runs=7)) == {}
    assert kept(long, ROOT + 1) == {}
    # A job that was killed while it put the tables together leaves some that are older.
    store(short, {t: f[f["universe"] < 2] for t, f in whole.items()})
    schemas.write_all(
        whole,
        {"parts": paths()["parts"]},
        provenance.of_training(long.described("multiverse"), ROOT, version(long), 1),
    )
    known, missing = keeping.known_and_missing(kept(long), range(3))
    assert known.keys() == paths().keys()
    assert all(set(frame["universe"]) == {0, 1} for frame in known.values())
    assert missing == [2]
