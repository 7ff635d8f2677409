"""Ways in which one set of parameters serves two tasks (paper 1, section 4, and controls).

A strategy hands out the vector to train for a task, `enter(task)`, and takes it back after
the phase, `leave(task)`. Between cycles its whole state is `parameters` [networks, n].
"""

from typing import Any, Protocol

import numpy as np

from neuroswitch import modulation, seeds
from neuroswitch.mnist import networks
from neuroswitch.modulation import LinearMap
from neuroswitch.settings.mnist import MODULATED, MnistCondition

TASKS = (0, 1)


class Strategy(Protocol):
    """What training needs of a strategy."""

    parameters: np.ndarray

    def enter(self, task: int) -> np.ndarray:
        """Return the vector of parameters [n] of the task's network, to train in place."""

    def leave(self, task: int) -> None:
        """Take back the vector that `enter` returned."""


class Shared:
    """One network for both tasks, with or without a context that tells them apart."""

    def __init__(self, parameters: np.ndarray) -> None:
        self.parameters = parameters

    def enter(self, task: int) -> np.ndarray:
        vector: np.ndarray = self.parameters[0]
        return vector

    def leave(self, task: int) -> None:
        pass


class Separate(Shared):
    """A network for each task."""

    def enter(self, task: int) -> np.ndarray:
        vector: np.ndarray = self.parameters[task]
        return vector


class Modulated(Shared):
    """f for task 0 and f' for task 1, w' = M w and b' = b + v (paper 1, Algorithm 1).

    Leaving f' carries each step back, w += P (w' - M w) and b += b' - (b + v), with P = M^-1
    in the paper. M w and b + v are taken as rounded to the network's type when f' was
    entered: a phase without a step gives back f bit for bit.
    """

    def __init__(
        self,
        parameters: np.ndarray,
        hidden: int,
        linear: LinearMap,
        shift: np.ndarray,
        pullback: str,
    ) -> None:
        super().__init__(parameters)
        self._weights, self._biases = networks.positions(hidden)
        self._linear, self._shift = linear, shift
        self._carry = {"inverse": linear.solve, "transpose": linear.apply_transpose}[pullback]
        self._switched = np.empty_like(parameters[0])
        self._entered = np.empty_like(parameters[0])

    def enter(self, task: int) -> np.ndarray:
        vector: np.ndarray = self.parameters[0]
        if task == 0:
            return vector
        switched: np.ndarray = self._switched
        switched[self._weights] = self._linear.apply(vector[self._weights].astype(float))
        switched[self._biases] = vector[self._biases] + self._shift
        self._entered[:] = switched
        return switched

    def leave(self, task: int) -> None:
        if task == 0:
            return
        vector = self.parameters[0]
        step = self._switched.astype(float) - self._entered
        vector[self._weights] += self._carry(step[self._weights])
        vector[self._biases] += step[self._biases]


def draw(
    condition: MnistCondition, run: int, root_seed: int, dtype: Any = np.float32
) -> tuple[Strategy, float]:
    """Return the untrained strategy of a run, and the condition number of its M.

    Networks of one size start from one draw, whatever the strategy. The condition number
    is 1 without modulation.
    """

    def stream(purpose: str) -> np.random.Generator:
        return seeds.generator(root_seed, "mnist", condition.stream, run, purpose)

    hidden, contexts = condition.hidden, contexts_of(condition.strategy)
    initial = networks.initial_parameters(stream("parameters"), hidden, contexts, dtype)
    if condition.strategy == MODULATED:
        rng = stream("modulation")
        shapes = networks.weight_shapes(hidden)
        n_b = sum(out for out, _ in shapes)
        shift = condition.bias_shift * rng.standard_normal(n_b)
        linear = modulation.draw(rng, condition.family, shapes, condition.scale)
        modulated = Modulated(initial[None], hidden, linear, shift, condition.pullback)
        return modulated, modulation.condition_number(linear)
    if condition.strategy == "separate":
        return Separate(np.stack([initial] * len(TASKS))), 1.0
    return Shared(initial[None]), 1.0


def contexts_of(strategy: str) -> int:
    """Return how many inputs a strategy adds: one bit for the task, or none."""
    return 1 if strategy == "extra_input" else 0
