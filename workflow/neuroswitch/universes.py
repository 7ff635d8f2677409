"""Universes: joint draws of open choices, as points of a sequence that fills the space evenly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import qmc


@dataclass(frozen=True)
class LogUniform:
    """Numbers from `low` to `high` whose logarithm is uniform."""

    low: float
    high: float


Prior = Mapping[Any, float] | LogUniform
"""The probability of each value of a choice, or the range of a number."""


def equally(*values: Any) -> dict[Any, float]:
    return {value: 1 / len(values) for value in values}


def draw(priors: Mapping[str, Prior], number: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return a value of each choice: point `number`, from 0, of a scrambled Sobol sequence."""
    place = point(len(priors), number, rng)
    return {
        choice: _value(prior, share)
        for (choice, prior), share in zip(priors.items(), place, strict=True)
    }


def point(choices: int, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return a point [choices] of a scrambled Sobol sequence, each coordinate in [0, 1).

    The sequence is fixed by the state of `rng`, so the first points of a longer sequence are those
    of a shorter one.
    """
    sequence = qmc.Sobol(choices, rng=rng)
    if number > 0:  # It cannot be sent forward by nothing.
        sequence.fast_forward(number)
    place: np.ndarray = sequence.random(1)[0]
    return place


def code(prior: Prior, value: Any) -> float:
    """Return a value as a number: the logarithm of one from a range, else its place in the prior.

    None, which says that nothing was drawn, is NaN.

    >>> code({"torch": 0.7, "normal": 0.3}, "normal")
    1.0
    """
    if value is None:
        return float("nan")
    if isinstance(prior, LogUniform):
        return float(np.log(value))
    return float(list(prior).index(value))


def decoded(prior: Prior, number: float) -> Any:
    """Return the value that a number stands for."""
    if isinstance(prior, LogUniform):
        return float(np.clip(np.exp(number), prior.low, prior.high))
    return list(prior)[int(number)]


def _value(prior: Prior, share: float) -> Any:
    """Return the value of a choice below which this share of its prior lies."""
    if isinstance(prior, LogUniform):
        return float(prior.low * (prior.high / prior.low) ** share)
    # The sum of the probabilities may be below 1 by rounding, and no share lies above the last.
    place = int(np.searchsorted(np.cumsum(list(prior.values()))[:-1], share, side="right"))
    return list(prior)[place]
