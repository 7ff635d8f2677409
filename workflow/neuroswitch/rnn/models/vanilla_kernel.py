"""The compiled rollout of a vanilla RNN and its gradient."""

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
    copy,
    fill,
    load,
    multiply,
    scale,
    set_product,
    slope,
    spread,
    squash,
    store,
    weigh,
)


class Weights(NamedTuple):
    """What the rollout computes with; W and B with their factors 1 / tau and gain / tau."""

    W: np.ndarray  # [N, N]
    W_back: np.ndarray  # [N, N], transposed
    B: np.ndarray  # [N, channels]
    C: np.ndarray  # [outputs, N]
    C_back: np.ndarray  # [N, outputs], transposed
    d: np.ndarray  # [outputs], or nothing
    x0: np.ndarray  # [N]


class Gradients(NamedTuple):
    """Sums over steps and blocks, lane by lane, of the gradients; axes [..., lanes]."""

    W: np.ndarray  # [N, N]
    B: np.ndarray  # [N, channels]
    C: np.ndarray  # [outputs, N]
    d: np.ndarray  # [outputs], or nothing


class Scratch(NamedTuple):
    """What a block of trials leaves for its gradient; axes [..., lanes]."""

    x: np.ndarray  # [steps + 1, N]
    phi: np.ndarray  # [steps, N]
    error: np.ndarray  # [steps, N], adjoint of what drives x
    adjoint: np.ndarray  # [2, N], of x, and of phi
    outputs: np.ndarray  # [steps, outputs]; then their adjoint


@compiled
def sweep(w, leak, inputs, targets, step_weights, norm, outputs, scratch, sums):  # type: ignore[no-untyped-def]
    """Run all blocks; return the loss, fill the outputs, and add to the gradients' sums.

    As the sweep of the low-rank networks; leak is 1 / tau.
    """
    loss = 0.0
    for block in range(len(inputs)):
        forward(w, leak, inputs[block], scratch)
        copy(scratch.outputs, outputs[block])
        if norm > 0:
            loss += compare(scratch.outputs, targets[block], step_weights[block], norm)
        elif norm < 0:
            copy(targets[block], scratch.outputs)
        if norm != 0:
            backward(w, leak, inputs[block], scratch, sums)
    return loss


@inlined
def forward(w, leak, inputs, scratch):  # type: ignore[no-untyped-def]
    """Run a block of trials, and leave in the scratch what its gradient needs."""
    x, phi, y = scratch.x, scratch.phi, scratch.outputs
    fill(x, 0, w.x0)
    for t in range(len(inputs)):
        squash(x, t, phi, t)
        for i in range(len(w.W)):
            store(x, (t + 1, i), scale(1 - leak, load(x, (t, i))))
        add_product(w.B, inputs, t, x, t + 1)
        add_product(w.W, phi, t, x, t + 1)
        set_product(w.C, x, t + 1, y, t)
        for o in range(len(w.d)):
            store(y, (t, o), add(load(y, (t, o)), spread(w.d[o])))


@inlined
def backward(w, leak, inputs, scratch, sums):  # type: ignore[no-untyped-def]
    """Add the gradient of a block to the sums."""
    x, phi, error, y = scratch.x, scratch.phi, scratch.error, scratch.outputs
    adjoint, steps = scratch.adjoint, len(inputs)
    clear(adjoint, 0)
    for t in range(steps - 1, -1, -1):
        add_product(w.C_back, y, t, adjoint, 0)
        for i in range(len(w.W)):
            store(error, (t, i), load(adjoint, (0, i)))
        set_product(w.W_back, error, t, adjoint, 1)
        for i in range(len(w.W)):
            through = multiply(slope(load(phi, (t, i))), load(adjoint, (1, i)))
            store(adjoint, (0, i), weigh(1 - leak, load(error, (t, i)), through))
    add_outer(error, 0, phi, 0, steps, sums.W)
    add_outer(error, 0, inputs, 0, steps, sums.B)
    add_outer(y, 0, x, 1, steps, sums.C)
    add_steps(y, steps, sums.d)
