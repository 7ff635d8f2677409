"""What `snakemake --logger neuroswitch` shows, on a terminal of 80 columns and elsewhere."""

import fcntl
import io
import logging
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from rich.console import Console
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.tests import TestLogHandlerBase
from snakemake_logger_plugin_neuroswitch import LogHandler, drawn
from snakemake_logger_plugin_neuroswitch.state import ENOUGH, SHORT, Run

from neuroswitch import jobs
from neuroswitch.progress import Progress, duration

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

WORKFLOW = """
rule all:
    input: expand("{name}.txt", name=config["names"])
rule train:
    output: "{name}.txt"
    log: "{name}.log"
    script: "train.py"
"""

SCRIPT = """
import logging, signal, sys, time
from neuroswitch import jobs
from neuroswitch.errors import NeuroswitchError
from neuroswitch.progress import Progress
name = snakemake.wildcards.name
if name == "stubborn":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
with jobs.reporting(snakemake.log[0]):
    progress = Progress(name, 4, "steps", every=0.1)
    for _ in range(4):
        time.sleep(float(snakemake.config.get("pause", 0)))
        progress.advance(1)
    if name == "stray":
        print("a stray word of a library", file=sys.stderr)
        logging.getLogger("neuroswitch").warning("training takes 10 times as long")
    if name.startswith("bad"):
        raise NeuroswitchError("the disk is full; make room")
    if name == "fault":
        1 / 0
    open(snakemake.output[0], "w").close()
"""


class TestInterface(TestLogHandlerBase):
    """The tests that the interface of Snakemake's loggers has for all of them."""

    __test__ = True

    def get_log_handler_cls(self):
        return LogHandler

    def get_log_handler_settings(self):
        return None


class Started:
    """The record of a job that starts."""

    def __init__(self, jobid, rule, *wildcards, log=()):
        self.jobid, self.rule_name, self.log = jobid, rule, log
        self.wildcards = dict(enumerate(wildcards))


def shown(run, now, width=80, height=24):
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True)
    console.print(drawn(run, now, height))
    return ESCAPES.sub("", console.file.getvalue()).splitlines()


def test_everything_has_its_place_in_80_columns():
    run = Run(began=0)
    run.plan({"train_rnn": 9000, "total": 12345})
    for number in range(ENOUGH):
        run.start(Started(number, "train_rnn", "pairs", "0-9"), 0)
        run.finish(number, 3600)
    run.start(Started(ENOUGH, "train_rnn", "measure_wait_go_published_and_a_longer_name", "0-9"), 0)
    run.done = 6789
    bar, job = shown(run, now=40000)
    assert max(map(len, (bar, job))) <= 80
    assert re.fullmatch(r"6789 of 12345 steps done ━+╺━+ about 8994 h 00 min left", bar.strip())
    assert re.fullmatch(r"  train_rnn measure_wait_go_\w+… +started 11 h 06 min ago", job)


def test_more_jobs_than_lines_are_counted():
    run = Run(began=0)
    run.plan({"train": 100, "total": 100})
    for number in range(100):
        run.start(Started(number, "train", str(number)), 0)
    lines = shown(run, now=1)
    assert len(lines) == 22
    assert "and 80 more jobs" in lines[-1]


def test_the_progress_that_a_job_logs_is_read(tmp_path, monkeypatch):
    log = tmp_path / "job.log"
    log.write_text("09:00:00 old: 99%, 1 of 1 steps, 1 a second, 0 min 01 s left\n")
    run = Run(began=0)
    run.start(Started(1, "train", "own", log=[str(log)]), now=0)
    (job,) = run.running.values()
    assert job.progress() is None, "an earlier attempt has written that"
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    clock = iter([0.0, 1800.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    with jobs.reporting(log):
        Progress("own, runs 0-9", 4e6, "run-epochs").advance(1e6)
    assert job.progress() == (25, 5400)
    log.unlink()
    assert job.progress() is None


def test_the_time_left_is_that_of_the_jobs_to_come():
    run = Run(began=0)
    run.plan({"train": 4, "draw": 10 + ENOUGH - 2, "total": 12 + ENOUGH})
    run.start(Started(1, "train"), now=0)
    run.finish(1, now=100)
    for number in range(1, ENOUGH):
        assert run.seconds_left(100) is None
        run.start(Started(-number, "draw"), now=0)
        run.finish(-number, now=10)
    run.start(Started(3, "train"), now=100)
    run.start(Started(4, "train"), now=100)
    # Two run, of which each has 60 s to go; one of train and nine of draw are to come, two at once.
    assert run.seconds_left(now=140) == (60 + 60 + 100 + 9 * 10) / 2
    run.finish(3, now=200)
    assert run.seconds_left(now=200) == (100 + 9 * 10) / 2, "another will take its place"


def test_a_rule_of_which_no_job_has_ended_is_short_unless_it_trains():
    run = Run(began=0)
    run.plan({"train_rnn": ENOUGH, "train_mnist": 1, "draw": 10, "total": ENOUGH + 11})
    for number in range(ENOUGH):
        run.start(Started(number, "train_rnn"), now=100 * number)
        run.finish(number, now=100 * (number + 1))
    assert run.seconds_left(now=100 * ENOUGH) == 100 + 10 * SHORT


def test_jobs_to_come_take_what_is_on_record_at_the_pace_of_those_that_have_ended():
    run = Run(began=0)
    run.plan({"train_rnn": 4, "draw": 2, "total": 6})
    run.recorded = {n: ("train_rnn", seconds) for n, seconds in enumerate([600, 10, 10])}
    run.start(Started(1, "train_rnn"), now=0)
    assert run.seconds_left(now=4) == 6 + 600 + 10 + SHORT + 2 * SHORT, "one is not on record"
    run.finish(1, now=20)
    assert run.seconds_left(now=20) == 2 * (600 + 10) + 20 + 2 * SHORT
    run.start(Started(2, "train_rnn"), now=20)
    run.start(Started(3, "train_rnn"), now=20)
    assert run.seconds_left(now=20) == 1200, "while the longest runs, all others end"
    run.start(Started(0, "train_rnn"), now=20)
    assert run.seconds_left(now=120) == 1100


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3660, "1 h 01 min")]
)
def test_durations_are_for_readers(seconds, text):
    assert duration(seconds) == text


def test_a_job_that_failed_and_was_sent_again_has_not_failed():
    run = Run(began=0)
    run.start(Started(1, "train"), now=0)
    run.fail(1)
    assert run.failed
    run.start(Started(1, "train"), now=5)
    run.finish(1, now=6)
    assert not run.failed


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "Snakefile").write_text(WORKFLOW)
    (tmp_path / "train.py").write_text(SCRIPT)
    return tmp_path


def command(*names, pause=0.0):
    chosen = f"names=[{','.join(names)}]"
    options = ["--cores", "2", "--keep-going", "--logger", "neuroswitch"]
    return [
        *(sys.executable, "-m", "snakemake", *options),
        *("--config", chosen, f"pause={pause}"),
    ]


def plain(folder, *names):
    """Return what a run prints where its output is no terminal."""
    path = os.pathsep.join([str(Path("workflow").absolute()), os.getenv("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "FORCE_COLOR": "1"}
    result = subprocess.run(
        command(*names), cwd=folder, env=environment, capture_output=True, text=True
    )
    assert "\x1b[2K" not in result.stderr, "lines are erased, which is for a terminal"
    return result.stdout + result.stderr


def on_terminal(folder, *names, pause=0.0, interrupts=0, after=" % "):
    """Return what a run sends to a terminal of 80 columns, interrupted once it has shown a word."""
    path = os.pathsep.join([str(Path("workflow").absolute()), os.getenv("PYTHONPATH", "")])
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        environment = os.environ | {"PYTHONPATH": path, "TERM": "xterm-256color"}
        environment.pop("COLUMNS", None)
        os.execve(sys.executable, command(*names, pause=pause), environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    printed, sent = b"", 0.0
    while True:
        try:
            printed += os.read(terminal, 4096)
        except OSError:
            break
        # Apart, as those of a person are: the system takes several at once for one.
        if interrupts and after.encode() in printed and time.monotonic() - sent > 0.3:
            os.write(terminal, b"\x03")
            interrupts, sent = interrupts - 1, time.monotonic()
    os.waitpid(process, 0)
    assert not interrupts
    return ESCAPES.sub("", printed.decode())


def test_without_a_terminal_lines_are_few_and_an_error_is_said_once(folder):
    names = [f"good{n}" for n in range(20)]
    lines = [
        line
        for line in plain(folder, *names, "bad1", "bad2").splitlines()
        if not line.startswith("Config file")
    ]
    assert lines[0] == "steps to do: 23"
    assert sum(" steps done" in line for line in lines) <= 10
    assert len(lines) <= 1 + 2 + 10 + 1
    assert sum("failed (its log: bad" in line for line in lines) == 2
    assert re.fullmatch(r"failed after \d+ s: 20 of 23 steps done", lines[-2])
    assert lines[-1] == "error: the disk is full; make room"
    assert sum("the disk is full" in line for line in lines) == 1


def test_a_log_is_not_silent_for_longer_than_its_limit(capsys, monkeypatch):
    interface = TestInterface()
    handler = interface._create_handler()
    start = time.time()
    for done, minutes in enumerate([2, 9, 11, 12, 20, 22], 1):
        monkeypatch.setattr(time, "time", lambda at=start + 60 * minutes: at)
        handler.emit(interface._create_event_record(LogEvent.PROGRESS, done=done, total=1000))
    monkeypatch.setattr(time, "time", lambda: start + 1300)
    handler.close()
    *lines, last = capsys.readouterr().err.splitlines()
    assert lines == ["3 of 1000 steps done", "6 of 1000 steps done"]
    assert last == "6 of 1000 steps done in 21 min 40 s"


def test_on_a_terminal_jobs_have_a_line_each_and_what_they_print_is_kept(folder):
    printed = on_terminal(folder, "good", "stray", "fault", pause=0.4)
    assert "of 4 steps done ━" in printed
    assert re.search(r"  train good +(25|50|75) % \d+ s left", printed)
    assert re.search(r"[\r\n]a stray word of a library", printed), "it was drawn into other lines"
    assert re.search(r"[\r\n]training takes 10 times as long", printed)
    assert "training takes 10 times as long" in (folder / "stray.log").read_text()
    assert "Traceback" not in printed
    closing = " ".join(printed.rpartition("failed after")[2].split())
    assert "error: ZeroDivisionError: division by zero; this is a fault of neuroswitch" in closing
    assert "Traceback" in (folder / "fault.log").read_text()
    assert max(len(line) for line in re.split(r"[\r\n]+", printed) if "━" in line) <= 80


@pytest.mark.parametrize(("name", "interrupts"), [("one", 1), ("stubborn", 3)])
def test_an_interrupt_ends_a_run_in_order(folder, name, interrupts):
    printed = on_terminal(folder, name, pause=1.0, interrupts=interrupts)
    assert printed.count("stopped after") == 1
    assert "the same command goes on from there" in " ".join(printed.split())
    assert "Traceback" not in printed
    assert "failed" not in printed


def test_an_interrupt_before_the_first_step_leaves_no_traceback(folder):
    reading = 'import time\nprint("reading the rules", flush=True)\ntime.sleep(2)\n'
    (folder / "Snakefile").write_text(f"{reading}{WORKFLOW}")
    printed = on_terminal(folder, "one", interrupts=1, after="reading")
    assert printed.count("stopped after") == 1
    assert "Traceback" not in printed


@pytest.fixture
def closing(capsys):
    """Return what a run says that ends before its first step with an exception of Snakemake."""

    def ended(exception, text, *configurations):
        interface = TestInterface()
        handler = interface._create_handler()
        record = interface._create_event_record
        handler.emit(record(LogEvent.WORKFLOW_STARTED, configfiles=configurations))
        handler.emit(record(LogEvent.ERROR, text, logging.ERROR, exception=exception))
        handler.close()
        return capsys.readouterr().err

    return ended


def test_missing_files_are_named_with_the_command_that_makes_them(closing):
    files = "\n".join(f"        results/smoke/{n}.parquet" for n in range(12))
    text = f"Missing input files for rule draw:\n    affected files:\n{files}"
    printed = closing("MissingInputException", text, Path("config/smoke.yaml").absolute())
    assert "results/smoke/9.parquet\n  and 2 more\n" in printed
    assert "Run `make reproduce CONFIG=config/smoke.yaml` first" in printed


def test_an_error_before_any_step_is_one_message_without_its_place(closing):
    place = 'in file "rules.smk", line 3'
    text = f'WorkflowError {place}:\nno key `x`\n  File "rules.smk", line 3'
    assert closing("WorkflowError", text) == "error: no key `x`\n"


def test_what_is_on_record_of_the_jobs_is_taken_over_and_said(capsys):
    handler = TestInterface()._create_handler()
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, "training takes 1 h", (), None)
    record.recorded = {3: ("train_rnn", 3600.0)}
    handler.emit(record)
    assert handler.run.seconds_left(handler.run.began) == 3600
    handler.close()
    assert capsys.readouterr().err == "training takes 1 h\n"


def test_warnings_are_shown_and_snakemakes_workings_are_not(capsys):
    handler = TestInterface()._create_handler()
    for level, text in ((logging.INFO, "Select jobs"), (logging.WARNING, "no space in /tmp")):
        handler.emit(logging.LogRecord("snakemake", level, "", 0, text, (), None))
    handler.close()
    assert capsys.readouterr().err == "no space in /tmp\n"
