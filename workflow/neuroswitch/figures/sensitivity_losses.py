"""What the loss and the batch do to success, and where the paper's two rates are found (ours)."""

import itertools
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from neuroswitch import declare
from neuroswitch.figures import heat_maps, style

SHADES = colormaps["viridis"]
MARKS = "osD^v"


@declare.figure(
    "sensitivity_losses",
    reads={"sweep": "gates/sweeps/sweep/success"},
    settings={"choices": "gates.primary"},
)
def draw(tables: Mapping[str, pd.DataFrame], choices: Mapping[str, Any]) -> Figure:
    """Draw table `sweep`: maps of the primary family by loss and batch, then all cells.

    choices : the primary ones; the first of each is marked
    """
    style.use()
    primary = heat_maps.cell(choices)
    sweep = heat_maps.retrained(tables["sweep"])
    grid = heat_maps.Grid.of(sweep)
    family = sweep[(sweep["family"] == primary["family"]) & (sweep["scale"] == primary["scale"])]
    slices = list(itertools.product(heat_maps.LOSSES, heat_maps.BATCHES))
    pairs = heat_maps.PAIRS
    figure = Figure(figsize=(style.WIDTH, 5.6))
    upper, lower = list(figure.subfigures(2, 1, height_ratios=(1.55, 1)))  # type: ignore[arg-type]
    panels = upper.subplots(len(pairs), len(slices), sharex=True, sharey=True)
    spread = lower.subplots(1, len(slices), sharex=True, sharey=True)
    for column, (loss, batch) in enumerate(slices):
        own = family[(family["loss"] == loss) & (family["batch"] == batch)]
        here = (loss, batch) == (primary["loss"], primary["batch"])
        for row, pair in enumerate(pairs):
            axes = panels[row, column]
            heat_maps.draw_map(axes, own, pair, grid, primary if here else None)
            title = f"{heat_maps.LOSSES[loss]},\n{heat_maps.BATCHES[batch]}" if row == 0 else ""
            style.letter(axes, row * len(slices) + column, title)
            if column == 0:
                axes.set_ylabel(f"{pair}\nlearning rate")
        panels[-1, column].set_xlabel("units")
        every = sweep[(sweep["loss"] == loss) & (sweep["batch"] == batch)]
        _cells(spread[column], every, heat_maps.by_condition_number(sweep))
        style.letter(spread[column], len(pairs) * len(slices) + column, "every family")
    spread[0].set_ylabel("AND/XOR succeeds (%)")
    for axes in spread:
        axes.set_xlabel("AND/OR succeeds (%)")
    spread[-1].legend(
        loc="center left",
        bbox_to_anchor=(1, 0.5),
        fontsize=5.5,
        handletextpad=0.1,
        labelspacing=0.25,
    )
    runs = sweep["runs"].iloc[0]
    name = style.family_label(primary["family"], primary["scale"])
    heat_maps.explain(figure, panels, f"maps: M {name}; {runs} runs a cell")
    return figure


def _cells(axes: Axes, cells: pd.DataFrame, families: list[tuple[str, float]]) -> None:
    """Plot a dot for each width, learning rate and family, and the paper's band."""
    (low, high), solved = heat_maps.BAND, heat_maps.SOLVED
    axes.add_patch(
        Rectangle(
            (100 * solved, 100 * low),
            100 * (1 - solved) + 3,
            100 * (high - low),
            facecolor="none",
            edgecolor=style.ACCENT,
            linewidth=0.9,
            zorder=3,
        )
    )
    rates = cells.pivot_table(
        index=["family", "scale", "width", "learning_rate"], columns="tasks", values="rate"
    )
    for place, (family, scale) in enumerate(families):
        if (family, scale) in cells.set_index(["family", "scale"]).index:
            own = 100 * rates.loc[(family, scale)]
            x, y = (own[pair] for pair in heat_maps.PAIRS)
        else:
            x = y = pd.Series(dtype=float)
        axes.plot(
            x,
            y,
            MARKS[place % len(MARKS)],
            ms=2.3,
            mew=0,
            alpha=0.85,
            color=SHADES(place / len(families)),
            label=style.family_label(family, scale),
        )
    if cells.empty:
        axes.text(50, 50, "not trained", ha="center", va="center", color=style.INK, fontsize=6.5)
    axes.set_xlim(-4, 104)
    axes.set_ylim(-4, 104)
