"""Measure-Wait-Go: losses of the networks, and example ramps."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from neuroswitch import declare
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import VARIANTS

GROUPS = {"trained": "trained intervals", "extrapolated": "extrapolated intervals"}
REFERENCES = {"locked": "--", "clamped": ":"}
"""Answer without a network -> its line."""

ROUNDING = 1e-12
"""Loss of an answer that is the target itself, up to rounding."""


@declare.figure(
    "measure_wait_go",
    reads={
        "timing_losses": [
            "rnn/measure_wait_go_as_published/timing_losses",
            "rnn/measure_wait_go_one_protocol/timing_losses",
        ],
        "timing_references": "rnn/analysis/timing_references",
        "ramps": [
            "rnn/measure_wait_go_as_published/ramps",
            "rnn/measure_wait_go_one_protocol/ramps",
        ],
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure from tables `timing_losses`, `timing_references` and `ramps`."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 7.2))
    upper, lower = list(figure.subfigures(2, 1, height_ratios=(1.3, 1)))  # type: ignore[arg-type]
    _losses(upper, tables["timing_losses"], tables["timing_references"])
    _ramps(lower, tables["ramps"])
    return figure


def _losses(part: SubFigure, losses: pd.DataFrame, references: pd.DataFrame) -> None:
    """Draw one dot for each run, linear above and logarithmic below."""
    panels = part.subplots(2, 4, sharey="row")
    compared = losses[losses["network"].isin(networks.LOOKS)]
    highest = references["loss"].max()
    for which, (variant, of_variant) in enumerate(networks.by_variant(compared)):
        names = networks.ordered(list(of_variant["network"]))
        for offset, (group, label) in enumerate(GROUPS.items()):
            column = 2 * which + offset
            for row in (0, 1):
                axes = panels[row, column]
                networks.strip(axes, of_variant, f"{group}_loss", names)
                _reference_lines(axes, references[references["group"] == group], len(names))
                networks.named(axes, names, shown=row == 1)
            networks.logarithmic(panels[1, column])
            style.letter(panels[0, column], column, f"{VARIANTS[variant]}\n{label}")
    panels[0, 0].set_ylim(0, 1.4 * highest)
    for row, scale in enumerate(("linear", "logarithmic")):
        panels[row, 0].set_ylabel(f"test loss (MSE), {scale}")
    handles = [
        Line2D([], [], color=style.INK, ls=line, lw=0.8, label=label)
        for line, label in (
            ("--", "ramp locked to go"),
            (":", "ramp of nearest trained length"),
        )
    ]
    part.legend(
        handles=handles,
        loc="outside upper right",
        ncols=2,
        title=f"dots: {networks.runs_of(compared)}; bars: medians",
        title_fontsize=6.5,
        alignment="right",
    )


def _reference_lines(axes: Axes, references: pd.DataFrame, places: int) -> None:
    for name, line in REFERENCES.items():
        loss = references.loc[references["reference"] == name, "loss"].iloc[0]
        if loss > ROUNDING:
            axes.plot([-0.6, places - 0.4], [loss] * 2, ls=line, lw=0.8, color=style.INK, zorder=0)


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
        style.letter(panels[row, 0], 4 + row, panels[row, 0].get_title(loc="left"))
    part.supxlabel(
        "steps after go (run of median loss; solid: trained, dashed: extrapolated, grey: target)",
        fontsize=7,
    )
    networks.bar(part, panels.ravel().tolist(), norm, "interval (steps)")
