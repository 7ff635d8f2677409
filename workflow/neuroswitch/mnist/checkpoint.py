"""The state of a job on disk, so that a killed job goes on from its last epoch."""

import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuroswitch import checkpoints
from neuroswitch.mnist.training import RunResult, RunState, Score

NONE = np.empty((0, 0))

log = logging.getLogger(__name__)


@dataclass
class Checkpoint:
    """A file beside a job's outputs: the runs that are done, and the one in progress.

    A run is told by its position among the job's runs. A file of another version, which
    other code or another configuration wrote, is not used.
    """

    path: Path
    version: str

    def load(self) -> tuple[list[RunResult], RunState | None]:
        """Return the runs done, without their vectors, and the next one if it was begun."""
        found = checkpoints.read(self.path, self.version)
        if found is None:
            return [], None
        content, arrays = found
        done = [RunResult(number, _state(plain, NONE, NONE)) for number, plain in content["done"]]
        state = None if content["begun"] is None else _state(content["begun"], **arrays)
        log.info(
            "continue from %s: %d runs done, %d epochs of the next one",
            self.path,
            len(done),
            state.epochs if state else 0,
        )
        return done, state

    def save(self, done: list[RunResult], begun: RunState | None) -> None:
        """Put the state on disk, whole or not at all."""
        arrays = {
            "parameters": NONE if begun is None else begun.parameters,
            "velocities": NONE if begun is None else begun.velocities,
        }
        content = {
            "done": [(result.condition_number, _plain(result.state)) for result in done],
            "begun": None if begun is None else _plain(begun),
        }
        checkpoints.write(self.path, self.version, content, arrays)


def _plain(state: RunState) -> dict[str, Any]:
    return {
        "epochs": state.epochs,
        "diverged_epoch": state.diverged_epoch,
        "scores": [asdict(score) for score in state.scores],
    }


def _state(plain: dict[str, Any], parameters: np.ndarray, velocities: np.ndarray) -> RunState:
    scores = tuple(Score(**score) for score in plain["scores"])
    return RunState(plain["epochs"], parameters, velocities, plain["diverged_epoch"], scores)
