"""What reviewers asked of paper 2: what is trained, ranks, other networks, gradients, pushes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from neuroswitch import declare
from neuroswitch.claims.paper2 import LEARNT_FINDER, LEARNT_TASKS, LEARNT_TIMING
from neuroswitch.claims.reviewers import (
    FINDER,
    FULL,
    LENGTHS,
    MODULATED,
    RESERVOIR,
    accuracies,
    carried,
    finder_shares,
    of_length,
    of_networks,
)
from neuroswitch.claims.samples import correct_share
from neuroswitch.figures import networks, style

Look = tuple[str, str]
"""Label and colour of a network."""

OURS, OTHER = networks.LOOKS["nm_rnn"][1], networks.OTHER
RANK = "nm_rnn_rank_"

TRAINED_PARTS = {
    FULL: ("all", OURS),
    MODULATED: ("modulator,\nreadout", style.ACCENT),
    RESERVOIR: ("inputs,\nreadout", OTHER),
}

FUNCTIONS = {
    FULL: ("sigmoid", OURS),
    "signal_tanh": ("tanh", style.ACCENT),
    "signal_shifted": ("-1 to 1", style.ACCENT),
    "signal_softplus": ("softplus", style.ACCENT),
    "signal_identity": ("identity", style.ACCENT),
}

BASELINES = {
    "rnn": networks.LOOKS["rnn"],
    "lstm": networks.LOOKS["lstm"],
    "gru": ("GRU", OTHER),
    "minimal_gru": ("minimal GRU", OTHER),
    "nbrc": ("nBRC", OTHER),
}

OF_FINDER = {
    FINDER: ("NM-RNN, R = 8", OURS),
    "modulates_inputs": ("s also on inputs", style.ACCENT),
    "modulates_outputs": ("s also on outputs", style.ACCENT),
    "modulates_both": ("s also on both", style.ACCENT),
} | BASELINES

OF_SEQUENCES = {name: networks.LOOKS[name] for name in ("nm_rnn", "lr_rnn")} | BASELINES

OF_MULTITASK = {FULL: ("NM-RNN, R = 3", OURS)} | BASELINES | {"xdg": ("XdG", OTHER)}

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
        "tested": [
            "rnn/finder_length_10/tested",
            "rnn/finder_length_25/tested",
            "rnn/finder_length_50/tested",
            "rnn/finder_length_100/tested",
        ],
        "restored": "rnn/multitask_one_protocol/restored",
        "fading": "rnn/measure_wait_go_one_protocol/fading",
        "fading_rates": "rnn/measure_wait_go_one_protocol/fading_rates",
        "pushes": "rnn/measure_wait_go_one_protocol/pushes",
        "classified": "mnist/sequential/classified",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure; `tables` are those that the declaration names."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 9.9))
    panels = figure.subplots(5, 3).ravel()
    scores, losses = tables["scores"], tables["losses"]
    accuracy = {name: 100 * share for name, share in accuracies(scores).items()}
    trained = of_networks(losses, "trained_loss")
    extrapolated = of_networks(losses, "extrapolated_loss")
    share = {name: 100 * own for name, own in finder_shares(tables["finder"]).items()}
    _places(panels[0], accuracy, TRAINED_PARTS)
    _places(panels[1], trained, TRAINED_PARTS)
    _places(panels[2], extrapolated, FUNCTIONS, 35)
    _ranks(panels[3], accuracy)
    _ranks(panels[4], trained)
    _ranks(panels[5], share)
    _restored(panels[6], tables["restored"])
    _places(panels[7], share, OF_FINDER, 35)
    tsuda = sorted(name for name in accuracy if name.startswith("tsuda_"))
    _places(panels[8], accuracy, OF_MULTITASK | {name: _tsuda(name) for name in tsuda}, 60)
    _fading(panels[9], tables["fading"])
    _rates(panels[10], tables["fading_rates"])
    _pushes(panels[11], tables["pushes"])
    _lengths(panels[12], tables["tested"])
    classified = tables["classified"]
    _places(panels[13], _errors(classified), OF_SEQUENCES, 35)
    panels[13].set_yscale("log")
    panels[13].yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panels[13].yaxis.set_major_formatter("{x:g}")
    panels[13].yaxis.set_minor_locator(NullLocator())
    panels[13].set_ylabel("wrong test images (%)")
    for which in (0, 3, 6, 8):
        _percent(panels[which], "correct trials (%)", LEARNT_TASKS, 104)
    for which in (5, 7, 12):
        _percent(panels[which], "loss (% of chance)", LEARNT_FINDER, None)
    for which, group in ((1, "trained"), (2, "extrapolated"), (4, "trained")):
        panels[which].set_yscale("log")
        panels[which].set_ylabel(f"loss, {group}")
    for which in (1, 4):
        panels[which].axhline(LEARNT_TIMING, color=style.MUTED, lw=0.8, ls="--", zorder=0)
    tasks, timing, finder = (_runs(tables[name]) for name in ("scores", "losses", "finder"))
    titles = (
        f"trained parts, multitask (n = {tasks})",
        f"trained parts, intervals (n = {timing})",
        f"what s is, intervals (n = {timing})",
        f"rank, multitask (n = {tasks})",
        f"rank, intervals (n = {timing})",
        f"rank, element finder (n = {finder})",
        f"tasks after retraining (n = {_runs(tables['restored'])})",
        f"element finder (n = {finder})",
        f"multitask (n = {tasks})",
        f"gradient by x (n = {_runs(tables['fading'])})",
        f"how fast it fades (n = {_runs(tables['fading'])})",
        f"push in mid-ramp (n = {_runs(tables['pushes'])})",
        f"length, element finder (n = {_runs(tables['tested'])})",
        f"sequential {_images(classified)} (n = {_runs(classified)})",
    )
    for which, (axes, title) in enumerate(zip(panels, titles, strict=False)):
        style.letter(axes, which, title)
    networks.key_of_samples(figure, scores)
    panels[14].set_axis_off()
    for panel, place, whose in ((9, "center left", "G and J to L"), (12, "center right", "M")):
        handles, labels = panels[panel].get_legend_handles_labels()
        legend = panels[14].legend(handles, labels, loc=place, title=whose, title_fontsize=6.5)
        panels[14].add_artist(legend)
    return figure


def _errors(classified: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the percentage of test images that each run of a network names wrongly."""
    accuracy = of_networks(classified, "accuracy")
    return {name: 100 * (1 - share) for name, share in accuracy.items()}


def _images(classified: pd.DataFrame) -> str:
    (dataset,) = classified["dataset"].unique()
    return "MNIST" if dataset == "mnist" else str(dataset)


def _runs(table: pd.DataFrame) -> int:
    return int(table["run"].nunique())


def _percent(axes: Axes, label: str, threshold: float, top: float | None) -> None:
    """Make an axis of percentages, with a threshold that is a share."""
    axes.axhline(100 * threshold, color=style.MUTED, lw=0.8, ls="--", zorder=0)
    axes.set_ylabel(label)
    axes.set_ylim(-4 if top else 0, top)


def _tsuda(network: str) -> Look:
    """Return label and colour of a network called tsuda_<factor>_<percent>."""
    _, factor, percent = network.split("_")
    return f"Tsuda {factor}, {percent} %", OTHER


def _places(
    axes: Axes, values: Mapping[str, pd.Series], looks: Mapping[str, Look], turned: int = 0
) -> None:
    """Plot a value of each run, a place for each network that there is.

    turned : degrees by which the names are turned
    """
    names = [name for name in looks if name in values]
    for place, name in enumerate(names):
        networks.sample(axes, place, values[name], looks[name][1])
    axes.set_xticks(range(len(names)), [looks[name][0] for name in names])
    if turned:
        for label in axes.get_xticklabels():
            label.set(rotation=turned, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, len(names) - 0.4)


def _ranks(axes: Axes, values: Mapping[str, pd.Series]) -> None:
    """Plot a value of each run against rank; ranks have equal distances."""
    ranks = sorted(int(name.removeprefix(RANK)) for name in values if name.startswith(RANK))
    _places(axes, values, {f"{RANK}{rank}": (str(rank), OURS) for rank in ranks})
    axes.set_xlabel("rank R, equal parameters")


def _restored(axes: Axes, restored: pd.DataFrame) -> None:
    """Plot the share of correct trials before retraining, after it, and with the old parameters."""
    names = [name for name in SHOWN if name in set(restored["network"])]
    for name in names:
        own = restored[restored["network"] == name]
        shares = [100 * correct_share(own, column) for column in STAGES]
        shift = 0.12 * (names.index(name) - (len(names) - 1) / 2)
        for place, share in enumerate(shares):
            networks.sample(
                axes, place + shift, share.to_numpy(float), networks.look(name)[1], 0.04
            )
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
            networks.sample(axes, place + shift, values, networks.look(name)[1], 0.12, filled)
    axes.axhline(0, color=style.MUTED, lw=0.8, zorder=0)
    axes.set_xticks([])
    axes.set_xlabel("start (open), end (filled) of training")
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
            networks.sample(axes, place + shift, values, networks.look(name)[1], 0.04)
    axes.set_xticks(range(len(sizes)), [f"{100 * size:.0f}" for size in sizes])
    axes.set_yscale("log")
    axes.set_xlabel("size of the push (% of the state)")
    axes.set_ylabel("change at the ramp's end")


def _lengths(axes: Axes, tested: pd.DataFrame) -> None:
    """Plot the loss over chance of each run against the length of the sequence."""
    names = [name for name in OF_SEQUENCES if name in set(tested["network"])]
    for name in names:
        label, colour = OF_SEQUENCES[name]
        shift = 0.15 * (names.index(name) - (len(names) - 1) / 2)
        for place, length in enumerate(LENGTHS):
            share = 100 * of_length(tested, length)[name].to_numpy(float)
            networks.sample(axes, place + shift, share, colour, 0.05)
        axes.plot([], [], "o", ms=2.2, color=colour, label=label)
    axes.set_xticks(range(len(LENGTHS)), [str(length) for length in LENGTHS])
    axes.set_xlabel("elements of a sequence")
