"""The networks as one writes them with JAX: lax.scan over steps, vmap over trials, all jitted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.rnn_case import Case, Train
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.vanilla import Vanilla
from neuroswitch.rnn.optimiser import FIRST_DECAY, SECOND_DECAY

Parameters = dict[str, jax.Array]


def low_rank(model: LowRank, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""
    Q = jnp.linalg.qr(p["U"])[0] if model.orthonormal else p["U"]
    seen = p["B_xu"].shape[1]

    def step(state: tuple[jax.Array, Any], u: jax.Array) -> tuple[Any, jax.Array]:
        x, z = state
        phi = x if model.linear else jnp.tanh(x)
        drive = model.gain * (p["V"].T @ phi)
        if model.modulators:
            into_z = p["W_zz"] @ jnp.tanh(z) + p["B_zu"] @ u
            if model.feedback:
                into_z += p["W_zx"] @ phi + p["b_z"]
            z = (1 - 1 / model.tau_z) * z + into_z / model.tau_z
            drive *= jax.nn.sigmoid(p["A"] @ z + p["c"])
        into_x = Q @ drive + p["B_xu"] @ u[:seen]
        x = (1 - 1 / model.tau_x) * x + into_x / model.tau_x
        y = p["C"] @ x
        return (x, z), y + p["d"] if model.readout_bias else y

    return lax.scan(step, (p["x0"], p.get("z0")), inputs)[1]


def vanilla(model: Vanilla, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""

    def step(x: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        drive = model.gain * (p["W"] @ jnp.tanh(x)) + p["B"] @ u
        x = (1 - 1 / model.tau_x) * x + drive / model.tau_x
        y = p["C"] @ x
        return x, y + p["d"] if model.readout_bias else y

    return lax.scan(step, p["x0"], inputs)[1]


def lstm(model: Lstm, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""

    def step(state: tuple[jax.Array, jax.Array], u: jax.Array) -> tuple[Any, jax.Array]:
        h, c = state
        i, f, g, o = jnp.split(p["W_hh"] @ h + p["W_xh"] @ u + p["b"], 4)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), p["C"] @ h

    return lax.scan(step, (p["h0"], p["c0"]), inputs)[1]


OUTPUTS: dict[type[Model], Callable[[Any, Parameters, jax.Array], jax.Array]] = {
    LowRank: low_rank,
    Vanilla: vanilla,
    Lstm: lstm,
}


def train_of(case: Case) -> Train:
    """Return the training of a network: one jitted function a step, gradient to update."""
    model, protocol = case.model, case.protocol
    views = {name: jnp.asarray(value) for name, value in model.views(case.vector).items()}
    fixed = {name: views.pop(name) for name in model.fixed}
    inputs, targets, weights = map(jnp.asarray, case.trials)
    rate, clip = protocol.stages[0].learning_rate, protocol.clip
    one_trial = partial(OUTPUTS[type(model)], model)

    def loss_of(trained: Parameters) -> jax.Array:
        outputs = jax.vmap(one_trial, (None, 0))(trained | fixed, inputs)
        return (weights * (outputs - targets) ** 2).sum() / case.batch.norm

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def step(trained: Parameters, first: Parameters, second: Parameters, number: Any) -> Any:
        loss, gradient = jax.value_and_grad(loss_of)(trained)
        first_share, second_share = 1 - FIRST_DECAY**number, 1 - SECOND_DECAY**number

        def update(p: jax.Array, g: jax.Array, m: jax.Array, v: jax.Array) -> Any:
            g = g if clip is None else jnp.clip(g, -clip, clip)
            m = FIRST_DECAY * m + (1 - FIRST_DECAY) * g
            v = SECOND_DECAY * v + (1 - SECOND_DECAY) * g * g
            adam = (m / first_share) / (jnp.sqrt(v / second_share) + protocol.epsilon)
            return p - rate * (adam + protocol.weight_decay * p), m, v

        updated = {k: update(p, gradient[k], first[k], second[k]) for k, p in trained.items()}
        trained, first, second = ({k: u[i] for k, u in updated.items()} for i in range(3))
        return trained, first, second, loss

    def run(steps: int) -> np.ndarray:
        trained = {name: value.copy() for name, value in views.items()}
        first, second = (
            {name: jnp.zeros_like(value) for name, value in views.items()} for _ in range(2)
        )
        losses = []
        for number in range(1, steps + 1):
            trained, first, second, loss = step(trained, first, second, float(number))
            losses.append(loss)
        jax.block_until_ready((trained, losses))
        return np.array(losses)

    return run
