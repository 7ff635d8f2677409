"""Paper 2 at a glance: every network on every task, as published above one protocol for all."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import VARIANTS

SCORES = {"as_published": "correct_published", "one_protocol": "correct_corrected"}


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
    figure = Figure(figsize=(style.WIDTH, 4.6))
    panels = figure.subplots(2, 5, sharey="col")
    best = networks.best_nm_rnn(tables["finder_losses"])
    finder = tables["finder_losses"].replace({"network": {best: "nm_rnn"}})
    finder = finder[(finder["kept"] == "best") & finder["network"].isin(networks.LOOKS)]
    for row, variant in enumerate(VARIANTS):
        timing, scores = (
            table[(table["variant"] == variant) & table["network"].isin(networks.LOOKS)]
            for table in (tables["timing_losses"], tables["task_scores"])
        )
        references = tables["timing_references"]
        locked = references[references["reference"] == "locked"].set_index("group")["loss"]
        for column, group in enumerate(("trained", "extrapolated")):
            axes = panels[row, column]
            _strip(axes, timing, f"{group}_loss", row)
            axes.axhline(locked[group], color=style.INK, ls="--", lw=0.7, zorder=0)
            networks.logarithmic(axes)
        old, new = _shares(scores, SCORES[variant])
        for column, shares in ((2, old), (3, new)):
            _strip(panels[row, column], shares, "share", row)
            panels[row, column].set_ylim(-4, 104)
        _strip(panels[row, 4], finder, "loss", row)
        chance = finder["chance"].iloc[0]
        panels[row, 4].axhline(chance, color=style.INK, ls="--", lw=0.7, zorder=0)
        panels[row, 4].set_ylim(0, 1.25 * chance)
        panels[row, 0].set_ylabel(f"{VARIANTS[variant]}\n\ntest loss (MSE)")
        panels[row, 1].set_ylabel("test loss (MSE)")
        panels[row, 2].set_ylabel("correct (%)")
        panels[row, 3].set_ylabel("correct (%)")
        panels[row, 4].set_ylabel("squared error")
    titles = (
        "Measure-Wait-Go,\ntrained intervals",
        "Measure-Wait-Go,\nextrapolated",
        "three tasks,\ntrained",
        "Memory-Anti,\nretrained",
        "element\nfinder",
    )
    for which, title in enumerate(titles):
        style.letter(panels[0, which], which, title)
    figure.suptitle(
        f"dots: {networks.runs_of(tables['timing_losses'])}, bars: medians, dashed: ramp locked to "
        "go, and chance; scores and losses as published above, one protocol below; "
        f"{networks.look(best)[0]} in E",
        fontsize=6.5,
        x=0.99,
        ha="right",
    )
    return figure


def _strip(axes: Axes, table: pd.DataFrame, column: str, row: int) -> None:
    """Plot the runs of every network; places are the same in both rows."""
    names = list(networks.LOOKS)
    networks.strip(axes, table, column, names)
    networks.named(axes, names, shown=row == 1)


def _shares(scores: pd.DataFrame, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return percent correct of each run: on the trained tasks together, on the retrained one."""
    keys = ["network", "run"]
    parts = []
    for phase, tasks in (("training", None), ("retraining", "memory_anti")):
        chosen = scores[scores["phase"] == phase]
        if tasks:
            chosen = chosen[chosen["subtask"] == tasks]
        sums = chosen.groupby(keys)[[column, "trials"]].sum()
        share = 100 * sums[column] / sums["trials"]
        parts.append(share.rename("share").reset_index())
    return parts[0], parts[1]
