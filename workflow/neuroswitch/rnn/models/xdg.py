"""Context-dependent gating (XdG)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from neuroswitch import declare
from neuroswitch.rnn.models.contextual import Contextual
from neuroswitch.rnn.models.model import alike


@declare.model("xdg")
@dataclass(frozen=True)
class Xdg(Contextual):
    """A vanilla network of which a fixed random part is silent in each context.

        m = G k, with k the channels of the context, one-hot, and G of 0 and 1
        x <- (1 - 1/tau) x + 1/tau (gain W (m tanh x) + B u)
        y = C (m x) [+ d], from the new x

    In a task without contexts every unit is open.

    Source: Masse, Grant and Freedman, Alleviating catastrophic forgetting using context-dependent
    gating and synaptic stabilization (2018).
    """

    open_share: float = 0.2
    """Of the units, in each context."""
    gate_seed: int = 0
    """Of G, which all runs share; a further context changes no earlier one."""

    def prepare(self, p: dict[str, Any]) -> dict[str, Any]:
        if self.sensory is None:
            return p
        rng = np.random.default_rng(self.gate_seed)
        drawn = rng.random((self.channels - self.sensory, self.units)).T
        return p | {"G": alike(p["W"], drawn < self.open_share)}

    def pull_back(self, prepared: Any, gradients: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return gradients

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        m = 1.0 if self.sensory is None else p.G @ u[self.sensory :]
        x = state.x
        x = x + (self.gain * (p.W @ (m * torch.tanh(x))) + p.B @ u - x) / self.tau_x
        y = p.C @ (m * x)
        return {"x": x}, y + p.d if self.readout_bias else y
