"""The compiled rollout of low-rank networks, with or without a modulator, and its gradient.

The state of the big network is linear in what drives it, so it is never stored: with
a = 1 / tau_x,

    x_t = Q alpha_t + B beta_t + gamma_t x_0 = [Q B x_0] basis_t,

where alpha, beta and gamma are the recurrent drive, the inputs and 1, each filtered by the leak.
A step then needs no more of the N units than phi(x_t), read through V, and the readout is a
matrix of as many columns as the basis has. The adjoint runs through the basis in the same way.
"""

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
    scale,
    set_product,
    set_squashed,
    sigmoid,
    slope,
    spread,
    squash,
    store,
    subtract,
    weigh,
)

CHUNK = 10
"""Steps whose errors are kept before they go into gradients: few enough to stay in the cache."""


class Weights(NamedTuple):
    """What the rollout computes with, each matrix also in the order the adjoint needs it."""

    basis_to_x: np.ndarray  # [N, basis] = [Q B x0]
    basis_to_y: np.ndarray  # [outputs, basis] = C [Q B x0]
    drive_to_y: np.ndarray  # [R, outputs] = (C Q)^T
    Q: np.ndarray  # [R, N], transposed
    V: np.ndarray  # [N, R]
    V_read: np.ndarray  # [R, N], transposed
    d: np.ndarray  # [outputs], or nothing
    W_zz: np.ndarray  # [M, M]
    W_zz_back: np.ndarray  # [M, M], transposed
    B_zu: np.ndarray  # [M, channels]
    A: np.ndarray  # [R, M]
    A_back: np.ndarray  # [M, R], transposed
    c: np.ndarray  # [R]
    W_zx: np.ndarray  # [M, N], or nothing
    W_zx_back: np.ndarray  # [N, M], transposed
    b_z: np.ndarray  # [M], or nothing
    z0: np.ndarray  # [M]


class Gradients(NamedTuple):
    """Sums over steps and blocks, lane by lane, of the gradients; axes [..., lanes]."""

    left: np.ndarray  # [N, R + channels of x], of [Q B]
    V: np.ndarray  # [N, R]
    readout: np.ndarray  # [outputs, basis], of C [Q B x0]
    d: np.ndarray  # [outputs]
    W_zz: np.ndarray  # [M, M]
    B_zu: np.ndarray  # [M, channels]
    A: np.ndarray  # [R, M]
    c: np.ndarray  # [R]
    W_zx: np.ndarray  # [M, N], or nothing
    b_z: np.ndarray  # [M], or nothing


class Scratch(NamedTuple):
    """What a block of trials leaves for its gradient; axes [..., lanes]."""

    basis: np.ndarray  # [steps + 1, R + channels of x + 1]
    phi: np.ndarray  # [steps, N]
    drive: np.ndarray  # [steps, R], V^T phi; then its adjoint
    z: np.ndarray  # [steps + 1, M]
    rates: np.ndarray  # [steps, M], tanh z
    s: np.ndarray  # [steps, R]; then the adjoint of A z + c
    z_error: np.ndarray  # [steps, M], adjoint of what drives z
    outputs: np.ndarray  # [steps, outputs]; then their adjoint
    x_error: np.ndarray  # [CHUNK, N], adjoint of x
    adjoint: np.ndarray  # [1, R], of alpha
    z_adjoint: np.ndarray  # [2, M], of z, and of tanh z


@compiled
def sweep(weights, leaks, linear, inputs, targets, step_weights, norm, outputs, scratch, sums):  # type: ignore[no-untyped-def]
    """Run all blocks; return the loss, fill the outputs, and add to the gradients' sums.

    leaks : 1 / tau_x, gain / tau_x, 1 / tau_z
    linear : phi(x) is x, or tanh x
    inputs [blocks, steps, channels, lanes]; x sees the first of the channels, z sees all
    targets [blocks, steps, outputs, lanes], step_weights [blocks, steps, lanes]
    norm : what the weighted sum of squared errors is divided by. 0: no gradient is wanted;
        negative: targets holds the gradient of the outputs, and there is no loss
    """
    loss = 0.0
    for block in range(len(inputs)):
        forward(weights, leaks, linear, inputs[block], scratch)
        copy(scratch.outputs, outputs[block])
        if norm > 0:
            loss += compare(scratch.outputs, targets[block], step_weights[block], norm)
        elif norm < 0:
            copy(targets[block], scratch.outputs)
        if norm != 0:
            backward(weights, leaks, linear, inputs[block], scratch, sums)
    return loss


@inlined
def forward(w, leaks, linear, inputs, scratch):  # type: ignore[no-untyped-def]
    """Run a block of trials, and leave in the scratch what its gradient needs."""
    basis, phi, drive, z = scratch.basis, scratch.phi, scratch.drive, scratch.z
    rates, s, y = scratch.rates, scratch.s, scratch.outputs
    leak, drive_taken, z_leak = leaks
    rank, modulators, size = len(w.V_read), len(w.W_zz), basis.shape[1]
    clear(basis, 0)
    store(basis, (0, size - 1), constant(basis, 1))
    fill(z, 0, w.z0)
    for t in range(len(inputs)):
        if linear:
            set_product(w.basis_to_x, basis, t, phi, t)
        else:
            set_squashed(w.basis_to_x, basis, t, phi, t)
        set_product(w.V_read, phi, t, drive, t)
        if modulators > 0:
            squash(z, t, rates, t)
            set_product(w.W_zz, rates, t, z, t + 1)
            add_product(w.B_zu, inputs, t, z, t + 1)
            if len(w.W_zx) > 0:
                add_product(w.W_zx, phi, t, z, t + 1)
                for i in range(modulators):
                    store(z, (t + 1, i), add(load(z, (t + 1, i)), spread(w.b_z[i])))
            for i in range(modulators):
                taken = scale(z_leak, load(z, (t + 1, i)))
                store(z, (t + 1, i), weigh(1 - z_leak, load(z, (t, i)), taken))
            fill(s, t, w.c)
            add_product(w.A, z, t + 1, s, t)
            for r in range(rank):
                store(s, (t, r), sigmoid(load(s, (t, r))))
        for r in range(rank):
            taken = scale(drive_taken, load(drive, (t, r)))
            if modulators > 0:
                taken = multiply(taken, load(s, (t, r)))
            store(basis, (t + 1, r), weigh(1 - leak, load(basis, (t, r)), taken))
        for i in range(rank, size - 1):
            taken = scale(leak, load(inputs, (t, i - rank)))
            store(basis, (t + 1, i), weigh(1 - leak, load(basis, (t, i)), taken))
        store(basis, (t + 1, size - 1), scale(1 - leak, load(basis, (t, size - 1))))
        set_product(w.basis_to_y, basis, t + 1, y, t)
        for o in range(len(w.d)):
            store(y, (t, o), add(load(y, (t, o)), spread(w.d[o])))


@inlined
def backward(w, leaks, linear, inputs, scratch, sums):  # type: ignore[no-untyped-def]
    """Add the gradient of a block to the sums."""
    basis, phi, drive, z = scratch.basis, scratch.phi, scratch.drive, scratch.z
    rates, s, y = scratch.rates, scratch.s, scratch.outputs
    z_error, x_error = scratch.z_error, scratch.x_error
    adjoint, z_adjoint = scratch.adjoint, scratch.z_adjoint
    leak, drive_taken, z_leak = leaks
    rank, modulators, steps = len(w.V_read), len(w.W_zz), len(inputs)
    one = constant(y, 1)
    clear(adjoint, 0)
    clear(z_adjoint, 0)
    for t in range(steps - 1, -1, -1):
        add_product(w.drive_to_y, y, t, adjoint, 0)
        for r in range(rank):
            error = scale(drive_taken, load(adjoint, (0, r)))
            if modulators > 0:
                gate = load(s, (t, r))
                through = multiply(gate, subtract(one, gate))
                store(s, (t, r), multiply(through, multiply(error, load(drive, (t, r)))))
                error = multiply(error, gate)
            store(drive, (t, r), error)
        if modulators > 0:
            add_product(w.A_back, s, t, z_adjoint, 0)
            for i in range(modulators):
                store(z_error, (t, i), scale(z_leak, load(z_adjoint, (0, i))))
            set_product(w.W_zz_back, z_error, t, z_adjoint, 1)
            for i in range(modulators):
                through = multiply(slope(load(rates, (t, i))), load(z_adjoint, (1, i)))
                kept = weigh(1 - z_leak, load(z_adjoint, (0, i)), through)
                store(z_adjoint, (0, i), kept)
        row = t % CHUNK
        set_product(w.V, drive, t, x_error, row)
        if len(w.W_zx) > 0:
            add_product(w.W_zx_back, z_error, t, x_error, row)
        if not linear:
            for i in range(len(w.V)):
                error = multiply(slope(load(phi, (t, i))), load(x_error, (row, i)))
                store(x_error, (row, i), error)
        for r in range(rank):
            store(adjoint, (0, r), scale(1 - leak, load(adjoint, (0, r))))
        add_product(w.Q, x_error, row, adjoint, 0)
        if row == 0:
            ready = min(CHUNK, steps - t)
            add_outer(x_error, 0, basis, t, ready, sums.left)
            add_outer(phi, t, drive, t, ready, sums.V)
    add_outer(y, 0, basis, 1, steps, sums.readout)
    add_steps(y, steps, sums.d)
    if modulators > 0:
        add_outer(z_error, 0, rates, 0, steps, sums.W_zz)
        add_outer(z_error, 0, inputs, 0, steps, sums.B_zu)
        add_outer(s, 0, z, 1, steps, sums.A)
        add_steps(s, steps, sums.c)
        if len(w.W_zx) > 0:
            add_outer(z_error, 0, phi, 0, steps, sums.W_zx)
            add_steps(z_error, steps, sums.b_z)
