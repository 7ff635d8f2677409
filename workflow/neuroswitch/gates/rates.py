"""Success rates with their intervals, from the tables of runs and of history."""

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.schemas.gates import BUDGET, CONDITION_KEY, SUCCESS
from neuroswitch.statistics import median_interval, wilson_interval

SOLVED = "solved"
"""The notion that claims judge: every task at 100 % at the end of its last retraining."""

NOTIONS = {
    SOLVED: ("first_retrained_cycle", "retrained_streak"),
    "stable_success": ("settled_cycle", "retrained_streak"),
    "zero_shot_success": ("first_zero_shot_cycle", "zero_shot_streak"),
}
"""Notion of success, a column of runs -> the column of its first cycle, its column of history."""


@declare.analysis(
    "success",
    always=True,
    reads={"runs": "gates/{experiment}/runs"},
    writes={"gates/{experiment}/success": SUCCESS},
)
@declare.analysis(
    "success_reconstructed",
    reads={"runs": "gates/{experiment}/pairs/runs"},
    writes={"gates/{experiment}/pairs/success": SUCCESS},
)
def success_rates(runs: pd.DataFrame, experiment: str) -> pd.DataFrame:
    """Return one row for each condition and notion of success: rate, interval, n.

    `runs` is the table of runs of an experiment. A diverged run is a failure.
    The first success of a run that has none is infinitely late.
    """
    keys = list(CONDITION_KEY)
    rows = []
    for values, group in runs.groupby(keys, sort=False):
        for notion, (first, _) in NOTIONS.items():
            cycles = group[first].astype(float).replace(0.0, np.inf)
            low, high = median_interval(cycles)
            rows.append(
                dict(zip(keys, values, strict=True))
                | {
                    "notion": notion,
                    "successes": int(group[notion].sum()),
                    "runs": len(group),
                    "diverged": int((group["diverged_epoch"] > 0).sum()),
                    "median_condition_number": group["condition_number"].median(),
                    "median_first_cycle": cycles.median(),
                    "first_cycle_low": low,
                    "first_cycle_high": high,
                }
            )
    return _with_interval(pd.DataFrame(rows)).assign(experiment=experiment)


@declare.analysis(
    "success_against_cycles",
    reads={"history": "gates/{experiment}/history"},
    writes={"gates/{experiment}/success_against_cycles": BUDGET},
)
@declare.analysis(
    "success_against_cycles_reconstructed",
    reads={"history": "gates/{experiment}/pairs/history"},
    writes={"gates/{experiment}/pairs/success_against_cycles": BUDGET},
)
@declare.analysis(
    "longer_success_reconstructed",
    reads={"history": "gates/{experiment}/budget/history"},
    writes={"gates/{experiment}/budget/success_against_cycles": BUDGET},
)
def success_against_cycles(history: pd.DataFrame, experiment: str) -> pd.DataFrame:
    """Return the rate of runs that would succeed if training ended at each recorded cycle.

    Stable and zero-shot success ask for the last cycles up to there: the condition's stable
    cycles, or as many as a tenth of that cycle, as in the table of runs.
    """
    first_task = history[history["task_index"] == 0]
    window = np.minimum(first_task["stable_cycles"], np.maximum(1, first_task["cycle"] // 10))
    parts = []
    for notion, (_, streak) in NOTIONS.items():
        right = first_task[streak] >= (1 if notion == SOLVED else window)
        at_cycle = first_task.assign(right=right).groupby([*CONDITION_KEY, "cycle"], sort=False)
        counts = at_cycle["right"].agg(["sum", "size"])
        counts = counts.rename(columns={"sum": "successes", "size": "runs"}).reset_index()
        parts.append(counts.assign(notion=notion))
    return _with_interval(pd.concat(parts, ignore_index=True)).assign(experiment=experiment)


def _with_interval(counts: pd.DataFrame) -> pd.DataFrame:
    low, high = wilson_interval(counts["successes"], counts["runs"])
    return counts.assign(rate=counts["successes"] / counts["runs"], low=low, high=high)
