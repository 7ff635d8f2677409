"""The minibatch of every step: a function of the run and the step, and of nothing else."""

from collections.abc import Callable
from functools import partial

from neuroswitch import seeds
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.tasks import Trials, task_of
from neuroswitch.settings.rnn import Training


def batches(
    task: str, phase: str, protocol: Training, run: int, root_seed: int
) -> Callable[[int], Batch]:
    """Return the minibatch of each step.

    Networks of one run see the same trials in the same order, so that they can be compared in
    pairs. A set drawn once is shown in minibatches without repetition within one.
    """
    chosen = task_of(task, phase)
    stream = partial(seeds.generator, root_seed, "rnn", task, phase, run)
    of_set = stream("set")
    everything = chosen.everything() if protocol.batch is None else None
    if everything is None and protocol.trials is not None:
        everything = chosen.draw_set(of_set, protocol.trials)
    if everything is None:
        size = protocol.batch or 1

        def fresh(step: int) -> Batch:
            rng = stream("fresh", step)
            drawn = chosen.checked(chosen.draw(rng, size))
            return _batch(drawn.noisy(rng, protocol.noise, chosen.NOISY))

        return fresh
    shown = chosen.checked(everything).noisy(of_set, protocol.noise, chosen.NOISY)
    if protocol.batch is None:
        batch = _batch(shown)
        return lambda step: batch
    size = min(protocol.batch, len(shown))

    def part(step: int) -> Batch:
        return _batch(shown[stream("minibatch", step).choice(len(shown), size, replace=False)])

    return part


def _batch(trials: Trials) -> Batch:
    return Batch.of(trials.inputs, trials.targets, trials.weights)
