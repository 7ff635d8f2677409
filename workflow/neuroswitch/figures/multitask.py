"""Multitask: trials correct by both scores, the signal on each task, rings and signs in x."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure

from neuroswitch import declare
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import VARIANTS

TASKS = {
    "delay_pro": "Delay-Pro",
    "delay_anti": "Delay-Anti",
    "memory_pro": "Memory-Pro",
    "memory_anti": "Memory-Anti, retrained",
}
HELD_OUT = "memory_anti"
SCORES = {"published": "published score", "corrected": "corrected score"}
SIDES = {"delay_pro": ("Pro", "#0072B2"), "delay_anti": ("Anti", "#D55E00")}
ANGLES = colormaps["twilight"]

EXAMPLE = "nm_rnn"
"""The network whose signals and states are drawn: R = 3, in both variants."""

READOUT = ("pc4", "pc5")
"""The components that the paper shows."""


@declare.figure(
    "multitask",
    reads={
        "task_scores": [
            "rnn/multitask_as_published/task_scores",
            "rnn/multitask_one_protocol/task_scores",
        ],
        "task_encodings": [
            "rnn/multitask_as_published/task_encodings",
            "rnn/multitask_one_protocol/task_encodings",
        ],
        "task_signals": [
            "rnn/multitask_as_published/task_signals",
            "rnn/multitask_one_protocol/task_signals",
        ],
        "task_states": [
            "rnn/multitask_as_published/task_states",
            "rnn/multitask_one_protocol/task_states",
        ],
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure from `task_scores`, `task_signals`, `task_states` and `task_encodings`."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 10.8))
    parts = list(figure.subfigures(3, 1, height_ratios=(2.5, 1.15, 1.6)))  # type: ignore[arg-type]
    _scores(parts[0], tables["task_scores"])
    signals, states = (
        tables[name][tables[name]["network"] == EXAMPLE] for name in ("task_signals", "task_states")
    )
    _signals(parts[1], signals)
    _states(parts[2], states, tables["task_encodings"])
    return figure


def _scores(part: SubFigure, scores: pd.DataFrame) -> None:
    rows = [(v, s) for v in VARIANTS for s in SCORES]
    panels = part.subplots(len(rows), len(TASKS), sharey=True)
    for row, (variant, score) in enumerate(rows):
        of_variant = scores[scores["variant"] == variant]
        of_variant = of_variant.assign(
            share=100 * of_variant[f"correct_{score}"] / of_variant["trials"]
        )
        names = networks.ordered(list(of_variant["network"]))
        for column, (task, label) in enumerate(TASKS.items()):
            axes = panels[row, column]
            chosen = of_variant[of_variant["subtask"] == task]
            first = "retraining" if task == HELD_OUT else "training"
            networks.strip(axes, chosen[chosen["phase"] == first], "share", names)
            later = chosen[chosen["phase"] != first].groupby("network")["share"].median()
            places = [place for place, name in enumerate(names) if name in later.index]
            axes.plot(
                places,
                later.reindex([names[place] for place in places]),
                "D",
                ms=3,
                mew=0.7,
                mfc="white",
                color=style.INK,
                label="median after retraining on Memory-Anti",
            )
            networks.named(axes, names, shown=row % len(SCORES) == 1)
            if row == 0 and column:
                axes.set_title(label, loc="left")
        panels[row, 0].set_ylabel("correct (%)")
        under = f"\n{TASKS['delay_pro']}" if row == 0 else ""
        style.letter(panels[row, 0], row, f"{VARIANTS[variant]}, {SCORES[score]}{under}")
    panels[0, 0].set_ylim(-4, 104)
    trials = scores["trials"].iloc[0]
    handles, labels = panels[0, 0].get_legend_handles_labels()
    part.legend(
        handles,
        labels,
        loc="outside upper right",
        title=f"dots: {networks.runs_of(scores)}, {trials} trials of each task; bars: medians",
        title_fontsize=6.5,
        alignment="right",
    )


def _signals(part: SubFigure, signals: pd.DataFrame) -> None:
    """Draw s(t) in one trial of each task, of the NM-RNN of median accuracy."""
    parts = networks.by_variant(signals)
    panels = part.subplots(max(len(parts), 1), len(TASKS), sharex=True, sharey=True, squeeze=False)
    for row, (variant, of_variant) in enumerate(parts):
        for column, (task, label) in enumerate(TASKS.items()):
            axes = panels[row, column]
            one = of_variant[of_variant["subtask"] == task]
            for component, line in one.groupby("component"):
                colour = networks.SHADES[(int(component) - 1) % len(networks.SHADES)]
                axes.plot(line["step"], line["signal"], color=colour, label=rf"$s_{component}$")
            for event in ("on", "off", "go"):
                for step in one[event].unique():
                    axes.axvline(step, color=style.MUTED, lw=0.6, zorder=0)
            if row == 0 and column:
                axes.set_title(label, loc="left")
        run = of_variant["run"].iloc[0]
        under = f"\n{TASKS['delay_pro']}" if row == 0 else ""
        style.letter(panels[row, 0], 4 + row, f"NM-RNN, {VARIANTS[variant]}, run {run}{under}")
        panels[row, 0].set_ylabel("s(t)")
    panels[0, 0].set_ylim(-0.05, 1.05)
    panels[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.05))
    part.supxlabel(
        "step of the trial; grey: stimulus on, stimulus off (memory tasks), go", fontsize=7
    )


def _states(part: SubFigure, states: pd.DataFrame, encodings: pd.DataFrame) -> None:
    """Draw the example's ring and signs, and below them all runs."""
    panels = part.subplots(2, 4, height_ratios=(1.15, 1))
    for which, variant in enumerate(VARIANTS):
        ring, signs = panels[0, 2 * which], panels[0, 2 * which + 1]
        of_variant = states[states["variant"] == variant]
        if len(of_variant):
            _ring(part, ring, of_variant[of_variant["period"] == "stimulus"])
            _signs(signs, of_variant[of_variant["period"] == "readout"])
            run = of_variant["run"].iloc[0]
            style.letter(ring, 6 + 2 * which, f"stimulus, {VARIANTS[variant]}, run {run}")
            style.letter(signs, 7 + 2 * which, "readout")
        own = encodings[encodings["variant"] == variant]
        names = networks.ordered(list(own["network"]))
        axes = panels[1, 2 * which]
        networks.strip(axes, own, "ring_r2", names)
        axes.axhline(0.8, color=style.MUTED, lw=0.6, zorder=0)
        axes.set_ylim(-0.03, 1.03)
        axes.set_ylabel("R² of angle, PC 1–2")
        networks.named(axes, names)
        axes = panels[1, 2 * which + 1]
        networks.strip(axes, own, "sign_accuracy", names)
        medians = own.groupby("network")["one_polarity_accuracy"].median()
        axes.plot(
            range(len(names)),
            medians.reindex(names),
            "D",
            ms=3,
            mew=0.7,
            mfc="white",
            color=style.INK,
            label="one polarity, median",
        )
        axes.axhline(0.9, color=style.MUTED, lw=0.6, zorder=0)
        axes.set_ylim(0.48, 1.2)
        axes.set_yticks([0.6, 0.8, 1])
        axes.set_ylabel("Pro/Anti by a PC's sign")
        axes.legend(loc="upper right", fontsize=5.5, handletextpad=0.1, handlelength=1)
        networks.named(axes, names)


def _ring(part: SubFigure, axes: Axes, states: pd.DataFrame) -> None:
    """Plot where the stimulus leaves the states, coloured by the angle shown."""
    norm = Normalize(0, 360)
    degrees = np.degrees(states["theta"])
    axes.scatter(states["pc1"], states["pc2"], c=degrees, cmap=ANGLES, norm=norm, s=3, lw=0)
    axes.set_xlabel("PC 1")
    axes.set_ylabel("PC 2")
    networks.bar(part, [axes], norm, "angle (°)", ANGLES)


def _signs(axes: Axes, states: pd.DataFrame) -> None:
    """Plot where a trial ends, Pro against Anti."""
    for task, (label, colour) in SIDES.items():
        one = states[states["subtask"] == task]
        upper = one["theta"] >= np.pi
        for half, face in ((one[~upper], colour), (one[upper], "white")):
            axes.plot(*half[list(READOUT)].to_numpy().T, "o", ms=2, mew=0.5, color=colour, mfc=face)
        axes.plot([], [], "o", ms=3, color=colour, label=label)
    axes.plot([], [], "o", ms=3, color=style.INK, mfc="white", label="angle ≥ π")
    for line in (axes.axhline, axes.axvline):
        line(0, color=style.MUTED, lw=0.5, zorder=0)
    axes.set_xlabel("PC 4")
    axes.set_ylabel("PC 5")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.55 * (high - low))
    axes.legend(fontsize=5.5, handletextpad=0.1, loc="upper left", labelspacing=0.2)
