"""The chance that a library of modulators holds one that gives a wanted gate (O2)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import gammaln

from neuroswitch import declare, seeds
from neuroswitch.schemas.outlook import CHANCES
from neuroswitch.statistics import bootstrap_interval

KEYS = ["width", "family", "scale"]

FRESH = "fresh"
"""Stands for a family where the candidates are networks drawn anew: the null control."""

NOTHING = "none"
"""Stands for the training of networks that were drawn anew."""

OTHERS = "others"
"""Networks trained on any single gate but the one that is wanted, together."""

ANY = "any"
"""Every wanted gate, together."""


@declare.analysis(
    "library_chances",
    reads={"hits": "gates/{experiment}/hits"},
    writes={"gates/{experiment}/chances": CHANCES},
    settings={"root_seed": "seed"},
)
def chances(hits: pd.DataFrame, experiment: str, root_seed: int) -> pd.DataFrame:
    """Return the chance against the size of the library, mean over networks that were solved.

    The interval is a bootstrap over runs. Columns: `schemas.outlook.CHANCES`.
    """
    rng = seeds.generator(root_seed, "gates", experiment, "chances")
    found = []
    for values, group in hits.groupby(KEYS, sort=True):
        about = dict(zip(KEYS, values, strict=True))
        sizes = library_sizes(int(group["candidates"].iloc[0]))
        for (trained, wanted), rows in _questions(group):
            for column, after in (("hits", False), ("hits_after", True)):
                of_runs = chances_of_runs(rows, column, sizes)
                if of_runs.empty:
                    continue
                low, high = bootstrap_interval(of_runs.to_numpy().T, rng, draws=2000)
                numbers = {"size": sizes, "chance": of_runs.mean(), "low": low, "high": high}
                asked = {"trained": trained, "wanted": wanted, "after_period": after}
                found.append(pd.DataFrame(numbers).assign(**about, **asked, runs=len(of_runs)))
    return pd.concat(found, ignore_index=True)


def _questions(group: pd.DataFrame) -> Iterator[tuple[tuple[str, str], pd.DataFrame]]:
    """Yield what was trained and what is wanted, with the rows of `hits`; each, and together."""
    yield from group.groupby(["trained", "wanted"], sort=True)
    if (group["family"] == FRESH).all():
        yield (NOTHING, ANY), group
        return
    others = of_others(group)
    for wanted, rows in others.groupby("wanted", sort=True):
        yield (OTHERS, str(wanted)), rows
    yield (OTHERS, ANY), others


def of_others(hits: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of networks that were trained on one gate, and not on the wanted one."""
    return hits[(hits["trained"] != hits["wanted"]) & ~hits["trained"].str.contains("/")]


def chances_of_runs(hits: pd.DataFrame, column: str, sizes: np.ndarray) -> pd.DataFrame:
    """Return the chance of each run that a library of each size holds a hit.

    The mean over its rows, which are networks that were solved and gates that are wanted.

    Parameters
    ----------
    hits : rows of the table `hits`
    column : `hits` or `hits_after`

    Returns
    -------
    one row for each run, one column for each size
    """
    solved = hits[hits["solved"]]
    found = chance(solved[column].to_numpy(), solved["candidates"].to_numpy(), sizes)
    return pd.DataFrame(found.T, index=solved["run"], columns=sizes).groupby(level="run").mean()


def library_sizes(candidates: int) -> np.ndarray:
    """Return 1, 3, 10, 30, ... up to how many were tried."""
    sizes = [factor * 10**power for power in range(9) for factor in (1, 3)]
    return np.array([size for size in sizes if size <= candidates])


def chance(hits: np.ndarray, candidates: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return the chance [sizes, networks] that a library holds a hit.

    A library of size L is drawn without replacement from the N candidates that were tried, of which
    h are hits: 1 - C(N - h, L) / C(N, L), hypergeometric. Its mean over draws of the candidates is
    the chance with L fresh ones.

    Parameters
    ----------
    hits, candidates [networks], sizes [sizes] : 1 to the number of candidates

    >>> chance(np.array([1]), np.array([4]), np.array([1, 2, 4])).ravel().round(6).tolist()
    [0.25, 0.5, 1.0]
    """
    size, missed = sizes[:, None], candidates - hits
    enough = missed >= size
    rest = np.where(enough, missed - size, 0)
    logarithm = (
        gammaln(missed + 1)
        - gammaln(rest + 1)
        - gammaln(candidates + 1)
        + gammaln(candidates - size + 1)
    )
    return np.where(enough, -np.expm1(np.minimum(logarithm, 0)), 1.0)
