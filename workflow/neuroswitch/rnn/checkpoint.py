"""The state of a training on disk, so that a killed job goes on to the same bits."""

import json
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from neuroswitch.rnn.training import ARRAYS, State
from neuroswitch.store import write_atomically

log = logging.getLogger(__name__)

NUMBERS = ("best_loss", "lowest_loss", "steps", "loss_sum", "diverged_step", "losses")


@dataclass
class Checkpoint:
    """A file for one training. One that other code or another configuration wrote is not used."""

    path: Path
    version: str
    every: float = 10.0
    """Seconds between two savings; it changes no result."""
    _saved: float = field(default_factory=time.monotonic)

    def load(self) -> State | None:
        """Return the state saved last, if there is one that fits."""
        try:
            with np.load(self.path, allow_pickle=False) as archive:
                content = json.loads(str(archive["content"]))
                arrays = {name: archive[name] for name in ARRAYS}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, BadZipFile) as failure:
            log.warning("%s is not readable (%s); training begins anew", self.path, failure)
            return None
        if content.pop("version") != self.version:
            log.info("%s is of another version; training begins anew", self.path)
            return None
        content["losses"] = [(int(step), loss, mean) for step, loss, mean in content["losses"]]
        return State(**arrays, **content)

    def save(self, state: State, *, now: bool = False) -> None:
        """Put the state on disk, whole or not at all, if the last time is long enough ago."""
        if not now and time.monotonic() - self._saved < self.every:
            return
        content = {"version": self.version} | {name: getattr(state, name) for name in NUMBERS}
        arrays = {name: getattr(state, name) for name in ARRAYS}

        def write(part: Path) -> None:
            with part.open("wb") as file:
                np.savez(file, content=np.array(json.dumps(content)), **arrays)

        write_atomically(self.path, write)
        self._saved = time.monotonic()
