"""Universes near those that fit the paper: how they are drawn, weighed, trained, and kept."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuroswitch import keeping, provenance, schemas, settings, versions
from neuroswitch.gates.multiverse import perturbation, priors, second_round
from neuroswitch.gates.multiverse.perturbation import STAYS, kernel, over_prior, perturbed
from neuroswitch.gates.multiverse.priors import PRIORS, drawn_of, of_draw, universe
from neuroswitch.gates.scope import reconstruction
from neuroswitch.graph import Graph
from neuroswitch.index import get
from tests.unit.invented_multiverse import SMALL

ROOT = 7
DRAWS = 4000

ONE = replace(
    SMALL,
    universe=0,
    scale=0.3,
    batch="single",
    learning_rate=0.03,
    mapping_rate=0.03,
    budget="cycles_500",
)


def drawn_from(around, count=DRAWS):
    rng = np.random.default_rng(0)
    return pd.DataFrame([perturbed(around, rng) for _ in range(count)])


# ---- The kernel


def test_a_universe_is_what_was_drawn_of_it_and_what_was_drawn_is_found_again():
    for number in range(64):
        own = universe(number, ROOT)
        found = drawn_of(own)
        own_scale = own.family in priors.SCALED
        assert (found["scale"] is None, found["mapping_rate"] is None) == (
            not own_scale,
            own.mapping_rate == own.learning_rate,
        )
        assert of_draw(number, {name: found[name] for name in PRIORS}) == own


def test_a_number_has_the_mean_of_the_accepted_and_three_times_their_variance():
    """Of the picked universe the variance V, and of the kernel 2 V more; the ends are far away."""
    rates = np.array([0.02, 0.025, 0.03, 0.04])
    around = kernel([replace(ONE, learning_rate=rate, mapping_rate=rate) for rate in rates])
    assert around.spreads["learning_rate"] == pytest.approx(np.sqrt(2) * np.log(rates).std())
    found = np.log(drawn_from(around)["learning_rate"])
    error = np.sqrt(3 * np.log(rates).var() / DRAWS)
    assert found.mean() == pytest.approx(np.log(rates).mean(), abs=4 * error)
    assert found.var() == pytest.approx(3 * np.log(rates).var(), rel=0.12)


def test_a_number_near_the_end_of_its_range_has_a_truncated_normal():
    rates = np.array([0.5, 0.95])
    around = kernel([replace(ONE, learning_rate=rate) for rate in rates])
    found = np.log(drawn_from(around)["learning_rate"])
    assert found.max() <= 0
    spread = np.sqrt(2) * np.log(rates).std()
    parts = [
        stats.truncnorm((np.log(0.001) - at) / spread, -at / spread, at, spread)
        for at in np.log(rates)
    ]

    def share(below):
        return np.mean([part.cdf(below) for part in parts], axis=0)

    assert stats.kstest(found, share).pvalue > 0.01
    untruncated = np.mean([at for at in np.log(rates)])
    assert found.mean() < untruncated - 0.1


@pytest.mark.parametrize("stays", [STAYS, 0.0])
def test_a_choice_among_values_stays_or_comes_from_its_prior(stays, monkeypatch):
    monkeypatch.setattr(perturbation, "STAYS", stays)
    around = kernel([replace(ONE, width=width) for width in (4, 4, 4, 16)])
    found = drawn_from(around)["width"].value_counts(normalize=True)
    for width, share in PRIORS["width"].items():
        own = {4: 0.75, 16: 0.25}.get(width, 0)
        assert found[width] == pytest.approx(stays * own + (1 - stays) * share, abs=0.02)


def test_what_the_picked_universe_does_not_have_comes_from_the_prior():
    near = [replace(ONE, scale=0.3), replace(ONE, scale=0.31)]
    without = [replace(ONE, family="uniform", scale=1.0)] * 2
    around = kernel([*near, *without])
    assert around.spreads["scale"] == pytest.approx(np.sqrt(2) * np.log([0.3, 0.31]).std())
    scale = np.log(drawn_from(around)["scale"] / 0.05) / np.log(2 / 0.05)
    close = np.abs(scale - np.log(0.305 / 0.05) / np.log(2 / 0.05)) < 0.05
    assert close.mean() == pytest.approx(0.5 + 0.5 * 0.1, abs=0.03)
    # One value alone says nothing of how far others may lie.
    alone = drawn_from(kernel(near[:1]))["scale"]
    assert stats.kstest(np.log(alone / 0.05) / np.log(2 / 0.05), "uniform").pvalue > 0.01


def test_the_ratio_to_the_prior_is_that_of_the_densities():
    accepted = [
        ONE,
        replace(ONE, learning_rate=0.2, mapping_rate=0.01, width=8, scale=0.1),
        replace(ONE, family="uniform", scale=1.0, learning_rate=0.9, mapping_rate=0.05),
    ]
    around = kernel(accepted)
    children = [replace(each, universe=9) for each in accepted]
    children += [universe(number, ROOT) for number in range(8)]
    expected = [
        np.mean([plainly(drawn_of(c), drawn_of(p), around) for p in accepted]) for c in children
    ]
    assert over_prior(around, children) == pytest.approx(expected)
    assert max(expected) > 100 * min(expected)


def plainly(child, parent, around):
    """The density of one child from one parent over that of the prior, choice by choice."""
    ratio = 1.0
    for name, prior in PRIORS.items():
        if not isinstance(prior, priors.LogUniform):
            share = prior[child[name]]
            ratio *= (STAYS * (child[name] == parent[name]) + (1 - STAYS) * share) / share
        elif child[name] is not None and parent[name] is not None and around.spreads[name] > 0:
            at, spread = np.log(parent[name]), around.spreads[name]
            low, high = np.log(prior.low), np.log(prior.high)
            own = stats.truncnorm((low - at) / spread, (high - at) / spread, at, spread)
            ratio *= own.pdf(np.log(child[name])) * (high - low)
    return ratio


def test_weights_give_back_the_prior():
    """The weighted shares of a mixture of both rounds are those of the prior, by definition."""
    first = [universe(number, ROOT) for number in range(2000)]
    accepted = [replace(ONE, width=2), replace(ONE, width=16, learning_rate=0.5)]
    second = [perturbation.second_round(n, ROOT, kernel(accepted)) for n in range(2000)]
    tables = [pd.DataFrame([asdict(each) for each in own]) for own in (first, second, accepted)]
    weight = reconstruction.weights(pd.concat(tables[:2]), tables[2], len(first))
    assert weight.mean() == pytest.approx(1, abs=0.02)
    narrow = np.array([each.width == 2 for each in [*first, *second]])
    assert narrow.mean() > 0.34, "more of them than in the prior"
    assert weight[narrow].sum() / weight.sum() == pytest.approx(0.25, abs=0.02)


# ---- The round


def accepted_table(*universes):
    return pd.DataFrame([asdict(each) for each in universes])


NEAR = accepted_table(ONE, replace(ONE, universe=5, learning_rate=0.1, width=3))


def rounds(universes):
    """Return the settings of the gates with one small second round."""
    config = settings.merged(settings.DEFAULT, {})
    own = {"universes": universes, "runs": 6, "universes_per_job": 2}
    config["gates"]["rounds"] = {"second_round": own}
    return settings.validate(config).gates


@pytest.fixture
def cheap(monkeypatch):
    """Let universes be short and narrow, whatever is drawn; their rates stay."""

    def drawn(number, root_seed, around):
        own = perturbation.second_round(number, root_seed, around)
        return replace(own, width=2, family="diagonal", budget="epochs_2500", batch="full")

    monkeypatch.setattr(second_round, "second_round", drawn)


def trained(numbers, accepted=NEAR, threads=1, kept=keeping.NOTHING):
    return second_round.train_second_round(
        rounds(3), "second_round", numbers, accepted, ROOT, threads, kept
    )


def test_a_round_does_not_depend_on_jobs_threads_or_the_order_of_the_accepted(cheap):
    whole = trained(range(3))
    assert list(whole["universes"]["universe"]) == [1_000_000, 1_000_001, 1_000_002]
    assert whole["universes"]["learning_rate"].nunique() == 3
    parts = [trained(range(2), threads=2), trained(range(2, 3), NEAR.iloc[::-1])]
    for table, frame in whole.items():
        joined = pd.concat([part[table] for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(joined, frame)


def test_a_round_keeps_its_universes_until_others_are_accepted(cheap, tmp_path, monkeypatch):
    def paths():
        tables = ("universes", "parts", "outcomes")
        return {t: tmp_path / f"gates/rounds/second_round/{t}.parquet" for t in tables}

    read = str(tmp_path / "gates/multiverse/accepted.parquet")

    def accept(table, version="one"):
        schemas.write_all(
            {"accepted": table}, {"accepted": read}, {"seed": ROOT, "version": version}
        )

    def store(chosen, tables):
        own = versions.of_training(
            get("training", "second_round"), chosen, ROOT, "second_round", "a"
        )
        described = chosen.described("second_round")
        footer = provenance.of_training(described, ROOT, own, 1, inputs=[read])
        schemas.write_all(tables, paths(), footer)

    def kept(chosen):
        return keeping.kept("second_round", chosen, "second_round", ROOT, paths(), [read])

    accept(NEAR)
    short, long = rounds(2), rounds(3)
    store(short, trained(range(2)))
    count = []
    own = second_round.train_all

    def counted(drawn, *about):
        _, missing = keeping.known_and_missing(about[-1], [each.universe for each in drawn])
        count.append(missing)
        return own(drawn, *about)

    monkeypatch.setattr(second_round, "train_all", counted)
    extended, whole = trained(range(3), kept=kept(long)), trained(range(3))
    assert count == [[1_000_002], [1_000_000, 1_000_001, 1_000_002]]
    for table, frame in whole.items():
        key = list(schemas.of(paths()[table]).key)
        both = [each.sort_values(key, ignore_index=True) for each in (extended[table], frame)]
        pd.testing.assert_frame_equal(*both, check_dtype=False, check_like=True)
    # The same universes are accepted by other code, or of a longer first round: nothing changes.
    accept(NEAR, "two")
    assert set(kept(long)["universes"]["universe"]) == {1_000_000, 1_000_001}
    accept(NEAR.assign(learning_rate=0.2))
    assert kept(long) == {}


def test_the_version_says_what_is_read_apart_from_what_trains():
    def version(table, **multiverse):
        config = settings.merged(settings.DEFAULT, {})
        config["gates"]["multiverses"]["multiverse"] |= multiverse
        return (
            Graph(settings.validate(config)).recipe(f"results/laptop/gates/{table}.parquet").version
        )

    for table in ("rounds/second_round/parts", "reconstructed/pairs/runs"):
        one, other = version(table), version(table, universes=101)
        assert one != other
        assert versions.of_training_alone(one) == versions.of_training_alone(other)
    assert "-" not in version("pairs/runs")
