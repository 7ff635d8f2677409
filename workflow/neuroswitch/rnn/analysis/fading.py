"""How fast gradients fade along a trial, before training and after it (R10)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from neuroswitch import declare, seeds
from neuroswitch.rnn.evaluation import NETWORKS, Trained, gathered, of_networks
from neuroswitch.rnn.experiment import drawn
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.stepping import steps
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.schemas import rnn as schemas

TRIALS = 3
"""Trials that gradients are taken of, the same for all networks of a task."""

TINIEST = np.finfo(float).tiny
"""Stands for a gradient of 0, which has no logarithm."""


@declare.analysis(
    "fading",
    costly=True,
    reads=NETWORKS,
    settings={"trained_as": "rnn.{experiment}", "root_seed": "seed"},
    writes={
        "rnn/{experiment}/fading": schemas.FADING,
        "rnn/{experiment}/fading_rates": schemas.FADING_RATES,
    },
)
@of_networks("last")
def fading(trained: Sequence[Trained], root_seed: int) -> dict[str, pd.DataFrame]:
    """Return gradients along a trial for every network that can be looked at, and how they fade."""
    sound = [one for one in trained if one.sound and one.phase == "training"]
    curves = gathered(lambda one: of_network(one, root_seed), sound)
    keys = [name for name in schemas.FADING.key if name != "step"]
    rates = [
        dict(zip(keys, key, strict=True)) | {"rate": fading_rate(own), "steps": len(own)}
        for key, own in curves.groupby(keys, sort=False)
    ]
    return {"fading": curves, "fading_rates": pd.DataFrame(rates, columns=[*keys, "rate", "steps"])}


def of_network(network: Trained, root_seed: int) -> pd.DataFrame:
    """Return the gradients of a network as it was drawn, and as it is after training."""
    model, task = network.model, str(network.about["task"])
    trials = task_of(task).draw(seeds.generator(root_seed, "rnn", task, "fading"), TRIALS)
    run = int(str(network.about["run"]))
    vector = drawn(model, task, run, root_seed).astype(float)
    start = {name: torch.from_numpy(values) for name, values in model.views(vector).items()}
    parts = []
    for when, parameters in (("start", start), ("end", network.parameters)):
        norms = [
            gradient_norms(model, parameters, trials[place : place + 1]) for place in range(TRIALS)
        ]
        for state in norms[0]:
            logarithms = np.mean([np.log(each[state] / each[state][-1]) for each in norms], axis=0)
            frame = pd.DataFrame({"step": np.arange(len(logarithms)), "share": np.exp(logarithms)})
            parts.append(frame.assign(when=when, state=state))
    return pd.concat(parts, ignore_index=True)


def gradient_norms(
    model: Model, parameters: dict[str, torch.Tensor], trial: Trials
) -> dict[str, np.ndarray]:
    """Return the norm of the gradient of the last step's loss by each state, [steps - 1].

    The loss is the squared error of the outputs at the last step, which depends on the state at an
    earlier step only through the steps between. The states after the last step are left out.

    Parameters
    ----------
    trial : a single one
    """
    inputs, target = (torch.from_numpy(a[0].astype(float)) for a in (trial.inputs, trial.targets))
    fixed = {name: value.detach().requires_grad_() for name, value in parameters.items()}
    history = []
    for states, output in steps(model, fixed, inputs):
        history.append(states)
        last = output
    loss = ((last - target[-1]) ** 2).sum()
    before = history[:-1]
    wanted = [state for states in before for state in states.values()]
    found = torch.autograd.grad(loss, wanted)
    norms = np.array([float(gradient.norm()) for gradient in found]).reshape(len(before), -1)
    return dict(zip(before[0], np.maximum(norms, TINIEST).T, strict=True))


def fading_rate(curve: pd.DataFrame) -> float:
    """Return the slope of the logarithm of a share over steps, by least squares, per step."""
    return float(np.polyfit(curve["step"], np.log(curve["share"]), 1)[0])
