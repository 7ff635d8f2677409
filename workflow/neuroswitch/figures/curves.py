"""Panels over training time that Figures 3 and 4 share."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from neuroswitch.figures.style import INK, MUTED, gate_colour

PATTERNS = 4
ZOOMED = 5
"""Cycles in the inset of the loss."""

LOSSES = {"mean_squared_error": "MSE", "cross_entropy": "cross-entropy"}
"""Loss -> how an axis names it."""

WHEN = {"after retraining": ("correct_after", "-"), "at the switch": ("correct_at_switch", ":")}
"""When accuracy is taken -> its column in the table of history, and the dashes of its line."""


def epoch_loss(axes: Axes, epochs: pd.DataFrame) -> None:
    """Plot the loss of one run at every epoch, in the colour of the task in training.

    An inset above it has the last five cycles; the axis is as long as both need.
    """
    in_order = epochs.sort_values("epoch")
    _epoch_loss(axes, in_order, ms=1.2, lw=0.15)
    highest = in_order["epoch_loss"].max()
    axes.set_ylim(0, 1.9 * highest)
    axes.set_yticks([tick for tick in axes.get_yticks() if tick <= 1.1 * highest])
    axes.set_xlabel("epoch (both tasks)")
    axes.set_ylabel(f"loss ({LOSSES[in_order['loss'].iloc[0]]})")
    tasks = in_order["task"].nunique()
    last = in_order.tail(ZOOMED * tasks * int(in_order["period"].iloc[0]))
    inset = axes.inset_axes((0.2, 0.66, 0.76, 0.32))
    _epoch_loss(inset, last, ms=3, lw=0.5)
    inset.tick_params(labelsize=6)
    inset.locator_params(nbins=3)


def _epoch_loss(axes: Axes, in_order: pd.DataFrame, *, ms: float, lw: float) -> None:
    axes.plot(
        in_order["epoch"], in_order["epoch_loss"], color=MUTED, lw=lw, zorder=0, rasterized=True
    )
    for task, group in in_order.groupby("task", sort=False):
        axes.plot(
            group["epoch"],
            group["epoch_loss"],
            ".",
            ms=ms,
            mew=0,
            color=gate_colour(task),
            rasterized=True,
        )


def switch_loss(
    axes: Axes, history: pd.DataFrame, example: int, reported: float | None = None
) -> None:
    """Plot the loss right after each switch: one run, and median and quartiles of all.

    `reported` is where it settles in the paper.
    """
    for task, group in history.groupby("task", sort=False):
        colour = gate_colour(task)
        spread = group.groupby("cycle")["loss_at_switch"].quantile([0.25, 0.5, 0.75]).unstack()
        axes.fill_between(spread.index, spread[0.25], spread[0.75], color=colour, alpha=0.2, lw=0)
        axes.plot(spread.index, spread[0.5], color=colour)
        one = group[group["run"] == example].sort_values("cycle")
        axes.plot(one["cycle"], one["loss_at_switch"], color=colour, lw=0.7, ls=":")
    if reported is not None:
        axes.axhline(reported, color=MUTED, ls="--", lw=0.8, zorder=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("cycle")
    axes.set_ylabel(f"loss after the switch ({LOSSES[history['loss'].iloc[0]]})")


def switch_legend(axes: Axes, history: pd.DataFrame, example: int) -> None:
    """Name the lines of `switch_loss` above them; their colours are those of the gates."""
    axes.set_ylim(0, 1.3 * axes.get_ylim()[1])
    runs = history["run"].nunique()
    _dashes(
        axes, {f"median, quartiles\n(n = {runs})": "-", f"run {example}": ":"}, loc="upper right"
    )


def accuracy(axes: Axes, history: pd.DataFrame, runs: Iterable[int]) -> None:
    """Plot mean accuracy of some runs, after retraining and right after the switch."""
    chosen = history[history["run"].isin(list(runs))]
    for task, group in chosen.groupby("task", sort=False):
        for column, dashes in WHEN.values():
            mean = group.groupby("cycle")[column].mean() / PATTERNS
            axes.plot(
                mean.index,
                100 * mean,
                dashes,
                color=gate_colour(task),
                drawstyle="steps-post",
            )
    axes.set_ylim(-3, 104)
    axes.set_xlabel("cycle")
    axes.set_ylabel("accuracy (%)")


def accuracy_legend(axes: Axes) -> None:
    """Name the lines of `accuracy`; their colours are those of the gates."""
    _dashes(axes, {when: dashes for when, (_, dashes) in WHEN.items()}, loc="lower right")


def _dashes(axes: Axes, names: dict[str, str], **place: Any) -> None:
    handles = [Line2D([], [], color=INK, ls=dashes, label=name) for name, dashes in names.items()]
    axes.legend(handles=handles, handlelength=1.4, **place)
