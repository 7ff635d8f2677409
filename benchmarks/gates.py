"""Gate switching: the compiled ensemble beside the plain loop, per run and epoch."""

from pathlib import Path

import numpy as np
import torch

from benchmarks.plain_gates import train_plain
from benchmarks.timing import in_turn
from neuroswitch import settings
from neuroswitch.gates.training import record_schedule, train

ENSEMBLES = ((1, 1), (10, 1), (100, 1), (1000, 1), (10_000, 1), (1000, 2))
"""Runs and threads of each row."""

COMPARED = 3
"""Runs whose final parameters must agree on both sides before anything is timed."""


def measure() -> list[dict[str, object]]:
    """Return one row of the benchmark table for each ensemble."""
    torch.set_num_threads(1)
    config = settings.load(Path("config/laptop.yaml"))
    condition = config.gates.conditions("pairs")[0]
    recorded = record_schedule(condition.cycles, config.gates.primary.recorded_cycles)

    def ours(runs: int, threads: int) -> np.ndarray:
        return train(condition, range(runs), config.seed, recorded, threads=threads).final

    def peer() -> np.ndarray:
        return train_plain(condition, 0, config.seed)

    for run, final in enumerate(ours(COMPARED, 1)):
        expected = train_plain(condition, run, config.seed)
        np.testing.assert_allclose(final, expected, rtol=1e-7, atol=1e-9)

    rows = []
    for runs, threads in ENSEMBLES:
        rounds = 5 if runs <= 1000 else 1
        ours_s, peer_s = in_turn([lambda r=runs, t=threads: ours(r, t), peer], rounds)
        ours_ms = 1e3 * ours_s / (runs * condition.epochs)
        peer_ms = 1e3 * peer_s / condition.epochs
        rows.append(
            {
                "name": f"gates {condition.tasks}, a run-epoch",
                "runs": runs,
                "threads": threads,
                "ours_ms": ours_ms,
                "peer": "one nn.Sequential at a time, autograd, torch.optim.SGD",
                "peer_ms": peer_ms,
                "ratio": peer_ms / ours_ms,
            }
        )
    return rows
