"""The LSTM."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuroswitch import declare
from neuroswitch.rnn.models import lstm_kernel as kernel
from neuroswitch.rnn.models.model import Model, Rollout, Sweep
from neuroswitch.rnn.models.sweep import CompiledSweep


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

    def rollout(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Tensor,
        held: Mapping[int, Tensor | float] | None = None,
    ) -> Rollout:
        p = parameters
        h, c = (p[name].expand(len(inputs), -1) for name in ("h0", "c0"))
        history: dict[str, list[Tensor]] = {"x": [], "c": []}
        for t in range(inputs.shape[1]):
            i, f, g, o = (h @ p["W_hh"].T + inputs[:, t] @ p["W_xh"].T + p["b"]).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            history["x"].append(h)
            history["c"].append(c)
        states = {name: torch.stack(values, 1) for name, values in history.items()}
        return Rollout(states["x"] @ p["C"].T, states)

    def sweep(self, steps: int, dtype: Any) -> Sweep:
        return LstmSweep(self, steps, dtype)


class LstmSweep(CompiledSweep):
    """The compiled rollout, between the parameters and what it computes with."""

    def __init__(self, model: Lstm, steps: int, dtype: Any) -> None:
        n = model.units
        scratch = {
            "h": (steps + 1, n),
            "c": (steps + 1, n),
            "gates": (steps, 4 * n),
            "squashed": (steps, n),
            "adjoint": (2, n),
            "outputs": (steps, model.outputs),
        }
        super().__init__(model, dtype, kernel, scratch, model.shapes)

    def _prepared(self, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(p) | {"W_hh_back": p["W_hh"].T, "C_back": p["C"].T}

    def _leading(self, prepared: Mapping[str, np.ndarray]) -> tuple[Any, ...]:
        return (self.packed(kernel.Weights, prepared),)

    def _collected(
        self, prepared: dict[str, np.ndarray], sums: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        return sums
