"""What a universe is: one joint draw of the choices that paper 1 leaves open, from these priors.

Universes are points of a scrambled Sobol sequence, which fill the space of choices more evenly than
independent draws. The first of a longer sequence are those of a shorter one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd

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

SECOND_ROUND = 1_000_000
"""Number of the first universe of the second round, which no universe of the sequence reaches."""

CONFIRMATION = 2_000_000
"""Number of the universe in which the reconstructed setting is trained anew: none has its draws."""

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
    return of_draw(number, draw(PRIORS, number, seeds.generator(root_seed, "gates", "multiverse")))


def of_draw(number: int, drawn: Mapping[str, Any]) -> Universe:
    """Return the universe in which each choice of PRIORS has the value that was drawn."""
    own = dict(drawn)
    bias_shift, distribution = own.pop("shift")
    if not own.pop("mapping_rate_of_its_own"):
        own["mapping_rate"] = own["learning_rate"]
    if own["family"] not in SCALED:
        own["scale"] = 1.0
    return Universe(number, **own, bias_shift=bias_shift, shift_distribution=distribution)


def drawn_of(universe: Universe) -> dict[str, Any]:
    """Return the value of each choice of PRIORS, the inverse of `of_draw`.

    None where the universe does not use what was drawn: the scale of a family that has none, and a
    learning rate of the mapping that is not of its own.
    """
    own = asdict(universe)
    return own | {
        "scale": own["scale"] if own["family"] in SCALED else None,
        "mapping_rate_of_its_own": (apart := own["mapping_rate"] != own["learning_rate"]),
        "mapping_rate": own["mapping_rate"] if apart else None,
        "shift": (own["bias_shift"], own["shift_distribution"]),
    }


def of_rows(universes: pd.DataFrame) -> list[Universe]:
    """Return the universes of a table that has a column for each choice, row by row."""
    names = [field.name for field in fields(Universe)]
    return [Universe(**row) for row in universes[names].to_dict("records")]
