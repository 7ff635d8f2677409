"""Tests and intervals by which claims are judged: numbers in, an estimate out.

Every function returns the value of a quantity, its 95 % interval, and two one-sided p-values
against a bound: a small `p_supported` says that the quantity is on the right side of the bound, a
small `p_contradicted` that it is on the wrong one. A number on a bound that excludes it is on
neither. A run without a number (NaN: it diverged) counts against the claim, and in a rate it is a
failure; infinite numbers are larger, or smaller, than all others.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from math import comb

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from neuroswitch.statistics import FEWEST, median_interval, resampled, wilson_interval

CONFIDENCE = 0.95
DRAWS: ContextVar[int] = ContextVar("draws", default=10_000)
"""How many times bootstraps and permutations draw."""

HUGE = 1e300
"""Stands for infinity where numbers are resampled: the mean of two medians must stay a number."""


class Untestable(Exception):
    """A claim cannot be judged, and the message says why."""


@contextmanager
def drawing(count: int) -> Iterator[None]:
    """Let bootstraps and permutations draw another number of times, until the block ends."""
    before = DRAWS.set(count)
    try:
        yield
    finally:
        DRAWS.reset(before)


@dataclass(frozen=True)
class Bound:
    """The side of a threshold on which a quantity has to be; `inclusive`: or exactly on it."""

    threshold: float
    upward: bool
    inclusive: bool = False

    @property
    def worst(self) -> float:
        """Return the number that is farthest on the wrong side."""
        return -HUGE if self.upward else HUGE

    def holds(self, values: ArrayLike) -> np.ndarray:
        """Return whether each value is on the right side; NaN is not."""
        values = np.asarray(values, float)
        inside = values > self.threshold if self.upward else values < self.threshold
        return inside | (self.inclusive & (values == self.threshold))

    def fails(self, values: ArrayLike) -> np.ndarray:
        """Return whether each value is on the wrong side, and not on the threshold; NaN is not."""
        values = np.asarray(values, float)
        return values < self.threshold if self.upward else values > self.threshold


def above(threshold: float) -> Bound:
    return Bound(threshold, True)


def below(threshold: float) -> Bound:
    return Bound(threshold, False)


def at_least(threshold: float) -> Bound:
    return Bound(threshold, True, True)


@dataclass(frozen=True)
class Estimate:
    """A value, its interval from `low` to `high` (NaN: none), and what a test against a bound says.

    interval : wilson, newcombe, order statistics, bootstrap or none
    n : runs, seeds or networks behind the value
    p_supported, p_contradicted : one-sided
    sides : runs on each side, where different runs are compared
    least_p : the smallest two-sided p-value that so many runs can give, whatever they do
    """

    value: float
    low: float
    high: float
    interval: str
    n: int
    bound: Bound
    p_supported: float
    p_contradicted: float
    sides: tuple[int, ...] = ()
    least_p: float = 0.0

    @property
    def right(self) -> bool:
        """Return whether the value is on the right side of the bound."""
        return bool(self.bound.holds(self.value))

    @property
    def wrong(self) -> bool:
        """Return whether the value is on the wrong side of the bound, and not on it."""
        return bool(self.bound.fails(self.value))

    @property
    def p(self) -> float:
        """Return the two-sided p-value; NaN of a number that is shown alone."""
        return float(np.minimum(1, 2 * np.minimum(self.p_supported, self.p_contradicted)))


def rate(flags: ArrayLike, bound: Bound) -> Estimate:
    """Judge the share of runs that are true, by the exact binomial test; NaN is false.

    >>> found = rate([True] * 18 + [False] * 2, above(0.5))
    >>> found.value, round(found.low, 3), round(found.high, 3), round(found.p, 5)
    (0.9, 0.699, 0.972, 0.0004)
    """
    hits = np.asarray(flags, float) == 1
    k, n = int(hits.sum()), _counted(hits)
    low, high = wilson_interval(k, n, CONFIDENCE)
    sides = [stats.binomtest(k, n, bound.threshold, side).pvalue for side in ("greater", "less")]
    supported, contradicted = sides if bound.upward else sides[::-1]
    return Estimate(
        k / n,
        float(low),
        float(high),
        "wilson",
        n,
        bound,
        float(supported),
        float(contradicted),
        least_p=2 * min(bound.threshold, 1 - bound.threshold) ** n,
    )


def median(values: ArrayLike, bound: Bound) -> Estimate:
    """Judge a median by the exact sign test; its interval is between two order statistics.

    Values on a bound that excludes them are left out of the test, as they are on no side. Fewer
    than six values have no 95 % interval.

    Source: Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (2014), section 3.4.
    """
    ranked = _ranked(values, bound)
    n = _counted(ranked)
    right, wrong = int(bound.holds(ranked).sum()), int(bound.fails(ranked).sum())
    known = n >= FEWEST
    low, high = median_interval(ranked, CONFIDENCE) if known else (np.nan, np.nan)
    return Estimate(
        _finite(np.median(ranked)),
        _finite(low),
        _finite(high),
        "order statistics" if known else "none",
        n,
        bound,
        float(stats.binom.sf(right - 1, right + wrong, 0.5)),
        float(stats.binom.sf(wrong - 1, right + wrong, 0.5)),
        least_p=min(1.0, 2 * 0.5**n),
    )


def median_difference(left: ArrayLike, right: ArrayLike, bound: Bound) -> Estimate:
    """Judge the median of left minus right, of runs that share their start or their data.

    Both are arrays [runs]. Where both sides are infinite, what is compared came in neither while
    they were watched: the difference is 0.
    """
    left, right = np.asarray(left, float), np.asarray(right, float)
    with np.errstate(invalid="ignore"):
        return median(np.where(np.isinf(left) & (left == right), 0.0, left - right), bound)


def rate_difference(
    left: ArrayLike, right: ArrayLike, bound: Bound, rng: np.random.Generator
) -> Estimate:
    """Judge the rate of left minus that of right, of runs that share their start or their data.

    Against 0 by McNemar's exact test, which is the sign test of the runs that differ; against
    another bound by the bootstrap, which also gives the interval.
    """
    difference = (np.asarray(left, float) == 1).astype(float) - (np.asarray(right, float) == 1)
    found = bootstrap([[difference]], lambda d: d.mean(axis=1), bound, rng)
    if bound.threshold != 0:
        return found
    with_claim = int(bound.holds(difference).sum())
    differing = int(np.count_nonzero(difference))
    return replace(
        found,
        p_supported=float(stats.binom.sf(with_claim - 1, differing, 0.5)),
        p_contradicted=float(stats.binom.sf(differing - with_claim - 1, differing, 0.5)),
    )


def difference_of_rates(left: ArrayLike, right: ArrayLike, bound: Bound) -> Estimate:
    """Judge the rate of left minus that of right, of different runs, by Fisher's exact test.

    The bound is 0. The interval is made of the two Wilson intervals, so that it has a width where
    all runs succeed too. NaN is a failure.

    Source: Newcombe, Statistics in Medicine 17 (1998), method 10.

    >>> left, right = [True] * 56 + [False] * 14, [True] * 48 + [False] * 32
    >>> found = difference_of_rates(left, right, above(0))
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    if bound.threshold != 0:
        raise ValueError(f"Fisher's test compares with 0, not with {bound.threshold:g}")
    sides = [np.asarray(flags, float) == 1 for flags in (left, right)]
    sizes = np.array([_counted(side) for side in sides])
    hits = np.array([side.sum() for side in sides])
    rates = hits / sizes
    low, high = wilson_interval(hits, sizes, CONFIDENCE)
    down, up = rates - low, high - rates
    value = rates[0] - rates[1]
    table = np.stack([hits, sizes - hits], axis=1)
    greater, less = (
        float(stats.fisher_exact(table, alternative).pvalue) for alternative in ("greater", "less")
    )
    return Estimate(
        float(value),
        float(value - np.hypot(down[0], up[1])),
        float(value + np.hypot(up[0], down[1])),
        "newcombe",
        int(sizes.sum()),
        bound,
        greater if bound.upward else less,
        less if bound.upward else greater,
        (int(sizes[0]), int(sizes[1])),
        min(1.0, 2 / comb(int(sizes.sum()), int(sizes[0]))),
    )


def difference_of_medians(
    left: ArrayLike, right: ArrayLike, bound: Bound, rng: np.random.Generator
) -> Estimate:
    """Judge the median of left minus that of right, of different runs, by the larger of two p.

    One is that of a permutation test, in which the runs are exchanged between the sides in as many
    ways as DRAWS says, or in every way where there are fewer. It is exact if runs of both sides are
    alike in all respects, and rejects too often where the medians are equal and one side is spread
    more widely. The other is that of the bootstrap, which needs no equal spread, and is rough with
    few runs. The bound is 0. With fewer than six runs on a side there is no decision.

    Source: Chung and Romano, Annals of Statistics 41 (2013), on permutation under unequal spreads.
    """
    if bound.threshold != 0:
        raise ValueError(f"a permutation test compares with 0, not with {bound.threshold:g}")
    sides = [_ranked(left, bound), _ranked(right, _opposite(bound))]
    found = bootstrap([[side] for side in sides], _difference_of_medians, bound, rng)
    one, other = map(len, sides)
    found = replace(found, n=one + other, sides=(one, other))
    if min(one, other) < FEWEST:
        return found

    def p(alternative: str) -> float:
        tested = stats.permutation_test(
            sides,
            lambda x, y, axis: np.median(x, axis=axis) - np.median(y, axis=axis),
            n_resamples=DRAWS.get(),
            vectorized=True,
            batch=500,
            alternative=alternative,
            rng=rng,
        )
        return float(tested.pvalue)

    greater, less = p("greater"), p("less")
    supported, contradicted = (greater, less) if bound.upward else (less, greater)
    return replace(
        found,
        p_supported=max(found.p_supported, supported),
        p_contradicted=max(found.p_contradicted, contradicted),
        least_p=least_p_of_medians(one, other),
    )


def least_p_of_medians(one: int, other: int) -> float:
    """Return the smallest two-sided p-value of `difference_of_medians` of so many runs.

    The medians differ most where one side has all the small numbers. They differ as much in every
    exchange that moves only numbers between the two medians.

    >>> round(least_p_of_medians(6, 6), 4)
    0.013
    """
    low, high = (one - 1) // 2, (other - 1) // 2
    return min(1.0, 2 * comb(low + high, low) / comb(one + other, one))


def bootstrap(
    groups: Sequence[Sequence[ArrayLike]],
    statistic: Callable[..., np.ndarray],
    bound: Bound,
    rng: np.random.Generator,
) -> Estimate:
    """Judge a statistic of several samples by the percentile bootstrap.

    Samples of one group belong to the same runs and are resampled together; groups are resampled
    independently. The p-value of a side is the share of resampled statistics that are not on it;
    one exactly on a bound that excludes it is on neither, so that a share which is 100 % in every
    group says nothing of their difference. With fewer than six runs in a group there is neither an
    interval nor a decision.

    Parameters
    ----------
    groups : each some arrays [runs, ...] of one length, without NaN
    statistic : called as statistic(*arrays [draws, runs, ...]); returns [draws]

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 8.3 and 13.3.
    """
    samples = [
        [np.clip(np.asarray(values, float), -HUGE, HUGE) for values in group] for group in groups
    ]
    n = min(_counted(group[0]) for group in samples)
    value = _finite(statistic(*(values[None] for group in samples for values in group))[0])
    if n < FEWEST:
        return Estimate(value, np.nan, np.nan, "none", n, bound, 1.0, 1.0, least_p=1.0)
    draws = DRAWS.get()
    drawn = resampled(samples, statistic, rng, draws)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    right, wrong = bound.holds(drawn), bound.fails(drawn)
    return Estimate(
        value,
        _finite(low),
        _finite(high),
        "bootstrap",
        n,
        bound,
        (int((~right).sum()) + 1) / (draws + 1),
        (int((~wrong).sum()) + 1) / (draws + 1),
    )


def exchanged(
    left: ArrayLike,
    right: ArrayLike,
    statistic: Callable[..., np.ndarray],
    bound: Bound,
    rng: np.random.Generator,
) -> Estimate:
    """Judge a statistic of two sides of the same runs, by exchanging the sides within runs.

    The bound is 0: without a difference, either side of a run could be the other. The sides are
    exchanged in every way, or in as many as DRAWS says where there are more. The interval is that
    of the bootstrap.

    Parameters
    ----------
    left, right : arrays [runs, ...]
    statistic : called as statistic(left [draws, runs, ...], right); returns [draws]

    Source: Ernst, Statistical Science 19 (2004), section 2.
    """
    if bound.threshold != 0:
        raise ValueError(f"a permutation test compares with 0, not with {bound.threshold:g}")
    left, right = np.asarray(left, float), np.asarray(right, float)
    found = bootstrap([[left, right]], statistic, bound, rng)
    n, draws = found.n, DRAWS.get()
    if n < FEWEST:
        return found
    every = 2**n <= draws
    # The first way exchanges nothing: it gives the value itself.
    ways = (
        np.arange(2**n)[:, None] >> np.arange(n) & 1 if every else rng.integers(2, size=(draws, n))
    )
    ways[0] = 0
    turned = ways.astype(bool).reshape(*ways.shape, *[1] * (left.ndim - 1))
    values = statistic(np.where(turned, right, left), np.where(turned, left, right))
    # What is equal but for rounding counts for both sides.
    near = 1e-9 * np.abs(values).max()
    up, down = np.mean(values >= values[0] - near), np.mean(values <= values[0] + near)
    supported, contradicted = (up, down) if bound.upward else (down, up)
    return replace(
        found,
        p_supported=float(supported),
        p_contradicted=float(contradicted),
        least_p=2 * 0.5**n if every else 2 / draws,
    )


def compatible(successes: int, n: int, reported: float, sizes: Sequence[int]) -> list[float]:
    """Return Fisher's two-sided p-value of a rate against a reported one, if it is of so many runs.

    >>> [round(p, 3) for p in compatible(250, 1000, 0.3, [10, 30, 100])]
    [0.718, 0.525, 0.28]
    """
    found = []
    for size in sizes:
        told = round(reported * size)
        table = [[successes, n - successes], [told, size - told]]
        found.append(float(stats.fisher_exact(table).pvalue))
    return found


def holm(p: ArrayLike) -> np.ndarray:
    """Return p-values [tests] multiplied as Holm's correction does, so that each is read alone.

    A product can be above 1: what it was multiplied by is the factor of a claim's parts.

    Source: Holm, Scandinavian Journal of Statistics 6 (1979).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p, float)
    order = np.argsort(p)
    multiplied = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.maximum.accumulate(multiplied)
    return adjusted


def _counted(values: np.ndarray) -> int:
    if len(values) == 0:
        raise Untestable("no run has the numbers that are compared")
    return len(values)


def _ranked(values: ArrayLike, bound: Bound) -> np.ndarray:
    """Return numbers that can be ordered: NaN is the worst there is, infinity is huge."""
    numbers = np.asarray(values, float)
    return np.clip(np.where(np.isnan(numbers), bound.worst, numbers), -HUGE, HUGE)


def _finite(number: float) -> float:
    """Return a number with what stands for infinity turned back."""
    return float(np.copysign(np.inf, number)) if abs(number) > HUGE / 1e9 else float(number)


def _opposite(bound: Bound) -> Bound:
    return Bound(bound.threshold, not bound.upward, bound.inclusive)


def _difference_of_medians(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    difference: np.ndarray = np.median(x, axis=1) - np.median(y, axis=1)
    return difference
