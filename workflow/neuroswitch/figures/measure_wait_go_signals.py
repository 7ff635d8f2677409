"""Measure-Wait-Go: what the signal of the NM-RNN does, and what theory says of it."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from neuroswitch import declare
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import INTERVALS, VARIANTS

HOLDS = {"initial": "first value", "zero": "0"}


@declare.figure(
    "measure_wait_go_signals",
    reads={
        "ramps": [
            "rnn/measure_wait_go_as_published/ramps",
            "rnn/measure_wait_go_one_protocol/ramps",
        ],
        "timing_signals": [
            "rnn/measure_wait_go_as_published/timing_signals",
            "rnn/measure_wait_go_one_protocol/timing_signals",
        ],
        "ablations": [
            "rnn/measure_wait_go_as_published/ablations",
            "rnn/measure_wait_go_one_protocol/ablations",
        ],
        "theory_signals": [
            "rnn/ramp_theory_as_published/theory_signals",
            "rnn/ramp_theory_one_protocol/theory_signals",
        ],
        "theory_fits": [
            "rnn/ramp_theory_as_published/theory_fits",
            "rnn/ramp_theory_one_protocol/theory_fits",
        ],
        "decay_errors": "rnn/analysis/decay_errors",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    tables : `ramps`, `timing_signals`, `ablations`, `theory_signals`, `theory_fits`,
        `decay_errors`
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 8.6))
    parts = list(figure.subfigures(3, 1, height_ratios=(1.2, 1, 0.9)))  # type: ignore[arg-type]
    _signals(parts[0], tables["timing_signals"])
    _held(parts[1], tables["ramps"])
    _theory(parts[2], tables)
    return figure


def _signals(part: SubFigure, signals: pd.DataFrame) -> None:
    """Draw every component of s(t), aligned to the start of the trial and to go."""
    signals = signals[signals["network"] == "nm_rnn"]
    components = sorted(signals["component"].unique()) or [1]
    panels = part.subplots(len(components), 4, sharey=True, squeeze=False)
    norm = networks.shade_of(sorted(signals["interval"].unique()) or [0, 1])
    for which, (variant, of_variant) in enumerate(networks.by_variant(signals)):
        for row, component in enumerate(components):
            one = of_variant[of_variant["component"] == component]
            for offset, time in enumerate(("step", "since_go")):
                axes = panels[row, 2 * which + offset]
                for interval, line in one.groupby("interval"):
                    axes.plot(line[time], line["signal"], color=INTERVALS(norm(interval)), lw=0.6)
                if time == "since_go":
                    axes.axvline(0, color=style.MUTED, lw=0.6, zorder=0)
                    axes.set_xlim(-40, 60)
                if row < len(components) - 1:
                    axes.tick_params(labelbottom=False)
        run = of_variant["run"].iloc[0]
        title = f"{VARIANTS[variant]}, run {run}"
        style.letter(panels[0, 2 * which], which, f"NM-RNN, {title}")
        panels[-1, 2 * which].set_xlabel("step of the trial")
        panels[-1, 2 * which + 1].set_xlabel("steps after go")
    for row, component in enumerate(components):
        panels[row, 0].set_ylabel(rf"$s_{component}$")
    panels[0, 0].set_ylim(-0.05, 1.05)
    networks.bar(part, panels.ravel().tolist(), norm, "interval (steps)")


def _held(part: SubFigure, ramps: pd.DataFrame) -> None:
    """Draw the ramps with one component of s held at a time."""
    held = ramps[ramps["component"] > 0]
    components = sorted(held["component"].unique()) or [1]
    panels = part.subplots(len(HOLDS), 2 * len(components), sharex=True, sharey=True, squeeze=False)
    norm = networks.shade_of(sorted(ramps["interval"].unique()))
    for which, (variant, of_variant) in enumerate(networks.by_variant(held)):
        for row, hold in enumerate(HOLDS):
            for place, component in enumerate(components):
                axes = panels[row, which * len(components) + place]
                chosen = of_variant[
                    (of_variant["component"] == component) & (of_variant["hold"] == hold)
                ]
                networks.outputs(axes, chosen, norm, targets=False)
                if row == 0:
                    axes.set_title(rf"$s_{component}$", loc="left")
        first = panels[0, which * len(components)]
        style.letter(first, 2 + which, rf"{VARIANTS[variant]}, $s_{components[0]}$")
    for row, label in enumerate(HOLDS.values()):
        panels[row, 0].set_ylabel(f"output, held\nat {label}")
    part.supxlabel("steps after go, with the component held", fontsize=7)


def _theory(part: SubFigure, tables: Mapping[str, pd.DataFrame]) -> None:
    """Draw slopes under ablation, the signal of rank 1 and its theory, and the closed form."""
    panels = part.subplots(1, 4, width_ratios=(1.5, 1, 1, 1))
    _slopes(panels[0], tables["ablations"])
    style.letter(panels[0], 4, "slope and interval")
    fits = tables["theory_fits"]
    for which, (variant, signals) in enumerate(networks.by_variant(tables["theory_signals"])):
        _required(panels[1 + which], signals, fits[fits["variant"] == variant])
        style.letter(panels[1 + which], 5 + which, f"rank 1, {VARIANTS[variant]}")
    _decay(panels[3], tables["decay_errors"])
    style.letter(panels[3], 7, "closed form, V = Q")


def _slopes(axes: Axes, ablations: pd.DataFrame) -> None:
    """Draw the correlation of slope and trained interval; open: not every ramp survives."""
    nm = ablations[ablations["network"] == "nm_rnn"]
    kinds = list(dict.fromkeys(zip(nm["component"], nm["hold"], strict=True)))
    for shift, (variant, of_variant) in zip((-0.17, 0.17), networks.by_variant(nm), strict=False):
        colour = style.INK if variant == "as_published" else style.ACCENT
        for place, (component, hold) in enumerate(kinds):
            one = of_variant[(of_variant["component"] == component) & (of_variant["hold"] == hold)]
            whole = one["surviving"] == one["intervals"]
            for survives, face in ((True, colour), (False, "white")):
                some = one.loc[whole == survives, "slope_correlation"]
                x = np.full(len(some), place + shift)
                axes.plot(x, some, "o", ms=2.6, mew=0.6, color=colour, mfc=face, alpha=0.8)
        axes.plot([], [], "o", ms=3, color=colour, label=VARIANTS[variant])
    axes.plot([], [], "o", ms=3, color=style.INK, mfc="white", label="a ramp is lost")
    labels = [
        "intact" if component == 0 else rf"$s_{component}$" + (" 0" if hold == "zero" else " held")
        for component, hold in kinds
    ]
    axes.set_xticks(range(len(kinds)), labels, rotation=40, ha="right", rotation_mode="anchor")
    axes.axhline(0, color=style.MUTED, lw=0.6, zorder=0)
    axes.set_ylim(-1.08, 1.6)
    axes.set_ylabel("correlation")
    axes.legend(loc="upper left", ncols=2, fontsize=5.5, handletextpad=0.1, columnspacing=0.8)


def _required(axes: Axes, signals: pd.DataFrame, fits: pd.DataFrame) -> None:
    """Draw trained and required signal of the run of median correlation."""
    ranked = fits.sort_values("correlation")
    run = ranked["run"].iloc[(len(ranked) - 1) // 2]
    chosen = signals[(signals["run"] == run) & (signals["group"] == "trained")]
    norm = networks.shade_of(sorted(signals["interval"].unique()))
    for interval, one in chosen.groupby("interval"):
        colour = INTERVALS(norm(interval))
        axes.plot(one["since_go"], one["signal"], color=colour, lw=1.0)
        axes.plot(one["since_go"], one["required"], ":", color=colour, lw=0.9)
    axes.set_ylim(-0.05, 1.35)
    axes.set_xlabel("steps after go")
    axes.set_ylabel("s(t)")
    axes.plot([], [], color=style.INK, lw=1.0, label="trained")
    axes.plot([], [], ":", color=style.INK, lw=0.9, label="required by the ramp")
    axes.legend(
        loc="upper left",
        fontsize=5.5,
        title=f"run {run}; median r = {fits['correlation'].median():.2f}",
        title_fontsize=5.5,
    )


def _decay(axes: Axes, errors: pd.DataFrame) -> None:
    for _, one in errors.groupby("run"):
        axes.plot(one["step"], one["error"], "o-", ms=2, lw=0.5, color=style.INK, alpha=0.5)
    median = errors.groupby("step")["error"].median()
    axes.plot(
        median.index,
        median.iloc[-1] * median.index / median.index[-1],
        "--",
        lw=0.8,
        color=style.ACCENT,
        label="in proportion",
    )
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("Euler step (steps)")
    axes.set_ylabel("largest error of $w_k$")
    axes.legend(loc="upper left")
