"""Success over width and learning rate, for every family of transformation (ours)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import heat_maps, style

FAMILIES_ABREAST = 2


@declare.figure(
    "sensitivity",
    reads={"sweep": "gates/sweeps/sweep/success"},
    settings={"choices": "gates.primary"},
)
def draw(tables: Mapping[str, pd.DataFrame], choices: Mapping[str, Any]) -> Figure:
    """Draw table `sweep` at the primary loss and batch, a pair of maps for each family.

    choices : the primary ones; the first of each is marked
    """
    style.use()
    primary = heat_maps.cell(choices)
    sweep = heat_maps.retrained(tables["sweep"])
    grid = heat_maps.Grid.of(sweep)
    shown = sweep[(sweep["loss"] == primary["loss"]) & (sweep["batch"] == primary["batch"])]
    families = heat_maps.by_condition_number(sweep)
    rows = -(-len(families) // FAMILIES_ABREAST)
    figure = Figure(figsize=(style.WIDTH, 0.9 + 1.45 * rows))
    panels = figure.subplots(
        rows, len(heat_maps.PAIRS) * FAMILIES_ABREAST, squeeze=False, sharex=True, sharey=True
    )
    for place, (family, scale) in enumerate(families):
        row, left = divmod(place, FAMILIES_ABREAST)
        first = left * len(heat_maps.PAIRS)
        own = shown[(shown["family"] == family) & (shown["scale"] == scale)]
        here = (family, scale) == (primary["family"], primary["scale"])
        for column, pair in enumerate(heat_maps.PAIRS, start=first):
            axes = panels[row, column]
            heat_maps.draw_map(axes, own, pair, grid, primary if here else None)
            if row == 0:
                axes.set_title(pair, loc="right", fontsize=6.5, color=style.INK)
            if row == rows - 1:
                axes.set_xlabel(f"units\n{pair}")
        style.letter(panels[row, first], place, style.family_label(family, scale))
    for axes in panels.ravel()[len(heat_maps.PAIRS) * len(families) :]:
        axes.set_axis_off()
    for axes in panels[:, 0]:
        axes.set_ylabel("learning rate")
    heat_maps.explain(figure, panels, heat_maps.slice_label(primary, sweep))
    return figure
