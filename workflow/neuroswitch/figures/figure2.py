"""Figure 2: trained gates in parameter space, for two and for four linear layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from neuroswitch import declare
from neuroswitch.figures import clusters, reconstructed, style
from neuroswitch.statistics import wilson_interval

KINDS = {"trained": style.GATES["AND"], "untrained": style.MUTED}
"""Networks whose AND-OR distances are shown; the untrained are the null."""


SHOWN_FROM = 100
"""Distances among solved networks below which a histogram of them would be noise."""

MEASURES = {"cosine": "cosine distance AND–OR", "euclidean": "Euclidean distance AND–OR"}


@dataclass(frozen=True)
class Space:
    """Coordinates of the mapped networks: where they are, and how they are called."""

    points: str
    columns: Sequence[str]
    title: str
    axis: str


SPACES = {
    "raw": Space("points", clusters.PCS, "all parameters", "PC"),
    "symmetry": Space("symmetric_points", clusters.SYMMETRIC, "modulo symmetry", "axis "),
}
"""Kind of coordinates in the tables `separation` and `neighbour_votes` -> its space."""

MAPPED = {
    "points": ["gates/mapping_two_layers/points", "gates/mapping_four_layers/points"],
    "symmetric_points": [
        "gates/mapping_two_layers/symmetric_points",
        "gates/mapping_four_layers/symmetric_points",
    ],
    "separation": ["gates/mapping_two_layers/separation", "gates/mapping_four_layers/separation"],
    "neighbour_votes": [
        "gates/mapping_two_layers/neighbour_votes",
        "gates/mapping_four_layers/neighbour_votes",
    ],
    "distances": ["gates/mapping_two_layers/distances", "gates/mapping_four_layers/distances"],
}
RATES = {"rates": "gates.mapping_two_layers.learning_rate"}


@declare.figure("figure2", reads=MAPPED, settings=RATES)
def draw(tables: Mapping[str, pd.DataFrame], rates: Sequence[float]) -> Figure:
    """Draw the mapping at the first of the learning rates that gates were mapped at."""
    return at_rate(tables, rates[0])


@declare.figure("figure2_switching_rate", reads=MAPPED, settings=RATES)
def draw_switching_rate(tables: Mapping[str, pd.DataFrame], rates: Sequence[float]) -> Figure:
    """Draw the mapping at the last of them, which is that of the switched networks."""
    return at_rate(tables, rates[-1])


@declare.figure(
    "figure2_reconstructed",
    reads={
        "points": "gates/reconstructed/mapping/points",
        "symmetric_points": "gates/reconstructed/mapping/symmetric_points",
        "separation": "gates/reconstructed/mapping/separation",
        "neighbour_votes": "gates/reconstructed/mapping/neighbour_votes",
        "distances": "gates/reconstructed/mapping/distances",
        "setting": "gates/reconstructed/setting",
    },
)
def draw_reconstructed(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the mapping at the reconstructed setting, which has one learning rate of it."""
    setting = tables["setting"]
    return reconstructed.named(at_rate(tables, setting["mapping_rate"].iloc[0]), setting)


def at_rate(tables: Mapping[str, pd.DataFrame], learning_rate: float) -> Figure:
    """Draw the mapping at one learning rate.

    For each number of layers two rows: the networks by all their parameters, and modulo symmetry.
    The last row has the distances.

    Parameters
    ----------
    tables : `points`, `symmetric_points`, `separation`, `neighbour_votes`, `distances`
    """
    style.use()
    chosen = {name: tables[name][tables[name]["learning_rate"] == learning_rate] for name in MAPPED}
    points = chosen["points"] = clusters.trained(tables["points"], learning_rate)
    depths = sorted(points["layers"].unique())
    figure = Figure(figsize=(style.WIDTH, 3.3 * len(depths) + 1.75))
    heights = [3.3] * len(depths) + [1.75]
    *maps, below = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    panels = below.subplots(1, len(MEASURES) * len(depths), squeeze=False)[0]
    for row, (part, layers) in enumerate(zip(maps, depths, strict=True)):
        of_depth = {name: table[table["layers"] == layers] for name, table in chosen.items()}
        _maps(part, of_depth, f"{layers} layers", len(SPACES) * row)
        for column, (measure, label) in enumerate(MEASURES.items()):
            which = len(MEASURES) * row + column
            _distances(panels[which], of_depth["distances"], measure, label)
            about = f"{layers} layers\n{_variation(of_depth['distances'], measure)}"
            style.letter(panels[which], len(SPACES) * len(depths) + which, about)
    handles, labels = panels[0].get_legend_handles_labels()
    below.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    runs = points.groupby(["layers", "gate"])["run"].nunique().min()
    maps[0].suptitle(
        f"Above each gate: the percentage of its {runs} networks whose 5 nearest networks are "
        "mostly of that gate [Wilson 95 %]. Crosses: unsolved.",
        fontsize=6.5,
    )
    return figure


def _maps(part: SubFigure, of_depth: Mapping[str, pd.DataFrame], title: str, first: int) -> None:
    """Draw a row for each space: all gates in three axes, then each gate in the first two."""
    gates = list(style.gate_colours(of_depth["points"]["gate"]))
    grid = part.add_gridspec(len(SPACES), 1 + len(gates), width_ratios=[1.8] + [1] * len(gates))
    separation = of_depth["separation"].set_index("coordinates")
    for row, (coordinates, space) in enumerate(SPACES.items()):
        points, votes = of_depth[space.points], of_depth["neighbour_votes"]
        right = votes[votes["coordinates"] == coordinates].groupby("gate")["right"]
        together = part.add_subplot(grid[row, 0], projection="3d")
        clusters.scatter(together, points, space.columns)
        clusters.tidy(together, [f"{space.axis}{number}" for number in (1, 2, 3)])
        share = separation.loc[coordinates, "explained"]
        style.letter(together, first + row, f"{title}, {space.title}\n{share:.0%} of the variance")
        for column, gate in enumerate(gates, start=1):
            panel = part.add_subplot(grid[row, column])
            clusters.one_of(panel, points, space.columns, gate)
            panel.set_title(_recall(gate, right.get_group(gate)), color=style.gate_colour(gate))
            panel.set_xlabel(f"{space.axis}1", labelpad=2)
            panel.set_ylabel(f"{space.axis}2", labelpad=2)


def _recall(gate: str, right: pd.Series) -> str:
    """Return in how many percent of its networks the neighbours vote for a gate."""
    low, high = (100 * float(end) for end in wilson_interval(right.sum(), len(right)))
    return f"{gate} {right.mean():.0%}\n[{low:.0f}, {high:.0f}]"


def _variation(distances: pd.DataFrame, measure: str) -> str:
    """Return the coefficients of variation of the distances, trained and untrained."""
    spread = distances.groupby("networks")[measure].agg(lambda values: values.std() / values.mean())
    return f"CV {spread['trained']:.2f} (untrained {spread['untrained']:.2f})"


def _distances(axes: Axes, distances: pd.DataFrame, measure: str, label: str) -> None:
    bins = np.linspace(0, distances[measure].max() * 1.02, 60).tolist()
    for kind, colour in KINDS.items():
        values = distances.loc[distances["networks"] == kind, measure]
        axes.hist(values, bins, density=True, color=colour, alpha=0.65, lw=0, label=kind)
    solved = distances.loc[distances["networks"] == "solved", measure]
    if len(solved) >= SHOWN_FROM:
        axes.hist(
            solved, bins, density=True, histtype="step", color=style.INK, lw=0.6, label="solved"
        )
    axes.set_xlabel(label)
    axes.set_ylabel("density")
