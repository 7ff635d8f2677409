"""A recurrent network whose units each have one gate.

`units` and other keys of a network in the configuration, `channels` and `outputs` of the task are
filled in by name; `rate` is a field of this model alone, and is set by the network's `options`.
"""

from dataclasses import dataclass

import torch

from neuroswitch import declare
from neuroswitch.rnn.models import Model, Rollout


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

    def rollout(self, parameters, inputs, held=None):
        """Return outputs and states, [trials, steps, ...], of inputs [trials, steps, channels].

        `held` is for networks with a modulating signal.
        """
        W, B, C = (parameters[name].T for name in ("W", "B", "C"))
        states = [inputs.new_zeros(len(inputs), self.units)]
        for u in inputs.unbind(1):
            x = states[-1]
            gate, drive = (x @ W + u @ B).chunk(2, 1)
            states.append(x + self.rate * torch.sigmoid(gate) * (torch.tanh(drive) - x))
        x = torch.stack(states[1:], 1)
        return Rollout(x @ C, {"x": x})
