"""The tasks of recurrent networks: each is a class of a file of its own, which declares it."""

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.rnn.tasks.trials import Trials

__all__ = ["Task", "Trials", "task_of"]


def task_of(name: str, phase: str = "training") -> Task:
    """Return the task of a name, or in the phase `retraining` the one that it holds out.

    Raises
    ------
    NeuroswitchError : no task has the name, or it holds none out
    """
    task: type[Task] = index.get("task", name).load()
    if phase == "training":
        return task()
    if task.HELD_OUT is None:
        raise NeuroswitchError(
            f"the task {name!r} holds out no task to retrain on: remove `retraining` from its "
            f"experiments, or give {task.__name__} a HELD_OUT"
        )
    return task.HELD_OUT()
