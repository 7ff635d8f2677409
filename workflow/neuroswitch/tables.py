"""Tables of results, and what made them."""

from pathlib import Path
from typing import Any

import pandas as pd

from neuroswitch import schemas, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.schemas.columns import Schema

__all__ = ["provenance", "read"]


def read(path: str | Path) -> pd.DataFrame:
    """Read a table of results.

    `neuroswitch.schemas` describes each column with its unit, and so does the file itself.

    Parameters
    ----------
    path : of a parquet file that this project wrote, wherever it lies

    Returns
    -------
    the table, sorted by its key; a column of vectors holds an array [length] in each row

    Raises
    ------
    NeuroswitchError : the file is missing, is cut off, was written by something else, or holds
        other columns than this version of the project writes

    Examples
    --------
    >>> import neuroswitch
    >>> runs = neuroswitch.tables.read("results/laptop/gates/pairs/runs.parquet")
    >>> rates = runs.groupby("tasks")["solved"].mean()
    >>> bool(rates["AND/OR"] > rates["AND/XOR"])
    True
    """
    return store.read(Path(path), _schema_of(path))


def provenance(path: str | Path) -> dict[str, Any]:
    """Return what the footer of a table says of how it was made.

    Parameters
    ----------
    path : of a parquet file that this project wrote, wherever it lies

    Returns
    -------
    `schema` (its kind), `content_sha256`, `version` (hash of code and configuration), `commit` and
    `dirty` (of the source), `processor`, `python` and `packages`; of a table that training made
    also `config`, `seed`, `threads` and `device`; of one made from others `inputs`, with the hash
    of each, and `seeds`

    Raises
    ------
    NeuroswitchError : the file is missing, is cut off, or was written by something else

    Examples
    --------
    >>> import neuroswitch
    >>> made_by = neuroswitch.tables.provenance("results/laptop/gates/pairs/runs.parquet")
    >>> made_by["schema"], made_by["seed"], made_by["config"]["cycles"]
    ('gate runs', 1, [500])
    """
    return store.provenance_of(Path(path))


def _schema_of(path: str | Path) -> Schema:
    """Return the columns of a table by the name of its kind, which its footer holds."""
    kind = provenance(path)["schema"]
    for schema in schemas.known().values():
        loaded: Schema = schema.load()
        if loaded.name == kind:
            return loaded
    raise NeuroswitchError(
        f"{path} is a table of {kind!r}, which this version of the project does not have; "
        "read it with the version that made it, or with pandas.read_parquet"
    )
