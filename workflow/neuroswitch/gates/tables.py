"""Outcomes as tidy tables: one row an observation, the condition's columns in front."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch.gates.paths import plane_share
from neuroswitch.gates.training import Outcome
from neuroswitch.settings.gates import Condition


def runs(condition: Condition, outcome: Outcome) -> pd.DataFrame:
    """Return one row for each run: whether it succeeded and when, and its parameters."""
    records = outcome.records
    window = stable_window(condition)
    final_streak = records.retrained_streak[-1]
    kept = records.diverged_epoch == 0
    return _with_condition(
        condition,
        {
            "run": outcome.runs,
            "solved": kept & (final_streak > 0),
            "stable_success": kept & (final_streak >= window),
            "zero_shot_success": kept & (records.zero_shot_streak[-1] >= window),
            "first_retrained_cycle": records.first_retrained,
            "first_zero_shot_cycle": records.first_zero_shot,
            "settled_cycle": np.where(final_streak > 0, condition.cycles - final_streak + 1, 0),
            "diverged_epoch": records.diverged_epoch,
            "condition_number": outcome.condition_number,
            "initial_parameters": list(outcome.initial),
            "final_parameters": list(outcome.final),
        },
    )


def without_parameters(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a table of runs whose vectors of parameters are empty."""
    empty = [np.empty(0)] * len(runs)
    return runs.assign(initial_parameters=empty, final_parameters=empty)


def tasks(condition: Condition, outcome: Outcome) -> pd.DataFrame:
    """Return one row for each run and task: final scores, peaks and steps of the loss.

    Peaks and steps of a run that diverged are missing (NaN).
    """
    records = outcome.records
    run, index = np.meshgrid(outcome.runs, np.arange(len(condition.gates)))
    level = records.peak_last_half
    drift = np.divide(records.peak_change, level, out=np.zeros_like(level), where=level != 0)

    def known(values: np.ndarray) -> np.ndarray:
        return np.where(records.diverged_epoch > 0, np.nan, values).ravel()

    return _with_condition(
        condition,
        {
            "run": run.ravel(),
            "task_index": index.ravel(),
            "task": np.array(condition.gates)[index.ravel()],
            "final_loss": records.loss_after[-1].ravel(),
            "final_correct": records.correct_after[-1].ravel(),
            "final_zero_shot_correct": records.correct_at_switch[-1].ravel(),
            "peak_first_tenth": known(records.peak_first_tenth),
            "peak_last_tenth": known(records.peak_last_tenth),
            "peak_drift": known(drift),
            "largest_step": known(records.largest_step),
        },
    )


def history(condition: Condition, outcome: Outcome) -> pd.DataFrame:
    """Return one row for each run, recorded cycle and task."""
    records = outcome.records
    cycle, index, run = np.meshgrid(
        outcome.recorded, np.arange(len(condition.gates)), outcome.runs, indexing="ij"
    )
    tasks_count = len(condition.gates)

    def for_each_task(streak: np.ndarray) -> np.ndarray:
        return np.repeat(streak[:, None], tasks_count, axis=1).ravel()

    return _with_condition(
        condition,
        {
            "run": run.ravel(),
            "cycle": cycle.ravel(),
            "task_index": index.ravel(),
            "task": np.array(condition.gates)[index.ravel()],
            "loss_at_switch": records.loss_at_switch.ravel(),
            "correct_at_switch": records.correct_at_switch.ravel(),
            "correct_after": records.correct_after.ravel(),
            "zero_shot_streak": for_each_task(records.zero_shot_streak),
            "retrained_streak": for_each_task(records.retrained_streak),
        },
    )


def planarity(condition: Condition, outcome: Outcome) -> pd.DataFrame:
    """Return how planar the path of each traced run is."""
    path = outcome.records.path
    shares = [plane_share(path[..., lane]) for lane in range(path.shape[-1])]
    return _with_condition(condition, {"run": outcome.runs, "plane_share": np.array(shares)})


def example_epochs(condition: Condition, outcome: Outcome, lane: int) -> pd.DataFrame:
    """Return the loss of every epoch of one traced run."""
    loss = outcome.records.epoch_loss[:, lane]
    phase = np.arange(len(loss)) // condition.period % len(condition.gates)
    return _with_condition(
        condition,
        {
            "run": np.full(len(loss), outcome.runs[lane]),
            "epoch": np.arange(1, len(loss) + 1),
            "task": np.array(condition.gates)[phase],
            "epoch_loss": loss,
        },
    )


def example_path(condition: Condition, outcome: Outcome, lane: int) -> pd.DataFrame:
    """Return the parameters of one traced run after each epoch of the recorded cycles."""
    path = outcome.records.path[..., lane]
    phase, tasks_count = np.arange(len(path)) // condition.period, len(condition.gates)
    cycle, index = phase // tasks_count + 1, phase % tasks_count
    kept = np.isin(cycle, outcome.recorded)
    return _with_condition(
        condition,
        {
            "run": np.full(kept.sum(), outcome.runs[lane]),
            "epoch": np.flatnonzero(kept) + 1,
            "cycle": cycle[kept],
            "task_index": index[kept],
            "task": np.array(condition.gates)[index[kept]],
            "parameters": list(path[kept]),
        },
    )


def stable_window(condition: Condition) -> int:
    """Return in how many last cycles stable and zero-shot success must hold (ambiguity A9)."""
    return min(condition.stable_cycles, max(1, condition.cycles // 10))


def _with_condition(condition: Condition, columns: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(dict(columns) | condition.model_dump())
