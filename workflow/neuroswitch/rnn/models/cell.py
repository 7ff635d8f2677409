"""What networks of gated units share: one state, a readout with a bias, and how they start."""

from dataclasses import dataclass
from math import sqrt

from neuroswitch.rnn.models.model import Model


@dataclass(frozen=True)
class Cell(Model):
    """A network with the state x; its matrices B... read the input, and C and d the state.

    It starts as the LSTM of paper 2 does (ambiguity A153).
    """

    units: int
    channels: int
    outputs: int

    @property
    def scales(self) -> dict[str, float]:
        of_inputs = {name: 1 / sqrt(self.channels) for name in self.groups["input_pathway"]}
        return dict.fromkeys(self.shapes, 1 / sqrt(self.units)) | of_inputs

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        return {"input_pathway": tuple(name for name in self.shapes if name.startswith("B"))}

    @property
    def states(self) -> dict[str, str | tuple[int, float]]:
        return {"x": (self.units, 0.1)}
