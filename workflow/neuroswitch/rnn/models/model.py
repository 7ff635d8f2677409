"""What every network is to the training: named parameters, equations, and a way to a gradient.

A new model is one file: a frozen dataclass with `shapes` and `rollout`. It trains by automatic
differentiation of its rollout; a compiled kernel of its own makes it fast.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from math import sqrt
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.settings.rnn import Network

if TYPE_CHECKING:
    from torch import Tensor

START = 0.1
"""Every state at the start of a trial, where it is not drawn."""


@dataclass(frozen=True)
class Rollout:
    """What a network did with some trials.

    outputs : [trials, steps, outputs]
    states : name -> [trials, steps, units], after the step; `x` is the one that analyses read
    """

    outputs: "Tensor"
    states: dict[str, "Tensor"]


class Sweep(ABC):
    """Computes a network's loss and gradient for batches of one number of steps."""

    @abstractmethod
    def loss_and_gradient(self, vector: np.ndarray, batch: Batch) -> tuple[float, np.ndarray]:
        """Return the weighted mean squared error and its gradient, in the vector's order."""


@dataclass(frozen=True)
class Model(ABC):
    """The equations of a network of some size; its parameters are arrays by name.

    A subclass is a frozen dataclass with the fields `channels` and `outputs`, `units` and any other
    key of a network in the configuration, and fields of its own, which have defaults and are set
    by the `options` there. States at the start are parameters too, which are not trained.
    """

    @classmethod
    def of(cls, network: Network, task: Task) -> Self:
        """Return the model at the size that the configuration and a task ask for."""
        given = network.model_dump() | {
            "gain": network.gain,
            "channels": task.CHANNELS,
            "outputs": task.OUTPUTS,
        }
        return cls(
            **{field.name: given[field.name] for field in fields(cls) if field.name in given}
        )

    @property
    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of every parameter, in the order of the parameter vector."""

    @property
    def scales(self) -> dict[str, float]:
        """Return the standard deviation of each parameter that is drawn; others are START.

        By default all that are trained are drawn, each with 1 / sqrt(its columns).
        """
        trained = self.shapes.keys() - set(self.fixed)
        return {name: 1 / sqrt(self.shapes[name][-1]) for name in trained}

    @property
    def fixed(self) -> tuple[str, ...]:
        """Return the names of the states at the start; by default there are none."""
        return ()

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return sets of parameters that a stage of training can be limited to.

        A model that is retrained on a new task has the set `input_pathway`. By default there is
        none.
        """
        return {}

    @abstractmethod
    def rollout(
        self,
        parameters: Mapping[str, "Tensor"],
        inputs: "Tensor",
        held: Mapping[int, "Tensor | float"] | None = None,
    ) -> Rollout:
        """Run the network on inputs [trials, steps, channels], step by step.

        held : components of a modulating signal that keep a value, for ablations
        """

    def sweep(self, steps: int, dtype: Any) -> Sweep:
        """Return the fastest way to the gradient for trials of `steps` steps.

        By default it is automatic differentiation of the rollout.
        """
        # Imported here, because it imports this module.
        from neuroswitch.rnn.models.sweep import DifferentiatedSweep

        return DifferentiatedSweep(self, "cpu", dtype)

    @property
    def size(self) -> int:
        """Return the number of trained parameters."""
        return sum(
            int(np.prod(shape)) for name, shape in self.shapes.items() if name not in self.fixed
        )

    def draw(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Return parameters at the start of training."""
        return {
            name: self.scales[name] * rng.standard_normal(shape)
            if name in self.scales
            else np.full(shape, START)
            for name, shape in self.shapes.items()
        }

    def flatten(self, parameters: Mapping[str, Any], dtype: Any = np.float32) -> np.ndarray:
        """Return parameters as one vector."""
        parts = [np.asarray(parameters[name]).reshape(-1) for name in self._layout]
        return np.concatenate(parts, dtype=dtype, casting="same_kind")

    def views(self, vector: np.ndarray) -> dict[str, np.ndarray]:
        """Return the parameters in a vector, by name, without copying."""
        return {name: vector[part].reshape(shape) for name, (part, shape) in self._layout.items()}

    @cached_property
    def _layout(self) -> dict[str, tuple[slice, tuple[int, ...]]]:
        """Return where in the vector each parameter is, and its shape."""
        layout = {}
        first = 0
        for name, shape in self.shapes.items():
            last = first + int(np.prod(shape))
            layout[name] = (slice(first, last), shape)
            first = last
        return layout

    def mask(self, group: str) -> np.ndarray:
        """Return where in the vector the parameters of a group are; "all" is every trained one.

        Raises
        ------
        NeuroswitchError : the model has no such group
        """
        groups = {"all": self.shapes.keys() - set(self.fixed)} | self.groups
        if group not in groups:
            raise NeuroswitchError(
                f"{type(self).__name__} has no group of parameters {group!r}, which a stage is to "
                f"train; {nearest(group, groups)}"
            )
        names = groups[group]
        return np.concatenate(
            [np.full(int(np.prod(shape)), name in names) for name, shape in self.shapes.items()]
        )
