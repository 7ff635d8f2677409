"""Ways from a parameter vector and a batch of trials to the loss and its gradient."""

import threading
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import torch

from neuroswitch.compilation import generated
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.algebra import empty, sum_lanes
from neuroswitch.rnn.batch import Batch, trials
from neuroswitch.rnn.cells.passes import CHUNK, passes
from neuroswitch.rnn.cells.primitives import flipped, primitives
from neuroswitch.rnn.cells.program import Program
from neuroswitch.rnn.cells.symbols import Leaf, Matrix, UntraceableError
from neuroswitch.rnn.cells.trace import Step
from neuroswitch.rnn.lanes import LANES
from neuroswitch.rnn.models.model import Model, Named, Sweep

ROWS: dict[str, Callable[[int], int]] = {
    "steps": lambda steps: steps,
    "after": lambda steps: steps + 1,
    "chunk": lambda steps: CHUNK,
    "two": lambda steps: 2,
    "one": lambda steps: 1,
}
"""Kind of a buffer -> its rows."""

Arrays = dict[str, np.ndarray]

_compiling = threading.Lock()


def traced(model: Any) -> tuple[Step, Leaf]:
    """Return the step of a model as a graph, and the leaf that stands for its input.

    Raises
    ------
    UntraceableError : the equations do what compiled code does not have
    """
    drawn = model.draw(np.random.default_rng(0))
    tensors = {
        name: torch.tensor(value).requires_grad_(name not in model.fixed)
        for name, value in drawn.items()
    }
    made = model.prepare(tensors)
    p: dict[str, Any] = {
        name: Matrix(name, tuple(value.shape))
        if value.ndim == 2
        else Leaf(len(value), "vector", name)
        for name, value in made.items()
    }
    starts = {
        name: start if isinstance(start, str) else f"{name}_start"
        for name, start in model.states.items()
    }
    before = {
        name: Leaf(len(made[start]) if isinstance(start, str) else start[0], "state", name)
        for name, start in model.states.items()
    }
    u = Leaf(model.channels, "input", "u")
    try:
        after, output = model.step(Named(**p, held={}), Named(**before), u)
    except (TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise UntraceableError(str(error)) from error
    for name, units in {name: leaf.units for name, leaf in before.items()}.items():
        if name not in after or after[name].units != units:
            raise NeuroswitchError(
                f"{type(model).__name__}: the step is to return the state {name!r} with {units} "
                f"units; it returned {', '.join(f'{n} ({v.units})' for n, v in after.items())}"
            )
    if output.units != model.outputs:
        raise NeuroswitchError(
            f"{type(model).__name__}: the step returned an output of {output.units} units; the "
            f"task has {model.outputs}"
        )
    trained = {name for name, value in made.items() if value.requires_grad}
    return Step.of(starts, before, after, output, trained), u


@cache
def compiled(model: Model) -> tuple[Program, Any]:
    """Return the names in the code of a model's passes, and its compiled function `sweep`."""
    step, u = traced(model)
    code, program = passes(step, [u])
    with _compiling:
        return program, _sweep_of(code)


@cache
def _sweep_of(code: str) -> Any:
    names = vars(primitives())
    return generated(code, names, "neuroswitch.rnn.cells.primitives").sweep


class CompiledSweep(Sweep):
    """The compiled passes of a model's equations, and their way from and to the parameters."""

    def __init__(self, model: Model, steps: int, dtype: Any) -> None:
        """Trace the equations and compile them.

        Raises
        ------
        UntraceableError : they do what compiled code does not have
        """
        self.model, self.dtype = model, np.dtype(dtype).type
        self._program, self._sweep = compiled(model)
        self._starts = {
            f"{name}_start": np.full(start[0], start[1], dtype)
            for name, start in model.states.items()
            if not isinstance(start, str)
        }
        self._zeros = {name: np.zeros(shape) for name, shape in model.shapes.items()}
        self._buffers = tuple(
            empty((ROWS[rows](steps), units), dtype)
            for rows, units in self._program.buffers.values()
        )
        self._arranged = list[tuple[np.ndarray, Matrix, Any]]()
        self._matrices = tuple(map(self._room_for, self._program.matrices.values()))
        gathered = self._program.gathered.values()
        turned = [flipped(*one.shape) for one in gathered]
        shapes: list[tuple[int, ...]] = [
            one.shape[::-1] if turn else one.shape
            for one, turn in zip(gathered, turned, strict=True)
        ]
        shapes += [(units,) for _, units in self._program.summed.values()]
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
        self._lanes, self._flat = empty((ends[-1],), dtype), np.empty(ends[-1], dtype)
        sums = [
            lanes.reshape(*shape, LANES)
            for lanes, shape in zip(np.split(self._lanes, ends[1:-1]), shapes, strict=True)
        ]
        self._sums = tuple(sums[: len(turned)]), tuple(sums[len(turned) :])
        totals = [
            total.reshape(shape)
            for total, shape in zip(np.split(self._flat, ends[1:-1]), shapes, strict=True)
        ]
        # What is prepared -> where its gradient stands among the sums, and its factor.
        self._parts = list[tuple[str, np.ndarray, Any]]()
        for one, turn, total in zip(gathered, turned, totals, strict=False):
            first = 0
            for matrix, columns in one.columns:
                part = (total.T if turn else total)[:, first : first + columns]
                first += columns
                if matrix is not None:
                    part = part.T if matrix.transposed else part
                    self._parts.append((matrix.name, part, self.dtype(matrix.factor)))
        for (name, _), total in zip(
            self._program.summed.values(), totals[len(turned) :], strict=True
        ):
            self._parts.append((name, total, self.dtype(1)))

    def _room_for(self, joined: tuple[Matrix, ...]) -> np.ndarray:
        """Return room for joined matrices, and note where each part of it comes from."""
        whole = np.empty((joined[0].shape[0], sum(part.shape[1] for part in joined)), self.dtype)
        first = 0
        for part in joined:
            last = first + part.shape[1]
            self._arranged.append((whole[:, first:last], part, self.dtype(part.factor)))
            first = last
        return whole

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
        """Return loss, gradient and outputs; the generated `sweep` says what a norm means.

        Where it says that no gradient is wanted, the parameters stand in its place.
        """
        own = self.model.views(vector)
        prepared, pull_back = prepared_by(self.model, own)
        for room, part, factor in self._arranged:
            whole = prepared[part.name].T if part.transposed else prepared[part.name]
            np.multiply(whole[part.first : part.first + len(room)], factor, out=room)
        self._lanes[:] = 0
        outputs = self._room(inputs)
        loss = self._sweep(
            self._matrices,
            tuple(
                self._starts[name] if name in self._starts else np.ascontiguousarray(prepared[name])
                for name in self._program.vectors
            ),
            tuple(self._program.numbers),
            tuple(self._program.sizes),
            inputs,
            targets,
            weights,
            norm,
            outputs,
            self._buffers,
            *self._sums,
        )
        if norm == 0:
            return loss, vector, outputs
        sum_lanes(self._lanes, self._flat)
        gradient = self._zeros | pull_back(self._collected())
        return loss, self.model.flatten(gradient, self.dtype), outputs

    def _room(self, inputs: np.ndarray) -> np.ndarray:
        return empty((len(inputs), *self._buffers[0].shape[:2]), self.dtype)

    def _no_weights(self, inputs: np.ndarray) -> np.ndarray:
        return empty(inputs.shape[:2], self.dtype)

    def _collected(self) -> Arrays:
        """Return the gradients of what was prepared, from the sums over steps and trials."""
        found: Arrays = {}
        for name, part, factor in self._parts:
            found[name] = found[name] + part * factor if name in found else part * factor
        return found


def prepared_by(model: Model, parameters: Arrays) -> tuple[Arrays, Callable[[Arrays], Arrays]]:
    """Return what a model prepares of parameters, and what carries gradients of it back."""
    if type(model).prepare is Model.prepare:
        return parameters, lambda gradients: gradients
    if type(model).pull_back is not Model.pull_back:
        prepared = model.prepare(parameters)
        return prepared, partial(model.pull_back, prepared)
    own = {name: torch.from_numpy(value) for name, value in parameters.items()}
    trained = [own[name].requires_grad_() for name in own if name not in model.fixed]
    made = model.prepare(own)

    def pull_back(gradients: Arrays) -> Arrays:
        found = torch.autograd.grad(
            [made[name] for name in gradients],
            trained,
            [torch.from_numpy(np.ascontiguousarray(g)) for g in gradients.values()],
            allow_unused=True,
        )
        names = (name for name in own if name not in model.fixed)
        pairs = zip(names, found, strict=True)
        return {name: value.numpy() for name, value in pairs if value is not None}

    return {name: value.detach().numpy() for name, value in made.items()}, pull_back


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
