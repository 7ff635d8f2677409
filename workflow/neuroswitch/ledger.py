"""config/ambiguities.yaml as typed models: what is open, what was chosen, what is tried instead.

Nothing here reads a table, and nothing heavy is imported: rules need it while Snakemake reads them.
"""

import datetime
from pathlib import Path

from pydantic import Field, ValidationError

from neuroswitch.errors import NeuroswitchError
from neuroswitch.settings import faults
from neuroswitch.settings.base import Section

Scalar = str | int | float | bool


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
    """An entry of the ledger."""

    id: str = Field(pattern=r"^A\d+$")
    date: datetime.date | None = Field(None, description="Of an entry about how claims are judged.")
    question: str
    source: str
    choice: Scalar
    alternatives: list[Scalar] = Field(min_length=1)
    where: str = Field(description="Key of config/laptop.yaml, or the code that fixes it.")
    runs: list[Alternative] = Field([], description="Alternatives that are trained.")
    untrained: str | None = Field(None, description="Why none is, in one line.")


def load(path: Path) -> list[Ambiguity]:
    """Read the ledger.

    Raises
    ------
    NeuroswitchError : every fault found, each with its entry and key
    """
    entries, found = [], []
    for entry in faults.read_entries(path):
        try:
            entries.append(Ambiguity.model_validate(entry))
        except ValidationError as failure:
            found += [f"{entry['id']}: {fault}" for fault in faults.explained(failure, Ambiguity)]
    names = [alternative.id for entry in entries for alternative in entry.runs]
    found += [f"two alternatives have the id {name}" for name in {*names} if names.count(name) > 1]
    if found:
        listed = "\n".join(f"  {fault}" for fault in sorted(found))
        raise NeuroswitchError(f"{path} has {len(found)} fault(s):\n{listed}")
    return entries
