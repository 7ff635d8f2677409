"""The loop that people write: one nn.Sequential at a time, autograd, torch.optim.SGD."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from neuroswitch import modulation, seeds
from neuroswitch.gates import networks
from neuroswitch.gates.kernel import ORDERS
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.gates.training import modulator, orders
from neuroswitch.settings.gates import Condition

LOSSES = {
    "mean_squared_error": nn.functional.mse_loss,
    "cross_entropy": nn.functional.binary_cross_entropy,
}


def train_plain(condition: Condition, run: int, root_seed: int) -> np.ndarray:
    """Train one run of a condition (paper 1, Algorithm 1, as written) in float64.

    Returns the final weights then biases [parameters].
    """
    sizes = networks.layer_sizes(condition.layers, condition.width)
    rng = seeds.generator(root_seed, "gates", condition.stream, run, "parameters")
    network = build(sizes, *networks.initial_parameters(rng, sizes, condition.initialisation))
    weights = [layer.weight for layer in network if isinstance(layer, nn.Linear)]
    biases = [layer.bias for layer in network if isinstance(layer, nn.Linear)]
    optimiser = torch.optim.SGD(network.parameters(), lr=condition.learning_rate)
    loss = LOSSES[condition.loss]
    inputs = torch.from_numpy(INPUTS)
    targets = [torch.from_numpy(truth(gate))[:, None] for gate in condition.gates]
    if len(targets) > 1:
        linear, shift = modulator(condition, run, root_seed)
        shift = torch.from_numpy(shift)
        matrix = torch.from_numpy(modulation.matrix(linear))

    every_pattern = [list(range(len(INPUTS)))]
    one_by_one = condition.batch != "full"
    if one_by_one:
        epochs = iter(ORDERS[orders(condition, run, root_seed)])

    for _ in range(condition.cycles):
        entered = []
        for task, target in enumerate(targets):
            if task > 0:
                entered.append(flat(weights))
                assign(weights, matrix @ entered[-1])
                assign(biases, flat(biases) + shift)
            for _ in range(condition.period):
                for shown in next(epochs)[:, None] if one_by_one else every_pattern:
                    optimiser.zero_grad()
                    loss(network(inputs[shown]), target[shown]).backward()
                    optimiser.step()
        for before in reversed(entered):
            if condition.pullback == "inverse":
                assign(weights, torch.linalg.solve(matrix, flat(weights)))
            else:
                assign(weights, before + matrix.T @ (flat(weights) - matrix @ before))
            assign(biases, flat(biases) - shift)
    return torch.cat([flat(weights), flat(biases)]).numpy()


def build(sizes: tuple[int, ...], weights: np.ndarray, biases: np.ndarray) -> nn.Sequential:
    """Return a network of linear layers, ReLU inside and a sigmoid last, with these parameters."""
    layers: list[nn.Module] = []
    for fan_in, out in pairwise(sizes):
        layers += [nn.Linear(fan_in, out, dtype=torch.float64), nn.ReLU()]
    network = nn.Sequential(*layers[:-1], nn.Sigmoid())
    linear = [layer for layer in network if isinstance(layer, nn.Linear)]
    assign([layer.weight for layer in linear], torch.from_numpy(weights))
    assign([layer.bias for layer in linear], torch.from_numpy(biases))
    return network


def flat(parameters: list[nn.Parameter]) -> torch.Tensor:
    """Return parameters as one vector."""
    return torch.cat([p.detach().ravel() for p in parameters])


def assign(parameters: list[nn.Parameter], vector: torch.Tensor) -> None:
    """Write a vector into parameters, in their order."""
    with torch.no_grad():
        for p, piece in zip(parameters, vector.split([p.numel() for p in parameters]), strict=True):
            p.copy_(piece.view_as(p))
