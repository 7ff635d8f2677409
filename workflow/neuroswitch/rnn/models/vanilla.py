"""The vanilla RNN: a leaky network whose recurrence has full rank."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import torch

from neuroswitch import declare
from neuroswitch.rnn.models.model import Model


@declare.model("vanilla")
@dataclass(frozen=True)
class Vanilla(Model):
    """A recurrent network of full rank.

        x <- (1 - 1/tau) x + 1/tau (gain W tanh x + B u)
        y = C x [+ d], from the new x

    Source: paper 2, appendix; the gain is 1 / N there.
    """

    units: int
    channels: int
    outputs: int
    gain: float = 1.0
    readout_bias: bool = True
    tau_x: float = 10.0
    narrow: bool = False
    """Draw the state at the start once, as the element finder's networks do."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n = self.units
        shapes: dict[str, tuple[int, ...]] = {
            "W": (n, n),
            "B": (n, self.channels),
            "C": (self.outputs, n),
        }
        bias: dict[str, tuple[int, ...]] = {"d": (self.outputs,)} if self.readout_bias else {}
        return shapes | bias | {"x0": (n,)}

    @property
    def scales(self) -> dict[str, float]:
        small = 1 / sqrt(self.units)
        scales = {"W": 1.0, "B": 1 / sqrt(self.channels), "C": small, "d": small}
        return scales | ({"x0": small} if self.narrow else {})

    @property
    def fixed(self) -> tuple[str, ...]:
        return ("x0",)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        return {"input_pathway": ("B",)}

    @property
    def states(self) -> dict[str, str | tuple[int, float]]:
        return {"x": "x0"}

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        x = state.x
        x = x + (self.gain * (p.W @ torch.tanh(x)) + p.B @ u - x) / self.tau_x
        y = p.C @ x
        return {"x": x}, y + p.d if self.readout_bias else y
