"""Maps of success over width and learning rate that the figures of the sweep share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from neuroswitch.figures import style

PAIRS = ("AND/OR", "AND/XOR")

BAND = (0.2, 0.4)
SOLVED = 0.9
"""The paper's result: AND/XOR near 30 %, in this band, where AND/OR is solved."""

COLOURS = "cividis"
MISSING: dict[str, Any] = {
    "facecolor": "#F2F2F2",
    "edgecolor": "#BBBBBB",
    "hatch": "////",
    "linewidth": 0,
}

LOSSES = {"mean_squared_error": "squared error", "cross_entropy": "cross-entropy"}
BATCHES = {
    "full": "full batch",
    "single": "one pattern at a time",
    "ordered": "one pattern at a time, in order",
}


@dataclass(frozen=True)
class Grid:
    """The widths and learning rates of every map, ascending."""

    widths: tuple[int, ...]
    rates: tuple[float, ...]

    @classmethod
    def of(cls, sweep: pd.DataFrame) -> "Grid":
        return cls(
            tuple(sorted(sweep["width"].unique())), tuple(sorted(sweep["learning_rate"].unique()))
        )

    def place(self, width: int, rate: float) -> tuple[int, int]:
        """Return column and row of a cell."""
        return self.widths.index(width), self.rates.index(rate)


def retrained(sweep: pd.DataFrame) -> pd.DataFrame:
    """Return the rates after retraining, the paper's notion of success."""
    return sweep[sweep["notion"] == "after_retraining"]


def by_condition_number(sweep: pd.DataFrame) -> list[tuple[str, float]]:
    """Return families and their scales, the best conditioned first."""
    medians = sweep.groupby(["family", "scale"])["median_condition_number"].median()
    return list(medians.sort_values(kind="stable").index)


def table_of(cells: pd.DataFrame, pair: str, grid: Grid) -> np.ndarray:
    """Return rates [learning rates, widths]; NaN for a cell that was not trained."""
    own = cells[cells["tasks"] == pair].pivot(index="learning_rate", columns="width", values="rate")
    return own.reindex(index=grid.rates, columns=grid.widths).to_numpy(float)


def in_band(cells: pd.DataFrame, grid: Grid) -> np.ndarray:
    """Return which cells [learning rates, widths] agree with the paper's two rates."""
    easy, hard = (table_of(cells, pair, grid) for pair in PAIRS)
    return (easy >= SOLVED) & (hard >= BAND[0]) & (hard <= BAND[1])


def cell(choices: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cell of some choices that may be lists: the first of each."""
    axes = ("width", "learning_rate", "loss", "batch")
    return choices["modulator"][0] | {axis: choices[axis][0] for axis in axes}


def draw_map(
    axes: Axes,
    cells: pd.DataFrame,
    pair: str,
    grid: Grid,
    primary: Mapping[str, Any] | None = None,
) -> None:
    """Draw the rates of one pair over the grid, in percent.

    cells : of one family, loss and batch; cells that are absent are hatched
    primary : its cell is marked, where it lies in this map
    """
    rates = table_of(cells, pair, grid)
    shape = (len(grid.rates), len(grid.widths))
    axes.add_patch(Rectangle((-0.5, -0.5), shape[1], shape[0], zorder=0, **MISSING))
    axes.imshow(
        np.ma.masked_invalid(rates), cmap=COLOURS, vmin=0, vmax=1, origin="lower", aspect="auto"
    )
    band = in_band(cells, grid)
    for row, column in np.argwhere(np.isfinite(rates)):
        rate = rates[row, column]
        axes.text(
            column,
            row,
            f"{100 * rate:.0f}",
            ha="center",
            va="center_baseline",
            fontsize=5,
            color="white" if rate < 0.55 else "black",
        )
        if band[row, column]:
            _frame(axes, column, row)
    if primary is not None:
        column, row = grid.place(primary["width"], primary["learning_rate"])
        axes.plot(column - 0.3, row + 0.28, "*", ms=5, mew=0.4, mfc="white", mec="black")
    axes.set_xticks(range(shape[1]), [f"{width}" for width in grid.widths])
    axes.set_yticks(range(shape[0]), [f"{rate:g}" for rate in grid.rates])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def slice_label(chosen: Mapping[str, Any], sweep: pd.DataFrame) -> str:
    """Return which part of the sweep is shown, and how many runs a cell has."""
    return (
        f"{LOSSES[chosen['loss']]}, {BATCHES[chosen['batch']]}; {sweep['runs'].iloc[0]} runs a cell"
    )


def explain(figure: Figure, panels: np.ndarray, shown: str) -> None:
    """Add the scale of colours, and a legend of the marks, titled by what is shown."""
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 100), COLOURS), ax=panels, shrink=0.4, aspect=30, pad=0.01
    )
    bar.set_label("runs that succeed after retraining (%)")
    bar.outline.set_visible(False)  # type: ignore[operator]
    star = figure.axes[0].plot([], [], "*", ms=5, mew=0.4, mfc="white", mec="black")[0]
    low, high = (round(100 * edge) for edge in BAND)
    figure.legend(
        [star, Patch(facecolor="none", edgecolor=style.ACCENT), Patch(**MISSING)],
        [
            "primary choice",
            f"as in the paper: AND/XOR {low} to {high} %, AND/OR {100 * SOLVED:.0f} % or more",
            "not trained",
        ],
        loc="outside upper right",
        ncols=3,
        title=shown,
        title_fontsize=6.5,
    )


def _frame(axes: Axes, column: int, row: int) -> None:
    side = 0.88
    corner = (column - side / 2, row - side / 2)
    axes.add_patch(Rectangle(corner, side, side, fill=False, edgecolor=style.ACCENT, linewidth=1.1))
