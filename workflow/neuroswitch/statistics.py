"""Intervals of this project, in one place."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, ndtri

FEWEST = 6
"""Fewest runs with which a bootstrap tells anything (ledger, A61)."""

BOOTSTRAP_VALUES = 1_000_000
"""Values of a sample that are resampled at a time."""


def wilson_interval(
    successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the Wilson score interval of a rate.

    Parameters
    ----------
    successes, trials : integers of one shape, 0 <= successes <= trials, trials >= 1
    confidence : coverage, between 0 and 1

    Returns
    -------
    low, high : arrays of that shape, in [0, 1]

    Source: Wilson, J. Am. Stat. Assoc. 22 (1927).
    """
    k, n = np.asarray(successes, float), np.asarray(trials, float)
    if np.any(n < 1) or np.any(k < 0) or np.any(k > n):
        raise ValueError(f"need 0 <= successes <= trials and trials >= 1, got {k} of {n}")
    z = ndtri(0.5 + confidence / 2)
    rate = k / n
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    # At 0 and n the bounds are 0 and 1 exactly; rounding must not leave them just outside.
    return np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)


def bootstrap_interval(
    values: ArrayLike,
    rng: np.random.Generator,
    draws: int = 10_000,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the percentile bootstrap 95 % interval of a mean over runs.

    Values of one run are resampled together: differences of paired runs stay paired.

    Parameters
    ----------
    values [..., runs] : finite, one run or more

    Returns
    -------
    low, high : arrays [...]; NaN for fewer runs than FEWEST

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
    """
    values = np.asarray(values, float)
    if values.ndim == 0 or values.shape[-1] == 0 or not np.isfinite(values).all():
        raise ValueError("need finite values of at least one run")
    runs = values.shape[-1]
    means = values[..., rng.integers(runs, size=(draws, runs))].mean(axis=-1)
    low, high = np.quantile(means, [0.025, 0.975], axis=-1)
    return (low, high) if runs >= FEWEST else (np.full_like(low, np.nan),) * 2


def median_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of the median that holds for values of any distribution.

    Its ends are two of the values, as many places from the lowest as from the highest. It is the
    narrowest such interval that covers the median with the wanted probability. Below six values
    none does at 95 %, and the interval is from the lowest to the highest.

    Parameters
    ----------
    values [n] : one or more; they may be infinite
    confidence : coverage, between 0 and 1

    Returns
    -------
    low, high

    Source: Conover, Practical Nonparametric Statistics (1999), section 3.2.
    """
    ordered = np.sort(np.asarray(values, float))
    if ordered.ndim != 1 or ordered.size == 0 or np.isnan(ordered).any():
        raise ValueError("need one value or more, none of them NaN")
    # How many values lie below the median is binomial with one half.
    at_most = bdtr(np.arange(ordered.size), ordered.size, 0.5)
    place = max(0, int((at_most <= (1 - confidence) / 2).sum()) - 1)
    return float(ordered[place]), float(ordered[-1 - place])


def resampled(
    groups: Sequence[Sequence[ArrayLike]],
    statistic: Callable[..., np.ndarray],
    rng: np.random.Generator,
    draws: int = 10_000,
) -> np.ndarray:
    """Return a statistic of several samples, [draws], each time of runs drawn with replacement.

    Samples of one group belong to the same runs and are resampled together: what is paired stays
    paired. Groups are resampled independently of each other.

    Parameters
    ----------
    groups : each some arrays [runs, ...] of one length, finite, one run or more
    statistic : called as statistic(*arrays [draws, runs, ...]), all groups in their order;
        returns [draws]

    Raises ValueError where arrays of a group differ in length, are empty or are not finite.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), sections 8.3 and 13.3.
    """
    samples = [[np.asarray(values, float) for values in group] for group in groups]
    sizes = [{len(values) for values in group} for group in samples]
    if any(len(size) != 1 or 0 in size for size in sizes):
        raise ValueError(f"need arrays of one length, at least 1, in each group; found {sizes}")
    if not all(np.isfinite(values).all() for group in samples for values in group):
        raise ValueError("need finite values")
    # In parts, or ten thousand draws of a large sample would fill the memory.
    largest = max(values.size for group in samples for values in group)
    part = max(1, min(draws, BOOTSTRAP_VALUES // largest))
    found = []
    for first in range(0, draws, part):
        count = min(part, draws - first)
        arrays = []
        for group in samples:
            chosen = rng.integers(len(group[0]), size=(count, len(group[0])))
            arrays += [values[chosen] for values in group]
        found.append(statistic(*arrays))
    return np.concatenate(found)
