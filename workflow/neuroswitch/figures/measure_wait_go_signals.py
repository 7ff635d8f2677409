"""Measure-Wait-Go: what the signal of the NM-RNN does, and what theory says of it."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from neuroswitch import declare
from neuroswitch.claims import paper2
from neuroswitch.claims.statistics import Untestable
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import INTERVALS, VARIANTS

PERCENTS = (-1000, -100, -50, 0, 50, 100, 200, 500, 1000, 10_000)
"""Ticks of an axis that is linear to 100 % and logarithmic beyond."""

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
        "timing_losses": [
            "rnn/measure_wait_go_as_published/timing_losses",
            "rnn/measure_wait_go_one_protocol/timing_losses",
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
    tables : `ramps`, `timing_signals`, `timing_losses`, `ablations`, `theory_signals`,
        `theory_fits`, `decay_errors`
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 9.6))
    heights = (1.1, 0.95, 0.95, 0.75)
    parts = list(figure.subfigures(4, 1, height_ratios=heights))  # type: ignore[arg-type]
    _signals(parts[0], tables["timing_signals"])
    _held(parts[1], tables["ramps"])
    _ablations(parts[2], tables["ablations"], tables["timing_losses"])
    _theory(parts[3], tables)
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


def _ablations(part: SubFigure, ablations: pd.DataFrame, losses: pd.DataFrame) -> None:
    """Draw what N5 judges: spread of slopes and rise of every NM-RNN, over those of it intact.

    Networks that have not learnt are open dots; the titles count those that have.
    """
    panels = part.subplots(1, 2 * len(VARIANTS))
    limits = networks.thresholds("N5")
    for which, variant in enumerate(VARIANTS):
        own, of_variant = (
            table[(table["variant"] == variant) & (table["network"] == "nm_rnn")]
            for table in (ablations, losses)
        )
        learnt = of_variant.set_index("run")["trained_loss"] < paper2.LEARNT_TIMING
        found = _counts(own, of_variant)
        for offset, (column, level, label, word) in enumerate(
            (
                ("slope_spread", limits["lost"], "spread of slopes", "lost"),
                ("rise", limits["kept"], "rise", "kept"),
            )
        ):
            axes = panels[2 * which + offset]
            _relative(axes, own, column, learnt)
            networks.line(axes, 100 * level, word)
            axes.set_ylabel(f"{label} (% of intact)")
            style.letter(axes, 4 + 2 * which + offset, f"{VARIANTS[variant]}\n{found[offset]}")
    signs = networks.dots("NM-RNN that has learnt", "NM-RNN that has not")
    signs.append(Line2D([], [], color=style.MUTED, lw=0.6, label="one network"))
    part.legend(handles=signs, loc="outside lower right", ncols=len(signs))


def _counts(ablations: pd.DataFrame, losses: pd.DataFrame) -> tuple[str, str]:
    """Return in words how many networks pass each half of N5, as the claim counts them."""
    judged = paper2.ablation_destroys_the_change_of_slope(
        ablations, losses, **networks.thresholds("N5")
    )
    try:
        found = {part.label: part.estimate for part in judged}
    except Untestable:
        return "none has learnt", "none has learnt"
    slopes, rises = (
        f"{round(estimate.value * estimate.n)} of {estimate.n}"
        for estimate in (found["slopes alone, s_k set to 0"], found["rises alone, s_k set to 0"])
    )
    return f"lost by some $s_k$: {slopes}", f"kept by all $s_k$: {rises}"


def _relative(axes: Axes, ablations: pd.DataFrame, column: str, learnt: pd.Series) -> None:
    """Draw a column with each s_k set to 0, in percent of the intact network's; a line a network.

    The axis is linear to the intact value and logarithmic beyond, so that no network is beyond it.
    """
    zeroed = ablations[ablations["hold"].isin(["none", "zero"])]
    values = zeroed.pivot(index="run", columns="component", values=column)
    values = 100 * values.div(values[0], axis=0)
    places = range(len(values.columns))
    for run, row in values.iterrows():
        face = networks.LOOKS["nm_rnn"][1] if learnt[run] else "white"
        axes.plot(places, row, color=style.MUTED, lw=0.4, zorder=0)
        axes.plot(
            places, row, "o", ms=2.6, mew=0.5, mec=networks.LOOKS["nm_rnn"][1], mfc=face, alpha=0.7
        )
    labels = ["intact" if k == 0 else rf"$s_{k} = 0$" for k in values.columns]
    axes.set_xticks(places, labels, rotation=50, ha="right", rotation_mode="anchor")
    axes.set_yscale("symlog", linthresh=100)
    axes.set_yticks(PERCENTS, map(str, PERCENTS))
    axes.set_ylim(1.1 * min(-5, values.min(axis=None)), 1.1 * max(150, values.max(axis=None)))


def _theory(part: SubFigure, tables: Mapping[str, pd.DataFrame]) -> None:
    """Draw the signal of rank 1 and its theory, and the closed form."""
    panels = part.subplots(1, 3)
    fits = tables["theory_fits"]
    for which, (variant, signals) in enumerate(networks.by_variant(tables["theory_signals"])):
        own = fits[fits["variant"] == variant].sort_values("correlation")
        run, correlation = own[["run", "correlation"]].to_numpy()[(len(own) - 1) // 2]
        _required(panels[which], signals[signals["run"] == run])
        median = f"{correlation:.2f}".replace("-", "−")
        title = f"rank 1, {VARIANTS[variant]}\nrun {run:g} of median r = {median}"
        style.letter(panels[which], 8 + which, title)
    _decay(panels[2], tables["decay_errors"])
    style.letter(panels[2], 10, "closed form, V = Q")
    signs = [
        Line2D([], [], color=style.INK, lw=1.0, label="I, J: trained signal"),
        Line2D([], [], color=style.INK, ls=":", lw=0.9, label="required by the ramp"),
        Line2D([], [], color=style.ACCENT, ls="--", lw=0.8, label="K: in proportion to the step"),
    ]
    part.legend(handles=signs, loc="outside lower right", ncols=len(signs))


def _required(axes: Axes, signals: pd.DataFrame) -> None:
    """Draw trained and required signal of a run on the trained intervals."""
    norm = networks.shade_of(sorted(signals["interval"].unique()))
    for interval, one in signals[signals["group"] == "trained"].groupby("interval"):
        colour = INTERVALS(norm(interval))
        axes.plot(one["since_go"], one["signal"], color=colour, lw=1.0)
        axes.plot(one["since_go"], one["required"], ":", color=colour, lw=0.9)
    axes.set_xlabel("steps after go")
    axes.set_ylabel("s(t)")


def _decay(axes: Axes, errors: pd.DataFrame) -> None:
    """Draw the error of each run against the Euler step, and a line of order 1."""
    for _, one in errors.groupby("run"):
        axes.plot(one["step"], one["error"], "o-", ms=2, lw=0.5, color=style.INK, alpha=0.5)
    median = errors.groupby("step")["error"].median()
    first_order = median.iloc[-1] * median.index / median.index[-1]
    axes.plot(median.index, first_order, "--", lw=0.8, color=style.ACCENT)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlabel("Euler step (steps)")
    axes.set_ylabel("largest error of $w_k$")
