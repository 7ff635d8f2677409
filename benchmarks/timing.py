"""Timings that can be compared on a busy machine: all sides in turn, in one process."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroswitch.errors import NeuroswitchError

Rows = list[dict[str, object]]


@dataclass(frozen=True)
class Job:
    """One comparison: `measure(*arguments)` returns rows of tables, by the tables' names.

    It is called in a process of its own that is held to `threads` cores.
    """

    label: str
    threads: int
    measure: Callable[..., dict[str, Rows]]
    arguments: tuple[Any, ...]


def in_turn(works: Sequence[Callable[[], Any]], rounds: int) -> list[float]:
    """Return the fewest seconds that each work took in some rounds, after a warm-up of all.

    Whatever else runs on a machine only ever makes a work slower.
    """
    for work in works:
        work()
    timings = [[_seconds(work) for work in works] for _ in range(rounds)]
    return [min(column) for column in zip(*timings, strict=True)]


def agree(peer: str, ours: Any, theirs: Any, *, relative: float, absolute: float = 0.0) -> None:
    """Raise NeuroswitchError unless a peer comes to our numbers: only equal work is timed."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if np.allclose(theirs, ours, rtol=relative, atol=absolute):
        return
    raise NeuroswitchError(
        f"{peer} does not come to our numbers: they differ by up to "
        f"{np.abs(theirs - ours).max():.3g}, and {absolute:.3g} plus {relative:.3g} of the "
        "number itself is allowed. Nothing was timed, since the two sides do not do the same "
        "work; `make test` says more closely where they part"
    )


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
