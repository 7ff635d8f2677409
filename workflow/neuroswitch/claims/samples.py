"""Rows of tables as the samples that are judged: a row for each run, a column for each group.

Tables come as they are stored; their columns are described in `neuroswitch.schemas`.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from neuroswitch.claims.statistics import Untestable
from neuroswitch.errors import NeuroswitchError


def select(table: pd.DataFrame, **wanted: object) -> pd.DataFrame:
    """Return the rows whose columns have the wanted values.

    Parameters
    ----------
    wanted : column = value; a text may be a pattern such as "nm_rnn_*"; of a list of values, each
        must occur

    Raises
    ------
    Untestable : no row has the values, or one of a list does not occur
    """
    chosen = np.ones(len(table), bool)
    for column, value in wanted.items():
        cells = table[column]
        if isinstance(value, list):
            missing = [each for each in value if not (chosen & (cells == each)).any()]
            if missing:
                raise Untestable(f"no row has the {column} {', '.join(map(str, missing))}")
            chosen &= cells.isin(value).to_numpy()
        elif isinstance(value, str) and "*" in value:
            chosen &= [fnmatchcase(cell, value) for cell in cells]
        else:
            chosen &= (cells == value).to_numpy(bool)
    if not chosen.any():
        asked = ", ".join(f"{column} {value}" for column, value in wanted.items())
        raise Untestable(f"no row has {asked}")
    # The rows are copied once, and not after each column: tables of conditions are wide.
    return table[chosen]


def by_run(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as a sample, named by run.

    Raises
    ------
    NeuroswitchError : a run has several rows
    """
    if rows.duplicated("run").any():
        run = rows.loc[rows.duplicated("run"), "run"].iloc[0]
        raise NeuroswitchError(
            f"a claim takes one {column} of each run, and run {run} has several; the experiment "
            "must have one condition of that kind, or the claim must select one"
        )
    return rows.set_index("run")[column].sort_index()


def cycles_until(runs: pd.DataFrame, cycle: str) -> pd.Series:
    """Return the cycles of a column that has 0 for never, by run; infinity for never."""
    return by_run(runs, cycle).astype(float).replace(0.0, np.inf)


def epochs_until(runs: pd.DataFrame, cycle: str) -> pd.Series:
    """Return the epochs of that many cycles, over all tasks of a cycle, by run.

    A cycle trains each of its tasks for `period` epochs. `cycle` is a column with 0 for never.
    """
    return cycles_until(runs, cycle) * _epochs_of_a_cycle(runs)


def epochs_watched(runs: pd.DataFrame) -> pd.Series:
    """Return the epochs over all tasks for which each run was trained, by run."""
    return by_run(runs, "cycles") * _epochs_of_a_cycle(runs)


def _epochs_of_a_cycle(runs: pd.DataFrame) -> pd.Series:
    tasks = runs["tasks"].str.count("/") + 1
    return by_run(runs.assign(epochs=runs["period"] * tasks), "epochs")


def nearest(ends: pd.DataFrame, column: str) -> pd.Series:
    """Return a run's smallest distance over the gates of some rows; NaN where one is."""
    return ends.groupby("run")[column].agg(lambda values: values.min(skipna=False))


def correct_share(scores: pd.DataFrame, correct: str) -> pd.Series:
    """Return the share of trials that are correct, over all rows of a run.

    `correct` is the column that counts them, such as correct_published or correct_corrected.
    """
    sums = scores.groupby("run")[[correct, "trials"]].sum()
    return sums[correct] / sums["trials"]


def with_median_above(
    rows: pd.DataFrame, group: str, column: str, threshold: float
) -> pd.DataFrame:
    """Return the rows of those groups whose median of a column is above a threshold.

    Raises
    ------
    Untestable : no group's is
    """
    above = rows[rows.groupby(group)[column].transform("median") > threshold]
    if above.empty:
        raise Untestable(f"no {group} has a median {column} above {threshold}")
    return above


def require_same(columns: Sequence[str], *compared: pd.DataFrame) -> None:
    """Raise Untestable where rows that are compared differ in one of some columns."""
    for column in columns:
        values = pd.concat([rows[column] for rows in compared]).unique()
        if len(values) > 1:
            found = ", ".join(map(str, sorted(values)))
            raise Untestable(f"what is compared differs in {column}: {found}")


def require_different(columns: Sequence[str], *compared: pd.DataFrame) -> None:
    """Raise Untestable where two that are compared share a value of one of some columns."""
    for column in columns:
        values = [value for rows in compared for value in rows[column].unique()]
        if len(set(values)) < len(values):
            raise Untestable(f"what is compared has the same {column}")
