"""Where success falls to a half: numbers of tasks, and parameters, from runs that climbed."""

import numpy as np
import pandas as pd

HALF = 0.5
LEAST = 0.5
"""Stands for no task at all where logarithms are taken; success of a half cannot be at less."""


def largest_solved(climbs: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the largest number of tasks that was solved, `largest_tasks`; 0 where none was.

    Parameters
    ----------
    climbs : table `climbs`, or some of its rows
    keys : columns that identify a climb
    """
    solved = climbs.assign(largest_tasks=climbs["tasks"].where(climbs["solved"], 0))
    return solved.groupby(keys, sort=True)["largest_tasks"].max().reset_index()


def doublings(largest: np.ndarray) -> np.ndarray:
    """Return the base-2 logarithm of numbers of tasks; -1 for none."""
    return np.log2(np.maximum(largest, LEAST))


def rates_of(held_out: pd.DataFrame) -> pd.Series:
    """Return by learning rate the mean over runs of the doublings of the largest number of tasks.

    `held_out` are rows of `climbs` of one cell.
    """
    largest = largest_solved(held_out, ["learning_rate", "run"])
    largest["doublings"] = doublings(largest["largest_tasks"].to_numpy())
    return largest.groupby("learning_rate")["doublings"].mean()


def chosen_rate(held_out: pd.DataFrame) -> float:
    """Return the learning rate at which runs hold most tasks; of equal ones the smallest."""
    return float(rates_of(held_out).idxmax())


def tasks_at_half(largest: np.ndarray, rungs: np.ndarray) -> np.ndarray:
    """Return the number of tasks [...] that half of the runs can hold.

    Success at a rung is the share of runs that solve it or one above. Between two rungs it is
    taken as linear in the number of tasks, and it is 1 at no task. Where more than half solve the
    last rung, that rung is returned.

    Parameters
    ----------
    largest [..., runs] : the largest rung that a run solves; 0 for none
    rungs [rungs] : ascending

    >>> float(tasks_at_half(np.array([2, 2, 4, 4]), np.array([1, 2, 4, 8])))
    4.0
    >>> round(float(tasks_at_half(np.array([2, 2, 2, 4]), np.array([1, 2, 4, 8]))), 6)
    3.333333
    """
    steps = np.concatenate([[0.0], rungs])
    success = (largest[..., None, :] >= steps[:, None]).mean(axis=-1)
    return _crossing(success, success < HALF, steps, steps[-1])


def parameters_at_half(success: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Return the number of parameters [...] with which half of the runs succeed.

    Success is made ascending first (a larger network counts as at least as good as a smaller one)
    and taken as linear in the logarithm of the parameters. Where half succeed with the smallest
    network, its size is returned; infinity where they do not with the largest.

    Parameters
    ----------
    success [..., sizes], parameters [sizes] : ascending
    """
    rising = np.maximum.accumulate(success, axis=-1)
    return np.exp(_crossing(rising, rising >= HALF, np.log(parameters), np.inf))


def _crossing(
    success: np.ndarray, there: np.ndarray, places: np.ndarray, never: float
) -> np.ndarray:
    """Return the place [...] at which success [..., places] crosses a half.

    It is interpolated between the first place that is `there`, across the half, and the one before;
    where the first of all is, it is that one, and `never` where none is.
    """
    across = np.argmax(there, axis=-1)
    before = np.maximum(across - 1, 0)
    start, end = (np.take_along_axis(success, i[..., None], -1)[..., 0] for i in (before, across))
    change = end - start
    share = np.divide(HALF - start, change, out=np.ones_like(change), where=change != 0)
    found = places[before] + share * (places[across] - places[before])
    return np.where(there.any(axis=-1), found, never)
