"""Run an experiment of the configuration: every condition, some of its runs, as tables."""

from collections.abc import Callable, Sequence

import pandas as pd

from neuroswitch import declare
from neuroswitch.gates import tables
from neuroswitch.gates.lanes import RUNS
from neuroswitch.gates.training import by_loop, record_schedule, train, train_together
from neuroswitch.progress import Progress
from neuroswitch.schemas import gates as schemas
from neuroswitch.settings.gates import Condition, GateSettings

TABLES = {
    "runs": tables.runs,
    "tasks": tables.tasks,
    "history": tables.history,
}
"""Name of a table -> what makes its rows of a condition."""


@declare.training(
    "gates",
    experiments="gates.experiments",
    script="train_gates",
    writes={
        "gates/{experiment}/runs": schemas.RUNS,
        "gates/{experiment}/tasks": schemas.TASKS,
        "gates/{experiment}/history": schemas.HISTORY,
    },
)
def train_experiment(
    settings: GateSettings,
    name: str,
    runs: Sequence[int],
    root_seed: int,
    threads: int,
    kept: Sequence[str] = ("runs", "tasks", "history"),
) -> dict[str, pd.DataFrame]:
    """Train some runs of every condition of an experiment.

    Returns the tables named by `kept`, of those in TABLES.
    """
    conditions = settings.conditions(name)
    recorded, progress = settings.choice(name, "recorded_cycles"), _progress(name, conditions, runs)
    found = train_conditions(conditions, runs, root_seed, recorded, threads, kept, progress.advance)
    if "runs" in found and not settings.choice(name, "recorded_parameters"):
        found["runs"] = tables.without_parameters(found["runs"])
    return found


def train_conditions(
    conditions: Sequence[Condition],
    runs: Sequence[int],
    root_seed: int,
    recorded_cycles: int,
    threads: int,
    kept: Sequence[str],
    advance: Callable[[int], None] = lambda run_epochs: None,
) -> dict[str, pd.DataFrame]:
    """Train some runs of conditions, and return the tables named by `kept`, of those in TABLES.

    Parameters
    ----------
    recorded_cycles : how many cycles of each condition the table of history has at most
    advance : called with the run-epochs done since the last call, for progress
    """
    parts: dict[str, list[pd.DataFrame]] = {table: [] for table in kept}
    for alike in by_loop(conditions):
        recorded = record_schedule(alike[0].cycles, recorded_cycles)
        outcomes = train_together(
            alike, runs, root_seed, recorded, threads=threads, advance=advance
        )
        for condition, outcome in zip(alike, outcomes, strict=True):
            for table in kept:
                parts[table].append(TABLES[table](condition, outcome))
    return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}


@declare.training(
    "traced_gates",
    experiments="gates.traces",
    script="trace_gates",
    chunks=False,
    writes={
        "gates/traces/{experiment}/planarity": schemas.PLANARITY,
        "gates/traces/{experiment}/example_epochs": schemas.EXAMPLE_EPOCHS,
        "gates/traces/{experiment}/example_path": schemas.EXAMPLE_PATH,
    },
)
def trace_experiment(
    settings: GateSettings, name: str, root_seed: int, threads: int
) -> dict[str, pd.DataFrame]:
    """Train an experiment keeping every epoch; write down one example run for each task pair.

    The example is the run of median speed at the primary period, and the same run is shown
    at the other periods, so that the period is all that differs between them.

    Returns the tables `planarity` (all runs), `example_epochs` and `example_path`.
    """
    runs = range(settings.experiment(name).runs)
    # The primary period first: it picks the example.
    conditions = sorted(
        settings.conditions(name), key=lambda c: c.period not in settings.primary.period
    )
    progress = _progress(name, conditions, runs)
    examples: dict[str, int] = {}
    parts: dict[str, list[pd.DataFrame]] = {
        "planarity": [],
        "example_epochs": [],
        "example_path": [],
    }
    for condition in conditions:
        recorded = record_schedule(condition.cycles, settings.choice(name, "recorded_cycles"))
        if condition.tasks not in examples:
            outcome = train(condition, runs, root_seed, recorded, threads=threads)
            examples[condition.tasks] = representative(tables.runs(condition, outcome))
        # Every epoch of a block is held in memory at once.
        for first in range(0, len(runs), RUNS):
            block = runs[first : first + RUNS]
            outcome = train(
                condition, block, root_seed, recorded, traced=True, advance=progress.advance
            )
            parts["planarity"].append(tables.planarity(condition, outcome))
            if examples[condition.tasks] in block:
                lane = block.index(examples[condition.tasks])
                parts["example_epochs"].append(tables.example_epochs(condition, outcome, lane))
                parts["example_path"].append(tables.example_path(condition, outcome, lane))
    return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}


def representative(runs: pd.DataFrame) -> int:
    """Return the successful run of one condition whose first success comes at the median.

    Where no run succeeds, of all runs. Ties go to the lower run number.
    """
    candidates = runs[runs["solved"]] if runs["solved"].any() else runs
    order = candidates.sort_values(["first_retrained_cycle", "run"], kind="stable")
    return int(order["run"].iloc[(len(order) - 1) // 2])


def _progress(name: str, conditions: Sequence[Condition], runs: Sequence[int]) -> Progress:
    total = len(runs) * sum(condition.epochs for condition in conditions)
    return Progress(f"{name}, runs {runs[0]}-{runs[-1]}", total, "run-epochs")
