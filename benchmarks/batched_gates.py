"""Gate switching with PyTorch, all runs in one tensor: batched products and autograd."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.gate_starts import Starts
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.settings.gates import Condition


def train_of(condition: Condition) -> Callable[[Starts], np.ndarray]:
    """Return the training of runs: from their starts to final parameters [runs, parameters].

    The condition has two tasks, two layers, the mean squared error and full batches. This was
    measured to be faster than torch.func's vmap of grad, and than sums of products written out.
    """
    width, rate = condition.width, condition.learning_rate
    inputs = torch.from_numpy(INPUTS)

    def loss(w: Tensor, b: Tensor, target: Tensor) -> Tensor:
        into = w[:, : 2 * width].view(-1, width, 2).transpose(1, 2)
        hidden = torch.baddbmm(b[:, None, :width], inputs.expand(len(w), -1, -1), into).relu()
        output = torch.baddbmm(b[:, width:, None], hidden, w[:, 2 * width :, None]).sigmoid()
        # The sum over runs: each run's parameters get the gradient of its own mean.
        return ((output[:, :, 0] - target) ** 2).mean(1).sum()

    def phase(w: Tensor, b: Tensor, gate: str) -> tuple[Tensor, Tensor]:
        target = torch.from_numpy(truth(gate))
        for _ in range(condition.period):
            w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
            to_w, to_b = torch.autograd.grad(loss(w, b, target), (w, b))
            w, b = w.detach() - rate * to_w, b.detach() - rate * to_b
        return w, b

    def train(starts: Starts) -> np.ndarray:
        w, b, matrix, pull_back, shift = map(
            torch.from_numpy,
            (starts.weights, starts.biases, starts.matrix, starts.pull_back, starts.shift),
        )
        first, second = condition.gates
        for _ in range(condition.cycles):
            w, b = phase(w, b, first)
            modulated = times(matrix, w)
            stepped, b = phase(modulated, b + shift, second)
            w, b = w + times(pull_back, stepped - modulated), b - shift
        return torch.cat([w, b], 1).numpy()

    return train


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """Return the product of each run's matrix [runs, n, n] and vector [runs, n]."""
    return torch.bmm(matrix, vector[:, :, None])[:, :, 0]
