"""In how many universes each claim is supported: in all, and at each level of each choice."""

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims.outcomes import CONTRADICTED, NOT_TESTABLE, SUPPORTED, place_of
from neuroswitch.gates.scope import choices
from neuroswitch.schemas.scope import SCOPE
from neuroswitch.statistics import wilson_interval

NEITHER = "neither"
OUTCOMES = (SUPPORTED, NEITHER, CONTRADICTED, NOT_TESTABLE)
"""What can become of a claim in a universe; inconclusive and not specific are neither."""

ALL = "all"


def in_universes(universes: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return what became of each claim, one of OUTCOMES, [universes, claims].

    The index is the number of the universe; claims are in their usual order, S before X. A claim
    without a row is not testable there.
    """
    table = outcomes.pivot(index="universe", columns="claim", values="outcome")
    table = table.reindex(index=universes["universe"].to_numpy()).fillna(NOT_TESTABLE)
    table = table.where(table.isin(OUTCOMES), NEITHER)
    return table[sorted(table.columns, key=place_of)]


@declare.analysis(
    "scope",
    reads={
        "universes": "gates/multiverse/universes",
        "outcomes": "gates/multiverse/outcomes",
    },
    writes={"gates/multiverse/scope": SCOPE},
)
def scope(universes: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the share of universes in which each claim has each outcome.

    The choice `all` has the one level `all`, which is every universe. At a level, the universes
    in which the claim is not testable count too: the four shares add up to 1.
    """
    found = in_universes(universes, outcomes)
    chosen = choices.values(universes)
    whole = pd.Series(pd.Categorical([ALL] * len(found)), found.index, name=ALL)
    return pd.concat(
        [
            _shares(found, whole),
            *(_shares(found, choices.levels(chosen[name])) for name in chosen),
        ],
        ignore_index=True,
    )


def _shares(found: pd.DataFrame, level: pd.Series) -> pd.DataFrame:
    names = list(level.cat.categories)
    sizes = level.value_counts().reindex(names).to_numpy()
    parts = []
    for outcome in OUTCOMES:
        hits = (found == outcome).groupby(level, observed=False).sum().loc[names]
        low, high = wilson_interval(hits, np.broadcast_to(sizes[:, None], hits.shape))
        parts.append(
            pd.DataFrame(
                {
                    "claim": np.tile(hits.columns.to_numpy(str), len(names)),
                    "choice": level.name,
                    "level": np.repeat(names, hits.shape[1]),
                    "position": np.repeat(np.arange(len(names)), hits.shape[1]),
                    "outcome": outcome,
                    "share": (hits.to_numpy() / sizes[:, None]).ravel(),
                    "low": low.ravel(),
                    "high": high.ravel(),
                    "universes": np.repeat(sizes, hits.shape[1]),
                }
            )
        )
    return pd.concat(parts)
