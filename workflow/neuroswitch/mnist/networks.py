"""The small convolutional network as one vector of parameters: draw, train, evaluate.

A thin and checked way into the compiled kernel. Layouts: the kernel's vector interleaves
weights and biases layer by layer with channels last; the modulation sees all weights, each
layer as a matrix (out, in) row by row, and all biases apart from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from neuroswitch.mnist import kernel
from neuroswitch.mnist.kernel import (
    CHANNELS_1,
    CHANNELS_2,
    FEATURES,
    POOLS_2,
    SIDE,
    Architecture,
)

LAYERS = {"all": slice(0, 4), "linear": slice(2, 4), "hidden": slice(2, 3)}
"""Which layers a modulation acts on -> their places among the four."""


@dataclass(frozen=True)
class Examples:
    """Labelled images of one network's input, checked once so that no step has to.

    Raises
    ------
    ValueError : an array has another shape, type or order than the kernel reads
    """

    images: np.ndarray  # [images, 28, 28], in [0, 1]
    contexts: np.ndarray  # [images, bits + channels], first those that join the features
    labels: np.ndarray  # [images], 0 to the outputs - 1

    def __post_init__(self) -> None:
        n = len(self.images)
        _check(self.images, "images", (n, SIDE, SIDE), self.images.dtype)
        _check(self.contexts, "contexts", (n, self.contexts.shape[-1]), self.images.dtype)
        _check(self.labels, "labels", (n,), np.dtype(np.int64))
        if self.images.dtype not in (np.float32, np.float64):
            raise ValueError(f"images must be float32 or float64, not {self.images.dtype}")
        if n and self.labels.min() < 0:
            raise ValueError("labels must not be negative")

    @cached_property
    def classes(self) -> int:
        """Return how many outputs a network needs at least: the largest label and one."""
        return int(self.labels.max(initial=-1)) + 1


class Network:
    """Networks of one size and type: what can be computed with their vectors of parameters."""

    def __init__(self, architecture: Architecture, dtype: Any = np.float32) -> None:
        self.architecture = architecture
        self.dtype = np.dtype(dtype)
        self.size = parameter_count(architecture)

    def train(
        self,
        vector: np.ndarray,
        velocity: np.ndarray,
        examples: Examples,
        order: np.ndarray,
        bounds: np.ndarray,
        learning_rate: float,
        momentum: float,
    ) -> np.ndarray:
        """Take one step of SGD with momentum on each minibatch, in place.

        Parameters
        ----------
        vector [parameters] : trained in place
        velocity [parameters] : sum of earlier gradients, each multiplied by `momentum` at every
            later step; the learning rate times it is the step, and it too changes in place
        order [images] : positions in `examples`
        bounds [minibatches + 1] : minibatch k is order[bounds[k] : bounds[k + 1]]

        Returns
        -------
        losses [minibatches] : mean cross-entropy in nats of each minibatch before its step,
            up to and with the first that is not finite, where training stops
        """
        self._check_inputs(vector, examples)
        _check(velocity, "velocity", (self.size,), self.dtype)
        if order.dtype != np.int64 or not order.flags.c_contiguous or order.ndim != 1:
            raise ValueError("order must be a contiguous vector of int64")
        if bounds.dtype != np.int64 or bounds[0] < 0 or bounds[-1] > len(order):
            raise ValueError("bounds must be int64 and lie within order")
        if np.any(bounds[1:] <= bounds[:-1]):
            raise ValueError("bounds must increase: a minibatch holds at least one image")
        used = order[bounds[0] : bounds[-1]]
        if used.min() < 0 or used.max() >= len(examples.labels):
            raise ValueError("order must hold positions of examples")
        losses: np.ndarray = kernel.train(
            vector,
            velocity,
            examples.images,
            examples.contexts,
            examples.labels,
            order,
            bounds,
            self.architecture,
            learning_rate,
            momentum,
        )
        return losses

    def gradient(
        self, vector: np.ndarray, examples: Examples, batch: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss over examples `batch` [images], and its gradient [parameters]."""
        self._check_inputs(vector, examples)
        gradient = np.empty_like(vector)
        loss = kernel.batch_gradient(
            vector,
            examples.images,
            examples.contexts,
            examples.labels,
            batch,
            self.architecture,
            gradient,
        )
        return loss, gradient

    def predict(self, vector: np.ndarray, examples: Examples) -> np.ndarray:
        """Return the most likely class of every example, [images]."""
        self._check_inputs(vector, examples)
        classes: np.ndarray = kernel.predict(
            vector, examples.images, examples.contexts, self.architecture
        )
        return classes

    def accuracy(self, vector: np.ndarray, examples: Examples) -> float:
        """Return the share of examples classified right, 0 to 1."""
        return float(np.mean(self.predict(vector, examples) == examples.labels))

    def _check_inputs(self, vector: np.ndarray, examples: Examples) -> None:
        _check(vector, "parameters", (self.size,), self.dtype)
        contexts = self.architecture.bits + self.architecture.channels
        if examples.images.dtype != self.dtype or examples.contexts.shape[1] != contexts:
            raise ValueError(
                f"expected {self.dtype} images with {contexts} contexts, found "
                f"{examples.images.dtype} with {examples.contexts.shape[1]}"
            )
        if examples.classes > self.architecture.outputs:
            raise ValueError(f"labels must lie in 0..{self.architecture.outputs - 1}")


def parameter_count(architecture: Architecture) -> int:
    """Return the number of weights and biases: 9153 at 10 hidden units, 5 outputs, no context."""
    hidden, bits, channels, outputs = architecture
    convolutions = (9 * (1 + channels) + 1) * CHANNELS_1 + (9 * CHANNELS_1 + 1) * CHANNELS_2
    return convolutions + hidden * (FEATURES + bits + 1) + outputs * (hidden + 1)


def weight_shapes(hidden: int, outputs: int, layers: str) -> list[tuple[int, int]]:
    """Return (out, in) of chosen LAYERS without context, a convolution as the matrix it applies."""
    shapes = [
        (CHANNELS_1, 9),
        (CHANNELS_2, 9 * CHANNELS_1),
        (hidden, FEATURES),
        (outputs, hidden),
    ]
    return shapes[LAYERS[layers]]


def positions(hidden: int, outputs: int, layers: str) -> tuple[np.ndarray, np.ndarray]:
    """Return where weights [n_w] and biases [n_b] of chosen LAYERS lie in a network's vector.

    The network has no context. Weights come layer by layer, each a matrix of `weight_shapes` row
    by row.
    """
    architecture = Architecture(hidden, 0, 0, outputs)
    p = kernel.split(np.arange(parameter_count(architecture)), architecture)
    weights = (
        p.conv1_weight.reshape(9, CHANNELS_1).T,
        p.conv2_weight.reshape(CHANNELS_2, -1),
        p.fc1_weight,
        p.fc2_weight,
    )
    biases = (p.conv1_bias, p.conv2_bias, p.fc1_bias, p.fc2_bias)
    chosen = LAYERS[layers]
    return np.concatenate([w.ravel() for w in weights[chosen]]), np.concatenate(biases[chosen])


def initial_parameters(
    rng: np.random.Generator, architecture: Architecture, dtype: Any = np.float32
) -> np.ndarray:
    """Draw a vector of parameters as PyTorch draws its layers: uniform in +-1/sqrt(fan-in).

    Contexts are drawn last, so that networks with and without them start from the same draw.
    """
    hidden, bits, channels, _ = architecture
    vector = np.empty(parameter_count(architecture), dtype)
    p = kernel.split(vector, architecture)
    layers = (
        (9 * (1 + channels), (p.conv1_weight[0], p.conv1_bias)),
        (9 * CHANNELS_1, (p.conv2_weight, p.conv2_bias)),
        (FEATURES + bits, (p.fc1_weight, p.fc1_bias)),
        (hidden, (p.fc2_weight, p.fc2_bias)),
        (FEATURES + bits, (p.fc1_context,)),
        (9 * (1 + channels), (p.conv1_weight[1:],)),
    )
    for fan_in, arrays in layers:
        for array in arrays:
            array[...] = rng.uniform(-1, 1, array.shape) / np.sqrt(fan_in)
    return vector


def to_channels_first(vector: np.ndarray, architecture: Architecture) -> dict[str, np.ndarray]:
    """Return the parameters with PyTorch's names, shapes and order of features."""
    hidden = architecture.hidden
    p = kernel.split(vector, architecture)
    weight = p.fc1_weight.reshape(hidden, POOLS_2**2, CHANNELS_2)
    weight = weight.transpose(0, 2, 1).reshape(hidden, FEATURES)
    return {
        "conv1.weight": p.conv1_weight.transpose(3, 0, 1, 2),
        "conv1.bias": p.conv1_bias,
        "conv2.weight": p.conv2_weight.transpose(0, 3, 1, 2),
        "conv2.bias": p.conv2_bias,
        "fc1.weight": np.hstack((weight, p.fc1_context)),
        "fc1.bias": p.fc1_bias,
        "fc2.weight": p.fc2_weight,
        "fc2.bias": p.fc2_bias,
    }


def from_channels_first(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the vector [parameters] of arrays with PyTorch's names and shapes."""
    weight = arrays["fc1.weight"]
    hidden = len(weight)
    architecture = Architecture(
        hidden,
        bits=weight.shape[1] - FEATURES,
        channels=arrays["conv1.weight"].shape[1] - 1,
        outputs=len(arrays["fc2.weight"]),
    )
    vector = np.empty(parameter_count(architecture), weight.dtype)
    p = kernel.split(vector, architecture)
    p.conv1_weight[...] = arrays["conv1.weight"].transpose(1, 2, 3, 0)
    p.conv1_bias[...] = arrays["conv1.bias"]
    p.conv2_weight[...] = arrays["conv2.weight"].transpose(0, 2, 3, 1)
    p.conv2_bias[...] = arrays["conv2.bias"]
    features = weight[:, :FEATURES].reshape(hidden, CHANNELS_2, POOLS_2**2)
    p.fc1_weight[...] = features.transpose(0, 2, 1).reshape(hidden, FEATURES)
    p.fc1_context[...] = weight[:, FEATURES:]
    p.fc1_bias[...] = arrays["fc1.bias"]
    p.fc2_weight[...] = arrays["fc2.weight"]
    p.fc2_bias[...] = arrays["fc2.bias"]
    return vector


def _check(array: np.ndarray, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if array.shape != shape or array.dtype != dtype or not array.flags.c_contiguous:
        raise ValueError(
            f"{name} must be a C-contiguous {dtype} array {list(shape)}, found {array.dtype} "
            f"{list(array.shape)}{'' if array.flags.c_contiguous else ', not contiguous'}"
        )
