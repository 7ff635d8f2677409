"""The state of a training on disk, so that a killed job goes on to the same bits."""

import time
from dataclasses import dataclass, field, fields
from pathlib import Path

from neuroswitch import checkpoints
from neuroswitch.rnn.training import ARRAYS, State

NUMBERS = tuple(f.name for f in fields(State) if f.name not in ARRAYS)


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
        found = checkpoints.read(self.path, self.version)
        if found is None:
            return None
        content, arrays = found
        content["losses"] = [(int(step), loss, mean) for step, loss, mean in content["losses"]]
        return State(**(content | arrays))

    def save(self, state: State, *, now: bool = False) -> None:
        """Put the state on disk, whole or not at all, if the last time is long enough ago."""
        if not now and time.monotonic() - self._saved < self.every:
            return
        numbers = {name: getattr(state, name) for name in NUMBERS}
        arrays = {name: getattr(state, name) for name in ARRAYS}
        checkpoints.write(self.path, self.version, numbers, arrays)
        self._saved = time.monotonic()
