"""What every task gives: trials with inputs, targets, weights of the loss, and labels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from neuroswitch.rnn.noise import normals

if TYPE_CHECKING:
    from jaxtyping import Float32, Shaped


@dataclass(frozen=True)
class Trials:
    """Some trials of one task, all of one length.

    The loss of outputs y is sum(weights * mean over outputs of (y - targets)^2) / sum(weights),
    both sums over trials and steps.

    weights : >= 0, each step's share in the loss
    labels : what each trial is, by name; steps count from 0, angles are in radians
    """

    inputs: Float32[np.ndarray, "trials steps channels"]
    targets: Float32[np.ndarray, "trials steps outputs"]
    weights: Float32[np.ndarray, "trials steps"]
    labels: dict[str, Shaped[np.ndarray, " trials"]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.inputs)

    def __getitem__(self, part: slice | np.ndarray) -> Trials:
        """Return some of the trials: a slice, a mask [trials], or indexes."""
        labels = {name: values[part] for name, values in self.labels.items()}
        return Trials(self.inputs[part], self.targets[part], self.weights[part], labels)

    def noisy(
        self, rng: np.random.Generator, deviation: float, channels: slice = slice(None)
    ) -> Trials:
        """Return the trials with Gaussian noise on some inputs, fresh at every step (A36).

        deviation : standard deviation of the noise; 0 draws none
        """
        if not deviation:
            return self
        inputs = self.inputs.astype(np.float32)
        noise = normals(rng, inputs[..., channels].shape)
        noise *= deviation
        inputs[..., channels] += noise
        return replace(self, inputs=inputs)
