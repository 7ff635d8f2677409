"""The multiverse of paper 1: where claims hold, what decides that, what is nearest to the paper."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text

from neuroswitch import declare
from neuroswitch.claims.outcomes import LEVEL
from neuroswitch.figures import style

CLAIMS = {
    "S1": "AND-OR distances clearer, 4 layers",
    "S2": "XOR region distinct",
    "S3": "clusters smaller, 4 layers",
    "S4": "AND/OR succeeds",
    "S5": "peaks fall",
    "S6": "slower than AND alone",
    "S7": "ends near, not within clusters",
    "S8": "short period smoother",
    "S9": "peaks higher at period 30",
    "S10": "fewer cycles at period 30",
    "S11": "period 30 leaves clusters",
    "S12": "trajectory in a plane",
    "S13": "AND/XOR in 30 % of runs",
    "S14": "AND/XOR below AND/OR",
    "S15": "AND/XOR ends near XOR",
    "S16": "XOR alone often fails",
    "S19": "one M, three gates",
    "X1": "M^T better than M^-1",
    "X2": "AND/XOR rises with the budget",
    "X5": "clusters modulo symmetry",
}
"""Claim -> a few words."""

CHOICES = {
    "family": "family of M",
    "scale": "scale of M",
    "shared_modulator": "one M for all runs",
    "width": "hidden units",
    "loss": "loss",
    "batch": "batch",
    "learning_rate": "learning rate",
    "mapping_rate": "rate of mapping",
    "budget": "budget",
    "period": "period",
    "initialisation": "initialisation",
    "shared_start": "shared starts",
    "shift": "shift v",
    "condition_number": "condition of M",
}
"""Choice -> label, in the order of the figure."""

LEVELS = {
    "mean_squared_error": "squared error",
    "cycles_500": "500 cycles",
    "phases_500": "500 phases",
    "epochs_2500": "2500 epochs",
    "none": "no scale",
}

UNDECIDED: dict[str, Any] = {
    "facecolor": "#F2F2F2",
    "edgecolor": "#BBBBBB",
    "hatch": "////",
    "linewidth": 0,
}
"""How the row of a claim is filled that no choice decides."""

OUTCOMES: dict[str, dict[str, Any]] = {
    "supported": {"facecolor": "#0072B2", "edgecolor": "#0072B2"},
    "neither": {"facecolor": "#DDDDDD", "edgecolor": "#DDDDDD"},
    "not testable": {"facecolor": "white", "edgecolor": "#999999", "hatch": "......"},
    "contradicted": {"facecolor": "#E69F00", "edgecolor": "white", "hatch": "//////"},
}
"""Outcome -> how its part of a bar is filled, from left to right."""

INKS = {"supported": "white", "contradicted": "black"}
"""Outcomes whose shares are written into the bars."""

BAR = "#DDDDDD"
FIRST: dict[str, Any] = {"marker": "|", "ms": 5, "mew": 1, "lw": 0, "color": "#0072B2"}
"""How the share among the nearest of the first round is marked."""

HELD, NOT_HELD = "#0072B2", "#E4E4E4"
PAIRS = "PuOr"
COLUMNS = 4
"""Of the panel of choices."""

IN_CELLS = 6
"""Points: size of text in cells and bars."""


@declare.figure(
    "multiverse",
    reads={
        "scope": "gates/multiverse/scope",
        "deciding": "gates/multiverse/deciding",
        "together": "gates/multiverse/together",
        "largest_sets": "gates/multiverse/largest_sets",
        "posterior": "gates/multiverse/posterior",
    },
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the figure. In A to D claims stand in one order: the most widely supported first.

    Parameters
    ----------
    tables : `scope`, `deciding`, `together`, `largest_sets`, `posterior`
    """
    style.use()
    scope = tables["scope"][tables["scope"]["choice"] == "all"]
    claims = _by_support(scope)
    figure = Figure(figsize=(style.WIDTH, 9.0))
    parts = list(figure.subfigures(3, 1, height_ratios=(3.6, 2.9, 2.6)))  # type: ignore[arg-type]
    top, middle, bottom = parts
    left, right = top.subplots(1, 2, width_ratios=[1.1, 1])
    _draw_scope(left, scope, claims)
    _draw_deciding(right, tables["deciding"], claims)
    undecided = Patch(**UNDECIDED, label="not decided by these choices ($R^2$ below 10 %)")
    handles = [*left.get_legend_handles_labels()[0], undecided]
    top.legend(handles=handles, loc="outside lower left", ncols=len(handles))
    left, right = middle.subplots(1, 2)
    _draw_pairs(left, tables["together"], claims)
    _draw_sets(right, tables["largest_sets"], claims)
    _draw_posterior(bottom, tables["posterior"])
    return figure


def _by_support(scope: pd.DataFrame) -> list[str]:
    """Return the claims, those supported in the largest share of universes first."""
    supported = scope[scope["outcome"] == "supported"].set_index("claim")["share"]
    return list(supported.sort_values(ascending=False, kind="stable").index)


def _draw_scope(axes: Axes, scope: pd.DataFrame, claims: Sequence[str]) -> None:
    shares = 100 * scope.pivot(index="claim", columns="outcome", values="share").loc[claims]
    starts = np.zeros(len(claims))
    for outcome, fill in OUTCOMES.items():
        widths = shares[outcome].to_numpy()
        axes.barh(range(len(claims)), widths, 0.8, left=starts, lw=0, label=outcome, **fill)
        for row, (start, width) in enumerate(zip(starts, widths, strict=True)):
            if width < 8 or outcome not in INKS:
                continue
            text = _write(axes, start + width / 2, row, f"{width:.0f}")
            text.set_color(INKS[outcome])
            # Numbers stand on a plain ground, not on hatching.
            text.set_bbox({"boxstyle": "square,pad=0.1", "lw": 0, "fc": fill["facecolor"]})
        starts += widths
    axes.set_xlim(0, 100)
    _rows(axes, [f"{CLAIMS[claim]}  {claim}" if claim in CLAIMS else claim for claim in claims])
    axes.set_xlabel(f"share of {scope['universes'].iloc[0]} universes (%)")
    style.letter(axes, 0, "where each claim holds")


def _draw_deciding(axes: Axes, deciding: pd.DataFrame, claims: Sequence[str]) -> None:
    names = [name for name in CHOICES if name in set(deciding["choice"])]
    table = deciding.pivot(index="claim", columns="choice", values="total_effect")
    shares = 100 * table.loc[claims, names].to_numpy()
    by_claim = deciding.groupby("claim")[["r2", "decided"]].first().loc[claims]
    undecided = ~by_claim["decided"].to_numpy(bool)
    shares[undecided] = np.nan
    axes.imshow(np.ma.masked_invalid(shares), cmap="Blues", vmin=0, vmax=100, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if share >= 5:
            text = _write(axes, column, row, f"{share:.0f}")
            text.set_color("white" if share > 55 else "black")
    for row, (r2, hatched) in enumerate(zip(100 * by_claim["r2"], undecided, strict=True)):
        if hatched:
            axes.add_patch(Rectangle((-0.5, row - 0.5), len(names), 1, **UNDECIDED))
        _write(axes, len(names) + 0.2, row, "–" if np.isnan(r2) else f"{max(r2, 0):.0f}")
    axes.set_xlim(-0.5, len(names) + 0.7)
    _rows(axes, claims)
    axes.set_xticks(
        [*range(len(names)), len(names) + 0.2],
        [*(CHOICES[name] for name in names), "all: $R^2$"],
        rotation=50,
        ha="right",
        rotation_mode="anchor",
    )
    style.letter(axes, 1, "what decides it (% of variance)")


def _draw_pairs(axes: Axes, together: pd.DataFrame, claims: Sequence[str]) -> None:
    """Draw a square for each pair, a small one where it may well be chance."""
    excess = 100 * (together["share"] - together["chance"])
    norm = TwoSlopeNorm(0, *(max(1.0, excess.abs().max()) * np.array([-1, 1])))
    shade = ScalarMappable(norm, PAIRS)
    beyond = together["p_adjusted"] < LEVEL
    for pair, value, sure in zip(together.itertuples(), excess, beyond, strict=True):
        column, row = sorted((claims.index(pair.claim), claims.index(pair.other)))
        side = 0.92 if sure else 0.4
        if pair.universes:
            corner = (column - side / 2, row - side / 2)
            axes.add_patch(Rectangle(corner, side, side, lw=0, fc=shade.to_rgba(value)))
        if pair.universes and not pair.both:
            axes.plot(column, row, "x", ms=2.5, mew=0.6, color=style.INK)
    _rows(axes, claims)
    _columns(axes, claims)
    axes.set_aspect("equal")
    axes.set_xlim(-0.5, len(claims) - 1.5)
    axes.set_ylim(len(claims) - 0.5, 0.5)
    bar = axes.figure.colorbar(
        shade, cax=axes.inset_axes((0.52, 0.93, 0.46, 0.03)), orientation="horizontal"
    )
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("both hold, minus chance (points)", fontsize=6.5)
    axes.text(
        0.98,
        0.75,
        "small: as by chance\n× never",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=6.5,
    )
    style.letter(axes, 2, "which hold together")


def _draw_sets(axes: Axes, sets: pd.DataFrame, claims: Sequence[str]) -> None:
    ranked = sets.sort_values("rank")
    for row, each in enumerate(ranked.itertuples()):
        for column, claim in enumerate(claims):
            colour = HELD if claim in each.claims.split() else NOT_HELD
            axes.plot(column, row, "o", ms=3.6, mew=0, color=colour)
        _write(axes, len(claims), row, f"{each.universes}")
    _rows(axes, [f"{size} claims" for size in ranked["size"]])
    _columns(axes, claims)
    axes.set_xticks([*axes.get_xticks(), len(claims)], [*claims, "universes"])
    style.letter(axes, 3, "the largest sets that hold in one universe")


def _draw_posterior(figure: SubFigure, posterior: pd.DataFrame) -> None:
    columns = list(_packed(posterior))
    longest = max(_lines(posterior)[names].sum() for names in columns)
    panels = figure.subplots(1, COLUMNS)
    for axes, names in zip(panels, columns, strict=True):
        labels: list[str] = []
        for name in names:
            labels.append(rf"$\bf{{{CHOICES[name]}}}$".replace(" ", r"\ "))
            own = posterior[posterior["choice"] == name].sort_values("position")
            for level in own.itertuples():
                _draw_level(axes, len(labels), level)
                labels.append(LEVELS.get(level.level, level.level.replace("_", " ")))
        _rows(axes, labels)
        axes.spines["bottom"].set_visible(True)
        axes.set_xlim(0, 100)
        # Rows are equally high in all columns.
        axes.set_ylim(longest - 0.5, -0.5)
    first = posterior.iloc[0]
    figure.supxlabel("share of universes (%)", fontsize=7)
    style.letter(
        panels[0], 4, f"what is nearest to the paper (dots: as {first['effective']:.1f} universes)"
    )
    nearest = f"{first['accepted']} nearest, with those drawn near the paper, 95 % interval"
    handles = [
        Patch(color=BAR, label=f"all {first['universes']} universes"),
        axes.plot([], [], **FIRST, label=f"{first['accepted']} nearest of these")[0],
        *(
            axes.plot([], [], "o-", ms=3, mew=0.7, lw=0.8, color=colour, mfc=fill, label=label)[0]
            for colour, fill, label in (
                (style.INK, "white", nearest),
                (style.ACCENT, style.ACCENT, "other than in all"),
            )
        ),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=len(handles))


def _draw_level(axes: Axes, row: int, level: Any) -> None:
    """Draw the prior of a level as a bar, and its shares among the nearest over it."""
    beyond = not level.posterior_low <= level.prior <= level.posterior_high
    colour = style.ACCENT if beyond else style.INK
    axes.barh(row, 100 * level.prior, 0.8, lw=0, color=BAR)
    axes.plot(
        [100 * level.posterior_low, 100 * level.posterior_high], [row, row], color=colour, lw=0.8
    )
    axes.plot(100 * level.first, row, **FIRST)
    fill = colour if beyond else "white"
    axes.plot(100 * level.posterior, row, "o", ms=3, mew=0.7, mec=colour, mfc=fill, clip_on=False)


def _packed(posterior: pd.DataFrame) -> Iterator[list[str]]:
    """Yield the choices of each column: in their order, columns about equally long."""
    rows = _lines(posterior)
    names = [name for name in CHOICES if name in rows.index]
    middles = np.cumsum(rows[names]) - rows[names] / 2
    columns = (COLUMNS * middles / rows.sum()).astype(int)
    for column in range(COLUMNS):
        yield [name for name in names if columns[name] == column]


def _lines(posterior: pd.DataFrame) -> pd.Series:
    """Return how many lines each choice takes: its name and its levels."""
    return posterior.groupby("choice").size() + 1


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    """Write a label beside each row, the first on top."""
    axes.set_ylim(max(len(labels), 1) - 0.5, -0.5)
    axes.set_yticks(range(len(labels)), labels)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def _columns(axes: Axes, labels: Sequence[str]) -> None:
    """Write a label below each column."""
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.tick_params(axis="x", length=0)


def _write(axes: Axes, x: float, y: float, text: str) -> Text:
    """Write a small text that is centred."""
    return axes.text(x, y, text, ha="center", va="center_baseline", fontsize=IN_CELLS)
