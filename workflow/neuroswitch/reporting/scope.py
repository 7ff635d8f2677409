"""In how many universes a claim holds, and what decides that: a sentence for each claim."""

from collections.abc import Iterator, Mapping

import pandas as pd

from neuroswitch import schemas
from neuroswitch.claims.outcomes import CONTRADICTED, LEVEL, NOT_TESTABLE, SUPPORTED
from neuroswitch.numbers import number
from neuroswitch.recipes import Recipe

ALL = "all"
"""Choice of the rows that are about every universe."""


def sentences(known: Mapping[str, Recipe], root: str) -> dict[str, str]:
    """Return the scope of each claim that a multiverse judges, by the claim's number.

    Parameters
    ----------
    known : what is made at this scale, by path; without the tables of a multiverse its claims have
        no sentence
    root : folder of results, with a slash at its end
    """
    found: dict[str, str] = {}
    for section, sentences_of in (("gates", of_gates), ("mnist", of_mnist)):
        paths = [f"{root}{section}/multiverse/{name}.parquet" for name in ("scope", "deciding")]
        if all(path in known for path in paths):
            found |= sentences_of(*map(schemas.read, paths))
    return found


def of_gates(scope: pd.DataFrame, deciding: pd.DataFrame) -> dict[str, str]:
    """Return the sentences of tables `scope` and `deciding` (columns: schemas.scope)."""
    found = {}
    for claim, universes, rows in _whole(scope):
        share = rows.set_index("outcome")["share"]
        tested = round(universes * (1 - share[NOT_TESTABLE]))
        if not tested:
            found[claim] = f"In none of {universes} universes can it be tested."
            continue
        of = f" the {tested} of" if tested < universes else ""
        where = " in which it can be tested" if of else ""
        counted = {name: round(universes * share[name]) for name in (SUPPORTED, CONTRADICTED)}
        said = ", ".join(f"{name} in {n} ({_percent(n / tested)})" for name, n in counted.items())
        own = deciding[deciding["claim"] == claim]
        why = _why(own, "total_effect", own["decided"])
        found[claim] = f"Over{of} {universes} universes{where}: {said}; {why}."
    return found


def of_mnist(scope: pd.DataFrame, deciding: pd.DataFrame) -> dict[str, str]:
    """Return the sentences of MNIST's tables `scope` and `deciding` (columns: schemas.mnist)."""
    found = {}
    for claim, universes, rows in _whole(scope):
        if universes == 0:
            continue
        own = deciding[deciding["claim"] == claim]
        why = _why(own, "share", own["p_adjusted"] < LEVEL)
        whole = rows.iloc[0]
        found[claim] = (
            f"Over {universes} universes: the number is on the claim's side in "
            f"{whole['supported']} ({_percent(whole['share'])}; sign test, "
            f"p = {number(whole['p'])}); {why}."
        )
    return found


def _whole(scope: pd.DataFrame) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Yield each claim, the number of universes, and its rows over all of them."""
    for claim, rows in scope[scope["choice"] == ALL].groupby("claim"):
        yield str(claim), int(rows["universes"].iloc[0]), rows


def _why(choices: pd.DataFrame, share: str, decides: pd.Series) -> str:
    """Return which of some choices that decide brings the largest share of the variance."""
    if choices[share].isna().all():
        return "too few universes to tell what decides it"
    if not decides.any():
        return "no open choice is shown to decide where it holds"
    most = choices.loc[choices.loc[decides, share].idxmax()]
    name = most["choice"].replace("_", " ")
    brings = f"{_percent(most[share])} of the variance of its number's rank"
    return f"the choice that decides most is {name} ({brings})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
