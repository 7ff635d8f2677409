"""One look for every figure: fonts, colours that colour-blind readers can tell apart, saving."""

import string
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

from neuroswitch.store import write_atomically

WIDTH = 7.2
"""Inches: two columns of a journal page."""

GATES = {"AND": "#0072B2", "OR": "#E69F00", "XOR": "#009E73", "NOR": "#CC79A7"}
"""Okabe and Ito's palette."""

OTHER_GATE = "#777777"
"""Colour of a gate that an extension declares."""

ACCENT, MUTED, INK = "#D55E00", "#BBBBBB", "#333333"

LOOK: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 7,
    "axes.labelsize": 7,
    "axes.titlesize": 7.5,
    "legend.fontsize": 6.5,
    "legend.title_fontsize": 9.6,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "axes.linewidth": 0.6,
    "lines.linewidth": 0.9,
    "lines.markersize": 4.8,
    "lines.solid_capstyle": "round",
    "patch.linewidth": 0.8,
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "axes.edgecolor": ".15",
    "axes.labelcolor": ".15",
    "text.color": ".15",
    "xtick.color": ".15",
    "ytick.color": ".15",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "grid.color": ".8",
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "neuroswitch",
    "figure.constrained_layout.use": True,
}
"""What differs from Matplotlib's defaults; lengths in points."""

FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
    "png": {"Software": None},
}
"""File format -> metadata that makes two drawings byte-identical."""

INCH, PLACE = 2**-6, 2**-14
"""What a figure's size is a multiple of, in inches, and its panels' places, as a share of it."""


def use() -> None:
    """Set the style for the figures drawn afterwards in this process.

    It begins from Matplotlib's own defaults: a user's `matplotlibrc` changes no figure.
    """
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(LOOK)
    matplotlib.use("agg")


def save(figure: Figure, paths: Iterable[str | Path], mark: str) -> None:
    """Write a figure to each path, in the format of its ending; equal figures, equal bytes.

    `mark` is a line that each file carries unseen: what made it.
    """
    settle(figure)
    # With the placeholder that settling leaves, Matplotlib would draw twice for each file.
    with matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
        for path in map(Path, paths):
            write_atomically(path, partial(_write, figure, path.suffix.removeprefix("."), mark))


def _write(figure: Figure, kind: str, mark: str, path: Path) -> None:
    figure.savefig(path, format=kind, dpi=300, metadata=FORMATS[kind] | {"Keywords": mark})


def settle(figure: Figure) -> None:
    """Lay a figure out for good, with sizes and places that binary fractions hold exactly.

    Matplotlib multiplies them in an order that changes from run to run: where a product is
    rounded, equal figures differ in the last digits, and so in the names that SVG makes of them.
    """
    figure.set_size_inches(*_exact(figure.get_size_inches(), INCH))
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in figure.subfigs:
        part.bbox_relative.bounds = _exact(part.bbox_relative.bounds, PLACE)
    for axes in figure.axes:
        axes.set_position(_exact(axes.get_position(original=True).bounds, PLACE))


def _exact(values: Iterable[float], fraction: float) -> Any:
    return tuple(round(value / fraction) * fraction for value in values)


def letter(axes: Axes, which: int, title: str = "") -> None:
    """Name a panel by its letter, 0 for A, with a title beside it."""
    text = string.ascii_uppercase[which]
    axes.set_title(rf"$\bf{{{text}}}$  {title}", loc="left")


def legend_above(figure: Figure, axes: Axes, title: str) -> None:
    """Put one panel's legend above all panels, its entries side by side."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside upper right",
        ncols=len(labels),
        title=title,
        title_fontsize=6.5,
    )


def logarithmic(axis: Any) -> None:
    """Make an axis logarithmic, with numbers written out at powers of ten, such as 1000."""
    axis._set_axes_scale("log")
    axis.set_major_locator(LogLocator(numticks=12))
    axis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
    axis.set_minor_formatter(NullFormatter())


def error_bars(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return lengths [2, rows], in percent, from a share down to its low and up to its high."""
    return 100 * np.stack([frame[column] - frame["low"], frame["high"] - frame[column]])


def gate_colours(gates: Iterable[str]) -> dict[str, str]:
    """Return our gates with their colours, and after them those among `gates` that are not ours."""
    return GATES | {gate: OTHER_GATE for gate in gates if gate not in GATES}


def gate_colour(gate: object) -> str:
    """Return the colour of a gate."""
    return GATES.get(str(gate), OTHER_GATE)


def family_label(family: str, scale: float) -> str:
    """Return how a figure names a modulator family."""
    name = family.replace("_", "-")
    # near_identity is drawn at two scales: both are named
    return name if scale == 1.0 and family != "near_identity" else f"{name} {scale:g}"
