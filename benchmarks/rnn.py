"""Recurrent networks: a step of training beside PyTorch and JAX, on one core and on two.

With two threads, ours trains two seeds at once, as the pipeline does; a peer does that too, or
gives both threads to one seed, whichever is faster for it. The time given is that of a step and
seed: with two seeds at once, half the time that passes.
"""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import torch
from threadpoolctl import threadpool_limits

from benchmarks import floor, plain_lstm
from benchmarks.rnn_case import NETWORKS, Case, Train, case_of, ours, reference
from benchmarks.timing import Job, Rows, agree, in_turn

THREADS = (1, 2)

COMPARED = 30
"""Steps whose losses must agree on both sides before anything is timed."""

COMPARED_IF_BISTABLE = 6
"""The same for an nBRC, in which rounding grows ten thousandfold in five steps more."""

TOLERANCE = 1e-3
"""Of a loss, relative: what rounding to single precision has grown to by then."""

ROUNDS = 10
STRETCH = 0.1
"""Seconds, about, that a side trains before it is the other's turn."""


def jobs() -> list[Job]:
    """Return every comparison."""
    return [
        Job(f"{name}, {network}, threads: {threads}", threads, measure, (name, network, threads))
        for threads in THREADS
        for name, networks in NETWORKS.items()
        for network in networks
    ]


def measure(name: str, network: str, threads: int) -> dict[str, Rows]:
    """Return the rows of the table `rnn` for a network, and its row of `floor` at one thread.

    Raises NeuroswitchError where a peer does not come to our losses.
    """
    case = case_of(name, network)
    rows: Rows = []
    best_ms = math.inf
    compared = COMPARED_IF_BISTABLE if network == "nbrc" else COMPARED
    with threadpool_limits(1, "blas"):
        seeds = [ours(case) for _ in range(threads)]
        for peer, peer_of in _peers(case).items():
            peers = [peer_of(case) for _ in range(threads)]
            agree(peer, seeds[0](compared), peers[0](compared), relative=TOLERANCE)
            ways = [peers] if threads == 1 else [peers[:1], peers]
            timings = [_milliseconds(seeds, way, threads) for way in ways]
            ours_ms, peer_ms = min(timings, key=lambda timing: timing[1])
            best_ms = min(best_ms, ours_ms)
            rows.append(
                {
                    "experiment": name,
                    "network": network,
                    "ours_ms": ours_ms,
                    "peer": peer,
                    "peer_ms": peer_ms,
                    "peer_over_ours": peer_ms / ours_ms,
                }
            )
    return {"rnn": rows, "floor": [floor.measure(case, best_ms)] if threads == 1 else []}


def _peers(case: Case) -> dict[str, Callable[[Case], Train]]:
    # Imported where it is used: the process that starts the measuring one does without JAX.
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
