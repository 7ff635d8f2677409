"""The public functions for claims."""

from pathlib import Path

import pandas as pd

from neuroswitch import index, settings
from neuroswitch.claims import catalogue, judging
from neuroswitch.errors import NeuroswitchError, nearest


def judge(claim: str, results: str | Path, seed: int = 0) -> pd.DataFrame:
    """Judge one claim of a paper by a folder of results.

    Parameters
    ----------
    claim : its id in config/claims.yaml, such as "S13", or that of a claim of an extension
    results : folder of one scale, such as results/paper
    seed : of the bootstrap, 0 or more

    Returns
    -------
    one row for each number: `role` (`judged` is the verdict itself, the others are its parts, or
    stand beside it), `value` with its 95 % interval from `low` to `high`, `n`, `criterion`,
    `verdict` and the `reason` for it, and the `files` and `columns` that the number came from

    Raises
    ------
    NeuroswitchError : no claim has the id, or a table that it needs is missing

    Examples
    --------
    >>> import neuroswitch
    >>> rows = neuroswitch.claims.judge("S4", "results/paper")
    >>> judged = rows[rows["role"] == "judged"].iloc[0]
    >>> bool(judged["low"] < judged["value"] < judged["high"])
    True
    >>> judged["verdict"]
    'reproduced'
    """
    known = {each.id: each for each in catalogue.load(settings.DEFAULT.with_name("claims.yaml"))}
    declared = index.all_of("claim")
    if claim in declared:
        return judging.judge(Path(results), [], [], seed, [declared[claim]])["verdicts"]
    if claim not in known:
        everything = [*known, *declared]
        raise NeuroswitchError(f"no claim has the id {claim!r}; {nearest(claim, everything)}")
    return judging.judge(Path(results), [known[claim]], [], seed)["verdicts"]
