"""The NM-RNN and the low-rank RNN: the same network, with and without a modulator."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.settings.rnn import Network

SIGNALS: dict[str, Callable[[Any], Any]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "shifted": lambda a: 2 * torch.sigmoid(a + 3) - 1,
    "softplus": torch.nn.functional.softplus,
    "identity": lambda a: a,
}
"""A modulating signal of its drive; the shifted one lies between -1 and 1, and starts near 0.9."""

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

    The state x is linear in what drives it, x = Q alpha + B_xu beta + x0 gamma, where alpha, beta
    and gamma are the recurrent drive, the inputs and 1, each filtered by the leak. The step is
    written in these, so it needs of the N units no more than phi(x), read through V.

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
    signal: str = "sigmoid"
    """How s follows from A z + c: see SIGNALS."""
    modulates: str = "recurrence"
    """What s scales: the components of the recurrence, the inputs of x, the outputs, or several of
    them, such as "recurrence+inputs"; each number of each has a component of s, in this order."""
    reservoir: bool = False
    """U, V and B_xu stay as they were drawn."""

    @classmethod
    def of(cls, network: Network, task: Task) -> Self:
        seen = task.SENSORY if network.modulators else None
        return replace(super().of(network, task), x_channels=seen)

    @property
    def seen(self) -> int:
        """Return the number of inputs that x sees."""
        return self.channels if self.x_channels is None else self.x_channels

    @property
    def targets(self) -> list[tuple[str, int]]:
        """Return what s scales, with the number of its components for each.

        Raises
        ------
        NeuroswitchError : the option names something else
        """
        known = {"recurrence": self.rank, "inputs": self.seen, "outputs": self.outputs}
        return [(name, chosen(known, name, "modulates")) for name in self.modulates.split("+")]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        n, r, m, seen = self.units, self.rank, self.modulators, self.seen
        fed = m if self.feedback else 0
        s = sum(count for _, count in self.targets)
        shapes = {
            "U": (n, r),
            "V": (n, r),
            "B_xu": (n, seen),
            "C": (self.outputs, n),
            "d": (self.outputs if self.readout_bias else 0,),
            "W_zz": (m, m),
            "B_zu": (m, self.channels),
            "A": (s, m),
            "c": (s if m else 0,),
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
        own = ("U", "V", "B_xu") if self.reservoir else ()
        return ("x0", "z0", *own) if self.modulators else ("x0", *own)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        modulator = MODULATOR if self.modulators else ()
        return {
            "recurrence": ("U", "V", "B_xu", "C", "d"),
            "modulator": modulator,
            "inputs_and_readout": ("B_xu", "C", "d"),
            # Of the NM-RNN it is the modulator that is retrained on a new task.
            "input_pathway": modulator or ("B_xu",),
        }

    @property
    def states(self) -> dict[str, str | tuple[int, float]]:
        own = {"alpha": (self.rank, 0.0), "beta": (self.seen, 0.0), "gamma": (1, 1.0)}
        return own | ({"z": "z0"} if self.modulators else {})

    @property
    def hidden(self) -> tuple[str, ...]:
        return ("alpha", "beta", "gamma")

    def prepare(self, p: dict[str, Any]) -> dict[str, Any]:
        qr = np.linalg.qr if isinstance(p["U"], np.ndarray) else torch.linalg.qr
        Q = qr(p["U"])[0] if self.orthonormal else p["U"]
        x0, C = p["x0"][:, None], p["C"]
        return p | {"Q": Q, "X": x0, "CQ": C @ Q, "CB": C @ p["B_xu"], "CX": C @ x0}

    def pull_back(
        self, prepared: dict[str, np.ndarray], gradients: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        p, g = prepared, gradients
        found = {name: value for name, value in g.items() if name not in self.fixed}
        found["C"] = g["CQ"] @ p["Q"].T + g["CB"] @ p["B_xu"].T + g["CX"] @ p["X"].T
        if not self.reservoir:
            Q = g["Q"] + p["C"].T @ g["CQ"]
            found["U"] = through_qr(p["Q"], p["Q"].T @ p["U"], Q) if self.orthonormal else Q
            found["B_xu"] = g["B_xu"] + p["C"].T @ g["CB"]
        return found

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        def x(alpha: Any, beta: Any, gamma: Any) -> Any:
            return p.Q @ alpha + p.B_xu @ beta + p.X @ gamma

        alpha, beta, gamma = state.alpha, state.beta, state.gamma
        phi = x(alpha, beta, gamma)
        phi = phi if self.linear else torch.tanh(phi)
        scaled = {"recurrence": p.V.T @ phi, "inputs": u[: self.seen]}
        also, of_outputs = {}, None
        if self.modulators:
            drive = p.W_zz @ torch.tanh(state.z) + p.B_zu @ u
            if self.feedback:
                drive = drive + p.W_zx @ phi + p.b_z
            z = state.z + (drive - state.z) / self.tau_z
            s = held(chosen(SIGNALS, self.signal, "signal")(p.A @ z + p.c), p.held)
            also = {"z": z, "s": s}
            first = 0
            for name, count in self.targets:
                part = s[first : first + count]
                first += count
                if name == "outputs":
                    of_outputs = part
                else:
                    scaled[name] = scaled[name] * part
        alpha = alpha + (self.gain * scaled["recurrence"] - alpha) / self.tau_x
        beta = beta + (scaled["inputs"] - beta) / self.tau_x
        gamma = gamma - gamma / self.tau_x
        y = p.CQ @ alpha + p.CB @ beta + p.CX @ gamma
        if of_outputs is not None:
            y = of_outputs * y
        own = {"alpha": alpha, "beta": beta, "gamma": gamma, "x": x(alpha, beta, gamma)}
        return own | also, y + p.d if self.readout_bias else y


def chosen(known: Mapping[str, Any], name: str, option: str) -> Any:
    """Return what an option of the model names.

    Raises
    ------
    NeuroswitchError : it names nothing
    """
    if name not in known:
        raise NeuroswitchError(f"options.{option}: {name!r} is unknown; {nearest(name, known)}")
    return known[name]


def held(signal: Any, values: Mapping[int, Tensor | float]) -> Any:
    """Return a signal with some components held at a value, for an ablation."""
    if not values:
        return signal
    parts = list(signal)
    for component, value in values.items():
        parts[component] = torch.as_tensor(value, dtype=signal.dtype).expand_as(parts[component])
    return torch.stack(parts)


def through_qr(Q: np.ndarray, factor: np.ndarray, from_Q: np.ndarray) -> np.ndarray:
    """Return the gradient of U from the gradient of Q, where U = Q R.

    Source: Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2010).
    """
    inner = -from_Q.T @ Q
    symmetric = np.where(np.tri(len(inner), dtype=bool), inner, inner.T)
    return np.linalg.solve(factor, (from_Q + Q @ symmetric).T).T
