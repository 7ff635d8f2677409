"""Which claims are supported in the same universe."""

import itertools

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from neuroswitch import declare
from neuroswitch.claims.outcomes import NOT_TESTABLE, SUPPORTED
from neuroswitch.claims.statistics import holm
from neuroswitch.gates.scope.shares import in_universes
from neuroswitch.schemas.scope import LARGEST_SETS, TOGETHER
from neuroswitch.statistics import wilson_interval

SHOWN_SETS = 10


@declare.analysis(
    "together",
    reads={
        "universes": "gates/multiverse/universes",
        "outcomes": "gates/multiverse/outcomes",
    },
    writes={
        "gates/multiverse/together": TOGETHER,
        "gates/multiverse/largest_sets": LARGEST_SETS,
    },
)
def together(universes: pd.DataFrame, outcomes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables `together` and `largest_sets`."""
    found = in_universes(universes, outcomes)
    return {"together": pairs(found), "largest_sets": largest_sets(found == SUPPORTED)}


def pairs(found: pd.DataFrame) -> pd.DataFrame:
    """Return how often two claims are supported in one universe, against chance, pair by pair.

    Parameters
    ----------
    found : outcome [universes, claims]

    Only universes in which both claims are testable count. Chance is the product of the two shares
    there: how often both would be supported if one said nothing about the other. It is tested by
    Fisher's exact test, with Holm's correction over the pairs.
    """
    rows = []
    for claim, other in itertools.combinations(found.columns, 2):
        one, two = found[claim], found[other]
        testable = (one != NOT_TESTABLE) & (two != NOT_TESTABLE)
        first, second = (one == SUPPORTED) & testable, (two == SUPPORTED) & testable
        counts = [mask.sum() for mask in (testable, first, second, first & second)]
        rows.append((claim, other, *counts))
    names = ["claim", "other", "universes", "supported", "other_supported", "both"]
    table = pd.DataFrame(rows, columns=names)
    # Where no universe has both, there is neither a share nor an interval.
    n = table["universes"].where(table["universes"] > 0)
    low, high = wilson_interval(table["both"], n.fillna(1))
    p = np.array([_p_of_chance(*counts) for counts in table[names[2:]].to_numpy()])
    return table.assign(
        share=table["both"] / n,
        low=np.where(n.notna(), low, np.nan),
        high=np.where(n.notna(), high, np.nan),
        chance=table["supported"] / n * (table["other_supported"] / n),
        p=p,
        p_adjusted=np.minimum(1, holm(p)),
    )


def _p_of_chance(universes: int, supported: int, other: int, both: int) -> float:
    """Return Fisher's two-sided p-value that one claim says nothing about the other."""
    neither = universes - supported - other + both
    return float(fisher_exact([[both, supported - both], [other - both, neither]]).pvalue)


def largest_sets(supported: pd.DataFrame) -> pd.DataFrame:
    """Return the largest sets of claims that are supported in one universe.

    Parameters
    ----------
    supported : bool [universes, claims], the number of the universe as index

    A set that lies within a larger one is left out. Among sets of one size, those of more universes
    come first, then those of an earlier universe.
    """
    hits = supported.to_numpy()
    # As bytes, so that universes of one set are counted at once.
    packed = pd.Series([row.tobytes() for row in hits], supported.index)
    found = packed.reset_index().groupby(0, sort=False)["universe"].agg(["size", "min"])
    sets = np.array([np.frombuffer(row, bool) for row in found.index])
    sizes = sets.sum(axis=1)
    common = sets.astype(int) @ sets.T.astype(int)
    within_larger = ((common == sizes[:, None]) & (sizes[:, None] < sizes)).any(axis=1)
    table = pd.DataFrame(
        {
            "claims": [" ".join(supported.columns[row]) for row in sets],
            "size": sizes,
            "universes": found["size"].to_numpy(),
            "example": found["min"].to_numpy(),
        }
    )[~within_larger & (sizes > 0)]
    order = table.sort_values(["size", "universes", "example"], ascending=[False, False, True])
    best = order.head(SHOWN_SETS).reset_index(drop=True)
    return best.assign(rank=np.arange(1, len(best) + 1))
