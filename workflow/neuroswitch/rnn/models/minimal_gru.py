"""The minimal gated unit."""

from dataclasses import dataclass
from typing import Any

import torch

from neuroswitch import declare
from neuroswitch.rnn.models.cell import Cell


@declare.model("minimal_gru")
@dataclass(frozen=True)
class MinimalGru(Cell):
    """A GRU with one gate, which both forgets and resets; a linear readout.

        f = sigmoid(W_f h + B_f u + b_f)
        h <- (1 - f) h + f tanh(W (f h) + B u + b)
        y = C h + d

    Source: Zhou et al., Minimal gated unit for recurrent neural networks (2016).
    """

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n = self.units
        return {
            "W_f": (n, n),
            "B_f": (n, self.channels),
            "b_f": (n,),
            "W": (n, n),
            "B": (n, self.channels),
            "b": (n,),
            "C": (self.outputs, n),
            "d": (self.outputs,),
        }

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        h = state.x
        f = torch.sigmoid(p.W_f @ h + p.B_f @ u + p.b_f)
        h = h + f * (torch.tanh(p.W @ (f * h) + p.B @ u + p.b) - h)
        return {"x": h}, p.C @ h + p.d
