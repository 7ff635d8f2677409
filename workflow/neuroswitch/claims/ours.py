"""Hypotheses of this project: a function each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from neuroswitch import declare, index
from neuroswitch.claims import judging, outcomes, statistics
from neuroswitch.claims.outcomes import SUPPORTED
from neuroswitch.claims.paper1 import MAPPING_RATE
from neuroswitch.claims.parts import Part, beside, judged, shown
from neuroswitch.claims.samples import (
    by_run,
    correct_share,
    require_different,
    require_same,
    select,
    with_median_above,
)
from neuroswitch.claims.statistics import above, at_least


@declare.claim(
    "X1",
    place="ours",
    statement="Switching is limited by carrying updates back with M^-1, and not by the fixed "
    "transformation",
    reported="none",
    criterion="two things hold at learning rates 0.01 and 0.03. For every family of M whose median "
    "condition number is above {ill:g}, AND/OR succeeds more often with M^T than with M^-1, from "
    "the same starts. And with M^T, at least {nearly_all:.0%} of runs succeed in every family",
    thresholds={"ill": 10, "nearly_all": 0.98},
    reads={"runs": "gates/modulators/runs"},
)
def inverse_pullback_limits_switching(
    runs: pd.DataFrame, ill: float, nearly_all: float, rng: np.random.Generator
) -> Iterator[Part]:
    modulator = runs["family"] + " " + runs["scale"].map("{:g}".format)
    runs = runs.assign(modulator=modulator.str.replace("_", " "))
    for rate in (0.01, 0.03):
        and_or = select(runs, tasks="AND/OR", learning_rate=rate)
        transpose, inverse = (select(and_or, pullback=name) for name in ("transpose", "inverse"))
        for name, rows in with_median_above(inverse, "modulator", "condition_number", ill).groupby(
            "modulator"
        ):
            other = by_run(select(transpose, modulator=name), "solved")
            yield judged(
                f"{name}, M^T minus M^-1, learning rate {rate:g}",
                statistics.rate_difference(other, by_run(rows, "solved"), above(0), rng),
                f"With M {name} and learning rate {rate:g}, M^T instead of M^-1 changes the "
                "success rate of AND/OR by {value}.",
                "points",
            )
        for name, rows in transpose.groupby("modulator"):
            yield judged(
                f"{name}, M^T, learning rate {rate:g}",
                statistics.rate(rows["solved"], at_least(nearly_all)),
                f"With M {name}, M^T and learning rate {rate:g}, {{value}} of runs succeed at "
                "AND/OR.",
                "%",
            )


@declare.claim(
    "X2",
    place="ours",
    statement="The reported success rate of AND/XOR, 30 %, depends on how long one trains",
    reported="none",
    criterion="the success rate after 5000 cycles minus that after 500, from the same starts, is "
    "above {gain:.0%} of the runs",
    thresholds={"gain": 0.3},
    reads={"long": "gates/budget/runs", "primary": "gates/pairs/runs"},
)
def success_of_and_xor_is_a_matter_of_budget(
    long: pd.DataFrame, primary: pd.DataFrame, gain: float, rng: np.random.Generator
) -> Iterator[Part]:
    long, primary = select(long, tasks="AND/XOR"), select(primary, tasks="AND/XOR")
    network = ("layers", "width", "loss", "batch", "initialisation", "learning_rate", "stream")
    modulation = ("period", "family", "scale", "pullback", "bias_shift")
    require_same((*network, *modulation), long, primary)
    require_different(("cycles",), long, primary)
    yield judged(
        "success rate of AND/XOR, ten times the cycles minus primary",
        statistics.rate_difference(
            by_run(long, "solved"), by_run(primary, "solved"), above(gain), rng
        ),
        "Ten times the cycles change the success rate of AND/XOR by {value}.",
        "points",
    )
    for words, runs in (("primary", primary), ("ten times the cycles", long)):
        yield beside(
            f"success rate of AND/XOR, {words}", statistics.rate(runs["solved"], above(gain)), "%"
        )


@declare.claim(
    "X3",
    place="ours",
    statement="The published angle score calls right answers near +-90 degrees wrong",
    reported="none",
    criterion="in the median network, more than {noticed:.0%} of the answers to Memory-Anti that "
    "are right by the corrected score are wrong by the published one",
    thresholds={"noticed": 0.01},
    variants=("as_published", "one_protocol"),
    reads={"scores": "rnn/multitask_{variant}/task_scores"},
)
def published_score_misjudges_right_answers(scores: pd.DataFrame, noticed: float) -> Iterator[Part]:
    own = select(scores, phase="retraining", subtask="memory_anti")
    own = own[own["correct_corrected"] > 0]
    share = own["misjudged"] / own["correct_corrected"]
    yield judged(
        "right answers called wrong",
        statistics.median(share, above(noticed)),
        "The published score calls {value} of the right answers to Memory-Anti wrong.",
        "%",
    )
    for network, rows in select(scores, phase="retraining", subtask="memory_anti").groupby(
        "network"
    ):
        gain = correct_share(rows, "correct_published") - correct_share(rows, "correct_corrected")
        yield beside(
            f"published minus corrected score, {network}",
            statistics.median(gain, above(0)),
            "points",
        )


@declare.claim(
    "X4",
    place="ours",
    statement="The factor 1/N explains part of the NM-RNN's lead over the low-rank RNN",
    reported="none",
    criterion="the median loss on extrapolated intervals of the low-rank RNN with 1/N minus that "
    "without is above 0",
    variants=("one_protocol",),
    reads={"losses": "rnn/measure_wait_go_{variant}/timing_losses"},
)
def factor_explains_part_of_the_lead(
    losses: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    divided, undivided = (
        select(losses, network=network)["extrapolated_loss"]
        for network in ("lr_rnn", "lr_rnn_undivided")
    )
    yield judged(
        "low-rank RNN with 1/N minus without",
        statistics.difference_of_medians(divided, undivided, above(0), rng),
        "The factor 1/N changes the low-rank RNN's median loss on extrapolated intervals by "
        "{value} (mean squared error).",
    )


@declare.claim(
    "X5",
    place="ours",
    statement="Gates form clusters modulo symmetry that raw parameters hide",
    reported="none",
    criterion="the share of networks whose 5 nearest networks have their own gate most often is "
    "higher modulo symmetry than by raw parameters, for AND, OR and XOR, with two layers "
    "and with four",
    reads={
        "two": "gates/mapping_two_layers/neighbour_votes",
        "four": "gates/mapping_four_layers/neighbour_votes",
    },
)
def clusters_exist_modulo_symmetry(
    two: pd.DataFrame, four: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    for layers, votes in (("two", two), ("four", four)):
        for gate in ("AND", "OR", "XOR"):
            symmetry, raw = (
                by_run(
                    select(votes, learning_rate=0.5, coordinates=coordinates, gate=gate), "right"
                )
                for coordinates in ("symmetry", "raw")
            )
            yield judged(
                f"{gate}, {layers} layers",
                statistics.rate_difference(symmetry, raw, above(0), rng),
                f"Modulo symmetry, the share of {gate} networks with {layers} layers whose "
                "neighbours have their gate most often changes by {value}.",
                "points",
            )


TOGETHER: Mapping[str, Sequence[str]] = {
    "S2": ("*, PC 1-3*", "*, parameters modulo symmetry*"),
    "S4": ("*",),
    "S5": ("*",),
    "S9": ("*, equal cycles",),
    "S10": ("*",),
    "S13": ("*",),
    "S14": ("*",),
    "S16": ("*",),
}
"""Claim behind Figures 2, 3 and 4 -> patterns of labels. It holds where all of its parts that one
of the patterns names are supported."""


@declare.claim(
    "X6",
    place="ours",
    statement="Some setting of the open choices gives Figures 2, 3 and 4 together",
    reported="none",
    criterion="in at least one universe, S2 (by PC 1-3 or modulo symmetry), S4, S5, S9 (at equal "
    "cycles), S10, S13, S14 and S16 are all supported, where the universes drawn near the paper's "
    "numbers count too. And each of these claims is supported by fresh runs at the reconstructed "
    "setting, which is the universe nearest to the paper's numbers. Where they do not confirm it, "
    "that is inconclusive, because another setting still may",
    reads={
        "universes": ["gates/multiverse/parts", "gates/rounds/second_round/parts"],
        "setting": "gates/reconstructed/setting",
        "votes": "gates/reconstructed/mapping/neighbour_votes",
        "pairs": "gates/reconstructed/pairs/runs",
        "tasks": "gates/reconstructed/pairs/tasks",
        "periods": "gates/reconstructed/periods_equal_cycles/runs",
        "equal_cycles": "gates/reconstructed/periods_equal_cycles/tasks",
        "equal_epochs": "gates/reconstructed/periods_equal_epochs/tasks",
        "unmodulated": "gates/reconstructed/unmodulated/runs",
    },
)
def some_setting_gives_figures_together(
    universes: pd.DataFrame,
    setting: pd.DataFrame,
    votes: pd.DataFrame,
    pairs: pd.DataFrame,
    tasks: pd.DataFrame,
    periods: pd.DataFrame,
    equal_cycles: pd.DataFrame,
    equal_epochs: pd.DataFrame,
    unmodulated: pd.DataFrame,
    rng: np.random.Generator,
) -> Iterator[Part]:
    held = in_universes(universes)
    together = held.all(axis=1)
    # Its p-value is that of a share above 0; as a share it would mean little, because some
    # universes are drawn near the paper's numbers.
    count = replace(
        statistics.rate(together, above(0)),
        value=float(together.sum()),
        low=np.nan,
        high=np.nan,
        interval="none",
    )
    yield judged(
        "universes in which all eight claims are supported",
        count,
        "{value} of {n} support all eight claims at once.",
        "universes",
    )
    own = held.loc[setting["universe"].iloc[0]]
    label = "of these claims, supported in the nearest universe"
    yield beside(label, shown(own.sum(), len(own)), "claims")
    mapped = votes.assign(learning_rate=MAPPING_RATE)
    fresh = {
        "gates/mapping_two_layers/neighbour_votes": select(mapped, layers=2),
        "gates/mapping_four_layers/neighbour_votes": select(mapped, layers=4),
        "gates/pairs/runs": pairs,
        "gates/pairs/tasks": tasks,
        "gates/periods_equal_cycles/runs": periods,
        "gates/periods_equal_cycles/tasks": equal_cycles,
        "gates/periods_equal_epochs/tasks": equal_epochs,
        "gates/unmodulated/runs": unmodulated,
    }
    usual = {"usual": setting["period"].iloc[0]}
    for claim, patterns in TOGETHER.items():
        declared = index.get("claim", claim)
        found = judging.measured(declared, "none", fresh.__getitem__, rng, usual).parts
        for part in best_group(found, patterns):
            yield replace(
                part,
                label=f"{claim}: {part.label.format(**usual)}",
                says=part.says and f"At the reconstructed setting ({claim}): {part.says}",
                # One setting cannot contradict that some setting does it.
                estimate=replace(part.estimate, p_contradicted=1.0),
            )


def in_universes(parts: pd.DataFrame) -> pd.DataFrame:
    """Return which claims of TOGETHER hold in each universe, bool [universes, claims].

    Parameters
    ----------
    parts : of claims in universes (schemas.multiverse.PARTS); a claim that was not testable in a
        universe does not hold there
    """
    numbers = pd.Index(parts["universe"].unique(), name="universe")
    table = {}
    for claim, patterns in TOGETHER.items():
        own = parts[parts["claim"] == claim]
        ways = []
        for pattern in patterns:
            named = own[[fnmatchcase(label, pattern) for label in own["label"]]]
            supported = (named["outcome"] == SUPPORTED).groupby(named["universe"]).all()
            ways.append(supported.reindex(numbers, fill_value=False))
        table[claim] = np.any(ways, axis=0)
    return pd.DataFrame(table, numbers)


def best_group(parts: Sequence[Part], patterns: Sequence[str]) -> list[Part]:
    """Return the parts that one pattern of labels names, that of the best outcome.

    Each of them counts as that many tests. A claim that is not testable has one part, which is
    returned.
    """
    groups = [
        [p for p in parts if p.role == "judged" and fnmatchcase(p.label, pattern)]
        for pattern in patterns
    ]
    if not all(groups):
        return list(parts)
    order = list(outcomes.OUTCOMES)

    def badness(group: Sequence[Part]) -> tuple[int, float]:
        decisive = outcomes.worst(outcomes.decide({"": group})[""])
        return order.index(decisive.outcome), float(np.nan_to_num(decisive.p))

    return [replace(part, tests=len(groups)) for part in min(groups, key=badness)]
