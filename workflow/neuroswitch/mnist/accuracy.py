"""Accuracy of each condition with its interval over seeds, from the tables of runs."""

from collections.abc import Mapping

import pandas as pd

from neuroswitch import seeds
from neuroswitch.statistics import bootstrap_interval

NOTIONS = {
    "after_retraining": ("final_accuracy", "best_accuracy"),
    "zero_shot": ("final_zero_shot_accuracy", "best_zero_shot_accuracy"),
}
"""Notion of accuracy -> its columns in the table of runs: last epoch, best epoch."""


def accuracies(
    runs: Mapping[str, pd.DataFrame], condition: list[str], root_seed: int
) -> pd.DataFrame:
    """Return one row for each experiment, condition and notion: mean over seeds, interval, n.

    `runs` are the tables of runs by experiment; `condition` names the columns that tell
    conditions apart. Every condition is resampled by one stream: the seeds that they share
    are drawn together.
    """
    together = pd.concat(
        [table.assign(experiment=name) for name, table in runs.items()], ignore_index=True
    )
    keys = ["experiment", *condition]
    rows = []
    for values, group in together.sort_values("run").groupby(keys, sort=False):
        for notion, (final, best) in NOTIONS.items():
            low, high = bootstrap_interval(
                group[[final, best]].to_numpy().T, seeds.generator(root_seed, "bootstrap", "mnist")
            )
            rows.append(
                dict(zip(keys, values, strict=True))
                | {
                    "notion": notion,
                    "parameters": group["parameters"].iloc[0],
                    "runs": len(group),
                    "diverged": int((group["diverged_epoch"] > 0).sum()),
                    "accuracy": group[final].mean(),
                    "low": low[0],
                    "high": high[0],
                    "best": group[best].mean(),
                    "best_low": low[1],
                    "best_high": high[1],
                    "median_condition_number": group["condition_number"].median(),
                }
            )
    return pd.DataFrame(rows)
