"""What the switching period changes, at equal cycles and at equal epochs."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import style
from neuroswitch.figures.rates import NOTIONS

BUDGETS = {"periods_equal_cycles": "equal cycles", "periods_equal_epochs": "equal epochs"}


@declare.figure(
    "periods",
    reads={"success": ["gates/periods_equal_cycles/success", "gates/periods_equal_epochs/success"]},
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw success and time to first success against the period, from table `success`."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 2.5))
    panels = figure.subplots(1, 3)
    success = tables["success"]
    for which, (experiment, title) in enumerate(BUDGETS.items()):
        axes = panels[which]
        chosen = success[success["experiment"] == experiment]
        for notion, (label, colour, marker, face) in NOTIONS.items():
            group = chosen[chosen["notion"] == notion].sort_values("period")
            axes.errorbar(
                group["period"],
                100 * group["rate"],
                style.error_bars(group, "rate"),
                marker=marker,
                ms=3.5,
                color=colour,
                mfc=face,
                lw=0.8,
                label=label,
            )
        axes.set_ylim(-3, 104)
        axes.set_ylabel("runs that succeed (%)")
        lengths = (
            f"{chosen['cycles'].max():,} cycles"
            if "cycles" in title
            else (f"{(2 * chosen['cycles'] * chosen['period']).min():,} epochs")
        )
        style.letter(axes, which, f"{title} ({lengths})")
        axes.legend(title=f"{chosen['runs'].iloc[0]} runs, Wilson 95 %", title_fontsize=6.5)
    equal_cycles = success[
        (success["experiment"] == "periods_equal_cycles")
        & (success["notion"] == "after_retraining")
    ].sort_values("period")
    axes = panels[2]
    first = equal_cycles["median_first_cycle"]
    axes.plot(equal_cycles["period"], first, "o-", ms=3.5, color=style.INK, label="cycles")
    axes.plot(
        equal_cycles["period"],
        2 * first * equal_cycles["period"],
        "s-",
        ms=3.5,
        color=style.ACCENT,
        mfc="white",
        label="epochs (both tasks)",
    )
    axes.set_yscale("log")
    axes.set_ylabel("median time to first success")
    axes.legend()
    style.letter(axes, 2, "first success")
    for axes in panels:
        axes.set_xscale("log")
        periods = equal_cycles["period"]
        axes.set_xticks(periods, [str(p) for p in periods], minor=False)
        axes.minorticks_off()
        axes.set_xlabel("switching period (epochs)")
    return figure
