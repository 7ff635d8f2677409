"""Random modulators to choose from: the chance that one of them gives a wanted gate (O2)."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.claims.beyond import GATES
from neuroswitch.figures import style
from neuroswitch.gates.outlook.chances import ANY, FRESH, NOTHING, OTHERS

FAMILIES = {
    "orthogonal": ("#0072B2", "o"),
    "signed_permutation": ("#56B4E9", "s"),
    "near_identity": ("#009E73", "^"),
    "diagonal": ("#E69F00", "v"),
    FRESH: (style.OTHER_GATE, "x"),
}
"""Family -> colour and marker."""

COMPARED = 100
"""Modulators in the library of the panels that compare widths, and networks (A137)."""


@declare.figure("library", reads={"chances": "gates/library/chances"})
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure from table `chances`."""
    style.use()
    table = tables["chances"]
    figure = Figure(figsize=(style.WIDTH, 4.6))
    panels = figure.subplots(2, 2).ravel()
    widths = sorted(table["width"].unique())
    width = widths[len(widths) // 2]
    own = table[table["width"] == width]
    together = own[(own["trained"].isin([OTHERS, NOTHING])) & (own["wanted"] == ANY)]
    for which, after in enumerate((False, True)):
        rows = together[together["after_period"] == after]
        for family in _families(rows):
            chosen = rows[rows["family"] == family]
            _line(panels[which], chosen, "size", family.replace("_", " "), *_look(family))
        _against_size(panels[which])
        n = rows["runs"].max()
        when = "after one period of training" if after else "nothing trained"
        style.letter(panels[which], which, f"{when}; {width} units, {n} runs")
    at_once = own[~own["after_period"] & (own["family"] == "orthogonal")]
    for gate in GATES:
        for trained, dashes in ((OTHERS, "-"), ("AND/OR", ":")):
            rows = at_once[(at_once["wanted"] == gate) & (at_once["trained"] == trained)]
            label = f"{gate}" if trained == OTHERS else None
            _line(panels[2], rows, "size", label, style.gate_colour(gate), "o", dashes)
    panels[2].plot([], [], ":", color=style.INK, label="network of AND/OR")
    _against_size(panels[2])
    style.letter(panels[2], 2, f"orthogonal, by the wanted gate; {width} units")
    size = table.loc[table["size"] <= COMPARED, "size"].max()
    rows = table[(table["size"] == size) & ~table["after_period"] & (table["wanted"] == ANY)]
    for family in _families(rows):
        _line(panels[3], rows[rows["family"] == family], "width", None, *_look(family))
    panels[3].set_xscale("log", base=2)
    panels[3].set_xticks(widths, [str(each) for each in widths])
    panels[3].xaxis.minorticks_off()
    panels[3].set_xlabel("hidden units")
    style.letter(panels[3], 3, f"library of {size}, nothing trained")
    for axes in panels:
        axes.set_ylim(-3, 104)
    for axes in panels[::2]:
        axes.set_ylabel("chance that the gate is there (%)")
    panels[2].legend(loc="upper left", title="wanted", title_fontsize=6.5)
    handles, labels = panels[0].get_legend_handles_labels()
    names = ["networks drawn anew" if label == FRESH else label for label in labels]
    figure.legend(
        handles,
        names,
        loc="outside upper center",
        ncols=len(names),
        title="bars: bootstrap 95 % over runs",
        title_fontsize=6.5,
    )
    return figure


def _families(rows: pd.DataFrame) -> list[str]:
    """Return the families that are there, ours first."""
    found = list(dict.fromkeys(rows["family"]))
    return [name for name in FAMILIES if name in found] + [n for n in found if n not in FAMILIES]


def _look(family: str) -> tuple[str, str]:
    return FAMILIES.get(family, (style.INK, "D"))


def _line(
    axes: Axes,
    rows: pd.DataFrame,
    x: str,
    label: str | None,
    colour: str,
    marker: str,
    dashes: str = "-",
) -> None:
    """Plot chances in percent with their intervals."""
    own = rows.sort_values(x)
    axes.errorbar(
        own[x],
        100 * own["chance"],
        yerr=style.error_bars(own, "chance").clip(min=0),
        color=colour,
        marker=marker,
        ls=dashes,
        ms=3.2,
        lw=0.9,
        elinewidth=0.6,
        label=label,
    )


def _against_size(axes: Axes) -> None:
    style.logarithmic(axes.xaxis)
    axes.set_xlabel("modulators in the library")
