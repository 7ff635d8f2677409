"""Pro and anti, delay and memory: answer with the angle that was shown, or with its opposite.

A trial is four periods: before the stimulus, stimulus, memory (none in a delay task), response.
Within a period nothing changes, so a trial is one row of inputs and targets for each, repeated.
"""

import numpy as np
from numpy.typing import ArrayLike

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.rnn.tasks.trials import Trials

TASKS = ("delay_pro", "delay_anti", "memory_pro", "memory_anti")
TRAINED = TASKS[:3]
"""In the order of their context channels; the last is learnt by retraining."""

STEPS = 100
OUTPUTS = 3
"""Fixation, sine and cosine."""

SENSORY = 3
"""Input channels before the contexts: fixation, sine and cosine."""

CHANNELS = SENSORY + len(TRAINED)
OLD_CONTEXTS = slice(SENSORY, CHANNELS)
"""Context channels of the tasks trained first."""

FIXATION_TARGET = 0.8

_DELAY = ((0.3, 0.7), (0.2, 1.5), (0.0, 0.0), (0.3, 0.7))
_MEMORY = ((0.3, 0.7), (0.2, 1.6), (0.2, 1.6), (0.3, 0.7))
_DURATIONS = np.array([_DELAY, _DELAY, _MEMORY, _MEMORY])  # [tasks, periods, low and high]
_SHORTEST, _SPREAD = _DURATIONS[..., 0], np.diff(_DURATIONS)[..., 0]
_SHOWN = np.array([[0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 0, 0], [0, 1, 0, 0]])  # [tasks, periods]
_FIXATION = np.array([1, 1, 1, 0])  # [periods]
_ANTI = np.array([0, 1, 0, 1])  # [tasks]


def draw(
    rng: np.random.Generator,
    trials: int,
    tasks: ArrayLike | None = None,
    contexts: int = len(TRAINED),
) -> Trials:
    """Return trials of random angle and timing.

    Parameters
    ----------
    trials : how many, at least 1
    tasks : indexes into TASKS, [trials] or one for all; drawn uniformly from TRAINED where None
        (ambiguity A34)
    contexts : context channels, 3, or 4 in retraining

    Labels: `task` (index into TASKS), `theta` and `target` (the angle shown and the one to
    answer, in [0, 2 pi)), `on` (first step of the stimulus), `off` (first step without it,
    STEPS in delay tasks), `go` (first step without fixation).

    Raises NeuroswitchError where a task has no context channel.

    Source: paper 2, multitask setting; ambiguities A32 to A36.
    """
    if tasks is None:
        tasks = rng.integers(len(TRAINED), size=trials)
    task = np.broadcast_to(np.asarray(tasks), trials)
    if not 0 <= task.min() <= task.max() < contexts <= len(TASKS):
        raise NeuroswitchError(
            f"tasks must be indexes below the number of contexts, at most {len(TASKS)}; "
            f"found tasks {task.min()} to {task.max()} and {contexts} contexts"
        )
    theta = rng.uniform(0, 2 * np.pi, trials)
    target = answer(theta, task)
    bounds = _bounds(rng.random((trials, len(_FIXATION))), task)
    lengths = np.diff(bounds)
    _, on, off, go, _ = bounds.T

    inputs = np.empty((trials, len(_FIXATION), SENSORY + contexts), np.float32)
    inputs[..., 0] = _FIXATION
    inputs[..., 1:SENSORY] = _SHOWN[task][..., None] * _direction(theta)
    inputs[..., SENSORY:] = np.eye(contexts)[task, None]
    targets = np.empty((trials, len(_FIXATION), OUTPUTS), np.float32)
    targets[..., 0] = FIXATION_TARGET * _FIXATION
    targets[..., 1:] = (1 - _FIXATION[:, None]) * _direction(target)

    return Trials(
        _stretch(inputs, lengths),
        _stretch(targets, lengths),
        np.ones((trials, STEPS), np.float32),
        {
            "task": task,
            "theta": theta,
            "target": target,
            "on": on,
            "off": np.where(_SHOWN[task, -1], STEPS, off),
            "go": go,
        },
    )


def answer(theta: np.ndarray, task: np.ndarray) -> np.ndarray:
    """Return the angle to answer with, in [0, 2 pi), to an angle shown in a task, by its index."""
    return (theta + np.pi * _ANTI[task]) % (2 * np.pi)


def _bounds(uniform: np.ndarray, task: np.ndarray) -> np.ndarray:
    """Return where periods begin and the last ends, [trials, periods + 1] (A32).

    Step t is past the end of a period where t >= STEPS times the share of the trial up to it.
    """
    ends = np.cumsum(_SHORTEST[task] + _SPREAD[task] * uniform, axis=1)
    bounds = np.zeros((len(task), ends.shape[1] + 1), int)
    # The share is computed first, so that it is exactly 1 at the end of a trial.
    bounds[:, 1:] = np.ceil(STEPS * (ends / ends[:, -1:]))
    return bounds


def _direction(angle: np.ndarray) -> np.ndarray:
    """Return sine and cosine, [trials, 1, 2], the same in every period."""
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)[:, None]


def _stretch(rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return rows [trials, periods, columns] repeated for the length of each period, in steps."""
    trials, _, columns = rows.shape
    repeated = np.repeat(rows.reshape(-1, columns), lengths.ravel(), axis=0)
    return repeated.reshape(trials, STEPS, columns)


class MemoryAnti(Task):
    """The task held out, with one more context channel."""

    STEPS, CHANNELS, OUTPUTS, SENSORY = STEPS, SENSORY + len(TASKS), OUTPUTS, SENSORY
    OLD_CONTEXTS = OLD_CONTEXTS

    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        return draw(rng, trials, TASKS.index("memory_anti"), contexts=len(TASKS))


@declare.task("multitask")
class Multitask(Task):
    """The tasks trained first, each as likely as another (A34)."""

    STEPS, CHANNELS, OUTPUTS, SENSORY = STEPS, CHANNELS, OUTPUTS, SENSORY
    HELD_OUT = MemoryAnti

    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        return draw(rng, trials)
