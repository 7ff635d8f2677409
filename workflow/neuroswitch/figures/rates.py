"""Success rates as points with their Wilson intervals."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroswitch.figures import style

NOTIONS = {
    "solved": ("success", style.INK, "o", style.INK),
    "stable_success": ("stable", style.INK, "o", "white"),
    "zero_shot_success": ("zero-shot", style.ACCENT, "o", "white"),
}
"""Notion of success -> label, colour, marker, marker's face."""


def dots(axes: Axes, rates: pd.DataFrame, order: Sequence[str], column: str) -> None:
    """Plot one row for each value of a column, one point for each notion of success."""
    for shift, (notion, (label, colour, marker, face)) in zip(
        (-0.22, 0, 0.22), NOTIONS.items(), strict=True
    ):
        chosen = rates[rates["notion"] == notion].set_index(column).loc[list(order)]
        interval(axes, chosen, np.arange(len(order)) + shift, label, colour, marker, face)
    labelled(axes, order)


def interval(
    axes: Axes,
    rates: pd.DataFrame,
    rows: np.ndarray,
    label: str,
    colour: str,
    marker: str,
    face: str,
) -> None:
    """Plot rates in percent with their intervals, horizontally."""
    axes.errorbar(
        100 * rates["rate"],
        rows,
        xerr=style.error_bars(rates, "rate"),
        fmt=marker,
        ms=3.5,
        color=colour,
        mfc=face,
        mew=0.8,
        elinewidth=0.8,
        label=label,
    )


def labelled(axes: Axes, labels: Sequence[str]) -> None:
    """Name the rows, first one on top, and set the axis of rates."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.set_xlim(-3, 103)
    axes.set_xlabel("runs that succeed (%)")
    axes.grid(axis="x", color="#E6E6E6", lw=0.5)
    axes.set_axisbelow(True)
