"""What every network is to the training: named parameters, equations, and a way to a gradient.

A new model is one file: a frozen dataclass with the shapes of its parameters, its states, and the
equations of a step, of which the compiled passes are made.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from math import sqrt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.cells.symbols import UntraceableError
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.settings.rnn import Network

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

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


class Named(SimpleNamespace):
    """Values by name, as attributes."""

    def __getattr__(self, name: str) -> Any:
        raise NeuroswitchError(f"the equations ask for {name!r}; {nearest(name, vars(self))}")


@cache
def _say_once(model: str, operation: str) -> None:
    log.warning(
        "%s: compiled code has no %s, so the network trains by PyTorch's automatic "
        "differentiation, which takes more than ten times as long",
        model,
        operation,
    )


def alike(example: Any, values: np.ndarray) -> Any:
    """Return numbers as an array or a tensor, whichever an example is, in its precision."""
    if isinstance(example, np.ndarray):
        return values.astype(example.dtype)
    return example.new_tensor(values)


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
    by the `options` there. States at the start can be parameters too, which are not trained.
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
        """Return the names of parameters that no training changes; by default there are none."""
        return ()

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return sets of parameters that a stage of training can be limited to.

        A model that is retrained on a new task has the set `input_pathway`. By default there is
        none.
        """
        return {}

    @property
    @abstractmethod
    def states(self) -> dict[str, str | tuple[int, float]]:
        """Return what each state starts from: a prepared vector's name, or units and a number."""

    def prepare(self, p: dict[str, Any]) -> dict[str, Any]:
        """Return the matrices and vectors of the equations, from the parameters; by name.

        By default they are the parameters. What is computed here is computed once for all trials
        and steps, and differentiated by PyTorch.
        """
        return p

    @abstractmethod
    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        """Return all states after a step by name, and the output: the equations of the network.

        They are written once, for two kinds of arguments: tensors of PyTorch with trials last, and
        symbols, of which compiled code is made. What both have is a matrix @ a vector, + - *
        unit by unit and with numbers, division by a number, slices of a vector, and of PyTorch
        `tanh`, `sigmoid`, `relu`, `softplus`, `exp`, `cat` and `chunk`.

        Parameters
        ----------
        p : what was prepared, each by its name: matrices [rows, columns] and vectors [units]; and
            `held`, component -> value of a modulating signal that an ablation holds
        state : each state before the step by its name, [units]
        u : [channels], the input of the step

        What is returned by other names than those of states is kept by a rollout.
        """

    @property
    def hidden(self) -> tuple[str, ...]:
        """Return the names of states that a rollout does not keep; by default there are none."""
        return ()

    def rollout(
        self,
        parameters: Mapping[str, "Tensor"],
        inputs: "Tensor",
        held: Mapping[int, "Tensor | float"] | None = None,
    ) -> Rollout:
        """Run the network on inputs [trials, steps, channels], step by step.

        held : components of a modulating signal that keep a value, for ablations
        """
        import torch

        made = self.prepare(dict(parameters))
        columns = {name: v if v.ndim == 2 else v[:, None] for name, v in made.items()}
        p = Named(**columns, held=held or {})
        state = {
            name: columns[start].expand(-1, len(inputs))
            if isinstance(start, str)
            else inputs.new_full((start[0], len(inputs)), start[1])
            for name, start in self.states.items()
        }
        history: dict[str, list[Tensor]] = {}
        outputs = []
        for u in inputs.permute(1, 2, 0):
            state, output = self.step(p, Named(**state), u)
            outputs.append(output)
            for name in [name for name in state if name not in self.hidden]:
                history.setdefault(name, []).append(state[name])
        states = {name: torch.stack(v).permute(2, 0, 1) for name, v in history.items()}
        return Rollout(torch.stack(outputs).permute(2, 0, 1), states)

    def pull_back(
        self, prepared: dict[str, np.ndarray], gradients: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the gradients of parameters from those of what was prepared.

        A model that has this has a `prepare` that takes arrays of NumPy too. Without it PyTorch
        differentiates `prepare`, which takes longer than the steps of a small network.
        """
        raise NotImplementedError

    def sweep(self, steps: int, dtype: Any) -> Sweep:
        """Return the fastest way to the gradient for trials of `steps` steps.

        Equations that compiled code cannot be made of are differentiated by PyTorch instead, and
        the log says so once.
        """
        # Imported here, because it imports this module.
        from neuroswitch.rnn.models.sweep import CompiledSweep, DifferentiatedSweep

        try:
            return CompiledSweep(self, steps, dtype)
        except UntraceableError as error:
            _say_once(type(self).__name__, str(error))
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
        names = set(groups[group]) - set(self.fixed)
        return np.concatenate(
            [np.full(int(np.prod(shape)), name in names) for name, shape in self.shapes.items()]
        )
