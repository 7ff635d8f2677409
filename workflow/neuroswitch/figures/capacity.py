"""As many Boolean functions as one network can hold (O1)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from neuroswitch import declare
from neuroswitch.figures import methods, style

MAIN = (
    "library_orthogonal",
    "library_near_identity",
    "powers_orthogonal",
    "superposition",
    "gated_units",
    "matched_extra_input",
    "separate",
)
"""Methods that curves are drawn of; the dots show all."""


@declare.figure(
    "capacity",
    reads={
        "success": "gates/capacity/success_with_tasks",
        "capacity": "gates/capacity/capacity",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure from the tables `success` (success_with_tasks) and `capacity`."""
    style.use()
    success, capacity = tables["success"], tables["capacity"]
    figure = Figure(figsize=(style.WIDTH, 7.8))
    panels = figure.subplot_mosaic("AB;CD;EE")
    shown = [name for name in MAIN if name in set(capacity["method"])]
    inputs = capacity["inputs"].max()
    width = _middle(capacity["width"])
    of_width = success[(success["inputs"] == inputs) & (success["width"] == width)]
    n = f"n = {capacity['runs'].max()}"
    tried = of_width[of_width.groupby("method")["rate"].shift(fill_value=1) > 0]
    share = tried["right_share"]
    _held(panels["A"], tried, shown, "rate", "networks that hold them (%)")
    _held(
        panels["B"],
        tried.assign(low=share, high=share),
        shown,
        "right_share",
        "functions held (% of those trained)",
    )
    style.letter(panels["A"], 0, f"{inputs} inputs, {width} units; {n}, Wilson 95 %")
    style.letter(panels["B"], 1, f"{inputs} inputs, {width} units; networks that came so far")
    for which, number in enumerate(sorted(capacity["inputs"].unique(), reverse=True), 2):
        own = capacity[capacity["inputs"] == number]
        axes = panels["ABCD"[which]]
        _growth(axes, own, [name for name in shown if name != "separate"])
        style.letter(axes, which, f"{number} inputs; {n}, bootstrap 95 %")
    largest = capacity["width"].max()
    _dots(panels["E"], capacity[(capacity["inputs"] == inputs) & (capacity["width"] == largest)])
    style.letter(panels["E"], 4, f"{inputs} inputs, {largest} units; {n}, bootstrap 95 %")
    handles, labels = panels["A"].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4)
    return figure


def _middle(widths: pd.Series) -> int:
    """Return the middle one of widths, the larger of two."""
    ordered = np.sort(widths.unique())
    return int(ordered[len(ordered) // 2])


def _held(axes: Axes, success: pd.DataFrame, shown: list[str], share: str, label: str) -> None:
    """Plot a share of networks, or of their functions, against the number of functions."""
    methods.lines(axes, success, shown, "tasks", share, 100, apart=0.02)
    axes.set_xscale("log", base=2)
    _numbers(axes.xaxis, success["tasks"])
    axes.set_ylim(-3, 104)
    axes.set_xlabel("functions in one network")
    axes.set_ylabel(label)


def _growth(axes: Axes, capacity: pd.DataFrame, shown: list[str]) -> None:
    """Plot the number of functions that half of the networks hold against their parameters."""
    methods.lines(axes, capacity, shown, "parameters", "half_tasks")
    axes.set_xscale("log", base=10)
    axes.set_yscale("log", base=2)
    most = capacity["most_tasks"].max()
    drawn = capacity[capacity["method"].isin(shown)]
    lowest, highest = drawn["low"].min(), drawn["high"].max()
    _numbers(axes.yaxis, 2.0 ** np.arange(-1, np.log2(most) + 0.5))
    axes.set_ylim(0.8 * lowest, 1.5 * highest)
    if highest >= most:
        axes.axhline(most, color=style.MUTED, lw=0.7, ls=":", zorder=0)
        axes.annotate(
            "largest number tried",
            (0.01, most),
            xycoords=("axes fraction", "data"),
            va="bottom",
            fontsize=6,
            color=style.OTHER_GATE,
        )
    style.logarithmic(axes.xaxis)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.set_xlabel("trained parameters")
    axes.set_ylabel("functions at 50 % success")


def _dots(axes: Axes, capacity: pd.DataFrame) -> None:
    """Plot the number of functions at 50 % success of every method, a row each."""
    order = methods.known(capacity["method"])
    own = capacity.set_index("method").loc[order]
    ends = np.stack([own["half_tasks"] - own["low"], own["high"] - own["half_tasks"]])
    for row, method in enumerate(order):
        _, colour, marker, _ = methods.look(method)
        axes.errorbar(
            own["half_tasks"].iloc[row],
            row,
            xerr=np.maximum(ends[:, [row]], 0),
            color=colour,
            marker=marker,
            mfc="white" if method.endswith("_transpose") else colour,
            ms=3.5,
            elinewidth=0.8,
        )
    axes.set_yticks(range(len(order)), [methods.look(method)[0] for method in order])
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xscale("log", base=2)
    _numbers(axes.xaxis, 2.0 ** np.arange(-1, np.log2(own["most_tasks"].max()) + 0.5))
    axes.grid(axis="x", color="#E6E6E6", lw=0.5)
    axes.set_axisbelow(True)
    axes.set_xlabel("functions at 50 % success")


def _numbers(axis, places) -> None:  # type: ignore[no-untyped-def]
    """Label an axis at some numbers alone."""
    ticks = [place for place in np.unique(places) if np.log2(place) % 1 == 0]
    axis.set_ticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_minor_locator(NullLocator())
