"""The network of Tsuda et al., whose outgoing weights a neuromodulator scales."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from neuroswitch import declare
from neuroswitch.rnn.models.contextual import Contextual
from neuroswitch.rnn.models.model import alike


@declare.model("tsuda")
@dataclass(frozen=True)
class Tsuda(Contextual):
    """A vanilla network in which the context scales what a fixed part S of the units sends.

        m = 1 + G k, with k the channels of the context, one-hot; G = factor^j - 1 in S, for the
            j-th context from 0, and 0 elsewhere
        x <- (1 - 1/tau) x + 1/tau (gain W (m tanh x) + B u)
        y = C x [+ d], from the new x

    In a task without contexts nothing is scaled.

    Source: Tsuda et al., Neuromodulators generate multiple context-relevant behaviors in a
    recurrent neural network by shifting activity hypertubes (2021).
    """

    factor: float = 2.5
    share: float = 0.5
    """Of the units, that are in S."""
    subset_seed: int = 0
    """Of S, which all runs share."""

    def prepare(self, p: dict[str, Any]) -> dict[str, Any]:
        if self.sensory is None:
            return p
        chosen = np.random.default_rng(self.subset_seed).random(self.units) < self.share
        factors = self.factor ** np.arange(self.channels - self.sensory)
        return p | {"G": alike(p["W"], np.outer(chosen, factors - 1))}

    def pull_back(self, prepared: Any, gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return gradients

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        m = 1.0 if self.sensory is None else 1 + p.G @ u[self.sensory :]
        x = state.x
        x = x + (self.gain * (p.W @ (m * torch.tanh(x))) + p.B @ u - x) / self.tau_x
        y = p.C @ x
        return {"x": x}, y + p.d if self.readout_bias else y
