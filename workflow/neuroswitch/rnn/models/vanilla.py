"""The vanilla RNN: a leaky network whose recurrence has full rank."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuroswitch import declare
from neuroswitch.rnn.models import vanilla_kernel as kernel
from neuroswitch.rnn.models.model import Model, Rollout, Sweep
from neuroswitch.rnn.models.sweep import CompiledSweep


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

    def rollout(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Tensor,
        held: Mapping[int, Tensor | float] | None = None,
    ) -> Rollout:
        p = parameters
        x = p["x0"].expand(len(inputs), -1)
        history = []
        for t in range(inputs.shape[1]):
            drive = self.gain * torch.tanh(x) @ p["W"].T + inputs[:, t] @ p["B"].T
            x = x + (drive - x) / self.tau_x
            history.append(x)
        states = torch.stack(history, 1)
        outputs = states @ p["C"].T
        return Rollout(outputs + p["d"] if self.readout_bias else outputs, {"x": states})

    def sweep(self, steps: int, dtype: Any) -> Sweep:
        return VanillaSweep(self, steps, dtype)


class VanillaSweep(CompiledSweep):
    """The compiled rollout, between the parameters and what it computes with."""

    def __init__(self, model: Vanilla, steps: int, dtype: Any) -> None:
        n, o = model.units, model.outputs
        scratch = {
            "x": (steps + 1, n),
            "phi": (steps, n),
            "error": (steps, n),
            "adjoint": (2, n),
            "outputs": (steps, o),
        }
        sums = {"d": (0,)} | model.shapes
        super().__init__(model, dtype, kernel, scratch, sums)
        self._leak = 1 / model.tau_x
        self._factors = {"W": model.gain * self._leak, "B": self._leak}

    def _prepared(self, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        p = {"d": np.zeros(0, self.dtype)} | p
        p |= {name: p[name] * self.dtype(factor) for name, factor in self._factors.items()}
        return p | {"W_back": p["W"].T, "C_back": p["C"].T}

    def _leading(self, prepared: Mapping[str, np.ndarray]) -> tuple[Any, ...]:
        return self.packed(kernel.Weights, prepared), self._leak

    def _collected(
        self, prepared: dict[str, np.ndarray], sums: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        return sums | {name: sums[name] * factor for name, factor in self._factors.items()}
