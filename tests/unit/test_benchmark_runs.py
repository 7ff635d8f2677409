"""The benchmark as a whole: what a process is held to, and what is said on the way."""

import os
import signal
import subprocess
import sys
from contextlib import nullcontext, suppress

import pytest
import torch

from benchmarks import hold, schedule
from benchmarks.timing import Job
from neuroswitch.errors import NeuroswitchError


@pytest.mark.parametrize("bits", hold.widths())
def test_a_process_is_held_to_cores_and_to_a_width_on_every_side(bits):
    before = dict(os.environ)
    with hold.process(1, bits) as pool:
        assert pool.submit(hold.vector_bits).result() == bits
        capability = pool.submit(torch.backends.cpu.get_cpu_capability).result()
        assert (capability == "AVX512") == (bits == 512)
        if hasattr(os, "sched_getaffinity"):
            assert len(pool.submit(os.sched_getaffinity, 0).result()) == 1
    assert dict(os.environ) == before


def test_narrowing_leaves_no_wide_instruction_and_keeps_the_flags_that_are_set(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    variables = hold.narrowing()
    flags = variables["XLA_FLAGS"].split()
    assert flags == ["--xla_cpu_enable_fast_math=false", "--xla_cpu_max_isa=AVX2"]
    assert "+avx512" not in variables["NUMBA_CPU_FEATURES"]


def nothing():
    return {"rnn": [{"ours_ms": 1.0}]}


def test_a_process_of_another_width_is_refused():
    job = Job("nothing", 1, nothing, ())
    other = 2 * hold.vector_bits()
    with pytest.raises(NeuroswitchError, match=rf"vectors of {other} bits.*{hold.vector_bits()}"):
        schedule.measure_one(job, other)
    (row,) = schedule.measure_one(job, hold.vector_bits())["rnn"]
    assert row == {"vector_bits": hold.vector_bits(), "threads": 1, "ours_ms": 1.0}


def test_every_comparison_is_measured_at_every_width_and_said_before(capsys):
    jobs = [Job("pair", 2, dict, ([("rnn", [{}])],)), Job("single", 1, dict, ([("rnn", [{}])],))]
    rows = schedule.measured(jobs)["rnn"]
    widths = hold.widths()
    assert rows == [{"vector_bits": w, "threads": t} for w in widths for t in (1, 2)]
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"1 of {2 * len(widths)}: timing single, vectors of {widths[0]} bits"
    assert lines[1].startswith(f"2 of {2 * len(widths)}: timing pair, vectors of {widths[0]} bits;")


def test_the_time_left_is_that_of_the_comparisons_left_at_the_pace_so_far():
    assert schedule.progress(3, 9, "X", 256, 90.0).endswith("; about 3.0 min left")


def test_a_process_that_ends_by_itself_is_an_error_that_names_the_comparison():
    with pytest.raises(NeuroswitchError, match=r"timed deadly with .* ended by itself"):
        schedule.measured([Job("deadly", 1, os._exit, (3,))])


TWO_JOBS = """
import time
from benchmarks.schedule import measured
from benchmarks.timing import Job

measured([Job("first", 1, dict, ()), Job("second", 1, time.sleep, (5,))])
"""


def interrupted(arguments, lines):
    """Interrupt a program as Ctrl-C does after some lines; return them, exit status and errors."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    environment["PYTHONPATH"] = os.pathsep.join(["workflow", "."])
    program = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
        # A job in the background ignores interrupts, and hands that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    said = [program.stdout.readline() for _ in range(lines)]
    os.killpg(program.pid, signal.SIGINT)
    _, errors = program.communicate()
    return said, program.returncode, errors


def test_a_line_comes_through_a_pipe_while_what_it_speaks_of_is_timed():
    # The first line says nothing: the start of a process empties the buffer.
    (_, second), status, _ = interrupted(["-c", TWO_JOBS], 2)
    assert second.startswith("2 of ")
    assert "timing second" in second
    assert status == -signal.SIGINT, "the line came after the timing was over"


def test_an_interrupt_whose_exception_python_drops_ends_the_benchmark_all_the_same(monkeypatch):
    class Pool:
        """Where the interrupt comes in a callback of Python, its exception is lost."""

        def submit(self, *_):
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            return self

        def result(self):
            return {}

    monkeypatch.setattr(schedule, "process", lambda *_: nullcontext(Pool()))
    # Tests that a shell started in the background ignore interrupts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            schedule.measured([Job("first", 1, dict, ())])
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupted_benchmark_says_that_nothing_was_written():
    (first,), status, errors = interrupted(["-m", "benchmarks", "mnist", "--only", "10 hidden"], 1)
    assert "timing MNIST, 10 hidden units" in first
    assert status == 1
    assert errors.endswith("interrupted: nothing was written\n")
