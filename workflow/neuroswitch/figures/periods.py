"""What the switching period changes, at equal cycles and at equal epochs."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import style
from neuroswitch.figures.rates import NOTIONS


@declare.figure(
    "periods",
    reads={
        "equal_cycles": "gates/periods_equal_cycles/success",
        "equal_epochs": "gates/periods_equal_epochs/success",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw success and time to first success against the period.

    Parameters
    ----------
    tables : `equal_cycles` and `equal_epochs`, each the table `success` of runs that were trained
        for equally many cycles or epochs at every period
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 2.6))
    panels = figure.subplots(1, 3)
    cycles, epochs = tables["equal_cycles"], tables["equal_epochs"]
    trained = (2 * epochs["cycles"] * epochs["period"]).min()
    for which, (success, title) in enumerate(
        (
            (cycles, f"equal cycles ({cycles['cycles'].max()})"),
            (epochs, f"equal epochs ({trained})"),
        )
    ):
        _success(panels[which], success)
        style.letter(panels[which], which, f"{title}\n{_runs(success)}, Wilson 95 %")
    _first_success(panels[2], cycles)
    style.letter(panels[2], 2, f"first success\n{_runs(cycles)}, median with 95 %")
    for axes in panels:
        periods = sorted(cycles["period"].unique())
        axes.set_xscale("log")
        axes.set_xticks(periods, [str(period) for period in periods], minor=False)
        axes.xaxis.minorticks_off()
        axes.set_xlabel("switching period (epochs)")
    return figure


def _runs(success: pd.DataFrame) -> str:
    return f"n = {success['runs'].iloc[0]}"


def _success(axes: Axes, success: pd.DataFrame) -> None:
    for place, (notion, (label, colour, marker, face)) in enumerate(NOTIONS.items()):
        group = success[success["notion"] == notion].sort_values("period")
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
            # The first notion lies on top.
            zorder=4 - place,
        )
    axes.set_ylim(-3, 104)
    axes.set_ylabel("runs that succeed (%)")
    axes.legend()


def _first_success(axes: Axes, success: pd.DataFrame) -> None:
    """Plot the median cycle of the first success, over lines of equally many epochs.

    Runs without a success count as infinitely late. An interval without an upper end is drawn up
    to the last cycle that was trained.
    """
    solved = success[success["notion"] == "solved"].sort_values("period")
    group = solved[np.isfinite(solved["median_first_cycle"])]
    periods, median = group["period"], group["median_first_cycle"]
    high = np.minimum(group["first_cycle_high"], group["cycles"])
    ends = np.stack([median - group["first_cycle_low"], high - median])
    axes.errorbar(periods, median, ends, fmt="o-", ms=3.5, lw=0.8, color=style.INK)
    style.logarithmic(axes.yaxis)
    bounds = axes.get_ylim()
    across = np.array([solved["period"].min(), solved["period"].max()])
    middle = 1.6 * np.sqrt(across.prod())
    for trained in (10**exponent for exponent in range(2, 7)):
        # A line is drawn where there is room for its name.
        if not bounds[0] < trained / (2 * middle) < bounds[1]:
            continue
        axes.plot(across, trained / (2 * across), ":", lw=0.7, color=style.MUTED, zorder=0)
        axes.text(
            middle,
            trained / (2 * middle),
            f"{trained} epochs",
            color=style.OTHER_GATE,
            fontsize=6,
            va="bottom",
            rotation=np.degrees(np.arctan(-trained / (2 * middle**2))),
            rotation_mode="anchor",
            transform_rotates_text=True,
            clip_on=True,
        )
    axes.set_ylim(bounds)
    axes.set_ylabel("cycle of the first success")
