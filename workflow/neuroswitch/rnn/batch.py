"""Trials as the kernels read them: blocks of LANES trials, trials last."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from neuroswitch.rnn.algebra import empty
from neuroswitch.rnn.lanes import LANES


@dataclass(frozen=True)
class Batch:
    """Trials in blocks; lanes beyond the last trial hold zeros, weights included."""

    inputs: np.ndarray  # [blocks, steps, channels, LANES]
    targets: np.ndarray  # [blocks, steps, outputs, LANES]
    weights: np.ndarray  # [blocks, steps, LANES]
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
            blocks(weights[..., None], dtype)[:, :, 0],
            len(inputs),
            float(weights.sum()) * targets.shape[-1],
        )


def blocks(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Return [blocks, steps, units, LANES] from [trials, steps, units]."""
    trials, steps, units = values.shape
    count = -(-trials // LANES)
    result = empty((count, steps, units), dtype)
    result[-1] = 0
    for block in range(count):
        part = values[block * LANES : (block + 1) * LANES]
        result[block, ..., : len(part)] = part.transpose(1, 2, 0)
    return result


def trials(values: np.ndarray, count: int) -> np.ndarray:
    """Return the first `count` trials [trials, steps, units] of blocks: the way back."""
    flat = values.transpose(0, 3, 1, 2).reshape(-1, *values.shape[1:3])
    return flat[:count]
