"""The numbers of one universe: a row of its choices and of every statistic of paper 1."""

from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch.claims.samples import cycles_until, epochs_until
from neuroswitch.gates.multiverse.conditions import LONG, SHORT
from neuroswitch.gates.multiverse.universe import Trained

HELD_FROM = 2500
"""Epochs after which the paper's example stays at 100 % (paper 1, section 3)."""


def summary(trained: Trained) -> pd.DataFrame:
    """Return the row of a universe in the table `universes` (columns: schemas.multiverse)."""
    period = trained.universe.period
    table = trained.tables
    pairs, alone = table["gates/pairs/runs"], table["gates/unmodulated/runs"]
    both_ways = table["gates/modulators/runs"]
    transposed = both_ways[both_ways["pullback"] == "transpose"]
    and_or = pairs[pairs["tasks"] == "AND/OR"]
    equal_cycles, equal_epochs = (
        table[f"gates/periods_equal_{what}/tasks"] for what in ("cycles", "epochs")
    )
    runs_by_period = table["gates/periods_equal_cycles/runs"]
    firsts = {
        of: np.median(
            cycles_until(runs_by_period[runs_by_period["period"] == of], "first_retrained_cycle")
        )
        for of in (SHORT, period, LONG)
    }
    long = table.get("gates/budget/runs")
    return pd.DataFrame(
        [
            asdict(trained.universe)
            | {
                "condition_number": and_or["condition_number"].median(),
                "and_or": _rate(pairs, "AND/OR"),
                "and_xor": _rate(pairs, "AND/XOR"),
                "and_or_transpose": _rate(transposed, "AND/OR"),
                "and_xor_transpose": _rate(transposed, "AND/XOR"),
                "xor_alone": _rate(alone, "XOR"),
                "and_alone": _rate(alone, "AND"),
                "or_alone": _rate(alone, "OR"),
                "three_gates": _rate(table["gates/orderings/runs"], "AND/OR/XOR"),
                "zero_shot_and_or": and_or["zero_shot_success"].mean(),
                "peak_3": peaks(equal_cycles, SHORT).median(),
                "peak_30": peaks(equal_cycles, LONG).median(),
                "peak_3_epochs": peaks(equal_epochs, SHORT).median(),
                "peak_30_epochs": peaks(equal_epochs, LONG).median(),
                "drift_3": drifts(equal_cycles, SHORT).median(),
                "drift_30": drifts(equal_cycles, LONG).median(),
                "first_3": firsts[SHORT],
                "first_10": firsts[period],
                "first_30": firsts[LONG],
                "held_2500": held(and_or).mean(),
                "xor_recall_pcs": _recall(trained, "pcs", ["XOR"]),
                "xor_recall_symmetry": _recall(trained, "symmetry", ["XOR"]),
                "others_recall_pcs": _recall(trained, "pcs", ["AND", "OR", "NOR"]),
                "and_xor_long": np.nan if long is None else _rate(long, "AND/XOR"),
                "runs": trained.runs,
                "run_epochs": trained.run_epochs,
            }
        ]
    )


def peaks(tasks: pd.DataFrame, period: int) -> pd.Series:
    """Return each run's peak loss in the last tenth of cycles, the mean of its gates.

    `tasks` is a table of tasks. The peak of a run that diverged is infinite.
    """
    return _of_runs(tasks, period, "peak_last_tenth").mean()


def drifts(tasks: pd.DataFrame, period: int) -> pd.Series:
    """Return the size of the trend of each run's peaks over their level, the larger of its gates.

    `tasks` is a table of tasks. The trend of a run that diverged is infinite.
    """
    return _of_runs(tasks, period, "peak_drift").max()


def held(and_or: pd.DataFrame) -> pd.Series:
    """Return which runs are at 100 % from HELD_FROM epochs on, or before; a table of runs."""
    return epochs_until(and_or, "settled_cycle") <= HELD_FROM


def _rate(runs: pd.DataFrame, tasks: str) -> float:
    return float(runs.loc[runs["tasks"] == tasks, "solved"].mean())


def _of_runs(tasks: pd.DataFrame, period: int, column: str) -> Any:
    """Return the sizes of a column at a period, grouped by run; infinite where they are missing."""
    sizes = tasks.loc[tasks["period"] == period, ["run", column]].abs().fillna(np.inf)
    return sizes.groupby("run")[column]


def _recall(trained: Trained, coordinates: str, gates: list[str]) -> float:
    """Return the mean over gates of networks voted right; NaN where distances are missing."""
    votes = trained.tables.get("gates/mapping_two_layers/neighbour_votes")
    if votes is None:
        return np.nan
    own = votes[(votes["coordinates"] == coordinates) & votes["gate"].isin(gates)]
    return float(own.groupby("gate")["right"].mean().mean())
