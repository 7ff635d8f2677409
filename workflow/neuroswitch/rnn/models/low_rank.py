"""The NM-RNN and the low-rank RNN: the same network, with and without a modulator."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from neuroswitch import declare
from neuroswitch.rnn.models import low_rank_kernel as kernel
from neuroswitch.rnn.models.model import Model, Rollout, Sweep
from neuroswitch.rnn.models.sweep import CompiledSweep
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.settings.rnn import Network

MODULATOR = ("W_zz", "B_zu", "A", "c", "W_zx", "b_z")


@declare.model("low_rank")
@dataclass(frozen=True)
class LowRank(Model):
    """A recurrent network whose recurrence has rank R, each component scaled by a signal.

        z <- (1 - 1/tau_z) z + 1/tau_z (W_zz tanh z + B_zu u [+ W_zx phi(x) + b_z])
        s = sigmoid(A z + c), from the new z
        x <- (1 - 1/tau_x) x + 1/tau_x (gain Q diag(s) V^T phi(x) + B_xu u)
        y = C x [+ d], from the new x

    Without modulators s is 1: the low-rank RNN. Q is the orthonormal factor of U, or U.

    Source: paper 2, section 2 and appendix; the low-rank RNN's gain is 1 / N there.
    """

    units: int
    rank: int
    channels: int
    outputs: int
    modulators: int = 0
    x_channels: int | None = None
    """Inputs that x sees, the first ones; z sees all. Nothing: x sees all too."""
    feedback: bool = False
    gain: float = 1.0
    orthonormal: bool = True
    linear: bool = False
    """phi is the identity."""
    readout_bias: bool = True
    tau_x: float = 10.0
    tau_z: float = 100.0
    narrow: bool = False
    """Start as the element finder's networks do: every scale falls with the size."""

    @classmethod
    def of(cls, network: Network, task: Task) -> Self:
        seen = task.SENSORY if network.modulators else None
        return replace(super().of(network, task), x_channels=seen)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n, r, m = self.units, self.rank, self.modulators
        seen = self.channels if self.x_channels is None else self.x_channels
        fed = m if self.feedback else 0
        shapes = {
            "U": (n, r),
            "V": (n, r),
            "B_xu": (n, seen),
            "C": (self.outputs, n),
            "d": (self.outputs if self.readout_bias else 0,),
            "W_zz": (m, m),
            "B_zu": (m, self.channels),
            "A": (r, m),
            "c": (r if m else 0,),
            "W_zx": (fed, n),
            "b_z": (fed,),
            "x0": (n,),
            "z0": (m,),
        }
        return {name: shape for name, shape in shapes.items() if 0 not in shape}

    @property
    def scales(self) -> dict[str, float]:
        n, r, m = self.units, self.rank, max(self.modulators, 1)
        # All channels count, also where x sees the first ones alone (ambiguity A53).
        inputs = dict.fromkeys(("B_xu", "B_zu"), 1 / sqrt(self.channels))
        if not self.narrow:
            big = {"U": 1.0, "V": 1.0, "C": 1 / sqrt(n), "d": 1 / sqrt(n)}
            return inputs | big | {"W_zz": 0.1, "A": 0.1, "c": 0.1, "W_zx": 1 / sqrt(n), "b_z": 0.1}
        recurrent = 1 / sqrt(r) if self.modulators else 1 / sqrt(n)
        return inputs | {
            "U": recurrent,
            "V": recurrent,
            "C": 1 / sqrt(n),
            "d": 1 / sqrt(n),
            "W_zz": 1 / sqrt(m),
            "A": 1 / sqrt(m),
            "b_z": 1 / sqrt(m),
            "c": 1 / sqrt(r),
            "W_zx": 1 / sqrt(n),
            "x0": 1 / sqrt(n),
            "z0": 1 / sqrt(m),
        }

    @property
    def fixed(self) -> tuple[str, ...]:
        return ("x0", "z0") if self.modulators else ("x0",)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        modulator = MODULATOR if self.modulators else ()
        return {
            "recurrence": ("U", "V", "B_xu", "C", "d"),
            "modulator": modulator,
            "modulator_and_readout": (*modulator, "C", "d"),
            "inputs_and_readout": ("B_xu", "C", "d"),
            # Of the NM-RNN it is the modulator that is retrained on a new task.
            "input_pathway": modulator or ("B_xu",),
        }

    def rollout(
        self,
        parameters: Mapping[str, Tensor],
        inputs: Tensor,
        held: Mapping[int, Tensor | float] | None = None,
    ) -> Rollout:
        p = parameters
        trials, steps, _ = inputs.shape
        Q = torch.linalg.qr(p["U"]).Q if self.orthonormal else p["U"]
        x = p["x0"].expand(trials, -1)
        z = p["z0"].expand(trials, -1) if self.modulators else x.new_zeros(trials, 0)
        s = x.new_ones(trials, self.rank)
        history: dict[str, list[Tensor]] = {"x": [], "z": [], "s": []}
        for t in range(steps):
            u = inputs[:, t]
            phi = x if self.linear else torch.tanh(x)
            if self.modulators:
                drive = torch.tanh(z) @ p["W_zz"].T + u @ p["B_zu"].T
                if self.feedback:
                    drive = drive + phi @ p["W_zx"].T + p["b_z"]
                z = z + (drive - z) / self.tau_z
                s = torch.sigmoid(z @ p["A"].T + p["c"])
                for component, value in (held or {}).items():
                    s = s.clone()
                    s[:, component] = value
            drive = self.gain * (phi @ p["V"] * s) @ Q.T + u[:, : p["B_xu"].shape[1]] @ p["B_xu"].T
            x = x + (drive - x) / self.tau_x
            for name, state in (("x", x), ("z", z), ("s", s)):
                history[name].append(state)
        states = {name: torch.stack(values, 1) for name, values in history.items()}
        outputs = states["x"] @ p["C"].T
        return Rollout(outputs + p["d"] if self.readout_bias else outputs, states)

    def sweep(self, steps: int, dtype: Any) -> Sweep:
        return LowRankSweep(self, steps, dtype)


class LowRankSweep(CompiledSweep):
    """The compiled rollout, between the parameters and what it computes with."""

    def __init__(self, model: LowRank, steps: int, dtype: Any) -> None:
        n, r, m, o = model.units, model.rank, model.modulators, model.outputs
        absent = {
            "d": (0,),
            "W_zz": (0, 0),
            "B_zu": (0, model.channels),
            "A": (r, 0),
            "c": (0,),
            "W_zx": (0, n),
            "b_z": (0,),
            "z0": (0,),
        }
        basis = r + model.shapes["B_xu"][1] + 1
        scratch = {
            "basis": (steps + 1, basis),
            "phi": (steps, n),
            "drive": (steps, r),
            "z": (steps + 1, m),
            "rates": (steps, m),
            "s": (steps, r),
            "z_error": (steps, m),
            "outputs": (steps, o),
            "x_error": (kernel.CHUNK, n),
            "adjoint": (1, r),
            "z_adjoint": (2, m),
        }
        sums = absent | model.shapes | {"left": (n, basis - 1), "readout": (o, basis)}
        super().__init__(model, dtype, kernel, scratch, sums)
        self._absent = {name: np.zeros(shape, self.dtype) for name, shape in absent.items()}
        self._rank, self._orthonormal, self._linear = r, model.orthonormal, model.linear
        self._leaks = (1 / model.tau_x, model.gain / model.tau_x, 1 / model.tau_z)

    def _prepared(self, p: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        p = self._absent | p
        Q, factor = np.linalg.qr(p["U"]) if self._orthonormal else (p["U"], np.eye(self._rank))
        basis_to_x = np.concatenate([Q, p["B_xu"], p["x0"][:, None]], 1)
        basis_to_y = p["C"] @ basis_to_x
        return p | {
            "factor": factor,
            "basis_to_x": basis_to_x,
            "basis_to_y": basis_to_y,
            "drive_to_y": basis_to_y[:, : self._rank].T,
            "Q": Q.T,
            "V_read": p["V"].T,
            "W_zz_back": p["W_zz"].T,
            "A_back": p["A"].T,
            "W_zx_back": p["W_zx"].T,
        }

    def _leading(self, prepared: Mapping[str, np.ndarray]) -> tuple[Any, ...]:
        return self.packed(kernel.Weights, prepared), self._leaks, self._linear

    def _collected(
        self, prepared: dict[str, np.ndarray], sums: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Carry the sums on through C [Q B x0] and U = Q R."""
        readout, left = sums["readout"], sums["left"] + prepared["C"].T @ sums["readout"][:, :-1]
        own = left[:, : self._rank]
        return sums | {
            "U": through_qr(prepared["Q"].T, prepared["factor"], own) if self._orthonormal else own,
            "B_xu": left[:, self._rank :],
            "C": readout @ prepared["basis_to_x"].T,
        }


def through_qr(Q: np.ndarray, factor: np.ndarray, from_Q: np.ndarray) -> np.ndarray:
    """Return the gradient of U from the gradient of Q, where U = Q R.

    Source: Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2010).
    """
    inner = -from_Q.T @ Q
    symmetric = np.where(np.tri(len(inner), dtype=bool), inner, inner.T)
    return np.linalg.solve(factor, (from_Q + Q @ symmetric).T).T
