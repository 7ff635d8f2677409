"""Train the reconstructed setting by fresh runs: the tables that claims and Figures 2 to 4 read."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from neuroswitch import declare
from neuroswitch.gates import tables
from neuroswitch.gates.experiment import representative, train_conditions
from neuroswitch.gates.multiverse.conditions import conditions, lengthened
from neuroswitch.gates.multiverse.priors import CONFIRMATION, of_rows
from neuroswitch.gates.training import record_schedule, train
from neuroswitch.progress import Progress
from neuroswitch.schemas import gates as schemas
from neuroswitch.schemas.multiverse import NEAREST
from neuroswitch.settings.gates import Condition, GateSettings


@declare.training(
    "confirmation",
    experiments="gates.confirmations",
    script="train_confirmation",
    chunks=False,
    reads={"nearest": "gates/multiverse/nearest"},
    writes={
        "gates/{experiment}/setting": NEAREST,
        "gates/{experiment}/mapping/runs": schemas.RUNS,
        "gates/{experiment}/pairs/runs": schemas.RUNS,
        "gates/{experiment}/pairs/tasks": schemas.TASKS,
        "gates/{experiment}/pairs/history": schemas.HISTORY,
        "gates/{experiment}/periods_equal_cycles/runs": schemas.RUNS,
        "gates/{experiment}/periods_equal_cycles/tasks": schemas.TASKS,
        "gates/{experiment}/periods_equal_cycles/history": schemas.HISTORY,
        "gates/{experiment}/periods_equal_epochs/tasks": schemas.TASKS,
        "gates/{experiment}/unmodulated/runs": schemas.RUNS,
        "gates/{experiment}/unmodulated/history": schemas.HISTORY,
        "gates/{experiment}/budget/history": schemas.HISTORY,
        "gates/{experiment}/traces/example_epochs": schemas.EXAMPLE_EPOCHS,
        "gates/{experiment}/traces/example_path": schemas.EXAMPLE_PATH,
    },
)
def confirm(
    settings: GateSettings, name: str, nearest: pd.DataFrame, root_seed: int, threads: int
) -> dict[str, pd.DataFrame]:
    """Train the universe nearest to what the paper reports by runs that no universe has.

    Parameters
    ----------
    nearest : its choices, one row

    Returns
    -------
    the tables by their paths below the folder of the experiment; those of one folder are what the
    experiment of that name leaves at the primary setting. The universe itself is in `setting`
    """
    chosen = settings.confirmations[name]
    stable_cycles, recorded = settings.primary.stable_cycles, settings.primary.recorded_cycles
    # Its number names the random streams: under this one there are no runs yet.
    fresh = replace(of_rows(nearest)[0], universe=CONFIRMATION)
    of = conditions(fresh, stable_cycles)
    mapped = [*of["mapping_two_layers"], *of["mapping_four_layers"]]
    budget = [lengthened(fresh, stable_cycles)]
    runs = range(chosen.runs)
    wanted: dict[str, tuple[Sequence[Condition], Sequence[int], Sequence[str]]] = {
        "mapping": (mapped, range(chosen.mapped), ["runs"]),
        "pairs": (of["pairs"], runs, ["runs", "tasks", "history"]),
        "periods_equal_cycles": (
            of["periods_equal_cycles"],
            runs,
            ["runs", "tasks", "history"],
        ),
        "periods_equal_epochs": (of["periods_equal_epochs"], runs, ["tasks"]),
        "unmodulated": (of["unmodulated"], runs, ["runs", "history"]),
        "budget": (budget, runs, ["history"]),
    }
    progress = Progress(
        f"{name}, runs 0-{runs[-1]}",
        sum(len(own) * sum(c.epochs for c in each) for each, own, _ in wanted.values()),
        "run-epochs",
    )
    found = {"setting": nearest}
    for folder, (each, own, kept) in wanted.items():
        trained = train_conditions(each, own, root_seed, recorded, threads, kept, progress.advance)
        found |= {f"{folder}/{table}": frame for table, frame in trained.items()}
    periods = of["periods_equal_cycles"]
    examples = _traced(found["pairs/runs"], [*periods, of["pairs"][1]], root_seed, recorded)
    alone = _traced(found["unmodulated/runs"], of["unmodulated"][:1], root_seed, recorded)
    for folder in ("pairs", "periods_equal_cycles", "unmodulated"):
        found[f"{folder}/runs"] = tables.without_parameters(found[f"{folder}/runs"])
    return found | {
        f"traces/{table}": pd.concat([examples[table], alone[table]], ignore_index=True)
        for table in examples
    }


def _traced(
    runs: pd.DataFrame, wanted: Sequence[Condition], root_seed: int, recorded_cycles: int
) -> dict[str, pd.DataFrame]:
    """Train one run of each condition again, every epoch kept: one example for the same gates.

    Parameters
    ----------
    runs : among which the examples are chosen, at the usual period
    """
    parts: dict[str, list[pd.DataFrame]] = {"example_epochs": [], "example_path": []}
    for condition in wanted:
        example = representative(runs[runs["tasks"] == condition.tasks])
        recorded = record_schedule(condition.cycles, recorded_cycles)
        outcome = train(condition, [example], root_seed, recorded, traced=True)
        parts["example_epochs"].append(tables.example_epochs(condition, outcome, 0))
        parts["example_path"].append(tables.example_path(condition, outcome, 0))
    return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}
