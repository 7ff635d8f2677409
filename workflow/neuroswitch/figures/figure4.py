"""Figure 4: switching between AND and XOR, and how often it succeeds."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import clusters, curves, rates, style

PAIRS = {"AND/OR": style.GATES["OR"], "AND/XOR": style.GATES["XOR"]}
REPORTED = 30
"""Percent of AND/XOR runs that succeed in the paper (section 3, Figure 4C)."""


@declare.figure(
    "figure4",
    reads={
        "points": "gates/mapping_two_layers/points",
        "components": "gates/mapping_two_layers/components",
        "trajectory": "gates/traces/switched/trajectory",
        "switched_epochs": "gates/traces/switched/example_epochs",
        "success": "gates/pairs/success",
        "success_against_cycles": [
            "gates/pairs/success_against_cycles",
            "gates/budget/success_against_cycles",
        ],
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
    tables : `points`, `components` (mapped networks), `trajectory`, `switched_epochs` (the
        example run), `success` and `success_against_cycles`
    rates : of the mapping; its first one gives clusters and axes
    period : the primary switching period, in epochs
    """
    style.use()
    primary = period[0]
    figure = Figure(figsize=(style.WIDTH, 4.6))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1), height_ratios=(1.25, 1))
    mapped = clusters.trained(tables, rates[0])

    def example(name: str) -> pd.DataFrame:
        table = tables[name]
        return table[(table["tasks"] == "AND/XOR") & (table["period"] == primary)]

    run = example("trajectory")["run"].iloc[0]
    axes = figure.add_subplot(grid[0, 0], projection="3d")
    clusters.scatter(axes, mapped["points"], faint=True)
    clusters.path(axes, example("trajectory"))
    clusters.tidy(axes, clusters.explained(mapped["components"]))
    clusters.legend(axes, {gate: gate for gate in style.GATES}, ends=True)
    style.letter(axes, 0, f"AND/XOR, run {run}")
    axes = figure.add_subplot(grid[0, 1])
    curves.epoch_loss(axes, example("switched_epochs"))
    style.letter(axes, 1, f"loss, run {run}")

    axes = figure.add_subplot(grid[1, 0])
    _success(axes, tables["success"])
    style.letter(axes, 2, "success")
    axes = figure.add_subplot(grid[1, 1])
    _budget(axes, tables["success_against_cycles"])
    style.letter(axes, 3, "success against training")
    return figure


def _success(axes: Axes, success: pd.DataFrame) -> None:
    of_pairs = success[success["tasks"].isin(PAIRS)]
    rates.dots(axes, of_pairs, list(PAIRS), "tasks")
    axes.axvline(REPORTED, color=style.MUTED, ls="--", lw=0.8, label="AND/XOR in the paper")
    runs = of_pairs["runs"].iloc[0]
    axes.legend(title=f"{runs} runs, Wilson 95 %", title_fontsize=6.5, loc="lower right")


def _budget(axes: Axes, success: pd.DataFrame) -> None:
    chosen = success[(success["notion"] == "after_retraining") & success["tasks"].isin(PAIRS)]
    for (experiment, tasks), group in chosen.groupby(["experiment", "tasks"]):
        tenfold = experiment == "budget"
        axes.plot(
            group["cycle"],
            100 * group["rate"],
            ":" if tenfold else "-",
            color=PAIRS[tasks],
            label=f"{tasks}, {experiment}",
        )
        axes.fill_between(
            group["cycle"],
            100 * group["low"],
            100 * group["high"],
            color=PAIRS[tasks],
            alpha=0.2,
            lw=0,
        )
    axes.axvline(
        success.loc[success["experiment"] == "pairs", "cycle"].max(),
        color=style.MUTED,
        ls="--",
        lw=0.8,
    )
    axes.set_xscale("log")
    axes.set_ylim(-3, 104)
    axes.set_xlabel("cycle")
    axes.set_ylabel("runs that succeed (%)")
    axes.legend()
