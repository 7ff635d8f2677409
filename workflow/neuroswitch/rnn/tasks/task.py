"""What every task of recurrent networks is: numbers, and a way to draw trials."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks.trials import Trials


class Task(ABC):
    """What a network learns. A new task has three numbers and `draw`; the rest has defaults.

    STEPS, CHANNELS, OUTPUTS : of every trial
    SENSORY : input channels, the first ones, that the big network of an NM-RNN sees; None: all
    OLD_CONTEXTS : of a task of retraining, the context channels of the tasks trained before
    HELD_OUT : the task of retraining; its input channels are these, and any others after them
    """

    STEPS: ClassVar[int]
    CHANNELS: ClassVar[int]
    OUTPUTS: ClassVar[int]
    SENSORY: ClassVar[int | None] = None
    OLD_CONTEXTS: ClassVar[slice | None] = None
    HELD_OUT: ClassVar["type[Task] | None"] = None

    @abstractmethod
    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        """Return that many trials without noise; equal generators draw equal trials."""

    def everything(self) -> Trials | None:
        """Return all trials that there are, for a protocol without `batch`; None: too many."""
        return None

    def checked(self, trials: Trials) -> Trials:
        """Return trials as they are; raise NeuroswitchError where their size is not the task's.

        The compiled kernels do not check it, and would read beyond the trials.
        """
        lengths = {"inputs": (self.CHANNELS,), "targets": (self.OUTPUTS,), "weights": ()}
        for name, last in lengths.items():
            found, expected = getattr(trials, name).shape, (len(trials), self.STEPS, *last)
            if found != expected:
                raise NeuroswitchError(
                    f"{type(self).__name__} drew {name} of shape {found}; by its STEPS, CHANNELS "
                    f"and OUTPUTS it is {expected}, trials and steps first"
                )
        return trials
