"""Judge the claims in one universe, each by its own function, and without Holm's correction."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from neuroswitch import index, seeds
from neuroswitch.claims import judging, ours, outcomes, paper1, statistics
from neuroswitch.claims.parts import Part, judged
from neuroswitch.claims.samples import by_run, select
from neuroswitch.claims.statistics import Untestable, above
from neuroswitch.declarations import Declaration, Reference
from neuroswitch.gates.multiverse.universe import Trained

CLAIMS = (*(f"S{number}" for number in range(1, 17)), "S19", "X1", "X2", "X5")
"""Claims that are judged in a universe: those about gates, of the modules paper1 and ours."""

MODULES = (paper1, ours)
"""Imported so that a universe is of another version where a claim is.

Tests and thresholds need every run of a universe, and none is kept: a claim that is edited trains
universes again. Where only its words are edited, `make touch` declares that the tables hold.
"""

DRAWS = 1000
"""Of bootstraps and permutations, a tenth of those at the primary setting."""


def judge(trained: Trained, root_seed: int) -> dict[str, pd.DataFrame]:
    """Return the tables `parts` and `outcomes` of one universe (columns: schemas.multiverse)."""
    parts, decisions = [], []
    number = trained.universe.universe
    for name in CLAIMS:
        rng = seeds.generator(root_seed, "gates", "multiverse", number, "claims", name)
        with statistics.drawing(DRAWS):
            found = judging.measured(
                _declared(name), "none", trained.read, rng, {"usual": trained.universe.period}
            )
        decided = [each for each in outcomes.decide({name: found.parts})[name] if each.outcome]
        about = {"universe": number, "claim": name}
        for each in decided:
            low, high = each.part.estimate.low, each.part.estimate.high
            parts.append(about | _row(each) | {"low": low, "high": high})
        decisions.append(about | _row(outcomes.worst(decided)))
    return {"parts": pd.DataFrame(parts), "outcomes": pd.DataFrame(decisions)}


def _row(decided: outcomes.Decided) -> dict[str, object]:
    estimate = decided.part.estimate
    return {
        "label": decided.part.label,
        "value": estimate.value,
        "n": estimate.n,
        "p": estimate.p,
        "outcome": decided.outcome,
    }


def _declared(name: str) -> Declaration:
    """Return a claim; of X1 the part that one family, scale and learning rate can tell."""
    claim = index.get("claim", name)
    if name != "X1":
        return claim
    return replace(claim, where=Reference(__name__, transpose_switches_more_often.__name__))


def transpose_switches_more_often(
    runs: pd.DataFrame, ill: float, nearly_all: float, rng: np.random.Generator
) -> Iterator[Part]:
    """Judge X1 in a universe whose M is ill-conditioned; its parameters are those of X1.

    Raises
    ------
    Untestable : the median condition number is not above `ill`
    """
    and_or = select(runs, tasks="AND/OR")
    transpose, inverse = (select(and_or, pullback=back) for back in ("transpose", "inverse"))
    number = inverse["condition_number"].median()
    if not number > ill:
        raise Untestable(f"the median condition number of M is {number:.3g}, not above {ill:g}")
    yield judged(
        "M^T minus M^-1",
        statistics.rate_difference(
            by_run(transpose, "solved"), by_run(inverse, "solved"), above(0), rng
        ),
        "M^T instead of M^-1 changes the success rate of AND/OR by {value}.",
        "points",
    )
