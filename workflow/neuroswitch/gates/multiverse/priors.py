"""What a universe is: one joint draw of the choices that paper 1 leaves open, from these priors.

Universes are points of a scrambled Sobol sequence, which fill the space of choices more evenly than
independent draws. The first of a longer sequence are those of a shorter one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from neuroswitch import seeds
from neuroswitch.universes import LogUniform, Prior, draw, equally

PRIORS: Mapping[str, Prior] = {
    "family": {
        "uniform": 0.30,
        "near_identity": 0.25,
        "gaussian": 0.15,
        "orthogonal": 0.10,
        "diagonal": 0.10,
        "per_layer": 0.10,
    },
    "scale": LogUniform(0.05, 2),
    "shared_modulator": equally(False, True),
    "width": {2: 0.25, 3: 0.15, 4: 0.25, 8: 0.25, 16: 0.10},
    "loss": {"cross_entropy": 0.65, "mean_squared_error": 0.35},
    "batch": equally("full", "single", "ordered"),
    "learning_rate": LogUniform(0.001, 1),
    "mapping_rate_of_its_own": {False: 0.7, True: 0.3},
    "mapping_rate": LogUniform(0.001, 1),
    "budget": equally("cycles_500", "phases_500", "epochs_2500"),
    "period": {10: 0.7, 5: 0.3},
    "initialisation": {"torch": 0.70, "normal": 0.15, "glorot": 0.15},
    "shared_start": {False: 0.7, True: 0.3},
    "shift": equally(
        (0.0, "normal"), (0.1, "normal"), (0.5, "normal"), (1.0, "normal"), (1.0, "uniform")
    ),
}
"""Choice -> the probability of each value, or the range of a number. A shift is what the numbers
of v are multiplied by, and their distribution."""

SCALED = ("near_identity", "diagonal", "per_layer")
"""Families that the prior of the scale is for; that of all others is 1."""


@dataclass(frozen=True)
class Universe:
    """A value of every choice that paper 1 leaves open; they are columns of schemas.multiverse."""

    universe: int
    family: str
    scale: float
    shared_modulator: bool
    width: int
    loss: str
    batch: str
    learning_rate: float
    mapping_rate: float
    budget: str
    period: int
    initialisation: str
    shared_start: bool
    bias_shift: float
    shift_distribution: str


def universe(number: int, root_seed: int) -> Universe:
    """Return a universe of the sequence of a root seed, by its number from 0 on."""
    drawn = draw(PRIORS, number, seeds.generator(root_seed, "gates", "multiverse"))
    bias_shift, distribution = drawn.pop("shift")
    if not drawn.pop("mapping_rate_of_its_own"):
        drawn["mapping_rate"] = drawn["learning_rate"]
    if drawn["family"] not in SCALED:
        drawn["scale"] = 1.0
    return Universe(number, **drawn, bias_shift=bias_shift, shift_distribution=distribution)
