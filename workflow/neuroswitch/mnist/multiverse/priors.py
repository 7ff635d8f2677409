"""What a universe of MNIST is: one joint draw of what paper 1, section 4, leaves open."""

from collections.abc import Mapping
from dataclasses import dataclass

from neuroswitch import seeds
from neuroswitch.settings.mnist import WHOLE_EPOCH
from neuroswitch.universes import LogUniform, Prior, draw, equally

PRIORS: Mapping[str, Prior] = {
    "bias_shift": equally(0.0, 0.1, 0.5),
    "family": equally(
        "per_layer",
        "per_layer_orthogonal",
        "per_layer_signed_permutation",
        "per_layer_diagonal",
    ),
    "scale": LogUniform(0.05, 1),
    "layers": equally("all", "linear", "hidden"),
    "pullback": equally("inverse", "transpose"),
    "learning_rate": LogUniform(0.01, 0.3),
    "momentum": equally(0.0, 0.9),
    "period": equally(1, 10, 100, WHOLE_EPOCH),
    "epochs": equally(1, 3, 10),
    "split": equally("halves", "parity", "random"),
    "outputs": equally(5, 10),
    "extra_input_at": equally("hidden", "image"),
}
"""Choice -> the probability of each value, or the range of a number."""

SCALED = ("per_layer", "per_layer_diagonal")
"""Families that the prior of the scale is for; that of the others is 1."""


@dataclass(frozen=True)
class Universe:
    """A value of every choice; they are columns of schemas.mnist.UNIVERSES."""

    universe: int
    bias_shift: float
    family: str
    scale: float
    layers: str
    pullback: str
    learning_rate: float
    momentum: float
    period: int
    epochs: int
    split: str
    outputs: int
    extra_input_at: str


def universe(number: int, root_seed: int) -> Universe:
    """Return a universe of the sequence of a root seed, by its number from 0 on."""
    rng = seeds.generator(root_seed, "mnist", "multiverse")
    drawn = draw(PRIORS, number, rng)
    if drawn["family"] not in SCALED:
        drawn["scale"] = 1.0
    return Universe(number, **drawn)
