"""The reservoir, or echo state network: a vanilla network of which the readout alone is trained."""

from dataclasses import dataclass
from math import sqrt

from neuroswitch import declare
from neuroswitch.rnn.models.vanilla import Vanilla


@declare.model("reservoir")
@dataclass(frozen=True)
class Reservoir(Vanilla):
    """A vanilla network whose recurrent and input weights stay as they were drawn.

    Its W has the spectral radius `radius` in the limit of many units, where the gain is 1.

    Source: Jaeger, The "echo state" approach to analysing and training recurrent networks (2001).
    """

    radius: float = 1.2

    @property
    def scales(self) -> dict[str, float]:
        return super().scales | {"W": self.radius / sqrt(self.units)}

    @property
    def fixed(self) -> tuple[str, ...]:
        return (*super().fixed, "W", "B")

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        return {"input_pathway": ("C", "d") if self.readout_bias else ("C",)}
