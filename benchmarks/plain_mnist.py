"""MNIST switching as one writes it with PyTorch: a module, a loader, an optimiser, a loop.

The peer of the benchmark, and the reference that tests compare the compiled training with.
It shares with it only the draws: initial parameters, M and v, and the order of the images.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from neuroswitch import modulation, seeds
from neuroswitch.mnist import data, networks
from neuroswitch.mnist.data import Digits
from neuroswitch.settings.mnist import MnistCondition


class Net(nn.Module):
    """Two convolutions and two linear layers; `task` joins the features."""

    def __init__(self, hidden: int, task_bit: bool = False) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(784 + task_bit, hidden)
        self.fc2 = nn.Linear(hidden, 5)
        self.task_bit = task_bit

    def forward(self, images: torch.Tensor, task: torch.Tensor) -> torch.Tensor:
        x = torch.max_pool2d(torch.relu(self.conv1(images)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        if self.task_bit:
            x = torch.cat((x, task[:, None]), 1)
        return self.fc2(torch.relu(self.fc1(x)))

    @classmethod
    def of(cls, vector: np.ndarray, hidden: int, contexts: int) -> "Net":
        """Return the network of a vector of parameters."""
        network = cls(hidden, bool(contexts)).to(torch.from_numpy(vector[:0]).dtype)
        arrays = networks.to_channels_first(vector, hidden, contexts)
        network.load_state_dict({k: torch.from_numpy(a.copy()) for k, a in arrays.items()})
        return network

    def vector(self) -> np.ndarray:
        """Return the parameters as one vector."""
        return networks.from_channels_first(
            {name: value.detach().numpy() for name, value in self.named_parameters()}
        )

    def layers(self) -> list[nn.Conv2d | nn.Linear]:
        return [self.conv1, self.conv2, self.fc1, self.fc2]


class InOrder(torch.utils.data.Sampler[list[int]]):
    """The minibatches of a phase, in their order."""

    def __init__(self, batches: list[np.ndarray]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        return (batch.tolist() for batch in self.batches)

    def __len__(self) -> int:
        return len(self.batches)


def loader(digits: Digits, split: str, batches: list[np.ndarray]) -> DataLoader:
    """Return a loader of images, tasks and labels, minibatch by minibatch."""
    tasks, labels = data.split_tasks(digits.digits, split)
    dataset = TensorDataset(
        torch.from_numpy(digits.images)[:, None],
        torch.from_numpy(tasks.astype(digits.images.dtype)),
        torch.from_numpy(labels),
    )
    return DataLoader(dataset, batch_sampler=InOrder(batches))


def train(network: Net, batches: DataLoader, learning_rate: float) -> list[float]:
    """Take a step of SGD on every minibatch; return the losses before them."""
    optimiser = torch.optim.SGD(network.parameters(), lr=learning_rate)
    losses = []
    for images, task, labels in batches:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(images, task), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def train_plain(
    condition: MnistCondition, run: int, root_seed: int, digits: Digits
) -> list[np.ndarray]:
    """Train one run; return the parameters of each of its networks."""

    def stream(*purpose: str | int) -> np.random.Generator:
        return seeds.generator(root_seed, "mnist", condition.stream, run, *purpose)

    hidden, contexts = condition.hidden, int(condition.strategy == "extra_input")
    initial = networks.initial_parameters(
        stream("parameters"), hidden, contexts, digits.images.dtype
    )
    nets = [Net.of(initial, hidden, contexts)]
    if condition.strategy == "separate":
        nets.append(Net.of(initial, hidden, contexts))
    matrices, shifts = [], []
    if condition.strategy == "neuromodulated":
        rng = stream("modulation")
        shapes = networks.weight_shapes(hidden)
        v = condition.bias_shift * rng.standard_normal(sum(out for out, _ in shapes))
        linear = modulation.draw(rng, condition.family, shapes, condition.scale)
        matrices = [torch.from_numpy(modulation.matrix(layer)) for layer in linear.layers]
        shifts = torch.from_numpy(v).split([out for out, _ in shapes])
    tasks, _ = data.split_tasks(digits.digits, condition.split)
    for epoch in range(1, condition.epochs + 1):
        orders = data.minibatches(tasks, condition.batch_size, stream("order", epoch))
        batches = [[order[a:b] for a, b in pairwise(bounds)] for order, bounds in orders]
        for first in range(0, len(batches[0]), condition.period):
            for task in (0, 1):
                network = nets[task % len(nets)]
                modulated = task == 1 and bool(matrices)
                before = modulate(network, matrices, shifts) if modulated else []
                phase = batches[task][first : first + condition.period]
                train(network, loader(digits, condition.split, phase), condition.learning_rate)
                if modulated:
                    carry_back(network, before, matrices, shifts, condition.pullback)
    return [network.vector() for network in nets]


@torch.no_grad()
def modulate(
    network: Net, matrices: list[torch.Tensor], shifts: list[torch.Tensor]
) -> list[torch.Tensor]:
    """Turn f into f': W' = M_l W and b' = b + v; return the weights of f."""
    before = []
    for layer, matrix, shift in zip(network.layers(), matrices, shifts, strict=True):
        before.append(layer.weight.clone())
        layer.weight.copy_((matrix @ layer.weight.flatten(1)).view_as(layer.weight))
        layer.bias += shift
    return before


@torch.no_grad()
def carry_back(
    network: Net,
    before: list[torch.Tensor],
    matrices: list[torch.Tensor],
    shifts: list[torch.Tensor],
    pullback: str,
) -> None:
    """Turn f' into f: W = M_l^-1 W', or W plus M_l^T times the step; b = b' - v."""
    for layer, old, matrix, shift in zip(network.layers(), before, matrices, shifts, strict=True):
        after, old_rows = layer.weight.flatten(1), old.flatten(1)
        if pullback == "inverse":
            rows = torch.linalg.solve(matrix, after)
        else:
            rows = old_rows + matrix.T @ (after - matrix @ old_rows)
        layer.weight.copy_(rows.view_as(layer.weight))
        layer.bias -= shift
