"""Train networks on more and more tasks, up to numbers that they cannot hold (O1, O5)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import declare, seeds
from neuroswitch.gates.outlook.contexts import (
    Network,
    OfTask,
    fixed,
    networks_of,
    numbers_of,
    parameters_of,
)
from neuroswitch.gates.outlook.kernel import right_at_once, train_tasks
from neuroswitch.gates.outlook.ladders import chosen_rate
from neuroswitch.progress import Progress
from neuroswitch.schemas import outlook as schemas
from neuroswitch.settings.gates import Capacity, GatePrimary, GateSettings

NOISY_COPIES = 50
"""Copies of a network that noise is put on, of each size of noise."""

GIVEN_UP = 2
"""Failures in a row after which a run tries no more tasks: one may be an unlucky start."""


@declare.training(
    "capacity",
    experiments="gates.capacities",
    script="train_outlook",
    writes={
        "gates/{experiment}/climbs": schemas.CLIMBS,
        "gates/{experiment}/noise": schemas.NOISE,
        "gates/{experiment}/sizes": schemas.SIZES,
    },
)
def train_capacity(
    settings: GateSettings, name: str, cells: Sequence[int], root_seed: int
) -> dict[str, pd.DataFrame]:
    """Train the runs of some cells; a cell is a method at a width and a number of inputs.

    Runs that are held out train at every learning rate. The rate at which they hold most tasks is
    that of the runs that are judged, which have other numbers. A cell's result depends on the
    cell, the settings and the root seed alone.

    Returns the tables `climbs`, a row for each number of tasks that a run tried, `noise` and
    `sizes`.
    """
    chosen = settings.capacities[name]
    progress = Progress(f"{name}, cells {cells[0]}-{cells[-1]}", len(cells), "cells")
    climbs: list[dict[str, Any]] = []
    noise: list[dict[str, Any]] = []
    sizes: list[dict[str, Any]] = []
    # BLAS has only small matrices here. Powers of M overflow where it stretches: runs then fail.
    with threadpool_limits(1), np.errstate(over="ignore", invalid="ignore"):
        for number in cells:
            cell = Cell(chosen, settings.primary, *chosen.cells[number], root_seed)
            held_out = [
                row
                for run in range(chosen.runs, chosen.runs + chosen.held_out_runs)
                for rate in chosen.learning_rate
                for row in cell.climb(run, rate)[0]
            ]
            rate = chosen_rate(pd.DataFrame(held_out))
            climbs += [row | {"held_out": True} for row in held_out]
            for run in range(chosen.runs):
                steps, noisy = cell.climb(run, rate)
                climbs += [row | {"held_out": False} for row in steps]
                noise += noisy
            sizes += cell.sizes()
            progress.advance(1)
    empty = pd.DataFrame(columns=schemas.NOISE.names)
    return {
        "climbs": pd.DataFrame(climbs),
        "noise": pd.DataFrame(noise) if noise else empty,
        "sizes": pd.DataFrame(sizes),
    }


class Cell:
    """A method at a width and a number of inputs; what its runs share."""

    def __init__(
        self,
        chosen: Capacity,
        primary: GatePrimary,
        inputs: int,
        width: int,
        method: str,
        root_seed: int,
    ) -> None:
        self.chosen, self.primary, self.root_seed = chosen, primary, root_seed
        self.inputs, self.width, self.name = inputs, width, method
        self.method = chosen.methods[method]
        self.patterns = patterns(inputs)

    def climb(
        self, run: int, learning_rate: float
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return rows of `climbs` and of `noise` of a run."""
        functions = self._functions(run)
        about = self._about | {"run": run}
        steps: list[dict[str, Any]] = []
        noisy: list[dict[str, Any]] = []
        draw = self._draw(run)
        failed = 0
        for tasks in rungs(self.chosen.tasks, self.inputs):
            own = networks_of(
                self.method,
                self.inputs,
                self.width,
                tasks,
                draw,
                self._stream(run),
                self.primary.initialisation[0],
            )
            targets = functions[:tasks]
            retrained = self._train(own, targets, learning_rate)
            right = self._right(own, targets)
            row = {
                "learning_rate": learning_rate,
                "tasks": tasks,
                "right_tasks": int(right.sum()),
                "retrained_tasks": int(retrained.sum()),
                "solved": bool(right.all()),
            }
            steps.append(about | row)
            failed = 0 if right.all() else failed + 1
            if failed == GIVEN_UP:
                break
            if right.all() and tasks == self.chosen.noisy_tasks:
                rng = self._stream(run)("noise", 0)
                for size in self.chosen.noise:
                    share = self._share_right(own, targets, size, rng)
                    noisy.append(about | {"tasks": tasks, "noise": size, "right_share": share})
        return steps, noisy

    def sizes(self) -> list[dict[str, Any]]:
        """Return rows of `sizes`: how many numbers are trained and fixed with how many tasks."""
        draw = self._draw(0)
        return [
            self._about
            | {
                "tasks": tasks,
                "parameters": parameters_of(self.method, self.inputs, self.width, tasks),
                "fixed_numbers": numbers_of(self.method, tasks, draw),
            }
            for tasks in rungs(self.chosen.tasks, self.inputs)
        ]

    @property
    def _about(self) -> dict[str, Any]:
        return {"inputs": self.inputs, "width": self.width, "method": self.name}

    def _draw(self, run: int) -> Callable[[int], OfTask]:
        """Return what draws the modulators of a run."""
        shift, distribution = self.primary.bias_shift[0], self.primary.shift_distribution[0]
        return fixed(self.method, self.inputs, self.width, shift, distribution, self._stream(run))

    def _train(self, own: list[Network], targets: np.ndarray, rate: float) -> np.ndarray:
        """Train networks, and return whether each task is right after its last period."""
        right = [
            train_tasks(
                network.weights,
                network.biases,
                self.patterns,
                part,
                rate,
                self.primary.period[0],
                self.chosen.cycles,
                network.matrices,
                network.pull_backs,
                network.shifts,
                network.factors,
                network.learnt,
            )
            for network, part in _shared(own, targets)
        ]
        return np.concatenate(right) == len(self.patterns)

    def _right(self, own: list[Network], targets: np.ndarray) -> np.ndarray:
        """Return whether each task is right, by one set of parameters for all."""
        right = [
            right_at_once(
                network.weights,
                network.biases,
                self.patterns,
                part,
                network.matrices,
                network.shifts,
                network.factors,
            )
            for network, part in _shared(own, targets)
        ]
        return np.concatenate(right) == len(self.patterns)

    def _share_right(
        self, own: list[Network], targets: np.ndarray, size: float, rng: np.random.Generator
    ) -> float:
        """Return the share of noisy copies that have all tasks right."""
        copies = [
            self._right([network.with_noise(size, rng) for network in own], targets).all()
            for _ in range(NOISY_COPIES)
        ]
        return float(np.mean(copies))

    def _functions(self, run: int) -> np.ndarray:
        """Return the functions of a run in their order [functions, patterns], as outputs 0 or 1."""
        rng = seeds.generator(self.root_seed, "gates", "capacity", self.inputs, run, "functions")
        codes = rng.permutation(2 ** len(self.patterns))[: max(self.chosen.tasks)]
        return (codes[:, None] >> np.arange(len(self.patterns)) & 1).astype(float)

    def _stream(self, run: int) -> Callable[[str, int], np.random.Generator]:
        def stream(purpose: str, task: int) -> np.random.Generator:
            path = ("gates", "capacity", self.inputs, self.width, run, purpose, task)
            return seeds.generator(self.root_seed, *path)

        return stream


def patterns(inputs: int) -> np.ndarray:
    """Return every pattern of so many inputs [patterns, inputs], each 0 or 1."""
    return (np.arange(2**inputs)[:, None] >> np.arange(inputs)[::-1] & 1).astype(float)


def rungs(tasks: Sequence[int], inputs: int) -> list[int]:
    """Return the numbers of tasks that are no more than the functions of so many inputs."""
    return [number for number in tasks if number <= 2 ** (2**inputs)]


def _shared(own: list[Network], targets: np.ndarray) -> Iterator[tuple[Network, np.ndarray]]:
    """Yield each network with the outputs of its tasks: all of them, or one each."""
    yield from zip(own, np.split(targets, len(own)), strict=True)
