"""Figure 5: accuracy on two MNIST tasks against the number of parameters."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from neuroswitch import declare
from neuroswitch.claims.reported import SMALL
from neuroswitch.figures import style

MODULATED = "neuromodulated"
SIDE = {MODULATED: 0.97, "extra_input": 1.0, "no_signal": 1.03}
"""Strategies of equally many parameters -> what these are multiplied by, to lie side by side."""

STRATEGIES = {
    MODULATED: ("neuromodulated", "#0072B2", "o", "-"),
    "extra_input": ("extra input", "#E69F00", "s", "-"),
    "separate": ("two separate networks, total", "#009E73", "^", ":"),
    "no_signal": ("no task signal", "#999999", "v", ":"),
}
"""Strategy -> label, colour, marker, line."""

NOTIONS = {
    "after_retraining": ("after retraining", "final_accuracy"),
    "zero_shot": ("zero-shot, before retraining", "final_zero_shot_accuracy"),
}
"""Notion of accuracy -> title, column of the table of runs."""

ACCURACIES = (99.5, 99, 98, 95, 90, 80, 50, 20)
"""Ticks, in percent."""

LEAST = 100 - ACCURACIES[0]
"""Percent: the smallest error of the axis."""

CHANCE = 20
"""Percent: five outputs."""

FAILED = 5
"""A seed fails whose error is this many times the median error of its strategy and size."""

LEARNT = 0.1
"""Largest median error of a size at which seeds are counted that fail: there most do not."""


@declare.figure(
    "figure5",
    reads={"accuracy": "mnist/sizes/accuracy", "runs": "mnist/sizes/runs"},
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw Figure 5 from tables `accuracy` and `runs` (of experiment sizes).

    The axis is logarithmic in the error, 100 % minus the accuracy: it shows the networks that fail
    and the differences between those above 98 %.
    """
    style.use()
    accuracy, runs = tables["accuracy"], tables["runs"]
    figure = Figure(figsize=(style.WIDTH, 3.4))
    panels = figure.subplots(1, 2, sharey=True)
    for which, (notion, (title, column)) in enumerate(NOTIONS.items()):
        _sizes(panels[which], accuracy[accuracy["notion"] == notion], runs, column)
        style.letter(panels[which], which, title)
    first = accuracy.iloc[0]
    panels[0].set_ylabel(f"accuracy, mean of both tasks (%), {_images(first)}")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=4,
        title=f"{first['runs']} seeds (faint), mean{_interval(accuracy)}; "
        f"{_counted(first['epochs'], 'epoch')}",
        title_fontsize=6.5,
    )
    return figure


def _sizes(axes: Axes, chosen: pd.DataFrame, runs: pd.DataFrame, column: str) -> None:
    for strategy, (label, colour, marker, line) in STRATEGIES.items():
        group = chosen[chosen["strategy"] == strategy].sort_values("parameters")
        own = runs[runs["strategy"] == strategy]
        side = SIDE.get(strategy, 1.0)
        axes.plot(
            side * own["parameters"],
            _error(own[column]),
            ".",
            ms=4,
            mew=0,
            color=colour,
            alpha=0.45,
        )
        axes.errorbar(
            side * group["parameters"],
            _error(group["accuracy"]),
            yerr=style.error_bars(group, "accuracy")[::-1],
            ls=line,
            marker=marker,
            ms=3.5,
            mew=0.8,
            mfc=colour if line == "-" else "white",
            color=colour,
            lw=0.9,
            elinewidth=0.8,
            label=label,
        )
    for row in failures(runs[runs["strategy"] == MODULATED], column).itertuples():
        axes.annotate(
            f"{row.failed}/{row.runs}",
            (SIDE[MODULATED] * row.parameters, _error(row.lowest)),
            (-3, -2),
            textcoords="offset points",
            ha="right",
            fontsize=6,
            color=STRATEGIES[MODULATED][1],
        )
    networks = chosen[chosen["strategy"] == MODULATED]
    limit = networks.loc[networks["hidden"] == SMALL, "parameters"]
    if len(limit):
        axes.axvline(limit.iloc[0], color=style.MUTED, ls="--", lw=0.8, zorder=0)
        axes.annotate(
            f"{SMALL} hidden units",
            (limit.iloc[0], 0.02),
            (3, 0),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=6,
            color="#777777",
        )
    _parameters(axes)
    axes.set_yscale("log")
    names = [f"{tick:g}" for tick in ACCURACIES]
    axes.set_yticks([100 - tick for tick in ACCURACIES], [f"≥ {names[0]}", *names[1:]])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color="#EEEEEE", lw=0.5)
    axes.set_axisbelow(True)
    axes.axhline(100 - CHANCE, color=style.MUTED, lw=0.6, zorder=0)
    axes.set_ylim(100, LEAST)


def failures(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the sizes of a strategy at which most seeds learn and some fail, and how many do.

    Columns: hidden, parameters, failed, runs, lowest (accuracy of the worst seed).
    """
    rows = []
    for hidden, own in runs.groupby("hidden"):
        errors = 1 - own[column]
        failed = errors > FAILED * errors.median()
        if errors.median() < LEARNT and failed.any():
            rows.append(
                {
                    "hidden": hidden,
                    "parameters": own["parameters"].iloc[0],
                    "failed": int(failed.sum()),
                    "runs": len(own),
                    "lowest": own[column].min(),
                }
            )
    return pd.DataFrame(rows, columns=["hidden", "parameters", "failed", "runs", "lowest"])


def _error(accuracy: pd.Series | float) -> np.ndarray:
    """Return errors in percent, those below that of the highest tick as the error there."""
    return np.maximum(100 * (1 - np.asarray(accuracy)), LEAST)


def _parameters(axes: Axes) -> None:
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    ticks = [2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000]
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick // 1000}k" for tick in shown])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("parameters (weights and biases)")


def _interval(accuracy: pd.DataFrame) -> str:
    return " and bootstrap 95 % interval over seeds" if accuracy["low"].notna().any() else ""


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _images(row: pd.Series) -> str:
    named = {"mnist": "MNIST", "digits": "scikit-learn digits, enlarged"}
    name = named.get(row["dataset"], row["dataset"])
    return name if row["held_out"] == "test" else f"{name}, {row['held_out']} images"
