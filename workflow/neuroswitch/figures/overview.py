"""Paper 2 at a glance: every network on every task, as published above one protocol for all."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.claims.paper2 import FINDER, LEARNT_FINDER, LEARNT_TASKS, LEARNT_TIMING
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import LOOKS, SCORES, VARIANTS

TITLES = (
    "Measure-Wait-Go,\ntrained intervals",
    "Measure-Wait-Go,\nextrapolated",
    "three tasks,\ntrained",
    "Memory-Anti,\nretrained",
    "element finder,\nboth variants",
)


@declare.figure(
    "overview",
    reads={
        "timing_losses": [
            "rnn/measure_wait_go_as_published/timing_losses",
            "rnn/measure_wait_go_one_protocol/timing_losses",
        ],
        "timing_references": "rnn/analysis/timing_references",
        "task_scores": [
            "rnn/multitask_as_published/task_scores",
            "rnn/multitask_one_protocol/task_scores",
        ],
        "finder_losses": "rnn/element_finder/finder_losses",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    tables : `timing_losses`, `timing_references`, `task_scores`, `finder_losses`
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 5.2))
    grid = figure.add_gridspec(len(VARIANTS), len(TITLES), width_ratios=(1, 1, 1.25, 1.25, 1))
    above: list[Axes] = []
    for row, (variant, label) in enumerate(VARIANTS.items()):
        panels = [
            figure.add_subplot(grid[row, column], sharey=above[column] if above else None)
            for column in range(4)
        ]
        timing, scores = (
            table[(table["variant"] == variant) & table["network"].isin(LOOKS)]
            for table in (tables["timing_losses"], tables["task_scores"])
        )
        _timing(panels[:2], timing, tables["timing_references"])
        _tasks(panels[2:], scores)
        panels[0].set_ylabel(rf"$\bf{{{label.replace(' ', '~')}}}$" + "\n\ntest loss (MSE)")
        above = above or panels
    shared = figure.add_subplot(grid[:, 4])
    _finder(shared, tables["finder_losses"])
    for which, (axes, title) in enumerate(zip([*above, shared], TITLES, strict=True)):
        style.letter(axes, which, title)
    every = pd.concat([tables["timing_losses"], tables["task_scores"]])
    networks.key(figure, every[every["network"].isin(LOOKS)], *SCORES.values())
    return figure


def _timing(panels: list[Axes], losses: pd.DataFrame, references: pd.DataFrame) -> None:
    """Draw losses on trained and extrapolated intervals, and that of a ramp locked to go."""
    names = networks.ordered(list(losses["network"]))
    locked = references[references["reference"] == "locked"].set_index("group")["loss"]
    lines = {
        "trained": (LEARNT_TIMING, "learnt"),
        "extrapolated": (locked["extrapolated"], "locked\nto go"),
    }
    for axes, (group, (level, word)) in zip(panels, lines.items(), strict=True):
        networks.strip(axes, losses, f"{group}_loss", names)
        networks.line(axes, level, word)
        networks.logarithmic(axes)
        networks.named(axes, names)


def _tasks(panels: list[Axes], scores: pd.DataFrame) -> None:
    """Draw percent correct by both scores: the trained tasks together, and the retrained one."""
    names = networks.ordered(list(scores["network"]))
    trained = scores[scores["phase"] == "training"]
    retrained = scores[(scores["phase"] == "retraining") & (scores["subtask"] == "memory_anti")]
    for axes, chosen in zip(panels, (trained, retrained), strict=True):
        sums = chosen.groupby(["network", "run"])[[*SCORES, "trials"]].sum()
        shares = sums[list(SCORES)].div(sums["trials"], axis=0).reset_index()
        networks.pair(axes, shares, list(SCORES), names, 100)
        networks.named(axes, names)
        axes.set_ylim(-4, 104)
    panels[0].set_ylabel("correct (%)")
    networks.line(panels[0], 100 * LEARNT_TASKS, "learnt")


def _finder(axes: Axes, losses: pd.DataFrame) -> None:
    """Draw losses of the best parameters, over all rows: they are of one protocol."""
    losses = losses.replace({"network": {FINDER: "nm_rnn"}})
    losses = losses[(losses["kept"] == "best") & losses["network"].isin(LOOKS)]
    names = networks.ordered(list(losses["network"]))
    chance = losses["chance"].iloc[0]
    top = 1.25 * chance
    networks.strip(axes, losses, "loss", names, top=top)
    networks.line(axes, chance, "chance", ":")
    networks.line(axes, LEARNT_FINDER * chance, "learnt")
    networks.named(axes, names)
    axes.set_ylim(0, top)
    axes.set_ylabel("squared error, best parameters")
