"""Figure 4: switching between AND and XOR, and how often it succeeds."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from neuroswitch import declare
from neuroswitch.claims.reported import AND_XOR
from neuroswitch.figures import clusters, curves, rates, reconstructed, style, trajectories

TASKS = "AND/XOR"
PAIRS = {"AND/OR": style.GATES["OR"], TASKS: style.GATES["XOR"]}


@declare.figure(
    "figure4",
    reads={
        "points": "gates/mapping_two_layers/points",
        "trajectory": "gates/traces/switched/trajectory",
        "shares": "gates/traces/switched/trajectory_shares",
        "switched_epochs": "gates/traces/switched/example_epochs",
        "success": "gates/pairs/success",
        "success_against_cycles": "gates/pairs/success_against_cycles",
        "longer_success": "gates/budget/success_against_cycles",
    },
    settings={
        "rates": "gates.mapping_two_layers.learning_rate",
        "period": "gates.primary.period",
    },
)
def draw(
    tables: Mapping[str, pd.DataFrame], rates: Sequence[float], period: Sequence[int]
) -> Figure:
    """Draw Figure 4.

    Parameters
    ----------
    tables : `points` (mapped networks), `trajectory` and `shares` (its table
        `trajectory_shares`) and `switched_epochs` of the example run, `success` and
        `success_against_cycles` of pairs of gates, and `longer_success`, the latter of more cycles
    rates : of the mapping; its first one gives the clusters
    period : the primary switching period, in epochs
    """
    style.use()
    primary = period[0]
    figure = Figure(figsize=(style.WIDTH, 4.6), layout=ConstrainedLayoutEngine(wspace=0.06))
    grid = figure.add_gridspec(2, 1, height_ratios=(1.15, 1))
    points = clusters.trained(tables["points"], rates[0])

    def example(name: str) -> pd.DataFrame:
        table = tables[name]
        return table[(table["tasks"] == TASKS) & (table["period"] == primary)]

    trajectory, shares = example("trajectory"), example("shares")
    run = trajectory["run"].iloc[0]
    row = grid[0].subgridspec(1, 3, width_ratios=(1.1, 1.1, 1.5))
    axes = figure.add_subplot(row[0])
    trajectories.own_plane(axes, trajectory, shares)
    style.letter(axes, 0, f"{TASKS}, run {run}")
    axes = figure.add_subplot(row[1], projection="3d")
    trajectories.among_clusters(axes, points, trajectory, shares)
    axes.set_title("among the clusters", loc="left")
    trajectories.legend(figure, points["gate"])
    axes = figure.add_subplot(row[2])
    curves.epoch_loss(axes, example("switched_epochs"))
    style.letter(axes, 1, f"loss, run {run}; inset: last {curves.ZOOMED} cycles")

    row = grid[1].subgridspec(1, 2)
    axes = figure.add_subplot(row[0])
    _success(axes, tables["success"])
    axes = figure.add_subplot(row[1])
    _budget(axes, tables["success_against_cycles"], tables["longer_success"])
    return figure


@declare.figure(
    "figure4_reconstructed",
    reads={
        "points": "gates/reconstructed/mapping/points",
        "trajectory": "gates/reconstructed/traces/trajectory",
        "shares": "gates/reconstructed/traces/trajectory_shares",
        "switched_epochs": "gates/reconstructed/traces/example_epochs",
        "success": "gates/reconstructed/pairs/success",
        "success_against_cycles": "gates/reconstructed/pairs/success_against_cycles",
        "longer_success": "gates/reconstructed/budget/success_against_cycles",
        "setting": "gates/reconstructed/setting",
    },
)
def draw_reconstructed(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw Figure 4 at the reconstructed setting."""
    setting, points = tables["setting"], tables["points"]
    two_layers = {**tables, "points": points[points["layers"] == 2]}
    figure = draw(two_layers, setting["mapping_rate"].tolist(), setting["period"].tolist())
    return reconstructed.named(figure, setting)


def _success(axes: Axes, success: pd.DataFrame) -> None:
    of_pairs = success[success["tasks"].isin(PAIRS)]
    rates.dots(axes, of_pairs, list(PAIRS), "tasks")
    axes.axvline(100 * AND_XOR, color=style.MUTED, ls="--", lw=0.8, label=f"{TASKS} in the paper")
    # A frame, for its symbols are not a row of the panel.
    axes.legend(loc="center", bbox_to_anchor=(0.6, 0.5), frameon=True, edgecolor=style.MUTED)
    runs, cycles = of_pairs["runs"].iloc[0], of_pairs["cycles"].iloc[0]
    style.letter(axes, 2, f"success, {cycles} cycles (n = {runs}, Wilson 95 %)")


def _budget(axes: Axes, success: pd.DataFrame, longer: pd.DataFrame) -> None:
    """Plot the share of runs that succeed against cycles, those trained for longer dotted."""
    for table, dashes in ((success, "-"), (longer, ":")):
        chosen = table[(table["notion"] == "solved") & table["tasks"].isin(PAIRS)]
        for tasks, group in chosen.groupby("tasks"):
            cycles, colour = group["cycle"], PAIRS[tasks]
            axes.plot(
                cycles,
                100 * group["rate"],
                dashes,
                color=colour,
                label=f"{tasks}, {group['cycles'].iloc[0]} cycles",
            )
            axes.fill_between(
                cycles, 100 * group["low"], 100 * group["high"], color=colour, alpha=0.2, lw=0
            )
    axes.axvline(success["cycles"].max(), color=style.MUTED, ls="--", lw=0.8)
    style.logarithmic(axes.xaxis)
    axes.set_ylim(-3, 104)
    axes.set_xlabel("cycle")
    axes.set_ylabel("runs that succeed (%)")
    axes.legend()
    runs = success["runs"].iloc[0]
    style.letter(axes, 3, f"success against training (n = {runs}, Wilson 95 %)")
