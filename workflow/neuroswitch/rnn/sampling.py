"""The minibatch of every step: a function of the run and the step, and of nothing else."""

from collections.abc import Callable
from functools import partial

import numpy as np

from neuroswitch import seeds
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.tasks import Task, Trials, task_of
from neuroswitch.settings.rnn import Training


def batches(
    task: str,
    phase: str,
    protocol: Training,
    run: int,
    root_seed: int,
    made: Task | None = None,
) -> Callable[[int], Batch]:
    """Return the minibatch of each step.

    made : the task, where it is made of more than its name

    Networks of one run see the same trials in the same order, so that they can be compared in
    pairs. Minibatches of a set drawn once are drawn from it with replacement (ambiguity A52).

    Raises
    ------
    NeuroswitchError : there is noise on channels that the task does not have
    """
    chosen = made or task_of(task, phase)
    stream = partial(seeds.generator, root_seed, "rnn", task, phase, run)
    of_set = stream("set")
    noisy = _noisy_channels(chosen, protocol)
    everything = chosen.everything() if protocol.batch is None else None
    if everything is None and protocol.trials is not None:
        everything = chosen.draw(of_set, protocol.trials)
    if everything is None:
        size = protocol.batch or 1

        def fresh(step: int) -> Batch:
            rng = stream("fresh", step)
            drawn = chosen.checked(chosen.draw(rng, size))
            return _batch(drawn.noisy(rng, protocol.noise, noisy))

        return fresh
    shown = chosen.checked(everything).noisy(of_set, protocol.noise, noisy)
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
