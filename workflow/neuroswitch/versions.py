"""What every result depends on: functions of the configuration, and of the code by its modules.

A version hashes the code that computes a file, the part of the configuration that it depends on,
and the versions of its inputs. The rules of the pipeline compare it with the version that a file
was made with, and so does `make verify` with the footers of stored tables.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from neuroswitch.provenance import content_version
from neuroswitch.settings import Settings
from neuroswitch.source import code_hash


def of_gates(settings: Settings, experiment: str) -> str:
    """Return what the tables of a gate experiment depend on."""
    return content_version(
        code_hash("gates.experiment"),
        settings.seed,
        settings.gates.experiment(experiment).runs,
        settings.gates.choice(experiment, "recorded_cycles"),
        [condition.model_dump() for condition in settings.gates.conditions(experiment)],
    )


def of_gate_analysis(settings: Settings, *modules: str, experiments: Iterable[str]) -> str:
    """Return what a file depends on that modules compute from tables of gate experiments."""
    return content_version(code_hash(*modules), [of_gates(settings, e) for e in experiments])


def of_mnist(settings: Settings, experiment: str) -> str:
    """Return what the tables of a MNIST experiment depend on; its code holds the checksums."""
    return content_version(
        code_hash("mnist.experiment"),
        settings.seed,
        settings.mnist.choice(experiment, "runs"),
        [condition.model_dump() for condition in settings.mnist.conditions(experiment)],
    )


def of_mnist_analysis(settings: Settings, *modules: str) -> str:
    """Return what a file depends on that modules compute from all MNIST experiments."""
    return content_version(
        code_hash(*modules), [of_mnist(settings, name) for name in settings.mnist.experiments]
    )


def of_rnn(settings: Settings, experiment: str) -> str:
    """Return what the tables of a recurrent experiment depend on."""
    return content_version(
        code_hash("rnn.experiment"),
        settings.seed,
        settings.rnn.choice(experiment, "runs"),
        settings.rnn.choice(experiment, "recorded_steps"),
        settings.rnn.experiment(experiment).model_dump(exclude={"runs_per_job", "test_trials"}),
        settings.rnn.engine,
    )


def of_rnn_analysis(settings: Settings, *modules: str, tasks: Iterable[str]) -> str:
    """Return what a file depends on that modules compute from the experiments of some tasks."""
    tasks = list(tasks)
    return content_version(
        code_hash(*modules),
        [of_rnn(settings, name) for task in tasks for name in rnn_experiments(settings, task)],
        [rnn_test_trials(settings, task) for task in tasks],
    )


def rnn_experiments(settings: Settings, task: str) -> list[str]:
    """Return the names of the experiments of a task."""
    return [name for name, e in settings.rnn.experiments.items() if e.task == task]


def rnn_test_trials(settings: Settings, task: str) -> int:
    """Return the largest number of test trials that an experiment of a task asks for."""
    names = rnn_experiments(settings, task)
    return max(settings.rnn.choice(name, "test_trials") for name in names)


def of_texts(*paths: Path) -> str:
    """Return what depends on the words of some files: templates, captions, the ledger."""
    texts: list[Any] = [[path.name, path.read_text()] for path in sorted(paths)]
    return content_version(texts)
