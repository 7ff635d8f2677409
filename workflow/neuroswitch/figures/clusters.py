"""The mapped networks in the space of their first three PCs, and paths through it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from neuroswitch.figures.style import INK, gate_colour, gate_colours

PCS = ["pc1", "pc2", "pc3"]


def trained(tables: Mapping[str, pd.DataFrame], learning_rate: float) -> dict[str, pd.DataFrame]:
    """Return `points` and `components` of the networks trained at a learning rate."""
    chosen = {"networks": "trained", "learning_rate": learning_rate}
    return {
        name: tables[name][(tables[name][list(chosen)] == chosen).all(axis=1)]
        for name in ("points", "components")
    }


def scatter(axes: Any, points: pd.DataFrame, *, faint: bool = False) -> None:
    """Plot each gate's networks; solved ones filled, unsolved ones as crosses."""
    for gate, colour in gate_colours(points["gate"]).items():
        of_gate = points[points["gate"] == gate]
        for solved, group in of_gate.groupby("solved"):
            marker = (
                {"marker": "o", "s": 5, "lw": 0} if solved else {"marker": "x", "s": 8, "lw": 0.7}
            )
            axes.scatter(
                *group[PCS].to_numpy().T,
                color=colour,
                alpha=0.25 if faint else 0.8,
                depthshade=False,
                label=gate if solved else None,
                **marker,
            )


def path(axes: Any, trajectory: pd.DataFrame) -> None:
    """Plot one run's path through f and f', each point in the colour of the task in training."""
    xyz = trajectory.sort_values("epoch")[PCS].to_numpy()
    axes.plot(*xyz.T, color=INK, lw=0.25, alpha=0.6)
    for task, group in trajectory.groupby("task", sort=False):
        axes.scatter(
            *group[PCS].to_numpy().T, color=gate_colour(task), s=1.6, lw=0, depthshade=False
        )
    for point, marker, name in ((xyz[0], "^", "start"), (xyz[-1], "*", "end")):
        axes.scatter(
            *point,
            marker=marker,
            s=32,
            color="white",
            edgecolor="black",
            lw=0.7,
            label=name,
            depthshade=False,
            zorder=10,
        )


def tidy(axes: Any, explained: np.ndarray) -> None:
    """Label the three axes with the variance that they explain, and thin their ticks."""
    for name, share in zip("xyz", explained, strict=True):
        number = "xyz".index(name) + 1
        getattr(axes, f"set_{name}label")(f"PC{number} ({share:.0%})", labelpad=-9)
        axis = getattr(axes, f"{name}axis")
        axis.set_major_locator(MaxNLocator(3))
        axis.set_pane_color((1, 1, 1, 0))
        axis._axinfo["grid"].update(color="#E6E6E6", linewidth=0.4)
    axes.tick_params(pad=-3.5, labelsize=5.5)
    axes.set_box_aspect((1, 1, 0.85), zoom=1.08)
    axes.view_init(elev=22, azim=-58)


def legend(axes: Any, names: Mapping[str, str], *, ends: bool = False) -> None:
    """Name the gates beside the space, and the ends of a path where there is one."""
    look: dict[str, Any] = {"lw": 0, "ms": 4}
    handles = [
        Line2D([], [], marker="o", color=gate_colour(gate), mew=0, label=name, **look)
        for gate, name in names.items()
    ]
    handles += ends * [
        Line2D([], [], marker=marker, color="white", mec="black", mew=0.7, label=name, **look)
        for marker, name in (("^", "start"), ("*", "end"))
    ]
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(-0.22, 1.05),
        handletextpad=0.1,
        labelspacing=0.3,
    )


def explained(components: pd.DataFrame) -> np.ndarray:
    """Return the shares of variance [3] of the fitted components."""
    shares = components.groupby("component")["explained"].first()
    return shares[shares.index > 0].to_numpy()
