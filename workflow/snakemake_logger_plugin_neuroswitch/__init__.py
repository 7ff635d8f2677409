"""A Snakemake logger for people: `snakemake --logger neuroswitch`, and every `make` command.

On a terminal a bar shows the steps done and the time left, with one line for each running job.
Elsewhere each tenth of the steps is one line, and so is every tenth minute. Errors are shown once,
at the end. Snakemake's own log file in .snakemake/log/ holds everything else.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from neuroswitch.progress import duration
from snakemake_logger_plugin_neuroswitch.state import Job, Run

EXITING = "Exiting because a job execution failed"
INCOMPLETE = "At least one job did not complete successfully."
"""Start and end of records that only repeat that jobs have failed."""

NAMED = 10
"""Missing files that an error names; it counts the others."""

SILENT = 600.0
"""Seconds after which a run without a screen says how far it is, once another step is done."""

LATE = 0.5
"""Seconds by which an interrupt may reach Snakemake after it has ended a job.

A terminal interrupts both together. That a job has failed is therefore said a little later, and not
at all where an interrupt was the reason. Records that follow do not wait for it.
"""


class LogHandler(LogHandlerBase):
    """Shows a run of Snakemake on standard error; a dry run is shown as Snakemake shows it."""

    writes_to_stream = True
    writes_to_file = False
    has_formatter = False
    needs_rulegraph = False

    @property
    def has_filter(self) -> bool:
        return not self.common_settings.dryrun

    def __post_init__(self) -> None:
        stream = sys.stdout if self.common_settings.stdout else sys.stderr
        self.console = Console(file=stream, highlight=False, markup=False, soft_wrap=True)
        self.run = Run(began=time.time())
        self.errors: list[str] = []
        self.tenths, self.said = 0, self.run.began
        self.screen: Screen | None = None
        self.interrupted = False
        self.failures: SimpleQueue[str] = SimpleQueue()
        self.configuration = ""
        self.earlier_handler: Any = None
        if threading.current_thread() is threading.main_thread():
            self.earlier_handler = signal.signal(signal.SIGINT, self._interrupt)
            # `workflow.calls.run` blocks it until here.
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        """Stop in order, once: a second interrupt would end Snakemake while its jobs end.

        Snakemake treats an exit as it treats an interrupt, and shows no traceback.
        """
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.interrupted = True
        sys.exit(130)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._take(record)
        except Exception:
            self.handleError(record)

    def _take(self, record: Any) -> None:
        now = time.time()
        event = getattr(record, "event", None)
        if self.common_settings.dryrun:
            if text := self.format(record):
                self.console.print(text)
        elif event == LogEvent.WORKFLOW_STARTED:
            self.configuration = next(map(str, record.configfiles), "")
            # Asked of the file, as FORCE_COLOR makes rich take any file for a terminal.
            if self.console.file.isatty() and not self.console.is_dumb_terminal:
                self.screen = Screen(self.run)
                self.console = self.screen.console
        elif event == LogEvent.RUN_INFO:
            self.run.plan(record.stats)
            self.console.print(f"steps to do: {self.run.total}")
        elif recorded := getattr(record, "recorded", None):
            self.run.recorded = recorded
            self.console.print(record.getMessage())
        elif event == LogEvent.JOB_INFO:
            self.run.start(record, now)
        elif event == LogEvent.JOB_FINISHED:
            self.run.finish(record.job_id, now)
        elif event == LogEvent.PROGRESS:
            self.run.done, self.run.total = record.done, record.total
            self._say_steps(now)
        elif event == LogEvent.JOB_ERROR:
            self._say_failure(record)
        elif event == LogEvent.ERROR:
            self._take_error(record.exception, record.getMessage())
        elif record.levelno >= logging.WARNING and not record.getMessage().startswith(EXITING):
            self.console.print(record.getMessage())

    def _take_error(self, kind: str, text: str) -> None:
        # A job that fails has a record of its own, and its reason stands in its log.
        repeats = kind == "RuleException" and (self.run.running or self.run.failed)
        if kind == "MissingInputException":
            self.errors.append(missing(named_in(text), self.configuration))
        elif not repeats and not text.endswith(INCOMPLETE):
            self.errors.append(explained(kind, text))

    def _say_steps(self, now: float) -> None:
        """Where there is no screen, say it at each tenth of the steps, and after a long silence."""
        run = self.run
        tenths = 10 * run.done // run.total
        due = tenths > self.tenths or now - self.said > SILENT
        if self.screen is None and due and run.done < run.total:
            self.tenths, self.said = tenths, now
            self.console.print(", ".join(filter(None, [steps(run), time_left(run, now)])))

    def _say_failure(self, record: Any) -> None:
        if job := self.run.fail(record.jobid):
            said = f": {record.rule_msg}" if record.rule_msg else ""
            logs = ", ".join(record.log)
            self.failures.put(f"{job.name} failed{said}{f' (its log: {logs})' if logs else ''}")
            timer = threading.Timer(LATE, self._say_failures)
            timer.daemon = True
            timer.start()

    def _say_failures(self) -> None:
        with suppress(Empty):
            while not self.interrupted:
                self.console.print(self.failures.get_nowait())

    def close(self) -> None:
        """End the screen, and say how the run ended."""
        self._say_failures()
        if self.screen:
            self.screen.close()
            self.screen = None
            self.console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        if self.earlier_handler is not None and not self.interrupted:
            signal.signal(signal.SIGINT, self.earlier_handler)
        self.earlier_handler = None
        if line := self._closing():
            self.console.print(line)
        # Python closes every handler again as it exits.
        self.errors, self.run, self.interrupted = [], Run(began=time.time()), False
        self.failures = SimpleQueue()
        super().close()

    def _closing(self) -> str:
        run, took = self.run, duration(time.time() - self.run.began)
        if self.interrupted:
            done = f": {steps(run)}" if run.total else ""
            return f"stopped after {took}{done}; the same command goes on from there"
        messages = [*self.errors, *(job.message() for job in run.failed.values())]
        said = [f"error: {message}" for message in dict.fromkeys(messages)]
        if said and run.total:
            return "\n".join([f"failed after {took}: {steps(run)}", *said])
        return "\n".join(said) or (f"{steps(run)} in {took}" if run.total else "")


class Screen:
    """The lower lines of a terminal: a bar for the steps, and a line for each running job.

    Standard error goes through it while it is open: what a job writes there directly would
    otherwise be drawn over.
    """

    def __init__(self, run: Run) -> None:
        self.terminal = os.fdopen(os.dup(2), "w", encoding="utf-8")
        self.console = Console(file=self.terminal, highlight=False, markup=False, soft_wrap=True)
        self.live = Live(
            console=self.console,
            refresh_per_second=2,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            get_renderable=lambda: drawn(run, time.time(), self.console.height),
        )
        reading, writing = os.pipe()
        os.dup2(writing, 2)
        os.close(writing)
        self.relay = threading.Thread(target=self._relay, args=(reading,), daemon=True)
        self.relay.start()
        self.live.start()

    def _relay(self, reading: int) -> None:
        with os.fdopen(reading, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                self.console.print(line.rstrip("\n"))

    def close(self) -> None:
        self.live.stop()
        os.dup2(self.terminal.fileno(), 2)
        # A process that outlives its job may hold the other end open.
        self.relay.join(timeout=1)
        self.terminal.close()


def drawn(run: Run, now: float, height: int) -> Group:
    """Return the bar, and a line for each job as far as the height of the screen allows."""
    if not run.total:
        return Group("finding out what is to do")
    bar = Table.grid(padding=(0, 1), expand=True)
    bar.add_column(no_wrap=True)
    bar.add_column(ratio=1)
    bar.add_column(no_wrap=True)
    bar.add_row(steps(run), ProgressBar(total=run.total, completed=run.done), time_left(run, now))
    jobs = Table.grid(padding=(0, 1), expand=True)
    jobs.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    jobs.add_column(no_wrap=True, justify="right")
    jobs.add_column(no_wrap=True, justify="right")
    running = sorted(run.running.values(), key=lambda job: job.started)
    room = max(height - 4, 1)
    for job in running[:room]:
        jobs.add_row(f"  {job.name}", *state(job, now))
    if len(running) > room:
        jobs.add_row(f"  and {len(running) - room} more jobs")
    return Group(bar, jobs)


def steps(run: Run) -> str:
    """Return how many steps are done."""
    return f"{run.done} of {run.total} steps done"


def time_left(run: Run, now: float) -> str:
    """Return how long the run is expected to take still, where that is known."""
    left = run.seconds_left(now)
    return "" if left is None or run.done == run.total else f"about {duration(left)} left"


def state(job: Job, now: float) -> tuple[str, str]:
    """Return how far a running job is: percentage and time left, or the time it has taken."""
    if progress := job.progress():
        percent, left = progress
        return f"{percent} %", f"{duration(left)} left"
    return "", f"started {duration(now - job.started)} ago"


def explained(kind: str, text: str) -> str:
    """Return the message of an exception of Snakemake without its type and place in the rules."""
    lines = [line for line in text.splitlines() if not line.startswith('  File "')]
    return "\n".join(lines[1:] if len(lines) > 1 and lines[0].startswith(kind) else lines)


def named_in(text: str) -> list[str]:
    """Return the files that an exception about missing files names."""
    return [line.strip() for line in text.partition("affected files:\n")[2].splitlines()]


def missing(files: Sequence[str], configuration: str) -> str:
    """Return what to say of missing files.

    A rule makes every file of this project, but `make figures` and `make report` allow few rules.
    """
    more = [f"  and {len(files) - NAMED} more"] if len(files) > NAMED else []
    chosen = f" CONFIG={os.path.relpath(configuration)}" if configuration else ""
    return "\n".join(
        [
            "this command trains nothing, and it needs files that are missing:",
            *(f"  {file}" for file in files[:NAMED]),
            *more,
            f"Run `make reproduce{chosen}` first, which makes them.",
        ]
    )
