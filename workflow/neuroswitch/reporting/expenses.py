"""What training took: every experiment, and recurrent networks beside other libraries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neuroswitch import costs
from neuroswitch.settings import Settings


@dataclass(frozen=True)
class Expense:
    """What training took; `expected` where it is scaled from another scale's record."""

    section: str
    experiment: str
    jobs: int
    core_hours: float
    peak_mb: float
    machine: str
    expected: bool


@dataclass(frozen=True)
class Comparison:
    """Core-hours of a network's first phase of training at the measured times of a step."""

    experiment: str
    network: str
    steps: int
    ours: float
    peers: Mapping[str, float]


def trainings(
    settings: Settings, trained: Iterable[tuple[str, str]], records: Path
) -> list[Expense]:
    """Return what each experiment's training took, by its own benchmarks or else as recorded.

    `trained` are sections and experiments of the configuration.
    """
    folder = Path("results", settings.scale, "costs")
    recorded = costs.read(records)
    own = {
        (r.section, r.experiment): r
        for r in (
            *(record for record in recorded if record.scale == settings.scale),
            *costs.benchmarked(folder, settings, ""),
        )
    }
    found = []
    for section, name in sorted(trained):
        if record := own.get((section, name)):
            found.append(
                Expense(
                    section,
                    name,
                    record.jobs,
                    record.seconds / 3600,
                    record.peak_mb,
                    record.machine,
                    expected=False,
                )
            )
            continue
        runs = getattr(settings, section).choice(name, "runs")
        job = costs.Job(section, name, runs)
        size = costs.size_of(settings, job)
        if cost := costs.expected(recorded, settings.scale, job, size):
            found.append(
                Expense(
                    section, name, 1, cost.seconds / 3600, cost.peak_mb, cost.machine, expected=True
                )
            )
    return found


def comparisons(settings: Settings, benchmarks: Path) -> list[Comparison]:
    """Return what the first phase of training takes, by us and by others, on one thread.

    The steps are those of the configuration; times are measured, and none are without a table.
    """
    if not benchmarks.exists():
        return []
    timed = pd.read_csv(benchmarks)
    timed = timed[timed["threads"] == 1]
    found = []
    for (name, network), rows in timed.groupby(["experiment", "network"], sort=False):
        protocol = settings.rnn.experiment(name).protocol(network, "training")
        steps = protocol.steps * settings.rnn.choice(name, "runs")
        hours = steps / 3.6e6
        peers = {row["peer"]: hours * row["peer_ms"] for row in rows.to_dict("records")}
        found.append(Comparison(name, network, steps, hours * rows["ours_ms"].median(), peers))
    return found
