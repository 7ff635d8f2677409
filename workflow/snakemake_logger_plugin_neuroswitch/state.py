"""What Snakemake's log records say of a run: its steps, its running jobs, the time left."""

import os
import re
from collections import Counter
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
"""Jobs that must have ended before the time left is told, where no times are on record."""

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
    planned: Counter[str] = field(default_factory=Counter)
    recorded: Mapping[int, tuple[str, float]] = field(default_factory=dict)
    """Number of a job -> its rule, and the seconds that a job of its size took on record."""
    running: dict[int, Job] = field(default_factory=dict)
    at_once: int = 1
    failed: dict[int, Job] = field(default_factory=dict)
    ended: dict[int, tuple[str, float]] = field(default_factory=dict)
    """Number of a job -> its rule, and the seconds that it took."""

    def plan(self, stats: Mapping[str, int]) -> None:
        """Take over how many jobs of each rule there are to do."""
        self.planned = Counter({rule: n for rule, n in stats.items() if rule != "total"})
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
            self.ended[number] = job.rule, now - job.started

    def fail(self, number: int) -> Job | None:
        """Take over that a job has failed, and return it."""
        if job := self.running.pop(number, None):
            self.failed[number] = job
        return job

    def seconds_left(self, now: float) -> float | None:
        """Return the expected seconds to the end; None before enough is known.

        A job takes as long as is on record for its size, times what those that have ended took
        beyond their record. Without a record it takes as long as those of its rule have taken on
        average. Where its rule is new, it takes as long as all have if it trains, and SHORT
        otherwise. A running job that logs its progress takes as long as it says itself. As many run
        at once as did when the last one began: one that has just ended is not yet replaced.
        """
        if len(self.ended) < ENOUGH and not self.recorded:
            return None
        pace = self._pace()
        on_record = {number: pace * seconds for number, (_, seconds) in self.recorded.items()}
        left = []
        for number, job in self.running.items():
            said = job.progress()
            usual = on_record.get(number, self._usual(job.rule))
            left.append(said[1] if said else max(usual - (now - job.started), 0))
        begun = self.running.keys() | self.ended.keys()
        coming = {number: on_record[number] for number in self.recorded.keys() - begun}
        others = self.planned - Counter(
            [
                *(job.rule for job in self.running.values()),
                *(rule for rule, _ in self.ended.values()),
                *(self.recorded[number][0] for number in coming),
            ]
        )
        work = sum(left) + sum(coming.values())
        work += sum(n * self._usual(rule) for rule, n in others.items())
        return max(work / self.at_once, *left, *coming.values(), 0)

    def _pace(self) -> float:
        """Return the seconds that jobs have taken for each second on record."""
        both = [(self.ended[n][1], self.recorded[n][1]) for n in self.ended if n in self.recorded]
        return sum(took for took, _ in both) / sum(said for _, said in both) if both else 1.0

    def _usual(self, rule: str) -> float:
        """Return the seconds that a job of a rule takes of which nothing is on record."""
        own = [seconds for name, seconds in self.ended.values() if name == rule]
        if not own and rule.startswith(TRAINING):
            own = [seconds for _, seconds in self.ended.values()]
        return sum(own) / len(own) if own else SHORT


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
