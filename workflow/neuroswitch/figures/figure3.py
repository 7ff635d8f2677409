"""Figure 3: switching between AND and OR, and the switching period."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from neuroswitch import declare
from neuroswitch.figures import clusters, curves, reconstructed, style, trajectories
from neuroswitch.statistics import wilson_interval

TASKS = "AND/OR"
ALONE = "AND"
"""Gate whose unmodulated run is shown."""

NOTHING: Mapping[int, float] = {}
"""No peaks that the paper reports: they are drawn at the reconstructed setting alone."""


@declare.figure(
    "figure3",
    reads={
        "points": "gates/mapping_two_layers/points",
        "trajectory": ["gates/traces/switched/trajectory", "gates/traces/alone/trajectory"],
        "shares": [
            "gates/traces/switched/trajectory_shares",
            "gates/traces/alone/trajectory_shares",
        ],
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
    reported: Mapping[int, float] = NOTHING,
) -> Figure:
    """Draw Figure 3.

    Parameters
    ----------
    tables : `points` (mapped networks), `trajectory` and `shares` (its table
        `trajectory_shares`) and `switched_epochs` of the example run, `history` of the switched
        and `unmodulated_history` of the unmodulated runs
    rates : of the mapping; its first one gives the clusters
    period : the primary switching period, in epochs (paper: 10)
    traced : those that were traced; the shortest and the longest are drawn (paper: 3 and 30)
    reported : where the peak loss settles in the paper, by the period
    """
    style.use()
    primary, short, long = period[0], min(traced), max(traced)
    figure = Figure(figsize=(style.WIDTH, 8.4), layout=ConstrainedLayoutEngine(wspace=0.06))
    grid = figure.add_gridspec(4, 4, width_ratios=(1.1, 1.1, 1, 1))
    points = clusters.trained(tables["points"], rates[0])

    def of_period(name: str, period: int) -> pd.DataFrame:
        table = tables[name]
        return table[(table["tasks"] == TASKS) & (table["period"] == period)]

    def paths(row: int, which: int, length: int, title: str) -> None:
        plane = figure.add_subplot(grid[row, 0])
        trajectories.own_plane(plane, of_period("trajectory", length), of_period("shares", length))
        style.letter(plane, which, title)
        space = figure.add_subplot(grid[row, 1], projection="3d")
        trajectories.among_clusters(
            space, points, of_period("trajectory", length), of_period("shares", length)
        )
        space.set_title("among the clusters", loc="left")

    example = int(of_period("trajectory", primary)["run"].iloc[0])
    paths(0, 0, primary, f"period {primary} epochs, run {example}")
    trajectories.legend(figure, points["gate"])
    axes = figure.add_subplot(grid[0, 2:])
    curves.epoch_loss(axes, of_period("switched_epochs", primary))
    style.letter(axes, 1, f"loss, run {example}; inset: its last {curves.ZOOMED} cycles")

    history = of_period("history", primary)
    axes = figure.add_subplot(grid[1, 0])
    curves.switch_loss(axes, history, example)
    curves.switch_legend(axes, history, example)
    style.letter(axes, 2, "loss right after a switch")
    axes = figure.add_subplot(grid[1, 1])
    curves.accuracy(axes, history, [example])
    curves.accuracy_legend(axes)
    style.letter(axes, 3, f"accuracy, run {example}")
    axes = figure.add_subplot(grid[1, 2], projection="3d")
    alone = [tables[name][tables[name]["tasks"] == ALONE] for name in ("trajectory", "shares")]
    trajectories.among_clusters(axes, points, *alone)
    style.letter(axes, 4, f"{ALONE} alone")
    axes = figure.add_subplot(grid[1, 3])
    _against_unmodulated(axes, history, tables["unmodulated_history"])

    for row, (length, name) in enumerate(((short, "short"), (long, "long")), start=2):
        paths(row, 3 + row, length, f"{name} period, {length} epochs")
        history = of_period("history", length)
        axes = figure.add_subplot(grid[row, 2])
        curves.switch_loss(axes, history, example, reported.get(length))
        axes.set_title("loss right after a switch", loc="left")
        axes = figure.add_subplot(grid[row, 3])
        curves.accuracy(axes, history, [example])
        axes.set_title(f"accuracy, run {example}", loc="left")
    return figure


@declare.figure(
    "figure3_reconstructed",
    reads={
        "points": "gates/reconstructed/mapping/points",
        "trajectory": "gates/reconstructed/traces/trajectory",
        "shares": "gates/reconstructed/traces/trajectory_shares",
        "switched_epochs": "gates/reconstructed/traces/example_epochs",
        "history": "gates/reconstructed/periods_equal_cycles/history",
        "unmodulated_history": "gates/reconstructed/unmodulated/history",
        "setting": "gates/reconstructed/setting",
        "comparison": "gates/reconstructed/comparison",
    },
)
def draw_reconstructed(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw Figure 3 at the reconstructed setting, with the peaks that the paper reports."""
    setting, points = tables["setting"], tables["points"]
    peaks = tables["comparison"].set_index("quantity")["reported_low"]
    two_layers = {**tables, "points": points[points["layers"] == 2]}
    figure = draw(
        two_layers,
        rates=setting["mapping_rate"].tolist(),
        period=setting["period"].tolist(),
        traced=tables["history"]["period"].unique().tolist(),
        reported={period: peaks[f"peak_{period}"] for period in (3, 30)},
    )
    return reconstructed.named(figure, setting)


def _against_unmodulated(axes: Axes, switched: pd.DataFrame, unmodulated: pd.DataFrame) -> None:
    """Plot the share of runs with every task at 100 % against epochs, all phases counted."""
    epochs_a_cycle = switched["period"] * 2
    for frame, epochs, colour, label in (
        (switched, switched["cycle"] * epochs_a_cycle, style.INK, TASKS),
        *(
            (alone, alone["cycle"] * alone["period"], colour, task)
            for task, colour in style.gate_colours(unmodulated["task"]).items()
            if len(alone := unmodulated[unmodulated["task"] == task])
        ),
    ):
        counts = (frame["retrained_streak"] > 0).groupby(epochs).agg(["sum", "size"])
        low, high = wilson_interval(counts["sum"], counts["size"])
        axes.plot(counts.index, 100 * counts["sum"] / counts["size"], color=colour, label=label)
        axes.fill_between(counts.index, 100 * low, 100 * high, color=colour, alpha=0.2, lw=0)
    style.logarithmic(axes.xaxis)
    axes.set_ylim(-3, 104)
    axes.set_xlabel("epochs (all tasks)")
    axes.set_ylabel("solved runs (%)")
    axes.legend(handlelength=1, loc="upper left", bbox_to_anchor=(0, 0.9))
    counts = [frame["run"].nunique() for frame in (switched, unmodulated)]
    axes.set_title(f"n = {counts[0]}, alone {counts[1]}\n(Wilson 95 %)", loc="left")
