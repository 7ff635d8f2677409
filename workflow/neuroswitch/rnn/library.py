"""The public functions for recurrent networks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from neuroswitch import settings, tables
from neuroswitch.rnn import evaluation
from neuroswitch.rnn.evaluation import Response, Trained
from neuroswitch.rnn.experiment import train_experiment
from neuroswitch.rnn.tasks import Trials, task_of
from neuroswitch.settings import faults
from neuroswitch.settings.base import Job
from neuroswitch.settings.rnn import RnnExperiment

NAME = "neuroswitch.rnn.train"


@dataclass(frozen=True)
class Result:
    """Trained networks and what was written down of their training.

    networks : one for each network, run and phase, and a second one where the protocol keeps the
        best; `about` names it, `kept` says last or best, `sound` is False where it diverged,
        `parameters` holds its tensors by name
    runs : a row for each of them: steps, losses, number of parameters
    losses : a row for each recorded step of each, with the `mean_loss` of a minibatch since the
        recorded step before
    """

    networks: list[Trained]
    runs: pd.DataFrame
    losses: pd.DataFrame


def train(
    task: str,
    network: Mapping[str, Any],
    training: Mapping[str, Any],
    retraining: Mapping[str, Any] | None = None,
    *,
    runs: int = 1,
    seed: int = 0,
    threads: int = 1,
) -> Result:
    """Train a recurrent network on a task (paper 2).

    Parameters
    ----------
    task : one of `neuroswitch.names("task")`
    network : the `model`, one of `neuroswitch.names("model")`, its number of `units`, and the other
        keys of a network in config/README.md. A `low_rank` network with `modulators` is an NM-RNN
    training : `stages`, each with `steps` and `learning_rate`, and the other keys of a training in
        config/README.md, such as `batch` (trials of a step)
    retraining : the same for a second phase, on the task that is held out (multitask alone)
    runs : number of networks; they differ in their start and in the trials that they see
    seed : root of every random stream, 0 or more
    threads : processor cores used; no number depends on it

    Raises
    ------
    NeuroswitchError : a key or value does not exist or cannot be; it names the near match

    Examples
    --------
    >>> import neuroswitch
    >>> result = neuroswitch.rnn.train(
    ...     "element_finder",
    ...     network={"model": "lstm", "units": 4},
    ...     training={"stages": [{"steps": 20, "learning_rate": 0.01}], "batch": 16},
    ...     runs=2,
    ... )
    >>> len(result.networks), int(result.losses["step"].max())
    (2, 20)
    """
    job = faults.checked(Job, {"seed": seed, "threads": threads}, NAME)
    name = str(network.get("model", "network"))
    content = {
        "task": task,
        "variant": "both",
        "networks": {name: dict(network)},
        "training": dict(training),
        "retraining": dict(retraining) if retraining else None,
        "runs": runs,
    }
    experiment = faults.checked(RnnExperiment, content, NAME)
    chosen = settings.default().rnn.model_copy(update={"experiments": {"train": experiment}})
    with TemporaryDirectory() as checkpoints:
        found = train_experiment(
            chosen, "train", range(runs), job.seed, job.threads, Path(checkpoints), version=""
        )
    networks = evaluation.networks(experiment, found["runs"], found["parameters"])
    return Result(networks, found["runs"], found["losses"])


def load(folder: str | Path) -> Result:
    """Load the networks of an experiment that the pipeline trained.

    Parameters
    ----------
    folder : results/<scale>/rnn/<experiment>, with the tables `runs`, `losses` and `parameters`

    Raises
    ------
    NeuroswitchError : a table is missing, or was written by another version of the project

    Examples
    --------
    >>> import neuroswitch
    >>> result = neuroswitch.rnn.load("results/laptop/rnn/element_finder")
    >>> sorted({network.about["network"] for network in result.networks})[:2]
    ['lr_rnn', 'lr_rnn_undivided']
    """
    paths = {name: Path(folder) / f"{name}.parquet" for name in ("runs", "losses", "parameters")}
    found = {name: tables.read(path) for name, path in paths.items()}
    config = tables.provenance(paths["runs"])["config"]
    content = {key: value for key, value in config.items() if key != "experiment"}
    experiment = faults.checked(RnnExperiment, content, f"the footer of {paths['runs']}")
    networks = evaluation.networks(experiment, found["runs"], found["parameters"])
    return Result(networks, found["runs"], found["losses"])


def trials(
    task: str, count: int, seed: int | np.random.Generator = 0, phase: str = "training"
) -> Trials:
    """Draw trials of a task.

    Parameters
    ----------
    task : one of `neuroswitch.names("task")`
    count : trials to draw, 1 or more
    seed : of the draw, or a generator that draws them
    phase : "training", or "retraining" for the task that multitask holds out

    Returns
    -------
    float32 `inputs` [trials, steps, channels], `targets` [trials, steps, outputs] and `weights`
    [trials, steps], each step's share in the loss; `labels`, name -> [trials], what each trial is
    (steps from 0, angles in radians)

    Raises
    ------
    NeuroswitchError : no task has the name, or it holds out no task to retrain on

    Examples
    --------
    >>> import neuroswitch
    >>> trials = neuroswitch.rnn.trials("element_finder", 3)
    >>> trials.inputs.shape, trials.targets.shape
    ((3, 26, 1), (3, 26, 1))
    """
    return task_of(task, phase).draw(np.random.default_rng(seed), count)


def respond(network: Trained, trials: Trials) -> Response:
    """Run a trained network on trials.

    Parameters
    ----------
    network : of `train` or `load`
    trials : of its task and phase

    Returns
    -------
    float64 `outputs` [trials, steps, outputs], all NaN if the network diverged, and `states`, name
    -> [trials, steps, units] after each step: x, and for an NM-RNN also z and s, the signal that
    modulates its recurrence (paper 2, section 2)

    Examples
    --------
    >>> import neuroswitch
    >>> networks = neuroswitch.rnn.load("results/laptop/rnn/element_finder").networks
    >>> network = next(n for n in networks if n.about["network"] == "nm_rnn_5_18_8")
    >>> trials = neuroswitch.rnn.trials("element_finder", 5)
    >>> response = neuroswitch.rnn.respond(network, trials)
    >>> response.outputs.shape
    (5, 26, 1)
    >>> sorted(response.states)
    ['s', 'x', 'z']
    """
    with evaluation.one_thread():
        return evaluation.respond(network, trials)
