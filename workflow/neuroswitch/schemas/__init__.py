"""The columns of every table, and the way to a table by its path.

What reads or writes a table is imported where that is done: the rules need the columns alone, and
are read by every job before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroswitch.schemas import gates, mnist, rnn, verdicts
from neuroswitch.schemas.columns import Schema

if TYPE_CHECKING:
    import pandas as pd

OF_SECTION = {
    "gates": gates.OF_FILE,
    "mnist": mnist.OF_FILE,
    "rnn": rnn.OF_FILE,
    "verdicts": verdicts.OF_FILE,
}
"""Folder under results/<scale>/ -> its tables."""


def of(path: Path | str) -> Schema:
    """Return the schema of a table: its file name tells, in the folder of its experiments."""
    path = Path(path)
    section = next((part for part in reversed(path.parts) if part in OF_SECTION), "gates")
    return OF_SECTION[section][path.stem]


def read(path: Path | str) -> pd.DataFrame:
    """Read a table, whose columns its path tells. Raises as `store.read` does."""
    from neuroswitch import store

    return store.read(Path(path), of(path))


def write_all(
    tables: Mapping[str, pd.DataFrame], paths: Mapping[str, str], footer: Mapping[str, Any]
) -> None:
    """Write each table of `paths`, by its name. Raises as `store.write` does."""
    from neuroswitch import store

    for name, path in paths.items():
        store.write(tables[name], Path(path), of(path), footer)
