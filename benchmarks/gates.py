"""Gate switching: the compiled ensemble beside JAX, batched PyTorch and the plain loop.

Given are microseconds a run and epoch, from the numbers of the runs to their final parameters.
Ours trains the cycles of the paper. A peer trains fewer where it is slow; the time of drawing what
the runs start from, spread over the paper's epochs, is added to each peer, as ours has it too.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks import batched_gates
from benchmarks.gate_starts import Starts, draw
from benchmarks.plain_gates import train_plain
from benchmarks.timing import Job, Rows, agree, in_turn
from neuroswitch import settings
from neuroswitch.gates.training import record_schedule, train
from neuroswitch.settings.gates import Condition

ENSEMBLES = ((100, 1), (1000, 1), (1000, 2))
"""Runs and threads."""

WIDTHS = (4, 8)
"""Hidden units."""

BATCHES = ("full", "single")

ROUNDS = 5

SEED = 1
"""Root of the random streams: any, since speed does not depend on it."""

SHORT = 25
"""Cycles that slow peers train: about a second's worth."""

RECORDED = 60
"""Cycles whose history is kept, as many as the pipeline keeps."""


class Peer(NamedTuple):
    """Another way to train the same runs."""

    train_of: Callable[[Condition], Callable[[Starts], np.ndarray]]
    cycles: int


def jobs() -> list[Job]:
    """Return every comparison."""
    return [
        Job(
            f"gates, {width} hidden units, {batch} batch, {runs} runs, threads: {threads}",
            threads,
            measure,
            (condition_of(width, batch), runs, threads),
        )
        for runs, threads in ENSEMBLES
        for width in WIDTHS
        for batch in BATCHES
    ]


def condition_of(width: int, batch: str = "full") -> Condition:
    """Return the first condition of Figure 4C, with some hidden units and updates on a batch."""
    gates = settings.load(Path("config/laptop.yaml")).gates
    return gates.conditions("pairs")[0].model_copy(update={"width": width, "batch": batch})


def peers(condition: Condition, threads: int) -> dict[str, Peer]:
    """Return the peers of a condition, by what they are called in the table."""
    # Imported where it is used: the process that starts the measuring one does without JAX.
    from benchmarks import jax_gates

    few = min(condition.cycles, SHORT)
    found = {"JAX, jitted, vmap over runs": Peer(jax_gates.train_of, condition.cycles)}
    if condition.batch == "full":
        found["PyTorch, all runs in one tensor"] = Peer(batched_gates.train_of, few)
    if threads == 1:
        found["PyTorch loop, one run after another"] = Peer(plain_loop_of, few)
    return found


def plain_loop_of(condition: Condition) -> Callable[[Starts], np.ndarray]:
    """Return the plain loop, for the first of the runs alone: each of them takes as long."""
    return lambda starts: train_plain(condition, int(starts.runs[0]), SEED)[None]


def measure(condition: Condition, runs: int, threads: int) -> dict[str, Rows]:
    """Return the rows of the table `gates` of some runs of a condition, a row for each peer.

    Raises NeuroswitchError where a peer does not come to our final parameters.
    """
    torch.set_num_threads(1)
    numbers = range(runs)
    starts = draw(condition, numbers, SEED)

    def ours(cycles: int) -> np.ndarray:
        chosen = condition.model_copy(update={"cycles": cycles})
        recorded = record_schedule(cycles, RECORDED)
        return train(chosen, numbers, SEED, recorded, threads=threads).final

    found = peers(condition, threads)
    works: list[Callable[[], object]] = [
        partial(ours, condition.cycles),
        partial(draw, condition, numbers, SEED),
    ]
    counts = [runs * condition.epochs] * 2  # of run-epochs
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        for name, peer in found.items():
            chosen = condition.model_copy(update={"cycles": peer.cycles})
            part = peer.train_of(chosen)
            work = partial(_together, pool, part, starts.parts(threads))
            theirs = work()
            agree(name, ours(peer.cycles)[: len(theirs)], theirs, relative=1e-7, absolute=1e-9)
            works.append(work)
            counts.append(len(theirs) * chosen.epochs)
        seconds = in_turn(works, ROUNDS)
    ours_us, draw_us, *peers_us = (
        1e6 * passed / count for passed, count in zip(seconds, counts, strict=True)
    )
    return {
        "gates": [
            {
                "tasks": condition.tasks,
                "width": condition.width,
                "batch": condition.batch,
                "runs": runs,
                "ours_us": ours_us,
                "peer": name,
                "peer_us": peer_us + draw_us,
                "peer_over_ours": (peer_us + draw_us) / ours_us,
            }
            for name, peer_us in zip(found, peers_us, strict=True)
        ]
    }


def _together(
    pool: ThreadPoolExecutor, train_part: Callable[[Starts], np.ndarray], parts: list[Starts]
) -> np.ndarray:
    """Train parts of the runs at once, a thread each, as ours does."""
    return np.concatenate(list(pool.map(train_part, parts)))
