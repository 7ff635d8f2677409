"""What training took: every experiment, and recurrent networks beside other libraries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neuroswitch import costs
from neuroswitch.errors import NeuroswitchError, nearest
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
    vector_bits: int  # of the vectors that every side was held to
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
        job = costs.job_of(settings, section, {"experiment": name})
        size = costs.size_of(settings, job)
        if cost := costs.expected(recorded, settings.scale, job, size):
            found.append(
                Expense(
                    section, name, 1, cost.seconds / 3600, cost.peak_mb, cost.machine, expected=True
                )
            )
    return found


TIMED = ("vector_bits", "threads", "experiment", "network", "ours_ms", "peer", "peer_ms")
"""Columns that are read of the table that `make benchmark` writes of recurrent networks."""


def comparisons(settings: Settings, benchmarks: Path) -> list[Comparison]:
    """Return what the first phase of training takes, by us and by others, on one thread.

    The steps are those of the configuration, whose networks count; times are measured, and none are
    without a table.

    Raises
    ------
    NeuroswitchError : the table lacks a column
    """
    if not benchmarks.exists():
        return []
    timed = pd.read_csv(benchmarks)
    if missing := [column for column in TIMED if column not in timed]:
        raise NeuroswitchError(
            f"{benchmarks} has no column {', '.join(missing)}: another version wrote it; run "
            "`make benchmark` again, or remove the file, and the report does without it"
        )
    timed = timed[timed["threads"] == 1]
    found = []
    for (bits, name, network), rows in timed.groupby(
        ["vector_bits", "experiment", "network"], sort=False
    ):
        if name not in settings.rnn.experiments:
            raise NeuroswitchError(
                f"{benchmarks} names the experiment {name!r}, which the configuration does not "
                f"have; {nearest(name, settings.rnn.experiments)} Run `make benchmark` again"
            )
        experiment = settings.rnn.experiment(name)
        if network not in experiment.networks:
            continue  # it is trained at another scale, and takes no time at this one
        protocol = experiment.protocol(network, "training")
        steps = protocol.steps * settings.rnn.choice(name, "runs")
        hours = steps / 3.6e6
        peers = {row["peer"]: hours * row["peer_ms"] for row in rows.to_dict("records")}
        ours = hours * rows["ours_ms"].median()
        found.append(Comparison(name, network, bits, steps, ours, peers))
    return found


def totals(found: Iterable[Comparison]) -> list[Comparison]:
    """Return the sums over all networks for each width of vectors, of peers that are in each."""
    by_width: dict[int, list[Comparison]] = {}
    for row in found:
        by_width.setdefault(row.vector_bits, []).append(row)
    return [
        Comparison(
            "all",
            "",
            bits,
            sum(row.steps for row in rows),
            sum(row.ours for row in rows),
            {
                peer: sum(row.peers[peer] for row in rows)
                for peer in rows[0].peers
                if all(peer in row.peers for row in rows)
            },
        )
        for bits, rows in by_width.items()
    ]
