"""Where M moves a network, what compression costs, functions that stay, and depth (O4 to O7)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from neuroswitch import declare
from neuroswitch.claims.beyond import kept_when_trained_alone
from neuroswitch.figures import methods, style
from neuroswitch.gates.outlook.depth import at_chosen_rate
from neuroswitch.gates.outlook.displacement import CENTRAL
from neuroswitch.statistics import median_interval, wilson_interval

WAYS = {
    "mapped": ("AND to OR, trained alone", style.INK, 6, 1.0),
    "switched": ("f to f' of AND/OR runs", style.ACCENT, 2, 0.35),
    "random": ("AND trained alone, to its f'", "#56B4E9", 6, 1.0),
}
"""Kind of way -> label, colour, size and opacity of its dots."""

STORED = ("library_orthogonal", "extra_input", "separate")
NOISY = ("library_orthogonal", "superposition", "extra_input", "separate")
NOISY_WIDTH = 16
RATES = (0.01, 0.03)


@declare.figure(
    "outlook",
    reads={
        "displacements": "gates/pairs/displacements",
        "compression": "gates/capacity/compression",
        "noise": "gates/capacity/noise",
        "stability": "gates/stability/runs",
        "switching": "gates/modulators/runs",
        "hits": "gates/library/hits",
        "depth": "gates/depth/runs",
        "depth_rates": "gates/depth_held_out/depth_rates",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure; `tables` are those that the declaration names."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 5.0))
    panels = figure.subplots(2, 3).ravel()
    for which, (coordinates, title) in enumerate(
        (("raw", "all parameters"), ("symmetry", "modulo symmetry"))
    ):
        own = tables["displacements"]
        _ways(panels[which], own[own["coordinates"] == coordinates])
        style.letter(panels[which], which, title)
    panels[0].set_ylabel("angle (degrees)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper left",
        ncols=3,
        title="A, B: from one network to another; box: central 95 % of AND to OR",
        title_fontsize=6.5,
        alignment="left",
    )
    _stored(panels[2], tables["compression"])
    _noise(panels[3], tables["noise"])
    _stability(panels[4], tables["stability"], tables["switching"], tables["hits"])
    _depth(panels[5], at_chosen_rate(tables["depth"], tables["depth_rates"]))
    n = tables["compression"]["runs"].max()
    style.letter(panels[2], 2, f"size at 50 % success; n = {n},\nbootstrap 95 %")
    tasks, width = tables["noise"]["tasks"].max(), _width(tables["noise"])
    style.letter(panels[3], 3, f"noise on {tasks} functions, {width} units;\nmedian with 95 %")
    n = tables["stability"].groupby(["tasks", "learning_rate", "family"]).size().max()
    style.letter(panels[4], 4, f"one function or two; n = {n},\nWilson 95 %")
    n = at_chosen_rate(tables["depth"], tables["depth_rates"]).groupby("layers").size().max()
    style.letter(panels[5], 5, f"AND/XOR, equal size; n = {n},\nWilson 95 %")
    return figure


def _ways(axes: Axes, ways: pd.DataFrame) -> None:
    """Plot length and angle of each way, and the box in which those of mapped networks lie."""
    for what, (label, colour, size, opacity) in WAYS.items():
        own = ways[ways["what"] == what]
        axes.scatter(
            own["length"],
            own["angle"],
            s=size,
            color=colour,
            alpha=opacity,
            lw=0,
            label=f"{label} (n = {len(own)})",
            rasterized=len(own) > 2000,
            zorder=2 if what == "switched" else 3,
        )
    usual = ways.loc[ways["what"] == "mapped", ["length", "angle"]].quantile(list(CENTRAL))
    low, high = usual.to_numpy()
    axes.add_patch(Rectangle(low, *(high - low), fill=False, ec=style.INK, lw=0.7, zorder=1))
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("length")


def _stored(axes: Axes, compression: pd.DataFrame) -> None:
    """Plot the size with which half of the networks hold so many functions, in bits."""
    own = compression[(compression["inputs"] == 3) & (compression["counted"] == "trained")]
    bits = own["bits"] / own["numbers"]
    own = own.assign(**{end: bits * own[end] for end in ("numbers", "low", "high")})
    methods.lines(axes, own, STORED, "tasks", "numbers")
    every = compression[(compression["inputs"] == 3) & (compression["counted"] == "all")]
    every = every[(every["method"] == STORED[0]) & np.isfinite(every["bits"])]
    colour = methods.look(STORED[0])[1]
    axes.plot(every["tasks"], every["bits"], ":", color=colour, label="the same, M stored")
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    ticks = [1, 4, 16, 64]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.xaxis.minorticks_off()
    axes.set_xlabel("functions of three inputs")
    axes.set_ylabel("bits")
    axes.legend(loc="lower right", handlelength=1.5)
    axes.set_ylim(bottom=axes.get_ylim()[0] / 1000)


def _noise(axes: Axes, noise: pd.DataFrame) -> None:
    """Plot the share of noisy copies that have all functions right, median over networks."""
    own = noise[(noise["inputs"] == 3) & (noise["width"] == _width(noise))]
    rows = []
    for (method, size), group in own.groupby(["method", "noise"]):
        low, high = median_interval(group["right_share"])
        middle = group["right_share"].median()
        rows.append({"method": method, "noise": size, "rate": middle, "low": low, "high": high})
    found = pd.DataFrame(rows, columns=["method", "noise", "rate", "low", "high"])
    found["noise"] *= 100
    shown = [name for name in NOISY if name in set(found["method"])]
    methods.lines(axes, found, shown, "noise", "rate", 100)
    axes.set_xscale("log")
    ticks = sorted(found["noise"].unique())
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.minorticks_off()
    axes.set_xlim(left=ticks[0] / 5 if ticks else None)
    axes.set_ylim(-3, 104)
    axes.set_xlabel("noise (% of the parameters' size)")
    axes.set_ylabel("copies with all right (%)")
    axes.legend(loc="lower left", handlelength=1.5)


def _width(noise: pd.DataFrame) -> int:
    """Return the width that is shown, or the largest one where the scale has no such."""
    widths = set(noise["width"])
    return NOISY_WIDTH if NOISY_WIDTH in widths else max(widths, default=NOISY_WIDTH)


def _stability(
    axes: Axes, stability: pd.DataFrame, switching: pd.DataFrame, hits: pd.DataFrame
) -> None:
    """Plot how many runs have both functions right before retraining, at two learning rates."""
    switching = switching[switching["pullback"] == "inverse"]
    both = pd.concat([stability, switching])
    both = both[(both["family"] == "near_identity") & (both["scale"] == 0.5)]
    order = ["AND/AND", "AND/OR", "XOR/XOR", "AND/XOR"]
    looks = zip(RATES, ("white", style.INK), (-0.14, 0.14), strict=True)
    for rate, face, shift in looks:
        own = both[both["learning_rate"] == rate].groupby("tasks")["zero_shot_success"]
        counts = own.agg(["sum", "size"]).reindex(order)
        low, high = wilson_interval(counts["sum"], counts["size"])
        share = counts["sum"] / counts["size"]
        axes.errorbar(
            100 * share,
            np.arange(len(order)) + shift,
            xerr=100 * np.stack([share - low, high - share]).clip(min=0),
            fmt="o",
            color=style.INK,
            mfc=face,
            ms=3.5,
            elinewidth=0.8,
            label=f"learning rate {rate:g}",
        )
    for row, gate in ((0, "AND"), (2, "XOR")):
        kept = kept_when_trained_alone(hits, gate)
        axes.plot(
            100 * kept.mean(),
            row,
            "|",
            color=style.ACCENT,
            ms=9,
            mew=1.5,
            label="trained alone" if row == 0 else None,
        )
    axes.set_yticks(range(len(order)), order)
    # Empty rows below the last one hold the legend.
    axes.set_ylim(len(order) + 1.2, -0.6)
    axes.set_xlim(-3, 103)
    axes.set_xlabel("right before retraining (%)")
    # A frame, for its symbols are not a row of the panel.
    axes.legend(loc="lower left", handlelength=1.2, frameon=True, edgecolor=style.MUTED)


def _depth(axes: Axes, chosen: pd.DataFrame) -> None:
    """Plot the success rate of AND/XOR against the number of layers."""
    counts = chosen.groupby("layers")["solved"].agg(["sum", "size"])
    low, high = wilson_interval(counts["sum"], counts["size"])
    share = counts["sum"] / counts["size"]
    axes.errorbar(
        counts.index,
        100 * share,
        yerr=100 * np.stack([share - low, high - share]).clip(min=0),
        fmt="o-",
        color=style.INK,
        ms=3.5,
        elinewidth=0.8,
    )
    axes.set_xticks(counts.index)
    axes.set_ylim(-3, 104)
    axes.set_xlabel("linear layers")
    axes.set_ylabel("runs that succeed (%)")
