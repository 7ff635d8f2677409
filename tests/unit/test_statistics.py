"""Intervals, against an independent implementation."""

import numpy as np
import pytest
from scipy.stats import binomtest

from neuroswitch.statistics import wilson_interval


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 10), (975, 1000), (1, 1)])
def test_wilson_interval_is_scipys(k, n):
    low, high = wilson_interval(k, n)
    expected = binomtest(k, n).proportion_ci(0.95, method="wilson")
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
