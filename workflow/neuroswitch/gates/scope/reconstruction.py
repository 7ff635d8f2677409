"""Which universes come nearest to what paper 1 reports: approximate Bayesian computation.

The report is one network of each kind, or a rounded rate. What it says of a statistic is a range,
or one value, which is a range without width; a universe deviates by how far it lies outside.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.gates.scope import choices
from neuroswitch.schemas.scope import DISTANCES, POSTERIOR
from neuroswitch.statistics import wilson_interval

ACCEPTED_SHARE = 0.01
FEWEST_ACCEPTED = 10

LARGEST = 10.0
"""A term counts no more tolerances than this; nor less where the statistic is missing."""


@dataclass(frozen=True)
class Reported:
    """What paper 1 reports: a statistic is at least `low` and at most `high`.

    `tolerance` is the unit of deviations, in the unit of the statistic.
    """

    low: float
    high: float
    tolerance: float
    source: str


REPORTED = {
    "peak_3": Reported(0.15, 0.15, 0.03, 'section 3: low periods "stabilize at 0.15"'),
    "peak_30": Reported(0.20, 0.20, 0.04, 'section 3: "the peak loss, stabilizing at 0.2"'),
    "drift_3": Reported(0.0, 0.1, 0.1, "the same sentence; settled within 10 %, as for S9"),
    "drift_30": Reported(0.0, 0.1, 0.1, "the same sentence; settled within 10 %, as for S9"),
    "held_2500": Reported(
        1.0, 1.0, 0.1, 'section 3, Figure 3D: "after 500 switching cycles, or 2500 total epochs"'
    ),
    "cycles_ratio": Reported(
        0.0, 0.8, 0.2, 'section 3: "100% performance in fewer cycles than at low switch periods"'
    ),
    "and_or": Reported(0.9, 1.0, 0.1, "Figure 4C: a higher rate than that of AND/XOR"),
    "and_xor": Reported(0.3, 0.3, 0.08, 'Figure 4C: "approximately 30% success"'),
    "xor_alone": Reported(0.3, 0.9, 0.1, 'section 3: XOR "often fails even without modulation"'),
    "xor_margin_pcs": Reported(0.0, 1.0, 0.1, 'Figure 2: XOR occupies "a distinct region"'),
}
"""Statistic -> report. The tolerance of `and_xor` is the standard error of 30 % in 30 runs."""

CHANCE = 0.25
"""Recall of XOR among four gates by chance."""


def statistics_of(universes: pd.DataFrame) -> pd.DataFrame:
    """Return the statistics of universes that REPORTED has a report of, [universes, statistics].

    `cycles_ratio` is the first cycle at 100 % at period 30 over the earlier one of periods 3 and
    10; NaN where none of them comes to 100 %. `xor_margin_pcs` is the recall of XOR in PC 1-3 minus
    the recall of the other gates or minus chance, whichever is larger.
    """
    table = universes.set_index("universe")
    earlier = table[["first_3", "first_10"]].min(axis=1)
    # Infinity over infinity is NaN: neither ever came to 100 %.
    with np.errstate(invalid="ignore"):
        ratio = table["first_30"] / earlier
    compared = table["others_recall_pcs"].clip(lower=CHANCE)
    table = table.assign(cycles_ratio=ratio, xor_margin_pcs=table["xor_recall_pcs"] - compared)
    return table[list(REPORTED)].astype(float)


def deviation(statistic: pd.Series, reported: Reported) -> pd.Series:
    """Return how far a statistic lies outside of its report, in tolerances, from 0 to LARGEST.

    >>> deviation(pd.Series([0.15, 0.09, 5.0]), REPORTED["peak_3"]).round(6).tolist()
    [0.0, 2.0, 10.0]
    """
    outside = np.maximum(reported.low - statistic, statistic - reported.high)
    return (outside / reported.tolerance).clip(0, LARGEST).fillna(LARGEST)


@declare.analysis(
    "reconstruction",
    reads={"universes": "gates/multiverse/universes"},
    writes={
        "gates/multiverse/distances": DISTANCES,
        "gates/multiverse/posterior": POSTERIOR,
    },
)
def reconstruct(universes: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables `distances` and `posterior` (ambiguity A99).

    The distance of a universe is the sum of the deviations of its statistics from REPORTED. The
    nearest 1 % of universes are accepted, at least ten; of equal ones the first.
    """
    found = distances(universes)
    chosen = choices.values(universes).loc[found["universe"]]
    accepted = found["accepted"].to_numpy()
    return {
        "distances": found,
        "posterior": pd.concat(
            [_posterior(choices.levels(chosen[name]), accepted) for name in chosen],
            ignore_index=True,
        ),
    }


def distances(universes: pd.DataFrame) -> pd.DataFrame:
    """Return the distance of each universe to the report, its terms, and whether it is accepted."""
    statistics = statistics_of(universes)
    terms = pd.DataFrame({name: deviation(statistics[name], REPORTED[name]) for name in REPORTED})
    distance = terms.sum(axis=1)
    nearest = distance.sort_index().sort_values(kind="stable").index
    number = max(FEWEST_ACCEPTED, int(np.ceil(ACCEPTED_SHARE * len(distance))))
    accepted = distance.index.isin(nearest[:number])
    return terms.assign(distance=distance, accepted=accepted).reset_index()


def _posterior(level: pd.Series, accepted: np.ndarray) -> pd.DataFrame:
    """Return the shares of levels among all universes, and among the accepted ones."""
    names = list(level.cat.categories)
    table = pd.DataFrame({"choice": level.name, "level": names, "position": range(len(names))})
    for share, own in (("prior", level), ("posterior", level[accepted])):
        counts = own.value_counts().reindex(names).to_numpy()
        low, high = wilson_interval(counts, np.full(len(names), len(own)))
        table = table.assign(
            **{share: counts / len(own), f"{share}_low": low, f"{share}_high": high}
        )
    return table.assign(universes=len(level), accepted=int(accepted.sum()))
