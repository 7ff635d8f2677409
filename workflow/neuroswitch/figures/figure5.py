"""Figure 5: accuracy on two MNIST tasks against the number of parameters, and what varies it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import style

STRATEGIES = {
    "neuromodulated": ("neuromodulated", "#0072B2", "o", "-"),
    "extra_input": ("extra input", "#E69F00", "s", "-"),
    "separate": ("two separate networks, total", "#009E73", "^", ":"),
    "no_signal": ("no task signal", "#999999", "v", ":"),
}
"""Strategy -> label, colour, marker, line."""

LOOKS = {
    "after_retraining": (style.INK, style.INK),
    "zero_shot": (style.ACCENT, "white"),
}
"""Notion of accuracy -> colour, marker's face."""

NOTIONS = {"after_retraining": "after retraining", "zero_shot": "zero-shot"}
PULLBACKS = {"inverse": r"$M^{-1}$", "transpose": r"$M^{T}$"}
CHANCE = 20
"""Percent: five classes."""

SIZE_OF_CLAIM = 10
"""Hidden units below which the paper sees the extra input drop (section 4)."""


@declare.figure(
    "figure5",
    reads={
        "accuracy": [
            "mnist/sizes/accuracy",
            "mnist/bias_shifts/accuracy",
            "mnist/modulators/accuracy",
            "mnist/periods/accuracy",
        ],
        "runs": "mnist/sizes/runs",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw Figure 5 from tables `accuracy` and `runs` (of experiment sizes)."""
    style.use()
    accuracy, runs = tables["accuracy"], tables["runs"]
    figure = Figure(figsize=(style.WIDTH, 5.6))
    upper, lower = list(figure.subfigures(2, 1, height_ratios=(1.25, 1)))  # type: ignore[arg-type]
    panels = upper.subplots(1, 2, sharey=True)
    sizes = accuracy[accuracy["experiment"] == "sizes"]
    columns = ("final_accuracy", "final_zero_shot_accuracy")
    for which, (notion, column) in enumerate(zip(NOTIONS, columns, strict=True)):
        _sizes(panels[which], sizes[sizes["notion"] == notion], runs, column)
        style.letter(panels[which], which, NOTIONS[notion])
    first = sizes.iloc[0]
    panels[0].set_ylabel(f"accuracy, mean of both tasks (%), {_images(first)}")
    handles, labels = panels[0].get_legend_handles_labels()
    upper.legend(
        handles,
        labels,
        loc="outside upper center",
        ncols=4,
        title=f"{first['runs']} seeds (faint), mean and bootstrap 95 % interval; "
        f"{_counted(first['epochs'], 'epoch')}",
        title_fontsize=6.5,
    )
    panels = lower.subplots(1, 3, width_ratios=(1.5, 1, 1))
    _modulators(panels[0], accuracy[accuracy["experiment"] == "modulators"])
    style.letter(panels[0], 2, "family and pull-back")
    lower.legend(
        *panels[0].get_legend_handles_labels(),
        loc="outside lower left",
        ncols=4,
        title="Panel C",
        title_fontsize=6.5,
        alignment="left",
    )
    retrained = accuracy[accuracy["notion"] == "after_retraining"]
    _shifts(panels[1], retrained[retrained["experiment"].isin(["sizes", "bias_shifts"])])
    style.letter(panels[1], 3, "shift v = σ × normal")
    periods = accuracy[accuracy["experiment"] == "periods"]
    _periods(panels[2], periods)
    style.letter(panels[2], 4, f"period, {periods['hidden'].iloc[0]} hidden")
    return figure


def _sizes(axes: Axes, chosen: pd.DataFrame, runs: pd.DataFrame, column: str) -> None:
    for strategy, (label, colour, marker, line) in STRATEGIES.items():
        group = chosen[chosen["strategy"] == strategy].sort_values("parameters")
        own = runs[runs["strategy"] == strategy]
        axes.plot(own["parameters"], 100 * own[column], ".", ms=4, mew=0, color=colour, alpha=0.45)
        _line(axes, group["parameters"], group, colour, marker, line, label)
    networks = chosen[chosen["strategy"] == "neuromodulated"]
    limit = networks.loc[networks["hidden"] == SIZE_OF_CLAIM, "parameters"]
    if len(limit):
        axes.axvline(limit.iloc[0], color=style.MUTED, ls="--", lw=0.8, zorder=0)
        axes.annotate(
            f"{SIZE_OF_CLAIM} hidden units",
            (limit.iloc[0], 0.3),
            (-3, 0),
            rotation=90,
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=6,
            color="#777777",
        )
    _parameters(axes, [2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000])
    _percent(axes)


def _modulators(axes: Axes, chosen: pd.DataFrame) -> None:
    """One row for each family and pull-back, one marker for each size and notion."""
    keys = ["family", "scale", "pullback"]
    rows = list(dict.fromkeys(chosen[keys].itertuples(index=False, name=None)))
    cells = [(size, notion) for size in sorted(chosen["hidden"].unique()) for notion in NOTIONS]
    for shift, (size, notion) in zip(np.linspace(-0.3, 0.3, len(cells)), cells, strict=True):
        group = chosen[(chosen["hidden"] == size) & (chosen["notion"] == notion)]
        group = group.set_index(keys).loc[rows]
        colour, face = LOOKS[notion]
        axes.errorbar(
            100 * group["accuracy"],
            np.arange(len(rows)) + shift,
            xerr=style.error_bars(group, "accuracy"),
            fmt="o" if size == cells[-1][0] else "s",
            ms=3,
            mew=0.8,
            elinewidth=0.7,
            color=colour,
            mfc=face,
            label=f"{size} hidden, {NOTIONS[notion]}",
        )
    axes.set_yticks(range(len(rows)), [f"{_family(f, s)}, {PULLBACKS[p]}" for f, s, p in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(CHANCE - 4, 101)
    axes.set_xlabel("accuracy (%)")
    axes.grid(axis="x", color="#E6E6E6", lw=0.5)
    axes.set_axisbelow(True)


def _shifts(axes: Axes, chosen: pd.DataFrame) -> None:
    """Accuracy of the modulated networks against their size, one line for each shift."""
    modulated = chosen[chosen["strategy"] == "neuromodulated"]
    shifts = sorted(modulated["bias_shift"].unique())
    _, colour, _, _ = STRATEGIES["neuromodulated"]
    for shift, marker, line in zip(shifts, "dPo", (":", "--", "-"), strict=False):
        group = modulated[modulated["bias_shift"] == shift].sort_values("parameters")
        _line(axes, group["parameters"], group, colour, marker, line, f"σ = {shift:g}")
    label, colour, marker, line = STRATEGIES["extra_input"]
    group = chosen[chosen["strategy"] == "extra_input"].sort_values("parameters")
    _line(axes, group["parameters"], group, colour, marker, line, label)
    _parameters(axes, [2000, 5000, 10_000, 20_000, 50_000, 100_000])
    _percent(axes)
    axes.legend(loc="lower right", fontsize=6, handlelength=2.4)


def _periods(axes: Axes, chosen: pd.DataFrame) -> None:
    for strategy, (label, colour, marker, _) in STRATEGIES.items():
        for notion, line in zip(NOTIONS, ("-", ":"), strict=True):
            group = chosen[(chosen["strategy"] == strategy) & (chosen["notion"] == notion)]
            named = label if notion == "after_retraining" else None
            group = group.sort_values("period")
            _line(axes, group["period"], group, colour, marker, line, named)
    axes.plot([], [], ":", color=style.INK, label="zero-shot")
    periods = sorted(chosen["period"].unique())
    axes.set_xscale("log")
    axes.set_xticks(periods, [str(period) for period in periods])
    axes.minorticks_off()
    axes.set_xlabel("minibatches before a switch")
    _percent(axes)
    axes.legend(loc="lower left", fontsize=6, handlelength=1.8)


def _line(
    axes: Axes,
    x: pd.Series,
    group: pd.DataFrame,
    colour: str,
    marker: str,
    line: str,
    label: str | None,
) -> None:
    face = colour if line == "-" else "white"
    if group.empty:
        return
    axes.errorbar(
        x,
        100 * group["accuracy"],
        yerr=style.error_bars(group, "accuracy"),
        ls=line,
        marker=marker,
        ms=3.5,
        mew=0.8,
        mfc=face,
        color=colour,
        lw=0.9,
        elinewidth=0.8,
        label=label,
    )


def _parameters(axes: Axes, ticks: Sequence[int]) -> None:
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick // 1000}k" for tick in shown])
    axes.minorticks_off()
    axes.set_xlabel("parameters (weights and biases)")


def _percent(axes: Axes) -> None:
    axes.axhline(CHANCE, color=style.MUTED, lw=0.6, zorder=0)
    axes.set_ylim(CHANCE - 4, 101)


def _family(family: str, scale: float) -> str:
    short = {
        "per_layer": "near-identity",
        "per_layer_orthogonal": "orthogonal",
        "per_layer_signed_permutation": "signed permutation",
    }
    return style.family_label(short.get(family, family), 1.0) + (
        f" {scale:g}" if scale != 1.0 else ""
    )


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _images(row: pd.Series) -> str:
    named = {"mnist": "MNIST", "digits": "scikit-learn digits, enlarged"}
    name = named.get(row["dataset"], row["dataset"])
    return name if row["held_out"] == "test" else f"{name}, {row['held_out']} images"
