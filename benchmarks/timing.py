"""Timings that can be compared on a busy machine: all sides in turn, in one process."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any


def in_turn(works: Sequence[Callable[[], Any]], rounds: int) -> list[float]:
    """Return the median seconds of each work over some rounds, after a warm-up of all."""
    for work in works:
        work()
    timings = [[_seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*timings, strict=True)]


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
