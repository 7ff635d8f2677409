"""Multitask: trials correct by both scores, the signal on each task, rings and signs in x."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from seaborn import husl_palette

from neuroswitch import declare
from neuroswitch.claims.paper2 import LEARNT_TASKS
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import SCORES, VARIANTS

TASKS = {
    "delay_pro": "Delay-Pro",
    "delay_anti": "Delay-Anti",
    "memory_pro": "Memory-Pro",
    "memory_anti": "Memory-Anti, retrained",
}
HELD_OUT = "memory_anti"
SIDES = {"delay_pro": ("Pro", "#0072B2"), "delay_anti": ("Anti", "#D55E00")}

ANGLES = ListedColormap(husl_palette(256, s=0.85, l=0.6), "angles")
"""Hues of one lightness all around: every angle is as dark on white as every other."""

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
    figure = Figure(figsize=(style.WIDTH, 9.6))
    parts = list(figure.subfigures(3, 1, height_ratios=(1.1, 0.9, 1.5)))  # type: ignore[arg-type]
    _scores(parts[0], tables["task_scores"])
    _signals(parts[1], tables["task_signals"])
    _states(parts[2], tables["task_states"], tables["task_encodings"], tables["task_scores"])
    return figure


def _scores(part: SubFigure, scores: pd.DataFrame) -> None:
    """Draw percent correct on each task by both scores, a row for each variant."""
    panels = part.subplots(len(VARIANTS), len(TASKS), sharex=True, sharey=True)
    names = networks.ordered(list(scores["network"]))
    scores = scores.assign(**{score: 100 * scores[score] / scores["trials"] for score in SCORES})
    for row, (variant, title) in enumerate(VARIANTS.items()):
        of_variant = scores[scores["variant"] == variant]
        for axes, (task, label) in zip(panels[row], TASKS.items(), strict=True):
            own = of_variant[of_variant["subtask"] == task]
            first = "retraining" if task == HELD_OUT else "training"
            networks.pair(axes, own[own["phase"] == first], list(SCORES), names)
            later = own[own["phase"] != first].groupby("network")[list(SCORES)].median()
            for score, (shift, _), face in zip(
                SCORES, (networks.LEFT, networks.RIGHT), (style.INK, "white"), strict=True
            ):
                places = np.array([names.index(name) for name in later.index])
                axes.plot(places + shift, later[score], "D", ms=2.2, mew=0.6, mfc=face, c=style.INK)
            networks.named(axes, names)
            axes.tick_params(labelbottom=row == len(VARIANTS) - 1)
            axes.set_title(label if row == 0 else "", loc="left")
        panels[row, 0].set_ylabel("correct (%)")
        under = f"\n{TASKS['delay_pro']}" if row == 0 else ""
        style.letter(panels[row, 0], row, f"{title}{under}")
    panels[0, 0].set_ylim(-4, 104)
    panels[0, 0].set_yticks([0, 50, 100])
    after = "median after retraining on Memory-Anti"
    signs = [Line2D([], [], ls="", marker="D", ms=3, color=style.INK, label=after)]
    networks.key(part, scores, *SCORES.values(), more=signs)


def _signals(part: SubFigure, signals: pd.DataFrame) -> None:
    """Draw s(t) in one trial of each task, of the NM-RNN of median accuracy."""
    parts = networks.by_variant(signals[signals["network"] == EXAMPLE])
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
        style.letter(panels[row, 0], 2 + row, f"NM-RNN, {VARIANTS[variant]}, run {run}{under}")
        panels[row, 0].set_ylabel("s(t)")
    panels[0, 0].set_ylim(-0.05, 1.05)
    panels[0, -1].legend(loc="upper left", bbox_to_anchor=(1.0, 1.05), handlelength=1.2)
    part.supxlabel(
        "step of the trial; grey: stimulus on, stimulus off (memory tasks), go", fontsize=7
    )


def _states(
    part: SubFigure, states: pd.DataFrame, encodings: pd.DataFrame, scores: pd.DataFrame
) -> None:
    """Draw the example's ring and signs, and below them all networks that have learnt."""
    panels = part.subplots(2, 2 * len(VARIANTS), height_ratios=(1.15, 1))
    for which, (variant, label) in enumerate(VARIANTS.items()):
        ring, signs = panels[0, 2 * which], panels[0, 2 * which + 1]
        shown = states[(states["variant"] == variant) & (states["network"] == EXAMPLE)]
        title = label
        if len(shown):
            _ring(part, ring, shown[shown["period"] == "stimulus"])
            _signs(signs, shown[shown["period"] == "readout"])
            title = f"{label}, run {shown['run'].iloc[0]}"
        style.letter(ring, 4 + 2 * which, f"{title}\nstimulus")
        style.letter(signs, 5 + 2 * which, "readout")
        _encodings(
            panels[1, 2 * which : 2 * which + 2],
            encodings[encodings["variant"] == variant],
            scores[scores["variant"] == variant],
        )
        for offset in (0, 1):
            style.letter(panels[1, 2 * which + offset], 8 + 2 * which + offset)
    networks.key_of_learnt(part)


def _encodings(panels: np.ndarray, encodings: pd.DataFrame, scores: pd.DataFrame) -> None:
    """Draw what N10 judges: the ring, and the sign, of networks that have learnt, and shuffled."""
    names = networks.ordered(list(encodings["network"]))
    limits = networks.thresholds("N10")
    sums = scores[scores["phase"] == "training"].groupby(["network", "run"])
    sums = sums[["correct_published", "trials"]].sum()
    learnt = sums["correct_published"] / sums["trials"] >= LEARNT_TASKS
    chosen = networks.learnt_only(encodings, learnt)
    for axes, column, level, scale, label in (
        (panels[0], "ring_r2", limits["ring"], 1, "R² of angle, PC 1–2"),
        (panels[1], "flip_accuracy", limits["told"], 100, "Pro/Anti told (%)"),
    ):
        networks.pair(axes, chosen, (column, f"shuffled_{column}"), names, scale)
        networks.line(axes, scale * level)
        counts = networks.passing(chosen, column, names, level)
        networks.named(axes, names, counts=counts)
        axes.set_ylabel(label)
    panels[0].set_ylim(-0.05, 1.05)
    panels[1].set_ylim(45, 102)


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
    axes.plot([], [], "o", ms=3, color=style.INK, mfc="white", label="angle ≥ 180°")
    for line in (axes.axhline, axes.axvline):
        line(0, color=style.MUTED, lw=0.5, zorder=0)
    axes.set_xlabel("PC 4")
    axes.set_ylabel("PC 5")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.55 * (high - low))
    axes.legend(fontsize=6, handletextpad=0.1, loc="upper left", labelspacing=0.2)
