"""The minibatch of every step: a function of the run and the step, and of nothing else."""

from collections.abc import Callable
from functools import partial

import numpy as np

from neuroswitch import seeds
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.tasks import Task, Trials
from neuroswitch.settings.rnn import Training

Streams = Callable[..., np.random.Generator]
"""Names -> random numbers of their own."""


def streams(task: str, phase: str, run: int, root_seed: int) -> Streams:
    """Return the random streams that the minibatches of a run are drawn from."""
    return partial(seeds.generator, root_seed, "rnn", task, phase, run)


def batches(task: Task, protocol: Training, stream: Streams) -> Callable[[int], Batch]:
    """Return the minibatch of each step.

    Networks of one run see the same trials in the same order, so that they can be compared in
    pairs. Minibatches of a set drawn once are drawn from it with replacement (ambiguity A52).

    Raises
    ------
    NeuroswitchError : there is noise on channels that the task does not have
    """
    of_set = stream("set")
    noisy = _noisy_channels(task, protocol)
    everything = task.everything() if protocol.batch is None else None
    if everything is None and protocol.trials is not None:
        everything = task.draw(of_set, protocol.trials)
    if everything is None:
        size = protocol.batch or 1

        def fresh(step: int) -> Batch:
            rng = stream("fresh", step)
            drawn = task.checked(task.draw(rng, size))
            return _batch(drawn.noisy(rng, protocol.noise, noisy))

        return fresh
    shown = task.checked(everything).noisy(of_set, protocol.noise, noisy)
    if protocol.batch is None:
        batch = _batch(shown)
        return lambda step: batch
    size = protocol.batch

    def part(step: int) -> Batch:
        return _batch(shown, stream("minibatch", step).integers(len(shown), size=size))

    return part


def _noisy_channels(task: Task, protocol: Training) -> slice:
    if protocol.noise_on == "all":
        return slice(None)
    if task.OLD_CONTEXTS is None:
        raise NeuroswitchError(
            f"noise_on: old_contexts: {type(task).__name__} has no context channels of tasks "
            "trained before, as a task of retraining can have; expected noise_on: all"
        )
    return task.OLD_CONTEXTS


def _batch(trials: Trials, chosen: slice | np.ndarray = slice(None)) -> Batch:
    return Batch.of(trials.inputs, trials.targets, trials.weights, chosen=chosen)
