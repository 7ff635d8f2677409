"""The claims of paper 2, the neuromodulated RNN, each judged by its own function."""

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims.criteria import (
    Finding,
    best,
    difference_of_medians,
    labelled,
    median,
    median_difference,
    median_ratio,
    median_within,
    rate,
    spread_of_medians,
)
from neuroswitch.claims.samples import OF_VARIANT, by_run, correct_share, select

BOTH = ("published", "corrected")

TIMING_LOSSES = "rnn/measure_wait_go_{variant}/timing_losses"
TASK_SCORES = "rnn/multitask_{variant}/task_scores"

ACCURATE = ["nm_rnn", "rnn", "lstm"]
"""Networks that the paper finds accurate."""


@declare.claim(
    "N1",
    paper=2,
    place="Fig 3C, rebuttal A",
    statement=(
        "NM-RNN, RNN and LSTM train accurately on Measure-Wait-Go, and the low-rank RNN is worse"
    ),
    reported="figure only",
    quantity="loss on trained intervals",
    criterion=(
        "median loss on trained intervals < 0.00095 (a ramp locked to go) for each of the "
        "three, and the low-rank RNN's median above each of them"
    ),
    variants=BOTH,
    reads={"losses": TIMING_LOSSES},
)
def three_networks_train_accurately_on_intervals(
    losses: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the loss of the three networks, and the low-rank RNN's against each of them."""
    three = by_run(select(losses, network=ACCURATE), "trained_loss", "network")
    low_rank = by_run(select(losses, network="lr_rnn"), "trained_loss", "network")
    return [
        *median(three, rng, below=0.00095),
        *difference_of_medians(low_rank, three, rng, above=0),
    ]


@declare.claim(
    "N2",
    paper=2,
    place="rebuttal A",
    statement="The LSTM has the lowest median loss on trained intervals",
    reported='"on trained intervals, the LSTM achieves the lowest median L2 loss"',
    quantity="loss on trained intervals",
    criterion="median over seeds of the LSTM's loss minus each other network's < 0",
    variants=BOTH,
    reads={"losses": TIMING_LOSSES},
)
def lstm_has_the_lowest_loss_on_trained_intervals(
    losses: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the LSTM's loss minus each other network's."""
    lstm = by_run(select(losses, network="lstm"), "trained_loss", "network")
    others = select(losses, network=["nm_rnn", "lr_rnn", "rnn"])
    return median_difference(lstm, by_run(others, "trained_loss", "network"), rng, below=0)


@declare.claim(
    "N3",
    paper=2,
    place="Fig 3C, rebuttal A",
    statement="The NM-RNN has the lowest median loss on extrapolated intervals",
    reported='"on the extrapolated intervals the NM-RNN achieves the lowest median loss"',
    quantity="loss on extrapolated intervals",
    criterion="median over seeds of the NM-RNN's loss minus each other network's < 0",
    variants=BOTH,
    reads={"losses": TIMING_LOSSES},
)
def nm_rnn_has_the_lowest_loss_on_extrapolated_intervals(
    losses: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the NM-RNN's loss minus each other network's."""
    nm_rnn = by_run(select(losses, network="nm_rnn"), "extrapolated_loss", "network")
    others = select(losses, network=["lr_rnn", "rnn", "lstm"])
    return median_difference(nm_rnn, by_run(others, "extrapolated_loss", "network"), rng, below=0)


@declare.claim(
    "N4",
    paper=2,
    place="not in the paper",
    statement="N3 survives a low-rank RNN without the factor 1/N",
    reported="none",
    quantity="loss on extrapolated intervals",
    criterion=(
        "median over seeds of the NM-RNN's loss minus that of the low-rank RNN without 1/N < 0"
    ),
    variants=["corrected"],
    reads={"losses": TIMING_LOSSES},
)
def nm_rnn_leads_the_undivided_low_rank_rnn(
    losses: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the NM-RNN's loss minus that of the low-rank RNN without the factor 1/N."""
    nm_rnn, undivided = (
        by_run(select(losses, network=network), "extrapolated_loss")
        for network in ("nm_rnn", "lr_rnn_undivided")
    )
    return median_difference(nm_rnn, undivided, rng, below=0)


@declare.claim(
    "N5",
    paper=2,
    place="Fig 3F",
    statement=("Ablating s_3 destroys the change of slope with interval, and the ramp survives"),
    reported=('"ablating s_3(t) destroys the ability to produce output ramps of different slopes"'),
    quantity="rate of seeds, component held at its first value",
    criterion=(
        "rate of seeds > 0.5 in which, for at least one component held at its first value, "
        "the correlation of slope and interval falls below half of the intact one and every "
        "ramp survives"
    ),
    variants=BOTH,
    reads={"ablations": "rnn/measure_wait_go_{variant}/ablations"},
)
def ablation_destroys_the_change_of_slope(
    ablations: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the rate of seeds in which some component, held, spares the ramps and not their slopes.

    The change of slope is lost where the correlation of slope and interval falls below half of the
    intact one, of its sign. The intact network has component 0.
    """
    shown = select(ablations, network="nm_rnn", hold=["none", "initial"])
    held = shown[shown["component"] > 0]
    intact = held["run"].map(shown[shown["component"] == 0].set_index("run")["slope_correlation"])
    lost = held["slope_correlation"] * np.sign(intact) < intact.abs() / 2
    ramps_survive = held["surviving"] == held["intervals"]
    does = held.assign(does=lost & ramps_survive)
    return rate(does.groupby("run")[["does"]].any(), above=0.5)


@declare.claim(
    "N6",
    paper=2,
    place="Fig 3B",
    statement="In rank 1, the trained s(t) follows the theory",
    reported="figure only",
    quantity="correlation over all trained intervals",
    criterion=(
        "median over seeds of the correlation of trained and theoretical s(t) in the ramp > 0.9"
    ),
    variants=BOTH,
    reads={"fits": "rnn/ramp_theory_{variant}/theory_fits"},
)
def trained_gain_follows_the_theory(fits: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge the correlation of the trained and the theoretical s(t) in the ramp."""
    correlation = by_run(select(fits, network="nm_rnn_rank_1"), "correlation")
    return median(correlation, rng, above=0.9)


@declare.claim(
    "N7",
    paper=2,
    place="Fig 4B, rebuttal D",
    statement=(
        "NM-RNN, RNN and LSTM reach high accuracy on the three tasks, the low-rank RNN does not"
    ),
    reported="figure only",
    quantity="correct by the published score",
    criterion=(
        "published score, median over seeds of the mean of three tasks >= 0.9 for each of the"
        " three, and the low-rank RNN's median below each of them"
    ),
    variants=BOTH,
    reads={"scores": TASK_SCORES},
)
def three_networks_learn_the_tasks_and_the_low_rank_rnn_does_not(
    scores: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the published score of the three networks, and the low-rank RNN's against each."""
    return _three_learn_and_low_rank_does_not(scores, "correct_published", rng)


@declare.claim(
    "N8",
    paper=2,
    place="Fig 4B, rebuttal D",
    statement="After retraining on Memory-Anti the three are similar",
    reported=('"on the retrained task, these three models still show similar high performance"'),
    quantity="largest median minus smallest, published score",
    criterion="published score, medians of NM-RNN, RNN and LSTM within 0.1 of each other",
    variants=BOTH,
    reads={"scores": TASK_SCORES},
)
def three_networks_are_similar_after_retraining(
    scores: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the largest difference of the medians of the published score on Memory-Anti."""
    return _similar_on_memory_anti(scores, "correct_published", rng)


@declare.claim(
    "N9",
    paper=2,
    place="not in the paper",
    statement="N7 and N8 survive the corrected score and matched sizes",
    reported="none",
    quantity="corrected score",
    criterion="those of N7 and N8 with the corrected score, sizes matched",
    variants=["corrected"],
    reads={"scores": TASK_SCORES},
)
def learning_and_retraining_survive_the_corrected_score(
    scores: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge what the claims on learning and retraining do, by the corrected score.

    The networks of the corrected experiment have matched sizes.
    """
    learned = _three_learn_and_low_rank_does_not(scores, "correct_corrected", rng)
    similar = _similar_on_memory_anti(scores, "correct_corrected", rng)
    return [
        *labelled("three tasks", learned),
        *labelled("Memory-Anti, largest median minus smallest", similar),
    ]


@declare.claim(
    "N10",
    paper=2,
    place="Fig 4D, rebuttal E",
    statement=(
        "PCs 1-2 form a ring by angle in the stimulus period, and the sign of one PC tells "
        "Pro from Anti in the readout"
    ),
    reported="figure only",
    quantity="NM-RNN",
    criterion=(
        "medians over seeds of the R^2 of the angle from PC 1-2 > 0.8, and of the accuracy of"
        " the sign of one PC > 0.9"
    ),
    variants=BOTH,
    reads={"encodings": "rnn/multitask_{variant}/task_encodings"},
)
def angles_form_a_ring_and_a_sign_tells_pro_from_anti(
    encodings: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the R^2 of the angle from PC 1-2, and the accuracy of the sign of one PC."""
    nm_rnn = select(encodings, network="nm_rnn")
    ring = median(by_run(nm_rnn, "ring_r2"), rng, above=0.8)
    sign = median(by_run(nm_rnn, "sign_accuracy"), rng, above=0.9)
    return [*labelled("R^2 of the angle", ring), *labelled("accuracy of the sign", sign)]


@declare.claim(
    "N11",
    paper=2,
    place="Fig 5B",
    statement="LSTM and NM-RNN learn the element finder, RNN and low-rank RNN largely fail",
    reported="figure only",
    quantity="loss over chance",
    criterion=(
        "median loss over that of the constant 0 (36.67) < 0.5 for the LSTM and for one size "
        "of NM-RNN, > 0.5 for RNN and low-rank RNN"
    ),
    variants=BOTH,
    reads={"losses": "rnn/element_finder/finder_losses"},
)
def lstm_and_nm_rnn_learn_the_element_finder(
    losses: pd.DataFrame, rng: np.random.Generator, variant: str
) -> list[Finding]:
    """Judge the loss over chance: of the LSTM, of the best size of NM-RNN, and of the others."""
    losses = losses.assign(over_chance=losses["loss"] / losses["chance"])
    own = select(losses, variant=OF_VARIANT[variant])
    lstm, nm_rnn, others = (
        by_run(select(own, network=networks), "over_chance", "network")
        for networks in ("lstm", "nm_rnn_*", ["rnn", "lr_rnn"])
    )
    return [
        *median(lstm, rng, below=0.5),
        *best(median(nm_rnn, rng, below=0.5)),
        *median(others, rng, above=0.5),
    ]


@declare.claim(
    "N12",
    paper=2,
    place="reviews",
    statement="The LSTM's loss on the element finder is far lower than the NM-RNN's",
    reported="figure only",
    quantity="loss",
    criterion=(
        "median over seeds of the LSTM's loss minus that of the NM-RNN of the lowest median < 0"
    ),
    variants=BOTH,
    reads={"losses": "rnn/element_finder/finder_losses"},
)
def lstm_is_far_better_at_the_element_finder(
    losses: pd.DataFrame, rng: np.random.Generator, variant: str
) -> list[Finding]:
    """Judge the LSTM's loss minus that of the size of NM-RNN with the lowest median."""
    own = select(losses, variant=OF_VARIANT[variant])
    lstm = by_run(select(own, network="lstm"), "loss", "network")
    nm_rnn = by_run(select(own, network="nm_rnn_*"), "loss", "network")
    return median_difference(lstm, nm_rnn, rng, against="lowest", below=0)


@declare.claim(
    "N13",
    paper=2,
    place="Fig 5D-F",
    statement="z settles by query, x by value",
    reported="figure only",
    quantity="NM-RNN",
    criterion=(
        "medians over seeds of the silhouette of z by query > 0.2, and of the rank "
        "correlation of the first PC of x with the value > 0.9, for every size of NM-RNN"
    ),
    variants=BOTH,
    reads={"encodings": "rnn/element_finder/finder_encodings"},
)
def gain_settles_by_query_and_state_by_value(
    encodings: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the silhouette of z by query and the rank correlation of x with the value."""
    nm_rnn = select(encodings, variant="both", network="nm_rnn_*")
    silhouette = median(by_run(nm_rnn, "silhouette", "network"), rng, above=0.2)
    correlation = median(by_run(nm_rnn, "rank_correlation", "network"), rng, above=0.9)
    return [*labelled("silhouette", silhouette), *labelled("rank correlation", correlation)]


@declare.claim(
    "N14",
    paper=2,
    place="theory",
    statement=("In the linear symmetric NM-RNN, w_k(t) = w_k(0) exp(-integral (1 - s_k) / tau_x)"),
    reported="a proof",
    quantity="order of convergence",
    criterion="exact up to the Euler step, order of the error in the step 0.9 to 1.1",
    reads={"errors": "rnn/analysis/decay_errors"},
)
def weights_decay_as_the_theory_says(
    errors: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the order of the error in the step: the slope between the logarithms of both.

    It is taken between the two smallest steps of a run.
    """
    by_step = errors.sort_values("step").set_index("run")[["step", "error"]].groupby("run")
    ratio = np.log(by_step.nth(1).sort_index() / by_step.nth(0).sort_index())
    order = ratio["error"] / ratio["step"]
    return median_within(order.to_frame("order"), rng, low=0.9, high=1.1)


@declare.claim(
    "N15",
    paper=2,
    place="rebuttal",
    statement="The NM-RNN costs several times an LSTM to train",
    reported="1.5 h against 15 min",
    quantity="time of a step, NM-RNN over LSTM",
    criterion="time of a training step of multitask, NM-RNN over LSTM, in one run, > 2",
    variants=BOTH,
    reads={"times": "costs/rnn/step_times"},
)
def nm_rnn_costs_more_to_train_than_an_lstm(
    times: pd.DataFrame, rng: np.random.Generator, variant: str
) -> list[Finding]:
    """Judge the ratio of the times of a training step of multitask, round by round."""
    own = select(times, task="multitask", variant=OF_VARIANT[variant])
    nm_rnn, lstm = (
        select(own, network=network).set_index("round")[["milliseconds"]]
        for network in ("nm_rnn", "lstm")
    )
    return median_ratio(nm_rnn, lstm, rng, above=2)


def _three_learn_and_low_rank_does_not(
    scores: pd.DataFrame, correct: str, rng: np.random.Generator
) -> list[Finding]:
    """Judge the share correct over the three tasks, and the low-rank RNN's against each."""
    trained = select(scores, phase="training")
    three = correct_share(select(trained, network=ACCURATE), correct)
    low_rank = correct_share(select(trained, network="lr_rnn"), correct)
    return [
        *median(three, rng, at_least=0.9),
        *difference_of_medians(low_rank, three, rng, below=0),
    ]


def _similar_on_memory_anti(
    scores: pd.DataFrame, correct: str, rng: np.random.Generator
) -> list[Finding]:
    """Judge the largest difference of the medians of a score on Memory-Anti."""
    retrained = select(scores, phase="retraining", subtask="memory_anti", network=ACCURATE)
    return spread_of_medians(correct_share(retrained, correct), rng, at_most=0.1)
