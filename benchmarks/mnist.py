"""MNIST training: the compiled network beside a module, a loader and an optimiser, per step."""

from collections.abc import Callable

import numpy as np
import torch
from torch.utils.data import DataLoader

from benchmarks.plain_mnist import Net, loader, train
from benchmarks.timing import in_turn
from neuroswitch.mnist import networks
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.networks import Network
from neuroswitch.mnist.training import examples

HIDDEN = (10, 128)
BATCH, STEPS, ROUNDS = 128, 40, 7
RATE = 0.1


def measure() -> list[dict[str, object]]:
    """Return one row of the benchmark table for each hidden size.

    Both sides train on the same images in the same order, on one thread, and must come to
    the same losses first. The images are random with blots of ink: speed does not depend on
    what they show, beyond how much of it is dark.
    """
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    digits = blots(rng, BATCH * STEPS)
    rows = []
    for hidden in HIDDEN:
        vector = networks.initial_parameters(rng, hidden, 0)
        ours, peer, batches = sides(vector, hidden, digits, rng)
        np.testing.assert_allclose(ours(), peer(), rtol=1e-4)
        ours_s, peer_s = in_turn([ours, peer], ROUNDS)
        rows.append(
            {
                "name": f"MNIST, {hidden} hidden units, a step of {BATCH} images",
                "runs": 1,
                "threads": 1,
                "ours_ms": 1e3 * ours_s / len(batches),
                "peer": "nn.Module, DataLoader, torch.optim.SGD",
                "peer_ms": 1e3 * peer_s / len(batches),
                "ratio": peer_s / ours_s,
            }
        )
    return rows


def sides(
    vector: np.ndarray, hidden: int, digits: Digits, rng: np.random.Generator
) -> tuple[Callable[[], np.ndarray], Callable[[], list[float]], DataLoader]:
    """Return both sides' training from the same start, each giving its losses."""
    order = rng.permutation(len(digits))
    bounds = np.arange(0, len(order) + 1, BATCH)
    batches = loader(digits, "halves", np.split(order, bounds[1:-1]))
    to_train, _ = examples(digits, "halves", 0)
    network = Network(hidden, 0)

    def ours() -> np.ndarray:
        return network.train(vector.copy(), to_train, order, bounds, RATE)

    def peer() -> list[float]:
        return train(Net.of(vector, hidden, 0), batches, RATE)

    return ours, peer, batches


def blots(rng: np.random.Generator, count: int) -> Digits:
    """Return images with a fifth of their pixels inked, as MNIST's have, and random digits."""
    coarse = rng.random((count, 7, 7)) < 0.2
    ink = np.kron(coarse, np.ones((1, 4, 4))) * rng.random((count, 28, 28))
    return Digits(ink.astype(np.float32), rng.integers(0, 10, count))
