"""What a training job costs in time and memory: recorded benchmarks, scaled by its size.

Nothing here is guessed: an experiment that was never recorded has no cost, and asks for
what UNRECORDED says.
"""

import csv
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

from neuroswitch.errors import NeuroswitchError
from neuroswitch.settings import Settings
from neuroswitch.settings.rnn import RnnExperiment


@dataclass(frozen=True)
class Job:
    """Some runs of an experiment of a section of the configuration; universes of a multiverse."""

    section: str
    experiment: str
    runs: int


@dataclass(frozen=True)
class Size:
    """How much a job does and holds, each in a unit of its section's own."""

    work: float
    held: float


@dataclass(frozen=True)
class Record:
    """What the jobs of an experiment took at some scale: a row of config/costs.tsv."""

    scale: str
    machine: str
    section: str
    experiment: str
    jobs: int
    work: float  # of all jobs
    held: float  # of the largest job
    seconds: float  # of all jobs
    peak_mb: float  # of the largest job


@dataclass(frozen=True)
class Cost:
    """What a job is expected to take, and the scale and machine that this is known from."""

    seconds: float
    peak_mb: float
    scale: str
    machine: str


WHOLE = "all"
"""Name of the benchmark of an experiment that is trained in one job, in place of its chunk."""

UNRECORDED = Cost(seconds=1800, peak_mb=2000, scale="none", machine="none")
"""What a training job asks for that was never recorded."""

ANALYSIS = Cost(seconds=300, peak_mb=900, scale="none", machine="none")
"""What a costly analysis asks for, of which nothing is recorded: the longest takes minutes."""

SNAKEMAKE_MB = 600
"""Memory on a cluster of the two Snakemakes that start a job, beside the job's own."""


def _gates(settings: Settings, job: Job) -> Size:
    """Work in run-epochs; held are rows of the longest table, or a traced run's epochs.

    Where jobs train other units, such as universes, work is in their runs, and those of one are
    held. That of a confirmation is in runs: how long they train is in a table.
    """
    if job.experiment in settings.gates.units:
        runs = settings.gates.experiment(job.experiment).runs
        return Size(job.runs * runs, runs)
    if job.experiment in settings.gates.confirmations:
        return Size(job.runs, job.runs)
    conditions = settings.gates.conditions(job.experiment)
    tasks = sum(len(condition.gates) for condition in conditions)
    traced = job.experiment in settings.gates.traces
    rows = job.runs * tasks * settings.gates.choice(job.experiment, "recorded_cycles")
    epochs = max(condition.epochs for condition in conditions)
    work = job.runs * sum(condition.epochs for condition in conditions)
    return Size(work, epochs if traced else rows)


def _mnist(settings: Settings, job: Job) -> Size:
    """Work in images shown in training; held are all images.

    A multiverse's work is in images of one epoch and one strategy: every universe has the same
    strategies, and draws its own number of epochs.
    """
    if job.experiment in settings.mnist.multiverses:
        chosen = settings.mnist.multiverses[job.experiment]
        networks = job.runs * chosen.runs * len(chosen.hidden)
        return Size(networks * chosen.train_images, chosen.train_images + chosen.test_images)
    images = settings.mnist.train_images + settings.mnist.test_images
    if job.experiment in settings.mnist.sequences:
        sequences = settings.mnist.sequences[job.experiment]
        return Size(_steps(sequences, job.runs) * (sequences.training.batch or 1), images)
    conditions = settings.mnist.conditions(job.experiment)
    shown = settings.mnist.train_images * sum(condition.epochs for condition in conditions)
    return Size(job.runs * shown, images)


def _rnn(settings: Settings, job: Job) -> Size:
    """Work in training steps of all networks; held is one of each."""
    return Size(_steps(settings.rnn.experiment(job.experiment), job.runs), 1)


def _steps(experiment: RnnExperiment, runs: int) -> int:
    """Return the training steps of some runs of all networks, and of choosing learning rates."""
    protocols = [
        experiment.protocol(network, phase)
        for network in experiment.networks
        for phase in ("training", "retraining")
    ]
    return runs * sum(p.steps for p in protocols if p) + experiment.search_steps


SIZES: Mapping[str, Callable[[Settings, Job], Size]] = {
    "gates": _gates,
    "mnist": _mnist,
    "rnn": _rnn,
}
"""How large a job of each section is."""


def job_of(settings: Settings, section: str, wildcards: Mapping[str, str]) -> Job:
    """Return the job that a rule's wildcards name: an experiment, and where it has some a chunk."""
    experiment = wildcards["experiment"]
    if chunk := wildcards.get("chunk"):
        first, last = map(int, chunk.split("-"))
        return Job(section, experiment, last - first + 1)
    return Job(section, experiment, getattr(settings, section).count(experiment))


def size_of(settings: Settings, job: Job) -> Size:
    """Return the size of a job, from the configuration alone."""
    return SIZES[job.section](settings, job)


def expected(records: Iterable[Record], scale: str, job: Job, size: Size) -> Cost | None:
    """Return what a job is expected to take, or None if its experiment was never recorded.

    Its own scale is the first choice, then the one whose jobs did most nearly as much. Time
    grows with the work; memory, above that of the smallest job of the section, with what is held.
    """
    section = [record for record in records if record.section == job.section]
    same = [record for record in section if record.experiment == job.experiment]
    if not same:
        return None

    def distance(record: Record) -> tuple[bool, float]:
        return record.scale != scale, abs(math.log(size.work * record.jobs / record.work))

    record = min(same, key=distance)
    floor = min(record.peak_mb for record in section)
    return Cost(
        seconds=record.seconds * size.work / record.work,
        peak_mb=floor + (record.peak_mb - floor) * size.held / record.held,
        scale=record.scale,
        machine=record.machine,
    )


def memory_mb(cost: Cost, attempt: int) -> int:
    """Return the memory to ask a cluster for, in MB: half as much again as is expected."""
    return math.ceil((SNAKEMAKE_MB + 1.5 * cost.peak_mb) * _growth(attempt))


def minutes(cost: Cost, attempt: int) -> int:
    """Return the time to ask a cluster for, in minutes: for a far slower machine."""
    return math.ceil((10 + 4 * cost.seconds / 60) * _growth(attempt))


def _growth(attempt: int) -> int:
    """Return 1, 2, 4 and never more, or a job that fails for other reasons would fit no node."""
    return 2 ** min(attempt - 1, 2)


def benchmarked(folder: Path, settings: Settings, machine: str) -> list[Record]:
    """Return what Snakemake's benchmark files in results/<scale>/costs/ say, by experiment.

    Those of chunks that are no more, as of another `runs_per_job`, would count their runs twice.
    """
    found: dict[tuple[str, str], list[tuple[Size, float, float]]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        try:
            section, name, last = (*path.relative_to(folder).parent.parts, path.stem)
            if last != WHOLE and last not in getattr(settings, section).chunks(name):
                continue
            wildcards = {"experiment": name} | ({} if last == WHOLE else {"chunk": last})
            size = size_of(settings, job_of(settings, section, wildcards))
            seconds, peak = _measured(path)
        # A file that no rule makes, an experiment or section that is no more, a row cut off, or a
        # job too short for its memory to be seen.
        except (AttributeError, KeyError, TypeError, ValueError):
            continue
        job = found.setdefault((section, name), [])
        job.append((size, seconds, peak))
    return [
        Record(
            settings.scale,
            machine,
            section,
            experiment,
            jobs=len(jobs),
            work=sum(size.work for size, _, _ in jobs),
            held=max(size.held for size, _, _ in jobs),
            seconds=round(sum(seconds for _, seconds, _ in jobs), 2),
            peak_mb=max(peak for _, _, peak in jobs),
        )
        for (section, experiment), jobs in found.items()
    ]


def read(path: Path) -> list[Record]:
    """Read a table of records.

    Raises
    ------
    NeuroswitchError : it holds something else
    """
    if not path.exists():
        return []
    numbers = {"jobs": int, "work": float, "held": float, "seconds": float, "peak_mb": float}
    try:
        with path.open(encoding="utf-8") as file:
            return [
                Record(**{key: numbers.get(key, str)(value) for key, value in row.items()})
                for row in csv.DictReader(file, delimiter="\t")
            ]
    except (TypeError, ValueError) as failure:
        raise NeuroswitchError(
            f"{path} is not a table of costs ({failure}); restore it, or delete it and run "
            "`make costs`"
        ) from None


def write(path: Path, records: Iterable[Record]) -> None:
    """Write a table of records, sorted. Raises as `store.write_rows` does."""
    # Not above: the rules, which read this module before every job, need no library of tables.
    from neuroswitch import store

    order = attrgetter("scale", "section", "experiment")
    store.write_rows(path, Record, sorted(records, key=order))


def _measured(path: Path) -> tuple[float, float]:
    """Return seconds and peak memory in MB of a benchmark file: its last row."""
    with path.open(encoding="utf-8") as file:
        *_, row = csv.DictReader(file, delimiter="\t")
    return float(row["s"]), float(row["max_rss"])
