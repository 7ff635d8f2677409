"""The networks as one writes them with JAX: lax.scan over steps, vmap over trials, all jitted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.rnn_case import Case, Train
from neuroswitch.rnn.models.cell import Cell
from neuroswitch.rnn.models.gru import Gru
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.minimal_gru import MinimalGru
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.nbrc import Nbrc
from neuroswitch.rnn.models.tsuda import Tsuda
from neuroswitch.rnn.models.vanilla import Vanilla
from neuroswitch.rnn.models.xdg import Xdg
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
            drive *= SIGNALS[model.signal](p["A"] @ z + p["c"])
        into_x = Q @ drive + p["B_xu"] @ u[:seen]
        x = (1 - 1 / model.tau_x) * x + into_x / model.tau_x
        y = p["C"] @ x
        return (x, z), y + p["d"] if model.readout_bias else y

    return lax.scan(step, (p["x0"], p.get("z0")), inputs)[1]


def vanilla(
    model: Vanilla,
    p: Parameters,
    inputs: jax.Array,
    gains: Callable[[jax.Array], Any] = lambda u: 1.0,
    read: bool = False,
) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels].

    gains : factors of the units in the recurrence, of an input; of the readout too, if it is `read`
    """

    def step(x: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        m = gains(u)
        drive = model.gain * (p["W"] @ (m * jnp.tanh(x))) + p["B"] @ u
        x = (1 - 1 / model.tau_x) * x + drive / model.tau_x
        y = p["C"] @ (m * x if read else x)
        return x, y + p["d"] if model.readout_bias else y

    return lax.scan(step, p["x0"], inputs)[1]


def xdg(model: Xdg, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs of one trial, of units that the context opens."""
    G = _of_contexts(model)
    return vanilla(model, p, inputs, lambda u: G @ u[model.sensory :], read=True)


def tsuda(model: Tsuda, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs of one trial, of units whose output the context scales."""
    G = _of_contexts(model)
    return vanilla(model, p, inputs, lambda u: 1 + G @ u[model.sensory :])


def _of_contexts(model: Any) -> jax.Array:
    """Return what a model draws for each unit and context: part of no comparison."""
    return jnp.asarray(model.prepare({"W": np.zeros(1, np.float32)})["G"])


def gru(model: Gru, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""

    def step(h: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        r, k = jnp.split(jax.nn.sigmoid(p["W_g"] @ h + p["B_g"] @ u + p["b_g"]), 2)
        new = jnp.tanh(p["W"] @ (r * h) + p["B"] @ u + p["b"])
        h = k * h + (1 - k) * new
        return h, p["C"] @ h + p["d"]

    return lax.scan(step, _started(model), inputs)[1]


def minimal_gru(model: MinimalGru, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""

    def step(h: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        f = jax.nn.sigmoid(p["W_f"] @ h + p["B_f"] @ u + p["b_f"])
        new = jnp.tanh(p["W"] @ (f * h) + p["B"] @ u + p["b"])
        h = (1 - f) * h + f * new
        return h, p["C"] @ h + p["d"]

    return lax.scan(step, _started(model), inputs)[1]


def nbrc(model: Nbrc, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""

    def step(h: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        a = 1 + jnp.tanh(p["W_a"] @ h + p["B_a"] @ u)
        c = jax.nn.sigmoid(p["W_c"] @ h + p["B_c"] @ u)
        h = c * h + (1 - c) * jnp.tanh(p["B"] @ u + a * h)
        return h, p["C"] @ h + p["d"]

    return lax.scan(step, _started(model), inputs)[1]


def _started(model: Cell) -> jax.Array:
    units, value = model.states["x"]
    return jnp.full(units, value, jnp.float32)


def lstm(model: Lstm, p: Parameters, inputs: jax.Array) -> jax.Array:
    """Return the outputs [steps, outputs] of one trial [steps, channels]."""

    def step(state: tuple[jax.Array, jax.Array], u: jax.Array) -> tuple[Any, jax.Array]:
        h, c = state
        i, f, g, o = jnp.split(p["W_hh"] @ h + p["W_xh"] @ u + p["b"], 4)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), p["C"] @ h

    return lax.scan(step, (p["h0"], p["c0"]), inputs)[1]


SIGNALS = {"sigmoid": jax.nn.sigmoid, "tanh": jnp.tanh, "softplus": jax.nn.softplus}

OUTPUTS: dict[type[Model], Callable[[Any, Parameters, jax.Array], jax.Array]] = {
    LowRank: low_rank,
    Vanilla: vanilla,
    Lstm: lstm,
    Gru: gru,
    MinimalGru: minimal_gru,
    Nbrc: nbrc,
    Xdg: xdg,
    Tsuda: tsuda,
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
