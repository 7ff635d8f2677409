"""Trials as the kernels read them: blocks of as many trials as a vector has lanes, trials last."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroswitch.compilation import compiled
from neuroswitch.vectors import empty

WIDTHS = (16, 8)
"""Trials of a block: 16, and 8 in a last block for a rest of at most 8.

They are the same on every processor, so that sums have one order everywhere.
"""

Blocks = tuple[np.ndarray, ...]
"""For each of WIDTHS an array [blocks, steps, units, lanes], which may have no blocks."""


@dataclass(frozen=True)
class Batch:
    """Trials in blocks; lanes beyond the last trial hold zeros, weights included."""

    inputs: Blocks
    targets: Blocks
    weights: Blocks  # [blocks, steps, lanes]
    trials: int
    norm: float

    @classmethod
    def of(
        cls,
        inputs: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        dtype: Any = np.float32,
        chosen: slice | np.ndarray = slice(None),
    ) -> "Batch":
        """Return trials in blocks.

        Parameters
        ----------
        inputs [trials, steps, channels], targets [trials, steps, outputs]
        weights [trials, steps] : of the squared errors; the loss is their weighted mean
        chosen : the trials that are wanted, a slice or indexes
        """
        own = weights[chosen]
        return cls(
            blocks(inputs, dtype, chosen),
            blocks(targets, dtype, chosen),
            tuple(part[:, :, 0] for part in blocks(weights[..., None], dtype, chosen)),
            len(own),
            float(own.sum()) * targets.shape[-1],
        )

    @property
    def steps(self) -> int:
        """Return the steps of a trial."""
        return self.inputs[0].shape[1]

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what the batch was made of, the weights as [trials, steps, 1]."""
        weights = tuple(part[:, :, None] for part in self.weights)
        inputs, targets, weights_of = (
            trials(part, self.trials) for part in (self.inputs, self.targets, weights)
        )
        return inputs, targets, weights_of


def blocks(values: np.ndarray, dtype: Any, chosen: slice | np.ndarray = slice(None)) -> Blocks:
    """Return chosen trials of values [trials, steps, units] in blocks."""
    indexes = np.arange(len(values))[chosen]
    flat = np.ascontiguousarray(values).reshape(len(values), -1)
    found = []
    for lanes, first, last in _shares(len(indexes)):
        part = empty((-(-(last - first) // lanes), *values.shape[1:], lanes), dtype)
        _lay_out(flat, indexes[first:last], part.reshape(len(part), flat.shape[1], lanes))
        found.append(part)
    return tuple(found)


def trials(blocks: Blocks, count: int) -> np.ndarray:
    """Return the first `count` trials [trials, steps, units] of blocks: the way back."""
    flat = [part.transpose(0, 3, 1, 2).reshape(-1, *part.shape[1:3]) for part in blocks]
    return np.concatenate(flat)[:count]


def _shares(count: int) -> Iterator[tuple[int, int, int]]:
    """Yield each of WIDTHS with the first trial of its blocks and the last."""
    wide, narrow = WIDTHS
    rest = count % wide
    edge = count - rest if rest <= narrow else count
    yield wide, 0, edge
    yield narrow, edge, count


@compiled
def _lay_out(values, chosen, out):  # type: ignore[no-untyped-def]
    """Set out [blocks, numbers, lanes] to values[chosen], and lanes beyond them to 0.

    values [all trials, numbers] : read where they are, since a copy of the chosen ones takes longer
        than this does
    """
    lanes = out.shape[2]
    for block in range(len(out)):
        own = chosen[block * lanes : (block + 1) * lanes]
        for number in range(values.shape[1]):
            for lane in range(len(own)):
                out[block, number, lane] = values[own[lane], number]
            for lane in range(len(own), lanes):
                out[block, number, lane] = 0
