"""Hypotheses of this project, each judged by its own function."""

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims.criteria import (
    Finding,
    best,
    labelled,
    mean_difference,
    median_difference,
    rate,
)
from neuroswitch.claims.samples import (
    by_run,
    correct_share,
    require_different,
    require_same,
    select,
    with_median_above,
)


@declare.claim(
    "X1",
    statement="The pull-back M^-1, not the fixed transformation, limits switching",
    reported="none",
    quantity="AND/OR",
    criterion=(
        "AND/OR success with M^T minus with M^-1, paired by run, > 0 for every family with a "
        "median condition number above 10, and the rate with M^T >= 0.98 for every family"
    ),
    reads={"runs": "gates/modulators/runs"},
)
def inverse_pullback_limits_switching(
    runs: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the rate of success with M^T against that with M^-1, and by itself."""
    modulator = runs["family"] + " " + runs["scale"].map("{:g}".format)
    and_or = select(runs.assign(modulator=modulator), tasks="AND/OR", learning_rate=0.01)
    transpose, inverse = (select(and_or, pullback=name) for name in ("transpose", "inverse"))
    left, right = (
        by_run(
            with_median_above(one, "modulator", "condition_number", 10),
            "retrained_success",
            "modulator",
        )
        for one in (transpose, inverse)
    )
    better = mean_difference(left, right, rng, above=0)
    reliable = rate(by_run(transpose, "retrained_success", "modulator"), at_least=0.98)
    return [
        *labelled("rate with M^T minus with M^-1", better),
        *labelled("rate with M^T", reliable),
    ]


@declare.claim(
    "X2",
    statement="The 30 % of AND/XOR is a budget",
    reported="none",
    quantity="success rate of AND/XOR, 5000 minus 500 cycles",
    criterion=("rate at 5000 cycles minus at 500, paired by run, primary configuration, > 0.3"),
    reads={"long": "gates/budget/runs", "primary": "gates/pairs/runs"},
)
def success_of_and_xor_is_a_matter_of_budget(
    long: pd.DataFrame, primary: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the rate of success with ten times the cycles minus the primary one, run by run."""
    long, primary = select(long, tasks="AND/XOR"), select(primary, tasks="AND/XOR")
    network = ("layers", "width", "loss", "batch", "initialisation", "learning_rate", "stream")
    modulation = ("period", "family", "scale", "pullback", "bias_shift")
    require_same((*network, *modulation), long, primary)
    require_different(("cycles",), long, primary)
    return mean_difference(
        by_run(long, "retrained_success"), by_run(primary, "retrained_success"), rng, above=0.3
    )


@declare.claim(
    "X3",
    statement="The published angle score hides confusion of Pro and Anti",
    reported="none",
    quantity="published minus corrected score",
    criterion=(
        "published minus corrected score on Memory-Anti after retraining, paired, > 0 for at "
        "least one network"
    ),
    variants=["published", "corrected"],
    reads={"scores": "rnn/multitask_{variant}/task_scores"},
)
def published_score_hides_confusion_of_pro_and_anti(
    scores: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the published score minus the corrected one, of the network that differs most."""
    retrained = select(scores, phase="retraining", subtask="memory_anti")
    published, corrected = (
        correct_share(retrained, name) for name in ("correct_published", "correct_corrected")
    )
    return best(median_difference(published, corrected, rng, above=0))


@declare.claim(
    "X4",
    statement="The factor 1/N explains part of the NM-RNN's lead over the low-rank RNN",
    reported="none",
    quantity="loss on extrapolated intervals",
    criterion="extrapolated loss of the low-rank RNN with 1/N minus without, paired, > 0",
    variants=["corrected"],
    reads={"losses": "rnn/measure_wait_go_{variant}/timing_losses"},
)
def factor_explains_part_of_the_lead(
    losses: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the low-rank RNN's loss with the factor 1/N minus that without."""
    divided, undivided = (
        by_run(select(losses, network=network), "extrapolated_loss")
        for network in ("lr_rnn", "lr_rnn_undivided")
    )
    return median_difference(divided, undivided, rng, above=0)
