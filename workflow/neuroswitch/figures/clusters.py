"""Mapped networks in spaces of two or three axes."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from neuroswitch.figures.style import gate_colours

PCS = ["pc1", "pc2", "pc3"]
SYMMETRIC = ["sc1", "sc2", "sc3"]

BEHIND = "#D5D5D5"
"""Colour of the networks of all other gates, behind those of one."""


def trained(points: pd.DataFrame, learning_rate: float) -> pd.DataFrame:
    """Return the rows of the table `points` of networks trained at a learning rate."""
    chosen = {"networks": "trained", "learning_rate": learning_rate}
    return points[(points[list(chosen)] == chosen).all(axis=1)]


def scatter(
    axes: Any, points: pd.DataFrame, columns: Sequence[str] = PCS, *, faint: bool = False
) -> None:
    """Plot each gate's networks; solved ones filled, unsolved ones as crosses."""
    for gate, colour in gate_colours(points["gate"]).items():
        of_gate = points[points["gate"] == gate]
        cloud(axes, of_gate, columns, colour, alpha=0.18 if faint else 0.8)


def one_of(axes: Axes, points: pd.DataFrame, columns: Sequence[str], gate: str) -> None:
    """Plot the networks of one gate in its colour, over those of the others in grey.

    The plane of the first two of the columns, whose units are of one length.
    """
    chosen = points["gate"] == gate
    cloud(axes, points[~chosen], columns[:2], BEHIND, alpha=1)
    cloud(axes, points[chosen], columns[:2], gate_colours([gate])[gate], alpha=0.8)
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")


def cloud(
    axes: Any, points: pd.DataFrame, columns: Sequence[str], colour: str, *, alpha: float
) -> None:
    """Plot networks in one colour; solved ones filled, unsolved ones as crosses."""
    depth = {"depthshade": False} if len(columns) == len(PCS) else {}
    for solved, group in points.groupby("solved"):
        marker = {"marker": "o", "s": 5, "lw": 0} if solved else {"marker": "x", "s": 6, "lw": 0.6}
        axes.scatter(
            *group[list(columns)].to_numpy().T, color=colour, alpha=alpha, **marker, **depth
        )


def tidy(axes: Any, labels: Sequence[str]) -> None:
    """Label the three axes of a space, and thin their ticks."""
    for name, label in zip("xyz", labels, strict=True):
        getattr(axes, f"set_{name}label")(label, labelpad=-9)
        axis = getattr(axes, f"{name}axis")
        axis.set_major_locator(MaxNLocator(3))
        axis.set_pane_color((1, 1, 1, 0))
        axis._axinfo["grid"].update(color="#E6E6E6", linewidth=0.4)
    axes.tick_params(pad=-3.5, labelsize=6)
    axes.set_box_aspect((1, 1, 0.85), zoom=1.2)
    axes.set_anchor("N")
    axes.view_init(elev=22, azim=-58)
