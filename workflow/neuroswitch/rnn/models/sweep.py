"""Ways from a parameter vector and a batch of trials to the loss and its gradient."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.algebra import empty, sum_lanes
from neuroswitch.rnn.batch import Batch, trials
from neuroswitch.rnn.lanes import LANES
from neuroswitch.rnn.models.model import Model, Sweep


class CompiledSweep(Sweep):
    """A compiled rollout, its room to compute in, and the way from and to the parameters."""

    def __init__(
        self,
        model: Model,
        dtype: Any,
        scratch_type: Any,
        scratch: Mapping[str, tuple[int, ...]],
        sums_type: Any,
        sums: Mapping[str, tuple[int, ...]],
    ) -> None:
        self.model, self.dtype = model, np.dtype(dtype).type
        self._scratch = scratch_type(*(empty(scratch[f], dtype) for f in scratch_type._fields))
        sizes = [int(np.prod(sums[f])) for f in sums_type._fields]
        self._sums_shapes = {f: sums[f] for f in sums_type._fields}
        self._sums_buffer = empty((sum(sizes),), dtype)
        self._bounds = np.cumsum(sizes)[:-1]
        parts = np.split(self._sums_buffer, self._bounds)
        self._sums = sums_type(
            *(
                part.reshape(*sums[f], LANES)
                for f, part in zip(sums_type._fields, parts, strict=True)
            )
        )
        self._fixed = {name: np.zeros(model.shapes[name]) for name in model.fixed}

    @abstractmethod
    def _prepared(self, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the parameters and what the rollout needs of them besides."""

    @abstractmethod
    def _run(self, prepared: Mapping[str, np.ndarray], *arguments: Any) -> float:
        """Call the compiled function."""

    @abstractmethod
    def _collected(
        self, prepared: dict[str, np.ndarray], sums: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Return the gradient of every parameter from the sums over steps and trials."""

    def loss_and_gradient(self, vector: np.ndarray, batch: Batch) -> tuple[float, np.ndarray]:
        loss, gradient, _ = self.run(vector, batch.inputs, batch.targets, batch.weights, batch.norm)
        return loss, gradient

    def outputs(self, vector: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """Return outputs [blocks, steps, outputs, LANES] for inputs in blocks."""
        return self.run(vector, inputs, self._room(inputs), self._no_weights(inputs), 0.0)[2]

    def pull_back(self, vector: np.ndarray, inputs: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Return the gradient of parameters from that of the outputs, both in blocks."""
        return self.run(vector, inputs, errors, self._no_weights(inputs), -1.0)[1]

    def run(
        self,
        vector: np.ndarray,
        inputs: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        norm: float,
    ) -> tuple[float, np.ndarray, np.ndarray]:
        """Return loss, gradient and outputs; the kernels' `sweep` says what a norm means."""
        prepared = self._prepared(self.model.views(vector))
        self._sums_buffer[:] = 0
        outputs = self._room(inputs)
        loss = self._run(
            prepared, inputs, targets, weights, norm, outputs, self._scratch, self._sums
        )
        gradient = self._fixed | self._collected(prepared, self._summed())
        return loss, self.model.flatten(gradient, self.dtype), outputs

    def _room(self, inputs: np.ndarray) -> np.ndarray:
        return empty((len(inputs), *self._scratch.outputs.shape[:2]), self.dtype)

    def _no_weights(self, inputs: np.ndarray) -> np.ndarray:
        return empty(inputs.shape[:2], self.dtype)

    def _summed(self) -> dict[str, np.ndarray]:
        """Return the sums over trials too, by name."""
        flat = np.empty(len(self._sums_buffer), self.dtype)
        sum_lanes(self._sums_buffer, flat)
        parts = zip(self._sums_shapes.items(), np.split(flat, self._bounds), strict=True)
        return {name: part.reshape(shape) for (name, shape), part in parts}

    @staticmethod
    def packed(weights_type: Any, prepared: Mapping[str, np.ndarray]) -> Any:
        """Return what a compiled function takes, every array contiguous."""
        return weights_type(*(np.ascontiguousarray(prepared[f]) for f in weights_type._fields))


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
        inputs, targets, weights = (
            self._tensor(trials(values, batch.trials))
            for values in (batch.inputs, batch.targets, batch.weights[:, :, None])
        )
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
