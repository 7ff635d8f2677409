"""Small matrices times lanes, and the gradients of such products: most of a kernel's work.

Arrays of lanes have axes [steps, units, LANES] and are reached by the number of the step: a view
of one step would cost more than the arithmetic. All but the products becomes part of the caller.
"""

from typing import Any

import numpy as np

from neuroswitch import vectors
from neuroswitch.compilation import compiled, inlined
from neuroswitch.rnn.lanes import (
    LANES,
    add,
    begin,
    constant,
    load,
    multiply,
    multiply_add,
    place,
    scale,
    size,
    spread,
    store,
    subtract,
    tanh,
    total,
)
from neuroswitch.rnn.tiles import outer_tile, product_tile


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array [*shape, LANES] whose lanes begin where a cache line does."""
    return vectors.empty((*shape, LANES), dtype)


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
    """Return the product of a matrix and lanes, in tiles of eight rows and then of fewer.

    It takes addresses, which pass in registers: many products here are small.
    """
    kind = {"from_zero": from_zero, "squashed": squashed}
    eight, four = product_tile(8, 1, **kind), product_tile(4, 2, **kind)
    three, two, one = (product_tile(n, 8 // n, **kind) for n in (3, 2, 1))

    def product(zero, matrix, rows, columns, vector, out):  # type: ignore[no-untyped-def]
        row = columns * size(zero)
        lanes = LANES * size(zero)
        while rows >= 8:
            eight(zero, matrix, columns, vector, out)
            matrix, out, rows = matrix + 8 * row, out + 8 * lanes, rows - 8
        if rows >= 4:
            four(zero, matrix, columns, vector, out)
            matrix, out, rows = matrix + 4 * row, out + 4 * lanes, rows - 4
        if rows == 3:
            three(zero, matrix, columns, vector, out)
        elif rows == 2:
            two(zero, matrix, columns, vector, out)
        elif rows == 1:
            one(zero, matrix, columns, vector, out)

    return compiled(product)


_add_product = _product(from_zero=False, squashed=False)
_set_product = _product(from_zero=True, squashed=False)
_set_squashed = _product(from_zero=True, squashed=True)


@inlined
def add_product(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
    """Add matrix [n, k] times vector[step] [k, LANES] to out[out_step] [n, LANES]."""
    n, k = matrix.shape
    zero = matrix.dtype.type(0)
    _add_product(zero, begin(matrix), n, k, place(vector, (step, 0)), place(out, (out_step, 0)))


@inlined
def set_product(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
    """Set out[out_step] [n, LANES] to matrix [n, k] times vector[step] [k, LANES]."""
    n, k = matrix.shape
    zero = matrix.dtype.type(0)
    _set_product(zero, begin(matrix), n, k, place(vector, (step, 0)), place(out, (out_step, 0)))


@inlined
def set_squashed(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
    """Set out[out_step] [n, LANES] to tanh of matrix [n, k] times vector[step] [k, LANES]."""
    n, k = matrix.shape
    zero = matrix.dtype.type(0)
    _set_squashed(zero, begin(matrix), n, k, place(vector, (step, 0)), place(out, (out_step, 0)))


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


_four_by_1, _four_by_2, _four_by_3 = (outer_tile(4, columns) for columns in (1, 2, 3))
_one_by_1, _one_by_2, _one_by_3 = (outer_tile(1, columns) for columns in (1, 2, 3))


@compiled
def _outer(zero, left, n, left_units, right, k, right_units, steps, out):  # type: ignore[no-untyped-def]
    lanes = LANES * size(zero)
    i = 0
    while i < n:
        four = n - i >= 4
        a = left + i * lanes
        j = 0
        while j < k:
            b = right + j * lanes
            to = out + (i * k + j) * lanes
            if k - j >= 3:
                if four:
                    _four_by_3(zero, a, left_units, b, right_units, steps, to, k)
                else:
                    _one_by_3(zero, a, left_units, b, right_units, steps, to, k)
                j += 3
            elif k - j == 2:
                if four:
                    _four_by_2(zero, a, left_units, b, right_units, steps, to, k)
                else:
                    _one_by_2(zero, a, left_units, b, right_units, steps, to, k)
                j += 2
            else:
                if four:
                    _four_by_1(zero, a, left_units, b, right_units, steps, to, k)
                else:
                    _one_by_1(zero, a, left_units, b, right_units, steps, to, k)
                j += 1
        i += 4 if four else 1


@inlined
def add_outer(left, left_first, right, right_first, steps, gradient):  # type: ignore[no-untyped-def]
    """Add the sum over `steps` steps of left[., i] right[., j] to gradient [n, k, LANES].

    Each side begins at a step of its own, and may have more units than the gradient has.
    """
    n, k = gradient.shape[:2]
    if n * k > 0:
        a, b = place(left, (left_first, 0)), place(right, (right_first, 0))
        to = place(gradient, (0, 0))
        zero = gradient.dtype.type(0)
        _outer(zero, a, n, left.shape[1], b, k, right.shape[1], steps, to)


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
