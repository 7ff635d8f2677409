"""The neuromodulated bistable recurrent cell."""

from dataclasses import dataclass
from typing import Any

import torch

from neuroswitch import declare
from neuroswitch.rnn.models.cell import Cell


@declare.model("nbrc")
@dataclass(frozen=True)
class Nbrc(Cell):
    """A network whose other units set how each unit keeps itself; a linear readout.

        a = 1 + tanh(W_a h + B_a u), above 1 where the unit is bistable
        c = sigmoid(W_c h + B_c u)
        h <- c h + (1 - c) tanh(B u + a h)
        y = C h + d

    Source: Vecoven, Ernst and Drion, A bio-inspired bistable recurrent cell allows for long-lasting
    memory (2021).
    """

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n = self.units
        return {
            "W_a": (n, n),
            "B_a": (n, self.channels),
            "W_c": (n, n),
            "B_c": (n, self.channels),
            "B": (n, self.channels),
            "C": (self.outputs, n),
            "d": (self.outputs,),
        }

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        h = state.x
        a = 1 + torch.tanh(p.W_a @ h + p.B_a @ u)
        c = torch.sigmoid(p.W_c @ h + p.B_c @ u)
        new = torch.tanh(p.B @ u + a * h)
        h = new + c * (h - new)
        return {"x": h}, p.C @ h + p.d
