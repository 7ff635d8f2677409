"""The recurrent networks in figures: names, colours, a dot for each run, medians, thresholds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, NullFormatter

from neuroswitch import index
from neuroswitch.claims import paper2, statistics
from neuroswitch.figures import style
from neuroswitch.statistics import FEWEST

Look = tuple[str, str]
"""Label and colour of a network."""

LOOKS: dict[str, Look] = {
    "nm_rnn": ("NM-RNN", "#0072B2"),
    "nm_rnn_rank_4": ("NM-RNN, R = 4", "#56B4E9"),
    "lr_rnn": ("LR-RNN", "#E69F00"),
    "lr_rnn_undivided": ("LR-RNN, no 1/N", "#D55E00"),
    "rnn": ("RNN", "#009E73"),
    "lstm": ("LSTM", "#CC79A7"),
}
"""Network -> label, colour."""

OTHER = "#777777"
"""Colour of a network that has none of its own."""

VARIANTS = {"as_published": "as published", "one_protocol": "one protocol"}

SCORES = {"correct_published": "published score", "correct_corrected": "corrected score"}

ALONE, LEFT, RIGHT = (0.0, 0.34), (-0.2, 0.16), (0.2, 0.16)
"""Where the dots of a network are, from its place on the axis: centre and half width."""

INTERVALS = colormaps["viridis"]
SHOWN_RAMPS = (4, 8, 12, 14, 16, 18, 22, 26)
"""Intervals whose ramps are drawn: more would hide one another."""

SHADES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")
"""Okabe and Ito's palette, for components."""


def look(network: str) -> tuple[str, str]:
    """Return label and colour; NM-RNNs of several sizes are named by them, M, N and R.

    A network that is no NM-RNN and not of LOOKS has its name as label, and the colour OTHER.
    """
    if network in LOOKS:
        return LOOKS[network]
    if not network.startswith("nm_rnn"):
        return network.replace("_", " "), OTHER
    label, colour = LOOKS["nm_rnn"]
    about = network.removeprefix("nm_rnn").strip("_")
    # Sizes alone are a list: nm_rnn_5_18_8 is "5, 18, 8", and nm_rnn_rank_6 is "rank 6".
    between = ", " if about.replace("_", "").isdecimal() else " "
    return f"{label} {about.replace('_', between)}", colour


def ordered(networks: Sequence[str]) -> list[str]:
    """Return the names in the order of every figure: NM-RNNs, LR-RNNs, RNN, LSTM, others."""
    names = sorted(set(networks))
    first = [name for name in names if name.startswith("nm_rnn")]
    first += [name for name in LOOKS if name in names and name not in first]
    return first + [name for name in names if name not in first]


def strip(
    axes: Axes,
    table: pd.DataFrame,
    column: str,
    names: Sequence[str],
    scale: float = 1.0,
    room: tuple[float, float] = ALONE,
    filled: bool = True,
    top: float = np.inf,
) -> None:
    """Plot the sample of runs of each network, see `sample`.

    Parameters
    ----------
    table : a row for each network and run
    names : networks, one place for each
    scale : what values are multiplied by
    room : centre and half width of the dots, from the place of their network
    """
    centre, half = room
    for place, name in enumerate(names):
        values = scale * table[table["network"] == name].sort_values("run")[column]
        sample(axes, place + centre, values, look(name)[1], half, filled, top)
    axes.set_xlim(-0.6, len(names) - 0.4)


def sample(
    axes: Axes,
    place: float,
    runs: pd.Series | np.ndarray,
    colour: str,
    half: float = 0.25,
    filled: bool = True,
    top: float = np.inf,
) -> None:
    """Plot a dot for each run, a bar at their median and a line along its 95 % interval.

    The interval is between two order statistics, and fewer than six runs have none. A value above
    the axis, or not finite, is a cross at its upper edge; an interval that reaches it ends at the
    highest dot.

    Parameters
    ----------
    runs : a value of each
    half : half width of the dots, around their place
    top : where the axis ends
    """
    values = np.asarray(runs, float)
    if not len(values):
        return
    spread = 0.7 * half * np.linspace(-1, 1, len(values)) if len(values) > 1 else np.zeros(1)
    x, lost = place + spread, ~(np.isfinite(values) & (values <= top))
    face = colour if filled else "white"
    axes.plot(x[~lost], values[~lost], "o", ms=2.4, mew=0.5, color=colour, mfc=face, alpha=0.6)
    if lost.any():
        above = axes.get_xaxis_transform()
        edge = np.ones(lost.sum())
        axes.plot(x[lost], edge, "x", ms=3, color=colour, transform=above, clip_on=False)
    found = statistics.median(values, statistics.below(0))
    if np.isfinite(found.value):
        axes.plot([place - half, place + half], [found.value] * 2, color=colour, lw=1.6)
    highest = values[~lost].max(initial=-np.inf)
    if found.low <= highest:
        axes.plot([place] * 2, [found.low, min(found.high, highest)], color=style.INK, lw=0.8)


def places(
    axes: Axes, values: Mapping[str, pd.Series], looks: Mapping[str, Look], turned: int = 0
) -> None:
    """Plot the sample of runs of each network that has values, in the order of the looks.

    turned : degrees by which the names are turned
    """
    names = [name for name in looks if name in values]
    for place, name in enumerate(names):
        sample(axes, place, values[name], looks[name][1])
    axes.set_xticks(range(len(names)), [looks[name][0] for name in names])
    if turned:
        for label in axes.get_xticklabels():
            label.set(rotation=turned, ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.6, len(names) - 0.4)


def percent_correct(axes: Axes) -> None:
    """Make the axis of values one of correct trials in percent, with the threshold of N7."""
    threshold(axes, 100 * paper2.LEARNT_TASKS)
    axes.set_ylabel("correct trials (%)")
    axes.set_ylim(-4, 104)


def threshold(axes: Axes, level: float) -> None:
    """Draw the level across a panel at which a network has learnt."""
    axes.axhline(level, color=style.MUTED, lw=0.8, ls="--", zorder=0)


def pair(
    axes: Axes,
    table: pd.DataFrame,
    columns: Sequence[str],
    names: Sequence[str],
    scale: float = 1.0,
    top: float = np.inf,
) -> None:
    """Plot two columns side by side for every network: the first filled, the second open."""
    for column, room, filled in zip(columns, (LEFT, RIGHT), (True, False), strict=True):
        strip(axes, table, column, names, scale, room, filled, top)


def key(
    part: Figure | SubFigure,
    table: pd.DataFrame,
    *of_dots: str,
    more: Sequence[Line2D] = (),
) -> None:
    """Write above all panels how many runs there are, and what dots, bars and lines are.

    of_dots : what filled and open dots stand for, where there are both
    more : further signs, with their labels
    """
    title = f"each dot is a run, {runs_of(table)} of each network"
    _key(part, title, [*dots(*of_dots), *_of_medians(table), *more])


def key_of_samples(figure: Figure, table: pd.DataFrame) -> None:
    """Write above all panels what the bars and lines of `sample` are; panels say their runs.

    table : of a panel; the others have as many runs, or also six or more
    """
    _key(figure, "each dot is a run", _of_medians(table))


def _of_medians(table: pd.DataFrame) -> list[Line2D]:
    """Return the signs of a median and, where there are enough runs, of its interval."""
    signs = [Line2D([], [], color=style.INK, lw=1.6, label="median")]
    if fewest_and_most(table)[1] >= FEWEST:
        interval = "its 95 % interval (order statistics)"
        signs.append(
            Line2D([], [], ls="", marker="|", ms=7, mew=0.8, color=style.INK, label=interval)
        )
    return signs


def _key(part: Figure | SubFigure, title: str, signs: Sequence[Line2D]) -> None:
    part.legend(
        handles=signs,
        loc="outside upper right",
        # More than four do not fit the width of a page
        ncols=len(signs) if len(signs) <= 4 else (len(signs) + 1) // 2,
        title=title,
        title_fontsize=6.5,
        alignment="right",
        handlelength=1.2,
        columnspacing=1.2,
    )


def dots(*labels: str) -> list[Line2D]:
    """Return a filled and an open dot with their labels, for a legend."""
    return [
        Line2D([], [], ls="", marker="o", ms=3.5, mew=0.6, color=style.INK, mfc=face, label=label)
        for face, label in zip((style.INK, "white"), labels, strict=False)
    ]


def passing(table: pd.DataFrame, column: str, names: Sequence[str], level: float) -> list[str]:
    """Return how many dots of each network are above a level, as "3/10"."""
    values = [table.loc[table["network"] == name, column] for name in names]
    return [f"{(each > level).sum()}/{len(each)}" for each in values]


def line(axes: Axes, level: float, word: str = "", dashes: str = "--") -> None:
    """Draw a level across a panel, with a word at its right end, outside of the panel."""
    axes.axhline(level, color=style.INK, ls=dashes, lw=0.7, zorder=0)
    axes.annotate(
        word,
        (1, level),
        (2, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=6,
    )


def key_of_learnt(part: SubFigure) -> None:
    """Write below panels that show networks that have learnt, and shuffled labels, what is what."""
    handles = dots("network that has learnt", "the same with shuffled labels")
    passed = "threshold; in brackets, how many pass it"
    handles.append(Line2D([], [], color=style.INK, ls="--", lw=0.7, label=passed))
    part.legend(handles=handles, loc="outside lower right", ncols=len(handles))


def learnt_only(table: pd.DataFrame, learnt: pd.Series) -> pd.DataFrame:
    """Return the rows of networks that have learnt.

    learnt : bool by network and run; those that it does not name have not
    """
    keys = pd.MultiIndex.from_frame(table[["network", "run"]])
    return table[learnt.reindex(keys, fill_value=False).to_numpy()]


def thresholds(claim: str) -> dict[str, float]:
    """Return the thresholds that a claim declares, by name."""
    return dict(index.get("claim", claim).arguments["thresholds"])


def named(axes: Axes, names: Sequence[str], counts: Sequence[str] = ()) -> None:
    """Write the networks below their places, each with its count where there are counts."""
    labels = [look(name)[0] for name in names]
    if counts:
        labels = [f"{label} ({count})" for label, count in zip(labels, counts, strict=True)]
    axes.set_xticks(range(len(names)), labels, rotation=50, ha="right")
    for tick in axes.get_xticklabels():
        tick.set_rotation_mode("anchor")


def logarithmic(axes: Axes) -> None:
    """Make the axis of losses logarithmic; where it spans a decade, powers of ten are named."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high / low > 10:
        axes.yaxis.set_minor_formatter(NullFormatter())


def shade_of(intervals: Sequence[int]) -> Normalize:
    """Return the scale of colours of some intervals."""
    return Normalize(min(intervals), max(intervals))


def bar(
    figure: Figure | SubFigure,
    axes: Sequence[Axes],
    norm: Normalize,
    label: str,
    colours: Colormap = INTERVALS,
) -> None:
    """Draw a bar of colours beside some panels."""
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10])
    mapped = ScalarMappable(norm, colours)
    figure.colorbar(mapped, ax=axes, label=label, aspect=30, pad=0.01, ticks=ticks)


def outputs(axes: Axes, chosen: pd.DataFrame, norm: Normalize, targets: bool = True) -> None:
    """Plot the ramps of a network, aligned to go, over their targets."""
    for (interval, group), one in chosen.groupby(["interval", "group"]):
        if interval not in SHOWN_RAMPS:
            continue
        one = one[(one["since_go"] >= -5) & (one["since_go"] <= 40)]
        if targets:
            axes.plot(one["since_go"], one["target"], color=style.MUTED, lw=0.4, zorder=0)
        axes.plot(
            one["since_go"],
            one["output"],
            "-" if group == "trained" else "--",
            color=INTERVALS(norm(interval)),
            lw=0.8,
        )


def by_variant(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the parts of a table that have rows, as published first."""
    parts = [(variant, table[table["variant"] == variant]) for variant in VARIANTS]
    return [(variant, part) for variant, part in parts if len(part)]


def fewest_and_most(table: pd.DataFrame) -> tuple[int, int]:
    """Return the smallest and the largest number of runs of a network in a variant."""
    runs = table.groupby(["variant", "network"])["run"].nunique()
    return int(runs.min()), int(runs.max())


def runs_of(table: pd.DataFrame) -> str:
    """Return how many runs stand behind the dots, for a caption."""
    fewest, most = fewest_and_most(table)
    if fewest < most:
        return f"{fewest} to {most} runs"
    return "1 run" if most == 1 else f"{most} runs"
