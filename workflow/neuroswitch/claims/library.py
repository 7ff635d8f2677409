"""The public functions for claims."""

from pathlib import Path

import pandas as pd

from neuroswitch import index, provenance, store
from neuroswitch.claims import judging
from neuroswitch.errors import NeuroswitchError


def judge(claim: str, results: str | Path) -> pd.DataFrame:
    """Judge one claim by a folder of results, without the correction over the other claims.

    Parameters
    ----------
    claim : its id, such as "S13", or that of a claim of an extension
    results : folder of one scale, such as results/laptop

    Returns
    -------
    one row for each number. The column `role` is `claim` for the part that decides, `part` for each
    part, and `beside` for a number that is shown and not judged. Other columns are `sentence`,
    `value` with its 95 % interval from `low` to `high`, `unit`, `n`, `p`, `outcome`, and the
    `files` and `columns` that the number is computed from

    Raises
    ------
    NeuroswitchError : no claim has the id, or a table that it needs is missing

    Examples
    --------
    >>> import neuroswitch
    >>> rows = neuroswitch.claims.judge("S4", "results/laptop")
    >>> decisive = rows[rows["role"] == "claim"].iloc[0]
    >>> bool(decisive["low"] < decisive["value"] < decisive["high"])
    True
    >>> decisive["outcome"]
    'supported'
    """
    declared = index.get("claim", claim)
    root = Path(results)
    return judging.judge(root, [declared], [], _root_seed(root, declared.paths))["verdicts"]


def _root_seed(root: Path, tables: list[str]) -> int:
    """Return the root seed of the runs that some tables come from."""
    paths = [path for table in tables if (path := root / f"{table}.parquet").exists()]
    found = {s for path in paths for s in provenance.seeds_of(store.provenance_of(path))}
    if len(found) > 1:
        raise NeuroswitchError(
            f"the tables below {root} come from runs of the root seeds "
            f"{', '.join(map(str, sorted(found)))}; a claim is judged on runs of one; "
            "train those of the other again, or give each seed a scale of its own"
        )
    return found.pop() if found else 0
