"""A recurrent network whose units each have one gate."""

from dataclasses import dataclass

import torch

from neuroswitch import declare
from neuroswitch.rnn.models import Model, Rollout


@declare.model("gated")
@dataclass(frozen=True)
class Gated(Model):
    """x <- x + rate sigmoid(g) (tanh(d) - x), where g and d are W x + B u; y = C x.

    `rate` is set by the network's `options` in the configuration.
    """

    units: int
    channels: int
    outputs: int
    rate: float = 0.5

    @property
    def shapes(self):
        n = self.units
        return {"W": (2 * n, n), "B": (2 * n, self.channels), "C": (self.outputs, n)}

    def rollout(self, parameters, inputs, held=None):
        W, B, C = (parameters[name].T for name in ("W", "B", "C"))
        states = [inputs.new_zeros(len(inputs), self.units)]
        for u in inputs.unbind(1):
            x = states[-1]
            gate, drive = (x @ W + u @ B).chunk(2, 1)
            states.append(x + self.rate * torch.sigmoid(gate) * (torch.tanh(drive) - x))
        x = torch.stack(states[1:], 1)
        return Rollout(x @ C, {"x": x})
