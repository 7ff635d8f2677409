"""Small matrices times lanes, and the gradients of such products: most of a kernel's work.

Arrays of lanes have axes [steps, units, LANES] and are reached by the number of the step: a view
of one step would cost more than the arithmetic. All of it becomes part of the caller's code.
"""

import numba
import numpy as np

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
    weigh,
)

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


@inlined
def add_product(matrix, vector, step, out, out_step, from_zero, squashed):  # type: ignore[no-untyped-def]
    """Add matrix [n, k] times vector[step] [k, LANES] to out[out_step] [n, LANES].

    from_zero : forget what out[out_step] was
    squashed : put tanh of the sum there

    Four rows at a time: each number of the vector is read once for them, and their four sums
    do not wait for each other.
    """
    n, k = matrix.shape
    zero = constant(matrix, 0)
    for i in range(0, n - 3, 4):
        if from_zero:
            s0 = s1 = s2 = s3 = zero
        else:
            s0, s1 = load(out, (out_step, i)), load(out, (out_step, i + 1))
            s2, s3 = load(out, (out_step, i + 2)), load(out, (out_step, i + 3))
        for j in range(k):
            v = load(vector, (step, j))
            s0 = weigh(matrix[i, j], v, s0)
            s1 = weigh(matrix[i + 1, j], v, s1)
            s2 = weigh(matrix[i + 2, j], v, s2)
            s3 = weigh(matrix[i + 3, j], v, s3)
        if squashed:
            s0, s1, s2, s3 = tanh(s0), tanh(s1), tanh(s2), tanh(s3)
        store(out, (out_step, i), s0)
        store(out, (out_step, i + 1), s1)
        store(out, (out_step, i + 2), s2)
        store(out, (out_step, i + 3), s3)
    for i in range(n - n % 4, n):
        # Four sums again, now each of every fourth product.
        s0 = zero if from_zero else load(out, (out_step, i))
        s1 = s2 = s3 = zero
        for j in range(0, k - 3, 4):
            s0 = weigh(matrix[i, j], load(vector, (step, j)), s0)
            s1 = weigh(matrix[i, j + 1], load(vector, (step, j + 1)), s1)
            s2 = weigh(matrix[i, j + 2], load(vector, (step, j + 2)), s2)
            s3 = weigh(matrix[i, j + 3], load(vector, (step, j + 3)), s3)
        for j in range(k - k % 4, k):
            s0 = weigh(matrix[i, j], load(vector, (step, j)), s0)
        s = add(add(s0, s1), add(s2, s3))
        store(out, (out_step, i), tanh(s) if squashed else s)


@inlined
def squash(values, step, out, out_step):  # type: ignore[no-untyped-def]
    """Set out[out_step] = tanh(values[step])."""
    for i in range(values.shape[1]):
        store(out, (out_step, i), tanh(load(values, (step, i))))


@inlined
def add_outer(left, left_first, right, right_first, steps, gradient):  # type: ignore[no-untyped-def]
    """Add the sum over `steps` steps of left[., i] right[., j] to gradient [n, k, LANES].

    Each side begins at a step of its own.
    """
    n, k = gradient.shape[:2]
    for i in range(0, n - 3, 4):
        for j in range(k):
            s0, s1 = load(gradient, (i, j)), load(gradient, (i + 1, j))
            s2, s3 = load(gradient, (i + 2, j)), load(gradient, (i + 3, j))
            for t in range(steps):
                v = load(right, (right_first + t, j))
                s0 = multiply_add(load(left, (left_first + t, i)), v, s0)
                s1 = multiply_add(load(left, (left_first + t, i + 1)), v, s1)
                s2 = multiply_add(load(left, (left_first + t, i + 2)), v, s2)
                s3 = multiply_add(load(left, (left_first + t, i + 3)), v, s3)
            store(gradient, (i, j), s0)
            store(gradient, (i + 1, j), s1)
            store(gradient, (i + 2, j), s2)
            store(gradient, (i + 3, j), s3)
    for i in range(n - n % 4, n):
        for j in range(k):
            s = load(gradient, (i, j))
            for t in range(steps):
                v = load(right, (right_first + t, j))
                s = multiply_add(load(left, (left_first + t, i)), v, s)
            store(gradient, (i, j), s)


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


def sum_lanes(gradient: np.ndarray) -> np.ndarray:
    """Return the sums over the last axis, in one order on every machine."""
    result = gradient[..., 0].copy()
    for lane in range(1, LANES):
        result += gradient[..., lane]
    return result
