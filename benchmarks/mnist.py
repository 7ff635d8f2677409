"""MNIST training: the compiled network beside PyTorch and JAX, each as one writes it; per step."""

from collections.abc import Callable

import numpy as np
import torch

from benchmarks.plain_mnist import Net, loader, train
from benchmarks.timing import Job, Rows, agree, in_turn
from neuroswitch.mnist import data, networks
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import Network
from neuroswitch.mnist.training import examples

HIDDEN = (10, 64)
BATCH, STEPS, ROUNDS = 128, 20, 15
RATE = 0.1

Train = Callable[[], "np.ndarray | list[float]"]
"""Training on the same minibatches from the same start: to the losses."""


def jobs() -> list[Job]:
    """Return every comparison."""
    return [Job(f"MNIST, {hidden} hidden units", 1, measure, (hidden,)) for hidden in HIDDEN]


def measure(hidden: int) -> dict[str, Rows]:
    """Return the rows of the table `mnist` for a hidden size, a row for each peer.

    All sides train on the same images in the same order, on one thread, and must come to
    the same losses first, or it is a NeuroswitchError. The images are random with blots of ink:
    speed does not depend on what they show, beyond how much of it is dark.
    """
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    digits = blots(rng, BATCH * STEPS)
    sizes = Architecture(hidden, 0, 0, 5)
    ours, peers = sides(networks.initial_parameters(rng, sizes), sizes, digits, rng)
    for name, peer in peers.items():
        agree(name, ours(), peer(), relative=1e-4)
    ours_ms, *peers_ms = (1e3 * s / STEPS for s in in_turn([ours, *peers.values()], ROUNDS))
    return {
        "mnist": [
            {
                "hidden": hidden,
                "batch": BATCH,
                "ours_ms": ours_ms,
                "peer": name,
                "peer_ms": peer_ms,
                "peer_over_ours": peer_ms / ours_ms,
            }
            for name, peer_ms in zip(peers, peers_ms, strict=True)
        ]
    }


def sides(
    vector: np.ndarray, sizes: Architecture, digits: Digits, rng: np.random.Generator
) -> tuple[Train, dict[str, Train]]:
    """Return our training and that of the peers by their names in the table."""
    # Imported where it is used: the process that starts the measuring one does without JAX.
    from benchmarks import jax_mnist

    order = rng.permutation(len(digits))
    bounds = np.arange(0, len(order) + 1, BATCH)
    batches = np.split(order, bounds[1:-1])
    halves = data.order_of("halves", rng)
    to_train, _ = examples(digits, halves, sizes)
    network = Network(sizes)
    of_torch = loader(digits, halves, sizes.outputs, batches)
    of_jax = jax_mnist.train_of(vector, sizes, to_train, RATE)

    def ours() -> np.ndarray:
        velocity = np.zeros_like(vector)
        return network.train(vector.copy(), velocity, to_train, order, bounds, RATE, 0.0)

    def plain() -> list[float]:
        net = Net.of(vector, sizes)
        return train(net, of_torch, torch.optim.SGD(net.parameters(), lr=RATE))

    return ours, {
        "JAX, jitted step": lambda: of_jax(batches),
        "PyTorch: nn.Module, DataLoader, torch.optim.SGD": plain,
    }


def blots(rng: np.random.Generator, count: int) -> Digits:
    """Return images with a fifth of their pixels inked, as MNIST's have, and random digits."""
    coarse = rng.random((count, 7, 7)) < 0.2
    ink = np.kron(coarse, np.ones((1, 4, 4))) * rng.random((count, 28, 28))
    return Digits(ink.astype(np.float32), rng.integers(0, 10, count))
