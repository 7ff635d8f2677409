"""Gate switching as one writes it with JAX: vmap over runs, scan over epochs, all jitted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.gate_starts import Starts
from neuroswitch.gates.kernel import ORDERS
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.settings.gates import Condition

Parameters = tuple[jax.Array, jax.Array]
"""Weights [n_w] and biases [n_b] of one run."""


def train_of(condition: Condition) -> Callable[[Starts], np.ndarray]:
    """Return the training of runs: from their starts to final parameters [runs, parameters].

    The condition has two tasks, two layers and the mean squared error. Sums of products written
    out over arrays with runs last were measured too, and on the whole no faster.
    """
    width, rate = condition.width, condition.learning_rate

    def loss(parameters: Parameters, inputs: Any, target: Any) -> jax.Array:
        w, b = parameters
        hidden = jax.nn.relu(inputs @ w[: 2 * width].reshape(width, 2).T + b[:width])
        output = jax.nn.sigmoid(hidden @ w[2 * width :] + b[width])
        return jnp.mean((output - target) ** 2)

    def update(parameters: Parameters, inputs: Any, target: Any) -> Parameters:
        gradient = jax.grad(loss)(parameters, inputs, target)
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient)

    def epoch(target: np.ndarray, parameters: Parameters, order: Any) -> tuple[Parameters, None]:
        """Train one epoch: on all patterns at once, or on one after another in the given order."""
        if condition.batch == "full":
            return update(parameters, INPUTS, target), None
        shown = jnp.asarray(ORDERS)[order]
        inputs, targets = jnp.asarray(INPUTS)[shown], jnp.asarray(target)[shown]
        for turn in range(len(INPUTS)):
            parameters = update(parameters, inputs[turn], targets[turn])
        return parameters, None

    def phase(parameters: Parameters, gate: str, orders: Any) -> Parameters:
        one_epoch = partial(epoch, truth(gate))
        return lax.scan(one_epoch, parameters, orders, length=condition.period)[0]

    def one_run(w: Any, b: Any, matrix: Any, pull_back: Any, shift: Any, orders: Any) -> jax.Array:
        def cycle(parameters: Parameters, orders: Any) -> tuple[Parameters, None]:
            first, second = condition.gates
            w, b = phase(parameters, first, orders and orders[0])
            modulated = matrix @ w
            stepped, b = phase((modulated, b + shift), second, orders and orders[1])
            return (w + pull_back @ (stepped - modulated), b - shift), None

        return jnp.concatenate(lax.scan(cycle, (w, b), orders, length=condition.cycles)[0])

    all_runs = jax.jit(jax.vmap(one_run))

    def train(s: Starts) -> np.ndarray:
        with jax.enable_x64(True):
            return np.asarray(
                all_runs(s.weights, s.biases, s.matrix, s.pull_back, s.shift, orders_of(s))
            )

    def orders_of(s: Starts) -> tuple[np.ndarray, np.ndarray] | None:
        """Return each task's orders [runs, cycles, period]; none for full batches."""
        if condition.batch == "full":
            return None
        orders = s.orders.reshape(len(s.runs), condition.cycles, 2, condition.period)
        return orders[:, :, 0], orders[:, :, 1]

    return train
