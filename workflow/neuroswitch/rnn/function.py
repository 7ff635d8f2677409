"""The compiled networks inside PyTorch: their outputs can be part of any loss."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from neuroswitch.rnn.batch import blocks, trials
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.sweep import CompiledSweep


def rollout(model: Model, parameters: Tensor, inputs: Tensor) -> Tensor:
    """Return outputs [trials, steps, outputs] of a network, differentiable in its parameters.

    Parameters
    ----------
    parameters : [parameters], on the CPU, float32 or float64, in the order of model.shapes
    inputs : [trials, steps, channels], of the same precision; no gradient reaches them

    Raises
    ------
    TypeError : compiled code cannot be made of the model's equations
    """
    sweep = model.sweep(inputs.shape[1], parameters.detach().numpy().dtype)
    if not isinstance(sweep, CompiledSweep):
        raise TypeError(f"{type(model).__name__} has no compiled passes; use its rollout")
    return _Rollout.apply(sweep, parameters, inputs)  # type: ignore[no-untyped-call]


class _Rollout(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, sweep: CompiledSweep, parameters: Tensor, inputs: Tensor) -> Tensor:
        vector = parameters.detach().numpy()
        ctx.sweep, ctx.vector = sweep, vector.copy()
        ctx.inputs = blocks(inputs.detach().numpy(), vector.dtype)
        outputs = trials(sweep.outputs(ctx.vector, ctx.inputs), len(inputs))
        return torch.from_numpy(np.ascontiguousarray(outputs))

    @staticmethod
    def backward(ctx: Any, errors: Tensor) -> tuple[None, Tensor, None]:
        in_blocks = blocks(errors.detach().numpy(), ctx.vector.dtype)
        gradient = ctx.sweep.pull_back(ctx.vector, ctx.inputs, in_blocks)
        return None, torch.from_numpy(gradient), None
