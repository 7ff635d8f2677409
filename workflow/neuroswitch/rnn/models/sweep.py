"""Ways from a parameter vector and a batch of trials to the loss and its gradient."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import torch

from neuroswitch.compilation import generated
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.algebra import sum_lanes
from neuroswitch.rnn.batch import WIDTHS, Batch, Blocks
from neuroswitch.rnn.cells.passes import CHUNK, passes
from neuroswitch.rnn.cells.primitives import flipped, primitives
from neuroswitch.rnn.cells.program import Program
from neuroswitch.rnn.cells.symbols import Leaf, Matrix, UntraceableError
from neuroswitch.rnn.cells.trace import Step
from neuroswitch.rnn.models.model import Model, Named, Sweep
from neuroswitch.vectors import empty

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
_compiled: dict[tuple[str, int], Any] = {}


def traced(model: Any) -> tuple[Step, Leaf]:
    """Return the step of a model as a graph, and the leaf that stands for its input.

    Raises
    ------
    UntraceableError : the equations do what compiled code does not have
    """
    drawn = model.draw(np.random.default_rng(0))
    # What is prepared of trained parameters is found by its gradient, wherever this is called.
    with torch.enable_grad():
        made = model.prepare(
            {
                name: torch.tensor(value).requires_grad_(name not in model.fixed)
                for name, value in drawn.items()
            }
        )
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
        returned = model.step(Named(**p, held={}), Named(**before), u)
    except (TypeError, AttributeError, ValueError, RuntimeError) as error:
        raise UntraceableError(str(error)) from error
    if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], dict)):
        raise NeuroswitchError(
            f"{type(model).__name__}: the step is to return two things, the states by name and the "
            f"output; it returned {type(returned).__name__}"
        )
    after, output = returned
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
def code_of(model: Model) -> tuple[str, Program]:
    """Return the code of a model's passes, and what its names stand for."""
    step, u = traced(model)
    return passes(step, [u])


def _sweep_of(code: str, lanes: int) -> Any:
    """Return the function `sweep` of the code of passes, for trials in so many lanes."""
    # Threads that begin together are to share one function, which is compiled once.
    with _compiling:
        if (code, lanes) not in _compiled:
            names = vars(primitives(lanes))
            made = generated(code, names, f"{lanes} lanes", "neuroswitch.rnn.cells.primitives")
            _compiled[code, lanes] = made.sweep
        return _compiled[code, lanes]


@dataclass(frozen=True)
class Room:
    """The compiled function for blocks of one width, and its arrays."""

    sweep: Any
    buffers: tuple[np.ndarray, ...]  # what the passes compute in
    sums: tuple[tuple[np.ndarray, ...], ...]  # of the gradients, which are parts of:
    lanes: np.ndarray  # [numbers, lanes]
    flat: np.ndarray  # [numbers], the sums over lanes


class CompiledSweep(Sweep):
    """The compiled passes of a model's equations, and their way from and to the parameters."""

    def __init__(self, model: Model, steps: int, dtype: Any) -> None:
        """Trace the equations and compile them.

        Raises
        ------
        UntraceableError : they do what compiled code does not have
        """
        self.model, self.dtype, self._steps = model, np.dtype(dtype).type, steps
        self._code, self._program = code_of(model)
        self._numbers = np.array(self._program.numbers)
        self._sizes = np.array(self._program.sizes)
        self._starts = {
            f"{name}_start": np.full(start[0], start[1], dtype)
            for name, start in model.states.items()
            if not isinstance(start, str)
        }
        self._zeros = {name: np.zeros(shape) for name, shape in model.shapes.items()}
        self._arranged = list[tuple[np.ndarray, Matrix, Any]]()
        self._matrices = tuple(map(self._arrange, self._program.matrices.values()))
        gathered = self._program.gathered.values()
        turned = [flipped(*one.shape) for one in gathered]
        self._shapes: list[tuple[int, ...]] = [
            one.shape[::-1] if turn else one.shape
            for one, turn in zip(gathered, turned, strict=True)
        ]
        self._shapes += [(units,) for _, units in self._program.summed.values()]
        self._ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self._shapes)])
        self._rooms: dict[int, Room] = {}
        self._total = np.empty(self._ends[-1], dtype)
        totals = self._split(self._total)
        # What is prepared, where its gradient stands among the sums, and its factor.
        self._parts = list[tuple[str, np.ndarray, Any]]()
        for one, turn, total in zip(gathered, turned, totals, strict=False):
            first = 0
            for matrix, columns in one.columns:
                part = (total.T if turn else total)[:, first : first + columns]
                first += columns
                if matrix is not None:
                    part = part.T if matrix.transposed else part
                    self._parts.append((matrix.name, part, self.dtype(matrix.factor)))
        summed = self._program.summed.values()
        for (name, _), total in zip(summed, totals[len(turned) :], strict=True):
            self._parts.append((name, total, self.dtype(1)))

    def _split(self, sums: np.ndarray) -> list[np.ndarray]:
        """Return sums [numbers, ...] by gradient."""
        parts = zip(np.split(sums, self._ends[1:-1]), self._shapes, strict=True)
        return [part.reshape(*shape, *sums.shape[1:]) for part, shape in parts]

    def _room(self, lanes: int) -> Room:
        """Return what runs blocks of so many lanes."""
        if lanes not in self._rooms:
            buffers = self._program.buffers.values()
            own = tuple(
                empty((ROWS[kind](self._steps), units, lanes), self.dtype)
                for kind, units in buffers
            )
            buffer = empty((self._ends[-1], lanes), self.dtype)
            sums = self._split(buffer)
            matrices = len(self._program.gathered)
            self._rooms[lanes] = Room(
                _sweep_of(self._code, lanes),
                own,
                (tuple(sums[:matrices]), tuple(sums[matrices:])),
                buffer,
                np.empty_like(self._total),
            )
        return self._rooms[lanes]

    def _arrange(self, joined: tuple[Matrix, ...]) -> np.ndarray:
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

    def run(
        self, vector: np.ndarray, inputs: Blocks, targets: Blocks, weights: Blocks, norm: float
    ) -> tuple[float, np.ndarray, Blocks]:
        """Return loss, gradient and outputs; the loss is divided by the norm."""
        own = self.model.views(vector)
        prepared, pull_back = prepared_by(self.model, own)
        for place, part, factor in self._arranged:
            whole = prepared[part.name].T if part.transposed else prepared[part.name]
            np.multiply(whole[part.first : part.first + len(place)], factor, out=place)
        vectors = tuple(
            self._starts[name] if name in self._starts else np.ascontiguousarray(prepared[name])
            for name in self._program.vectors
        )
        leading = (self._matrices, vectors, self._numbers, self._sizes)
        outputs = self._like(inputs)
        loss = 0.0
        self._total[:] = 0
        for arguments in zip(WIDTHS, inputs, targets, weights, outputs, strict=True):
            lanes, *trials, out = arguments
            if len(out):
                room = self._room(lanes)
                room.lanes[:] = 0
                loss += room.sweep(*leading, *trials, norm, out, room.buffers, *room.sums)
                sum_lanes(room.lanes, room.flat)
                self._total += room.flat
        gradient = self._zeros | pull_back(self._collected())
        return loss, self.model.flatten(gradient, self.dtype), outputs

    def _like(self, inputs: Blocks) -> Blocks:
        units = self._program.buffers["output"][1]
        return tuple(empty((*part.shape[:2], units, part.shape[-1]), self.dtype) for part in inputs)

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

    The reference that compiled passes are tested against, and what a model without them trains by.
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
