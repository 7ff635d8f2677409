"""A recurrent network whose units each have one gate.

`units` and other keys of a network in the configuration, `channels` and `outputs` of the task are
filled in by name; `rate` is a field of this model alone, and is set by the network's `options`.
"""

from dataclasses import dataclass

import torch

from neuroswitch import declare
from neuroswitch.rnn.models import Model


@declare.model("gated")
@dataclass(frozen=True)
class Gated(Model):
    """x <- x + rate sigmoid(g) (tanh(d) - x), y = C x; g and d are the halves of W x + B u."""

    units: int
    channels: int
    outputs: int
    rate: float = 0.5

    @property
    def shapes(self):
        n = self.units
        return {"W": (2 * n, n), "B": (2 * n, self.channels), "C": (self.outputs, n)}

    @property
    def states(self):
        return {"x": (self.units, 0.0)}

    def step(self, p, state, u):
        """Return the states after a step of all trials, and the output."""
        gate, drive = (p.W @ state.x + p.B @ u).chunk(2)
        x = state.x + self.rate * torch.sigmoid(gate) * (torch.tanh(drive) - state.x)
        return {"x": x}, p.C @ x
