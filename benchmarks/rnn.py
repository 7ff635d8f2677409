"""Recurrent networks: a step of training beside PyTorch and JAX, on one core and on two.

Each number of threads has a process of its own, held to as many cores before any library starts
its threads. With two, ours trains two seeds at once, as the pipeline does; a peer does that too,
or gives both threads to one seed, whichever is faster for it. The time given is that of a step
and seed: with two seeds at once, half the time that passes.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks import floor, plain_lstm
from benchmarks.rnn_case import NETWORKS, Case, Train, case_of, ours, reference
from benchmarks.timing import in_turn
from neuroswitch.errors import NeuroswitchError

THREADS = (1, 2)

COMPARED = 30
"""Steps whose losses must agree on both sides before anything is timed."""

TOLERANCE = 1e-3
"""Of a loss, relative: what rounding to single precision has grown to by then."""

ROUNDS = 9
STRETCH = 0.1
"""Seconds, about, that a side trains before it is the other's turn."""

Rows = list[dict[str, object]]


def measure(experiments: list[str]) -> tuple[Rows, Rows]:
    """Return the rows of the tables `rnn` and `floor` for some experiments.

    Raises NeuroswitchError where JAX is not installed.
    """
    if find_spec("jax") is None:
        raise NeuroswitchError(
            "JAX is not installed, which the recurrent networks are timed beside: run "
            "`make benchmark`, or pip install -r benchmarks/requirements.txt"
        )
    rows: Rows = []
    floors: Rows = []
    for threads in THREADS:
        with _held_to(threads), get_context("spawn").Pool(1) as process:
            for name in experiments:
                for network in NETWORKS[name]:
                    print(f"timing {name}, {network}, threads: {threads}", flush=True)
                    found = process.apply(_measure_at, (threads, name, network))
                    rows += found[0]
                    floors += found[1]
    return rows, floors


@contextmanager
def _held_to(threads: int) -> Iterator[None]:
    """Hold processes that are started here to some cores, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:threads])
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _measure_at(threads: int, name: str, network: str) -> tuple[Rows, Rows]:
    """Return the rows of a network at a number of threads, and its floor if that is one."""
    case = case_of(name, network)
    rows: Rows = []
    with threadpool_limits(1, "blas"):
        seeds = [ours(case) for _ in range(threads)]
        for peer, peer_of in _peers(case).items():
            peers = [peer_of(case) for _ in range(threads)]
            np.testing.assert_allclose(seeds[0](COMPARED), peers[0](COMPARED), rtol=TOLERANCE)
            ways = [peers] if threads == 1 else [peers[:1], peers]
            timings = [_milliseconds(seeds, way, threads) for way in ways]
            ours_ms, peer_ms = min(timings, key=lambda timing: timing[1])
            rows.append(
                {
                    "experiment": name,
                    "network": network,
                    "threads": threads,
                    "ours_ms": ours_ms,
                    "peer": peer,
                    "peer_ms": peer_ms,
                    "ratio": peer_ms / ours_ms,
                }
            )
    best = min(float(row["ours_ms"]) for row in rows)  # type: ignore[arg-type]
    return rows, [floor.measure(case, best)] if threads == 1 else []


def _peers(case: Case) -> dict[str, Callable[[Case], Train]]:
    # Imported where it is used: the rest of the benchmark does without JAX.
    from benchmarks import plain_jax

    peers = {"JAX, jitted scan": plain_jax.train_of}
    if case.network == "lstm":
        peers["PyTorch, nn.LSTM"] = plain_lstm.train_of
    return peers | {"PyTorch, autograd": reference}


def _milliseconds(ours: list[Train], peers: list[Train], threads: int) -> tuple[float, float]:
    """Return the time of a step and seed of each side."""
    sides = [(trains, _steps(trains, threads)) for trains in (ours, peers)]
    works = [partial(_together, trains, steps, threads) for trains, steps in sides]
    seconds = in_turn(works, ROUNDS)
    ours_ms, peer_ms = (
        1e3 * passed / (steps * len(trains))
        for passed, (trains, steps) in zip(seconds, sides, strict=True)
    )
    return ours_ms, peer_ms


def _steps(trains: list[Train], threads: int) -> int:
    """Return how many steps take about STRETCH."""
    _together(trains, 1, threads)
    start = time.perf_counter()
    _together(trains, 4, threads)
    return max(1, round(4 * STRETCH / (time.perf_counter() - start)))


def _together(trains: list[Train], steps: int, threads: int) -> None:
    """Train every seed for some steps, all at once, with equal parts of the threads."""
    torch.set_num_threads(threads // len(trains))
    if len(trains) == 1:
        trains[0](steps)
        return
    with ThreadPoolExecutor(len(trains)) as pool:
        list(pool.map(lambda train: train(steps), trains))
