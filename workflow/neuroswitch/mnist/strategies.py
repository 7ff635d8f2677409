"""Ways in which one set of parameters serves two tasks (paper 1, section 4, and controls).

A strategy hands out the vector to train for a task and its velocity, `enter(task)`, and takes both
back after the phase, `leave(task)`. Between cycles its whole state is `parameters` [networks, n]
and `velocities`, of the same shape.
"""

from typing import Any, Protocol

import numpy as np

from neuroswitch import modulation, seeds
from neuroswitch.mnist import networks
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.modulation import LinearMap
from neuroswitch.settings.mnist import MODULATED, MnistCondition

TASKS = (0, 1)


class Strategy(Protocol):
    """What training needs of a strategy."""

    parameters: np.ndarray
    velocities: np.ndarray

    def enter(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        """Return parameters [n] and velocity [n] of the task's network, to train in place."""

    def leave(self, task: int) -> None:
        """Take back the two vectors that `enter` returned."""


class Shared:
    """One network for both tasks, with or without a context that tells them apart."""

    def __init__(self, parameters: np.ndarray) -> None:
        self.parameters = parameters
        self.velocities = np.zeros_like(parameters)

    def enter(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        return self.parameters[0], self.velocities[0]

    def leave(self, task: int) -> None:
        pass


class Separate(Shared):
    """A network for each task."""

    def enter(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        return self.parameters[task], self.velocities[task]


class Modulated(Shared):
    """f for task 0 and f' for task 1, w' = M w and b' = b + v (paper 1, Algorithm 1).

    w and b are the weights and biases of the layers that M acts on; the others are the same in f
    and f'. Leaving f' carries each step back, w += P (w' - M w) and b += b' - (b + v), with
    P = M^-1 in the paper. M w and b + v are taken as rounded to the network's type when f' was
    entered: a phase without a step gives back f bit for bit.

    The velocity of the weights, u, is P^-1 u in f' and comes back as P times what it is there, so
    that a step along it moves f by the same, whether it is taken in f or in f'. With P = M^-1 that
    is M u: the velocity is transformed as the weights are. The velocity of the biases stays, since
    v does not change with training.

    Parameters
    ----------
    parameters [1, n], of a network without contexts
    weights [n_w], biases [n_b] : where those that are transformed lie in the vector
    linear : M, over the n_w weights
    shift [n_b] : v
    pullback : inverse (P = M^-1) or transpose (P = M^T)
    """

    def __init__(
        self,
        parameters: np.ndarray,
        weights: np.ndarray,
        biases: np.ndarray,
        linear: LinearMap,
        shift: np.ndarray,
        pullback: str,
    ) -> None:
        super().__init__(parameters)
        self._weights, self._biases = weights, biases
        self._linear, self._shift = linear, shift
        self._carry_back, self._carry_over = {
            "inverse": (linear.solve, linear.apply),
            "transpose": (linear.apply_transpose, linear.solve_transpose),
        }[pullback]
        self._switched, self._entered, self._velocity = np.empty(
            (3, len(parameters[0])), parameters.dtype
        )

    def enter(self, task: int) -> tuple[np.ndarray, np.ndarray]:
        if task == 0:
            return super().enter(task)
        weights, vector = self._weights, self.parameters[0]
        self._switched[:] = vector
        self._switched[weights] = self._linear.apply(vector[weights].astype(float))
        self._switched[self._biases] = vector[self._biases] + self._shift
        self._entered[:] = self._switched
        self._velocity[:] = self.velocities[0]
        self._velocity[weights] = self._carry_over(self.velocities[0, weights].astype(float))
        return self._switched, self._velocity

    def leave(self, task: int) -> None:
        if task == 0:
            return
        step = self._switched.astype(float) - self._entered
        step[self._weights] = self._carry_back(step[self._weights])
        self.parameters[0] += step
        velocity = self._velocity.astype(float)
        velocity[self._weights] = self._carry_back(velocity[self._weights])
        self.velocities[0] = velocity


def draw(
    condition: MnistCondition, run: int, root_seed: int, dtype: Any = np.float32
) -> tuple[Strategy, float]:
    """Return the untrained strategy of a run, and the condition number of its M.

    Networks of one size start from one draw, whatever the strategy. The condition number
    is 1 without modulation.
    """

    def stream(purpose: str) -> np.random.Generator:
        return seeds.generator(root_seed, "mnist", condition.stream, run, purpose)

    initial = networks.initial_parameters(stream("parameters"), architecture_of(condition), dtype)
    if condition.strategy == MODULATED:
        rng = stream("modulation")
        chosen = condition.hidden, condition.outputs, condition.layers
        weights, biases = networks.positions(*chosen)
        shift = condition.bias_shift * rng.standard_normal(len(biases))
        linear = modulation.draw(
            rng, condition.family, networks.weight_shapes(*chosen), condition.scale
        )
        modulated = Modulated(initial[None], weights, biases, linear, shift, condition.pullback)
        return modulated, modulation.condition_number(linear)
    if condition.strategy == "separate":
        return Separate(np.stack([initial] * len(TASKS))), 1.0
    return Shared(initial[None]), 1.0


def architecture_of(condition: MnistCondition) -> Architecture:
    """Return the sizes of a condition's network: the task is an input of it, or is not."""
    entry = condition.extra_input_at
    return Architecture(
        condition.hidden,
        bits=int(entry == "hidden"),
        channels=int(entry == "image"),
        outputs=condition.outputs,
    )
