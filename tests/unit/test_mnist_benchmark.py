"""Every peer of the MNIST benchmark trains the same network: equal losses, or nothing is timed."""

import numpy as np
import pytest

from benchmarks import mnist
from benchmarks.timing import in_turn
from neuroswitch.mnist import networks
from neuroswitch.mnist.kernel import Architecture


def trainings(rng, rate):
    """Return our losses and those of each peer, on few images."""
    sizes = Architecture(7, 0, 0, 5)
    vector = networks.initial_parameters(rng, sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mnist, "BATCH", 32)
        patch.setattr(mnist, "RATE", rate)
        ours, peers = mnist.sides(vector, sizes, mnist.blots(rng, 160), rng)
        return ours(), {name: peer() for name, peer in peers.items()}


def test_peers_come_to_our_losses():
    ours, peers = trainings(np.random.default_rng(0), 0.1)
    assert list(peers) == ["JAX, jitted step", "PyTorch: nn.Module, DataLoader, torch.optim.SGD"]
    assert len(ours) == 5
    for losses in peers.values():
        np.testing.assert_allclose(losses, ours, rtol=1e-5)


def test_the_losses_depend_on_the_training():
    """They would tell apart two sides of which one takes other steps."""
    slow, _ = trainings(np.random.default_rng(0), 0.01)
    fast, peers = trainings(np.random.default_rng(0), 0.1)
    assert slow[0] == fast[0]
    for losses in peers.values():
        assert np.abs(losses - slow)[1:].max() > 1e-3


def test_the_time_is_the_shortest_after_a_warm_up(monkeypatch):
    clock = iter([0, 9, 0, 8, 0, 3, 0, 5, 0, 4, 0, 7])
    monkeypatch.setattr("time.perf_counter", lambda: next(clock))
    calls = []
    works = [lambda: calls.append("a"), lambda: calls.append("b")]
    assert in_turn(works, 3) == [3, 5]
    assert "".join(calls) == "ab" * 4
