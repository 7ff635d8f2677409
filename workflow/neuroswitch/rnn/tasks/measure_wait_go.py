"""Measure-Wait-Go: two pulses measure an interval; after a third, a ramp must last as long."""

from collections.abc import Iterable

import numpy as np

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.rnn.tasks.trials import Trials

STEPS = 110
CHANNELS = 3
OUTPUTS = 1

TRAINED = (12, 14, 16, 18)
EXTRAPOLATED = (4, 6, 8, 10, 20, 22, 24, 26)
"""Intervals, in steps."""

TRAINING_ONSETS = range(10, 20)
TEST_ONSET = 15
"""Steps of the measure pulse."""

DELAY = 15
"""Steps from the wait pulse to the go pulse."""

PULSE = 10.0

LOW, HIGH = -0.5, 0.5
"""Target before a ramp and after it."""

NEARLY = 0.9
"""Share of its rise at which a ramp is timed (A58)."""


def training_trials() -> Trials:
    """Return the 40 trials of training: every onset with every trained interval."""
    onsets, intervals = np.meshgrid(TRAINING_ONSETS, TRAINED, indexing="ij")
    return _trials(onsets.ravel(), intervals.ravel())


def test_trials(intervals: Iterable[int]) -> Trials:
    """Return one trial for each interval, in steps, in their order (ambiguity A31).

    Raises NeuroswitchError where an interval is below 1 or its ramp does not end in the trial.
    """
    durations = np.array(tuple(intervals))
    longest = (STEPS - 1 - TEST_ONSET - DELAY) // 2
    if durations.min() < 1 or durations.max() > longest:
        raise NeuroswitchError(
            f"intervals of Measure-Wait-Go must be 1 to {longest} steps, which fit a trial of "
            f"{STEPS}; found {durations.tolist()}"
        )
    return _trials(np.full_like(durations, TEST_ONSET), durations)


def ramp(go: np.ndarray, interval: np.ndarray) -> np.ndarray:
    """Return ramps [trials, steps]: -0.5 up to the go step, a line, 0.5 from go + interval on.

    Parameters
    ----------
    go, interval : [trials], in steps; interval > 0

    Source: paper 2, Measure-Wait-Go; ambiguity A29.
    """
    since_go = np.arange(STEPS) - go[:, None]
    return LOW + (HIGH - LOW) * np.clip(since_go / interval[:, None], 0, 1)


def _trials(measure: np.ndarray, interval: np.ndarray) -> Trials:
    wait = measure + interval
    go = wait + DELAY
    trial = np.arange(len(measure))
    inputs = np.zeros((len(measure), STEPS, CHANNELS), np.float32)
    for channel, step in enumerate((measure, wait, go)):
        inputs[trial, step, channel] = PULSE
    return Trials(
        inputs,
        ramp(go, interval)[..., None].astype(np.float32),
        np.ones((len(measure), STEPS), np.float32),
        {"interval": interval, "measure": measure, "wait": wait, "go": go},
    )


@declare.task("measure_wait_go")
class MeasureWaitGo(Task):
    """The 40 trials of training, all of them or some drawn uniformly, with replacement."""

    STEPS, CHANNELS, OUTPUTS = STEPS, CHANNELS, OUTPUTS

    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        everything = training_trials()
        return everything[rng.integers(len(everything), size=trials)]

    def everything(self) -> Trials:
        return training_trials()
