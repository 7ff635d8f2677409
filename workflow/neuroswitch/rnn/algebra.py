"""Small matrices times lanes, and the gradients of such products: most of a kernel's work.

Arrays of lanes have axes [steps, units, lanes] and are reached by the number of the step: a view
of one step would cost more than the arithmetic. All but the products becomes part of the caller.
"""

from collections.abc import Mapping
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from neuroswitch import vectors
from neuroswitch.compilation import compiled, inlined
from neuroswitch.rnn import lanes, tiles
from neuroswitch.rnn.lanes import (
    add,
    begin,
    multiply,
    multiply_add,
    scale,
    subtract,
    total,
)


@cache
def primitives(count: int) -> SimpleNamespace:
    """Return what a kernel is written in, by name, for trials in vectors of `count` lanes.

    These are the operations of `lanes`, those of `whole_steps` and `products`, and
    `empty(shape, dtype)`, which returns an array [*shape, count] for them.
    """
    memory = lanes.memory(count)
    return SimpleNamespace(
        **lanes.ARITHMETIC,
        **memory,
        **whole_steps(memory),
        **products(count, memory),
        empty=partial(_empty, count),
    )


def whole_steps(memory: Mapping[str, Any]) -> dict[str, Any]:
    """Return the operations on all units of a step or of several, by name."""
    load, store, constant = (memory[f] for f in ("load", "store", "constant"))

    @inlined
    def clear(out, step):  # type: ignore[no-untyped-def]
        """Set out[step] = 0."""
        for i in range(out.shape[1]):
            store(out, (step, i), constant(out, 0))

    @inlined
    def add_steps(left, steps, gradient):  # type: ignore[no-untyped-def]
        """Add the sum over the first steps of left [steps, n, lanes] to gradient [n, lanes]."""
        for i in range(len(gradient)):
            s = load(gradient, i)
            for t in range(steps):
                s = add(s, load(left, (t, i)))
            store(gradient, i, s)

    @inlined
    def copy(values, out):  # type: ignore[no-untyped-def]
        """Set out = values, both [steps, units, lanes]."""
        for t in range(len(values)):
            for i in range(values.shape[1]):
                store(out, (t, i), load(values, (t, i)))

    @inlined
    def compare(outputs, targets, weights, norm):  # type: ignore[no-untyped-def]
        """Return the loss of a block, and put its gradient in the place of the outputs.

        The loss is the sum over steps, outputs and trials of weight (output - target)^2 / norm.

        outputs, targets [steps, outputs, lanes], weights [steps, lanes].
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

    return {f.__name__: f for f in (clear, add_steps, copy, compare)}


def products(count: int, memory: Mapping[str, Any]) -> dict[str, Any]:
    """Return the products with matrices and the sums of outer products, by name."""
    place = memory["place"]
    added = tiles.product(count, from_zero=False, squashed=False)
    alone = tiles.product(count, from_zero=True, squashed=False)
    squashed = tiles.product(count, from_zero=True, squashed=True)
    outer = tiles.outer(count)

    @inlined
    def add_product(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
        """Add matrix [n, k] times vector[step] [k, lanes] to out[out_step] [n, lanes]."""
        n, k = matrix.shape
        zero = matrix.dtype.type(0)
        added(zero, begin(matrix), n, k, place(vector, (step, 0)), place(out, (out_step, 0)))

    @inlined
    def set_product(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
        """Set out[out_step] [n, lanes] to matrix [n, k] times vector[step] [k, lanes]."""
        n, k = matrix.shape
        zero = matrix.dtype.type(0)
        alone(zero, begin(matrix), n, k, place(vector, (step, 0)), place(out, (out_step, 0)))

    @inlined
    def set_squashed(matrix, vector, step, out, out_step):  # type: ignore[no-untyped-def]
        """Set out[out_step] [n, lanes] to tanh of matrix [n, k] times vector[step] [k, lanes]."""
        n, k = matrix.shape
        zero = matrix.dtype.type(0)
        squashed(zero, begin(matrix), n, k, place(vector, (step, 0)), place(out, (out_step, 0)))

    @inlined
    def add_outer(left, left_first, right, right_first, steps, gradient):  # type: ignore[no-untyped-def]
        """Add the sum over `steps` steps of left[., i] right[., j] to gradient [n, k, lanes].

        Each side begins at a step of its own, and may have more units than the gradient has.
        """
        n, k = gradient.shape[:2]
        if n * k > 0:
            a, b = place(left, (left_first, 0)), place(right, (right_first, 0))
            to = place(gradient, (0, 0))
            zero = gradient.dtype.type(0)
            outer(zero, a, n, left.shape[1], b, k, right.shape[1], steps, to)

    return {f.__name__: f for f in (add_product, set_product, set_squashed, add_outer)}


def _empty(count: int, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array [*shape, count] whose lanes begin where a cache line does."""
    return vectors.empty((*shape, count), dtype)


@compiled
def sum_lanes(lanes, out):  # type: ignore[no-untyped-def]
    """Set out [n] to the sums over the lanes of an array [n, lanes], from the first to the last."""
    for i in range(len(out)):
        s = lanes[i, 0]
        for lane in range(1, lanes.shape[1]):
            s += lanes[i, lane]
        out[i] = s
