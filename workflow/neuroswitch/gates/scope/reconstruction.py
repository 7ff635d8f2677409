"""Which universes come nearest to what paper 1 reports: approximate Bayesian computation.

The report is one network of each kind, or a rounded rate. What it says of a statistic is a range,
or one value, which is a range without width; a universe deviates by how far it lies outside.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims.reported import AND_XOR
from neuroswitch.gates.multiverse import perturbation
from neuroswitch.gates.multiverse.priors import of_rows
from neuroswitch.gates.scope import choices
from neuroswitch.schemas.multiverse import ACCEPTED, NEAREST
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
    "and_xor": Reported(AND_XOR, AND_XOR, 0.08, 'Figure 4C: "approximately 30% success"'),
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
    "accepted",
    reads={"universes": "gates/multiverse/universes"},
    writes={"gates/multiverse/accepted": ACCEPTED},
)
def accepted_universes(universes: pd.DataFrame) -> pd.DataFrame:
    """Return the choices of the universes that the second round begins from (ambiguity A99).

    They are the nearest 1 % to what the paper reports, at least ten.
    """
    chosen = nearest(distances(universes), _accepted_of(len(universes)))
    return _choices(universes, chosen).sort_values("universe", ignore_index=True)


@declare.analysis(
    "reconstruction",
    reads={
        "universes": "gates/multiverse/universes",
        "accepted": "gates/multiverse/accepted",
        "second_round": "gates/rounds/second_round/universes",
    },
    writes={
        "gates/multiverse/distances": DISTANCES,
        "gates/multiverse/posterior": POSTERIOR,
        "gates/multiverse/nearest": NEAREST,
    },
)
def reconstruct(
    universes: pd.DataFrame, accepted: pd.DataFrame, second_round: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return the tables `distances`, `posterior` and `nearest` (ambiguities A99 and A110).

    The distance of a universe is the sum of the deviations of its statistics from REPORTED. Of both
    rounds together as many are accepted as of the first alone, and these are nearer. Their
    weights make up for the second round: they are those of draws from the priors (`weights`).
    """
    both = pd.concat([universes, second_round], ignore_index=True)
    found = distances(both)
    near = nearest(found, len(accepted))
    chosen = choices.values(both)
    first = universes["universe"].to_numpy()
    counts = pd.DataFrame(0.0, chosen.index, ["prior", "first", "posterior"])
    counts.loc[first, "prior"] = 1.0
    counts.loc[accepted["universe"], "first"] = 1.0
    weight = pd.Series(weights(both, accepted, len(first)), chosen.index)
    counts.loc[near, "posterior"] = weight[near]
    return {
        "distances": found.assign(
            round=np.where(np.isin(found["universe"], first), 1, 2),
            accepted=found["universe"].isin(near),
        ),
        "posterior": pd.concat(
            [
                _posterior(choices.levels(chosen[name], chosen.loc[first, name]), counts)
                for name in chosen
            ],
            ignore_index=True,
        ),
        "nearest": _choices(both, near[:1]),
    }


def distances(universes: pd.DataFrame) -> pd.DataFrame:
    """Return the distance of each universe to the report, and its terms."""
    statistics = statistics_of(universes)
    terms = pd.DataFrame({name: deviation(statistics[name], REPORTED[name]) for name in REPORTED})
    return terms.assign(distance=terms.sum(axis=1)).reset_index()


def nearest(found: pd.DataFrame, count: int) -> np.ndarray:
    """Return the numbers of the universes nearest to the report; of equal ones the first."""
    order = found.sort_values(["distance", "universe"], kind="stable")
    numbers: np.ndarray = order["universe"].to_numpy()[:count]
    return numbers


def weights(universes: pd.DataFrame, accepted: pd.DataFrame, first: int) -> np.ndarray:
    """Return the weight of each universe of two rounds, as of one draw from the priors.

    Both rounds together are a sample of a mixture: `first` universes come from the priors, the
    others from the kernel around the accepted ones. A universe counts as much as the priors make it
    more probable than the mixture does.

    Source: Owen and Zhou, J. Am. Stat. Assoc. 95 (2000), on samples of a mixture.
    """
    around = perturbation.kernel(of_rows(accepted))
    ratio = perturbation.over_prior(around, of_rows(universes))
    found: np.ndarray = len(universes) / (first + (len(universes) - first) * ratio)
    return found


def _accepted_of(universes: int) -> int:
    return max(FEWEST_ACCEPTED, int(np.ceil(ACCEPTED_SHARE * universes)))


def _choices(universes: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """Return the choices alone of some universes, in the order of the numbers."""
    own = universes.set_index("universe", drop=False).loc[numbers, NEAREST.names]
    return own.reset_index(drop=True)


def _posterior(level: pd.Series, weights: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the weights that each level has, in each of some samples of universes.

    Its interval is Wilson's, of as many universes as would have the same variance with equal
    weights (Kish, Survey Sampling, 1965).

    Parameters
    ----------
    weights [universes, samples] : 0 where a universe is not in the sample
    """
    names = list(level.cat.categories)
    table = pd.DataFrame({"choice": level.name, "level": names, "position": range(len(names))})
    for column, own in weights.items():
        share = own.groupby(level, observed=False).sum().loc[names].to_numpy() / own.sum()
        share = share.clip(max=1)  # Two ways to add up the same weights can differ by rounding.
        size = np.full(len(names), _effective(own))
        low, high = wilson_interval(share * size, size)
        table = table.assign(**{column: share, f"{column}_low": low, f"{column}_high": high})
    counted = (weights > 0).sum()
    return table.assign(
        universes=counted["prior"],
        accepted=counted["first"],
        effective=_effective(weights["posterior"]),
    )


def _effective(weights: pd.Series) -> float:
    """Return how many equal weights would give a share the same variance."""
    return float(weights.sum() ** 2 / (weights**2).sum())
