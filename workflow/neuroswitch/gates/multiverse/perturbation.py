"""Draw universes that are like accepted ones: the second round of approximate Bayesian computation.

The first round draws universes from the priors and accepts the nearest to what the paper reports.
The second round picks one of these at random and perturbs each of its choices by a kernel.

Source: Beaumont, Cornuet, Marin and Robert, Biometrika 96 (2009), for the normal kernel of
twice the variance. Choices among a few values, and numbers that not every universe has, are added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr, ndtri

from neuroswitch import seeds
from neuroswitch.gates.multiverse.priors import (
    PRIORS,
    SECOND_ROUND,
    Universe,
    drawn_of,
    of_draw,
)
from neuroswitch.universes import LogUniform, Prior, code, decoded

STAYS = 0.9
"""Probability with which a choice among a few values keeps that of the picked universe; else it is
drawn from its prior, which can give the same value again."""

WIDENED = 2.0
"""Variance of the kernel of a number, over that of the accepted universes."""

Codes = dict[str, Float[np.ndarray, " universes"]]
"""Choice -> its value in each universe as a number (`universes.code`); NaN: not drawn."""


@dataclass(frozen=True)
class Kernel:
    """Universes to begin from, all equally probable, and how far each number is moved.

    A number from a range has a normal kernel on the scale of its logarithm, cut off at the ends of
    the range. Where the picked universe has no such number, or where fewer than two accepted
    universes differ in it (its spread is then 0), it is drawn from its prior.

    parents : codes of the accepted universes
    spreads : standard deviation of the kernel of each number, of its natural logarithm
    """

    parents: Codes
    spreads: Mapping[str, float]

    @property
    def size(self) -> int:
        """Return how many universes it begins from."""
        return len(next(iter(self.parents.values())))


def kernel(accepted: Sequence[Universe]) -> Kernel:
    """Return the kernel around some universes, one or more."""
    parents = codes(accepted)
    spreads = {
        name: float(np.sqrt(WIDENED * np.var(known))) if len(known) else 0.0
        for name, prior in PRIORS.items()
        if isinstance(prior, LogUniform)
        for known in [parents[name][np.isfinite(parents[name])]]
    }
    return Kernel(parents, spreads)


def codes(universes: Sequence[Universe]) -> Codes:
    """Return the choices of universes as numbers."""
    drawn = [drawn_of(universe) for universe in universes]
    return {
        name: np.array([code(prior, each[name]) for each in drawn])
        for name, prior in PRIORS.items()
    }


def second_round(number: int, root_seed: int, around: Kernel) -> Universe:
    """Return a universe of the second round, by its number in it from 0 on.

    It depends on the number, the root seed and the kernel alone.
    """
    rng = seeds.generator(root_seed, "gates", "second round", number)
    return of_draw(SECOND_ROUND + number, perturbed(around, rng))


def perturbed(around: Kernel, rng: np.random.Generator) -> dict[str, Any]:
    """Return a value of each choice of PRIORS, drawn from the kernel."""
    parent = int(rng.integers(around.size))
    return {
        name: decoded(prior, _moved(prior, codes[parent], around.spreads.get(name, 0.0), rng))
        for (name, prior), codes in zip(PRIORS.items(), around.parents.values(), strict=True)
    }


def _moved(prior: Prior, parent: float, spread: float, rng: np.random.Generator) -> float:
    """Return the code of one choice after its perturbation."""
    if not isinstance(prior, LogUniform):
        if rng.random() < STAYS:
            return parent
        return float(rng.choice(len(prior), p=list(prior.values())))
    low, high = np.log(prior.low), np.log(prior.high)
    share = rng.random()
    if np.isnan(parent) or spread == 0:
        return float(low + share * (high - low))
    ends = ndtr((np.array([low, high]) - parent) / spread)
    return float(parent + spread * ndtri(ends[0] + share * (ends[1] - ends[0])))


def over_prior(around: Kernel, universes: Sequence[Universe]) -> Float[np.ndarray, " universes"]:
    """Return how much more probable the kernel makes each universe than the priors do.

    It is the ratio of the two densities, the mean over the universes that the kernel begins from.
    """
    found = codes(universes)
    ratios = np.ones((len(universes), around.size))
    for name, prior in PRIORS.items():
        child, parent = found[name][:, None], around.parents[name][None, :]
        if isinstance(prior, LogUniform):
            ratios *= _over_range(child, parent, around.spreads[name], prior)
        else:
            shares = np.array(list(prior.values()))[child.astype(int)]
            ratios *= STAYS * (child == parent) / shares + 1 - STAYS
    mean: np.ndarray = ratios.mean(axis=1)
    return mean


def _over_range(
    child: np.ndarray, parent: np.ndarray, spread: float, prior: LogUniform
) -> np.ndarray:
    """Return the ratio for one number, [universes, parents]; 1 where it comes from its prior."""
    drawn = np.isfinite(child) & np.isfinite(parent)
    if spread == 0:
        return np.ones(drawn.shape)
    low, high = np.log(prior.low), np.log(prior.high)
    inside = ndtr((high - parent) / spread) - ndtr((low - parent) / spread)
    density = np.exp(-(((child - parent) / spread) ** 2) / 2) / np.sqrt(2 * np.pi) / spread
    return np.where(drawn, density / inside * (high - low), 1.0)
