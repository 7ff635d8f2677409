"""Trials of multitask from a file of inputs alone, such as the authors' own test trials."""

from pathlib import Path

import numpy as np

from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks import multitask as task
from neuroswitch.rnn.tasks.trials import Trials

CONTEXTS = (len(task.TRAINED), len(task.TASKS))
"""Context channels that a file can have."""


def read(path: Path) -> dict[str, Trials]:
    """Return the trials of each task that occurs in a file of inputs.

    The context says which task a trial is, sine and cosine which angle is shown and when, and the
    fixation input when to go; from these follow the targets. Noise of a standard deviation of 0.1
    on the inputs changes none of this. Trials of a task that is trained first get the channels of
    that training, without a fourth context.

    Parameters
    ----------
    path : of an array .npy [trials, 100, 6 or 7]: fixation, sine, cosine, then contexts in the
        order of TASKS, one-hot

    Raises
    ------
    NeuroswitchError : the file cannot be read, has another shape, or holds a trial whose context,
        angle or go cannot be told
    """
    inputs = _loaded(path)
    context = np.rint(inputs[..., task.SENSORY :].mean(axis=1))
    one_hot = np.isin(context, (0, 1)).all(axis=1) & (context.sum(axis=1) == 1)
    _refuse(~one_hot, path, "an unknown context", "exactly one context channel at 1, all others 0")
    shown = np.hypot(inputs[..., 1], inputs[..., 2]) > 0.5
    _refuse(~shown.any(axis=1), path, "no stimulus", "sine and cosine of an angle at some steps")
    waiting = np.logical_and.accumulate(inputs[..., 0] > 0.5, axis=1)
    go = waiting.sum(axis=1)
    gone = (go > 0) & (go < task.STEPS)
    _refuse(~gone, path, "no step of go", "a fixation input that drops from 1 to 0")

    which = context.argmax(axis=1)
    sine, cosine = (np.sum(inputs[..., k] * shown, axis=1) for k in (1, 2))
    theta = np.arctan2(sine, cosine) % (2 * np.pi)
    labels = {
        "task": which,
        "theta": theta,
        "target": task.answer(theta, which),
        "on": shown.argmax(axis=1),
        "off": task.STEPS - shown[:, ::-1].argmax(axis=1),
        "go": go,
    }
    whole = Trials(inputs, _targets(go, labels["target"]), np.ones(shown.shape, np.float32), labels)
    return {
        name: _as_seen(whole[which == index], name)
        for index, name in enumerate(task.TASKS)
        if (which == index).any()
    }


def _loaded(path: Path) -> np.ndarray:
    expected = f"an array .npy [trials, {task.STEPS}, {' or '.join(_channels())}]"
    try:
        inputs = np.load(path, allow_pickle=False)
    # What is no array makes NumPy raise errors of several kinds.
    except (OSError, ValueError, EOFError) as failure:
        raise NeuroswitchError(
            f"{path} is not readable ({failure}); expected {expected}; config/README.md has the "
            "format of rnn.multitask.test_file"
        ) from None
    fits = inputs.ndim == 3 and inputs.shape[1] == task.STEPS and len(inputs) > 0
    if not fits or str(inputs.shape[2]) not in _channels():
        raise NeuroswitchError(
            f"{path} has the shape {list(inputs.shape)}; expected {expected}: fixation, sine, "
            "cosine, and a context for each task"
        )
    if inputs.dtype.kind not in "fiub" or not np.isfinite(inputs.astype(float)).all():
        raise NeuroswitchError(f"{path} holds {inputs.dtype}; expected finite numbers")
    return inputs.astype(np.float32)


def _channels() -> list[str]:
    return [str(task.SENSORY + contexts) for contexts in CONTEXTS]


def _refuse(faulty: np.ndarray, path: Path, found: str, expected: str) -> None:
    if faulty.any():
        first = ", ".join(map(str, np.flatnonzero(faulty)[:5]))
        raise NeuroswitchError(
            f"{path}: {faulty.sum()} of {len(faulty)} trials have {found}, the first of them "
            f"{first}, counted from 0; expected {expected}"
        )


def _targets(go: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the targets [trials, steps, outputs] of angles to answer from a step on (A33)."""
    waiting = np.arange(task.STEPS) < go[:, None]
    outputs = (
        task.FIXATION_TARGET * waiting,
        ~waiting * np.sin(target)[:, None],
        ~waiting * np.cos(target)[:, None],
    )
    return np.stack(outputs, axis=-1).astype(np.float32)


def _as_seen(trials: Trials, name: str) -> Trials:
    """Return the trials of a task with the channels that its networks have."""
    channels = task.CHANNELS if name in task.TRAINED else task.MemoryAnti.CHANNELS
    return Trials(trials.inputs[..., :channels], trials.targets, trials.weights, trials.labels)
