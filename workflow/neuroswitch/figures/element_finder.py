"""Element finder: losses of the networks, training curves, signals by query, states."""

from collections.abc import Mapping

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure

from neuroswitch import declare
from neuroswitch.figures import networks, style

KEPT = {
    "last": "last parameters: fresh sequences",
    "best": "best parameters: fresh sequences",
}
SIZES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
"""Lines of the NM-RNNs of several sizes."""

QUERIES, VALUES = colormaps["viridis"], colormaps["coolwarm"]


@declare.figure(
    "element_finder",
    reads={
        "finder_losses": "rnn/element_finder/finder_losses",
        "finder_encodings": "rnn/element_finder/finder_encodings",
        "finder_signals": "rnn/element_finder/finder_signals",
        "finder_states": "rnn/element_finder/finder_states",
        "losses": "rnn/element_finder/losses",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure.

    Parameters
    ----------
    tables : `finder_losses`, `losses` (of training), `finder_signals`, `finder_states`,
        `finder_encodings`
    """
    style.use()
    figure = Figure(figsize=(style.WIDTH, 7.4))
    parts = list(figure.subfigures(3, 1, height_ratios=(1.35, 0.85, 1)))  # type: ignore[arg-type]
    scores = tables["finder_losses"]
    best = networks.best_nm_rnn(scores)
    panels = parts[0].subplots(1, 4)
    _losses(parts[0], panels[:2], scores)
    names = networks.ordered(list(scores["network"]))
    learning = [name for name in names if name.startswith("nm_rnn") or name == "lstm"]
    for which, chosen in ((2, learning), (3, [name for name in names if name not in learning])):
        _curves(panels[which], tables["losses"], chosen, scores["chance"].iloc[0])
    style.letter(panels[2], 2, "training,\nNM-RNN and LSTM")
    style.letter(panels[3], 3, "training,\nothers")
    signals, states = (
        tables[name][tables[name]["network"] == best]
        for name in ("finder_signals", "finder_states")
    )
    _signals(parts[1], signals, networks.look(best)[0])
    _states(parts[2], states, tables["finder_encodings"])
    return figure


def _losses(part: SubFigure, panels: list[Axes], scores: pd.DataFrame) -> None:
    chance = scores["chance"].iloc[0]
    names = networks.ordered(list(scores["network"]))
    for which, (kept, label) in enumerate(KEPT.items()):
        axes = panels[which]
        networks.strip(axes, scores[scores["kept"] == kept], "loss", names)
        _chance(axes, chance, said=which == 0)
        networks.named(axes, names)
        axes.set_xlabel("NM-RNN: M, N, R")
        axes.set_ylim(0, 1.25 * chance)
        title, rest = label.split(": ")
        style.letter(axes, which, f"{title}:\n{rest}")
    panels[0].set_ylabel(f"squared error; {networks.runs_of(scores)}, bars: medians")


def _chance(axes: Axes, chance: float, said: bool = False) -> None:
    """Draw chance, with its name if it is said, and half of it."""
    axes.axhline(chance, color=style.INK, ls="--", lw=0.7, zorder=0)
    axes.axhline(chance / 2, color=style.INK, ls=":", lw=0.7, zorder=0)
    if not said:
        return
    axes.annotate(
        f"chance {chance:.2f}",
        (1, chance),
        (0, 2),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="right",
        fontsize=6,
    )


def _curves(axes: Axes, losses: pd.DataFrame, names: list[str], chance: float) -> None:
    """Draw the median over runs of the smoothed loss, and one run's raw minibatches."""
    for place, name in enumerate(names):
        own = losses[losses["network"] == name]
        label, colour = networks.look(name)
        line = SIZES[place % len(SIZES)] if name.startswith("nm_rnn") else "-"
        first = own[own["run"] == own["run"].min()].sort_values("step")
        axes.plot(first["step"], first["loss"], color=colour, lw=0.25, alpha=0.4, zorder=1)
        median = own.groupby("step")["mean_loss"].median()
        axes.plot(median.index, median, color=colour, lw=1.1, ls=line, label=label)
    _chance(axes, chance)
    axes.set_ylim(0, 2.3 * chance)
    axes.set_xlabel("training step")
    axes.set_ylabel("minibatch loss")
    axes.legend(
        loc="upper right",
        fontsize=5.5,
        title="bold: smoothed, median",
        title_fontsize=5.5,
    )


def _signals(part: SubFigure, signals: pd.DataFrame, label: str) -> None:
    """Draw the mean of every component of s, one panel a query."""
    queries = sorted(signals["query"].unique())
    panels = part.subplots(1, max(len(queries), 1), sharey=True, squeeze=False)[0]
    for which, (axes, query) in enumerate(zip(panels, queries, strict=False)):
        of_query = signals[signals["query"] == query]
        for component, one in of_query.groupby("component"):
            colour = networks.SHADES[(int(component) - 1) % len(networks.SHADES)]
            line = "-" if component <= len(networks.SHADES) else "--"
            axes.plot(one["step"], one["signal"], line, color=colour, lw=0.8)
        # The query comes first, so element q is seen one step later
        axes.axvline(query + 1, color=style.MUTED, lw=0.8, zorder=0)
        axes.set_xlabel("step")
        axes.set_ylim(-0.03, 1.03)
        run = of_query["run"].iloc[0]
        style.letter(axes, 4 + which, ("" if which else f"{label}, run {run}\n") + f"q = {query}")
    panels[0].set_ylabel(r"$s_k$, mean of sequences")


def _states(part: SubFigure, states: pd.DataFrame, encodings: pd.DataFrame) -> None:
    panels = part.subplots(1, 4, width_ratios=(1.25, 1.25, 1, 1))
    for which, (state, column, colours, label) in enumerate(
        (("z", "query", QUERIES, "query"), ("x", "value", VALUES, "value"))
    ):
        axes = panels[which]
        norm = Normalize(states[column].min(), states[column].max())
        axes.scatter(
            states[f"{state}_pc1"],
            states[f"{state}_pc2"],
            c=states[column],
            cmap=colours,
            norm=norm,
            s=3,
            lw=0,
        )
        axes.set_xlabel(f"PC 1 of {state}, last step")
        axes.set_ylabel(f"PC 2 of {state}")
        networks.bar(part, [axes], norm, label, colours)
        style.letter(axes, 8 + which, f"{state} by {label}")
    names = networks.ordered(list(encodings["network"]))
    for which, (column, label, limit) in enumerate(
        (
            ("silhouette", "silhouette of z by query", 0.2),
            ("rank_correlation", "rank correlation, PC 1 of x", 0.9),
        )
    ):
        axes = panels[2 + which]
        networks.strip(axes, encodings, column, names)
        axes.axhline(limit, color=style.MUTED, lw=0.6, zorder=0)
        axes.set_ylim(-0.6 if column == "silhouette" else -0.03, 1.03)
        axes.set_ylabel(label)
        networks.named(axes, names)
        style.letter(axes, 10 + which)
