"""Figure `mnist_multiverse`: where the claims about MNIST hold, and which choices decide."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import blended_transform_factory

from neuroswitch import declare
from neuroswitch.claims.outcomes import LEVEL
from neuroswitch.claims.reported import SMALL
from neuroswitch.figures import style

CLAIMS = {
    "S17": ("S17: best accuracy", "best accuracy,\nmodulated − extra input (points)"),
    "S18": (
        f"S18: slope up to {SMALL} hidden units",
        "slope,\nmodulated − extra input (points a decade)",
    ),
}
"""Claim -> title, what its number is."""

SIDES = {
    "supported": ("as the paper says (below 0)", "#0072B2"),
    "contradicted": ("the opposite (above 0)", "#D55E00"),
    "inconclusive": ("no difference", "#999999"),
}
"""Outcome -> label, colour."""

CHOICES = {
    "bias_shift": "size of v",
    "family": "family of M",
    "scale": "scale of M",
    "layers": "layers of M, v",
    "pullback": "way back",
    "learning_rate": "learning rate",
    "momentum": "momentum",
    "period": "period",
    "epochs": "epochs",
    "split": "tasks",
    "outputs": "outputs",
    "extra_input_at": "extra input at",
}
"""Choice -> label."""

LEVELS = {
    "per_layer": "near-identity",
    "per_layer_orthogonal": "orthogonal",
    "per_layer_signed_permutation": "signed permutation",
    "per_layer_diagonal": "diagonal",
    "inverse": r"$M^{-1}$",
    "transpose": r"$M^{T}$",
}
"""Level -> label, where it has another."""

BINS = 24
"""Of the histogram of a claim's number."""

GAP = 0.6
"""Rows between two choices."""


@declare.figure(
    "mnist_multiverse",
    reads={
        "outcomes": "mnist/multiverse/outcomes",
        "scope": "mnist/multiverse/scope",
        "deciding": "mnist/multiverse/deciding",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the numbers of both claims over universes, and their medians at each level.

    Points are hundredths of accuracy. The medians have a narrower axis than the numbers.
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 7.4))
    panels = figure.subplots(2, len(CLAIMS), sharey="row", height_ratios=(1, 5.2), squeeze=False)
    for column, (claim, (title, number)) in enumerate(CLAIMS.items()):
        outcomes, scope, deciding = (
            tables[name][tables[name]["claim"] == claim]
            for name in ("outcomes", "scope", "deciding")
        )
        _numbers(panels[0, column], outcomes, scope[scope["choice"] == "all"])
        style.letter(panels[0, column], column, title)
        _levels(panels[1, column], scope[scope["choice"] != "all"], deciding)
        panels[1, column].set_xlabel(f"median {number}")
    panels[0, 0].set_ylabel("universes")
    figure.legend(
        *panels[0, 0].get_legend_handles_labels(),
        loc="outside upper center",
        ncols=len(SIDES),
        title="Universes, by the side of 0 on which the claim's number is; [Wilson 95 %]",
        title_fontsize=6.5,
    )
    return figure


def _numbers(axes: Axes, outcomes: pd.DataFrame, every: pd.DataFrame) -> None:
    """Draw how the numbers of all universes are distributed, and in how many the claim holds."""
    known = outcomes["value"].dropna()
    largest = max(100 * known.abs().max(), 1) if len(known) else 1
    # An even number of bins about 0: none holds numbers of both sides.
    edges = np.linspace(-largest, largest, BINS + 1).tolist()
    values = [100 * outcomes.loc[outcomes["outcome"] == side, "value"] for side in SIDES]
    labels, colours = zip(*SIDES.values(), strict=True)
    axes.hist(values, edges, stacked=True, label=labels, color=colours, ec="white", lw=0.4)
    axes.axvline(0, color=style.INK, lw=0.6)
    axes.set_ylim(0, 1.5 * max(axes.get_ylim()[1], 1))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    row = every.iloc[0]
    if row["universes"]:
        said = (
            f"{row['supported']:.0f} of {row['universes']:.0f} universes\n"
            f"{100 * row['share']:.0f} % [{100 * row['low']:.0f}, {100 * row['high']:.0f}]\n"
            f"sign test: {_p(row['p'])}"
        )
        axes.text(
            0.02, 0.97, said, transform=axes.transAxes, va="top", fontsize=6, color=colours[0]
        )


def _levels(axes: Axes, scope: pd.DataFrame, deciding: pd.DataFrame) -> None:
    """Draw the median at each level with its interval, and how many universes are on the side."""
    adjusted = deciding.set_index("choice")["p_adjusted"]
    ends = blended_transform_factory(axes.transAxes, axes.transData)
    place, ticks, names = 0.0, [], []
    for choice, label in CHOICES.items():
        rows = scope[scope["choice"] == choice].sort_values("position")
        decides = bool(adjusted.get(choice, np.nan) < LEVEL)
        places = place + np.arange(len(rows))
        colour = style.INK if decides else "#888888"
        axes.hlines(places, 100 * rows["median_low"], 100 * rows["median_high"], color=colour, lw=1)
        axes.plot(100 * rows["median"], places, "o" if decides else ".", ms=4, color=colour)
        for y, row in zip(places, rows.itertuples(), strict=True):
            count = f"{row.supported}/{row.universes}"
            axes.text(1.01, y, count, transform=ends, va="center", fontsize=6, color=colour)
        if decides:
            axes.axhspan(places[0] - 0.5, places[-1] + 0.5, color="#F0F0F0", zorder=0)
        ticks += list(places)
        names += _tick_labels(label, rows["level"])
        place = places[-1] + 1 + GAP
    axes.axvline(0, color=style.INK, lw=0.6)
    axes.set_yticks(ticks, names)
    axes.set_ylim(place - GAP, -0.8)
    axes.tick_params(axis="y", length=0)
    axes.text(1.01, -0.9, "below 0", transform=ends, va="bottom", fontsize=6, color="#777777")


def _tick_labels(choice: str, levels: Sequence[str]) -> list[str]:
    """Return the labels of a choice's levels; the first also names the choice."""
    shown = [LEVELS.get(level, level) for level in levels]
    words = choice.replace(" ", r"\ ")
    return [rf"$\bf{{{words}}}$   {shown[0]}", *shown[1:]]


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.2g}"
