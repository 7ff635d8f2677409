"""The LSTM."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import torch

from neuroswitch import declare
from neuroswitch.rnn.models.model import Model


@declare.model("lstm")
@dataclass(frozen=True)
class Lstm(Model):
    """A standard LSTM without a readout bias.

        i, f, o = sigmoid, g = tanh of W_hh h + W_xh u + b, row by row
        c <- f c + i g
        h <- o tanh c
        y = C h

    Source: paper 2, appendix.
    """

    units: int
    channels: int
    outputs: int
    narrow: bool = False
    """Start as in the element finder: inputs have the scale of all other parameters (A55)."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n = self.units
        return {
            "W_hh": (4 * n, n),
            "W_xh": (4 * n, self.channels),
            "b": (4 * n,),
            "C": (self.outputs, n),
            "h0": (n,),
            "c0": (n,),
        }

    @property
    def scales(self) -> dict[str, float]:
        small = 1 / sqrt(self.units)
        inputs = small if self.narrow else 1 / sqrt(self.channels)
        return {"W_hh": small, "W_xh": inputs, "b": small, "C": small}

    @property
    def fixed(self) -> tuple[str, ...]:
        return ("h0", "c0")

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        return {"input_pathway": ("W_xh",)}

    @property
    def states(self) -> dict[str, str | tuple[int, float]]:
        return {"x": "h0", "c": "c0"}

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        i, f, g, o = (p.W_hh @ state.x + p.W_xh @ u + p.b).chunk(4)
        c = torch.sigmoid(f) * state.c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return {"x": h, "c": c}, p.C @ h
