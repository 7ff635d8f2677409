"""The gated recurrent unit."""

from dataclasses import dataclass
from typing import Any

import torch

from neuroswitch import declare
from neuroswitch.rnn.models.cell import Cell


@declare.model("gru")
@dataclass(frozen=True)
class Gru(Cell):
    """A GRU with a linear readout.

        r, k = sigmoid of W_g h + B_g u + b_g, row by row
        h <- k h + (1 - k) tanh(W (r h) + B u + b)
        y = C h + d

    Source: Cho et al., Learning phrase representations using RNN encoder-decoder (2014).
    """

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n = self.units
        return {
            "W_g": (2 * n, n),
            "B_g": (2 * n, self.channels),
            "b_g": (2 * n,),
            "W": (n, n),
            "B": (n, self.channels),
            "b": (n,),
            "C": (self.outputs, n),
            "d": (self.outputs,),
        }

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        h = state.x
        r, k = (p.W_g @ h + p.B_g @ u + p.b_g).chunk(2)
        new = torch.tanh(p.W @ (torch.sigmoid(r) * h) + p.B @ u + p.b)
        h = new + torch.sigmoid(k) * (h - new)
        return {"x": h}, p.C @ h + p.d
