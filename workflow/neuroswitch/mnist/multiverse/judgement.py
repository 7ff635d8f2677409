"""Judge the claims about MNIST in every universe, each by its own function."""

import numpy as np
import pandas as pd

from neuroswitch import declare, index, seeds
from neuroswitch.claims import paper1
from neuroswitch.claims.judging import measured
from neuroswitch.claims.outcomes import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTABLE,
    SUPPORTED,
    decide,
    worst,
)
from neuroswitch.claims.statistics import Estimate
from neuroswitch.schemas.mnist import OUTCOMES

CLAIMS = ("S17", "S18")

MODULE = paper1
"""Imported so that the table is made again where a claim changes."""


@declare.analysis(
    "mnist_outcomes",
    reads={
        "universes": "mnist/multiverse/universes",
        "networks": "mnist/multiverse/networks",
    },
    settings={"root_seed": "seed"},
    writes={"mnist/multiverse/outcomes": OUTCOMES},
)
def outcomes(universes: pd.DataFrame, networks: pd.DataFrame, root_seed: int) -> pd.DataFrame:
    """Return what becomes of each claim in each universe.

    A universe has too few seeds for a test: its outcome is the side of the bound on which the value
    is, and says nothing of chance. What is tested is how many universes are on the claim's side
    (`scope`). A value that is on the bound itself, as where no network has learnt, is on neither.
    """
    runs = networks.merge(universes[["universe", "dataset"]], on="universe")
    rows = [
        {"universe": number, "claim": name} | _judged(name, own, root_seed)
        for number, own in runs.groupby("universe")
        for name in CLAIMS
    ]
    return pd.DataFrame(rows)


def _judged(name: str, runs: pd.DataFrame, root_seed: int) -> dict[str, object]:
    rng = seeds.generator(root_seed, "claims", name, "multiverse")
    found = measured(index.get("claim", name), "none", lambda table: runs, rng)
    if found.untestable:
        nothing = dict.fromkeys(("value", "low", "high", "p"), np.nan)
        return {"label": "", "n": 0, "outcome": NOT_TESTABLE} | nothing
    deciding = worst(decide({name: found.parts})[name]).part
    estimate = deciding.estimate
    return {
        "label": deciding.label,
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
        "p": estimate.p,
        "outcome": _side(estimate),
    }


def _side(estimate: Estimate) -> str:
    if estimate.wrong:
        return CONTRADICTED
    return SUPPORTED if estimate.right else INCONCLUSIVE
