"""Intervals, against an independent implementation."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest, bootstrap

from neuroswitch.statistics import median_interval, resampled, wilson_interval


@pytest.mark.parametrize("confidence", [0.95, 0.5])
@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 10), (975, 1000), (1, 1)])
def test_wilson_interval_is_scipys(k, n, confidence):
    low, high = wilson_interval(k, n, confidence)
    expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_wilson_interval_is_vectorised_and_stays_in_range():
    low, high = wilson_interval(np.arange(51), np.full(51, 50))
    assert (low[1:] > low[:-1]).all()
    assert low.min() == 0
    assert high.max() == 1


@pytest.mark.parametrize(("k", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_wilson_interval_refuses_impossible_counts(k, n):
    with pytest.raises(ValueError, match="successes"):
        wilson_interval(k, n)


@pytest.mark.parametrize("n", [6, 7, 20, 101, 1000])
def test_median_interval_is_the_narrowest_symmetric_one_that_covers(n):
    values = np.random.default_rng(n).standard_normal(n)
    low, high = median_interval(values)
    within = np.sort(values)
    place = np.searchsorted(within, low)
    assert high == within[n - 1 - place]

    def coverage(k):
        return 1 - 2 * binom.cdf(k, n, 0.5)

    assert coverage(place) >= 0.95 > coverage(place + 1)


def test_median_interval_takes_values_that_are_infinite_and_few():
    assert median_interval([3, 1, np.inf]) == (1, np.inf)
    assert median_interval([2.0]) == (2, 2)
    for wrong in ([], [np.nan, 1.0]):
        with pytest.raises(ValueError, match="one value or more"):
            median_interval(wrong)


def medians_apart(x, y):
    return np.median(x, axis=1) - np.median(y, axis=1)


def test_statistics_of_resampled_runs_are_as_scipys_bootstrap_has_them():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(40)
    y = x + 0.1 * rng.standard_normal(40)
    widths = []
    for groups, paired in (([[x, y]], True), ([[x], [y]], False)):
        drawn = resampled(groups, medians_apart, np.random.default_rng(1))
        own = np.quantile(drawn, [0.025, 0.975])
        expected = bootstrap(
            (x, y),
            lambda a, b, axis=-1: np.median(a, axis=axis) - np.median(b, axis=axis),
            paired=paired,
            method="percentile",
            n_resamples=10_000,
            rng=np.random.default_rng(2),
        ).confidence_interval
        assert own == pytest.approx((expected.low, expected.high), abs=0.04)
        widths.append(own[1] - own[0])
    assert widths[0] < widths[1] / 3, "pairs must be resampled together"


def test_what_is_resampled_does_not_depend_on_its_parts(monkeypatch):
    values = np.random.default_rng(0).standard_normal(30)
    drawn = set()
    # Ten thousand draws at a time, three thousand, and one.
    for largest in (10**6, 90_000, 10):
        monkeypatch.setattr("neuroswitch.statistics.BOOTSTRAP_VALUES", largest)
        means = resampled([[values]], lambda x: x.mean(axis=1), np.random.default_rng(3))
        drawn.add(means.tobytes())
    assert len(drawn) == 1


@pytest.mark.parametrize("groups", [[[[]]], [[[1.0], [1.0, 2.0]]], [[[np.nan]]], [[[np.inf]]]])
def test_what_cannot_be_resampled_is_refused(groups):
    with pytest.raises(ValueError, match="need"):
        resampled(groups, medians_apart, np.random.default_rng(0))
