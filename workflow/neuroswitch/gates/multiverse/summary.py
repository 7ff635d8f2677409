"""The numbers of one universe: a row of its choices and of every statistic of paper 1."""

from dataclasses import asdict

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
                "peak_3": _level(equal_cycles, SHORT, "peak_last_tenth", "mean"),
                "peak_30": _level(equal_cycles, LONG, "peak_last_tenth", "mean"),
                "peak_3_epochs": _level(equal_epochs, SHORT, "peak_last_tenth", "mean"),
                "peak_30_epochs": _level(equal_epochs, LONG, "peak_last_tenth", "mean"),
                "drift_3": _level(equal_cycles, SHORT, "peak_drift", "max"),
                "drift_30": _level(equal_cycles, LONG, "peak_drift", "max"),
                "first_3": firsts[SHORT],
                "first_10": firsts[period],
                "first_30": firsts[LONG],
                "held_2500": (epochs_until(and_or, "settled_cycle") <= HELD_FROM).mean(),
                "xor_recall_pcs": _recall(trained, "pcs", ["XOR"]),
                "xor_recall_symmetry": _recall(trained, "symmetry", ["XOR"]),
                "others_recall_pcs": _recall(trained, "pcs", ["AND", "OR", "NOR"]),
                "and_xor_long": np.nan if long is None else _rate(long, "AND/XOR"),
                "runs": trained.runs,
                "run_epochs": trained.run_epochs,
            }
        ]
    )


def _rate(runs: pd.DataFrame, tasks: str) -> float:
    return float(runs.loc[runs["tasks"] == tasks, "solved"].mean())


def _level(tasks: pd.DataFrame, period: int, column: str, how: str) -> float:
    """Return the median over runs of the mean or largest size over gates; infinite if diverged."""
    sizes = tasks.loc[tasks["period"] == period, ["run", column]].abs().fillna(np.inf)
    return float(np.median(sizes.groupby("run")[column].agg(how)))


def _recall(trained: Trained, coordinates: str, gates: list[str]) -> float:
    """Return the mean over gates of networks voted right; NaN where distances are missing."""
    votes = trained.tables.get("gates/mapping_two_layers/neighbour_votes")
    if votes is None:
        return np.nan
    own = votes[(votes["coordinates"] == coordinates) & votes["gate"].isin(gates)]
    return float(own.groupby("gate")["right"].mean().mean())
