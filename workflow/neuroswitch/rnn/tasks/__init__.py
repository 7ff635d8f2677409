"""The tasks of paper 2 by name; one more is a module that offers what `Task` lists, named here."""

from neuroswitch.rnn.tasks import element_finder, measure_wait_go, multitask
from neuroswitch.rnn.tasks.trials import Task

TASKS: dict[str, Task] = {
    "measure_wait_go": measure_wait_go,
    "multitask": multitask,
    "element_finder": element_finder,
}
