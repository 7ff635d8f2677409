"""The compiled rollout of an LSTM and its gradient."""

from typing import NamedTuple

import numpy as np

from neuroswitch.compilation import compiled, inlined
from neuroswitch.rnn.wide import (
    add,
    add_outer,
    add_product,
    add_steps,
    clear,
    compare,
    constant,
    copy,
    fill,
    load,
    multiply,
    multiply_add,
    scale,
    set_product,
    slope,
    store,
    subtract,
    tanh,
)


class Weights(NamedTuple):
    """What the rollout computes with; the rows are the gates i, f, g and o."""

    W_hh: np.ndarray  # [4 N, N]
    W_hh_back: np.ndarray  # [N, 4 N], transposed
    W_xh: np.ndarray  # [4 N, channels]
    b: np.ndarray  # [4 N]
    C: np.ndarray  # [outputs, N]
    C_back: np.ndarray  # [N, outputs], transposed
    h0: np.ndarray  # [N]
    c0: np.ndarray  # [N]


class Gradients(NamedTuple):
    """Sums over steps and blocks, lane by lane, of the gradients; axes [..., lanes]."""

    W_hh: np.ndarray  # [4 N, N]
    W_xh: np.ndarray  # [4 N, channels]
    b: np.ndarray  # [4 N]
    C: np.ndarray  # [outputs, N]


class Scratch(NamedTuple):
    """What a block of trials leaves for its gradient; axes [..., lanes]."""

    h: np.ndarray  # [steps + 1, N]
    c: np.ndarray  # [steps + 1, N]
    gates: np.ndarray  # [steps, 4 N], after their sigmoid or tanh; then the adjoint of before
    squashed: np.ndarray  # [steps, N], tanh c
    adjoint: np.ndarray  # [2, N], of h and of c
    outputs: np.ndarray  # [steps, outputs]; then their adjoint


@compiled
def sweep(w, inputs, targets, step_weights, norm, outputs, scratch, sums):  # type: ignore[no-untyped-def]
    """Run all blocks; return the loss, fill the outputs, and add to the gradients' sums.

    As the sweep of the low-rank networks.
    """
    loss = 0.0
    for block in range(len(inputs)):
        forward(w, inputs[block], scratch)
        copy(scratch.outputs, outputs[block])
        if norm > 0:
            loss += compare(scratch.outputs, targets[block], step_weights[block], norm)
        elif norm < 0:
            copy(targets[block], scratch.outputs)
        if norm != 0:
            backward(w, inputs[block], scratch, sums)
    return loss


@inlined
def forward(w, inputs, scratch):  # type: ignore[no-untyped-def]
    """Run a block of trials, and leave in the scratch what its gradient needs."""
    h, c, gates, squashed = scratch.h, scratch.c, scratch.gates, scratch.squashed
    n, half = len(w.h0), constant(h, 0.5)
    fill(h, 0, w.h0)
    fill(c, 0, w.c0)
    for t in range(len(inputs)):
        fill(gates, t, w.b)
        add_product(w.W_xh, inputs, t, gates, t)
        add_product(w.W_hh, h, t, gates, t)
        for i in range(n):
            # sigmoid a is (1 + tanh(a / 2)) / 2
            a, b = scale(0.5, load(gates, (t, i))), scale(0.5, load(gates, (t, n + i)))
            new, d = load(gates, (t, 2 * n + i)), scale(0.5, load(gates, (t, 3 * n + i)))
            a, b = tanh(a, b)
            new, d = tanh(new, d)
            let_in = multiply_add(half, a, half)
            keep = multiply_add(half, b, half)
            show = multiply_add(half, d, half)
            cell = multiply_add(keep, load(c, (t, i)), multiply(let_in, new))
            shown = tanh(cell, cell)[0]
            store(gates, (t, i), let_in)
            store(gates, (t, n + i), keep)
            store(gates, (t, 2 * n + i), new)
            store(gates, (t, 3 * n + i), show)
            store(c, (t + 1, i), cell)
            store(squashed, (t, i), shown)
            store(h, (t + 1, i), multiply(show, shown))
        set_product(w.C, h, t + 1, scratch.outputs, t)


@inlined
def backward(w, inputs, scratch, sums):  # type: ignore[no-untyped-def]
    """Add the gradient of a block to the sums."""
    h, c, gates, squashed = scratch.h, scratch.c, scratch.gates, scratch.squashed
    y, adjoint, n, steps = scratch.outputs, scratch.adjoint, len(w.h0), len(inputs)
    one = constant(y, 1)
    clear(adjoint, 0)
    clear(adjoint, 1)
    for t in range(steps - 1, -1, -1):
        add_product(w.C_back, y, t, adjoint, 0)
        for i in range(n):
            let_in, keep = load(gates, (t, i)), load(gates, (t, n + i))
            new, show = load(gates, (t, 2 * n + i)), load(gates, (t, 3 * n + i))
            shown, h_error = load(squashed, (t, i)), load(adjoint, (0, i))
            through = multiply(multiply(h_error, show), slope(shown))
            c_error = add(load(adjoint, (1, i)), through)
            store(adjoint, (1, i), multiply(c_error, keep))
            in_slope = multiply(let_in, subtract(one, let_in))
            keep_slope = multiply(keep, subtract(one, keep))
            show_slope = multiply(show, subtract(one, show))
            store(gates, (t, i), multiply(multiply(c_error, new), in_slope))
            store(gates, (t, n + i), multiply(multiply(c_error, load(c, (t, i))), keep_slope))
            store(gates, (t, 2 * n + i), multiply(multiply(c_error, let_in), slope(new)))
            store(gates, (t, 3 * n + i), multiply(multiply(h_error, shown), show_slope))
        set_product(w.W_hh_back, gates, t, adjoint, 0)
    add_outer(gates, 0, h, 0, steps, sums.W_hh)
    add_outer(gates, 0, inputs, 0, steps, sums.W_xh)
    add_steps(gates, steps, sums.b)
    add_outer(y, 0, h, 1, steps, sums.C)
