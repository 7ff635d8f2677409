"""In how many universes a claim holds, and what decides that: a sentence for each claim."""

from collections.abc import Iterator, Mapping

import pandas as pd

from neuroswitch import schemas
from neuroswitch.claims.outcomes import CONTRADICTED, LEVEL, NOT_TESTABLE, SUPPORTED
from neuroswitch.gates.scope.shares import NEITHER
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
    for section, sentences_of, names in (
        ("gates", of_gates, ("scope", "deciding")),
        ("mnist", of_mnist, ("scope", "deciding", "outcomes")),
    ):
        paths = [f"{root}{section}/multiverse/{name}.parquet" for name in names]
        if all(path in known for path in paths):
            found |= sentences_of(*map(schemas.read, paths))
    return found


def of_gates(scope: pd.DataFrame, deciding: pd.DataFrame) -> dict[str, str]:
    """Return the sentences of tables `scope` and `deciding` (columns: schemas.scope)."""
    found = {}
    for claim, universes, rows in _whole(scope):
        share = rows.set_index("outcome")["share"]
        count = {outcome: round(universes * share[outcome]) for outcome in share.index}
        tested = universes - count[NOT_TESTABLE]
        if not tested:
            found[claim] = f"It can be tested in none of {universes} universes."
            continue
        of = f"the {tested} of {universes}" if tested < universes else f"{universes}"
        where = " in which it can be tested" if tested < universes else ""
        named = (SUPPORTED, CONTRADICTED, NEITHER)
        first, second, last = (f"{name} in {_of(count[name], tested)}" for name in named)
        own = deciding[deciding["claim"] == claim]
        why = _why(own, "total_effect", own["decided"])
        found[claim] = f"Of {of} universes{where}, it is {first}, {second} and {last}; {why}."
    return found


def of_mnist(scope: pd.DataFrame, deciding: pd.DataFrame, outcomes: pd.DataFrame) -> dict[str, str]:
    """Return the sentences of MNIST's tables (columns: schemas.mnist).

    The sign test leaves out universes whose number is on neither side.
    """
    found = {}
    for claim, universes, rows in _whole(scope):
        if universes == 0:
            continue
        own = deciding[deciding["claim"] == claim]
        why = _why(own, "share", own["p_adjusted"] < LEVEL)
        whole = rows.iloc[0]
        on_side = int(whole["supported"])
        of_claim = outcomes.loc[outcomes["claim"] == claim, "outcome"]
        opposite = int((of_claim == CONTRADICTED).sum())
        neither = universes - on_side - opposite
        found[claim] = (
            f"Of {universes} universes, the number is on the claim's side in {on_side}, on the "
            f"other side in {opposite} and on neither in {neither} (sign test on the "
            f"{on_side + opposite} that are on a side, p = {number(whole['p'])}); {why}."
        )
    return found


def _whole(scope: pd.DataFrame) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Yield each claim, the number of universes, and its rows over all of them."""
    for claim, rows in scope[scope["choice"] == ALL].groupby("claim"):
        yield str(claim), int(rows["universes"].iloc[0]), rows


def _why(choices: pd.DataFrame, share: str, decides: pd.Series) -> str:
    """Return which of some choices that decide brings the largest share of the variance."""
    if choices[share].isna().all():
        return "they are too few to tell which choice decides it"
    if not decides.any():
        return "no choice is shown to change the number"
    most = choices.loc[choices.loc[decides, share].idxmax()]
    name = str(most["choice"]).replace("_", " ")
    # A forest predicts from all choices; without one, choices are looked at one by one.
    every = f", and all choices together {_percent(most['r2'])}" if "r2" in choices else ""
    return (
        f"the choice that decides most is the {name}: it explains {_percent(most[share])} of the "
        f"variance of the number's ranks{every}"
    )


def _of(count: int, whole: int) -> str:
    """Return a count, with its share of a whole that is not 100."""
    return f"{count}" if whole == 100 else f"{count} ({_percent(count / whole)})"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
