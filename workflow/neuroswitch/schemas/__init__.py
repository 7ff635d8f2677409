"""The way to a table by its path: its columns are those of the declaration that writes it.

What reads or writes a table is imported where that is done: the rules need the columns alone, and
are read by every job before it begins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuroswitch import index
from neuroswitch.declarations import EXPERIMENT, Reference
from neuroswitch.errors import NeuroswitchError
from neuroswitch.schemas.columns import Schema

if TYPE_CHECKING:
    import pandas as pd

WRITING = ("training", "analysis", "judgement")
"""Kinds of declarations that write tables."""


def known() -> dict[str, Reference]:
    """Return the schema of every table, by its path below results/<scale>/ without ending."""
    return {
        table: schema
        for kind in WRITING
        for declared in index.all_of(kind).values()
        for table, schema in declared.writes.items()
    }


def of(path: Path | str) -> Schema:
    """Return the schema of a table; those of a chunk have the columns of the whole.

    Raises
    ------
    NeuroswitchError : no declaration writes a table of that name
    """
    place = re.sub(r"/chunks/[^/]+/", "/", Path(path).with_suffix("").as_posix())
    # A path without wildcards is nearer than one of any experiment.
    for pattern, schema in sorted(known().items(), key=lambda item: EXPERIMENT in item[0]):
        expression = re.escape(pattern).replace(re.escape(EXPERIMENT), "[^/]+")
        if re.search(rf"(^|/){expression}$", place):
            loaded: Schema = schema.load()
            return loaded
    raise NeuroswitchError(f"{path} is no table of this project: no declaration writes it")


def read(path: Path | str) -> pd.DataFrame:
    """Read a table, whose columns its path tells. Raises as `of` and `store.read` do."""
    from neuroswitch import store

    return store.read(Path(path), of(path))


def read_together(paths: Sequence[Path | str]) -> pd.DataFrame:
    """Read tables of the same columns as one, in the order of its key. Raises as `read` does."""
    import pandas as pd

    if len(paths) == 1:
        return read(paths[0])
    together = pd.concat([read(path) for path in paths], ignore_index=True)
    return together.sort_values(list(of(paths[0]).key), kind="stable", ignore_index=True)


def write_all(
    tables: Mapping[str, pd.DataFrame], paths: Mapping[str, str | Path], footer: Mapping[str, Any]
) -> None:
    """Write each table of `paths`, by its name. Raises as `of` and `store.write` do."""
    from neuroswitch import store

    for name, path in paths.items():
        store.write(tables[name], Path(path), of(path), footer)
