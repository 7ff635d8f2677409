"""A network, a minibatch and a protocol, given to both sides alike; and our side of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuroswitch import seeds, settings
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.models.model import Model, Sweep
from neuroswitch.rnn.models.sweep import DifferentiatedSweep
from neuroswitch.rnn.sampling import batches, streams
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.training import State, train
from neuroswitch.settings.rnn import Training

NETWORKS = {
    "measure_wait_go_as_published": ("nm_rnn", "lr_rnn", "rnn", "lstm"),
    "multitask_as_published": ("nm_rnn", "lr_rnn", "rnn", "lstm"),
    "multitask_one_protocol": ("lr_rnn", "rnn", "lstm"),
    "element_finder": ("nm_rnn_5_18_8", "lr_rnn", "rnn", "lstm"),
    "reviewers_timing": ("gru", "minimal_gru", "nbrc", "signal_softplus"),
    "reviewers_multitask": ("xdg", "tsuda_2_50"),
}
"""Experiment -> its networks that are timed: each size of a task, and each model, once."""

Train = Callable[[int], np.ndarray]
"""From a number of steps to their losses, always from the same start."""


@dataclass(frozen=True)
class Case:
    """What there is to train."""

    experiment: str
    network: str
    model: Model
    vector: np.ndarray  # [parameters], at the start
    batch: Batch  # of every step: what drawing trials costs is no part of the comparison
    protocol: Training

    @property
    def trials(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return inputs [trials, steps, channels], targets [..., outputs] and weights [..., 1]."""
        return self.batch.arrays()


def case_of(name: str, network: str) -> Case:
    """Return a network of an experiment, as it is trained at the papers' scale."""
    config = settings.load(Path("config/laptop.yaml"), Path("config/paper.yaml"))
    experiment = config.rnn.experiments[name]
    protocol = experiment.protocol(network, "training")
    model = model_of(experiment, network, "training")
    vector = model.flatten(model.draw(seeds.generator(config.seed, "benchmark", name, network)))
    batch = batches(
        task_of(experiment.task), protocol, streams(experiment.task, "training", 0, config.seed)
    )(0)
    return Case(name, network, model, vector, batch, protocol)


def ours(case: Case) -> Train:
    """Return the training of the pipeline, kernels and all."""
    return _by(case, case.model.sweep(case.batch.steps, np.float32))


def reference(case: Case) -> Train:
    """Return the same by automatic differentiation of the equations."""
    return _by(case, DifferentiatedSweep(case.model, "cpu", np.float32))


def _by(case: Case, sweep: Sweep) -> Train:
    return repeatable(case.model, sweep, case.protocol, case.batch, case.vector)


def repeatable(
    model: Model, sweep: Sweep, protocol: Training, batch: Batch, vector: np.ndarray
) -> Callable[[int], np.ndarray]:
    """Return a training on one minibatch: from a number of steps to their losses.

    Every call starts from the same parameters [parameters], and goes by the first stage of the
    protocol without restarts.
    """

    def run(steps: int) -> np.ndarray:
        stage = protocol.stages[0].model_copy(update={"steps": steps, "trained": "all"})
        once = protocol.model_copy(update={"stages": [stage], "restart": None})
        recorded = np.arange(1, steps + 1)
        state = train(model, sweep, once, lambda step: batch, State.beginning(vector), recorded)
        return np.array([loss for _, loss, _ in state.losses])

    return run
