"""Panels over training time that Figures 3 and 4 share."""

from collections.abc import Iterable

import pandas as pd
from matplotlib.axes import Axes

from neuroswitch.figures.style import INK, MUTED, gate_colour

PATTERNS = 4


def epoch_loss(axes: Axes, epochs: pd.DataFrame) -> None:
    """Plot the loss of one run at every epoch, in the colour of the task in training."""
    for task, group in epochs.groupby("task", sort=False):
        axes.plot(
            group["epoch"],
            group["epoch_loss"],
            ".",
            ms=1.2,
            mew=0,
            color=gate_colour(task),
            label=f"{task} epochs",
            rasterized=True,
        )
    in_order = epochs.sort_values("epoch")
    axes.plot(
        in_order["epoch"], in_order["epoch_loss"], color=MUTED, lw=0.15, zorder=0, rasterized=True
    )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("epoch (both tasks)")
    axes.set_ylabel("loss (MSE)")
    axes.legend(markerscale=8, handletextpad=0.1)


def switch_loss(axes: Axes, history: pd.DataFrame, example: int) -> None:
    """Plot the loss right after each switch: one run, and median and quartiles of all."""
    for task, group in history.groupby("task", sort=False):
        colour = gate_colour(task)
        spread = group.groupby("cycle")["loss_at_switch"].quantile([0.25, 0.5, 0.75]).unstack()
        axes.fill_between(spread.index, spread[0.25], spread[0.75], color=colour, alpha=0.2, lw=0)
        axes.plot(spread.index, spread[0.5], color=colour, label=f"to {task}, median of runs")
        one = group[group["run"] == example].sort_values("cycle")
        axes.plot(one["cycle"], one["loss_at_switch"], color=colour, lw=0.7, ls=":")
    axes.plot([], [], color=INK, lw=0.7, ls=":", label=f"run {example}")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("cycle")
    axes.set_ylabel("loss after the switch (MSE)")
    axes.legend()


def accuracy(axes: Axes, history: pd.DataFrame, runs: Iterable[int]) -> None:
    """Plot mean accuracy of some runs, after retraining and right after the switch."""
    chosen = history[history["run"].isin(list(runs))]
    for task, group in chosen.groupby("task", sort=False):
        for column, dashes, when in (
            ("correct_after", "-", "after retraining"),
            ("correct_at_switch", ":", "at the switch"),
        ):
            mean = group.groupby("cycle")[column].mean() / PATTERNS
            axes.plot(
                mean.index,
                100 * mean,
                dashes,
                color=gate_colour(task),
                label=f"{task} {when}",
                drawstyle="steps-post",
            )
    axes.set_ylim(-3, 104)
    axes.set_xlabel("cycle")
    axes.set_ylabel("accuracy (%)")
    axes.legend()
