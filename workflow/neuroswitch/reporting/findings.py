"""Prose that holds only under the verdicts it names: another verdict is an error."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from neuroswitch import schemas
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.reporting import facts, templates


def render(template: Path, verdicts: Path, sensitivity: Path) -> str:
    """Return a text with `judged`, `cite`, `beside` and `under` filled in from the stored verdicts.

    Raises
    ------
    NeuroswitchError : the text names a number that no verdict has, or a verdict that is not the
        stored one; a table is missing or malformed
    """
    numbers = Numbers(schemas.read(verdicts), schemas.read(sensitivity))
    return templates.fill(
        template,
        judged=numbers.judged,
        cite=numbers.cite,
        beside=numbers.beside,
        under=numbers.under,
    )


@dataclass(frozen=True)
class Numbers:
    """The tables `verdicts` and `sensitivity`, a number at a time, as text."""

    verdicts: pd.DataFrame
    sensitivity: pd.DataFrame

    def judged(self, claim: str, verdict: str, variant: str = "") -> str:
        """Return what decided a claim, as `facts.estimate` does, if this is its verdict."""
        rows = _variant(self.verdicts[self.verdicts["role"] == "judged"], variant)
        row = _only(rows, "claim", claim, claim)
        _require(row["verdict"], verdict, f"{claim} {variant}".strip())
        return facts.estimate(row)

    def cite(self, claim: str, verdict: str, variant: str = "") -> str:
        """Return the name of a claim, if this is its verdict."""
        self.judged(claim, verdict, variant)
        return claim

    def beside(self, claim: str, label: str, variant: str = "") -> str:
        """Return a number that stands beside a claim, by its label."""
        rows = _variant(self.verdicts[self.verdicts["role"] == "beside"], variant)
        own = rows[rows["claim"] == claim]
        return facts.estimate(_only(own, "label", label, f"{claim}, {label}"))

    def under(self, claim: str, alternative: str, verdict: str, variant: str = "") -> str:
        """Return what decided a claim under another choice, if this is its verdict there."""
        rows = _variant(self.sensitivity, variant)
        own = rows[rows["claim"] == claim]
        name = f"{claim} under {alternative}"
        row = _only(own, "alternative", alternative, name)
        _require(row["verdict"], verdict, name)
        return facts.estimate(row)


def _variant(rows: pd.DataFrame, variant: str) -> pd.DataFrame:
    return rows[rows["variant"] == variant] if variant else rows


def _only(rows: pd.DataFrame, column: str, value: str, name: str) -> Mapping[str, Any]:
    """Return the one row with a value in a column."""
    found = rows[rows[column] == value]
    if found.empty:
        raise NeuroswitchError(f"no number is stored of {name}; {nearest(value, rows[column])}")
    if len(found) > 1:
        raise NeuroswitchError(
            f"{name} has several variants: name one of {', '.join(found['variant'])}"
        )
    row: Mapping[str, Any] = found.to_dict("records")[0]
    return row


def _require(found: str, stated: str, name: str) -> None:
    if found != stated:
        raise NeuroswitchError(
            f"{name} is said to be {stated!r}, and its stored verdict is {found!r}: "
            "write the sentence anew"
        )
