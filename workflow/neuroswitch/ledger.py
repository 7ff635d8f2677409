"""config/ambiguities.yaml as typed models: what is open, what was chosen, what is tried instead.

Nothing here reads a table, and nothing heavy is imported: rules need it while Snakemake reads them.
"""

import ast
import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from neuroswitch import declarations, extensions
from neuroswitch.errors import nearest
from neuroswitch.settings import SECTIONS, Settings, faults
from neuroswitch.settings.base import Section

Scalar = str | int | float | bool
KEY = re.compile(rf"\b(?:{'|'.join(SECTIONS)})(?:\.\w+)+")
"""A key of the configuration, as `where` of an entry names it."""


class Replacement(Section):
    """An experiment whose rows are read in the place of another's, and which of them."""

    experiment: str
    where: dict[str, list[Scalar] | Scalar] = Field(
        default_factory=dict, description="Column: value, or list of values."
    )


class Alternative(Section):
    """A choice that is trained beside the primary one, so that claims can be judged by it."""

    id: str = Field(pattern=r"^A\d+-[a-z0-9-]+$")
    label: str
    replaces: dict[str, Replacement] = Field(
        min_length=1, description="Experiment of the primary choice: what is read instead."
    )


class Ambiguity(Section):
    """An entry of the ledger: what was chosen, and how the alternatives are tried, or why not."""

    id: str = Field(pattern=r"^A\d+$")
    date: datetime.date | None = Field(
        None, description="Of an entry about how claims are judged, or of its last change."
    )
    question: str
    source: str
    choice: Scalar
    alternatives: list[Scalar] = Field(min_length=1)
    where: str = Field(description="Key of config/laptop.yaml, or the code that fixes it.")
    drawn: list[str] = Field(
        [], description="Choices of the multiverse of its section, where all are drawn together."
    )
    runs: list[Alternative] = Field([], description="Alternatives that are trained.")
    untrained: str | None = Field(None, description="Why none is, in one line.")

    @model_validator(mode="after")
    def _tried_or_said_why(self) -> "Ambiguity":
        if [bool(self.drawn), bool(self.runs), bool(self.untrained)].count(True) != 1:
            raise ValueError(
                "give one of `drawn` and `runs`, or say in `untrained` why there is neither"
            )
        for alternative in self.runs:
            if not alternative.id.startswith(f"{self.id}-"):
                raise ValueError(f"the id of an alternative begins with {self.id}-")
        return self


def load(path: Path) -> list[Ambiguity]:
    """Read the ledger.

    Raises
    ------
    NeuroswitchError : every fault found, each with its entry and key
    """
    entries, found = faults.validated(path, Ambiguity)
    names = [alternative.id for entry in entries for alternative in entry.runs]
    found += [f"two alternatives have the id {name}" for name in {*names} if names.count(name) > 1]
    faults.refuse(found, f"{path}")
    return entries


def check(entries: Iterable[Ambiguity], settings: Settings) -> None:
    """Compare the ledger with the configuration.

    Raises
    ------
    NeuroswitchError : an entry names a key, an experiment, a condition or a choice of the
        multiverse that does not exist
    """
    faults.refuse([fault for entry in entries for fault in _faults(entry, settings)], "the ledger")


def _faults(entry: Ambiguity, settings: Settings) -> Iterator[str]:
    for key in KEY.findall(entry.where):
        section: Any = settings.model_dump()
        for part in key.split("."):
            if not isinstance(section, dict) or part not in section:
                known = section if isinstance(section, dict) else ()
                yield f"{entry.id}: where: no key {key!r}; {nearest(part, known)}"
                break
            section = section[part]
    choices = {choice for key in KEY.findall(entry.where) for choice in _choices(key)}
    for name in entry.drawn:
        if name not in choices:
            yield (
                f"{entry.id}: drawn: no choice {name!r} in the multiverse of the section that "
                f"`where` names; {nearest(name, choices)}"
            )
    for alternative in entry.runs:
        for primary, replacement in alternative.replaces.items():
            if fault := _fault(primary, replacement, settings):
                yield f"{alternative.id}: {fault}"


def _choices(key: str) -> list[str]:
    """Return what the multiverse of a key's section draws, read without importing its priors."""
    file = extensions.file_of(f"neuroswitch.{key.partition('.')[0]}.multiverse.priors")
    priors = dict(declarations.assigned(declarations.parsed(file))).get("PRIORS") if file else None
    names = priors.keys if isinstance(priors, ast.Dict) else []
    return [ast.literal_eval(name) for name in names if name is not None]


def _fault(primary: str, replacement: Replacement, settings: Settings) -> str:
    """Return what is wrong with a replacement; nothing is an empty string."""
    sections = [getattr(settings, name).experiments for name in SECTIONS]
    known = {name for experiments in sections for name in experiments}
    for name in (primary, replacement.experiment):
        if name not in known:
            return f"no experiment is called {name!r}; {nearest(name, known)}"
    for name, experiments in zip(SECTIONS, sections, strict=True):
        if primary in experiments and replacement.experiment in experiments:
            return _unfit(list(conditions(settings, name, replacement.experiment)), replacement)
    return f"{primary} and {replacement.experiment} are of different sections"


def _unfit(rows: list[dict[str, Any]], replacement: Replacement) -> str:
    for column, wanted in replacement.where.items():
        if column not in rows[0]:
            return f"{replacement.experiment} has no column {column!r}; {nearest(column, rows[0])}"
        values = wanted if isinstance(wanted, list) else [wanted]
        found = [row for row in rows if row[column] in values]
        if not found:
            there = sorted({str(row[column]) for row in rows})
            return (
                f"{replacement.experiment} has no condition with {column} {wanted}; "
                f"it has {', '.join(there)}"
            )
        rows = found
    return ""


def conditions(settings: Settings, section: str, experiment: str) -> Iterator[dict[str, Any]]:
    """Yield the columns that tell the rows of an experiment apart, condition by condition."""
    if section == "rnn":
        chosen = settings.rnn.experiment(experiment)
        for network in chosen.networks:
            yield {"task": chosen.task, "variant": chosen.label, "network": network}
    else:
        for condition in getattr(settings, section).conditions(experiment):
            yield condition.model_dump()
