"""What reviewers asked of paper 2: reservoirs, ranks, restored tasks, gradients and pushes."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.paper2 import LEARNT_FINDER, LEARNT_TASKS, LEARNT_TIMING
from neuroswitch.claims.reviewers import (
    FULL,
    MODULATED,
    RESERVOIR,
    by_rank,
    carried,
)
from neuroswitch.claims.samples import correct_share
from neuroswitch.figures import networks, style

TRAINED_PARTS = {
    FULL: ("all", networks.LOOKS["nm_rnn"][1]),
    MODULATED: ("modulator,\nreadout", style.ACCENT),
    RESERVOIR: ("inputs,\nreadout", "#777777"),
}
"""Network -> what is trained of it, colour."""

STAGES = {
    "correct_before": "before",
    "correct_after": "after",
    "correct_restored": "restored",
}
"""Count of right trials -> when it was taken."""

SHOWN = ("nm_rnn", "lr_rnn", "lr_rnn_undivided", "rnn", "lstm")


@declare.figure(
    "reviewers",
    reads={
        "scores": "rnn/reviewers_multitask/task_scores",
        "losses": "rnn/reviewers_timing/timing_losses",
        "finder": "rnn/reviewers_element_finder/finder_losses",
        "restored": "rnn/multitask_one_protocol/restored",
        "fading": "rnn/measure_wait_go_one_protocol/fading",
        "fading_rates": "rnn/measure_wait_go_one_protocol/fading_rates",
        "pushes": "rnn/measure_wait_go_one_protocol/pushes",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure; `tables` are those that the declaration names."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 6.4))
    panels = figure.subplots(3, 3).ravel()
    accuracy = accuracies(tables["scores"])
    losses = tables["losses"]
    _parts(panels[0], 100 * accuracy)
    panels[0].set_ylabel("correct trials (%)")
    panels[0].set_ylim(-4, 104)
    _parts(panels[1], losses.set_index(["network", "run"])["trained_loss"])
    _logarithmic_loss(panels[1], LEARNT_TIMING)
    _ranks(panels[2], 100 * accuracy)
    panels[2].axhline(100 * LEARNT_TASKS, color=style.MUTED, lw=0.8, ls="--", zorder=0)
    panels[2].set_ylabel("correct trials (%)")
    panels[2].set_ylim(-4, 104)
    _ranks(panels[3], losses.set_index(["network", "run"])["trained_loss"])
    _logarithmic_loss(panels[3], LEARNT_TIMING)
    finder = tables["finder"][tables["finder"]["kept"] == "best"]
    share = 100 * finder["loss"] / finder["chance"]
    _ranks(panels[4], finder.assign(share=share).set_index(["network", "run"])["share"])
    panels[4].axhline(100 * LEARNT_FINDER, color=style.MUTED, lw=0.8, ls="--", zorder=0)
    panels[4].set_ylabel("loss (% of chance)")
    panels[4].set_ylim(bottom=0)
    _restored(panels[5], tables["restored"])
    _fading(panels[6], tables["fading"])
    _rates(panels[7], tables["fading_rates"])
    _pushes(panels[8], tables["pushes"])
    titles = (
        f"what is trained, multitask (n = {_runs(tables['scores'])})",
        f"the same, Measure-Wait-Go (n = {_runs(losses)})",
        f"rank, multitask (n = {_runs(tables['scores'])})",
        f"rank, Measure-Wait-Go (n = {_runs(losses)})",
        f"rank, element finder (n = {_runs(finder)})",
        f"three tasks, retrained (n = {_runs(tables['restored'])})",
        f"gradient of the last loss (n = {_runs(tables['fading'])})",
        f"how fast it fades (n = {_runs(tables['fading'])})",
        f"push in mid-ramp (n = {_runs(tables['pushes'])})",
    )
    for which, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        style.letter(axes, which, title)
    handles, labels = panels[6].get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=len(labels),
        title="F to I",
        title_fontsize=6.5,
    )
    return figure


def accuracies(scores: pd.DataFrame) -> pd.Series:
    """Return the share of correct trials of each network and run, over its tasks."""
    parts = {
        name: correct_share(rows, "correct_corrected") for name, rows in scores.groupby("network")
    }
    return pd.concat(parts, names=["network", "run"])


def _runs(table: pd.DataFrame) -> int:
    return int(table["run"].nunique())


def _parts(axes: Axes, values: pd.Series) -> None:
    """Plot a value of each run, a place for each choice of what is trained."""
    for place, (name, (_, colour)) in enumerate(TRAINED_PARTS.items()):
        _sample(axes, place, _values(values, name), colour)
    axes.set_xticks(range(len(TRAINED_PARTS)), [label for label, _ in TRAINED_PARTS.values()])
    axes.set_xlim(-0.6, len(TRAINED_PARTS) - 0.4)


def _ranks(axes: Axes, values: pd.Series) -> None:
    """Plot a value of each run against rank; ranks have equal distances."""
    found = list(by_rank(values.rename("value").reset_index()))
    for place, (_, rows) in enumerate(found):
        _sample(axes, place, rows["value"].to_numpy(float), networks.LOOKS["nm_rnn"][1])
    axes.set_xticks(range(len(found)), [str(rank) for rank, _ in found])
    axes.set_xlabel("rank R, equal parameters")


def _restored(axes: Axes, restored: pd.DataFrame) -> None:
    """Plot the share of correct trials before retraining, after it, and with the old parameters."""
    names = [name for name in SHOWN if name in set(restored["network"])]
    for name in names:
        own = restored[restored["network"] == name]
        shares = [100 * correct_share(own, column) for column in STAGES]
        shift = 0.12 * (names.index(name) - (len(names) - 1) / 2)
        for place, share in enumerate(shares):
            _sample(axes, place + shift, share.to_numpy(float), networks.look(name)[1], 0.04)
        middle = [share.median() for share in shares]
        axes.plot(np.arange(3) + shift, middle, color=networks.look(name)[1], lw=0.6, alpha=0.5)
    axes.set_xticks(range(len(STAGES)), list(STAGES.values()))
    axes.set_ylabel("correct trials (%)")
    axes.set_ylim(-4, 104)


def _fading(axes: Axes, fading: pd.DataFrame) -> None:
    """Plot the median gradient against the step of the trial, at the end of training."""
    own = carried(fading).get("end", fading.iloc[:0])
    for name in SHOWN:
        rows = own[own["network"] == name]
        if rows.empty:
            continue
        label, colour = networks.look(name)
        shares = rows.groupby("step")["share"]
        axes.plot(shares.median(), color=colour, label=label)
        axes.fill_between(
            shares.median().index,
            shares.quantile(0.25),
            shares.quantile(0.75),
            color=colour,
            alpha=0.15,
            lw=0,
        )
    axes.set_yscale("log")
    axes.set_xlabel("step of the trial")
    axes.set_ylabel("gradient by x, relative")


def _rates(axes: Axes, rates: pd.DataFrame) -> None:
    """Plot the rate at which gradients fade, at the start of training and at its end."""
    both = carried(rates)
    names = [name for name in SHOWN if name in set(rates["network"])]
    for place, name in enumerate(names):
        for when, shift, filled in (("start", -0.2, False), ("end", 0.2, True)):
            own = both.get(when, rates.iloc[:0])
            values = own.loc[own["network"] == name, "rate"].to_numpy(float)
            _sample(axes, place + shift, values, networks.look(name)[1], 0.12, filled)
    axes.axhline(0, color=style.MUTED, lw=0.8, zorder=0)
    axes.set_xticks([])
    axes.set_xlabel("start (open) and end (filled) of training")
    axes.set_ylabel("fading (1/step)")


def _pushes(axes: Axes, pushes: pd.DataFrame) -> None:
    """Plot the change of the output at the end of a ramp against the size of the push."""
    sizes = sorted(pushes["size"].unique())
    names = [name for name in SHOWN if name in set(pushes["network"])]
    for name in names:
        own = pushes[pushes["network"] == name]
        shift = 0.12 * (names.index(name) - (len(names) - 1) / 2)
        for place, size in enumerate(sizes):
            values = own.loc[own["size"] == size, "error"].to_numpy(float)
            _sample(axes, place + shift, values, networks.look(name)[1], 0.04)
    axes.set_xticks(range(len(sizes)), [f"{100 * size:.0f}" for size in sizes])
    axes.set_yscale("log")
    axes.set_xlabel("size of the push (% of the state)")
    axes.set_ylabel("change at the ramp's end")


def _sample(
    axes: Axes,
    place: float,
    values: Sequence[float] | np.ndarray,
    colour: str,
    half: float = 0.25,
    filled: bool = True,
) -> None:
    """Plot a dot for each run, a bar at the median, and a line along its 95 % interval."""
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return
    spread = half * np.linspace(-0.7, 0.7, len(finite)) if len(finite) > 1 else np.zeros(1)
    face = colour if filled else "white"
    axes.plot(place + spread, finite, "o", ms=2.2, mew=0.5, color=colour, mfc=face, alpha=0.6)
    found = statistics.median(values, statistics.below(0))
    axes.plot([place - half, place + half], [found.value] * 2, color=colour, lw=1.6)
    if np.isfinite([found.low, found.high]).all():
        axes.plot([place] * 2, [found.low, found.high], color=style.INK, lw=0.8)


def _values(values: pd.Series, network: str) -> np.ndarray:
    own: np.ndarray = values[values.index.get_level_values("network") == network].to_numpy(float)
    return own


def _logarithmic_loss(axes: Axes, threshold: float) -> None:
    axes.axhline(threshold, color=style.MUTED, lw=0.8, ls="--", zorder=0)
    axes.set_yscale("log")
    axes.set_ylabel("loss, trained intervals")
