"""The open choices of universes: their values, and the levels by which tables tell them apart."""

import itertools

import numpy as np
import pandas as pd

from neuroswitch.gates.multiverse.priors import SCALED

CHOICES = (
    "family",
    "scale",
    "shared_modulator",
    "width",
    "loss",
    "batch",
    "learning_rate",
    "mapping_rate",
    "budget",
    "period",
    "initialisation",
    "shared_start",
    "shift",
)
"""What is drawn for a universe. `shift` is v, its size and its distribution: one choice."""

CONDITION_NUMBER = "condition_number"
"""Follows from family, scale and width: shown beside the choices, and none of them."""

CONTINUOUS = ("scale", "learning_rate", "mapping_rate", CONDITION_NUMBER)
"""Drawn from a range, and compared by their logarithms."""

NONE = "none"
"""Level of a choice where there is nothing to choose."""


def values(universes: pd.DataFrame) -> pd.DataFrame:
    """Return the choices of universes, and the condition number beside them.

    Returns
    -------
    one row for each universe, with its number as index; text for what has a name, numbers else.
    The scale is NaN in families whose scale is not drawn
    """
    table = universes.set_index("universe")
    size, distribution = table["bias_shift"], table["shift_distribution"]
    table = table.assign(
        scale=table["scale"].where(table["family"].isin(SCALED)),
        shift=(size.map("{:g}".format) + " " + distribution).where(size > 0, "0"),
        **{name: table[name].map({True: "yes", False: "no"}) for name in _flags(table)},
    )
    return table[[*CHOICES, CONDITION_NUMBER]]


def levels(choice: pd.Series, first: pd.Series | None = None) -> pd.Series:
    """Return the level of each universe as a category; the categories are in their usual order.

    The values of a continuous choice fall into four bins between their quartiles, each of which
    includes its upper end.

    Parameters
    ----------
    first : the same choice in the universes whose quartiles are taken, one or more; without it, in
        all. Numbers beyond their range fall into the outer bins
    """
    drawn = choice.dropna()
    if choice.name not in CONTINUOUS:
        ordered = {value: _text(value) for value in sorted(drawn.unique())}
        names = drawn.map(ordered)
        order = list(ordered.values())
    else:
        known = drawn if first is None else first.dropna()
        edges = np.quantile(known, np.linspace(0, 1, 5)) if len(known) else np.zeros(5)
        ends = [_two_digits(edge) for edge in edges]
        bins = [f"{low} to {high}" for low, high in itertools.pairwise(ends)]
        names = pd.Series(np.array(bins)[np.searchsorted(edges[1:4], drawn)], drawn.index)
        # Where many values are equal, bins can share their ends.
        order = [name for name in dict.fromkeys(bins) if (names == name).any()]
    if len(drawn) < len(choice):
        order.append(NONE)
    names = names.reindex(choice.index, fill_value=NONE).rename(choice.name)
    return names.astype(pd.CategoricalDtype(order, True))


def _flags(table: pd.DataFrame) -> list[str]:
    return [name for name in CHOICES if name in table and table[name].dtype == bool]


def _two_digits(value: float) -> str:
    """Return a number with two significant digits and without an exponent.

    >>> _two_digits(386.0), _two_digits(0.0056)
    ('390', '0.0056')
    """
    return np.format_float_positional(value, 2, unique=False, fractional=False, trim="-")


def _text(value: object) -> str:
    return value if isinstance(value, str) else f"{value:g}"
