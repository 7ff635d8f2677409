"""How figures show the ways in which a network is told which of many tasks it has."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from neuroswitch.figures import style

LOOKS = {
    "library_orthogonal": ("library, orthogonal", "#0072B2", "o", "-"),
    "library_signed_permutation": ("library, signed permutation", "#56B4E9", "o", "-"),
    "library_near_identity": ("library, near-identity", "#009E73", "o", "-"),
    "library_near_identity_transpose": (r"library, near-identity, $M^T$", "#009E73", "o", "--"),
    "library_diagonal": ("library, diagonal", "#999933", "o", "-"),
    "library_diagonal_transpose": (r"library, diagonal, $M^T$", "#999933", "o", "--"),
    "library_gaussian": ("library, Gaussian", "#882255", "o", "-"),
    "library_gaussian_transpose": (r"library, Gaussian, $M^T$", "#882255", "o", "--"),
    "library_per_layer_orthogonal": ("library, orthogonal, of each layer", "#332288", "o", "-"),
    "powers_orthogonal": ("powers, orthogonal", "#0072B2", "s", ":"),
    "powers_near_identity": ("powers, near-identity", "#009E73", "s", ":"),
    "superposition": ("superposition", "#CC79A7", "^", "-"),
    "signs": ("superposition, signs", "#CC79A7", "^", "--"),
    "gated_units": ("gated units", "#E69F00", "v", "-"),
    "scaled_units": ("scaled units", "#E69F00", "v", "--"),
    "extra_input": ("extra inputs", "#D55E00", "D", "-"),
    "matched_extra_input": ("extra inputs, equal size", "#D55E00", "D", "--"),
    "separate": ("separate networks", "#777777", "P", "-"),
}
"""Method -> label, colour, marker and line."""


def known(methods: Iterable[str]) -> list[str]:
    """Return those of our methods that are among some, in our order, and then the others."""
    found = list(dict.fromkeys(methods))
    return [name for name in LOOKS if name in found] + [n for n in found if n not in LOOKS]


def look(method: str) -> tuple[str, str, str, str]:
    """Return label, colour, marker and line of a method, one of the configuration's own too."""
    return LOOKS.get(method, (method.replace("_", " "), style.INK, "x", "-"))


def lines(
    axes: Axes,
    table: pd.DataFrame,
    methods: Sequence[str],
    x: str,
    y: str,
    scale: float = 1,
    apart: float = 0,
) -> None:
    """Plot y of each method against x, with its interval from `low` to `high`, times a scale.

    `apart` is by which share of x methods are drawn beside each other, so that intervals of one x
    can be told apart.
    """
    for place, method in enumerate(methods):
        own = table[table["method"] == method].sort_values(x)
        own = own[np.isfinite(own[y])]
        own = own.assign(**{x: own[x] * (1 + apart) ** (place - (len(methods) - 1) / 2)})
        label, colour, marker, dashes = look(method)
        ends = np.stack([own[y] - own["low"], own["high"].where(np.isfinite(own["high"])) - own[y]])
        axes.errorbar(
            own[x],
            scale * own[y],
            yerr=scale * np.maximum(np.nan_to_num(ends), 0),
            color=colour,
            marker=marker,
            ls=dashes,
            ms=3.2,
            lw=0.9,
            elinewidth=0.6,
            label=label,
        )
