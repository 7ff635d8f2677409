"""The recurrent networks in figures: names, colours, one dot for a run, a line at the median."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import NullFormatter

from neuroswitch.figures import style

LOOKS = {
    "nm_rnn": ("NM-RNN", "#0072B2"),
    "lr_rnn": ("LR-RNN", "#E69F00"),
    "lr_rnn_undivided": ("LR-RNN, no 1/N", "#D55E00"),
    "rnn": ("RNN", "#009E73"),
    "lstm": ("LSTM", "#CC79A7"),
}
"""Network -> label, colour."""

VARIANTS = {"as_published": "as published", "one_protocol": "one protocol"}

INTERVALS = colormaps["viridis"]
SHOWN_RAMPS = (4, 8, 12, 14, 16, 18, 22, 26)
"""Intervals whose ramps are drawn: more would hide one another."""

SHADES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
"""Okabe and Ito's palette, for components and queries."""


def look(network: str) -> tuple[str, str]:
    """Return label and colour; NM-RNNs of several sizes are named by them, M, N and R."""
    if network in LOOKS:
        return LOOKS[network]
    label, colour = LOOKS["nm_rnn"]
    sizes = network.removeprefix("nm_rnn").strip("_").replace("_", ", ")
    return f"{label} {sizes}", colour


def ordered(networks: Sequence[str]) -> list[str]:
    """Return the names in the order of every figure: NM-RNNs, LR-RNNs, RNN, LSTM."""
    names = sorted(set(networks))
    first = [name for name in names if name.startswith("nm_rnn")]
    return first + [name for name in LOOKS if name in names and name not in first]


def strip(
    axes: Axes,
    table: pd.DataFrame,
    column: str,
    names: Sequence[str],
    by: str = "network",
    scale: float = 1.0,
) -> None:
    """Plot a dot for each run and a line at the median, one place for each of some names.

    A value that is not finite is a cross at the upper edge.
    """
    for place, name in enumerate(names):
        group = table[table[by] == name].sort_values("run")
        values = scale * group[column].to_numpy(float)
        if not len(values):
            continue
        colour = look(name)[1] if by == "network" else style.INK
        x = place + (np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1))
        lost = ~np.isfinite(values)
        axes.plot(x[~lost], values[~lost], "o", ms=2.6, mew=0, color=colour, alpha=0.6)
        if lost.any():
            above = axes.get_xaxis_transform()
            edge = np.ones(lost.sum())
            axes.plot(x[lost], edge, "x", ms=3, color=colour, transform=above, clip_on=False)
        median = np.median(values)
        if np.isfinite(median):
            axes.plot([place - 0.34, place + 0.34], [median] * 2, color=colour, lw=1.6)
    axes.set_xlim(-0.6, len(names) - 0.4)


def named(axes: Axes, names: Sequence[str], shown: bool = True) -> None:
    """Write the networks below their places."""
    labels = [look(name)[0] for name in names] if shown else []
    axes.set_xticks(range(len(names)), labels or [""] * len(names), rotation=40, ha="right")
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")


def logarithmic(axes: Axes) -> None:
    """Make the axis of losses logarithmic; where it spans a decade, powers of ten are named."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high / low > 10:
        axes.yaxis.set_minor_formatter(NullFormatter())


def shade_of(intervals: Sequence[int]) -> Normalize:
    """Return the scale of colours of some intervals."""
    return Normalize(min(intervals), max(intervals))


def bar(
    figure: Figure | SubFigure,
    axes: Sequence[Axes],
    norm: Normalize,
    label: str,
    colours: Colormap = INTERVALS,
) -> None:
    """Draw a bar of colours beside some panels."""
    figure.colorbar(ScalarMappable(norm, colours), ax=axes, label=label, aspect=30, pad=0.01)


def outputs(axes: Axes, chosen: pd.DataFrame, norm: Normalize, targets: bool = True) -> None:
    """Plot the ramps of a network, aligned to go, over their targets."""
    for (interval, group), one in chosen.groupby(["interval", "group"]):
        if interval not in SHOWN_RAMPS:
            continue
        one = one[(one["since_go"] >= -5) & (one["since_go"] <= 40)]
        if targets:
            axes.plot(one["since_go"], one["target"], color=style.MUTED, lw=0.4, zorder=0)
        axes.plot(
            one["since_go"],
            one["output"],
            "-" if group == "trained" else "--",
            color=INTERVALS(norm(interval)),
            lw=0.8,
        )
    axes.set_ylim(-0.85, 0.85)


def by_variant(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the parts of a table that have rows, as published first."""
    parts = [(variant, table[table["variant"] == variant]) for variant in VARIANTS]
    return [(variant, part) for variant, part in parts if len(part)]


def best_nm_rnn(losses: pd.DataFrame) -> str:
    """Return the NM-RNN of the lowest median loss on the test, of several sizes."""
    sizes = losses[(losses["kept"] == "best") & losses["network"].str.startswith("nm_rnn")]
    return str(sizes.groupby("network")["loss"].median().idxmin())


def runs_of(table: pd.DataFrame) -> str:
    """Return how many runs stand behind the dots, for a caption."""
    number = table["run"].nunique()
    return f"{number} run" if number == 1 else f"{number} runs"
