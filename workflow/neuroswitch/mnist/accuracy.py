"""Accuracy of each condition with its interval over seeds, from the tables of runs."""

import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.schemas.mnist import ACCURACY, CONDITION_KEY
from neuroswitch.statistics import bootstrap_interval

NOTIONS = {
    "after_retraining": ("final_accuracy", "best_accuracy"),
    "zero_shot": ("final_zero_shot_accuracy", "best_zero_shot_accuracy"),
}
"""Notion of accuracy -> its columns in the table of runs: last epoch, best epoch."""


@declare.analysis(
    "accuracy",
    always=True,
    reads={"runs": "mnist/{experiment}/runs"},
    settings={"root_seed": "seed"},
    writes={"mnist/{experiment}/accuracy": ACCURACY},
)
def accuracies(runs: pd.DataFrame, root_seed: int, experiment: str) -> pd.DataFrame:
    """Return one row for each condition and notion: mean over seeds, interval, n.

    `runs` is the table of runs of an experiment. Every condition is resampled by one stream: the
    seeds that they share are drawn together.
    """
    keys = list(CONDITION_KEY)
    rows = []
    for values, group in runs.sort_values("run").groupby(keys, sort=False):
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
    return pd.DataFrame(rows).assign(experiment=experiment)
