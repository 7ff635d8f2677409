"""The claims of paper 2, the neuromodulated RNN: a function each.

Networks of different models or sizes share no start, so they are never compared in pairs. What a
trained network does is judged on networks that have learnt their task; how many those are stands
beside.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.parts import HALF, Part, beside, example, judged
from neuroswitch.claims.samples import by_run, correct_share, select
from neuroswitch.claims.statistics import Untestable, above, at_least, below

BOTH = ("as_published", "one_protocol")
MULTITASK = ("as_published", "as_published:rank_4", "one_protocol")
"""The NM-RNN as published has rank 3 in the paper and rank 4 in the rebuttal."""

TASK_SCORES = "rnn/multitask_{variant}/task_scores"

TIMING_LOSSES = "rnn/measure_wait_go_{variant}/timing_losses"
FINDER = "nm_rnn_5_13_12"
"""The NM-RNN of the element finder that is judged: 5 modulators, 13 units, rank 12."""

NAMES = {
    "nm_rnn": "NM-RNN",
    "lr_rnn": "low-rank RNN",
    "lr_rnn_undivided": "low-rank RNN without 1/N",
    "rnn": "RNN",
    "lstm": "LSTM",
    FINDER: "NM-RNN",
}

LEARNT_TIMING = 0.00095
"""Mean squared error on trained intervals of a ramp that is locked to go and has the mean trained
length."""

LEARNT_TASKS = 0.9
"""Share of trials of the three tasks that are correct by the published score."""

LEARNT_FINDER = 0.5
"""Loss on fresh sequences over that of the constant 0."""


@declare.claim(
    "N1",
    paper=2,
    place="Fig 3C, rebuttal A",
    statement="NM-RNN, RNN and LSTM train accurately on Measure-Wait-Go, and the low-rank RNN is "
    "worse",
    reported="figure only",
    criterion="the median loss on trained intervals (mean squared error) is below {learnt}, that "
    "of a ramp locked to go, for each of the three, and the low-rank RNN's median is above each",
    thresholds={"learnt": LEARNT_TIMING},
    variants=BOTH,
    reads={"losses": TIMING_LOSSES},
)
def three_networks_train_accurately_on_intervals(
    losses: pd.DataFrame, learnt: float, rng: np.random.Generator
) -> Iterator[Part]:
    of = _by_network(losses, "trained_loss", "nm_rnn", "lr_rnn", "rnn", "lstm")
    for network in ("nm_rnn", "rnn", "lstm"):
        yield judged(
            NAMES[network],
            statistics.median(of[network], below(learnt)),
            f"The median loss of the {NAMES[network]} on trained intervals is {{value}} (mean "
            "squared error).",
        )
        yield judged(
            f"low-rank RNN minus {NAMES[network]}",
            statistics.difference_of_medians(of["lr_rnn"], of[network], above(0), rng),
            f"On trained intervals the median loss of the low-rank RNN minus that of the "
            f"{NAMES[network]} is {{value}} (mean squared error).",
        )


@declare.claim(
    "N2",
    paper=2,
    place="rebuttal A",
    statement="The LSTM has the lowest median loss on trained intervals",
    reported='"on trained intervals, the LSTM achieves the lowest median L2 loss"',
    criterion="the LSTM's median loss minus that of each other network is below 0",
    variants=BOTH,
    reads={"losses": TIMING_LOSSES},
)
def lstm_has_the_lowest_loss_on_trained_intervals(
    losses: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    return _lowest(losses, "trained", "lstm", ("nm_rnn", "lr_rnn", "rnn"), rng)


@declare.claim(
    "N3",
    paper=2,
    place="Fig 3C, rebuttal A",
    statement="The NM-RNN has the lowest median loss on extrapolated intervals, on which no "
    "network was trained",
    reported='"on the extrapolated intervals the NM-RNN achieves the lowest median loss"',
    criterion="the NM-RNN's median loss minus that of each other network is below 0",
    variants=BOTH,
    reads={"losses": TIMING_LOSSES},
)
def nm_rnn_has_the_lowest_loss_on_extrapolated_intervals(
    losses: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    return _lowest(losses, "extrapolated", "nm_rnn", ("lr_rnn", "rnn", "lstm"), rng)


@declare.claim(
    "N4",
    paper=2,
    place="not in the paper",
    statement="The NM-RNN's lead on extrapolated intervals survives a low-rank RNN without the "
    "factor 1/N",
    reported="none",
    criterion="the NM-RNN's median loss minus that of the low-rank RNN without 1/N is below 0",
    variants=("one_protocol",),
    reads={"losses": TIMING_LOSSES},
)
def nm_rnn_leads_the_undivided_low_rank_rnn(
    losses: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    return _lowest(losses, "extrapolated", "nm_rnn", ("lr_rnn_undivided",), rng)


@declare.claim(
    "N5",
    paper=2,
    place="Fig 3F",
    statement="Ablating one component destroys the change of slope with interval, and ramps "
    "survive",
    reported='"ablating s_3(t) destroys the ability to produce output ramps of different slopes"',
    criterion="in most NM-RNNs that have learnt, two things hold at once. Some component s_k, "
    "set to 0, brings the spread of slopes (the standard deviation of the ramps' slopes over the "
    "trained intervals) below {lost:.0%} of the intact one. And whichever component is set to 0, "
    "the output still rises by at least {kept:.0%} of the intact rise",
    thresholds={"lost": 0.5, "kept": 0.5},
    variants=BOTH,
    reads={"ablations": "rnn/measure_wait_go_{variant}/ablations", "losses": TIMING_LOSSES},
)
def ablation_destroys_the_change_of_slope(
    ablations: pd.DataFrame,
    losses: pd.DataFrame,
    lost: float,
    kept: float,
) -> Iterator[Part]:
    loss = by_run(select(losses, network="nm_rnn"), "trained_loss")
    learnt = loss < LEARNT_TIMING
    yield _learnt("NM-RNN", learnt)
    own = select(ablations, network="nm_rnn")
    own = own[own["run"].isin(learnt.index[learnt])]
    intact = own[own["component"] == 0].set_index("run")
    for hold, words in (("zero", "set to 0"), ("initial", "held at its first value")):
        held = own[own["hold"] == hold]
        relative = {
            column: held[column] / held["run"].map(intact[column])
            for column in ("slope_spread", "rise")
        }
        flat = (relative["slope_spread"] < lost).groupby(held["run"]).any()
        rises = (relative["rise"] >= kept).groupby(held["run"]).all()
        both = example(
            f"slopes and rises, s_k {words}",
            flat & rises,
            "In {value} of NM-RNNs that have learnt, the slopes of the ramps lose their spread "
            f"with some s_k {words}, and the ramp survives with any.",
        )
        yield both if hold == "zero" else beside(both.label, both.estimate, both.unit)
        for label, networks in (("slopes", flat), ("rises", rises)):
            share = statistics.rate(networks, above(HALF))
            yield beside(f"{label} alone, s_k {words}", share, both.unit)


@declare.claim(
    "N6",
    paper=2,
    place="Fig 3B",
    statement="In rank 1, the trained s(t) follows the theory",
    reported="figure only",
    criterion="in most networks whose loss on trained intervals (mean squared error) is below "
    "{learnt}, the correlation of trained and theoretical s(t) in the ramp is above {close}",
    thresholds={"learnt": 0.0005, "close": 0.9},
    variants=BOTH,
    reads={
        "fits": "rnn/ramp_theory_{variant}/theory_fits",
        "losses": "rnn/ramp_theory_{variant}/timing_losses",
    },
)
def trained_signal_follows_the_theory(
    fits: pd.DataFrame,
    losses: pd.DataFrame,
    learnt: float,
    close: float,
) -> Iterator[Part]:
    has_learnt = by_run(losses, "trained_loss") < learnt
    yield _learnt("network of rank 1", has_learnt)
    correlation = by_run(fits, "correlation")
    correlation = correlation[has_learnt.reindex(correlation.index)]
    yield example(
        "networks that follow the theory",
        correlation > close,
        f"In {{value}} of networks of rank 1 that have learnt, the trained signal correlates with "
        f"the theory by more than {close}.",
    )
    yield beside("median correlation", statistics.median(correlation, above(close)))


@declare.claim(
    "N7",
    paper=2,
    place="Fig 4B, rebuttal D",
    statement="NM-RNN, RNN and LSTM reach high accuracy on the three tasks, the low-rank RNN does "
    "not",
    reported="figure only",
    criterion="by the published score, the median share of correct trials of the three tasks is at "
    "least {high:.0%} for each of the three, and the low-rank RNN's median is below each",
    thresholds={"high": LEARNT_TASKS},
    variants=MULTITASK,
    reads={"scores": TASK_SCORES},
)
def three_networks_learn_the_tasks_and_the_low_rank_rnn_does_not(
    scores: pd.DataFrame, high: float, variant: str, rng: np.random.Generator
) -> Iterator[Part]:
    yield from _tasks_are_learnt(scores, "published", high, variant, rng)
    for network, correct in _shares(scores, "corrected", "training", variant).items():
        found = statistics.median(correct, at_least(high))
        yield beside(f"{NAMES[network]}, corrected score", found, "%")


@declare.claim(
    "N8",
    paper=2,
    place="Fig 4B, rebuttal D",
    statement="After retraining on Memory-Anti the three are similar, bar an outlier",
    reported='"on the retrained task, these three models still show similar high performance"',
    criterion="by the published score, most NM-RNNs differ from the LSTM's median by at most "
    "{near:.0%} of the trials, and most by no more from the RNN's",
    thresholds={"near": 0.1, "most": 0.5},
    variants=MULTITASK,
    reads={"scores": TASK_SCORES},
)
def three_networks_are_similar_after_retraining(
    scores: pd.DataFrame, near: float, most: float, variant: str
) -> Iterator[Part]:
    return _similar_on_memory_anti(scores, "published", near, most, variant)


@declare.claim(
    "N9",
    paper=2,
    place="not in the paper",
    statement="High accuracy and similarity after retraining survive the corrected score and "
    "matched sizes",
    reported="none",
    criterion="by the corrected score: the median share of correct trials of the three tasks is at "
    "least {high:.0%} for NM-RNN, RNN and LSTM, and the low-rank RNN's median is below each; after "
    "retraining, most NM-RNNs differ from the LSTM's median, and most from the RNN's, by at most "
    "{near:.0%} of the trials",
    thresholds={"high": LEARNT_TASKS, "near": 0.1, "most": 0.5},
    variants=("one_protocol",),
    reads={"scores": TASK_SCORES},
)
def learning_and_retraining_survive_the_corrected_score(
    scores: pd.DataFrame,
    high: float,
    near: float,
    most: float,
    variant: str,
    rng: np.random.Generator,
) -> Iterator[Part]:
    yield from _tasks_are_learnt(scores, "corrected", high, variant, rng)
    yield from _similar_on_memory_anti(scores, "corrected", near, most, variant)


@declare.claim(
    "N10",
    paper=2,
    place="Fig 4D, rebuttal E",
    statement="At the end of the stimulus, the states lie on a ring by angle in PCs 1-2. In the "
    "readout, the sign of one PC tells Pro from Anti tasks, and this sign flips with the angle",
    reported="figure only",
    criterion="in most NM-RNNs that have learnt, PC 1-2 explain more than {ring:.0%} of the "
    "angle's variance; and in most, which may be others, the sign of the best PC, with a free "
    "angle at which it flips, tells Pro from Anti in more than {told:.0%} of trials. Each is so in "
    "more networks than with shuffled labels",
    thresholds={"ring": 0.8, "told": 0.9},
    variants=MULTITASK,
    reads={
        "encodings": "rnn/multitask_{variant}/task_encodings",
        "scores": TASK_SCORES,
    },
)
def angles_form_a_ring_and_a_sign_tells_pro_from_anti(
    encodings: pd.DataFrame,
    scores: pd.DataFrame,
    ring: float,
    told: float,
    variant: str,
) -> Iterator[Part]:
    if (judged_network := nm_rnn_of(variant)) != "nm_rnn":
        encodings = encodings[encodings["network"] != "nm_rnn"]
        encodings = encodings.replace({"network": {judged_network: "nm_rnn"}})
    for network, correct in _shares(scores, "published", "training", variant).items():
        learnt = correct >= LEARNT_TASKS
        own = encodings[encodings["network"] == network]
        own = own[own["run"].isin(learnt.index[learnt])]
        if network != "nm_rnn" and not learnt.any():
            continue
        yield _learnt(NAMES[network], learnt)
        for label, column, threshold, says in (
            ("ring", "ring_r2", ring, f"PC 1-2 explain more than {100 * ring:.0f} % of the angle"),
            ("sign", "flip_accuracy", told, "the sign of a PC tells Pro from Anti"),
        ):
            part = example(
                f"{NAMES[network]}, {label}",
                own[column] > threshold,
                f"In {{value}} of NM-RNNs that have learnt, {says} ({{null}} with shuffled "
                "labels).",
                ("shuffled labels", own[f"shuffled_{column}"] > threshold),
            )
            yield part if network == "nm_rnn" else beside(part.label, part.estimate, "%")


@declare.claim(
    "N11",
    paper=2,
    place="Fig 5B",
    statement="LSTM and NM-RNN learn the element finder, RNN and low-rank RNN largely fail",
    reported="figure only",
    criterion="most LSTMs and most NM-RNNs (5 modulators, 13 units, rank 12), and less than half "
    "of RNNs and of low-rank RNNs, reach a loss below {learnt:.0%} of chance with the best of "
    "their parameters",
    thresholds={"learnt": LEARNT_FINDER, "most": 0.5},
    reads={"losses": "rnn/element_finder/finder_losses"},
)
def lstm_and_nm_rnn_learn_the_element_finder(
    losses: pd.DataFrame, learnt: float, most: float
) -> Iterator[Part]:
    relative = losses.assign(relative=losses["loss"] / losses["chance"])
    for network in ("lstm", FINDER, "rnn", "lr_rnn"):
        bound = above(most) if network in ("lstm", FINDER) else below(most)
        own = select(relative, network=network)
        yield judged(
            NAMES[network],
            statistics.rate(select(own, kept="best")["relative"] < learnt, bound),
            f"{{value}} of {NAMES[network]}s learn the element finder.",
            "%",
        )
        yield beside(
            f"{NAMES[network]}, last parameters",
            statistics.rate(select(own, kept="last")["relative"] < learnt, bound),
            "%",
        )


@declare.claim(
    "N12",
    paper=2,
    place="reviews",
    statement="The LSTM's loss on the element finder is far lower than the NM-RNN's",
    reported="figure only",
    criterion="the median loss of the LSTM minus that of the NM-RNN (5 modulators, 13 units, rank "
    "12) is below 0, with the best of their parameters",
    reads={"losses": "rnn/element_finder/finder_losses"},
)
def lstm_is_far_better_at_the_element_finder(
    losses: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    of = _by_network(select(losses, kept="best"), "loss", "lstm", FINDER)
    yield judged(
        "LSTM minus NM-RNN",
        statistics.difference_of_medians(of["lstm"], of[FINDER], below(0), rng),
        "On the element finder the median loss of the LSTM minus that of the NM-RNN is {value} "
        "(mean squared error).",
    )


@declare.claim(
    "N13",
    paper=2,
    place="Fig 5D-F",
    statement="z settles by query, x by value",
    reported="figure only",
    criterion="in most NM-RNNs that have learnt the element finder, PC 1-2 of x explain more than "
    "{explained:.0%} of the value's variance at the end; and in most, which may be others, the "
    "silhouette of z by query is above {apart} in the middle of the trial. Each is so in more "
    "networks than with shuffled labels",
    thresholds={"explained": 0.8, "apart": 0.2},
    reads={
        "encodings": "rnn/element_finder/finder_encodings",
        "losses": "rnn/element_finder/finder_losses",
    },
)
def modulator_settles_by_query_and_state_by_value(
    encodings: pd.DataFrame,
    losses: pd.DataFrame,
    explained: float,
    apart: float,
) -> Iterator[Part]:
    own = select(losses, kept="best", network="nm_rnn_*").set_index(["network", "run"])
    learnt = own["loss"] / own["chance"] < LEARNT_FINDER
    yield _learnt("NM-RNN of any size", learnt)
    encoded = encodings.set_index(["network", "run"])
    encoded = encoded[learnt.reindex(encoded.index, fill_value=False)]
    for label, column, threshold, says in (
        ("x by value", "value_r2", explained, "PC 1-2 of x tell the value"),
        ("z by query", "query_silhouette", apart, "z settles by query"),
    ):
        yield example(
            label,
            encoded[column] > threshold,
            f"In {{value}} of NM-RNNs that have learnt the element finder, {says} ({{null}} with "
            "shuffled labels).",
            ("shuffled labels", encoded[f"shuffled_{column}"] > threshold),
        )


@declare.claim(
    "N14",
    paper=2,
    place="theory",
    statement="In a linear NM-RNN whose two low-rank factors are equal, the part w_k of the state "
    "along component k decays as w_k(t) = w_k(0) exp(-integral of (1 - s_k) / tau_x)",
    reported="a proof",
    criterion="a simulation comes nearer to this formula as its time step becomes smaller: the "
    "error falls as the step to the power of {low} to {high} (1 in theory)",
    thresholds={"low": 0.9, "high": 1.1},
    reads={"errors": "rnn/analysis/decay_errors"},
)
def components_decay_as_the_theory_says(
    errors: pd.DataFrame, low: float, high: float
) -> Iterator[Part]:
    by_step = errors.sort_values("step").set_index("run")[["step", "error"]].groupby("run")
    # Between the two smallest steps of a run.
    ratio = np.log(by_step.nth(1).sort_index() / by_step.nth(0).sort_index())
    order = ratio["error"] / ratio["step"]
    for label, bound in ((f"above {low}", above(low)), (f"below {high}", below(high))):
        yield judged(
            f"order of the error, {label}",
            statistics.median(order, bound),
            "The error of the closed form falls with the step to the power of {value}.",
        )


@declare.claim(
    "N15",
    paper=2,
    place="rebuttal",
    statement="The NM-RNN costs several times an LSTM to train",
    reported="1.5 h against 15 min",
    criterion="with our compiled code, a training step of multitask takes the NM-RNN (rank 4) more "
    "than {several:g} times as long as the LSTM",
    thresholds={"several": 2},
    reads={"times": "costs/rnn/step_times"},
)
def nm_rnn_costs_more_to_train_than_an_lstm(times: pd.DataFrame, several: float) -> Iterator[Part]:
    for variant, network in (("as_published", "nm_rnn_rank_4"), ("one_protocol", "nm_rnn")):
        own = select(times, task="multitask", variant=variant)
        nm_rnn, lstm = (
            select(own, network=name).set_index("round")["milliseconds"].sort_index()
            for name in (network, "lstm")
        )
        ratio = statistics.median(nm_rnn / lstm, above(several))
        if variant == "as_published":
            yield judged(
                "time of a step, NM-RNN over LSTM",
                ratio,
                "A training step takes the NM-RNN {value} times as long as the LSTM.",
            )
        else:
            yield beside("the same with matched sizes, R=3", ratio)


def _by_network(table: pd.DataFrame, column: str, *networks: str) -> dict[str, pd.Series]:
    """Return a column of some networks, by run."""
    return {name: by_run(select(table, network=name), column) for name in networks}


def _learnt(network: str, learnt: pd.Series) -> Part:
    """Return how many networks have learnt, to be shown beside what these do.

    Raises
    ------
    Untestable : none has
    """
    if not learnt.any():
        raise Untestable(f"no {network} of {len(learnt)} has learnt its task")
    return beside(f"{network}s that have learnt", statistics.rate(learnt, above(0.5)), "%")


def _lowest(
    losses: pd.DataFrame,
    intervals: str,
    network: str,
    others: tuple[str, ...],
    rng: np.random.Generator,
) -> Iterator[Part]:
    """Judge whether a network's median loss is lower than that of each other."""
    of = _by_network(losses, f"{intervals}_loss", network, *others)
    for other in others:
        yield judged(
            f"{NAMES[network]} minus {NAMES[other]}",
            statistics.difference_of_medians(of[network], of[other], below(0), rng),
            f"On {intervals} intervals the median loss of the {NAMES[network]} minus that of the "
            f"{NAMES[other]} is {{value}} (mean squared error).",
        )


def nm_rnn_of(variant: str) -> str:
    """Return the network of multitask that is the NM-RNN of a variant.

    >>> nm_rnn_of("as_published:rank_4"), nm_rnn_of("one_protocol")
    ('nm_rnn_rank_4', 'nm_rnn')
    """
    return "_".join(["nm_rnn", *variant.split(":")[1:]])


def _shares(scores: pd.DataFrame, score: str, phase: str, variant: str) -> dict[str, pd.Series]:
    """Return the share of correct trials of each network and run: trained tasks, or Memory-Anti."""
    own = select(scores, phase=phase)
    if phase == "retraining":
        own = select(own, subtask="memory_anti")
    names = {"nm_rnn": nm_rnn_of(variant)} | {name: name for name in ("lr_rnn", "rnn", "lstm")}
    return {
        network: correct_share(select(own, network=name), f"correct_{score}")
        for network, name in names.items()
    }


def _tasks_are_learnt(
    scores: pd.DataFrame, score: str, high: float, variant: str, rng: np.random.Generator
) -> Iterator[Part]:
    """Judge the share correct of three networks, and the low-rank RNN's against each."""
    of = _shares(scores, score, "training", variant)
    for network in ("nm_rnn", "rnn", "lstm"):
        yield judged(
            NAMES[network],
            statistics.median(of[network], at_least(high)),
            f"The median {NAMES[network]} answers {{value}} of trials of the three tasks "
            f"correctly by the {score} score.",
            "%",
        )
        yield judged(
            f"low-rank RNN minus {NAMES[network]}",
            statistics.difference_of_medians(of["lr_rnn"], of[network], below(0), rng),
            f"By the {score} score the median of the low-rank RNN minus that of the "
            f"{NAMES[network]} is {{value}}.",
            "points",
        )


def _similar_on_memory_anti(
    scores: pd.DataFrame, score: str, near: float, most: float, variant: str
) -> Iterator[Part]:
    """Judge how many NM-RNNs come near the medians of the two others after retraining."""
    of = _shares(scores, score, "retraining", variant)
    for other in ("lstm", "rnn"):
        close = (of["nm_rnn"] - of[other].median()).abs() <= near
        yield judged(
            f"near the {NAMES[other]}",
            statistics.rate(close, above(most)),
            f"After retraining, {{value}} of NM-RNNs are within {100 * near:g} percentage points "
            f"of the {NAMES[other]}'s median by the {score} score.",
            "%",
        )
    for network, correct in of.items():
        found = statistics.median(correct, above(most))
        yield beside(f"Memory-Anti, {NAMES[network]}, {score} score", found, "%")
