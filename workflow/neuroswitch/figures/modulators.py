"""Which transformations networks can be switched with, by either pull-back (ours)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import rates, style

PULLBACKS = {
    "inverse": (r"$M^{-1}$ (paper)", style.INK, "o", style.INK),
    "transpose": (r"$M^{T}$", style.ACCENT, "s", "white"),
}


@declare.figure("modulators", reads={"success": "gates/modulators/success"})
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw success by family and pull-back from table `success`, for each task pair and rate."""
    style.use()
    success = tables["success"]
    chosen = success[success["notion"] == "solved"].copy()
    chosen["modulator"] = [
        style.family_label(family, scale)
        for family, scale in zip(chosen["family"], chosen["scale"], strict=True)
    ]
    condition = chosen.groupby("modulator")["median_condition_number"].median().sort_values()
    learning_rates = sorted(chosen["learning_rate"].unique())
    pairs = list(dict.fromkeys(chosen["tasks"]))
    figure = Figure(figsize=(style.WIDTH, 0.6 + 2.1 * len(learning_rates)))
    panels = figure.subplots(len(learning_rates), len(pairs), squeeze=False, sharey=True)
    for row, learning_rate in enumerate(learning_rates):
        for column, pair in enumerate(pairs):
            axes = panels[row, column]
            cell = chosen[(chosen["learning_rate"] == learning_rate) & (chosen["tasks"] == pair)]
            for shift, (pullback, look) in zip((-0.14, 0.14), PULLBACKS.items(), strict=True):
                of_pullback = cell[cell["pullback"] == pullback].set_index("modulator")
                rates.interval(
                    axes,
                    of_pullback.loc[condition.index],
                    np.arange(len(condition)) + shift,
                    *look,
                )
            rates.labelled(axes, [f"{name}  (κ = {_short(k)})" for name, k in condition.items()])
            style.letter(
                axes, row * len(pairs) + column, f"{pair}, learning rate {learning_rate:g}"
            )
    runs = chosen["runs"].iloc[0]
    style.legend_above(
        figure,
        panels[0, 0],
        f"pull-back; {runs} runs, Wilson 95 %; κ: median condition number of M",
    )
    return figure


def _short(number: float) -> str:
    return f"{number:.0f}" if number >= 10 else f"{number:.2g}"
