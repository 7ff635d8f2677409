"""Measure-Wait-Go: losses of the networks, times of their ramps, and example ramps."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from neuroswitch import declare
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import VARIANTS
from neuroswitch.rnn.tasks.measure_wait_go import NEARLY

GROUPS = {"trained": "trained intervals", "extrapolated": "extrapolated intervals"}
REFERENCES = {"locked": "--", "clamped": ":"}
"""Answer without a network -> its line."""

PUBLISHED = {
    "nm_rnn": (7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 25, 29),
    "lr_rnn": (10, 10, 11, 12, 13, 15, 16, 19, 22, 26, 31, 38),
}
"""Steps from go to 90 % of the ramp, by interval, of one network each: the authors' notebook."""

PUBLISHED_INTERVALS = tuple(range(4, 28, 2))

LATEST = 45
"""Steps after go at which the axis of times ends."""

ROUNDING = 1e-12
"""Loss of an answer that is the target itself, up to rounding."""


@declare.figure(
    "measure_wait_go",
    reads={
        "timing_losses": [
            "rnn/measure_wait_go_as_published/timing_losses",
            "rnn/measure_wait_go_one_protocol/timing_losses",
        ],
        "interval_losses": [
            "rnn/measure_wait_go_as_published/interval_losses",
            "rnn/measure_wait_go_one_protocol/interval_losses",
        ],
        "timing_references": "rnn/analysis/timing_references",
        "ramps": [
            "rnn/measure_wait_go_as_published/ramps",
            "rnn/measure_wait_go_one_protocol/ramps",
        ],
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    tables : `timing_losses`, `interval_losses`, `timing_references`, `ramps`
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 8.8))
    parts = list(figure.subfigures(3, 1, height_ratios=(1, 1.05, 1.05)))  # type: ignore[arg-type]
    _losses(parts[0], tables["timing_losses"], tables["timing_references"])
    _times(parts[1], tables["interval_losses"])
    _ramps(parts[2], tables["ramps"])
    return figure


def _losses(part: SubFigure, losses: pd.DataFrame, references: pd.DataFrame) -> None:
    """Draw one dot for each run, on a logarithmic axis so that none is beyond it."""
    panels = part.subplots(1, 2 * len(VARIANTS), sharey=True)
    compared = losses[losses["network"].isin(networks.LOOKS)]
    for which, (variant, of_variant) in enumerate(networks.by_variant(compared)):
        names = networks.ordered(list(of_variant["network"]))
        for offset, (group, label) in enumerate(GROUPS.items()):
            axes = panels[2 * which + offset]
            networks.strip(axes, of_variant, f"{group}_loss", names)
            _reference_lines(axes, references[references["group"] == group], len(names))
            networks.named(axes, names)
            style.letter(axes, 2 * which + offset, f"{VARIANTS[variant]}\n{label}")
    networks.logarithmic(panels[0])
    panels[0].set_ylabel("test loss (MSE)")
    answers = (("--", "ramp locked to go"), (":", "ramp of nearest trained length"))
    lines = [Line2D([], [], color=style.INK, ls=dash, lw=0.8, label=word) for dash, word in answers]
    networks.key(part, compared, more=lines)


def _reference_lines(axes: Axes, references: pd.DataFrame, places: int) -> None:
    for name, line in REFERENCES.items():
        loss = references.loc[references["reference"] == name, "loss"].iloc[0]
        if loss > ROUNDING:
            axes.plot([-0.6, places - 0.4], [loss] * 2, ls=line, lw=0.8, color=style.INK, zorder=0)


def _times(part: SubFigure, by_interval: pd.DataFrame) -> None:
    """Draw when the ramps are at 90 %, by interval: ours, the authors', and that of the target."""
    compared = by_interval[by_interval["network"].isin(networks.LOOKS)]
    names = networks.ordered(list(compared["network"]))
    panels = part.subplots(len(VARIANTS), len(names), sharex=True, sharey=True, squeeze=False)
    for row, (variant, of_variant) in enumerate(networks.by_variant(compared)):
        for axes, name in zip(panels[row], names, strict=True):
            own = of_variant[of_variant["network"] == name]
            if own.empty:
                axes.set_axis_off()
                continue
            label, colour = networks.look(name)
            _range_of_times(axes, own, colour)
            if name in PUBLISHED:
                axes.plot(PUBLISHED_INTERVALS, PUBLISHED[name], "D", ms=2.4, mew=0, c=style.INK)
            axes.set_title(label, loc="left")
        panels[row, 0].set_ylabel(f"steps to 90 %,\n{VARIANTS[variant]}")
        style.letter(panels[row, 0], 4 + row, panels[row, 0].get_title(loc="left"))
    panels[0, 0].set_ylim(0, LATEST)
    part.supxlabel("interval (steps)", fontsize=7)
    signs = [
        Line2D([], [], color=style.INK, lw=1.2, label="median of runs"),
        Patch(color=style.INK, alpha=0.25, lw=0, label="range of runs"),
        Line2D([], [], ls="", marker="x", ms=3, color=style.INK, label="a run later, or never"),
        Line2D([], [], ls="", marker="D", ms=3, color=style.INK, label="published, one network"),
        Line2D([], [], color=style.INK, ls=":", lw=0.8, label="target"),
    ]
    part.legend(handles=signs, loc="outside upper right", ncols=len(signs), handlelength=1.2)


def _range_of_times(axes: Axes, own: pd.DataFrame, colour: str) -> None:
    """Draw median and range over runs; a ramp that never comes to 90 % counts as the latest."""
    times = own.fillna({"time_to_90": np.inf}).groupby("interval")["time_to_90"]
    low, middle, high = times.min(), times.median(), times.max()
    # Never is beyond the axis, at a place that can be drawn
    far = 2.0 * LATEST
    axes.fill_between(low.index, low.clip(upper=far), high.clip(upper=far), fc=colour, alpha=0.25)
    axes.plot(middle.index, middle.clip(upper=far), color=colour, lw=1.2)
    axes.plot(low.index, np.ceil(NEARLY * low.index), ":", color=style.INK, lw=0.8)
    late = high.index[high > LATEST]
    if len(late):
        edge = axes.get_xaxis_transform()
        axes.plot(late, [1] * len(late), "x", ms=3, color=colour, transform=edge, clip_on=False)


def _ramps(part: SubFigure, ramps: pd.DataFrame) -> None:
    """Draw the outputs of each network's run of median loss, aligned to go."""
    intact = ramps[(ramps["component"] == 0) & ramps["network"].isin(networks.LOOKS)]
    names = networks.ordered(list(intact["network"]))
    panels = part.subplots(len(VARIANTS), len(names), sharex=True, sharey=True, squeeze=False)
    norm = networks.shade_of(sorted(ramps["interval"].unique()))
    for row, (variant, of_variant) in enumerate(networks.by_variant(intact)):
        for column, name in enumerate(names):
            axes = panels[row, column]
            chosen = of_variant[of_variant["network"] == name]
            if chosen.empty:
                axes.set_axis_off()
                continue
            networks.outputs(axes, chosen, norm)
            axes.set_title(networks.look(name)[0], loc="left")
        panels[row, 0].set_ylabel(f"output, {VARIANTS[variant]}")
        style.letter(panels[row, 0], 6 + row, panels[row, 0].get_title(loc="left"))
    part.supxlabel(
        "steps after go (run of median loss; solid: trained, dashed: extrapolated, grey: target)",
        fontsize=7,
    )
    networks.bar(part, panels.ravel().tolist(), norm, "interval (steps)")
