"""Criteria: numbers in, a finding out. Each is named in config/claims.yaml with its parameters.

A sample is a DataFrame: a row for each run (or other unit), a column for each group; samples
are paired where their rows have the same names. A run that has no number (NaN: it diverged, or
both sides of a difference are infinite) counts against the claim; infinite numbers count as
larger, or smaller, than all others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from neuroswitch.errors import NeuroswitchError
from neuroswitch.statistics import joint_bootstrap, wilson_interval

FEWEST = 6
"""Fewest runs whose bootstrap can exclude anything. The interval of a median reaches from the
smallest of n values to the largest at most, and covers 1 - 2^(1 - n): 0.94 for 5, 0.97 for 6."""

HUGE = 1e300
"""Stands for infinity where numbers are resampled: the mean of two medians must stay a number."""


class Untestable(Exception):
    """A claim cannot be judged, and the message says why."""


Statistic = Callable[..., np.ndarray]


@dataclass(frozen=True)
class Bound:
    """Where a value must lie: above or below a threshold, or on it if inclusive."""

    threshold: float
    upward: bool
    inclusive: bool

    @classmethod
    def of(
        cls,
        above: float | None = None,
        below: float | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> "Bound":
        """Return the one bound that is given."""
        given = [
            cls(value, upward, inclusive)
            for value, upward, inclusive in (
                (above, True, False),
                (below, False, False),
                (at_least, True, True),
                (at_most, False, True),
            )
            if value is not None
        ]
        if len(given) != 1:
            raise NeuroswitchError(
                "a criterion in claims.yaml needs one of above, below, at_least and at_most; "
                f"found {len(given)}"
            )
        return given[0]

    @property
    def worst(self) -> float:
        """Return the value that is farthest on the wrong side."""
        return -HUGE if self.upward else HUGE

    def margin(self, value: float) -> float:
        """Return how far a value is on the right side."""
        return value - self.threshold if self.upward else self.threshold - value

    def holds(self, value: float) -> bool:
        """Return whether a value is on the right side."""
        margin = self.margin(value)
        return margin > 0 or (self.inclusive and margin == 0)


@dataclass(frozen=True)
class Finding:
    """What a criterion found: a number, its interval, and whether they meet the bound.

    interval : wilson, bootstrap or none; low and high are NaN where there is none
    null : what the interval must exclude; NaN: nothing
    n : runs, seeds or networks behind the value
    margin : how far the value is on the right side, in its own unit
    """

    label: str
    value: float
    low: float
    high: float
    interval: str
    null: float
    n: int
    holds: bool
    decided: bool
    margin: float

    @property
    def rank(self) -> tuple[int, float]:
        """Return what orders findings from the worst on."""
        margin = -np.inf if np.isnan(self.margin) else self.margin
        return int(self.holds) + int(self.holds and self.decided), margin


def rate(runs: pd.DataFrame, **bound: float) -> list[Finding]:
    """Judge the share of runs that are true, with its Wilson interval."""
    limit = Bound.of(**bound)
    findings = []
    for name, values in runs.items():
        value, low, high, n = _rate(values)
        findings.append(_judged(str(name), value, (low, high), "wilson", limit, n))
    return findings


def rate_contains(runs: pd.DataFrame, reported: float) -> list[Finding]:
    """Judge whether the Wilson interval of the share of runs contains a reported one."""
    findings = []
    for name, values in runs.items():
        value, low, high, n = _rate(values)
        inside = low <= reported <= high
        distance = -abs(value - reported)
        findings.append(
            Finding(str(name), value, low, high, "wilson", np.nan, n, inside, False, distance)
        )
    return findings


def median(values: pd.DataFrame, rng: np.random.Generator, **bound: float) -> list[Finding]:
    """Judge the median of each group."""
    limit = Bound.of(**bound)
    return [
        _bootstrapped(str(name), [[_ranked(column, limit)]], _median, limit, len(column), rng)
        for name, column in values.items()
    ]


def described(values: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Return the median of each group, which nothing is asked of."""
    findings = median(values, rng, above=-np.inf)
    return [replace(found, null=np.nan, decided=False, margin=0.0) for found in findings]


def median_within(
    values: pd.DataFrame, rng: np.random.Generator, low: float, high: float
) -> list[Finding]:
    """Judge whether a median, and then its interval, lies within a range."""
    findings = []
    for name, column in values.items():
        numbers = _ranked(column, Bound.of(above=low))
        nearer = low if abs(np.median(numbers) - low) < abs(np.median(numbers) - high) else high
        limit = Bound(nearer, nearer == low, True)
        found = _bootstrapped(str(name), [[numbers]], _median, limit, len(column), rng)
        inside = low <= found.value <= high
        decided = found.decided and low <= found.low and found.high <= high
        findings.append(replace(found, holds=inside, decided=inside and decided))
    return findings


def median_difference(
    left: pd.DataFrame,
    right: pd.DataFrame,
    rng: np.random.Generator,
    against: str = "each",
    **bound: float,
) -> list[Finding]:
    """Judge the median over runs of left minus right, run by run.

    Groups of one name are compared; a side with a single group is compared with each group of
    the other. `against` = lowest: only with the group of the lowest median.
    """
    limit = Bound.of(**bound)
    findings = []
    for name, a, b in _pairs(left, right, against):
        difference = _ranked(_minus(a, b), limit)
        findings.append(_bootstrapped(name, [[difference]], _median, limit, len(difference), rng))
    return findings


def mean_difference(
    left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge the mean over runs of left minus right: of truths, the difference of two rates."""
    limit = Bound.of(**bound)
    findings = []
    for name, a, b in _pairs(left, right):
        difference = _ranked(_minus(a, b), limit)
        findings.append(_bootstrapped(name, [[difference]], _mean, limit, len(difference), rng))
    return findings


def difference_of_medians(
    left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge the median of left minus that of right; runs are resampled in pairs."""
    limit = Bound.of(**bound)
    findings = []
    for name, a, b in _pairs(left, right):
        paired = [_ranked(a, limit), _ranked(b, _opposite(limit))]
        findings.append(
            _bootstrapped(name, [paired], lambda x, y: _median(x) - _median(y), limit, len(a), rng)
        )
    return findings


def spread_of_medians(
    values: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge the largest median minus the smallest; runs are resampled together."""
    limit = Bound.of(**bound)
    paired = [_ranked(column, limit) for _, column in values.items()]

    def statistic(*columns: np.ndarray) -> np.ndarray:
        return np.ptp([_median(column) for column in columns], axis=0)

    found = _bootstrapped("", [paired], statistic, limit, _count(paired), rng)
    return [found]


def median_ratio(
    left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge the median of left over right, run by run."""
    limit = Bound.of(**bound)
    findings = []
    for name, a, b in _pairs(left, right):
        ratio = _ranked(a / b, limit)
        findings.append(_bootstrapped(name, [[ratio]], _median, limit, len(ratio), rng))
    return findings


def median_over_percentile(
    values: pd.DataFrame,
    reference: pd.DataFrame,
    rng: np.random.Generator,
    percentile: float,
    **bound: float,
) -> list[Finding]:
    """Judge the median of values minus a percentile of a reference, resampled independently."""
    limit = Bound.of(**bound)
    known = _ranked(reference.iloc[:, 0], _opposite(limit))

    def statistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return _median(x) - np.percentile(y, percentile, axis=1)

    return [
        _bootstrapped(
            str(name), [[_ranked(column, limit)], [known]], statistic, limit, len(column), rng
        )
        for name, column in values.items()
    ]


def ratio_of_variation(
    left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge the coefficient of variation of left over that of right, from tables of distances.

    A distance belongs to a network of the rows and one of the columns, so both are resampled; the
    networks of one name in left and right are resampled together.
    """
    limit = Bound.of(**bound)
    rows, columns = left.index.intersection(right.index), left.columns.intersection(right.columns)
    matrices = [_matrix(side.loc[rows, columns]) for side in (left, right)]
    if min(len(rows), len(columns)) == 0 or not all(np.isfinite(m).all() for m in matrices):
        raise Untestable("distances are missing or not finite")

    def statistic(chosen_rows: np.ndarray, chosen_columns: np.ndarray) -> np.ndarray:
        counts = _counts(chosen_rows, len(rows)), _counts(chosen_columns, len(columns))
        first, second = (_variation(matrix, *counts) for matrix in matrices)
        return np.divide(first, second, out=np.full_like(first, HUGE), where=second > 0)

    groups = [[np.arange(len(rows))], [np.arange(len(columns))]]
    n = min(len(rows), len(columns))
    return [_bootstrapped("", groups, statistic, limit, n, rng)]


def ratio_of_volumes(
    left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge how much of all points' spread a gate's points fill, left over right.

    Of points with coordinates, named by (gate, run): the geometric mean over gates of the standard
    deviation within the gate over the total one. A standard deviation is the root of the summed
    variances of the coordinates. Runs of one gate and name are resampled together.
    """
    limit = Bound.of(**bound)
    gates = left.index.get_level_values(0).unique()
    groups = []
    for gate in gates:
        runs = left.loc[gate].index.intersection(right.loc[gate].index)
        groups.append([side.loc[gate].loc[runs].to_numpy(float) for side in (left, right)])

    def statistic(*points: np.ndarray) -> np.ndarray:
        return _filled(points[::2]) / _filled(points[1::2])

    n = min(len(group[0]) for group in groups)
    return [_bootstrapped("", groups, statistic, limit, n, rng)]


def balanced_accuracy(
    votes: pd.DataFrame, rng: np.random.Generator, gate: str, over: str, **bound: float
) -> list[Finding]:
    """Judge how well a gate is told from the rest by votes on networks named by (gate, run).

    votes : a column for each gate that is told from the rest
    over : `chance`: the balanced accuracy itself; `others`: minus the mean of the other gates'
    """
    limit = Bound.of(**bound)
    gates = list(votes.columns)
    groups = [[votes.loc[of, gates].to_numpy(float)] for of in gates]

    def statistic(*by_gate: np.ndarray) -> np.ndarray:
        share = np.stack([taken.mean(axis=1) for taken in by_gate], axis=1)
        told = np.einsum("dgg->dg", share)
        rest = (share.sum(axis=1) - told) / (len(gates) - 1)
        accuracy = (told + 1 - rest) / 2
        own = accuracy[:, gates.index(gate)]
        if over == "chance":
            return own
        return own - (accuracy.sum(axis=1) - own) / (len(gates) - 1)

    return [_bootstrapped("", groups, statistic, limit, len(votes), rng)]


def best_mean_difference(
    left: pd.DataFrame, right: pd.DataFrame, rng: np.random.Generator, **bound: float
) -> list[Finding]:
    """Judge the highest of the groups' means, left minus right; runs are resampled in pairs."""
    limit = Bound.of(**bound)
    paired = _alike(left, right)

    def statistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        best: np.ndarray = x.mean(axis=1).max(axis=1) - y.mean(axis=1).max(axis=1)
        return best

    return [_bootstrapped("", [paired], statistic, limit, _count(paired), rng)]


def slope_difference(
    left: pd.DataFrame,
    right: pd.DataFrame,
    left_sizes: pd.DataFrame,
    right_sizes: pd.DataFrame,
    rng: np.random.Generator,
    **bound: float,
) -> list[Finding]:
    """Judge the slope of the groups' means against log10 of their sizes, left minus right."""
    limit = Bound.of(**bound)
    paired = _alike(left, right)
    if len(left.columns) < 2:
        raise Untestable("a slope needs two sizes")
    steps = []
    for sizes in (left_sizes, right_sizes):
        x = np.log10(sizes.iloc[0].to_numpy(float))
        steps.append((x - x.mean()) / np.sum((x - x.mean()) ** 2))

    def statistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        # Not by BLAS, whose last digit depends on the processor.
        slopes: np.ndarray = np.sum(x.mean(axis=1) * steps[0] - y.mean(axis=1) * steps[1], axis=-1)
        return slopes

    return [_bootstrapped("", [paired], statistic, limit, _count(paired), rng)]


def share_of_cells(
    rates: pd.DataFrame, given: str, given_at_least: float, then: str, low: float, high: float
) -> list[Finding]:
    """Count the cells in which one rate is high enough, and of them where another is in a range.

    rates : a row for each cell, a column for each pair of tasks. Cells are choices, not draws:
    their share has no interval.
    """
    reached = rates[rates[given] >= given_at_least]
    if reached.empty:
        raise Untestable(f"no cell has a rate of at least {given_at_least} for {given}")
    share = reached[then].between(low, high).mean()
    return [Finding("", share, np.nan, np.nan, "none", np.nan, len(reached), True, False, 0.0)]


def labelled(label: str, findings: Sequence[Finding]) -> list[Finding]:
    """Put a label before that of each finding; of one finding alone it takes the place."""
    if len(findings) == 1:
        return [replace(findings[0], label=label)]
    return [replace(f, label=f"{label}: {f.label}" if f.label else label) for f in findings]


def best(findings: Sequence[Finding]) -> list[Finding]:
    """Return the best finding alone, which decides where a claim asks for any of them."""
    return [max(findings, key=lambda finding: finding.rank)]


CRITERIA: dict[str, Callable[..., list[Finding]]] = {
    function.__name__: function
    for function in (
        rate,
        rate_contains,
        median,
        described,
        median_within,
        median_difference,
        mean_difference,
        difference_of_medians,
        spread_of_medians,
        median_ratio,
        median_over_percentile,
        ratio_of_variation,
        ratio_of_volumes,
        balanced_accuracy,
        best_mean_difference,
        slope_difference,
        share_of_cells,
    )
}


def _rate(values: pd.Series) -> tuple[float, float, float, int]:
    """Return the share of true values, its interval, and how many there are; NaN is false."""
    successes, n = int((values == 1).sum()), len(values)
    if n == 0:
        raise Untestable("there are no runs of which to take a share")
    low, high = wilson_interval(successes, n)
    return successes / n, float(low), float(high), n


def _bootstrapped(
    label: str,
    groups: Sequence[Sequence[ArrayLike]],
    statistic: Statistic,
    limit: Bound,
    n: int,
    rng: np.random.Generator,
) -> Finding:
    """Return the finding of a statistic of [draws, runs, ...], its interval over runs."""
    if n == 0:
        raise Untestable("no run has all the numbers that are compared")
    value = float(statistic(*(np.asarray(a, float)[None] for group in groups for a in group))[0])
    if n == 1:
        return _judged(label, value, (np.nan, np.nan), "none", limit, n)
    return _judged(label, value, joint_bootstrap(groups, statistic, rng), "bootstrap", limit, n)


def _judged(
    label: str, value: float, interval: tuple[float, float], kind: str, limit: Bound, n: int
) -> Finding:
    value, low, high = (_unranked(number) for number in (value, *interval))
    holds = limit.holds(value)
    excludes = limit.holds(low if limit.upward else high)
    enough = kind == "wilson" or n >= FEWEST
    margin = limit.margin(value)
    return Finding(
        label, value, low, high, kind, limit.threshold, n, holds, excludes and enough, margin
    )


def _ranked(values: pd.Series, limit: Bound) -> np.ndarray:
    """Return numbers that can be resampled: NaN is the worst there is, infinity is huge."""
    numbers = values.to_numpy(float)
    return np.clip(np.where(np.isnan(numbers), limit.worst, numbers), -HUGE, HUGE)


def _unranked(number: float) -> float:
    return float(np.copysign(np.inf, number)) if abs(number) > HUGE / 1e9 else number


def _opposite(limit: Bound) -> Bound:
    return Bound(limit.threshold, not limit.upward, limit.inclusive)


def _minus(left: pd.Series, right: pd.Series) -> pd.Series:
    """Return left minus right; NaN where both are infinite."""
    with np.errstate(invalid="ignore"):
        return left.astype(float) - right.astype(float)


def _pairs(
    left: pd.DataFrame, right: pd.DataFrame, against: str = "each"
) -> list[tuple[str, pd.Series, pd.Series]]:
    """Return the groups to compare, of the runs that both sides have."""
    runs = left.index.intersection(right.index)
    left, right = left.loc[runs], right.loc[runs]
    if against == "lowest":
        right = right[[right.median().idxmin()]]
    if list(left.columns) == list(right.columns):
        return [(str(name), left[name], right[name]) for name in left.columns]
    if 1 not in (len(left.columns), len(right.columns)):
        raise NeuroswitchError(
            "claims.yaml compares groups that do not match: "
            f"{', '.join(map(str, left.columns))} with {', '.join(map(str, right.columns))}"
        )
    return [(f"{a} - {b}", left[a], right[b]) for a in left.columns for b in right.columns]


def _alike(left: pd.DataFrame, right: pd.DataFrame) -> list[np.ndarray]:
    """Return two samples [runs, groups] of the runs and groups that both have."""
    if list(left.columns) != list(right.columns):
        raise Untestable(
            f"the sides differ in their groups: {', '.join(map(str, left.columns))} and "
            f"{', '.join(map(str, right.columns))}"
        )
    runs = left.index.intersection(right.index)
    sides = [_matrix(side.loc[runs]) for side in (left, right)]
    if not all(np.isfinite(side).all() for side in sides):
        raise Untestable("a mean of numbers that are not finite")
    return sides


def _matrix(sample: pd.DataFrame) -> np.ndarray:
    """Return the numbers of a sample [rows, columns], column after column in memory.

    The last digit of a sum depends on the order in memory, and this on how the sample was made.
    """
    return np.asfortranarray(sample.to_numpy(float))


def _count(paired: Sequence[np.ndarray]) -> int:
    return len(paired[0])


def _median(values: np.ndarray) -> np.ndarray:
    return np.median(values, axis=1)


def _mean(values: np.ndarray) -> np.ndarray:
    return np.mean(values, axis=1)


def _counts(chosen: np.ndarray, size: int) -> np.ndarray:
    """Return how often each of `size` networks was chosen in each draw, [draws, size]."""
    draws = len(chosen)
    cells = chosen.astype(int) + size * np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=draws * size).reshape(draws, size)


def _variation(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the coefficient of variation [draws] of distances drawn rows x columns times."""
    total = rows.sum(axis=1) * columns.sum(axis=1)
    mean, square = (
        np.sum((rows @ power) * columns, axis=1) / total for power in (matrix, matrix**2)
    )
    deviation: np.ndarray = np.sqrt(np.maximum(square - mean**2, 0)) / mean
    return deviation


def _filled(by_gate: Sequence[np.ndarray]) -> np.ndarray:
    """Return the spread within gates over the total [draws], of points [draws, runs, axes]."""
    total = _deviation(np.concatenate(by_gate, axis=1))
    logs = [np.log(_deviation(points) / total) for points in by_gate]
    filled: np.ndarray = np.exp(np.mean(logs, axis=0))
    return filled


def _deviation(points: np.ndarray) -> np.ndarray:
    deviation: np.ndarray = np.sqrt(points.var(axis=1).sum(axis=-1))
    return deviation
