"""The bridge between the papers: fixed matrices M on the weights of a recurrent network."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.claims.reviewers import FULL, accuracies
from neuroswitch.figures import networks, style

FAMILIES = {
    "switched_orthogonal": ("orthogonal", "#0072B2"),
    "switched_near_identity": ("near identity", "#E69F00"),
    "switched_signed_permutation": ("signed permutation", "#009E73"),
    "switched_diagonal": ("diagonal", "#CC79A7"),
}

COMPARED = {
    FULL: ("NM-RNN, R = 3", style.INK),
    "rnn": ("context as input", style.INK),
    "xdg": ("XdG", style.INK),
    "tsuda_2_50": ("Tsuda 2, 50 %", style.INK),
}


@declare.figure(
    "bridge",
    reads={
        "scores": "rnn/reviewers_multitask/task_scores",
        "chosen": "rnn/reviewers_multitask/chosen_modulators",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure; `tables` are those that the declaration names."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 2.9))
    panels = figure.subplots(1, 2)
    scores, chosen = tables["scores"], tables["chosen"]
    correct = {name: 100 * share for name, share in accuracies(scores).items()}
    networks.places(panels[0], correct, FAMILIES | COMPARED, 35)
    _chosen(panels[1], chosen)
    titles = (
        f"three tasks in one network (n = {scores['run'].nunique()})",
        f"Memory-Anti without training (n = {chosen['run'].nunique()})",
    )
    for which, (axes, title) in enumerate(zip(panels, titles, strict=True)):
        networks.percent_correct(axes)
        style.letter(axes, which, title)
    networks.key_of_samples(figure, scores)
    return figure


def _chosen(axes: Axes, chosen: pd.DataFrame) -> None:
    """Plot the share of correct trials against the number of sets among which one was chosen."""
    tried = sorted(chosen["tried"].unique())
    names = [name for name in FAMILIES if name in set(chosen["network"])]
    for name in names:
        label, colour = FAMILIES[name]
        own = chosen[chosen["network"] == name]
        shift = 0.15 * (names.index(name) - (len(names) - 1) / 2)
        for place, count in enumerate(tried):
            rows = own[own["tried"] == count]
            networks.sample(
                axes, place + shift, 100 * rows["correct"] / rows["trials"], colour, 0.05
            )
        axes.plot([], [], "o", ms=2.2, color=colour, label=label)
    axes.set_xticks(range(len(tried)), [str(count) for count in tried])
    axes.set_xlabel("sets of matrices M to choose from")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), title="M", title_fontsize=6.5)
