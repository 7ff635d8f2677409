"""Gate switching as one writes it with JAX: vmap over runs, scan over epochs, all jitted."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.gate_starts import Starts
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.settings.gates import Condition

Parameters = tuple[jax.Array, jax.Array]
"""Weights [n_w] and biases [n_b] of one run."""


def train_of(condition: Condition) -> Callable[[Starts], np.ndarray]:
    """Return the training of runs: from their starts to final parameters [runs, parameters].

    The condition has two tasks, two layers, the mean squared error and full batches. Sums of
    products written out over arrays with runs last were measured too, and on the whole no faster.
    """
    width, rate = condition.width, condition.learning_rate

    def loss(parameters: Parameters, target: np.ndarray) -> jax.Array:
        w, b = parameters
        hidden = jax.nn.relu(INPUTS @ w[: 2 * width].reshape(width, 2).T + b[:width])
        output = jax.nn.sigmoid(hidden @ w[2 * width :] + b[width])
        return jnp.mean((output - target) ** 2)

    def epoch(target: np.ndarray, parameters: Parameters, _: Any) -> tuple[Parameters, None]:
        gradient = jax.grad(loss)(parameters, target)
        return jax.tree.map(lambda p, g: p - rate * g, parameters, gradient), None

    def phase(parameters: Parameters, gate: str) -> Parameters:
        return lax.scan(partial(epoch, truth(gate)), parameters, length=condition.period)[0]

    def one_run(w: Any, b: Any, matrix: Any, pull_back: Any, shift: Any) -> jax.Array:
        def cycle(parameters: Parameters, _: Any) -> tuple[Parameters, None]:
            first, second = condition.gates
            w, b = phase(parameters, first)
            modulated = matrix @ w
            stepped, b = phase((modulated, b + shift), second)
            return (w + pull_back @ (stepped - modulated), b - shift), None

        return jnp.concatenate(lax.scan(cycle, (w, b), length=condition.cycles)[0])

    all_runs = jax.jit(jax.vmap(one_run))

    def train(s: Starts) -> np.ndarray:
        with jax.enable_x64(True):
            return np.asarray(all_runs(s.weights, s.biases, s.matrix, s.pull_back, s.shift))

    return train
