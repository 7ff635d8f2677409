"""What vanilla networks share that are told which context a trial is of."""

from dataclasses import dataclass, replace
from typing import Self

from neuroswitch.rnn.models.vanilla import Vanilla
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.settings.rnn import Network


@dataclass(frozen=True)
class Contextual(Vanilla):
    """A vanilla network that knows which of its channels are those of the context."""

    sensory: int | None = None
    """Channels before those of the context; None: there is no context."""

    @classmethod
    def of(cls, network: Network, task: Task) -> Self:
        return replace(super().of(network, task), sensory=task.SENSORY)
