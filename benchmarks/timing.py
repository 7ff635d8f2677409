"""Paired timings: both sides in turn, in one process, and the median of each."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def paired(ours: Callable[[], Any], peer: Callable[[], Any], pairs: int) -> tuple[float, float]:
    """Return the median seconds of each side over some pairs, after a warm-up of both."""
    ours()
    peer()
    timings = [(_seconds(ours), _seconds(peer)) for _ in range(pairs)]
    return statistics.median(t[0] for t in timings), statistics.median(t[1] for t in timings)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
