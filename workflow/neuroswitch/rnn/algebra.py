"""Small matrices times lanes, and the gradients of such products: most of a kernel's work.

Arrays of lanes have axes [steps, units, LANES] and are reached by the number of the step: a view
of one step would cost more than the arithmetic. All of it becomes part of the caller's code.
"""

from typing import Any

import numba
import numpy as np

from neuroswitch.compilation import compiled
from neuroswitch.rnn.lanes import (
    LANES,
    add,
    constant,
    load,
    multiply,
    multiply_add,
    scale,
    spread,
    store,
    subtract,
    tanh,
    total,
)
from neuroswitch.rnn.tiles import outer_tile, product_tile

LINE = 64
"""Bytes of a line of the processor's cache."""

inlined = numba.njit(nogil=True, error_model="numpy", forceinline=True)


def empty(shape: tuple[int, ...], dtype: type) -> np.ndarray:
    """Return an array [*shape, LANES] whose lanes begin where a cache line does."""
    itemsize = np.dtype(dtype).itemsize
    size = int(np.prod(shape)) * LANES
    raw: np.ndarray = np.empty(size + LINE // itemsize, dtype)
    first = -(raw.ctypes.data // itemsize) % (LINE // itemsize)
    return raw[first : first + size].reshape(*shape, LANES)


@inlined
def clear(out, step):  # type: ignore[no-untyped-def]
    """Set out[step] = 0."""
    for i in range(out.shape[1]):
        store(out, (step, i), constant(out, 0))


@inlined
def fill(out, step, values):  # type: ignore[no-untyped-def]
    """Set out[step, i] = values[i] in every lane."""
    for i in range(len(values)):
        store(out, (step, i), spread(values[i]))


def _product(*, from_zero: bool, squashed: bool) -> Any:
    """Return the product of a matrix and lanes, in tiles of eight rows and then of fewer."""
    kind = {"from_zero": from_zero, "squashed": squashed}
    eight, four = product_tile(8, 1, **kind), product_tile(4, 2, **kind)
    three, two, one = (product_tile(n, 8 // n, **kind) for n in (3, 2, 1))

    def product(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
        i, n = 0, len(matrix)
        while n - i >= 8:
            eight(matrix, vector, step, out, out_step, i)
            i += 8
        if n - i >= 4:
            four(matrix, vector, step, out, out_step, i)
            i += 4
        if n - i == 3:
            three(matrix, vector, step, out, out_step, i)
        elif n - i == 2:
            two(matrix, vector, step, out, out_step, i)
        elif n - i == 1:
            one(matrix, vector, step, out, out_step, i)

    return inlined(product)


add_product = _product(from_zero=False, squashed=False)
"""Add matrix [n, k] times vector[step] [k, LANES] to out[out_step] [n, LANES]."""
set_product = _product(from_zero=True, squashed=False)
"""Put the product there instead."""
set_squashed = _product(from_zero=True, squashed=True)
"""Put tanh of the product there."""


@inlined
def squash(values, step, out, out_step):  # type: ignore[no-untyped-def]
    """Set out[out_step] = tanh(values[step])."""
    n = values.shape[1]
    for i in range(0, n - 1, 2):
        a, b = tanh(load(values, (step, i)), load(values, (step, i + 1)))
        store(out, (out_step, i), a)
        store(out, (out_step, i + 1), b)
    if n % 2:
        last = load(values, (step, n - 1))
        store(out, (out_step, n - 1), tanh(last, last)[0])


_outer_rows = {rows: [outer_tile(rows, columns) for columns in (3, 2, 1)] for rows in (4, 1)}
_four_three, _four_two, _four_one = _outer_rows[4]
_one_three, _one_two, _one_one = _outer_rows[1]


@inlined
def add_outer(left, left_first, right, right_first, steps, gradient):  # type: ignore[no-untyped-def]
    """Add the sum over `steps` steps of left[., i] right[., j] to gradient [n, k, LANES].

    Each side begins at a step of its own.
    """
    n, k = gradient.shape[:2]
    i = 0
    while i < n:
        four = n - i >= 4
        j = 0
        while j < k:
            if k - j >= 3:
                if four:
                    _four_three(left, left_first, right, right_first, steps, gradient, i, j)
                else:
                    _one_three(left, left_first, right, right_first, steps, gradient, i, j)
                j += 3
            elif k - j == 2:
                if four:
                    _four_two(left, left_first, right, right_first, steps, gradient, i, j)
                else:
                    _one_two(left, left_first, right, right_first, steps, gradient, i, j)
                j += 2
            else:
                if four:
                    _four_one(left, left_first, right, right_first, steps, gradient, i, j)
                else:
                    _one_one(left, left_first, right, right_first, steps, gradient, i, j)
                j += 1
        i += 4 if four else 1


@inlined
def add_steps(left, steps, gradient):  # type: ignore[no-untyped-def]
    """Add the sum over the first steps of left [steps, n, LANES] to gradient [n, LANES]."""
    for i in range(len(gradient)):
        s = load(gradient, i)
        for t in range(steps):
            s = add(s, load(left, (t, i)))
        store(gradient, i, s)


@inlined
def copy(values, out):  # type: ignore[no-untyped-def]
    """Set out = values, both [steps, units, LANES]."""
    for t in range(len(values)):
        for i in range(values.shape[1]):
            store(out, (t, i), load(values, (t, i)))


@inlined
def compare(outputs, targets, weights, norm):  # type: ignore[no-untyped-def]
    """Return the loss of a block, and put its gradient in the place of the outputs.

    The loss is the sum over steps, outputs and trials of weight (output - target)^2 / norm.

    outputs, targets [steps, outputs, LANES], weights [steps, LANES].
    """
    sums = constant(outputs, 0)
    for t in range(len(outputs)):
        weight = load(weights, t)
        for o in range(outputs.shape[1]):
            error = subtract(load(outputs, (t, o)), load(targets, (t, o)))
            weighed = scale(1 / norm, multiply(weight, error))
            sums = multiply_add(weighed, error, sums)
            store(outputs, (t, o), add(weighed, weighed))
    return total(sums)


@compiled
def sum_lanes(lanes, out):  # type: ignore[no-untyped-def]
    """Set out [n] to the sums over the lanes of an array [n, LANES]."""
    for i in range(len(out)):
        out[i] = total(load(lanes, i))
