"""What tells a network which of many tasks it has: parameters for each task, made from its own.

Every way is a matrix M_k for the weights, a shift v_k of the biases, or factors on the outputs of
hidden units. A context of a layer's inputs, W_l C_k x, is M_k w with M_k made of copies of C_k.
Only the weights of extra inputs are trained, as shifts that are.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from neuroswitch import modulation
from neuroswitch.gates import networks
from neuroswitch.gates.networks import weight_shapes
from neuroswitch.gates.training import drawn_modulator
from neuroswitch.modulation import Shapes
from neuroswitch.settings.gates import Method

Stream = Callable[[str, int], np.random.Generator]
"""The random numbers of a purpose and of the task that they are for."""


@dataclass(frozen=True)
class OfTask:
    """What is fixed in a task.

    matrix, pull_back [n, n] : M^T and P^T, P being what carries steps back; or none, [0, 0]
    shift [width + 1] : v
    factors [width] : on the outputs of hidden units
    numbers : that a machine has to store for them, where it cannot draw them again
    """

    matrix: np.ndarray
    pull_back: np.ndarray
    shift: np.ndarray
    factors: np.ndarray
    numbers: int = 0


@dataclass(frozen=True)
class Network:
    """A network of a hidden layer with all that its tasks add to it; the arrays are trained.

    Shapes, and what they mean, are those of `kernel.train_tasks`.
    """

    weights: np.ndarray
    biases: np.ndarray
    matrices: np.ndarray
    pull_backs: np.ndarray
    shifts: np.ndarray
    factors: np.ndarray
    learnt: bool = False

    @property
    def trained(self) -> list[np.ndarray]:
        """Return the arrays that are trained, of extra inputs a view of their weights."""
        learnt = [self.shifts[:, : len(self.biases) - 1]] if self.learnt else []
        return [self.weights, self.biases, *learnt]

    def with_noise(self, size: float, rng: np.random.Generator) -> "Network":
        """Return a copy with Gaussian noise on every trained number.

        `size` is its standard deviation in units of the root mean square of these numbers.
        """
        numbers = np.concatenate([array.ravel() for array in self.trained])
        deviation = size * np.sqrt(np.mean(numbers**2))
        copy = replace(
            self,
            weights=self.weights.copy(),
            biases=self.biases.copy(),
            shifts=self.shifts.copy(),
        )
        for array in copy.trained:
            array += deviation * rng.standard_normal(array.shape)
        return copy


def networks_of(
    method: Method,
    inputs: int,
    width: int,
    tasks: int,
    draw: Callable[[int], OfTask],
    stream: Stream,
    initialisation: str,
) -> list[Network]:
    """Return untrained networks of a method: one with all tasks, or one for each (`separate`).

    Parameters
    ----------
    draw : what is fixed in a task, as `fixed` returns it
    stream : `start` is the purpose of initial weights
    """
    if method.context == "separate":
        return [
            _alone(stream("start", task), inputs, width, 1, initialisation) for task in range(tasks)
        ]
    rng = stream("start", 0)
    if method.context == "extra_input":
        return [_with_extra_inputs(rng, inputs, width, tasks, initialisation)]
    if method.context == "matched_extra_input":
        units = width_with_extra_inputs(inputs, width, tasks)
        return [_with_extra_inputs(rng, inputs, units, tasks, initialisation)]
    own = [draw(task) for task in range(tasks)]
    return [
        replace(
            _alone(rng, inputs, width, tasks, initialisation),
            matrices=_stacked([each.matrix for each in own]),
            pull_backs=_stacked([each.pull_back for each in own]),
            shifts=np.stack([each.shift for each in own]),
            factors=np.stack([each.factors for each in own]),
        )
    ]


def width_with_extra_inputs(inputs: int, width: int, tasks: int) -> int:
    """Return the hidden units with which extra inputs leave most nearly as many parameters.

    As many as a network of `width` units has without extra inputs; one unit at least.

    >>> width_with_extra_inputs(3, 16, 8)
    6
    """
    return max(1, round((inputs + 2) * width / (inputs + 2 + tasks)))


def parameters_of(method: Method, inputs: int, width: int, tasks: int) -> int:
    """Return how many numbers are trained, of all networks of a method."""
    if method.context == "matched_extra_input":
        width = width_with_extra_inputs(inputs, width, tasks)
    alone = (inputs + 2) * width + 1
    if method.context == "separate":
        return tasks * alone
    return alone + (tasks * width if "extra_input" in method.context else 0)


def numbers_of(method: Method, tasks: int, draw: Callable[[int], OfTask]) -> int:
    """Return how many numbers of all M and v there are, where they are not drawn again.

    Equal blocks of an M are stored once, and zeros never; of powers one M and one v are stored.
    """
    if method.context in ("separate", "extra_input", "matched_extra_input"):
        return 0
    if method.context == "powers":
        return draw(1).numbers if tasks > 1 else 0
    untouched = 1 if method.context == "library" else 0
    return (tasks - untouched) * draw(1).numbers


def fixed(
    method: Method, inputs: int, width: int, bias_shift: float, distribution: str, stream: Stream
) -> Callable[[int], OfTask]:
    """Return a function of the task that draws what is fixed in it; each is drawn once.

    Parameters
    ----------
    bias_shift : what the numbers of v are multiplied by, in `library` and `powers`
    stream : `modulation` is the purpose; a task's numbers do not depend on how many there are
    """
    sizes = (inputs, width, 1)
    shapes = weight_shapes(sizes)
    n = sum(out * fan_in for out, fan_in in shapes)

    def drawn(rng: np.random.Generator) -> OfTask:
        family, scale = method.modulator.family, method.modulator.scale
        linear, shift = drawn_modulator(rng, sizes, family, scale, bias_shift, distribution)
        matrix = modulation.matrix(linear)
        pull_back = modulation.pull_back_matrix(linear, method.pullback)
        blocks = [matrix]
        if isinstance(linear, modulation.PerLayer):
            blocks = [modulation.matrix(layer) for layer in linear.layers]
        stored = sum(int(np.count_nonzero(block)) for block in blocks)
        return OfTask(matrix.T, pull_back.T, shift, np.ones(width), stored + width + 1)

    @cache
    def of_task(task: int) -> OfTask:
        rng = stream("modulation", task)
        if method.context == "superposition":
            return _of_inputs(shapes, [_rotation(rng, fan_in) for _, fan_in in shapes])
        if method.context == "signs":
            return _of_inputs(shapes, [np.diag(_signs(rng, fan_in)) for _, fan_in in shapes])
        if method.context == "gated_units":
            return _on_outputs(width, _half(rng, width, 0.0))
        if method.context == "scaled_units":
            return _on_outputs(width, _half(rng, width, method.factor))
        if task == 0:
            return OfTask(np.eye(n), np.eye(n), np.zeros(width + 1), np.ones(width))
        if method.context == "library":
            return drawn(rng)
        one, before = drawn(stream("modulation", 1)), of_task(task - 1)
        if task == 1:
            return one
        with np.errstate(over="ignore", invalid="ignore"):
            return OfTask(
                before.matrix @ one.matrix,
                before.pull_back @ one.pull_back,
                before.shift + one.shift,
                one.factors,
                one.numbers,
            )

    return of_task


def _of_inputs(shapes: Shapes, contexts: list[np.ndarray]) -> OfTask:
    """Return W_l' = W_l C_l for each layer, C_l [inputs, inputs] orthogonal.

    Source: Cheung, Terekhov, Chen, Agrawal and Olshausen, Superposition of many models into one
    (2019), section 2; the layer sees C x.
    """
    n = sum(out * fan_in for out, fan_in in shapes)
    transposed = np.zeros((n, n))
    first = 0
    for (out, fan_in), context in zip(shapes, contexts, strict=True):
        # A row r of W_l becomes r C, and the rows lie one after another in w.
        last = first + out * fan_in
        transposed[first:last, first:last] = np.kron(np.eye(out), context)
        first = last
    stored = sum(int(np.count_nonzero(context)) for context in contexts)
    width = shapes[0][0]
    return OfTask(transposed, transposed.T.copy(), np.zeros(width + 1), np.ones(width), stored)


def _on_outputs(width: int, factors: np.ndarray) -> OfTask:
    """Return a task in which the outputs of hidden units are multiplied by factors [width].

    Sources: factor 0, Masse, Grant and Freedman, PNAS 115 (2018), context-dependent gating; other
    factors, Tsuda, Pate, Tye, Siegelmann and Sejnowski, bioRxiv (2021), on the weights of a subset.
    """
    nothing = np.zeros((0, 0))
    return OfTask(nothing, nothing, np.zeros(width + 1), factors, width)


def _half(rng: np.random.Generator, width: int, factor: float) -> np.ndarray:
    """Return a factor for a random half of the units [width], and 1 for the others."""
    factors = np.ones(width)
    factors[rng.permutation(width)[: width // 2]] = factor
    return factors


def _rotation(rng: np.random.Generator, size: int) -> np.ndarray:
    return modulation.matrix(modulation.draw(rng, "orthogonal", [(size, 1)], 1.0))


def _signs(rng: np.random.Generator, size: int) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size)


def _alone(
    rng: np.random.Generator, inputs: int, width: int, tasks: int, initialisation: str
) -> Network:
    """Return a network whose parameters are the same in all its tasks."""
    weights, biases = networks.initial_parameters(rng, (inputs, width, 1), initialisation)
    nothing = np.zeros((0, len(weights), len(weights)))
    shifts, factors = np.zeros((tasks, width + 1)), np.ones((tasks, width))
    return Network(weights, biases, nothing, nothing, shifts, factors)


def _with_extra_inputs(
    rng: np.random.Generator, inputs: int, width: int, tasks: int, initialisation: str
) -> Network:
    """Return a network with an extra input for each task, drawn with all its inputs."""
    drawn, biases = networks.initial_parameters(rng, (inputs + tasks, width, 1), initialisation)
    hidden = drawn[:-width].reshape(width, inputs + tasks)
    weights = np.concatenate([hidden[:, :inputs].ravel(), drawn[-width:]])
    shifts = np.hstack([hidden[:, inputs:].T, np.zeros((tasks, 1))])
    nothing = np.zeros((0, len(weights), len(weights)))
    factors = np.ones((tasks, width))
    return Network(weights, biases, nothing, nothing, shifts, factors, learnt=True)


def _stacked(matrices: list[np.ndarray]) -> np.ndarray:
    """Return matrices as one array [tasks, n, n]; none where they are empty."""
    return np.stack(matrices) if matrices[0].size else np.zeros((0, 0, 0))
