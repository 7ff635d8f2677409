"""Figure 3: switching between AND and OR, and the switching period."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from neuroswitch import declare
from neuroswitch.figures import clusters, curves, style

TASKS = "AND/OR"


@declare.figure(
    "figure3",
    reads={
        "points": "gates/mapping_two_layers/points",
        "components": "gates/mapping_two_layers/components",
        "trajectory": ["gates/traces/switched/trajectory", "gates/traces/alone/trajectory"],
        "switched_epochs": "gates/traces/switched/example_epochs",
        "history": "gates/periods_equal_cycles/history",
        "unmodulated_history": "gates/unmodulated/history",
    },
    settings={
        "rates": "gates.mapping_two_layers.learning_rate",
        "period": "gates.primary.period",
        "traced": "gates.switched.period",
    },
)
def draw(
    tables: Mapping[str, pd.DataFrame],
    rates: Sequence[float],
    period: Sequence[int],
    traced: Sequence[int],
) -> Figure:
    """Draw Figure 3.

    Parameters
    ----------
    tables : `points`, `components` (mapped networks), `trajectory`, `switched_epochs` (the
        example run), `history` of the switched and `unmodulated_history` of the unmodulated runs
    rates : of the mapping; its first one gives clusters and axes
    period : the primary switching period, in epochs (paper: 10)
    traced : those that were traced; the shortest and the longest are drawn (paper: 3 and 30)
    """
    style.use()
    primary, short, long = period[0], min(traced), max(traced)
    figure = Figure(figsize=(style.WIDTH, 8.6), layout=ConstrainedLayoutEngine(wspace=0.08))
    grid = figure.add_gridspec(4, 3, width_ratios=(1.25, 1, 1))
    mapped = clusters.trained(tables, rates[0])

    def of_period(name: str, period: int) -> pd.DataFrame:
        table = tables[name]
        return table[(table["tasks"] == TASKS) & (table["period"] == period)]

    example = int(of_period("trajectory", primary)["run"].iloc[0])

    space = _space(
        figure, grid[0, 0], 0, mapped, of_period("trajectory", primary), f"run {example}"
    )
    clusters.legend(space, {gate: gate for gate in style.GATES}, ends=True)
    axes = figure.add_subplot(grid[0, 1])
    curves.epoch_loss(axes, of_period("switched_epochs", primary))
    style.letter(axes, 1, f"loss, run {example}")
    axes = figure.add_subplot(grid[0, 2])
    curves.switch_loss(axes, of_period("history", primary), example)
    style.letter(axes, 2, "post-switch peaks")

    axes = figure.add_subplot(grid[1, 0])
    curves.accuracy(axes, of_period("history", primary), [example])
    style.letter(axes, 3, f"accuracy, run {example}")
    trajectory = tables["trajectory"]
    _space(figure, grid[1, 1], 4, mapped, trajectory[trajectory["tasks"] == "AND"], "AND alone")
    axes = figure.add_subplot(grid[1, 2])
    _against_unmodulated(axes, of_period("history", primary), tables["unmodulated_history"])
    axes.set_title("switched and alone", loc="left")

    for row, (length, name) in enumerate(((short, "short"), (long, "long")), start=2):
        title = f"{name} period, {length} epochs"
        _space(figure, grid[row, 0], 3 + row, mapped, of_period("trajectory", length), title)
        axes = figure.add_subplot(grid[row, 1])
        curves.switch_loss(axes, of_period("history", length), example)
        axes.set_title("post-switch peaks", loc="left")
        axes = figure.add_subplot(grid[row, 2])
        curves.accuracy(axes, of_period("history", length), [example])
        axes.set_title(f"accuracy, run {example}", loc="left")
    return figure


def _space(
    figure: Figure,
    place: Any,
    which: int,
    mapped: Mapping[str, pd.DataFrame],
    trajectory: pd.DataFrame,
    title: str,
) -> Any:
    axes = figure.add_subplot(place, projection="3d")
    clusters.scatter(axes, mapped["points"], faint=True)
    clusters.path(axes, trajectory)
    clusters.tidy(axes, clusters.explained(mapped["components"]))
    style.letter(axes, which, title)
    return axes


def _against_unmodulated(axes: Axes, switched: pd.DataFrame, unmodulated: pd.DataFrame) -> None:
    """Plot the share of runs with every task at 100 % against epochs, all phases counted."""
    epochs_a_cycle = switched["period"] * 2
    for frame, epochs, colour, label in (
        (switched, switched["cycle"] * epochs_a_cycle, style.INK, "AND/OR switched"),
        *(
            (group, group["cycle"] * group["period"], style.gate_colour(task), f"{task} alone")
            for task, group in unmodulated.groupby("task", sort=False)
        ),
    ):
        share = (frame["retrained_streak"] > 0).groupby(epochs).mean()
        axes.plot(share.index, 100 * share, color=colour, label=label)
    axes.set_xscale("log")
    axes.set_ylim(-3, 104)
    axes.set_xlabel("epochs (all tasks)")
    axes.set_ylabel("solved runs (%)")
    axes.legend()
