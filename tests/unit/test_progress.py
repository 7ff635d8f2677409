"""What a long job says: when, how fast, and how long it still takes."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from neuroswitch import progress
from neuroswitch.progress import Progress


@pytest.fixture
def clock(monkeypatch):
    """Return a clock that stands still until the test moves it: its only entry is the time."""
    now = [100.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, progress.__name__)
    return lambda: [record.getMessage() for record in caplog.records]


def test_it_speaks_every_few_seconds_and_at_the_end_and_adds_up_what_is_done(clock, said):
    done = Progress("pairs", 2000, "steps", every=5.0)
    for seconds, amount in ((4.0, 100), (1.0, 400), (4.0, 250), (1.0, 250), (1.0, 1000)):
        clock[0] += seconds
        done.advance(amount)
    assert said() == [
        "pairs: 25%, 500 of 2 k steps, 100 a second, 15 s left",
        "pairs: 50%, 1 k of 2 k steps, 100 a second, 10 s left",
        "pairs: 100%, 2 k of 2 k steps, 182 a second, 0 s left",
    ]


@pytest.mark.parametrize(("seconds", "rate"), [(0.0, "inf"), (0.5, "6")])
def test_a_short_job_says_that_it_has_ended_even_before_the_clock_moves(clock, said, seconds, rate):
    done = Progress("pairs", 3, "steps")
    clock[0] += seconds
    done.advance(3)
    assert said() == [f"pairs: 100%, 3 of 3 steps, {rate} a second, 0 s left"]


def test_nothing_is_said_of_nothing_done(clock, said):
    done = Progress("pairs", 2, "steps")
    clock[0] += 6.0
    done.advance(0)
    done.advance(1)
    assert said() == ["pairs: 50%, 1 of 2 steps, 0.167 a second, 6 s left"]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(59.4, "59 s"), (59.6, "1 min 00 s"), (3599, "59 min 59 s"), (7320, "2 h 02 min")],
)
def test_time_is_shown_in_minutes_or_hours(seconds, shown):
    assert progress.duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0.5, "0.5"), (999, "999"), (1000, "1 k"), (1.234e6, "1.23 M"), (2e9, "2 G")],
)
def test_large_numbers_are_shortened(number, shown):
    assert progress._short(number) == shown


def test_threads_take_turns(monkeypatch, said):
    """Each looks at the clock between adding and speaking, and there another could come in."""

    def slow():
        time.sleep(0.001)
        return 0.0

    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=slow))
    done = Progress("pairs", 32, "steps")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: done.advance(1), range(32)))
    assert said() == ["pairs: 100%, 32 of 32 steps, inf a second, 0 s left"]
