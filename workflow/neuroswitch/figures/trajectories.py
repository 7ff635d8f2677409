"""Paths of a run through parameter space: in their own plane, and among the mapped networks."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from neuroswitch.figures import clusters
from neuroswitch.figures.style import gate_colour, gate_colours

OWN = ["own1", "own2"]
FUNCTIONS = ("f", "f′")
RUNG = "#AAAAAA"
RUNGS = 60
"""Most switches that are drawn: more would be one grey area."""
ENDS = {"start": "^", "end": "*"}
"""Ends of a path -> their markers."""


def own_plane(axes: Axes, trajectory: pd.DataFrame, shares: pd.DataFrame) -> None:
    """Plot the paths of f and f' in the run's own plane, and a rung for each switch.

    Parameters
    ----------
    trajectory : rows of the table `trajectory` of one run
    shares : rows of the table `trajectory_shares` of the same run
    """
    ends = _paths(axes, trajectory, OWN, ms=4.5)
    for (function, other), name in zip(((0, 1), (1, 0)), FUNCTIONS, strict=True):
        away = ends[function] - ends[other]
        axes.annotate(
            name,
            ends[function],
            12 * away / max(np.linalg.norm(away), 1e-12),
            textcoords="offset points",
            ha="center",
            va="center",
        )
    for name, label in zip("xy", _labels("own PC", shares, "own"), strict=True):
        getattr(axes, f"set_{name}label")(label)
        getattr(axes, f"{name}axis").set_major_locator(MaxNLocator(4))
    # An equal aspect takes away margins, and not what counts as data.
    low, high = trajectory[OWN].min().to_numpy(), trajectory[OWN].max().to_numpy()
    room = 0.2 * (high - low).max()
    axes.update_datalim([low - room, high + room])
    axes.set_aspect("equal", adjustable="datalim")


def among_clusters(
    axes: Any, points: pd.DataFrame, trajectory: pd.DataFrame, shares: pd.DataFrame
) -> None:
    """Plot the same paths and rungs in the space of the mapped networks.

    Parameters
    ----------
    points : rows of the table `points` of the mapped networks
    trajectory, shares : as in `own_plane`
    """
    clusters.scatter(axes, points, faint=True)
    _paths(axes, trajectory, clusters.PCS, ms=3.5)
    clusters.tidy(axes, _labels("PC", shares, "mapped"))
    axes.set_box_aspect((1, 1, 0.85), zoom=1.22)
    for name in "xyz":
        axis = getattr(axes, f"{name}axis")
        axis.set_ticklabels([])
        axis.labelpad = -15


def rungs(trajectory: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Return the switches from f to f', [cycles, 2 ends, columns].

    In each cycle it is from f after its last epoch to f' after its first one. A run of one task
    alone has none.
    """
    ordered = trajectory.sort_values("epoch")
    before = ordered[ordered["task_index"] == 0].groupby("cycle")[list(columns)].last()
    after = ordered[ordered["task_index"] == 1].groupby("cycle")[list(columns)].first()
    both = before.index.intersection(after.index)
    return np.stack([before.loc[both].to_numpy(), after.loc[both].to_numpy()], axis=1)


def legend(figure: Figure, gates: pd.Series) -> None:
    """Name, above all panels, the gates, the ends of a path, and what joins two paths."""
    look: dict[str, Any] = {"lw": 0, "ms": 4}
    handles = [
        Line2D([], [], marker="o", color=colour, mew=0, label=gate, **look)
        for gate, colour in gate_colours(gates).items()
    ]
    handles += [
        Line2D([], [], marker=marker, color="white", mec="black", mew=0.7, label=name, **look)
        for name, marker in ENDS.items()
    ]
    handles.append(Line2D([], [], color=RUNG, lw=0.8, label="switch from f to f′"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))


def _paths(axes: Any, trajectory: pd.DataFrame, columns: Sequence[str], *, ms: float) -> np.ndarray:
    """Plot the path of each function, its ends and every k-th rung; return the last points."""
    switches = rungs(trajectory, columns)
    switches = switches[:: -(-len(switches) // RUNGS) or 1]
    # A point that is not a number ends a line: all rungs are one line with gaps.
    switches = np.pad(switches, ((0, 0), (0, 1), (0, 0)), constant_values=np.nan)
    axes.plot(*switches.reshape(-1, len(columns)).T, color=RUNG, lw=0.5, zorder=1)
    ends = []
    for _, of_function in trajectory.sort_values("epoch").groupby("task_index"):
        path = of_function[list(columns)].to_numpy()
        colour = gate_colour(of_function["task"].iloc[0])
        axes.plot(*path.T, ".-", ms=2.5, mew=0, lw=0.8, color=colour, zorder=2)
        for point, marker in zip((path[0], path[-1]), ENDS.values(), strict=True):
            axes.plot(
                *point[:, None], marker, ms=ms, mfc="white", mec="black", mew=0.7, lw=0, zorder=10
            )
        ends.append(path[-1])
    return np.array(ends)


def _labels(name: str, shares: pd.DataFrame, axes: str) -> list[str]:
    """Return the names of axes, with the shares of the path's variance along them."""
    along = shares[shares["axes"] == axes].sort_values("component")
    return [
        f"{name}{number} ({share:.0%})"
        for number, share in zip(along["component"], along["share"], strict=True)
    ]
