"""Parts of a claim: a number each, what it is compared with, and what it says in a sentence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from neuroswitch.claims import statistics
from neuroswitch.claims.statistics import Bound, Estimate

HALF = 0.5
"""A property of one example network is typical where more networks have it than do not."""


@dataclass(frozen=True)
class Null:
    """The same number where the effect cannot exist: untrained networks, shuffled labels.

    what : where that is
    p : one-sided, of the test that the part is no farther on the right side than its null
    unit : of its value; nothing: that of the part
    """

    what: str
    value: float
    low: float
    high: float
    p: float
    unit: str = ""


@dataclass(frozen=True)
class Part:
    """A number that decides a claim, or that is shown beside it.

    role : `judged`, tested against a bound; `example`, how many networks show what the paper shows
        in one; `beside`, shown and not judged
    label : what the number is; a threshold of the claim can stand in it by its name in braces
    says : a sentence with {value}, {low}, {high}, {n} or {null}
    unit : of the value; `%` for shares and `points` for differences of shares
    tests : how many numbers it was chosen from as the best ("any of")
    outcome : where a rule of its own has decided it; otherwise empty
    rule : what that rule compares, in the place of the bound
    """

    role: str
    label: str
    estimate: Estimate
    unit: str = ""
    says: str = ""
    null: Null | None = None
    tests: int = 1
    outcome: str = ""
    rule: str = ""


def judged(
    label: str,
    estimate: Estimate,
    says: str,
    unit: str = "",
    null: Null | None = None,
    outcome: str = "",
    rule: str = "",
) -> Part:
    """Return a part that is tested against a bound, and beyond its null where it has one."""
    return Part("judged", label, estimate, unit, says, null, outcome=outcome, rule=rule)


def example(
    label: str, networks: ArrayLike, says: str, null: tuple[str, ArrayLike] | None = None
) -> Part:
    """Return the share of networks that show what the paper shows in one of its own.

    Parameters
    ----------
    networks : bool [networks]
    null : what the control is, and which networks show it there
    """
    bound = statistics.above(HALF)
    control = None
    if null:
        shown = statistics.rate(null[1], bound)
        control = Null(null[0], shown.value, shown.low, shown.high, np.nan)
    return Part("example", label, statistics.rate(networks, bound), "%", says, control)


def beside(label: str, estimate: Estimate, unit: str = "") -> Part:
    """Return a number that is shown and not judged."""
    return Part("beside", label, estimate, unit)


def control(what: str, null: Estimate, beyond: Estimate, unit: str = "") -> Null:
    """Return a null control from its number, and from the test of the difference to it."""
    return Null(what, null.value, null.low, null.high, beyond.p_supported, unit)


def shown(value: float, n: int) -> Estimate:
    """Return a number without an interval, to be shown beside a claim."""
    return Estimate(float(value), np.nan, np.nan, "none", n, Bound(np.nan, True), np.nan, np.nan)
