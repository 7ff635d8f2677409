"""Trials as the kernels read them: blocks of as many trials as a vector has lanes, trials last."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

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
        cls, inputs: np.ndarray, targets: np.ndarray, weights: np.ndarray, dtype: Any = np.float32
    ) -> "Batch":
        """Return trials in blocks.

        Parameters
        ----------
        inputs [trials, steps, channels], targets [trials, steps, outputs]
        weights [trials, steps] : of the squared errors; the loss is their weighted mean
        """
        return cls(
            blocks(inputs, dtype),
            blocks(targets, dtype),
            tuple(part[:, :, 0] for part in blocks(weights[..., None], dtype)),
            len(inputs),
            float(weights.sum()) * targets.shape[-1],
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


def blocks(values: np.ndarray, dtype: Any) -> Blocks:
    """Return trials [trials, steps, units] in blocks."""
    return tuple(
        _blocks(values[first:last], lanes, dtype) for lanes, first, last in _shares(len(values))
    )


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


def _blocks(values: np.ndarray, lanes: int, dtype: Any) -> np.ndarray:
    """Return [blocks, steps, units, lanes] of trials [trials, steps, units]."""
    count, steps, units = values.shape
    result = empty((-(-count // lanes), steps, units, lanes), dtype)
    result[-1:] = 0
    for block, whole in enumerate(result):
        part = values[block * lanes : (block + 1) * lanes]
        whole[..., : len(part)] = part.transpose(1, 2, 0)
    return result
