"""Tests and intervals of claims: closed forms, other libraries, and how often they err."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.descriptivestats import sign_test
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from neuroswitch.claims import statistics
from neuroswitch.claims.statistics import Untestable, above, at_least, below

ZERO = above(0)


def generator() -> np.random.Generator:
    return np.random.default_rng(3)


def test_a_rate_is_tested_by_the_binomial_distribution() -> None:
    # P(8 or more heads of 10) = 56 / 1024, P(8 or fewer) = 1013 / 1024
    found = statistics.rate([True] * 8 + [False] * 2, above(0.5))
    assert found.p_supported == pytest.approx(56 / 1024)
    assert found.p_contradicted == pytest.approx(1013 / 1024)
    assert found.p == pytest.approx(112 / 1024)
    other = statistics.rate([True] * 8 + [False] * 2, below(0.5))
    assert (other.p_supported, other.p_contradicted) == (found.p_contradicted, found.p_supported)


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 7), (7, 7), (234, 1000)])
def test_the_interval_of_a_rate_is_wilsons(k: int, n: int) -> None:
    found = statistics.rate(np.arange(n) < k, above(0.5))
    expected = proportion_confint(k, n, method="wilson")
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-12)


def test_a_run_without_a_number_is_a_failure() -> None:
    assert statistics.rate([1.0, np.nan], above(0.5)).value == 0.5
    assert statistics.median([1.0, 2.0, np.nan], ZERO).value == 1.0
    assert statistics.median([1.0, 2.0, np.nan], below(5)).value == 2.0


def test_a_median_is_tested_by_the_sign_test() -> None:
    values = generator().normal(0.5, 1, 25)
    found = statistics.median(values, ZERO)
    assert found.p == pytest.approx(sign_test(values)[1])


@pytest.mark.parametrize(
    ("n", "places"), [(6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (30, (10, 21)), (100, (40, 61))]
)
def test_the_interval_of_a_median_is_between_tabulated_order_statistics(
    n: int, places: tuple[int, int]
) -> None:
    """The places are those of tables of the 95 % interval of a median."""
    found = statistics.median(np.arange(1, n + 1), ZERO)
    assert (found.low, found.high) == places
    # The two tails below the first place hold 5 % at most, and one place further in more.
    assert 2 * stats.binom.cdf(places[0] - 1, n, 0.5) <= 0.05
    assert 2 * stats.binom.cdf(places[0], n, 0.5) > 0.05


def test_five_values_have_no_interval_of_a_median() -> None:
    found = statistics.median([1, 2, 3, 4, 5], ZERO)
    assert np.isnan([found.low, found.high]).all()
    assert found.p == pytest.approx(2 / 32)


def test_a_value_on_the_threshold_is_on_its_right_side_or_on_none() -> None:
    values = [0.9] * 8
    assert statistics.median(values, at_least(0.9)).p_supported == pytest.approx(1 / 256)
    on_none = statistics.median(values, above(0.9))
    assert (on_none.right, on_none.wrong, on_none.p) == (False, False, 1)
    with_others = statistics.median([*values, 1.0, 1.0, 0.8], above(0.9))
    assert with_others.p_supported == pytest.approx(stats.binom.sf(1, 3, 0.5))


def test_what_comes_on_neither_side_is_no_difference() -> None:
    never = np.inf
    found = statistics.median_difference([never] * 5 + [3.0], [never] * 4 + [2.0, 5.0], below(0))
    assert (found.value, found.n) == (0, 6)
    # One run never comes on the left alone, and one is earlier there.
    assert found.p_supported == found.p_contradicted == pytest.approx(0.75)


def test_infinite_values_are_ordered_and_stay_infinite() -> None:
    found = statistics.median([1.0, np.inf, np.inf, np.inf, np.inf, np.inf, 2.0], below(5))
    assert found.value == np.inf
    assert found.p_contradicted == pytest.approx(stats.binom.sf(4, 7, 0.5))


def test_paired_rates_are_compared_by_mcnemars_test() -> None:
    left = np.array([1] * 30 + [0] * 70)
    right = np.array([1] * 10 + [0] * 20 + [1] * 8 + [0] * 62)
    table = [[10, 20], [8, 62]]
    found = statistics.rate_difference(left, right, ZERO, generator())
    assert found.value == pytest.approx(0.12)
    assert found.p == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert found.low < 0.12 < found.high


def test_rates_of_different_runs_are_compared_by_fishers_test() -> None:
    # Newcombe (1998), table II, method 10: 9 of 10 and 3 of 10; 10 of 10 and 0 of 20.
    left, right = [True] * 9 + [False], [True] * 3 + [False] * 7
    found = statistics.difference_of_rates(left, right, statistics.above(0))
    assert (found.value, found.n) == (pytest.approx(0.6), 20)
    assert (found.low, found.high) == (
        pytest.approx(0.1705, abs=1e-4),
        pytest.approx(0.8090, abs=1e-4),
    )
    hits = [math.comb(10, k) * math.comb(10, 12 - k) / math.comb(20, 12) for k in (9, 10)]
    assert found.p_supported == pytest.approx(sum(hits))
    opposite = statistics.difference_of_rates(right, left, statistics.above(0))
    assert opposite.p_contradicted == pytest.approx(found.p_supported)
    extreme = statistics.difference_of_rates([True] * 10, [False] * 20, statistics.above(0))
    assert (extreme.low, extreme.high) == (pytest.approx(0.6791, abs=1e-4), 1)


def test_equal_rates_decide_nothing_even_where_all_runs_succeed() -> None:
    found = statistics.difference_of_rates([True] * 20, [True] * 20, statistics.below(0))
    assert found.p_supported == found.p_contradicted == 1
    assert found.low < 0 < found.high
    with pytest.raises(ValueError, match="compares with 0"):
        statistics.difference_of_rates([True], [True], statistics.above(0.1))


def test_few_runs_are_exchanged_in_every_way() -> None:
    left, right = [5.0, 6.0, 9.0, 2.5, 8.0, 3.5], [1.0, 2.0, 7.0, 3.0, 4.0, 4.5]
    difference = np.median(left) - np.median(right)
    everything = np.array(left + right)
    sides = [np.isin(np.arange(12), chosen) for chosen in combinations(range(12), 6)]
    extreme = [np.median(everything[s]) - np.median(everything[~s]) >= difference for s in sides]
    found = statistics.difference_of_medians(left, right, ZERO, generator())
    assert found.p_supported == pytest.approx(max(np.mean(extreme), of_bootstrap(left, right)))


def of_bootstrap(left: ArrayLike, right: ArrayLike) -> float:
    """Return the other p-value of a difference of medians."""
    found = statistics.bootstrap(
        [[left], [right]],
        lambda x, y: np.median(x, axis=1) - np.median(y, axis=1),
        ZERO,
        generator(),
    )
    return found.p_supported


def test_equal_medians_of_unequal_spread_are_seldom_told_apart() -> None:
    """A permutation test alone does so in a third of such samples, at a level of 5 %."""
    rng = generator()
    with statistics.drawing(400):
        told = [
            statistics.difference_of_medians(rng.normal(size=10), rng.normal(0, 5, 10), ZERO, rng).p
            for _ in range(200)
        ]
    assert np.mean(np.array(told) <= 0.05) < 0.12


@pytest.mark.parametrize("sizes", [(6, 6), (6, 7), (8, 6)])
def test_no_medians_of_so_few_runs_give_a_smaller_p(sizes: tuple[int, int]) -> None:
    """Data without overlap give the smallest p there is."""
    right, left = np.split(np.sort(generator().normal(size=sum(sizes))), [sizes[1]])
    found = statistics.difference_of_medians(left, right, ZERO, generator())
    assert found.sides == sizes
    assert found.p == pytest.approx(found.least_p)


def test_medians_of_fewer_than_six_runs_on_a_side_decide_nothing() -> None:
    found = statistics.difference_of_medians([1.0] * 5, [2.0] * 20, ZERO, generator())
    assert (found.p, found.least_p, found.sides) == (1, 1, (5, 20))


def test_sides_of_the_same_runs_are_exchanged_in_every_way() -> None:
    rng = generator()
    left = rng.normal(0.8, 1, (8, 3))
    right = left + rng.normal(-0.4, 0.5, (8, 3))

    def best(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x.mean(axis=-2).max(axis=-1) - y.mean(axis=-2).max(axis=-1)

    ways = [np.c_[list(way)] for way in product([False, True], repeat=8)]
    turned = [best(np.where(way, right, left), np.where(way, left, right)) for way in ways]
    found = statistics.exchanged(left, right, best, ZERO, rng)
    assert found.value == pytest.approx(best(left, right))
    assert found.p_supported == pytest.approx(np.mean(turned >= best(left, right) - 1e-12))
    assert found.least_p == 2 / 256
    alike = statistics.exchanged(left, left, best, ZERO, rng)
    assert (alike.value, alike.p) == (0, 1)
    many = statistics.exchanged(np.ones((20, 1)), np.zeros((20, 1)), best, ZERO, rng)
    assert many.p == pytest.approx(2 / statistics.DRAWS.get())


def test_no_so_few_runs_give_a_smaller_p() -> None:
    for flags, bound in (([1] * 3, above(0.5)), ([1] * 5, above(0.25)), ([0] * 4, below(0.9))):
        found = statistics.rate(flags, bound)
        assert found.p == pytest.approx(found.least_p)
    assert statistics.median([1.0, 2.0, 3.0], ZERO).least_p == statistics.median([1.0] * 3, ZERO).p
    fisher = statistics.difference_of_rates([1, 1, 1], [0, 0, 0, 0], ZERO)
    assert fisher.p == pytest.approx(fisher.least_p)
    assert (
        statistics.bootstrap([[np.ones(5)]], lambda x: x.mean(axis=1), ZERO, generator()).least_p
        == 1
    )


def test_a_permutation_test_agrees_with_scipys() -> None:
    rng = generator()
    left, right = rng.normal(0.6, 1, 20), rng.normal(0, 1, 24)
    found = statistics.difference_of_medians(left, right, ZERO, rng)
    expected = stats.permutation_test(
        (left, right),
        lambda x, y: np.median(x) - np.median(y),
        n_resamples=4000,
        alternative="greater",
        rng=np.random.default_rng(8),
    )
    larger = max(expected.pvalue, of_bootstrap(left, right))
    assert found.p_supported == pytest.approx(larger, abs=0.02)


def test_a_permutation_test_refuses_another_bound_than_0() -> None:
    with pytest.raises(ValueError, match="compares with 0"):
        statistics.difference_of_medians([1], [2], above(1), generator())


def test_a_bootstrap_of_a_mean_agrees_with_theory() -> None:
    values = generator().normal(1, 2, 200)
    found = statistics.bootstrap([[values]], lambda v: v.mean(axis=1), ZERO, generator())
    half = 1.96 * values.std() / np.sqrt(200)
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - half, values.mean() + half), abs=0.03
    )
    assert found.p_supported == pytest.approx(1 / 10_001)


def test_a_bootstrap_of_five_runs_decides_nothing() -> None:
    found = statistics.bootstrap([[np.ones(5)]], lambda v: v.mean(axis=1), ZERO, generator())
    assert (found.value, found.interval, found.p) == (1.0, "none", 1.0)


def test_a_reported_rate_is_compared_by_fishers_test() -> None:
    sizes = [10, 30, 100]
    for p, size in zip(statistics.compatible(234, 1000, 0.3, sizes), sizes, strict=True):
        told = round(0.3 * size)
        assert p == stats.fisher_exact([[234, 766], [told, size - told]]).pvalue


def test_holms_correction_is_that_of_its_paper() -> None:
    # Sorted, the k-th smallest of m is multiplied by m - k + 1, and never below the one before.
    assert statistics.holm([0.01, 0.02, 0.03, 0.005]).tolist() == pytest.approx(
        [0.03, 0.04, 0.04, 0.02]
    )
    p = generator().random(30) ** 3
    clipped = np.minimum(statistics.holm(p), 1)
    assert clipped == pytest.approx(multipletests(p, method="holm")[1])
    assert statistics.holm([1.0, 0.01, 1.0]).tolist() == pytest.approx([2, 0.03, 2])
    assert statistics.holm([]).size == 0


def test_nothing_cannot_be_judged() -> None:
    for judge in (statistics.rate, statistics.median):
        with pytest.raises(Untestable):
            judge([], ZERO)


# How often each test errs where there is nothing, and decides where there is something


def _support(judge, draw, trials: int = 1000) -> float:  # type: ignore[no-untyped-def]
    """Return the share of simulated data in which a part is supported at 5 %, two-sided."""
    rng = np.random.default_rng(11)
    found = [judge(draw(rng)) for _ in range(trials)]
    return float(np.mean([each.right and each.p <= 0.05 for each in found]))


def _permuted(sides: tuple[np.ndarray, np.ndarray]) -> statistics.Estimate:
    return statistics.difference_of_medians(*sides, ZERO, np.random.default_rng(1))


def _bootstrapped(values: np.ndarray) -> statistics.Estimate:
    return statistics.bootstrap(
        [[values]], lambda v: v.mean(axis=1), ZERO, np.random.default_rng(1)
    )


def _paired(sides: tuple[np.ndarray, np.ndarray]) -> statistics.Estimate:
    return statistics.rate_difference(*sides, ZERO, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("judge", "null", "effect", "what"),
    [
        pytest.param(
            lambda flags: statistics.rate(flags, above(0.5)),
            lambda rng: rng.random(20) < 0.5,
            lambda rng: rng.random(20) < 0.8,
            "a true share of 80 % told from 50 % with 20 networks",
            id="rate",
        ),
        pytest.param(
            lambda values: statistics.median(values, ZERO),
            lambda rng: rng.standard_cauchy(20),
            lambda rng: rng.standard_cauchy(20) + 1.2,
            "a median of 1.2 half-widths of a Cauchy told from 0 with 20 networks",
            id="median",
        ),
        pytest.param(
            _permuted,
            lambda rng: tuple(rng.normal(0, 1, (2, 20))),
            lambda rng: tuple(rng.normal([[1.2], [0]], 1, (2, 20))),
            "medians 1.2 standard deviations apart, 20 networks on each side",
            id="permutation",
        ),
        pytest.param(
            _bootstrapped,
            lambda rng: rng.normal(0, 1, 20),
            lambda rng: rng.normal(0.7, 1, 20),
            "a mean of 0.7 standard deviations told from 0 with 20 runs",
            id="bootstrap",
        ),
        pytest.param(
            _paired,
            lambda rng: tuple(rng.random((2, 100)) < 0.5),
            lambda rng: tuple(rng.random((2, 100)) < [[0.7], [0.5]]),
            "paired rates of 70 and 50 % with 100 runs",
            id="paired rates",
        ),
    ],
)
def test_each_test_errs_seldom_and_decides_often(  # type: ignore[no-untyped-def]
    judge, null, effect, what, capsys
) -> None:
    """Nothing is called supported in 5 % of cases at most; the power at an effect is printed."""
    trials = 60 if judge in (_permuted, _bootstrapped, _paired) else 1000
    with statistics.drawing(1000):
        false, power = _support(judge, null, trials), _support(judge, effect, trials)
    with capsys.disabled():
        print(f"\n  power {power:.2f}: {what}")
    # Three standard errors above 5 %, for as many simulations
    assert false <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials)
    assert power >= 0.7


def test_draws_can_be_fewer_for_a_while_and_infinite_numbers_are_resampled() -> None:
    values = np.append(np.ones(9), np.inf)
    with statistics.drawing(99):
        few = statistics.bootstrap(
            [[values]], lambda x: np.median(x, axis=1), above(0), generator()
        )
    many = statistics.bootstrap([[values]], lambda x: np.median(x, axis=1), above(0), generator())
    assert (few.value, few.low, few.p_supported) == (1, 1, 1 / 100)
    assert many.p_supported == 1 / 10_001
    mostly = statistics.bootstrap(
        [[np.full(10, np.inf)]], lambda x: np.median(x, axis=1), above(0), generator()
    )
    assert mostly.value == mostly.low == np.inf


@pytest.mark.parametrize(("bound", "supported"), [(above(0), 1.0), (at_least(0), 0.0)])
def test_a_bootstrap_that_only_meets_its_bound_says_nothing_against_it(bound, supported):
    """All networks of both kinds are right: neither kind can be better, and none is worse."""
    everywhere = np.ones(20)
    found = statistics.bootstrap(
        [[everywhere], [everywhere]],
        lambda a, b: a.mean(axis=1) - b.mean(axis=1),
        bound,
        generator(),
    )
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert found.p_supported == pytest.approx(supported, abs=1e-3)
    assert found.p_contradicted == 1
