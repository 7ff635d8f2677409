"""The columns of every table, and the way to a table by its path."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from neuroswitch import store
from neuroswitch.schemas import gates, mnist, rnn, verdicts
from neuroswitch.store import Schema

OF_ROOM = {
    "gates": gates.OF_FILE,
    "mnist": mnist.OF_FILE,
    "rnn": rnn.OF_FILE,
    "verdicts": verdicts.OF_FILE,
}
"""Folder under results/<scale>/ -> its tables."""


def of(path: Path | str) -> Schema:
    """Return the schema of a table: its file name tells, in the folder of its experiments."""
    path = Path(path)
    room = next((part for part in reversed(path.parts) if part in OF_ROOM), "gates")
    return OF_ROOM[room][path.stem]


def read(path: Path | str) -> pd.DataFrame:
    """Read a table, whose columns its path tells. Raises as `store.read` does."""
    return store.read(Path(path), of(path))


def write_all(
    tables: Mapping[str, pd.DataFrame], paths: Mapping[str, str], footer: Mapping[str, Any]
) -> None:
    """Write each table of `paths`, by its name. Raises as `store.write` does."""
    for name, path in paths.items():
        store.write(tables[name], Path(path), of(path), footer)
