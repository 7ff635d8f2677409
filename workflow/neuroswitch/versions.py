"""What every result depends on, as one hash: the version in the footer of each file.

A version hashes the script that makes a file with all the code that it imports, the columns of its
tables, the part of the configuration that it depends on, and the versions of its inputs. A file
whose footer holds another version is made again (`footers.why_again`).
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from neuroswitch import index, schemas
from neuroswitch.settings import Settings
from neuroswitch.source import content_version, script_hash

TABLES = {
    "experiments": ("runs", "tasks", "history"),
    "sweeps": ("outcomes",),
    "traces": ("planarity", "example_epochs", "example_path"),
}
"""Group of gate experiments -> the tables that training writes for each."""

MNIST_TABLES = ("curves", "runs")
RNN_TABLES = ("runs", "losses", "parameters")


def of_job(script: str, *modules: str, writes: Iterable[str], **values: Any) -> str:
    """Return what the files depend on that a rule's script makes.

    Parameters
    ----------
    modules : imported by the script by a name that only the rule knows
    writes : paths of the files; the columns of those that are tables count
    values : JSON-like, whatever else they depend on
    """
    columns = [columns_of(path) for path in writes if path.endswith(".parquet")]
    return content_version(script_hash(script, *modules), columns, values)


def columns_of(table: str) -> list[Any]:
    """Return key, names and types of a table's columns; what they mean changes no number."""
    schema = schemas.of(table)
    return [schema.key, [[column.name, column.type] for column in schema.columns]]


def of_gates(settings: Settings, experiment: str) -> str:
    """Return what the tables of a gate experiment, a sweep or a trace depend on."""
    (group,) = (name for name in TABLES if experiment in getattr(settings.gates, name))
    return of_job(
        "trace_gates" if group == "traces" else "train_gates",
        writes=[f"gates/{table}.parquet" for table in TABLES[group]],
        seed=settings.seed,
        runs=settings.gates.experiment(experiment).runs,
        recorded_cycles=settings.gates.choice(experiment, "recorded_cycles"),
        conditions=[condition.model_dump() for condition in settings.gates.conditions(experiment)],
        gathered=None if group == "traces" else script_hash("gather"),
    )


def of_mnist(settings: Settings, experiment: str) -> str:
    """Return what the tables of a MNIST experiment depend on; code holds the checksums."""
    return of_job(
        "train_mnist",
        index.get("image_set", settings.mnist.dataset).where.module,
        writes=[f"mnist/{table}.parquet" for table in MNIST_TABLES],
        seed=settings.seed,
        runs=settings.mnist.choice(experiment, "runs"),
        conditions=[condition.model_dump() for condition in settings.mnist.conditions(experiment)],
        gathered=script_hash("gather"),
    )


def of_rnn(settings: Settings, experiment: str) -> str:
    """Return what the tables of a recurrent experiment depend on."""
    chosen = settings.rnn.experiment(experiment)
    return of_job(
        "train_rnn",
        writes=[f"rnn/{table}.parquet" for table in RNN_TABLES],
        seed=settings.seed,
        runs=settings.rnn.choice(experiment, "runs"),
        recorded_steps=settings.rnn.choice(experiment, "recorded_steps"),
        experiment=chosen.model_dump(exclude={"runs_per_job", "test_trials"}),
        engine=settings.rnn.engine,
        gathered=script_hash("gather"),
    )


def rnn_experiments(settings: Settings, task: str) -> list[str]:
    """Return the names of the experiments of a task."""
    return [name for name, e in settings.rnn.experiments.items() if e.task == task]


def rnn_test_trials(settings: Settings, task: str) -> int:
    """Return the largest number of test trials that an experiment of a task asks for."""
    names = rnn_experiments(settings, task)
    return max(settings.rnn.choice(name, "test_trials") for name in names)


def of_file(path: Path) -> str:
    """Return what depends on a file that no rule makes: entries of YAML, or another's bytes."""
    if path.suffix == ".yaml":
        # As text: a date is no JSON.
        return content_version(str(yaml.safe_load(path.read_text(encoding="utf-8"))))
    return content_version(path.read_bytes().hex())
