"""What reviewers asked of paper 2: what is trained, ranks, other networks, gradients, pushes."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from neuroswitch import declare
from neuroswitch.claims.paper2 import LEARNT_FINDER, LEARNT_TIMING
from neuroswitch.claims.reviewers import (
    FULL,
    LENGTHS,
    MODULATED,
    RANK_8,
    RESERVOIR,
    accuracies,
    carried,
    finder_shares,
    of_length,
    of_networks,
)
from neuroswitch.claims.samples import correct_share
from neuroswitch.figures import networks, style
from neuroswitch.figures.networks import Look

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
    RANK_8: ("NM-RNN, R = 8", OURS),
    "modulates_inputs": ("s also on inputs", style.ACCENT),
    "modulates_outputs": ("s also on outputs", style.ACCENT),
    "modulates_both": ("s also on both", style.ACCENT),
} | BASELINES

OF_SEQUENCES = {name: networks.LOOKS[name] for name in ("nm_rnn", "lr_rnn")} | BASELINES

OF_TIMING = {FULL: ("NM-RNN, R = 3", OURS)} | BASELINES

OF_MULTITASK = OF_TIMING | {"xdg": ("XdG", OTHER)}

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
    figure = Figure(figsize=(style.WIDTH, 11.0))
    *panels, key, empty = figure.subplots(6, 3).ravel()
    left = enumerate(panels)

    def panel(title: str, table: pd.DataFrame) -> Axes:
        which, axes = next(left)
        style.letter(axes, which, f"{title} (n = {table['run'].nunique()})")
        return axes

    scores, losses, finder = tables["scores"], tables["losses"], tables["finder"]
    tested, classified, restored = tables["tested"], tables["classified"], tables["restored"]
    fading, pushes = tables["fading"], tables["pushes"]
    correct, of_chance = accuracies(scores), finder_shares(finder)
    trained = of_networks(losses, "trained_loss")
    extrapolated = of_networks(losses, "extrapolated_loss")
    tsuda = {name: _tsuda(name) for name in sorted(correct) if name.startswith("tsuda_")}

    _correct(panel("trained parts, multitask", scores), correct, TRAINED_PARTS)
    _trained(panel("trained parts, intervals", losses), trained, TRAINED_PARTS)
    _extrapolated(panel("what s is, intervals", losses), extrapolated, FUNCTIONS)
    _correct(panel("what s is, multitask", scores), correct, FUNCTIONS, 35)
    _correct(panel("rank R, multitask", scores), correct, _ranks(correct))
    _trained(panel("rank R, intervals", losses), trained, _ranks(trained))
    _of_chance(panel("rank R, element finder", finder), of_chance, _ranks(of_chance))
    _correct(panel("multitask", scores), correct, OF_MULTITASK | tsuda, 60)
    _extrapolated(panel("intervals", losses), extrapolated, OF_TIMING)
    _of_chance(panel("element finder", finder), of_chance, OF_FINDER, 35)
    _lengths(panel("length, element finder", tested), tested)
    _classified(panel(f"sequential {_images(classified)}", classified), classified)
    _restored(panel("tasks after retraining", restored), restored)
    gradient = panel("gradient by x", fading)
    _fading(gradient, fading)
    _rates(panel("how fast it fades", fading), tables["fading_rates"])
    _pushes(panel("push in mid-ramp", pushes), pushes)

    networks.key_of_samples(figure, scores)
    for place in (key, empty):
        place.set_axis_off()
    lines = gradient.get_legend_handles_labels()
    key.legend(*lines, loc="center left", title="K and M to P", title_fontsize=6.5)
    return figure


def _correct(
    axes: Axes, shares: Mapping[str, pd.Series], looks: Mapping[str, Look], turned: int = 0
) -> None:
    """Plot the share of correct trials of each run of networks in multitask."""
    networks.places(axes, {name: 100 * share for name, share in shares.items()}, looks, turned)
    networks.percent_correct(axes)


def _of_chance(
    axes: Axes, shares: Mapping[str, pd.Series], looks: Mapping[str, Look], turned: int = 0
) -> None:
    """Plot the loss over chance of each run of networks in the element finder."""
    networks.places(axes, {name: 100 * share for name, share in shares.items()}, looks, turned)
    _percent_of_chance(axes)


def _percent_of_chance(axes: Axes) -> None:
    networks.threshold(axes, 100 * LEARNT_FINDER)
    axes.set_ylabel("loss (% of chance)")
    axes.set_ylim(0, None)


def _trained(axes: Axes, losses: Mapping[str, pd.Series], looks: Mapping[str, Look]) -> None:
    """Plot the loss on trained intervals of each run of networks in Measure-Wait-Go."""
    networks.places(axes, losses, looks)
    _logarithmic(axes)
    networks.threshold(axes, LEARNT_TIMING)
    axes.set_ylabel("loss, trained")


def _extrapolated(axes: Axes, losses: Mapping[str, pd.Series], looks: Mapping[str, Look]) -> None:
    """Plot the loss on extrapolated intervals of each run of networks in Measure-Wait-Go."""
    networks.places(axes, losses, looks, 35)
    _logarithmic(axes)
    axes.set_ylabel("loss, extrapolated")


def _classified(axes: Axes, classified: pd.DataFrame) -> None:
    """Plot the percentage of test images that each run of a network names wrongly."""
    accuracy = of_networks(classified, "accuracy")
    wrong = {name: 100 * (1 - share) for name, share in accuracy.items()}
    networks.places(axes, wrong, OF_SEQUENCES, 35)
    _logarithmic(axes)
    axes.set_ylabel("wrong test images (%)")


def _logarithmic(axes: Axes) -> None:
    """Make the axis of values logarithmic, with numbers written out at 1, 2 and 5."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(
        lambda x, place: np.format_float_positional(x, precision=1, fractional=False, trim="-")
    )
    axes.yaxis.set_minor_locator(NullLocator())


def _images(classified: pd.DataFrame) -> str:
    (dataset,) = classified["dataset"].unique()
    return "MNIST" if dataset == "mnist" else str(dataset)


def _tsuda(network: str) -> Look:
    """Return label and colour of a network called tsuda_<factor>_<percent>."""
    _, factor, percent = network.split("_")
    return f"Tsuda {factor}, {percent} %", OTHER


def _ranks(names: Iterable[str]) -> dict[str, Look]:
    """Return a place for each rank among the names of NM-RNNs; ranks have equal distances."""
    ranks = sorted(int(name.removeprefix(RANK)) for name in names if name.startswith(RANK))
    return {f"{RANK}{rank}": (str(rank), OURS) for rank in ranks}


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
    networks.percent_correct(axes)


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
    names = [name for name in SHOWN if name in set(tested["network"])]
    for name in names:
        colour = networks.look(name)[1]
        shift = 0.15 * (names.index(name) - (len(names) - 1) / 2)
        for place, length in enumerate(LENGTHS):
            share = 100 * of_length(tested, length)[name].to_numpy(float)
            networks.sample(axes, place + shift, share, colour, 0.05)
    axes.set_xticks(range(len(LENGTHS)), [str(length) for length in LENGTHS])
    axes.set_xlabel("elements of a sequence")
    _percent_of_chance(axes)
