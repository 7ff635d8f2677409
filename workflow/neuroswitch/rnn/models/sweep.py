"""Ways from a parameter vector and a batch of trials to the loss and its gradient."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from neuroswitch.compilation import compiled
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.algebra import primitives, sum_lanes
from neuroswitch.rnn.batch import WIDTHS, Batch, Blocks
from neuroswitch.rnn.models.model import Model, Sweep
from neuroswitch.vectors import empty


class CompiledSweep(Sweep):
    """A compiled rollout, its room to compute in, and the way from and to the parameters."""

    def __init__(
        self,
        model: Model,
        dtype: Any,
        kernel: ModuleType,
        scratch: Mapping[str, tuple[int, ...]],
        sums: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.model, self.dtype, self._kernel = model, np.dtype(dtype).type, kernel
        self._scratch = {f: scratch[f] for f in kernel.Scratch._fields}
        self._sums = {f: sums[f] for f in kernel.Gradients._fields}
        self._bounds = np.cumsum([int(np.prod(shape)) for shape in self._sums.values()])
        self._fixed = {name: np.zeros(model.shapes[name]) for name in model.fixed}
        self._rooms: dict[int, Room] = {}

    @abstractmethod
    def _prepared(self, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the parameters and what the rollout needs of them besides."""

    @abstractmethod
    def _leading(self, prepared: Mapping[str, np.ndarray]) -> tuple[Any, ...]:
        """Return the first arguments of the compiled function, before the trials."""

    @abstractmethod
    def _collected(
        self, prepared: dict[str, np.ndarray], sums: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the gradient of every parameter from the sums over steps and trials."""

    def loss_and_gradient(self, vector: np.ndarray, batch: Batch) -> tuple[float, np.ndarray]:
        loss, gradient, _ = self.run(vector, batch.inputs, batch.targets, batch.weights, batch.norm)
        return loss, gradient

    def outputs(self, vector: np.ndarray, inputs: Blocks) -> Blocks:
        """Return outputs [trials, steps, outputs] for inputs, both in blocks."""
        return self.run(vector, inputs, self._like(inputs), self._no_weights(inputs), 0.0)[2]

    def pull_back(self, vector: np.ndarray, inputs: Blocks, errors: Blocks) -> np.ndarray:
        """Return the gradient of parameters from that of the outputs, both in blocks."""
        return self.run(vector, inputs, errors, self._no_weights(inputs), -1.0)[1]

    def run(
        self, vector: np.ndarray, inputs: Blocks, targets: Blocks, weights: Blocks, norm: float
    ) -> tuple[float, np.ndarray, Blocks]:
        """Return loss, gradient and outputs; the kernels' `sweep` says what a norm means."""
        prepared = self._prepared(self.model.views(vector))
        leading = self._leading(prepared)
        outputs = self._like(inputs)
        loss, total = 0.0, np.zeros(self._bounds[-1], self.dtype)
        for arguments in zip(WIDTHS, inputs, targets, weights, outputs, strict=True):
            lanes, *trials, out = arguments
            if len(out):
                room = self._room(lanes)
                room.lanes[:] = 0
                sweep = at_width(self._kernel, lanes)
                loss += sweep(*leading, *trials, norm, out, room.scratch, room.sums)
                sum_lanes(room.lanes, room.flat)
                total += room.flat
        parts = zip(self._sums.items(), np.split(total, self._bounds[:-1]), strict=True)
        sums = {name: part.reshape(shape) for (name, shape), part in parts}
        gradient = self._fixed | self._collected(prepared, sums)
        return loss, self.model.flatten(gradient, self.dtype), outputs

    def _room(self, lanes: int) -> "Room":
        if lanes not in self._rooms:
            empty = primitives(lanes).empty
            scratch = (empty(shape, self.dtype) for shape in self._scratch.values())
            buffer = empty(self._bounds[-1:], self.dtype)
            parts = zip(np.split(buffer, self._bounds[:-1]), self._sums.values(), strict=True)
            sums = (part.reshape(*shape, lanes) for part, shape in parts)
            flat = np.empty(self._bounds[-1], self.dtype)
            kernel = self._kernel
            self._rooms[lanes] = Room(
                kernel.Scratch(*scratch), kernel.Gradients(*sums), buffer, flat
            )
        return self._rooms[lanes]

    def _like(self, inputs: Blocks) -> Blocks:
        units = self._scratch["outputs"][-1]
        return tuple(empty((*part.shape[:2], units, part.shape[-1]), self.dtype) for part in inputs)

    def _no_weights(self, inputs: Blocks) -> Blocks:
        return tuple(empty((*part.shape[:2], part.shape[-1]), self.dtype) for part in inputs)

    @staticmethod
    def packed(weights_type: Any, prepared: Mapping[str, np.ndarray]) -> Any:
        """Return what a compiled function takes, every array contiguous."""
        return weights_type(*(np.ascontiguousarray(prepared[f]) for f in weights_type._fields))


@dataclass(frozen=True)
class Room:
    """Arrays for blocks of one width."""

    scratch: Any  # what a kernel leaves for its gradient
    sums: Any  # the gradients' sums, which are parts of:
    lanes: np.ndarray  # [numbers, lanes]
    flat: np.ndarray  # [numbers], the sums over lanes


@cache
def at_width(kernel: ModuleType, lanes: int) -> Any:
    """Return the sweep of a kernel's code, with the primitives for so many lanes."""
    module = ModuleType(kernel.__name__)
    source = Path(str(kernel.__file__))
    exec(compile(source.read_text("utf-8"), str(source), "exec"), vars(module))
    own = {name: f for name, f in vars(primitives(lanes)).items() if name in vars(module)}
    vars(module).update(own)
    return compiled(module.sweep.py_func, variant=f"-{lanes}")


class DifferentiatedSweep(Sweep):
    """Automatic differentiation of a model's rollout by PyTorch, on any device.

    The reference that the kernels are tested against, and what a model without one trains by.
    """

    def __init__(self, model: Model, device: str, dtype: Any) -> None:
        self._model, self._device, self._dtype = model, device, np.dtype(dtype).type

    def loss_and_gradient(self, vector: np.ndarray, batch: Batch) -> tuple[float, np.ndarray]:
        parameters = {
            name: self._tensor(value).requires_grad_(name not in self._model.fixed)
            for name, value in self._model.views(vector).items()
        }
        inputs, targets, weights = map(self._tensor, batch.arrays())
        outputs = self._model.rollout(parameters, inputs).outputs
        if outputs.shape != targets.shape:
            raise NeuroswitchError(
                f"the rollout of {type(self._model).__name__} returned outputs of shape "
                f"{tuple(outputs.shape)}; trials, steps and outputs are {tuple(targets.shape)}"
            )
        loss = (weights * (outputs - targets) ** 2).sum() / batch.norm
        loss.backward()  # type: ignore[no-untyped-call]
        gradient = {
            name: np.zeros(value.shape) if value.grad is None else value.grad.cpu().numpy()
            for name, value in parameters.items()
        }
        return float(loss.detach()), self._model.flatten(gradient, self._dtype)

    def _tensor(self, values: np.ndarray) -> torch.Tensor:
        return torch.tensor(values, device=self._device)
