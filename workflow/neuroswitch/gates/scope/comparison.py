"""The reconstructed setting beside what paper 1 reports: rates, peaks, and the time to 100 %."""

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims.samples import cycles_until, epochs_until, select
from neuroswitch.gates.multiverse import summary
from neuroswitch.gates.multiverse.conditions import LONG, SHORT
from neuroswitch.gates.scope.reconstruction import REPORTED
from neuroswitch.schemas.scope import COMPARISON
from neuroswitch.statistics import median_interval, wilson_interval

FIRST = "first_retrained_cycle"


@declare.analysis(
    "comparison",
    always=True,
    reads={
        "setting": "gates/{experiment}/setting",
        "pairs": "gates/{experiment}/pairs/runs",
        "periods": "gates/{experiment}/periods_equal_cycles/runs",
        "tasks": "gates/{experiment}/periods_equal_cycles/tasks",
        "unmodulated": "gates/{experiment}/unmodulated/runs",
        "universes": ["gates/multiverse/universes", "gates/rounds/second_round/universes"],
    },
    writes={"gates/{experiment}/comparison": COMPARISON},
)
def compare(
    setting: pd.DataFrame,
    pairs: pd.DataFrame,
    periods: pd.DataFrame,
    tasks: pd.DataFrame,
    unmodulated: pd.DataFrame,
    universes: pd.DataFrame,
    experiment: str,
) -> pd.DataFrame:
    """Return one row for each quantity: what the paper reports of it, and what fresh runs give.

    Peaks, drifts and rates are those by which universes are compared with the paper, beside their
    values in the universe that was nearest. Cycles and epochs to the first success at the three
    periods are shown for the same comparison, though the paper reports no number of them.
    """
    and_or, and_xor = (select(pairs, tasks=own)["solved"] for own in ("AND/OR", "AND/XOR"))
    usual = int(setting["period"].iloc[0])
    samples = {
        "peak_3": summary.peaks(tasks, SHORT),
        "peak_30": summary.peaks(tasks, LONG),
        "drift_3": summary.drifts(tasks, SHORT),
        "drift_30": summary.drifts(tasks, LONG),
        "held_2500": summary.held(select(pairs, tasks="AND/OR")),
        "and_or": and_or,
        "and_xor": and_xor,
        "xor_alone": select(unmodulated, tasks="XOR")["solved"],
    }
    for of, period in (("3", SHORT), ("10", usual), ("30", LONG)):
        runs = select(periods, period=period)
        samples[f"first_{of}"] = cycles_until(runs, FIRST)
        samples[f"epochs_{of}"] = epochs_until(runs, FIRST)
    nearest = universes[universes["universe"] == setting["universe"].iloc[0]].iloc[0]
    rows = [_row(name, sample, nearest) for name, sample in samples.items()]
    return pd.DataFrame(rows).assign(position=range(len(rows)), experiment=experiment)


def _row(name: str, sample: pd.Series, nearest: pd.Series) -> dict[str, object]:
    rate = sample.dtype == bool
    value = sample.mean() if rate else sample.median()
    interval = wilson_interval(sample.sum(), len(sample)) if rate else median_interval(sample)
    reported = REPORTED.get(name)
    return {
        "quantity": name,
        "reported_low": reported.low if reported else np.nan,
        "reported_high": reported.high if reported else np.nan,
        "value": float(value),
        "low": float(interval[0]),
        "high": float(interval[1]),
        "interval": "wilson" if rate else "order statistics",
        "n": len(sample),
        "nearest": float(nearest.get(name, np.nan)),
        "source": reported.source if reported else "",
    }
