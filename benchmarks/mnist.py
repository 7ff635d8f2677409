"""MNIST training: the compiled network beside a module, a loader and an optimiser, per step."""

from collections.abc import Callable

import numpy as np
import torch
from torch.utils.data import DataLoader

from benchmarks.plain_mnist import Net, loader, train
from benchmarks.timing import Job, Rows, agree, in_turn
from neuroswitch.mnist import data, networks
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import Network
from neuroswitch.mnist.training import examples

HIDDEN = (10, 128)
BATCH, STEPS, ROUNDS = 128, 40, 7
RATE = 0.1


def jobs() -> list[Job]:
    """Return every comparison."""
    return [Job(f"MNIST, {hidden} hidden units", 1, measure, (hidden,)) for hidden in HIDDEN]


def measure(hidden: int) -> dict[str, Rows]:
    """Return the row of the table `mnist` for a hidden size.

    Both sides train on the same images in the same order, on one thread, and must come to
    the same losses first, or it is a NeuroswitchError. The images are random with blots of ink:
    speed does not depend on what they show, beyond how much of it is dark.
    """
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    digits = blots(rng, BATCH * STEPS)
    sizes = Architecture(hidden, 0, 0, 5)
    vector = networks.initial_parameters(rng, sizes)
    ours, peer, batches = sides(vector, sizes, digits, rng)
    name = "PyTorch: nn.Module, DataLoader, torch.optim.SGD"
    agree(name, ours(), peer(), relative=1e-4)
    ours_s, peer_s = in_turn([ours, peer], ROUNDS)
    row: dict[str, object] = {
        "hidden": hidden,
        "batch": BATCH,
        "ours_ms": 1e3 * ours_s / len(batches),
        "peer": name,
        "peer_ms": 1e3 * peer_s / len(batches),
        "peer_over_ours": peer_s / ours_s,
    }
    return {"mnist": [row]}


def sides(
    vector: np.ndarray, sizes: Architecture, digits: Digits, rng: np.random.Generator
) -> tuple[Callable[[], np.ndarray], Callable[[], list[float]], DataLoader]:
    """Return both sides' training from the same start, each giving its losses."""
    order = rng.permutation(len(digits))
    bounds = np.arange(0, len(order) + 1, BATCH)
    halves = data.order_of("halves", rng)
    batches = loader(digits, halves, sizes.outputs, np.split(order, bounds[1:-1]))
    to_train, _ = examples(digits, halves, sizes)
    network = Network(sizes)

    def ours() -> np.ndarray:
        velocity = np.zeros_like(vector)
        return network.train(vector.copy(), velocity, to_train, order, bounds, RATE, 0.0)

    def peer() -> list[float]:
        net = Net.of(vector, sizes)
        return train(net, batches, torch.optim.SGD(net.parameters(), lr=RATE))

    return ours, peer, batches


def blots(rng: np.random.Generator, count: int) -> Digits:
    """Return images with a fifth of their pixels inked, as MNIST's have, and random digits."""
    coarse = rng.random((count, 7, 7)) < 0.2
    ink = np.kron(coarse, np.ones((1, 4, 4))) * rng.random((count, 28, 28))
    return Digits(ink.astype(np.float32), rng.integers(0, 10, count))
