"""Feed-forward networks of linear layers: ReLU inside, sigmoid last (paper 1, section 2).

A network is a pair of flat vectors: every weight matrix [out, in], row by row, and every
bias, both in the order of the layers.
"""

import numpy as np


def layer_sizes(layers: int, width: int) -> tuple[int, ...]:
    """Return the units of the input, of each hidden layer and of the output."""
    return (2, *[width] * (layers - 1), 1)


def weight_shapes(sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return (out, in) of each layer's weight matrix."""
    return list(zip(sizes[1:], sizes[:-1], strict=True))


def initial_parameters(
    rng: np.random.Generator, sizes: tuple[int, ...], initialisation: str = "torch"
) -> tuple[np.ndarray, np.ndarray]:
    """Draw weights [n_w] and biases [n_b] (ambiguity A3).

    `torch` is the default of PyTorch's Linear, both uniform in +-1/sqrt(fan-in); `normal` both
    standard normal; `glorot` weights uniform in +-sqrt(6 / (fan-in + out)), biases 0 (Glorot and
    Bengio, 2010, equation 16).
    """
    weights, biases = [], []
    for out, fan_in in weight_shapes(sizes):
        count = out * fan_in
        if initialisation == "normal":
            drawn = rng.standard_normal(count + out)
        elif initialisation == "glorot":
            bound = np.sqrt(6 / (fan_in + out))
            drawn = np.r_[rng.uniform(-bound, bound, count), np.zeros(out)]
        else:
            bound = 1 / np.sqrt(fan_in)
            drawn = rng.uniform(-bound, bound, count + out)
        weights.append(drawn[:count])
        biases.append(drawn[count:])
    return np.concatenate(weights), np.concatenate(biases)


def layers_of(
    parameters: np.ndarray, sizes: tuple[int, ...]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return weights [..., out, in] and biases [..., out] of each layer, as views.

    `parameters` [..., n] holds weights then biases of each network.
    """
    found = []
    weight, bias = 0, sum(out * fan_in for out, fan_in in weight_shapes(sizes))
    for out, fan_in in weight_shapes(sizes):
        matrix = parameters[..., weight : weight + out * fan_in]
        found.append(
            (
                matrix.reshape(*parameters.shape[:-1], out, fan_in),
                parameters[..., bias : bias + out],
            )
        )
        weight, bias = weight + out * fan_in, bias + out
    return found
