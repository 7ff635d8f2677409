"""What an alternative of the ledger puts in the place of the tables that a claim reads."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from neuroswitch.ledger import Alternative, Ambiguity

if TYPE_CHECKING:
    import pandas as pd


def moved(path: str, alternative: Alternative) -> tuple[str, Mapping[str, Any]] | None:
    """Return the table that stands for another, and which of its rows; None: none does.

    A table lies in the folder of its experiment: gates/pairs/runs is of the experiment pairs, and
    gates/reconstructed/pairs/runs is of another one, which no alternative replaces.
    """
    section, experiment, *name = path.split("/")
    other = alternative.replaces.get(experiment)
    if other is None or len(name) > 1:
        return None
    return "/".join([section, other.experiment, *name]), other.where


def selected(table: "pd.DataFrame", where: Mapping[str, Any]) -> "pd.DataFrame":
    """Return the rows that have the values wanted, in those columns that the table has."""
    for column, wanted in where.items():
        if column in table:
            table = table[table[column].isin(wanted if isinstance(wanted, list) else [wanted])]
    return table


def tables(paths: Iterable[str], ledger: Iterable[Ambiguity], known: Iterable[str]) -> list[str]:
    """Return tables and what alternatives put in their place, sorted.

    `known` are the experiments of the configuration; others are not trained at this scale.
    """
    paths, known = list(paths), set(known)
    others = [
        found[0]
        for entry in ledger
        for alternative in entry.runs
        for path in paths
        if (found := moved(path, alternative)) and found[0].split("/")[-2] in known
    ]
    return sorted({*paths, *others})
