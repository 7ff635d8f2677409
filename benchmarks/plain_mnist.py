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
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import LAYERS
from neuroswitch.settings.mnist import MnistCondition


class Net(nn.Module):
    """Two convolutions and two linear layers; `task` joins the features, or the image."""

    def __init__(self, sizes: Architecture) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1 + sizes.channels, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(784 + sizes.bits, sizes.hidden)
        self.fc2 = nn.Linear(sizes.hidden, sizes.outputs)
        self.sizes = sizes

    def forward(self, images: torch.Tensor, task: torch.Tensor) -> torch.Tensor:
        if self.sizes.channels:
            plane = task[:, None, None, None].expand_as(images)
            images = torch.cat((images, plane), 1)
        x = torch.max_pool2d(torch.relu(self.conv1(images)), 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        if self.sizes.bits:
            x = torch.cat((x, task[:, None]), 1)
        return self.fc2(torch.relu(self.fc1(x)))

    @classmethod
    def of(cls, vector: np.ndarray, sizes: Architecture) -> "Net":
        """Return the network of a vector of parameters."""
        network = cls(sizes).to(torch.from_numpy(vector[:0]).dtype)
        arrays = networks.to_channels_first(vector, sizes)
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


def loader(
    digits: Digits, order: np.ndarray, outputs: int, batches: list[np.ndarray]
) -> DataLoader:
    """Return a loader of images, tasks and labels, minibatch by minibatch."""
    tasks, labels = data.split_tasks(digits.digits, order, outputs)
    dataset = TensorDataset(
        torch.from_numpy(digits.images)[:, None],
        torch.from_numpy(tasks.astype(digits.images.dtype)),
        torch.from_numpy(labels),
    )
    return DataLoader(dataset, batch_sampler=InOrder(batches))


def train(network: Net, batches: DataLoader, optimiser: torch.optim.Optimizer) -> list[float]:
    """Take a step on every minibatch; return the losses before them."""
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

    sizes = Architecture(
        condition.hidden,
        int(condition.extra_input_at == "hidden"),
        int(condition.extra_input_at == "image"),
        condition.outputs,
    )
    initial = networks.initial_parameters(stream("parameters"), sizes, digits.images.dtype)
    nets = [Net.of(initial, sizes) for _ in range(1 + (condition.strategy == "separate"))]
    optimisers = [
        torch.optim.SGD(net.parameters(), lr=condition.learning_rate, momentum=condition.momentum)
        for net in nets
    ]
    matrices, shifts = [], []
    if condition.strategy == "neuromodulated":
        rng = stream("modulation")
        shapes = networks.weight_shapes(condition.hidden, condition.outputs, condition.layers)
        v = condition.bias_shift * rng.standard_normal(sum(out for out, _ in shapes))
        linear = modulation.draw(rng, condition.family, shapes, condition.scale)
        matrices = [torch.from_numpy(modulation.matrix(layer)) for layer in linear.layers]
        shifts = torch.from_numpy(v).split([out for out, _ in shapes])
    halves = data.order_of(condition.split, stream("split"))
    tasks, _ = data.split_tasks(digits.digits, halves, condition.outputs)
    for epoch in range(1, condition.epochs + 1):
        orders = data.minibatches(tasks, condition.batch_size, stream("order", epoch))
        batches = [[order[a:b] for a, b in pairwise(bounds)] for order, bounds in orders]
        period = condition.period or len(batches[0])
        for first in range(0, len(batches[0]), period):
            for task in (0, 1):
                network, optimiser = nets[task % len(nets)], optimisers[task % len(nets)]
                phase = loader(
                    digits, halves, condition.outputs, batches[task][first : first + period]
                )
                if task == 0 or not matrices:
                    train(network, phase, optimiser)
                    continue
                layers = network.layers()[LAYERS[condition.layers]]
                before = modulate(layers, optimiser, matrices, shifts, condition.pullback)
                train(network, phase, optimiser)
                carry_back(layers, optimiser, before, matrices, shifts, condition.pullback)
    return [network.vector() for network in nets]


@torch.no_grad()
def modulate(
    layers: list[nn.Module],
    optimiser: torch.optim.Optimizer,
    matrices: list[torch.Tensor],
    shifts: list[torch.Tensor],
    pullback: str,
) -> list[torch.Tensor]:
    """Turn f into f': W' = M_l W and b' = b + v; return the weights of f.

    The momentum U of the weights becomes M_l U, or M_l^-T U where steps come back by M_l^T.
    """
    before = []
    for layer, matrix, shift in zip(layers, matrices, shifts, strict=True):
        before.append(layer.weight.clone())
        layer.weight.copy_((matrix @ layer.weight.flatten(1)).view_as(layer.weight))
        layer.bias += shift
        over = matrix if pullback == "inverse" else torch.linalg.inv(matrix.T)
        multiply_momentum(optimiser, layer, over)
    return before


@torch.no_grad()
def carry_back(
    layers: list[nn.Module],
    optimiser: torch.optim.Optimizer,
    before: list[torch.Tensor],
    matrices: list[torch.Tensor],
    shifts: list[torch.Tensor],
    pullback: str,
) -> None:
    """Turn f' into f: W = M_l^-1 W', or W plus M_l^T times the step; b = b' - v."""
    for layer, old, matrix, shift in zip(layers, before, matrices, shifts, strict=True):
        after, old_rows = layer.weight.flatten(1), old.flatten(1)
        if pullback == "inverse":
            rows = torch.linalg.solve(matrix, after)
        else:
            rows = old_rows + matrix.T @ (after - matrix @ old_rows)
        layer.weight.copy_(rows.view_as(layer.weight))
        layer.bias -= shift
        back = torch.linalg.inv(matrix) if pullback == "inverse" else matrix.T
        multiply_momentum(optimiser, layer, back)


def multiply_momentum(
    optimiser: torch.optim.Optimizer, layer: nn.Module, matrix: torch.Tensor
) -> None:
    """Multiply from the left what the optimiser keeps of a layer's weights, if anything."""
    kept = optimiser.state[layer.weight].get("momentum_buffer")
    if kept is not None:
        kept.copy_((matrix @ kept.flatten(1)).view_as(kept))
