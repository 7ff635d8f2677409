"""The least time that a training step can take on this machine, from its rates and the sizes.

Counted are the multiply-adds and the tanhs of the equations as the kernels write them, without
the padding of the last block of trials, the update, or anything in Python; and the bytes of what
a trial's forward pass must leave for its gradient, once written and once read.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import starmap

import numba
import numpy as np

from benchmarks.rnn_case import Case
from neuroswitch.rnn import lanes
from neuroswitch.rnn.algebra import empty
from neuroswitch.rnn.lanes import LANES
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.vanilla import Vanilla

ROUNDS, TURNS = 20_000, 20
"""So that a measurement takes about a millisecond: short enough to find the machine idle."""

CACHED = 512 * 1024
"""Bytes that fit the second cache and not the first."""

TRIES = 200
"""The best of so many: others on the machine only ever slow it down."""


@dataclass(frozen=True)
class Work:
    """What a step of one trial takes, forward and backward."""

    multiply_adds: int
    tanhs: int
    kept: int  # numbers left for the gradient

    @classmethod
    def of(cls, tanhs: int, kept: int, *products: tuple[int, int, int, int]) -> "Work":
        """Add up products (rows, columns, columns trained, columns carried back)."""
        return cls(sum(rows * sum(columns) for rows, *columns in products), tanhs, kept)


def work(model: Model) -> Work:
    """Return what the equations of a network take."""
    return COUNTS[type(model)](model)


def low_rank(model: LowRank) -> Work:
    n, r, m, o = model.units, model.rank, model.modulators, model.outputs
    seen, fed = model.shapes["B_xu"][1], n if model.feedback else 0
    basis = r + seen + 1
    z = ((m, m, m, m), (m, model.channels, model.channels, 0), (m, fed, fed, fed), (r, m, m, m))
    x = ((n, basis, basis - 1, r), (r, n, n, n), (o, basis, basis, r))
    return Work.of(n + m + (r if m else 0), n + basis + r + 2 * m + (r if m else 0), *x, *z)


def vanilla(model: Vanilla) -> Work:
    n, k, o = model.units, model.channels, model.outputs
    return Work.of(n, 2 * n, (n, n, n, n), (n, k, k, 0), (o, n, n, n))


def lstm(model: Lstm) -> Work:
    n, k, o = model.units, model.channels, model.outputs
    return Work.of(5 * n, 7 * n, (4 * n, n, n, n), (4 * n, k, k, 0), (o, n, n, n))


COUNTS: dict[type[Model], Callable[..., Work]] = {LowRank: low_rank, Vanilla: vanilla, Lstm: lstm}


def measure(case: Case, ours_ms: float) -> dict[str, object]:
    """Return one row of the floor table; ours_ms is of a step at one thread."""
    counted = work(case.model)
    steps = case.batch.trials * case.batch.inputs.shape[1]
    arithmetic = counted.multiply_adds / multiply_adds_a_second()
    arithmetic += counted.tanhs / tanhs_a_second()
    memory = 2 * 4 * counted.kept / bytes_a_second()
    floor_ms = 1e3 * steps * max(arithmetic, memory)
    return {
        "experiment": case.experiment,
        "network": case.network,
        "multiply_adds": steps * counted.multiply_adds,
        "tanhs": steps * counted.tanhs,
        "bytes": steps * 8 * counted.kept,
        "arithmetic_ms": 1e3 * steps * arithmetic,
        "memory_ms": 1e3 * steps * memory,
        "floor_ms": floor_ms,
        "ours_ms": ours_ms,
        "ratio": ours_ms / floor_ms,
    }


@cache
def multiply_adds_a_second() -> float:
    """Return the peak rate of fused multiply-adds in single precision, on one core."""
    array = _numbers(10)
    return 10 * LANES * ROUNDS / _best(lambda: _multiply_adds(array, ROUNDS))


@cache
def tanhs_a_second() -> float:
    """Return the peak rate of tanh in single precision, on one core."""
    array = _numbers(64)
    return array.size * TURNS / _best(lambda: _tanhs(array, TURNS))


@cache
def bytes_a_second() -> float:
    """Return the rate of reading the second cache, on one core."""
    array = _numbers(CACHED // (4 * LANES))
    return array.nbytes * TURNS / _best(lambda: _read(array, TURNS))


def _numbers(count: int) -> np.ndarray:
    """Return lanes [count, LANES] that all differ, or the compiler would compute some once."""
    array = empty((count,), np.float32)
    array[:] = np.linspace(0.1, 0.9, array.size).reshape(array.shape)
    return array


def _best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some calls, after one that compiles."""
    work()
    clocks = ((time.perf_counter(), work(), time.perf_counter()) for _ in range(TRIES))
    return min(starmap(lambda start, _, end: end - start, clocks))


@numba.njit(error_model="numpy")
def _multiply_adds(array, rounds):  # type: ignore[no-untyped-def]
    """Do ten multiply-adds a round, none of which waits for another."""
    a = lanes.load(array, 0)
    s0, s1, s2, s3 = a, lanes.load(array, 1), lanes.load(array, 2), lanes.load(array, 3)
    s4, s5, s6 = lanes.load(array, 4), lanes.load(array, 5), lanes.load(array, 6)
    s7, s8, s9 = lanes.load(array, 7), lanes.load(array, 8), lanes.load(array, 9)
    for _ in range(rounds):
        s0, s1 = lanes.multiply_add(a, s0, a), lanes.multiply_add(a, s1, a)
        s2, s3 = lanes.multiply_add(a, s2, a), lanes.multiply_add(a, s3, a)
        s4, s5 = lanes.multiply_add(a, s4, a), lanes.multiply_add(a, s5, a)
        s6, s7 = lanes.multiply_add(a, s6, a), lanes.multiply_add(a, s7, a)
        s8, s9 = lanes.multiply_add(a, s8, a), lanes.multiply_add(a, s9, a)
    low = lanes.add(lanes.add(lanes.add(s0, s1), lanes.add(s2, s3)), lanes.add(s4, s5))
    return lanes.total(lanes.add(low, lanes.add(lanes.add(s6, s7), lanes.add(s8, s9))))


@numba.njit(error_model="numpy")
def _tanhs(array, turns):  # type: ignore[no-untyped-def]
    """Add up the tanhs of an array, two at a time, turn after turn."""
    total = 0.0
    for _ in range(turns):
        s = lanes.load(array, 0)
        for i in range(0, len(array), 2):
            a, b = lanes.tanh(lanes.load(array, i), lanes.load(array, i + 1))
            s = lanes.add(s, lanes.add(a, b))
        total += lanes.total(s)
        # Each turn meets other numbers, or one turn would do for all.
        lanes.store(array, 0, lanes.tanh(s, s)[0])
    return total


@numba.njit(error_model="numpy")
def _read(array, turns):  # type: ignore[no-untyped-def]
    """Add up an array, eight sums at a time, turn after turn."""
    total = 0.0
    for _ in range(turns):
        s0 = s1 = s2 = s3 = lanes.constant(array, 0)
        s4 = s5 = s6 = s7 = lanes.constant(array, 0)
        for i in range(0, len(array), 8):
            s0, s1 = lanes.add(s0, lanes.load(array, i)), lanes.add(s1, lanes.load(array, i + 1))
            s2 = lanes.add(s2, lanes.load(array, i + 2))
            s3 = lanes.add(s3, lanes.load(array, i + 3))
            s4 = lanes.add(s4, lanes.load(array, i + 4))
            s5 = lanes.add(s5, lanes.load(array, i + 5))
            s6 = lanes.add(s6, lanes.load(array, i + 6))
            s7 = lanes.add(s7, lanes.load(array, i + 7))
        low, high = lanes.add(lanes.add(s0, s1), lanes.add(s2, s3)), lanes.add(s4, s5)
        s = lanes.add(lanes.add(low, high), lanes.add(s6, s7))
        total += lanes.total(s)
        lanes.store(array, 0, lanes.tanh(s, s)[0])
    return total
