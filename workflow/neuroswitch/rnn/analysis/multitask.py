"""Multitask: scores by both measures, and what signals and states tell of task and angle."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.rnn import metrics
from neuroswitch.rnn.analysis import file_trials
from neuroswitch.rnn.evaluation import (
    KEY,
    NETWORKS,
    Response,
    Trained,
    examples,
    gathered,
    losses,
    modulated,
    of_networks,
    respond,
)
from neuroswitch.rnn.tasks import multitask as task
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.schemas import rnn as schemas

COMPONENTS = 5
"""PCs of the readout: the paper shows the fourth and the fifth."""

SHOWN = 200
"""Trials of each task whose states are kept for a figure."""

PHASE_OF = {name: "training" if name in task.TRAINED else "retraining" for name in task.TASKS}
"""Name of a task -> the phase whose networks answer a file's trials of it."""

DELAY = ("delay_pro", "delay_anti")

Snapshot = tuple[np.ndarray, pd.DataFrame]
"""States [trials, units], and the labels of their trials."""

Test = Mapping[str, Trials]
"""Name of a task -> its trials."""


@declare.analysis(
    "multitask",
    of={"task": "multitask"},
    always=True,
    costly=True,
    reads=NETWORKS,
    settings={
        "test_trials": "rnn.{experiment}.test_trials",
        "test_file": "rnn.multitask.test_file",
        "trained_as": "rnn.{experiment}",
        "root_seed": "seed",
    },
    writes={
        "rnn/{experiment}/task_scores": schemas.TASK_SCORES,
        "rnn/{experiment}/file_scores": schemas.FILE_SCORES,
        "rnn/{experiment}/task_encodings": schemas.TASK_ENCODINGS,
        "rnn/{experiment}/task_signals": schemas.TASK_SIGNALS,
        "rnn/{experiment}/task_states": schemas.TASK_STATES,
    },
)
@of_networks("last")
def multitask(
    trained: Sequence[Trained], test_trials: int, root_seed: int, test_file: str | None = None
) -> dict[str, pd.DataFrame]:
    """Return every table of the task, from the same trials for all networks.

    Parameters
    ----------
    test_file : inputs of more trials, which networks are scored on apart

    Raises
    ------
    NeuroswitchError : the file is not what `file_trials.read` can read
    """
    tests = {
        phase: trials_of(phase, test_trials, root_seed) for phase in {one.phase for one in trained}
    }
    of_file = file_trials.read(Path(test_file)) if test_file else {}
    scored, filed, encoded = [], [], []
    for network in trained:
        test = tests[network.phase]
        responses = {name: respond(network, trials) for name, trials in test.items()}
        about = network.about | {"phase": network.phase}
        scored.append(scores(responses, test).assign(**about))
        own = {name: trials for name, trials in of_file.items() if PHASE_OF[name] == network.phase}
        if own:
            answers = {name: respond(network, trials) for name, trials in own.items()}
            filed.append(scores(answers, own).assign(**about))
        if network.phase == "training" and network.sound:
            rng = network.stream(root_seed, "shuffled")
            encoded.append(network.about | encoding(snapshots(responses, test), rng))
    table = pd.concat(scored, ignore_index=True)
    accuracy = accuracies(table)
    shown = examples([one for one in trained if modulated(one)], accuracy, "accuracy")
    first = [one for one in shown if one.phase == "training"]
    return {
        "task_scores": table,
        "file_scores": pd.concat(filed, ignore_index=True) if filed else table.iloc[:0],
        "task_encodings": pd.DataFrame(encoded),
        "task_signals": gathered(lambda one: signals(one, tests[one.phase]), shown),
        "task_states": gathered(lambda one: states(one, tests["training"]), first),
    }


def trials_of(phase: str, count: int, root_seed: int) -> Test:
    """Return the trials of a test, without noise: three tasks after training, then all four."""
    tasks = task.TRAINED if phase == "training" else task.TASKS
    return {
        name: task.draw(
            seeds.generator(root_seed, "rnn", "multitask", "test", name),
            count,
            task.TASKS.index(name),
            contexts=len(tasks),
        )
        for name in tasks
    }


def scores(responses: Mapping[str, Response], test: Test) -> pd.DataFrame:
    """Return one row for each task: correct trials by both scores, mean loss.

    Misjudged are trials that are right by the corrected score and wrong by the published one (A38).
    """
    rows = []
    for name, trials in test.items():
        outputs, go, target = responses[name].outputs, trials.labels["go"], trials.labels["target"]
        published, corrected = (
            metrics.correct(outputs, go, target, score) for score in ("published", "corrected")
        )
        rows.append(
            {
                "subtask": name,
                "trials": len(trials),
                "correct_published": int(published.sum()),
                "correct_corrected": int(corrected.sum()),
                "misjudged": int((corrected & ~published).sum()),
                "loss": losses(responses[name], trials).mean(),
            }
        )
    return pd.DataFrame(rows)


def accuracies(table: pd.DataFrame) -> pd.DataFrame:
    """Return each run's share of correct trials after training, over the three tasks."""
    after = table[table["phase"] == "training"]
    sums = after.groupby(KEY, sort=False)[["correct_corrected", "trials"]].sum()
    share = sums["correct_corrected"] / sums["trials"]
    return share.rename("accuracy").reset_index()


def snapshots(responses: Mapping[str, Response], test: Test) -> dict[str, Snapshot]:
    """Return the states at the end of the stimulus, and of the delay tasks at the last step.

    A stimulus that stays ends, for this, where fixation does (ambiguity A50).
    """
    stimulus, readout = [], []
    for name, trials in test.items():
        x, labels = responses[name].states["x"], trials.labels
        last = np.minimum(labels["off"], labels["go"]) - 1
        about = {"subtask": name, "theta": labels["theta"], "trial": np.arange(len(trials))}
        stimulus.append((x[np.arange(len(trials)), last], pd.DataFrame(about)))
        if name in DELAY:
            readout.append((x[:, -1], pd.DataFrame(about)))
    return {"stimulus": _joined(stimulus), "readout": _joined(readout)}


def encoding(shots: Mapping[str, Snapshot], rng: np.random.Generator) -> dict[str, float]:
    """Return how well PCs of the states tell the angle, and Pro from Anti (A40, A50, A57).

    rng : shuffles the labels, for what the measures are where states tell nothing
    """
    states, labels = shots["stimulus"]
    of_angle = partial(metrics.angle_r2, metrics.principal_components(states, 2))
    shown = labels["theta"].to_numpy()
    states, labels = shots["readout"]
    components = metrics.principal_components(states, COMPONENTS)
    anti = (labels["subtask"] == DELAY[1]).to_numpy()
    theta = labels["theta"].to_numpy()
    by_half = metrics.sign_accuracy(components, anti, theta >= np.pi)
    by_sign = metrics.sign_accuracy(components, anti)
    flip_accuracy = partial(metrics.flip_accuracy, components, angle=theta)
    return {
        "ring_r2": of_angle(shown),
        "shuffled_ring_r2": metrics.shuffled(of_angle, shown, rng),
        "sign_accuracy": by_half.max(),
        "sign_component": int(by_half.argmax()) + 1,
        "one_polarity_accuracy": by_sign.max(),
        "one_polarity_component": int(by_sign.argmax()) + 1,
        "flip_accuracy": flip_accuracy(anti),
        "shuffled_flip_accuracy": metrics.shuffled(flip_accuracy, anti, rng),
    }


def signals(network: Trained, test: Test) -> pd.DataFrame:
    """Return s(t) in the first trial of each task: trained ones, or the one learnt last."""
    new = set(task.TASKS) - set(task.TRAINED)
    parts = []
    for name in (set(test) - new) if network.phase == "training" else new:
        trial = test[name][:1]
        s = respond(network, trial).states["s"][0]
        step, component = np.indices(s.shape)
        parts.append(
            pd.DataFrame(
                {
                    "subtask": name,
                    "component": component.ravel() + 1,
                    "step": step.ravel(),
                    "signal": s.ravel(),
                }
                | {name: int(trial.labels[name][0]) for name in ("on", "off", "go")}
            )
        )
    return pd.concat(parts, ignore_index=True)


def states(network: Trained, test: Test) -> pd.DataFrame:
    """Return PCs of the states in both periods, for some trials of each task."""
    responses = {name: respond(network, trials) for name, trials in test.items()}
    parts = []
    for period, (x, labels) in snapshots(responses, test).items():
        components = metrics.principal_components(x, COMPONENTS)
        names = [f"pc{k + 1}" for k in range(COMPONENTS)]
        frame = labels.assign(period=period, **dict(zip(names, components.T, strict=True)))
        parts.append(frame[frame["trial"] < SHOWN])
    return pd.concat(parts, ignore_index=True)


def _joined(parts: Sequence[Snapshot]) -> Snapshot:
    return (
        np.concatenate([state for state, _ in parts]),
        pd.concat([labels for _, labels in parts], ignore_index=True),
    )
