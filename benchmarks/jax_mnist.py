"""MNIST training as one writes it with JAX: a jitted step of gradient descent on a minibatch."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from neuroswitch.mnist import networks
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import Examples

Parameters = dict[str, jax.Array]
"""By PyTorch's names, in PyTorch's shapes."""


def train_of(
    vector: np.ndarray, sizes: Architecture, examples: Examples, rate: float
) -> Callable[[list[np.ndarray]], list[float]]:
    """Return the training from a start: from minibatches to the losses before their steps.

    The network has no contexts, and there is no momentum.
    """
    start = networks.to_channels_first(vector, sizes)

    @jax.jit
    def step(p: Parameters, images: Any, labels: Any) -> tuple[Parameters, jax.Array]:
        value, gradient = jax.value_and_grad(loss)(p, images, labels)
        return jax.tree.map(lambda p, g: p - rate * g, p, gradient), value

    def train(batches: list[np.ndarray]) -> list[float]:
        p, losses = start, []
        for batch in batches:
            p, value = step(p, examples.images[batch, None], examples.labels[batch])
            losses.append(value)
        return [float(value) for value in losses]

    return train


def loss(p: Parameters, images: Any, labels: Any) -> jax.Array:
    """Return the mean cross-entropy of `images` [images, 1, 28, 28] in nats."""
    x = images
    for layer in ("conv1", "conv2"):
        x = lax.conv(x, p[f"{layer}.weight"], (1, 1), "SAME")
        x = jax.nn.relu(x + p[f"{layer}.bias"][:, None, None])
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    x = jax.nn.relu(x.reshape(len(x), -1) @ p["fc1.weight"].T + p["fc1.bias"])
    logits = jax.nn.log_softmax(x @ p["fc2.weight"].T + p["fc2.bias"])
    return -jnp.take_along_axis(logits, labels[:, None], axis=1).mean()
