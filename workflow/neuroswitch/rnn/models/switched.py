"""The bridge between the papers: a recurrent network whose weights a fixed M multiplies."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from neuroswitch import declare, modulation
from neuroswitch.rnn.models.contextual import Contextual
from neuroswitch.rnn.models.model import alike
from neuroswitch.rnn.models.vanilla import Vanilla

CONTEXTS_OF_NONE = 1
"""Contexts of a task that has no channels of a context: all trials are of the first."""


@declare.model("switched")
@dataclass(frozen=True)
class Switched(Contextual):
    """A vanilla network whose weights are M_k W, M_k B and M_k C in the k-th context.

        x <- (1 - 1/tau) x + 1/tau (gain M_k W tanh x + M_k B u)
        y = M_k C x [+ d], from the new x

    Each of the three matrices has an M_k of its own, square and fixed, which multiplies it from the
    left; those of the first context are identities. u are the channels before those of the context,
    so that M_k alone tells the network its task.

    Source: paper 1, section 1.2, with a matrix for each layer, on a network of paper 2.
    """

    family: str = "orthogonal"
    """Of the matrices M: see neuroswitch.modulation."""
    scale: float = 1.0
    """Of the family."""
    modulator_seed: int = 0
    """Of the matrices M, which all runs share; a further context changes no earlier one."""

    @property
    def seen(self) -> int:
        """Return the number of channels that x sees."""
        return self.channels if self.sensory is None else self.sensory

    @property
    def contexts(self) -> int:
        """Return the number of contexts."""
        return CONTEXTS_OF_NONE if self.sensory is None else self.channels - self.sensory

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return super().shapes | {"B": (self.units, self.seen)}

    @cached_property
    def matrices(self) -> dict[str, list[np.ndarray]]:
        """Return the matrices M [rows, rows] of each context, by the name of what they multiply."""
        rng = np.random.default_rng(self.modulator_seed)
        rows = {"W": self.units, "B": self.units, "C": self.outputs}
        found = {name: [np.eye(count)] for name, count in rows.items()}
        for _ in range(self.contexts - 1):
            for name, count in rows.items():
                linear = modulation.draw(rng, self.family, [(count, 1)], self.scale)
                found[name].append(modulation.matrix(linear))
        return found

    @property
    def plain(self) -> Vanilla:
        """Return the vanilla network that this one is in each context."""
        return Vanilla(
            self.units, self.seen, self.outputs, self.gain, self.readout_bias, self.tau_x
        )

    def in_context(self, p: dict[str, Any], context: int) -> dict[str, Any]:
        """Return the parameters of the plain network in a context, in which 0 is the first."""
        return p | {
            name: alike(p[name], Ms[context]) @ p[name] for name, Ms in self.matrices.items()
        }

    def prepare(self, p: dict[str, Any]) -> dict[str, Any]:
        """Return W0, B0, C0, W1 ..., of each context, and what chooses among them.

        Gx0 times the context is 1 for every unit in the first context and 0 in others, Gy0 the same
        for every output.
        """
        made: dict[str, Any] = {}
        for k, of_one in enumerate(np.eye(self.contexts)):
            made |= {f"{name}{k}": value for name, value in self.in_context(p, k).items()}
            for name, count in (("Gx", self.units), ("Gy", self.outputs)):
                made[f"{name}{k}"] = alike(p["W"], np.tile(of_one, (count, 1)))
        return made | {name: p[name] for name in p if name not in self.matrices}

    def pull_back(
        self, prepared: dict[str, np.ndarray], gradients: dict[str, np.ndarray]
    ) -> dict[str, np.ndarray]:
        found = {name: gradients[name] for name in gradients if name in self.shapes}
        for name, Ms in self.matrices.items():
            parts = [gradients[f"{name}{k}"] for k in range(self.contexts)]
            found[name] = sum(alike(part, M.T) @ part for M, part in zip(Ms, parts, strict=True))
        return found

    def step(self, p: Any, state: Any, u: Any) -> tuple[dict[str, Any], Any]:
        def chosen(name: str, values: list[Any]) -> Any:
            if self.sensory is None:
                return values[0]
            context = u[self.sensory :]
            return sum((getattr(p, f"{name}{k}") @ context) * v for k, v in enumerate(values))

        x, each = state.x, range(self.contexts)
        phi, seen = torch.tanh(x), u[: self.seen]
        W, B, C = ([getattr(p, f"{name}{k}") for k in each] for name in "WBC")
        drive = chosen("Gx", [self.gain * (W[k] @ phi) + B[k] @ seen for k in each])
        x = x + (drive - x) / self.tau_x
        y = chosen("Gy", [C[k] @ x for k in each])
        return {"x": x}, y + p.d if self.readout_bias else y
