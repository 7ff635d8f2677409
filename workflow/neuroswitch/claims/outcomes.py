"""From parts to outcomes: directions, null controls, and Holm's correction over the claims."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from neuroswitch.claims.parts import HALF, Part
from neuroswitch.claims.statistics import holm
from neuroswitch.numbers import number

Name = TypeVar("Name", bound=Hashable)

LEVEL = 0.05
"""Of every two-sided test, after Holm's correction over the claims of a paper."""

FEWEST_EXAMPLES = 4
"""Fewest networks that show how often something occurs: with three, all of them have a Wilson
interval that reaches below a half."""

LETTERS = "SNXRO"
"""First letters of claims in their order: paper 1, paper 2, ours, and beyond the papers."""

SUPPORTED = "supported"
TYPICAL = "typical"
OCCURS = "occurs"
NOT_SPECIFIC = "not specific"
INCONCLUSIVE = "inconclusive"
NOT_FOUND = "not found"
CONTRADICTED = "contradicted"
NOT_TESTABLE = "not testable"

OUTCOMES = {
    SUPPORTED: "the number is on the claim's side, and the test rejects the other side",
    TYPICAL: "more than half of the networks show what the paper shows in one of its own",
    OCCURS: "some networks show it, and not most; more than in the null control, which is the same "
    "where the effect cannot exist",
    NOT_SPECIFIC: "supported, but not shown to be beyond its null control",
    INCONCLUSIVE: "the test rejects neither side, or there are too few networks to decide",
    NOT_FOUND: "not shown to be in more networks than in the null control",
    CONTRADICTED: "the number is on the other side, and the test rejects the claim's side",
    NOT_TESTABLE: "the tables do not hold what is compared",
}
"""Outcome -> what it means; from best to worst, and a claim takes the worst of its parts."""


def place_of(claim: str) -> tuple[int, int]:
    """Return what puts claims in order, by letter and number; those of other letters come last.

    >>> sorted(["E1", "X1", "S10", "N2", "S9"], key=place_of)
    ['S9', 'S10', 'N2', 'X1', 'E1']
    """
    return (LETTERS + claim[0]).index(claim[0]), int(claim[1:])


@dataclass(frozen=True)
class Decided:
    """A part with its outcome.

    p : two-sided
    p_adjusted : after all corrections
    least_p : the smallest p-value that so many runs can give, after the corrections
    """

    part: Part
    outcome: str
    p: float = np.nan
    p_adjusted: float = np.nan
    least_p: float = 0.0


def decide(claims: Mapping[Name, Sequence[Part]]) -> dict[Name, list[Decided]]:
    """Return the decided parts of each claim of one paper; those beside have no outcome.

    A claim is supported if all its parts are, so its p-value for that is the largest of theirs. It
    is contradicted if one part is, so its p-value for that is the smallest of theirs times their
    number. A number on its bound is on neither side and decides nothing. Holm's correction over the
    claims multiplies it, and the same factor multiplies the p-value of each part. A part that was
    chosen as the best of several counts as that many tests.

    Source: Berger, Technometrics 24 (1982), for the first; Holm, Scand. J. Stat. 6 (1979).
    """
    tested = {name: [p for p in parts if _is_tested(p)] for name, parts in claims.items()}
    tested = {name: parts for name, parts in tested.items() if parts}
    own = np.array([_p_of_claim(parts) for parts in tested.values()])
    factors = dict(zip(tested, _factors(own), strict=True))
    return {
        name: [_decided(part, tested.get(name, ()), factors.get(name, 1.0)) for part in parts]
        for name, parts in claims.items()
    }


def worst(parts: Sequence[Decided]) -> Decided:
    """Return the part that decides a claim: of the worst outcome, the one with the largest p."""
    order = list(OUTCOMES)
    deciding = [each for each in parts if each.outcome]
    return max(deciding, key=lambda each: (order.index(each.outcome), np.nan_to_num(each.p, nan=0)))


TOO_FEW = "too few to decide"
CORRECTED = "after the correction for many claims"


def why_undecided(decided: Decided) -> str:
    """Return why a part is inconclusive, where its number and interval alone do not show it.

    That is so where there are too few networks for any decision, and where the interval excludes
    the bound and the corrected p-value is above LEVEL. Elsewhere the text is empty.
    """
    part, estimate = decided.part, decided.part.estimate
    if decided.outcome != INCONCLUSIVE or part.outcome:
        return ""
    few = estimate.n < FEWEST_EXAMPLES if part.role == "example" else estimate.least_p > LEVEL
    if few or decided.least_p > LEVEL:
        first, *others = estimate.sides or (estimate.n,)
        against = "".join(f" against {other}" for other in others)
        corrected = "" if few else f" {CORRECTED}"
        return f"{first} network{'s' * (first > 1)}{against}: {TOO_FEW}{corrected}"
    ends = estimate.bound.holds([estimate.low, estimate.high])
    if np.isnan(estimate.low) or ends[0] != ends[1] or decided.p > LEVEL:
        return ""
    return f"the interval excludes the bound, but not {CORRECTED}: p = {number(decided.p_adjusted)}"


def _is_tested(part: Part) -> bool:
    return part.role == "judged" and not part.outcome


def _p_of_claim(parts: Sequence[Part]) -> float:
    wrong = [part for part in parts if part.estimate.wrong]
    if wrong:
        return min(1.0, min(_p(part, parts) for part in wrong))
    if not all(part.estimate.right for part in parts):
        return 1.0
    return max(_p(part, parts) for part in parts)


def _p(part: Part, among: Sequence[Part]) -> float:
    """Return the two-sided p-value of a part: against its claim, one of its parts is enough."""
    return min(1.0, part.estimate.p * (part.tests if part.estimate.right else len(among)))


def _factors(p: np.ndarray) -> np.ndarray:
    """Return by how much Holm's correction multiplies each p-value; 0 by as much as any.

    A p-value of 1 is multiplied too: the parts of a claim that nothing decides are not left
    without a correction.
    """
    return np.divide(holm(p), p, out=np.full_like(p, len(p)), where=p > 0)


def _decided(part: Part, among: Sequence[Part], factor: float) -> Decided:
    if part.role == "beside":
        return Decided(part, "")
    if part.outcome:
        return Decided(part, part.outcome, part.estimate.p)
    if part.role == "example":
        return Decided(part, _prevalence(part))
    adjusted = min(1.0, factor * _p(part, among))
    least = factor * part.tests * part.estimate.least_p
    return Decided(part, _outcome(part, adjusted, factor), part.estimate.p, adjusted, least)


def _outcome(part: Part, adjusted: float, factor: float) -> str:
    if adjusted > LEVEL:
        return INCONCLUSIVE
    if part.estimate.wrong:
        return CONTRADICTED
    if not part.estimate.right:
        return INCONCLUSIVE
    if part.null and 2 * part.null.p * factor > LEVEL:
        return NOT_SPECIFIC
    return SUPPORTED


def _prevalence(part: Part) -> str:
    """Judge a share of networks by its Wilson interval alone: no test, no correction."""
    if part.estimate.n < FEWEST_EXAMPLES:
        return INCONCLUSIVE
    low = part.estimate.low
    floor = part.null.high if part.null else 0.0
    if low > HALF:
        return TYPICAL if low > floor or not part.null else NOT_SPECIFIC
    return OCCURS if low > floor else NOT_FOUND
