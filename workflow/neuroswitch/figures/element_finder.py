"""Element finder: losses of the networks, training curves, signals by query, states."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure

from neuroswitch import declare
from neuroswitch.claims.paper2 import FINDER, LEARNT_FINDER
from neuroswitch.figures import networks, style

SIGNALS = colormaps["cividis"]
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
    figure = Figure(figsize=(style.WIDTH, 8.2))
    parts = list(figure.subfigures(3, 1, height_ratios=(1.3, 0.9, 1.3)))  # type: ignore[arg-type]
    scores, trained = tables["finder_losses"], tables["losses"]
    panels = parts[0].subplots(1, 3, width_ratios=(1.5, 1, 1))
    _losses(parts[0], panels[0], scores)
    names = networks.ordered(list(scores["network"]))
    sizes = [name for name in names if name.startswith("nm_rnn")]
    others = [name for name in names if name not in sizes]
    shades = colormaps["viridis"](np.linspace(0, 0.85, len(sizes)))
    chance = scores["chance"].iloc[0]
    _curves(panels[1], trained, dict(zip(sizes, shades, strict=True)), chance)
    _curves(panels[2], trained, {name: networks.look(name)[1] for name in others}, chance)
    style.letter(panels[0], 0, "fresh sequences")
    style.letter(panels[1], 1, "training,\nNM-RNN: M, N, R")
    style.letter(panels[2], 2, "training,\nother networks")
    shown = FINDER
    signals, states = tables["finder_signals"], tables["finder_states"]
    _signals(parts[1], signals[signals["network"] == shown], networks.look(shown)[0])
    _states(parts[2], states[states["network"] == shown], tables["finder_encodings"], scores)
    return figure


def _losses(part: SubFigure, axes: Axes, scores: pd.DataFrame) -> None:
    """Draw the loss of every run, with the best of its parameters and with its last ones."""
    keys = ["variant", "network", "run"]
    names = networks.ordered(list(scores["network"]))
    by_kept = scores.pivot(index=keys, columns="kept", values="loss").reset_index()
    chance = scores["chance"].iloc[0]
    top = 1.25 * chance
    networks.pair(axes, by_kept, ("best", "last"), names, top=top)
    _levels(axes, chance)
    networks.named(axes, names)
    axes.set_ylim(0, top)
    axes.set_ylabel("squared error")
    networks.key(part, scores, "best parameters", "last parameters")


def _levels(axes: Axes, chance: float) -> None:
    """Draw chance, and the loss below which a network has learnt."""
    networks.line(axes, chance, "chance", ":")
    networks.line(axes, LEARNT_FINDER * chance, "learnt")


def _curves(axes: Axes, losses: pd.DataFrame, colours: Mapping[str, object], chance: float) -> None:
    """Draw median and quartiles over runs of the smoothed loss of some networks."""
    for place, (name, colour) in enumerate(colours.items()):
        own = losses[losses["network"] == name]
        spread = own.groupby("step")["mean_loss"].quantile([0.25, 0.5, 0.75]).unstack()
        label = networks.look(name)[0].removeprefix("NM-RNN ")
        dashes = "--" if place % 2 else "-"
        axes.fill_between(spread.index, spread[0.25], spread[0.75], fc=colour, alpha=0.2, lw=0)
        axes.plot(spread.index, spread[0.5], dashes, c=colour, lw=1.1, label=label)
    _levels(axes, chance)
    axes.set_ylim(0, 2.1 * chance)
    axes.xaxis.set_major_formatter(lambda step, place: f"{step / 1000:g}")
    axes.set_xlabel("training step (thousands)")
    axes.set_ylabel("minibatch loss")
    axes.legend(loc="upper right", fontsize=6)


def _signals(part: SubFigure, signals: pd.DataFrame, label: str) -> None:
    """Draw the mean of every component of s, a row of colours each, one panel a query."""
    queries = sorted(signals["query"].unique())
    panels = part.subplots(1, max(len(queries), 1), sharey=True, squeeze=False)[0]
    norm = Normalize(0, 1)
    for which, (axes, query) in enumerate(zip(panels, queries, strict=False)):
        of_query = signals[signals["query"] == query]
        grid = of_query.pivot(index="component", columns="step", values="signal")
        axes.pcolormesh(grid.columns, grid.index, grid, cmap=SIGNALS, norm=norm, rasterized=True)
        # The query comes first, so element q is seen one step later
        axes.axvline(query + 1, color="white", lw=1.0)
        axes.set_yticks(grid.index, [rf"$s_{{{component}}}$" for component in grid.index])
        axes.set_xlabel("step")
        run = of_query["run"].iloc[0]
        style.letter(axes, 3 + which, ("" if which else f"{label}, run {run}\n") + f"q = {query}")
    panels[0].invert_yaxis()
    networks.bar(part, list(panels), norm, "mean signal", SIGNALS)


def _states(
    part: SubFigure, states: pd.DataFrame, encodings: pd.DataFrame, scores: pd.DataFrame
) -> None:
    """Draw the example's states, and beside them what N13 judges of networks that have learnt."""
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
        style.letter(axes, 7 + which, f"{state} by {label}")
    names = networks.ordered(list(encodings["network"]))
    best = scores[scores["kept"] == "best"].set_index(["network", "run"])
    learnt = best["loss"] / best["chance"] < LEARNT_FINDER
    chosen = networks.learnt_only(encodings, learnt)
    limits = networks.thresholds("N13")
    for which, (column, level, label) in enumerate(
        (
            ("query_silhouette", limits["apart"], "silhouette of z by four queries"),
            ("value_r2", limits["explained"], "R² of value, PC 1–2 of x"),
        )
    ):
        axes = panels[2 + which]
        networks.pair(axes, chosen, (column, f"shuffled_{column}"), names)
        networks.line(axes, level)
        axes.set_ylim(min(-0.05, axes.get_ylim()[0]), 1.03)
        axes.set_ylabel(label)
        counts = networks.passing(chosen, column, names, level)
        networks.named(axes, names, counts=counts)
        style.letter(axes, 9 + which)
    networks.key_of_learnt(part)
