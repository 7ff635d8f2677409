"""The least time that a training step can take on this machine, from its rates and the sizes.

Counted are the multiply-adds and the tanhs of the passes made of a network's equations, without
the padding of the last block of trials, the update, or anything in Python; and the bytes of what
a trial's forward pass must leave for its gradient, once written and once read.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numba
import numpy as np

from benchmarks.rnn_case import Case
from neuroswitch.rnn import wide as lanes
from neuroswitch.rnn.cells.passes import passes
from neuroswitch.rnn.cells.schedule import SQUASHING
from neuroswitch.rnn.cells.symbols import Function, Product, ordered
from neuroswitch.rnn.cells.trace import adjoint
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.sweep import traced
from neuroswitch.rnn.wide import LANES, empty

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


def work(model: Model) -> Work:
    """Return what the equations of a network take: products, gradients' sums, and tanhs."""
    step, u = traced(model)
    back = adjoint(step)
    lefts = [left for _, left, _ in back.products]
    everything = ordered([*step.symbols, *back.before.values(), *lefts])
    products = [symbol.matrix for symbol in everything if isinstance(symbol, Product)]
    products += [matrix for matrix, _, _ in back.products]
    squashing = [
        symbol
        for symbol in step.symbols
        if isinstance(symbol, Function) and symbol.name in SQUASHING
    ]
    _, program = passes(step, [u])
    kept = [units for kind, units in program.buffers.values() if kind in ("steps", "after")]
    return Work(
        sum(rows * columns for rows, columns in (matrix.shape for matrix in products)),
        sum(symbol.units for symbol in squashing),
        sum(kept) - model.outputs,
    )


def measure(case: Case, ours_ms: float) -> dict[str, object]:
    """Return a row of the table `floor`; ours_ms is of a step at one thread."""
    counted = work(case.model)
    steps = case.batch.trials * case.batch.steps
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
        "ours_over_floor": ours_ms / floor_ms,
    }


@dataclass(frozen=True)
class Loop:
    """A compiled loop that does nothing but one kind of work, to measure how fast that goes."""

    run: Any  # compiled; of an array of lanes and a number of turns
    rows: int  # lanes of its array
    turns: int  # so that it takes about a millisecond: short enough to find the machine idle
    a_turn: int  # what it does in a turn: operations on single numbers, or bytes

    def a_second(self, clock: Callable[[], float] = time.perf_counter) -> float:
        """Return the rate of the fastest of some calls, after one that compiles."""
        array = numbers(self.rows)
        self.run(array, self.turns)
        seconds = []
        for _ in range(TRIES):
            start = clock()
            self.run(array, self.turns)
            seconds.append(clock() - start)
        return self.turns * self.a_turn / min(seconds)


@cache
def multiply_adds_a_second() -> float:
    """Return the peak rate of fused multiply-adds in single precision, on one core.

    Seven sums fit the 16 registers of AVX2, where a vector of lanes takes two; more would be
    moved out and in again. Fourteen keep a core busy that starts two of 512 bits at once.
    """
    return max(SEVEN_SUMS.a_second(), FOURTEEN_SUMS.a_second())


@cache
def tanhs_a_second() -> float:
    """Return the peak rate of tanh in single precision, on one core."""
    return TANHS.a_second()


@cache
def bytes_a_second() -> float:
    """Return the rate of reading the second cache, on one core."""
    return READS.a_second()


def numbers(rows: int) -> np.ndarray:
    """Return lanes [rows, LANES] that all differ, or the compiler would compute some once."""
    array = empty((rows,), np.float32)
    array[:] = np.linspace(0.1, 0.9, array.size).reshape(array.shape)
    return array


@numba.njit(error_model="numpy")
def _seven_sums(array, turns):  # type: ignore[no-untyped-def]
    """Do seven multiply-adds a turn, none of which waits for another."""
    a = lanes.constant(array, array[0, 0])
    s0, s1 = lanes.load(array, 0), lanes.load(array, 1)
    s2, s3 = lanes.load(array, 2), lanes.load(array, 3)
    s4, s5, s6 = lanes.load(array, 4), lanes.load(array, 5), lanes.load(array, 6)
    for _ in range(turns):
        s0, s1 = lanes.multiply_add(a, s0, a), lanes.multiply_add(a, s1, a)
        s2, s3 = lanes.multiply_add(a, s2, a), lanes.multiply_add(a, s3, a)
        s4, s5 = lanes.multiply_add(a, s4, a), lanes.multiply_add(a, s5, a)
        s6 = lanes.multiply_add(a, s6, a)
    low = lanes.add(lanes.add(s0, s1), lanes.add(s2, s3))
    return lanes.total(lanes.add(low, lanes.add(lanes.add(s4, s5), s6)))


@numba.njit(error_model="numpy")
def _fourteen_sums(array, turns):  # type: ignore[no-untyped-def]
    """Do fourteen multiply-adds a turn."""
    a = lanes.constant(array, array[0, 0])
    s0, s1 = lanes.load(array, 0), lanes.load(array, 1)
    s2, s3 = lanes.load(array, 2), lanes.load(array, 3)
    s4, s5, s6 = lanes.load(array, 4), lanes.load(array, 5), lanes.load(array, 6)
    s7, s8, s9 = lanes.load(array, 7), lanes.load(array, 8), lanes.load(array, 9)
    s10, s11 = lanes.load(array, 10), lanes.load(array, 11)
    s12, s13 = lanes.load(array, 12), lanes.load(array, 13)
    for _ in range(turns):
        s0, s1 = lanes.multiply_add(a, s0, a), lanes.multiply_add(a, s1, a)
        s2, s3 = lanes.multiply_add(a, s2, a), lanes.multiply_add(a, s3, a)
        s4, s5 = lanes.multiply_add(a, s4, a), lanes.multiply_add(a, s5, a)
        s6, s7 = lanes.multiply_add(a, s6, a), lanes.multiply_add(a, s7, a)
        s8, s9 = lanes.multiply_add(a, s8, a), lanes.multiply_add(a, s9, a)
        s10, s11 = lanes.multiply_add(a, s10, a), lanes.multiply_add(a, s11, a)
        s12, s13 = lanes.multiply_add(a, s12, a), lanes.multiply_add(a, s13, a)
    low = lanes.add(lanes.add(s0, s1), lanes.add(s2, s3))
    middle = lanes.add(lanes.add(s4, s5), lanes.add(s6, s7))
    high = lanes.add(lanes.add(s8, s9), lanes.add(s10, s11))
    return lanes.total(lanes.add(lanes.add(low, middle), lanes.add(high, lanes.add(s12, s13))))


@numba.njit(error_model="numpy")
def _tanhs(array, turns):  # type: ignore[no-untyped-def]
    """Add up the tanhs of an array, two at a time, turn after turn."""
    total = 0.0
    for _ in range(turns):
        s = lanes.constant(array, 0)
        for i in range(0, len(array), 2):
            a, b = lanes.tanh(lanes.load(array, i), lanes.load(array, i + 1))
            s = lanes.add(s, lanes.add(a, b))
        total += lanes.total(s)
        # Each turn meets other numbers, or one turn would do for all.
        lanes.store(array, 0, lanes.scale(1 / len(array), s))
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
        lanes.store(array, 0, lanes.scale(1 / len(array), s))
    return total


SEVEN_SUMS = Loop(_seven_sums, 7, 20_000, 7 * LANES)
FOURTEEN_SUMS = Loop(_fourteen_sums, 14, 20_000, 14 * LANES)
TANHS = Loop(_tanhs, 64, 20, 64 * LANES)
READS = Loop(_read, CACHED // (4 * LANES), 20, CACHED)
