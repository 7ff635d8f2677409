"""In which universes the claims about MNIST hold, and which choices decide."""

import itertools

import numpy as np
import pandas as pd
from scipy import stats

from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.outcomes import CONTRADICTED, NOT_TESTABLE, SUPPORTED
from neuroswitch.mnist.multiverse.priors import PRIORS, SCALED
from neuroswitch.schemas.mnist import DECIDING, SCOPE
from neuroswitch.settings.mnist import EPOCH, WHOLE_EPOCH
from neuroswitch.statistics import wilson_interval
from neuroswitch.universes import LogUniform

ALL = "all"
BINS = 3
"""Of the range of a number, each as probable as the others."""


def levels(universes: pd.DataFrame, choice: str) -> pd.Series:
    """Return the level of a choice in each universe; the categories are in the prior's order.

    Numbers from a range fall into thirds of it. A scale that is not drawn, because the family has
    none, is missing. The index is the number of the universe.
    """
    values, prior = universes.set_index("universe")[choice], PRIORS[choice]
    if isinstance(prior, LogUniform):
        edges = np.geomspace(prior.low, prior.high, BINS + 1)
        names = [f"{low:.2g} to {high:.2g}" for low, high in itertools.pairwise(edges)]
        texts = pd.Series(np.array(names)[np.searchsorted(edges[1:-1], values)], values.index)
    else:
        named = {value: _text(choice, value) for value in prior}
        names, texts = list(named.values()), values.map(named)
    if choice == "scale":
        scaled = universes.set_index("universe")["family"].isin(SCALED)
        texts = texts.where(scaled)
    return texts.astype(pd.CategoricalDtype(names, ordered=True)).rename(choice)


def _text(choice: str, value: object) -> str:
    if choice == "period" and value == WHOLE_EPOCH:
        return EPOCH
    return value if isinstance(value, str) else f"{value:g}"


@declare.analysis(
    "mnist_scope",
    reads={
        "universes": "mnist/multiverse/universes",
        "outcomes": "mnist/multiverse/outcomes",
    },
    writes={"mnist/multiverse/scope": SCOPE},
)
def scope(universes: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return in how many universes each claim's value is on its side: in all, and at each level.

    The sign test leaves out universes whose value is on neither side. The interval of the median
    is between two of the values, and six of them are needed for one.
    """
    every = pd.Series(pd.Categorical([ALL] * len(universes)), universes["universe"], name=ALL)
    grouped = [every, *(levels(universes, choice) for choice in PRIORS)]
    rows = []
    for claim, own in _testable(outcomes):
        for level in grouped:
            for position, name in enumerate(level.cat.categories):
                chosen = own[level.reindex(own.index) == name]
                about = {"claim": claim, "choice": level.name, "level": name}
                rows.append(about | {"position": position} | _counts(chosen))
    return pd.DataFrame(rows)


def _counts(own: pd.DataFrame) -> dict[str, float]:
    """Return the numbers of one level; `own` has a row for each universe."""
    sides = own["outcome"].value_counts()
    supported, contradicted = (int(sides.get(side, 0)) for side in (SUPPORTED, CONTRADICTED))
    found: dict[str, float] = {"universes": len(own), "supported": supported}
    if own.empty:
        numbers = ("share", "low", "high", "p", "median", "median_low", "median_high")
        return found | dict.fromkeys(numbers, np.nan)
    low, high = wilson_interval(supported, len(own))
    decided = supported + contradicted
    # Only the bound of an Estimate depends on the side, and neither value nor interval do.
    median = statistics.median(own["value"], statistics.below(0))
    return found | {
        "share": supported / len(own),
        "low": float(low),
        "high": float(high),
        "p": float(stats.binomtest(supported, decided).pvalue) if decided else 1.0,
        "median": median.value,
        "median_low": median.low,
        "median_high": median.high,
    }


@declare.analysis(
    "mnist_deciding",
    reads={
        "universes": "mnist/multiverse/universes",
        "outcomes": "mnist/multiverse/outcomes",
    },
    writes={"mnist/multiverse/deciding": DECIDING},
)
def deciding(universes: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return how much each choice alone decides the value of each claim.

    The values of all testable universes are ranked; `share` is epsilon squared, the share of the
    ranks' variance that lies between the levels of the choice, without what chance puts there: 0
    where a level tells nothing (below 0 by chance), 1 where it tells everything. Combinations of
    choices are not looked for: a hundred universes are too few for twelve choices.

    Source: Kruskal and Wallis, J. Am. Stat. Assoc. 47 (1952); Kelley, PNAS 21 (1935).
    """
    rows = []
    for claim, own in _testable(outcomes):
        found = []
        for choice in PRIORS:
            level = levels(universes, choice).reindex(own.index)
            groups = [group for _, group in own["value"].groupby(level, observed=True)]
            share, p = between(groups)
            found.append({"claim": claim, "choice": choice, "share": share, "p": p})
        tested = np.array([row["p"] for row in found], float)
        adjusted = np.full(len(tested), np.nan)
        known = np.isfinite(tested)
        adjusted[known] = np.minimum(statistics.holm(tested[known]), 1)
        rows += [
            row | {"p_adjusted": a, "universes": len(own)}
            for row, a in zip(found, adjusted, strict=True)
        ]
    return pd.DataFrame(rows)


def between(groups: list[pd.Series]) -> tuple[float, float]:
    """Return epsilon squared, and the p-value of the test of Kruskal and Wallis.

    Both are NaN for fewer than two groups, for as many groups as values, and for equal values.
    """
    n, k = sum(map(len, groups)), len(groups)
    if k < 2 or n <= k or pd.concat(groups).nunique() < 2:
        return np.nan, np.nan
    h, p = stats.kruskal(*groups)
    return float((h - k + 1) / (n - k)), float(p)


def _testable(outcomes: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return each claim with its universes in which it is testable, by their number."""
    known = outcomes[outcomes["outcome"] != NOT_TESTABLE].set_index("universe")
    return [(claim, known[known["claim"] == claim]) for claim in sorted(outcomes["claim"].unique())]
