"""What Snakemake's log records say of a run: its steps, its running jobs, the time left."""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neuroswitch.jobs import message_in
from neuroswitch.recipes import TRAINING

PROGRESS = re.compile(r": (?P<percent>\d+)%, .* a second, (?P<left>.+) left$", re.MULTILINE)
"""A line of `neuroswitch.progress.Progress` in a job's log."""

SECONDS = {"h": 3600, "min": 60, "s": 1}

ENOUGH = 5
"""Jobs that must have ended before the time left is told: the first ones also compile."""

SHORT = 5.0
"""Seconds that a job of any other rule is taken to last until one has ended."""

LOG_TAIL = 4096
"""Bytes at the end of a log that are read for the latest progress."""


@dataclass(frozen=True)
class Job:
    """A job that has been started, or on a cluster submitted."""

    rule: str
    name: str
    started: float
    earlier: Mapping[Path, int]
    """Its logs, each with the time in ns at which an earlier attempt wrote it, or 0."""

    def progress(self) -> tuple[int, float] | None:
        """Return percentage done and seconds left, as its log says; None where it says nothing."""
        for log in self._written():
            *_, latest = [None, *PROGRESS.finditer(_text(log, LOG_TAIL))]
            if latest:
                return int(latest["percent"]), _seconds(latest["left"])
        return None

    def message(self) -> str:
        """Return why it failed: its error message, or where to look where it has left none."""
        for log in self._written():
            if found := message_in(_text(log)):
                return found
        logs = ", ".join(map(str, self.earlier)) or "not kept, as its rule names none"
        return f"{self.name} ended without a message; its log is {logs}"

    def _written(self) -> list[Path]:
        """Return the logs that this attempt has written; clocks of machines may differ."""
        return [log for log, before in self.earlier.items() if _time_of(log) != before]


@dataclass
class Run:
    """The state of a run; `total` is 0 until Snakemake knows what is to do."""

    began: float
    total: int = 0
    done: int = 0
    expected: Counter[str] = field(default_factory=Counter)
    running: dict[int, Job] = field(default_factory=dict)
    at_once: int = 1
    failed: dict[int, Job] = field(default_factory=dict)
    durations: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def plan(self, stats: Mapping[str, int]) -> None:
        """Take over how many jobs of each rule there are to do."""
        self.expected = Counter({rule: n for rule, n in stats.items() if rule != "total"})
        self.total = stats["total"]

    def start(self, record: Any, now: float) -> None:
        """Take over a job that starts."""
        name = " ".join([record.rule_name, *record.wildcards.values()])
        earlier = {Path(log): _time_of(Path(log)) for log in record.log}
        self.running[record.jobid] = Job(record.rule_name, name, now, earlier)
        self.at_once = len(self.running)

    def finish(self, number: int, now: float) -> None:
        """Take over that a job has ended well, perhaps after it had failed and was sent again."""
        self.failed.pop(number, None)
        if job := self.running.pop(number, None):
            self.durations[job.rule].append(now - job.started)

    def fail(self, number: int) -> Job | None:
        """Take over that a job has failed, and return it."""
        if job := self.running.pop(number, None):
            self.failed[number] = job
        return job

    def seconds_left(self, now: float) -> float | None:
        """Return the expected seconds to the end; None before enough is known.

        A job takes as long as those of its rule have taken so far on average. Where its rule is
        new, it takes as long as all have if it trains, and SHORT otherwise. A running job that logs
        its progress takes as long as it says itself. As many run at once as did when the last one
        began: one that has just ended is not yet replaced.
        """
        known = [seconds for taken in self.durations.values() for seconds in taken]
        if len(known) < ENOUGH:
            return None
        mean = {rule: sum(taken) / len(taken) for rule, taken in self.durations.items()}
        overall = sum(known) / len(known)

        def usual(rule: str) -> float:
            return mean.get(rule, overall if rule.startswith(TRAINING) else SHORT)

        running = list(self.running.values())
        left = []
        for job in running:
            said = job.progress()
            left.append(said[1] if said else max(usual(job.rule) - (now - job.started), 0))
        waiting = self.expected - Counter(job.rule for job in running)
        waiting -= Counter({rule: len(taken) for rule, taken in self.durations.items()})
        work = sum(left) + sum(n * usual(rule) for rule, n in waiting.items())
        return max(work / self.at_once, *left, 0)


def _seconds(text: str) -> float:
    """Return the seconds of a duration such as "2 min 05 s"."""
    words = text.split()
    return float(sum(int(n) * SECONDS[unit] for n, unit in zip(*[iter(words)] * 2, strict=True)))


def _time_of(log: Path) -> int:
    """Return when a log was last written, in ns; 0 where Snakemake has just removed it."""
    try:
        return log.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _text(log: Path, last: int | None = None) -> str:
    """Return a log, or its last bytes; nothing where Snakemake has just removed it."""
    try:
        with log.open("rb") as file:
            if last:
                file.seek(max(file.seek(0, os.SEEK_END) - last, 0))
            return file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
