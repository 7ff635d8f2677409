"""Figure 2: trained gates in parameter space, for two and for four linear layers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import clusters, style

KINDS = {"trained": style.GATES["AND"], "untrained": style.MUTED}
"""Networks whose AND-OR distances are shown; the untrained are the null."""


SHOWN_FROM = 100
"""Distances among solved networks below which a histogram of them would be noise."""


MAPPED = {
    "points": ["gates/mapping_two_layers/points", "gates/mapping_four_layers/points"],
    "components": ["gates/mapping_two_layers/components", "gates/mapping_four_layers/components"],
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


def at_rate(tables: Mapping[str, pd.DataFrame], learning_rate: float) -> Figure:
    """Draw the mapping at one learning rate from tables `points`, `components`, `distances`."""
    style.use()
    distances = tables["distances"]
    chosen = clusters.trained(tables, learning_rate)
    chosen["distances"] = distances[distances["learning_rate"] == learning_rate]
    depths = sorted(chosen["points"]["layers"].unique())
    figure = Figure(figsize=(style.WIDTH, 2.5 * len(depths)))
    grid = figure.add_gridspec(len(depths), 3, width_ratios=(1.5, 1, 1))
    for row, layers in enumerate(depths):
        of_depth = {name: table[table["layers"] == layers] for name, table in chosen.items()}
        space = figure.add_subplot(grid[row, 0], projection="3d")
        _map(space, of_depth)
        style.letter(space, 3 * row, f"{layers} linear layers")
        for column, (measure, label) in enumerate(
            (("cosine", "cosine distance AND–OR"), ("euclidean", "Euclidean distance AND–OR"))
        ):
            panel = figure.add_subplot(grid[row, column + 1])
            _distances(panel, of_depth["distances"], measure, label)
            style.letter(panel, 3 * row + column + 1)
    return figure


def _map(axes: Axes, of_depth: Mapping[str, pd.DataFrame]) -> None:
    points = of_depth["points"]
    clusters.scatter(axes, points)
    clusters.tidy(axes, clusters.explained(of_depth["components"]))
    solved = points.groupby("gate")["solved"]
    clusters.legend(
        axes,
        {
            gate: f"{gate} {solved.sum()[gate]}/{solved.size()[gate]} solved"
            for gate in style.gate_colours(points["gate"])
        },
    )


def _distances(axes: Axes, distances: pd.DataFrame, measure: str, label: str) -> None:
    bins = np.linspace(0, distances[measure].max() * 1.02, 60).tolist()
    for kind, colour in KINDS.items():
        values = distances.loc[distances["networks"] == kind, measure]
        spread = values.std() / values.mean()
        axes.hist(
            values,
            bins,
            density=True,
            color=colour,
            alpha=0.65,
            lw=0,
            label=f"{kind} (CV {spread:.2f})",
        )
    solved = distances.loc[distances["networks"] == "solved", measure]
    if len(solved) >= SHOWN_FROM:
        axes.hist(
            solved, bins, density=True, histtype="step", color=style.INK, lw=0.6, label="solved"
        )
    axes.set_xlabel(label)
    axes.set_ylabel("density")
    axes.set_ylim(0, axes.get_ylim()[1] * 1.3)
    axes.legend(loc="upper left", handlelength=1)
