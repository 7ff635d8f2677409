"""What need not be trained again: tables that the same code would make of the same settings.

The version of a table is not enough to tell. A multiverse of more universes has another version;
and what reads tables has another one whenever these may have changed, though they may be the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from neuroswitch import footers, index, provenance, schemas, versions
from neuroswitch.settings.base import Experiments

NOTHING: Mapping[str, pd.DataFrame] = {}
"""No table is kept."""


def kept(
    training: str,
    section: Experiments,
    name: str,
    root_seed: int,
    paths: Mapping[str, str | Path],
    reads: Iterable[str] = (),
) -> dict[str, pd.DataFrame]:
    """Return tables that training them now would give again; no tables where one would differ.

    Parameters
    ----------
    training : name of its declaration
    section, name : of the configuration, and of the experiment
    paths : name of each table -> its place, whether it is there or not
    reads : places of the tables that it reads
    """
    inputs = provenance.contents(reads)
    for path in map(Path, paths.values()):
        footer = footers.of_table(path) if path.exists() else None
        if footer is None or footer.get("inputs", {}) != inputs:
            return {}
        own = _of_as_many(training, section, name, footer.get("config", {}).get("universes"))
        now = versions.of_training(index.get("training", training), own, root_seed, name)
        if versions.of_training_alone(footer["version"]) != now:
            return {}
    return {table: schemas.read(path) for table, path in paths.items()}


def known_and_missing(
    kept: Mapping[str, pd.DataFrame], numbers: Sequence[int]
) -> tuple[dict[str, pd.DataFrame], list[int]]:
    """Return the rows of some universes that all of the tables have, and those that are to train.

    Parameters
    ----------
    kept : tables of universes, as `kept` returns them: of more, of fewer, or none
    numbers : of the universes that are wanted
    """
    # A job that is killed while it writes tables leaves some that have fewer than others.
    common = set(numbers).intersection(*(frame["universe"] for frame in kept.values()))
    if not kept or not common:
        return {}, list(numbers)
    known = {table: frame[frame["universe"].isin(common)] for table, frame in kept.items()}
    return known, [number for number in numbers if number not in common]


def _of_as_many(
    training: str, section: Experiments, name: str, universes: int | None
) -> Experiments:
    """Return the settings of a multiverse of so many universes; None: those at hand."""
    if universes is None:
        return section
    _, group = index.get("training", training).trained
    chosen = getattr(section, group)
    own = chosen[name].model_copy(update={"universes": universes})
    return section.model_copy(update={group: chosen | {name: own}})
