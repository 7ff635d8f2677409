"""Universes of MNIST: drawn by their priors, trained as by hand, judged by sides, and summed up."""

from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.stats import qmc

from neuroswitch import index, keeping, provenance, schemas, seeds, settings, versions
from neuroswitch.claims.outcomes import CONTRADICTED, INCONCLUSIVE, NOT_TESTABLE, SUPPORTED
from neuroswitch.figures import mnist_multiverse, style
from neuroswitch.mnist import data
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.experiment import summary
from neuroswitch.mnist.multiverse import experiment, judgement, scope
from neuroswitch.mnist.multiverse.experiment import STRATEGIES, conditions, train_multiverse
from neuroswitch.mnist.multiverse.priors import PRIORS, SCALED, Universe, universe
from neuroswitch.mnist.training import train_run
from neuroswitch.schemas.mnist import SAME_IN_A_UNIVERSE, UNIVERSES
from neuroswitch.universes import LogUniform, draw, equally

ROOT = 7


@pytest.fixture(scope="module")
def config():
    """A multiverse on the bundled digits, small."""
    loaded = settings.load(Path("config/laptop.yaml"), Path("config/smoke.yaml")).mnist
    small = loaded.multiverses["multiverse"].model_copy(
        update={"hidden": [1, 2], "train_images": 300, "test_images": 100}
    )
    return loaded.model_copy(
        update={"dataset": "digits", "multiverses": {"multiverse": small}},
    )


def trained(config, numbers, place, checkpoint=Checkpoint):
    place.mkdir(exist_ok=True)
    saved = checkpoint(place / "checkpoint.npz", "1")
    return train_multiverse(config, "multiverse", numbers, ROOT, place, saved)


@pytest.fixture(scope="module")
def three(config, tmp_path_factory):
    return trained(config, range(3), tmp_path_factory.mktemp("three"))


# ---- Priors


def test_universes_are_the_points_of_one_sequence_however_many_are_drawn():
    def rng():
        return seeds.generator(ROOT, "test")

    whole = qmc.Sobol(2, rng=rng()).random(16)
    priors = {"half": equally("a", "b"), "rate": LogUniform(0.01, 1)}
    for number, (first, second) in enumerate(whole):
        drawn = draw(priors, number, rng())
        assert drawn["half"] == ("a" if first < 0.5 else "b")
        assert np.log10(drawn["rate"]) == pytest.approx(-2 + 2 * second)
    assert universe(5, ROOT) == universe(5, ROOT)
    assert universe(5, ROOT) != universe(5, ROOT + 1)


def test_choices_are_as_frequent_as_their_priors_say():
    drawn = pd.DataFrame([universe(number, ROOT) for number in range(512)])
    for choice, prior in PRIORS.items():
        if isinstance(prior, LogUniform):
            used = drawn[drawn["family"].isin(SCALED)] if choice == "scale" else drawn
            place = np.log(used[choice] / prior.low) / np.log(prior.high / prior.low)
            assert place.between(0, 1).all()
            assert place.quantile([0.25, 0.5, 0.75]).to_numpy() == pytest.approx(
                [0.25, 0.5, 0.75], abs=0.05
            )
        else:
            found = drawn[choice].value_counts(normalize=True)
            assert found.to_dict() == pytest.approx(dict(prior), abs=0.005), choice
    assert set(drawn.loc[~drawn["family"].isin(SCALED), "scale"]) == {1.0}


def test_every_choice_has_its_column_and_its_prior():
    drawn = {field.name for field in fields(Universe)}
    assert drawn == {"universe", *PRIORS}
    assert {column.name for column in UNIVERSES.columns} == {"universe", *SAME_IN_A_UNIVERSE}
    assert set(SAME_IN_A_UNIVERSE) - set(PRIORS) == {"dataset", "train_images", "test_images"}


# ---- Training


@pytest.mark.parametrize("number", range(8))
def test_a_universe_trains_every_strategy_at_every_size_with_its_choices(config, number):
    chosen = universe(number, ROOT)
    found = conditions(chosen, config, "multiverse")
    cells = [(c.strategy, c.hidden) for c in found]
    assert cells == [(s, h) for s in STRATEGIES for h in (1, 2)]
    for condition in found:
        modulated = condition.strategy == "neuromodulated"
        asked = asdict(chosen)
        del asked["universe"], asked["extra_input_at"]
        if not modulated:
            for name in ("family", "scale", "layers", "pullback", "bias_shift"):
                del asked[name]
        assert {name: getattr(condition, name) for name in asked} == asked
        entered = chosen.extra_input_at if condition.strategy == "extra_input" else "none"
        assert condition.extra_input_at == entered


def test_networks_of_a_universe_are_those_trained_by_hand(config, three):
    parts = data.load("digits", Path(), 300, 100, "test")
    own = three["networks"][three["networks"]["universe"] == 1]
    expected = [
        summary(condition, run, train_run(condition, run, ROOT, *parts))
        for condition in conditions(universe(1, ROOT), config, "multiverse")
        for run in range(2)
    ]
    columns = [column for column in own if column != "universe"]
    pd.testing.assert_frame_equal(
        own[columns].reset_index(drop=True), pd.DataFrame(expected)[columns], check_exact=True
    )


def test_a_universe_does_not_depend_on_its_job(config, three, tmp_path):
    parts = [trained(config, [number], tmp_path / str(number)) for number in (2, 0, 1)]
    for name, whole in three.items():
        key = list(schemas.of(f"mnist/multiverse/{name}").key)
        gathered = pd.concat([part[name] for part in parts]).sort_values(key, ignore_index=True)
        pd.testing.assert_frame_equal(
            gathered, whole.sort_values(key, ignore_index=True), check_exact=True
        )


class Killed(Exception):
    pass


class KilledAtTheTwentieth(Checkpoint):
    saves = 0

    def save(self, done, begun):
        super().save(done, begun)
        self.saves += 1
        if self.saves == 20:
            raise Killed


def test_a_killed_job_goes_on_to_the_same_universes(config, three, tmp_path):
    with pytest.raises(Killed):
        trained(config, range(3), tmp_path, KilledAtTheTwentieth)
    done, begun = Checkpoint(tmp_path / "checkpoint.npz", "1").load()
    assert 0 < len(done) < 36
    assert begun is not None
    resumed = trained(config, range(3), tmp_path)
    for name, whole in three.items():
        pd.testing.assert_frame_equal(resumed[name], whole, check_exact=True)


def of(config, universes):
    """Return the configuration with another number of universes."""
    own = config.multiverses["multiverse"].model_copy(update={"universes": universes})
    return config.model_copy(update={"multiverses": {"multiverse": own}})


def test_a_longer_sequence_trains_only_what_the_tables_lack(config, three, tmp_path, monkeypatch):
    paths = {name: tmp_path / f"mnist/multiverse/{name}.parquet" for name in three}

    def kept(config, root_seed=ROOT):
        return keeping.kept("mnist_multiverse", config, "multiverse", root_seed, paths)

    short, long = of(config, 2), of(config, 3)
    assert kept(long) == {}
    declared = index.get("training", "mnist_multiverse")
    version = versions.of_training(declared, short, ROOT, "multiverse")
    footer = provenance.of_training(short.described("multiverse"), ROOT, version, 1)
    two = {name: frame[frame["universe"] < 2] for name, frame in three.items()}
    schemas.write_all(two, paths, footer)
    trained_ones = []

    def counted(number, root_seed):
        trained_ones.append(number)
        return universe(number, root_seed)

    monkeypatch.setattr(experiment, "universe", counted)
    saved = Checkpoint(tmp_path / "checkpoint.npz", "1")
    # The same job before it was killed, when nothing was stored yet: three of universe 0 are done.
    with pytest.raises(Killed):
        trained(config, range(3), tmp_path, KilledAtTheTwentieth)
    assert trained_ones == [0, 1, 2]
    extended = train_multiverse(long, "multiverse", range(3), ROOT, tmp_path, saved, kept(long))
    assert trained_ones == [0, 1, 2, 2]
    for name, whole in three.items():
        key = list(schemas.of(paths[name]).key)
        both = (frame.sort_values(key, ignore_index=True) for frame in (extended[name], whole))
        pd.testing.assert_frame_equal(*both, check_like=True, check_dtype=False)
    again = train_multiverse(short, "multiverse", range(2), ROOT, tmp_path, saved, kept(short))
    assert list(again["universes"]["universe"]) == [0, 1]
    assert trained_ones == [0, 1, 2, 2], "nothing is trained, and no images are read"
    more = long.multiverses["multiverse"].model_copy(update={"runs": 3})
    assert kept(long.model_copy(update={"multiverses": {"multiverse": more}})) == {}
    assert kept(long, ROOT + 1) == {}


def test_tables_are_written_and_read(three, tmp_path):
    for name, frame in three.items():
        path = tmp_path / f"mnist/multiverse/{name}.parquet"
        schemas.write_all({name: frame}, {name: path}, {})
        assert len(schemas.read(path)) == len(frame)


# ---- Judgement


def invented(accuracies, dataset="mnist"):
    """Return the two tables of universes whose networks have these accuracies.

    Each universe is {strategy: accuracy at 1, 10 and 64 units}; the seeds differ by 0.02.
    """
    sizes = {1: 2043, 10: 9153, 64: 52000}
    networks = [
        {
            "universe": number,
            "strategy": strategy,
            "hidden": hidden,
            "run": run,
            "parameters": parameters,
            "final_accuracy": accuracy + 0.02 * run,
        }
        for number, universe in enumerate(accuracies)
        for strategy, values in universe.items()
        for (hidden, parameters), accuracy in zip(sizes.items(), values, strict=True)
        for run in (0, 1)
    ]
    universes = pd.DataFrame({"universe": range(len(accuracies)), "dataset": dataset})
    return universes, pd.DataFrame(networks)


def test_outcomes_are_the_sides_of_the_claims_numbers():
    tables = invented(
        [
            {"neuromodulated": (0.2, 0.8, 0.9), "extra_input": (0.3, 0.9, 0.95)},
            {"neuromodulated": (0.5, 0.8, 0.99), "extra_input": (0.3, 0.9, 0.95)},
            {"neuromodulated": (0.2, 0.2, 0.2), "extra_input": (0.2, 0.2, 0.2)},
        ]
    )
    found = judgement.outcomes(*tables, ROOT).set_index(["universe", "claim"])
    decade = np.log10(9153 / 2043)
    assert found.loc[(0, "S17"), "value"] == pytest.approx(0.9 - 0.95)
    assert found.loc[(1, "S17"), "value"] == pytest.approx(0.99 - 0.95)
    assert found.loc[(0, "S18"), "value"] == pytest.approx((0.6 - 0.6) / decade, abs=1e-12)
    assert found.loc[(1, "S18"), "value"] == pytest.approx((0.3 - 0.6) / decade)
    assert found["outcome"].unstack()["S17"].to_list() == [SUPPORTED, CONTRADICTED, INCONCLUSIVE]
    assert found.loc[(1, "S18"), "outcome"] == SUPPORTED
    assert found.loc[(2, "S18"), "outcome"] == INCONCLUSIVE
    assert (found["n"] == 2).all()
    assert found["low"].isna().all()


def test_other_images_than_mnist_s_are_not_testable():
    tables = invented(
        [{"neuromodulated": (0.2, 0.8, 0.9), "extra_input": (0.3, 0.9, 0.95)}], "bars"
    )
    found = judgement.outcomes(*tables, ROOT)
    assert set(found["outcome"]) == {NOT_TESTABLE}
    assert found["value"].isna().all()


# ---- Scope and what decides


@pytest.fixture(scope="module")
def judged():
    """Return 96 universes, and outcomes of S17 that momentum decides; some are not testable."""
    universes = pd.DataFrame([universe(number, ROOT) for number in range(96)])
    rng = np.random.default_rng(0)
    value = 0.1 * rng.standard_normal(96) + np.where(universes["momentum"] > 0, 0.15, -0.15)
    outcome = np.where(value < 0, SUPPORTED, CONTRADICTED).astype(object)
    value[:3], outcome[:3] = 0, INCONCLUSIVE
    value[90:], outcome[90:] = np.nan, NOT_TESTABLE
    return universes, pd.DataFrame(
        {"universe": range(96), "claim": "S17", "value": value, "outcome": outcome}
    )


def test_scope_counts_sides_at_every_level(judged):
    universes, outcomes = judged
    found = scope.scope(universes, outcomes).set_index(["choice", "level"])
    assert set(found.index.get_level_values(0)) == {"all", *PRIORS}
    known = outcomes[:90].merge(universes, on="universe")
    for choice, level, chosen in [
        ("all", "all", np.ones(90, bool)),
        ("momentum", "0.9", known["momentum"] == 0.9),
        ("period", "epoch", known["period"] == 0),
        ("learning_rate", "0.01 to 0.031", known["learning_rate"] < 0.01 * 30 ** (1 / 3)),
        ("scale", "0.37 to 1", known["family"].isin(SCALED) & (known["scale"] > 0.05 ** (1 / 3))),
    ]:
        own, row = known[chosen], found.loc[(choice, level)]
        supported = int((own["value"] < 0).sum())
        contradicted = int((own["value"] > 0).sum())
        assert (row["universes"], row["supported"]) == (len(own), supported)
        assert row["share"] == pytest.approx(supported / len(own))
        assert row["low"] < row["share"] < row["high"] or row["share"] in (0, 1)
        fair = stats.binom(supported + contradicted, 0.5)
        fewer = min(supported, contradicted)
        assert row["p"] == pytest.approx(min(1, 2 * fair.cdf(fewer)))
        assert row["median"] == pytest.approx(own["value"].median())
        assert row["median_low"] < row["median"] < row["median_high"]
    for choice in PRIORS:
        assert found.loc[choice, "universes"].sum() == (
            known["family"].isin(SCALED).sum() if choice == "scale" else 90
        )


def test_the_choice_that_decides_is_found_and_no_other(judged):
    found = scope.deciding(*judged).set_index("choice")
    assert found["p_adjusted"].idxmin() == "momentum"
    assert found.loc["momentum", "p_adjusted"] < 1e-6
    assert found.loc["momentum", "share"] > 0.4
    assert (found.drop("momentum")["p_adjusted"] > 0.05).all()
    assert (found["universes"] == 90).all()


def test_the_share_between_levels_is_one_less_the_variance_within():
    rng = np.random.default_rng(3)
    groups = [pd.Series(rng.standard_normal(n) + shift) for n, shift in ((9, 0), (14, 1), (6, 3))]
    ranks = stats.rankdata(np.concatenate(groups))
    parts = np.split(ranks, [9, 23])
    within = sum(np.sum((part - part.mean()) ** 2) for part in parts) / (29 - 3)
    share, p = scope.between(groups)
    assert share == pytest.approx(1 - within / ranks.var(ddof=1))
    assert p == pytest.approx(stats.kruskal(*groups).pvalue)


def test_too_few_universes_decide_nothing(judged):
    universes, outcomes = judged
    found = scope.deciding(universes[:4], outcomes[3:4])
    assert found["share"].isna().all()
    assert found["p_adjusted"].isna().all()
    few = scope.scope(universes[:4], outcomes[3:4])
    assert few.loc[few["universes"] == 0, ["share", "p", "median"]].isna().all(axis=None)


def drawn(universes, outcomes):
    both = pd.concat([outcomes, outcomes.assign(claim="S18")], ignore_index=True)
    return mnist_multiverse.draw(
        {
            "outcomes": both,
            "scope": scope.scope(universes, both),
            "deciding": scope.deciding(universes, both),
        }
    )


def test_the_figure_says_how_many_universes_are_on_the_side_and_is_the_same_twice(judged, tmp_path):
    figure = drawn(*judged)
    supported = int((judged[1]["outcome"] == SUPPORTED).sum())
    assert figure.axes[0].texts[0].get_text().startswith(f"{supported} of 90 universes")
    for name, each in (("one", figure), ("other", drawn(*judged))):
        style.save(each, [tmp_path / f"{name}.svg"], "a mark")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()


def test_the_figure_of_claims_that_are_not_testable_is_empty(judged, tmp_path):
    universes, outcomes = judged
    nothing = outcomes.assign(value=np.nan, outcome=NOT_TESTABLE)
    style.save(drawn(universes, nothing), [tmp_path / "figure.png"], "a mark")
