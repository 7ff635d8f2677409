"""The minibatch of every step: a function of the run and the step, and of nothing else."""

from collections.abc import Callable
from functools import partial

import numpy as np

from neuroswitch import seeds
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.tasks import TASKS, measure_wait_go, multitask
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.settings.rnn import Training

Draw = Callable[[np.random.Generator, int], Trials]


def drawing(task: str, phase: str, noise: float, balanced: bool) -> Draw:
    """Return what draws trials of a task in a phase of training.

    balanced : a multitask set holds its tasks in equal parts
    """
    if task != "multitask":
        return TASKS[task].draw
    if phase == "retraining":
        return partial(
            multitask.draw,
            tasks=multitask.TASKS.index("memory_anti"),
            contexts=len(multitask.TASKS),
            noise=noise,
            noise_channels=multitask.OLD_CONTEXTS,
        )

    def draw(rng: np.random.Generator, trials: int) -> Trials:
        tasks = np.arange(trials) % len(multitask.TRAINED) if balanced else None
        return multitask.draw(rng, trials, tasks, noise=noise)

    return draw


def batches(
    task: str, phase: str, protocol: Training, run: int, root_seed: int
) -> Callable[[int], Batch]:
    """Return the minibatch of each step.

    Networks of one run see the same trials in the same order, so that they can be compared in
    pairs. A set drawn once is shown in minibatches without repetition within one.
    """
    draw = drawing(task, phase, protocol.noise, balanced=protocol.trials is not None)
    stream = partial(seeds.generator, root_seed, "rnn", task, phase, run)
    if task == "measure_wait_go" and protocol.batch is None:
        return _always(measure_wait_go.training_trials())
    if protocol.trials is None:
        size = protocol.batch or 1
        return lambda step: _batch(draw(stream("fresh", step), size))
    everything = draw(stream("set"), protocol.trials)
    if protocol.batch is None:
        return _always(everything)
    size = min(protocol.batch, len(everything))

    def batch_of(step: int) -> Batch:
        chosen = stream("minibatch", step).choice(len(everything), size, replace=False)
        return _batch(everything[chosen])

    return batch_of


def _always(trials: Trials) -> Callable[[int], Batch]:
    batch = _batch(trials)
    return lambda step: batch


def _batch(trials: Trials) -> Batch:
    return Batch.of(trials.inputs, trials.targets, trials.weights)
