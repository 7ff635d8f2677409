"""Questions that reviewers asked of paper 2, and the bridge between the papers: a function each.

They are judged as a group with those of `claims/beyond.py`. Networks of different models or sizes
share no start, so they are never compared in pairs; a network is compared in pairs with itself.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.paper2 import LEARNT_FINDER, LEARNT_TASKS, LEARNT_TIMING
from neuroswitch.claims.paper2 import NAMES as NETWORKS
from neuroswitch.claims.parts import Part, beside, judged, shown
from neuroswitch.claims.samples import by_run, correct_share, select
from neuroswitch.claims.statistics import Estimate, Untestable, above, at_least, below
from neuroswitch.statistics import FEWEST

FULL, MODULATED, RESERVOIR = "nm_rnn_rank_3", "modulated_reservoir", "reservoir"
"""The NM-RNN trained whole, the one whose U, V and B_xu stay as drawn, and that without a z."""

PUSH = 0.3
"""Size of the push that is judged, as a share of the norm of the state."""

NAMES = NETWORKS | {
    "gru": "GRU",
    "minimal_gru": "minimal GRU",
    "nbrc": "nBRC",
    "xdg": "XdG",
    "nm_rnn_rank_4": "NM-RNN of rank 4",
}

SIGNALS = {
    "signal_tanh": "tanh",
    "signal_shifted": "a sigmoid from -1 to 1 that starts near 1",
    "signal_softplus": "softplus",
    "signal_identity": "the identity",
}
"""Network -> the function by which its s follows from the modulator."""

ALSO = {
    "modulates_inputs": "inputs",
    "modulates_outputs": "outputs",
    "modulates_both": "inputs and outputs",
}
"""Network -> what its s scales besides the recurrence."""

RANK_8 = "nm_rnn_rank_8"
"""The NM-RNN of the element finder that others are compared with: M = 5, N = 18."""

GATED = ("gru", "minimal_gru", "nbrc", "xdg")

SWITCHED = {
    "switched_orthogonal": "orthogonal matrices",
    "switched_near_identity": "near-identity matrices",
    "switched_signed_permutation": "signed permutations",
    "switched_diagonal": "diagonal matrices",
}
"""Network -> the fixed matrices M that multiply its weights in each task."""

LENGTHS = (10, 25, 50, 100)
"""Elements of a sequence, in the experiments whose names end so."""

OTHERS = ("lr_rnn", "lr_rnn_undivided", "rnn", "lstm")


@declare.claim(
    "R1",
    paper=3,
    place="review of paper 2",
    statement="A random recurrence is enough: an NM-RNN of which the modulator and the readout "
    "alone are trained keeps most of its accuracy, and is better than the same reservoir without a "
    "modulator",
    reported="none",
    criterion="in multitask the median share of correct trials is above {kept:.0%} of that of the "
    "NM-RNN trained whole, and above that of the reservoir of which inputs and readout are "
    "trained; in Measure-Wait-Go the median loss on trained intervals is below {learnt}, and below "
    "that of the reservoir",
    thresholds={"kept": 0.9, "learnt": LEARNT_TIMING},
    reads={
        "losses": "rnn/reviewers_timing/timing_losses",
        "scores": "rnn/reviewers_multitask/task_scores",
        "timing_runs": "rnn/reviewers_timing/runs",
        "task_runs": "rnn/reviewers_multitask/runs",
    },
)
def modulator_alone_is_enough(
    losses: pd.DataFrame,
    scores: pd.DataFrame,
    timing_runs: pd.DataFrame,
    task_runs: pd.DataFrame,
    kept: float,
    learnt: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    names = (FULL, MODULATED, RESERVOIR)
    accuracy = accuracies(scores)
    yield judged(
        "multitask, share of the accuracy kept",
        statistics.bootstrap(
            [[accuracy[MODULATED]], [accuracy[FULL]]],
            lambda a, b: np.median(a, axis=1) / np.maximum(np.median(b, axis=1), 1e-9),
            above(kept),
            rng,
        ),
        "With a random recurrence the median accuracy in multitask is {value} of that of the "
        "NM-RNN trained whole.",
        "%",
    )
    yield judged(
        "multitask, with minus without a modulator",
        statistics.difference_of_medians(accuracy[MODULATED], accuracy[RESERVOIR], above(0), rng),
        "In multitask the median accuracy of a reservoir with a trained modulator minus that "
        "without one is {value}.",
        "points",
    )
    loss = of_networks(losses, "trained_loss")
    yield judged(
        "Measure-Wait-Go, loss",
        statistics.median(loss[MODULATED], below(learnt)),
        "With a random recurrence the median loss on trained intervals is {value}.",
    )
    yield judged(
        "Measure-Wait-Go, with minus without a modulator",
        statistics.difference_of_medians(loss[MODULATED], loss[RESERVOIR], below(0), rng),
        "In Measure-Wait-Go the median loss of a reservoir with a trained modulator minus that "
        "without one is {value}.",
    )
    for name, words in zip(
        names, ("trained whole", "modulated reservoir", "reservoir"), strict=True
    ):
        yield beside(f"multitask, {words}", statistics.median(accuracy[name], above(kept)), "%")
        yield beside(f"Measure-Wait-Go, {words}", statistics.median(loss[name], below(learnt)))
        for task, runs in (("multitask", task_runs), ("Measure-Wait-Go", timing_runs)):
            numbers = select(runs, network=name)["freed_parameters"]
            yield beside(f"trained numbers, {task}, {words}", shown(numbers.iloc[0], len(numbers)))


@declare.claim(
    "R2",
    paper=3,
    place="review of paper 2",
    statement="An NM-RNN whose s is not limited to between 0 and 1 extrapolates better and is more "
    "accurate in multitask",
    reported="none",
    criterion="for each that is trained of tanh, a sigmoid from -1 to 1 that starts near 1, "
    "softplus and the identity: the median loss on extrapolated intervals minus that with a "
    "sigmoid is below 0, and the median share of correct trials minus that with a sigmoid is "
    "above 0",
    reads={
        "losses": "rnn/reviewers_timing/timing_losses",
        "scores": "rnn/reviewers_multitask/task_scores",
    },
)
def unlimited_signals_are_better(
    losses: pd.DataFrame, scores: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    loss, accuracy = of_networks(losses, "extrapolated_loss"), accuracies(scores)
    for name, words in SIGNALS.items():
        if name in loss:
            yield judged(
                f"Measure-Wait-Go, {words}",
                statistics.difference_of_medians(loss[name], loss[FULL], below(0), rng),
                f"With {words} instead of a sigmoid for s the median loss on extrapolated "
                "intervals changes by {value}.",
            )
        if name in accuracy:
            yield judged(
                f"multitask, {words}",
                statistics.difference_of_medians(accuracy[name], accuracy[FULL], above(0), rng),
                f"With {words} instead of a sigmoid for s the median share of correct trials "
                "changes by {value}.",
                "points",
            )


@declare.claim(
    "R3",
    paper=3,
    place="review of paper 2",
    statement="Rank 3 is enough for Measure-Wait-Go and multitask, and lower ranks are not as "
    "good, at equal numbers of parameters",
    reported="none",
    criterion="the NM-RNN of rank 3 has a median loss on trained intervals below {learnt} and a "
    "median share of correct trials of at least {accurate:.0%}; and ranks 1 and 2 have a higher "
    "loss and a lower share",
    thresholds={"learnt": LEARNT_TIMING, "accurate": LEARNT_TASKS},
    reads={
        "losses": "rnn/reviewers_timing/timing_losses",
        "scores": "rnn/reviewers_multitask/task_scores",
        "finder": "rnn/reviewers_element_finder/finder_losses",
    },
)
def rank_three_is_enough(
    losses: pd.DataFrame,
    scores: pd.DataFrame,
    finder: pd.DataFrame,
    learnt: float,
    accurate: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    loss = {rank: by_run(own, "trained_loss") for rank, own in by_rank(losses)}
    accuracy = {rank: correct_share(own, "correct_corrected") for rank, own in by_rank(scores)}
    if missing := {1, 2, 3} - loss.keys() | {1, 2, 3} - accuracy.keys():
        raise Untestable(f"no networks of rank {', '.join(map(str, sorted(missing)))}")
    yield judged(
        "Measure-Wait-Go, rank 3",
        statistics.median(loss[3], below(learnt)),
        "At rank 3 the median loss on trained intervals is {value}.",
    )
    yield judged(
        "multitask, rank 3",
        statistics.median(accuracy[3], at_least(accurate)),
        "At rank 3 the median share of correct trials is {value}.",
        "%",
    )
    for rank in (1, 2):
        yield judged(
            f"Measure-Wait-Go, rank {rank} minus 3",
            statistics.difference_of_medians(loss[rank], loss[3], above(0), rng),
            f"At rank {rank} instead of 3 the median loss on trained intervals changes by "
            f"{{value}}.",
        )
        yield judged(
            f"multitask, rank {rank} minus 3",
            statistics.difference_of_medians(accuracy[rank], accuracy[3], below(0), rng),
            f"At rank {rank} instead of 3 the median share of correct trials changes by {{value}}.",
            "points",
        )
    yield beside("smallest rank, Measure-Wait-Go", smallest_rank(loss, below(learnt), rng))
    yield beside("smallest rank, multitask", smallest_rank(accuracy, at_least(accurate), rng))
    for rank, own in loss.items():
        yield beside(f"Measure-Wait-Go, rank {rank}", statistics.median(own, below(learnt)))
    for rank, own in accuracy.items():
        yield beside(f"multitask, rank {rank}", statistics.median(own, at_least(accurate)), "%")
    shares = finder_shares(finder)
    for rank, rows in by_rank(select(finder, kept="best")):
        found = statistics.median(shares[rows["network"].iloc[0]], below(LEARNT_FINDER))
        yield beside(f"element finder, loss over chance, rank {rank}", found, "%")


@declare.claim(
    "R4",
    paper=3,
    place="review of paper 2",
    statement="An NM-RNN that is retrained on Memory-Anti forgets the three earlier tasks, and its "
    "old modulator brings them back exactly, without training",
    reported="none",
    criterion="the median of the share of correct trials of the three tasks after retraining minus "
    "before is below 0, in pairs; and in more than {half:.0%} of networks the restored modulator "
    "gives the parameters of before, bit by bit, and as many correct trials",
    thresholds={"half": 0.5},
    variants=("as_published", "one_protocol"),
    reads={"restored": "rnn/multitask_{variant}/restored"},
)
def old_modulator_brings_tasks_back(restored: pd.DataFrame, half: float) -> Iterator[Part]:
    own = select(restored, network="nm_rnn")
    yield judged(
        "NM-RNN, after minus before",
        statistics.median_difference(*_after_and_before(own), below(0)),
        "Retraining changes the median share of correct trials of the earlier tasks by {value}.",
        "points",
    )
    yield judged(
        "NM-RNN, restored exactly",
        statistics.rate(_exactly_restored(own), above(half)),
        "In {value} of NM-RNNs the old modulator gives the earlier answers exactly.",
        "%",
    )
    for network, rows in restored.groupby("network"):
        words = words_of(str(network))
        if network != "nm_rnn":
            change = statistics.median_difference(*_after_and_before(rows), below(0))
            yield beside(f"{words}, after minus before", change, "points")
            exact = statistics.rate(_exactly_restored(rows), above(half))
            yield beside(f"{words}, input weights put back, restored exactly", exact, "%")
        numbers = rows["restored_numbers"]
        yield beside(f"numbers put back, {words}", shown(numbers.iloc[0], rows["run"].nunique()))


@declare.claim(
    "R5",
    paper=3,
    place="review of paper 2",
    statement="The NM-RNN is better than the vanilla RNN in the element finder at every length of "
    "the sequence, with steps of training in proportion to it",
    reported="none",
    criterion="with 10, 25, 50 and 100 elements the median loss over chance of the NM-RNN minus "
    "that of the RNN is below 0; best checkpoints by the training loss",
    reads={
        "tested": [
            "rnn/finder_length_10/tested",
            "rnn/finder_length_25/tested",
            "rnn/finder_length_50/tested",
            "rnn/finder_length_100/tested",
        ]
    },
)
def nm_rnn_is_better_at_every_length(
    tested: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    for length in LENGTHS:
        share = of_length(tested, length)
        yield judged(
            f"{length} elements",
            statistics.difference_of_medians(
                _of(share, "nm_rnn"), _of(share, "rnn"), below(0), rng
            ),
            f"With {length} elements the median loss of the NM-RNN minus that of the RNN, as a "
            "share of chance, is {value}.",
            "points",
        )
        for name, own in share.items():
            words = f"loss over chance, {words_of(name)}, {length} elements"
            yield beside(words, statistics.median(own, below(LEARNT_FINDER)), "%")


@declare.claim(
    "R6",
    paper=3,
    place="review of paper 2",
    statement="In the element finder the NM-RNN has a lower loss if s scales its inputs or its "
    "outputs as well",
    reported="none",
    criterion="the median loss minus that of the NM-RNN of rank 8 whose recurrence alone is scaled "
    "is below 0, for each that is trained of inputs, outputs and both; best checkpoints by the "
    "training loss",
    reads={"finder": "rnn/reviewers_element_finder/finder_losses"},
)
def scaling_inputs_and_outputs_helps(
    finder: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    share = finder_shares(finder)
    for name, words in ((name, words) for name, words in ALSO.items() if name in share):
        yield judged(
            f"{words} as well",
            statistics.difference_of_medians(share[name], share[RANK_8], below(0), rng),
            f"Where s scales the {words} as well, the median loss of the NM-RNN, as a share of "
            "chance, changes by {value}.",
            "points",
        )
        yield beside(
            f"{words} as well, minus LSTM",
            statistics.difference_of_medians(share[name], share["lstm"], below(0), rng),
            "points",
        )
    yield beside(
        "recurrence alone, minus LSTM",
        statistics.difference_of_medians(share[RANK_8], share["lstm"], below(0), rng),
        "points",
    )


@declare.claim(
    "R7",
    paper=3,
    place="review of paper 2",
    statement="The NM-RNN is more accurate in multitask than networks of equal size in which the "
    "context scales what a fixed part of the units sends (Tsuda et al.)",
    reported="none",
    criterion="the median share of correct trials of the NM-RNN of rank 3 minus that of each such "
    "network is above 0; factors of 0.2 to 5, and 10 % to 100 % of the units",
    reads={"scores": "rnn/reviewers_multitask/task_scores"},
)
def nm_rnn_is_above_fixed_factors(scores: pd.DataFrame, rng: np.random.Generator) -> Iterator[Part]:
    accuracy = accuracies(scores)
    for name in sorted(name for name in accuracy if name.startswith("tsuda_")):
        words = tsuda_label(name)
        yield judged(
            f"NM-RNN minus {words}",
            statistics.difference_of_medians(accuracy[FULL], accuracy[name], above(0), rng),
            f"The median share of correct trials of the NM-RNN minus that of the network with "
            f"{words} is {{value}}.",
            "points",
        )
        yield beside(words, statistics.median(accuracy[name], at_least(LEARNT_TASKS)), "%")


@declare.claim(
    "R8",
    paper=3,
    place="review of paper 2",
    statement="The NM-RNN extrapolates intervals better and is more accurate in multitask than "
    "gated networks of equal size",
    reported="none",
    criterion="the median loss of the NM-RNN of rank 3 on extrapolated intervals minus that of a "
    "GRU, a minimal GRU and an nBRC is below 0, and its median share of correct trials minus "
    "theirs and that of XdG is above 0; for each that is trained",
    reads={
        "losses": "rnn/reviewers_timing/timing_losses",
        "scores": "rnn/reviewers_multitask/task_scores",
        "finder": "rnn/reviewers_element_finder/finder_losses",
    },
)
def nm_rnn_is_above_gated_networks(
    losses: pd.DataFrame,
    scores: pd.DataFrame,
    finder: pd.DataFrame,
    rng: np.random.Generator,
) -> Iterator[Part]:
    loss, accuracy = of_networks(losses, "extrapolated_loss"), accuracies(scores)
    for name in GATED:
        if name in loss:
            yield judged(
                f"Measure-Wait-Go, NM-RNN minus {words_of(name)}",
                statistics.difference_of_medians(loss[FULL], loss[name], below(0), rng),
                f"On extrapolated intervals the median loss of the NM-RNN minus that of the "
                f"{words_of(name)} is {{value}}.",
            )
        if name in accuracy:
            yield judged(
                f"multitask, NM-RNN minus {words_of(name)}",
                statistics.difference_of_medians(accuracy[FULL], accuracy[name], above(0), rng),
                "The median share of correct trials of the NM-RNN minus that of the "
                f"{words_of(name)} is {{value}}.",
                "points",
            )
    intervals = of_networks(losses, "trained_loss")
    shares = finder_shares(finder)
    for name in (FULL, RANK_8, "rnn", "lstm", *GATED):
        words = "NM-RNN" if name in (FULL, RANK_8) else words_of(name)
        if name != RANK_8 and name in loss:
            bound = below(LEARNT_TIMING)
            yield beside(
                f"loss, trained intervals, {words}", statistics.median(intervals[name], bound)
            )
            yield beside(
                f"loss, extrapolated intervals, {words}", statistics.median(loss[name], bound)
            )
        if name != RANK_8 and name in accuracy:
            bound = at_least(LEARNT_TASKS)
            yield beside(f"multitask, {words}", statistics.median(accuracy[name], bound), "%")
        if name != FULL and name in shares:
            own = statistics.median(shares[name], below(LEARNT_FINDER))
            yield beside(f"element finder, loss over chance, {words}", own, "%")


@declare.claim(
    "R9",
    paper=3,
    place="review of paper 2",
    statement="The NM-RNN can take the place of an LSTM where sequences are classified: on "
    "sequential MNIST it is more accurate than an LSTM and than an LR-RNN of equal size",
    reported="none",
    criterion="the median accuracy on the test images minus that of the LSTM, and minus that of "
    "the LR-RNN, is above 0",
    reads={"classified": "mnist/sequential/classified"},
)
def nm_rnn_classifies_sequences(
    classified: pd.DataFrame, rng: np.random.Generator
) -> Iterator[Part]:
    accuracy = of_networks(select(classified, dataset="mnist"), "accuracy")
    for name in ("lstm", "lr_rnn"):
        yield judged(
            f"NM-RNN minus {words_of(name)}",
            statistics.difference_of_medians(accuracy["nm_rnn"], accuracy[name], above(0), rng),
            f"The median accuracy of the NM-RNN minus that of the {words_of(name)} is {{value}}.",
            "points",
        )
    for name, own in accuracy.items():
        yield beside(f"accuracy, {words_of(name)}", statistics.median(own, above(0)), "%")


@declare.claim(
    "R10",
    paper=3,
    place="review of paper 2",
    statement="After training, gradients fade more slowly along a trial in the NM-RNN than in the "
    "RNN and the LSTM, and it learns Measure-Wait-Go in fewer steps than the LSTM",
    reported="none",
    criterion="the slope of the logarithm of the gradient by x (by c of the LSTM), per step, minus "
    "that of each of the two is below 0, in Measure-Wait-Go and multitask; and the median number "
    "of steps until the training loss is below {learnt}, minus that of the LSTM, is below 0",
    thresholds={"learnt": LEARNT_TIMING},
    reads={
        "rates": [
            "rnn/measure_wait_go_one_protocol/fading_rates",
            "rnn/multitask_one_protocol/fading_rates",
        ],
        "training": "rnn/measure_wait_go_one_protocol/losses",
        "times": "costs/rnn/step_times",
    },
)
def gradients_fade_slowly(
    rates: pd.DataFrame,
    training: pd.DataFrame,
    times: pd.DataFrame,
    learnt: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    for task, words in (("measure_wait_go", "Measure-Wait-Go"), ("multitask", "multitask")):
        own = carried(select(rates, task=task))
        trained = {name: by_run(rows, "rate") for name, rows in own["end"].groupby("network")}
        for other in ("rnn", "lstm"):
            yield judged(
                f"{words}, fading of the NM-RNN minus {words_of(other)}",
                statistics.difference_of_medians(
                    _of(trained, "nm_rnn"), _of(trained, other), below(0), rng
                ),
                f"In {words} the rate at which gradients fade, per step, in the NM-RNN minus that "
                f"in the {words_of(other)} is {{value}}.",
            )
        for when, rows in own.items():
            for name, each in rows.groupby("network"):
                yield beside(
                    f"{words}, fading, {words_of(str(name))}, {when} of training",
                    statistics.median(by_run(each, "rate"), below(0)),
                )
    needed = {str(name): steps_until(rows, learnt) for name, rows in training.groupby("network")}
    yield judged(
        "Measure-Wait-Go, steps of the NM-RNN minus LSTM",
        statistics.difference_of_medians(_of(needed, "nm_rnn"), _of(needed, "lstm"), below(0), rng),
        "The median number of steps in which the NM-RNN learns Measure-Wait-Go, minus that of the "
        "LSTM, is {value}.",
        "steps",
    )
    a_step = select(times, task="measure_wait_go", variant="one_protocol")
    seconds = a_step.groupby("network")["milliseconds"].median() / 1e3
    taken = {name: steps * seconds[name] for name, steps in needed.items() if name in seconds}
    for what, amounts, unit in (("steps", needed, "steps"), ("processor time", taken, "s")):
        for name, amount in amounts.items():
            words = f"{what}, {words_of(name)}"
            yield beside(words, statistics.median(amount, below(0)), unit)
            if name != "lstm" and "lstm" in amounts:
                ratio = float(np.median(amount)) / float(np.median(amounts["lstm"]))
                yield beside(f"{words} over LSTM", shown(ratio, len(amount)))


@declare.claim(
    "R11",
    paper=3,
    place="review of paper 2",
    statement="A push on the state in the middle of a ramp changes the end of the ramp less in the "
    "NM-RNN than in the other networks",
    reported="none",
    criterion="among networks that have learnt Measure-Wait-Go: with a push of {size:.0%} of the "
    "norm of the state, the median change of the output at the end of the ramp, minus that of each "
    "other network of which {enough} or more have learnt, is below 0",
    thresholds={"enough": FEWEST, "size": PUSH, "learnt": LEARNT_TIMING},
    reads={
        "pushes": "rnn/measure_wait_go_one_protocol/pushes",
        "losses": "rnn/measure_wait_go_one_protocol/timing_losses",
    },
)
def ramps_withstand_pushes(
    pushes: pd.DataFrame,
    losses: pd.DataFrame,
    enough: int,
    size: float,
    learnt: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    able = losses.loc[losses["trained_loss"] < learnt, ["network", "run"]]
    own = select(pushes, size=size).merge(able, on=["network", "run"])
    error = {str(name): by_run(rows, "error") for name, rows in own.groupby("network")}
    if all(len(error.get(name, ())) < enough for name in OTHERS):
        raise Untestable(f"of no other network have {enough} learnt Measure-Wait-Go")
    # One or two networks against many would leave the claim undecided whatever they do.
    for other in (name for name in OTHERS if len(error.get(name, ())) >= enough):
        yield judged(
            f"NM-RNN minus {words_of(other)}",
            statistics.difference_of_medians(_of(error, "nm_rnn"), error[other], below(0), rng),
            f"The change that a push leaves at the end of the ramp in the NM-RNN minus that in the "
            f"{words_of(other)} is {{value}}.",
        )
    for name, rows in pushes.groupby("network"):
        yield beside(
            f"{words_of(str(name))}, networks that have learnt",
            statistics.rate(
                rows["run"].drop_duplicates().isin(error.get(str(name), pd.Series()).index),
                above(0.5),
            ),
            "%",
        )


@declare.claim(
    "O3",
    paper=3,
    place="paper 1, section 5",
    statement="A vanilla RNN whose weights are multiplied by fixed random matrices in each task "
    "learns three tasks in one network, as an NM-RNN does, whose modulation is trained",
    reported="none",
    criterion="with a matrix for each of W, B and C and each task, for each family that is trained "
    "of orthogonal, near-identity and diagonal matrices and signed permutations: the median share "
    "of correct trials is at least {accurate:.0%}, and minus that of the NM-RNN of rank 3 it is "
    "above -{margin:.0%} of the trials; equal numbers of parameters",
    thresholds={"accurate": LEARNT_TASKS, "margin": 0.05},
    reads={
        "scores": "rnn/reviewers_multitask/task_scores",
        "chosen": "rnn/reviewers_multitask/chosen_modulators",
    },
)
def fixed_matrices_are_enough(
    scores: pd.DataFrame,
    chosen: pd.DataFrame,
    accurate: float,
    margin: float,
    rng: np.random.Generator,
) -> Iterator[Part]:
    accuracy = accuracies(scores)
    for name, words in SWITCHED.items():
        if name not in accuracy:
            continue
        yield judged(
            words,
            statistics.median(accuracy[name], at_least(accurate)),
            f"With fixed {words} the median share of correct trials is {{value}}.",
            "%",
        )
        yield judged(
            f"{words}, minus NM-RNN",
            statistics.bootstrap(
                [[accuracy[name]], [accuracy[FULL]]],
                lambda a, b: np.median(a, axis=1) - np.median(b, axis=1),
                above(-margin),
                rng,
            ),
            f"The median share of correct trials with fixed {words} minus that of the NM-RNN is "
            "{value}.",
            "points",
        )
        for tried, rows in select(chosen, network=name).groupby("tried"):
            share = by_run(rows.assign(share=rows["correct"] / rows["trials"]), "share")
            yield beside(
                f"Memory-Anti without training, best of {tried}, {words}",
                statistics.median(share, at_least(accurate)),
                "%",
            )
    for name in (FULL, "rnn", "xdg", "tsuda_2_50"):
        plain = words_of("nm_rnn" if name == FULL else name)
        words = tsuda_label(name) if name.startswith("tsuda_") else plain
        yield beside(words, statistics.median(accuracy[name], at_least(accurate)), "%")


def words_of(network: str) -> str:
    """Return how a network is named in words; one that has no words of its own, by its name.

    >>> words_of("gru"), words_of("my_network")
    ('GRU', 'my network')
    """
    return NAMES.get(network, network.replace("_", " "))


def by_rank(table: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the NM-RNNs of each rank, whose networks are called nm_rnn_rank_<R>, ascending."""
    ranks = table["network"].str.extract(r"^nm_rnn_rank_(\d+)$")[0]
    for rank in sorted(ranks.dropna().astype(int).unique()):
        yield int(rank), table[ranks == str(rank)]


def of_networks(table: pd.DataFrame, column: str) -> dict[str, pd.Series]:
    """Return a column by network, each by run."""
    return {str(name): by_run(rows, column) for name, rows in table.groupby("network")}


def accuracies(scores: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the share of correct trials by network, each by run, over all tasks of the table."""
    return {
        str(name): correct_share(rows, "correct_corrected")
        for name, rows in scores.groupby("network")
    }


def finder_shares(finder: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the loss of the best checkpoint over chance by network, each by run."""
    best = select(finder, kept="best")
    return of_networks(best.assign(share=best["loss"] / best["chance"]), "share")


def of_length(tested: pd.DataFrame, length: int) -> dict[str, pd.Series]:
    """Return the loss over chance by network, each by run, for sequences of so many elements."""
    own = select(tested, steps=1 + length)
    return of_networks(own.assign(share=own["loss"] / own["chance"]), "share")


def tsuda_label(network: str) -> str:
    """Return how a network called tsuda_<factor>_<percent> is named.

    >>> tsuda_label("tsuda_0.2_50")
    'a factor of 0.2 on 50 % of the units'
    """
    _, factor, percent = network.split("_")
    return f"a factor of {factor} on {percent} % of the units"


def smallest_rank(
    values: dict[int, pd.Series], reached: statistics.Bound, rng: np.random.Generator
) -> Estimate:
    """Return the smallest rank whose median is on the right side; infinity where none is."""
    ranks = list(values)

    def smallest(*drawn: np.ndarray) -> np.ndarray:
        there = np.stack([reached.holds(np.median(each, axis=1)) for each in drawn])
        found = np.where(there, np.array(ranks)[:, None], statistics.HUGE).min(axis=0)
        return np.asarray(found, float)

    return statistics.bootstrap([[values[rank]] for rank in ranks], smallest, below(np.nan), rng)


def carried(rates: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rates by the state that carries most: x, or c of a network that has one.

    They are split by when they were taken, at the start or the end of training.
    """
    has_c = rates["network"].isin(rates.loc[rates["state"] == "c", "network"])
    own = rates[rates["state"] == np.where(has_c, "c", "x")]
    return {str(when): rows for when, rows in own.groupby("when")}


def steps_until(losses: pd.DataFrame, level: float) -> pd.Series:
    """Return by run the first recorded step with a mean loss below a level; infinity for never."""
    there = losses[losses["mean_loss"] < level].groupby("run")["step"].min()
    return there.astype(float).reindex(sorted(losses["run"].unique()), fill_value=np.inf)


def _after_and_before(restored: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    return correct_share(restored, "correct_after"), correct_share(restored, "correct_before")


def _exactly_restored(restored: pd.DataFrame) -> pd.Series:
    """Return of each run whether the parameters and the correct trials are those of before."""
    same = restored["identical"] & (restored["correct_restored"] == restored["correct_before"])
    exact: pd.Series = same.groupby(restored["run"]).all()
    return exact


def _of(values: dict[str, pd.Series], network: str) -> pd.Series:
    if network not in values:
        raise Untestable(f"no {words_of(network)} has the numbers that are compared")
    return values[network]
