"""The learning rate of each depth, chosen on runs that are not judged (O7)."""

import pandas as pd

from neuroswitch import declare
from neuroswitch.schemas.outlook import DEPTH_RATES
from neuroswitch.settings.gates import number_of_parameters
from neuroswitch.statistics import wilson_interval

KEYS = ["layers", "width", "learning_rate"]


@declare.analysis(
    "depth_rates",
    reads={"runs": "gates/depth_held_out/runs"},
    writes={"gates/depth_held_out/depth_rates": DEPTH_RATES},
)
def depth_rates(runs: pd.DataFrame) -> pd.DataFrame:
    """Return how many held-out runs succeed, by depth and learning rate, and the rate chosen."""
    counts = runs.groupby(KEYS)["solved"].agg(["sum", "size"]).reset_index()
    counts = counts.rename(columns={"sum": "successes", "size": "runs"})
    low, high = wilson_interval(counts["successes"], counts["runs"])
    best = counts.loc[counts.groupby("layers")["successes"].idxmax()].set_index("layers")
    numbers = [
        number_of_parameters(layers, width)
        for layers, width in counts[["layers", "width"]].itertuples(index=False)
    ]
    return counts.assign(
        parameters=numbers,
        rate=counts["successes"] / counts["runs"],
        low=low,
        high=high,
        chosen=counts["learning_rate"] == counts["layers"].map(best["learning_rate"]),
    )


def at_chosen_rate(runs: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of each depth at the learning rate that was chosen for it."""
    chosen = rates.loc[rates["chosen"], ["layers", "learning_rate"]]
    return runs.merge(chosen, on=["layers", "learning_rate"])
