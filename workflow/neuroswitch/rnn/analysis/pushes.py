"""Measure-Wait-Go: a push on the state in the middle of a ramp, and the error at its end (R11)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from neuroswitch import declare
from neuroswitch.rnn.analysis.measure_wait_go import IS_TRAINED, TRIALS
from neuroswitch.rnn.evaluation import NETWORKS, Trained, gathered, of_networks, respond
from neuroswitch.rnn.stepping import started, starts
from neuroswitch.schemas import rnn as schemas

SIZES = (0.1, 0.3, 1.0)
"""Of a push, as shares of the norm of the state."""

DIRECTIONS = 4
"""Random directions of each size, the same ones for all sizes and intervals of a network."""


@declare.analysis(
    "pushes",
    of={"task": "measure_wait_go"},
    costly=True,
    reads=NETWORKS,
    settings={"trained_as": "rnn.{experiment}", "root_seed": "seed"},
    writes={"rnn/{experiment}/pushes": schemas.PUSHES},
)
@of_networks("last")
def pushes(trained: Sequence[Trained], root_seed: int) -> pd.DataFrame:
    """Return what pushes change, for every network that can be looked at."""
    sound = [one for one in trained if one.sound]
    return gathered(lambda one: of_network(one, one.stream(root_seed, "pushes")), sound)


def of_network(network: Trained, rng: np.random.Generator) -> pd.DataFrame:
    """Return for each size of push the change of the output at the end of the ramp.

    The state x is pushed once, after the step in the middle of a ramp; of an LSTM both states are,
    each by the same share of its own norm. A modulator's z is not pushed.
    """
    response = respond(network, TRIALS)
    names = [name for name in starts(network.model) if name != "z"]
    units = {name: response.states[name].shape[-1] for name in names}
    directions = [
        {name: _direction(rng, count) for name, count in units.items()} for _ in range(DIRECTIONS)
    ]
    rows = []
    for size in SIZES:
        changes = np.array(
            [
                changed(network, response.states, trial, size, direction) - response.outputs[trial]
                for trial in np.flatnonzero(IS_TRAINED).tolist()
                for direction in directions
            ]
        )[..., 0]
        ends = np.repeat(_ends()[IS_TRAINED], DIRECTIONS)
        at_end = changes[np.arange(len(ends)), ends]
        rows.append(
            {
                "size": size,
                "pushed": len(changes),
                "error": np.sqrt(np.mean(at_end**2)),
                "last_error": np.sqrt(np.mean(changes[:, -1] ** 2)),
            }
        )
    return pd.DataFrame(rows)


def changed(
    network: Trained,
    states: dict[str, np.ndarray],
    trial: int,
    size: float,
    direction: dict[str, np.ndarray],
) -> np.ndarray:
    """Return the outputs [steps, outputs] of a trial with a push; before it they are NaN.

    Parameters
    ----------
    states : of the trials of the test without a push, [trials, steps, units]
    size : of the push, as a share of the norm of the state
    direction : of each pushed state, [units], of norm 1
    """
    labels = TRIALS.labels
    after = int(labels["go"][trial] + labels["interval"][trial] // 2) + 1
    pushed = {}
    for name in starts(network.model):
        state = states[name][trial, after - 1]
        if name in direction:
            state = state + size * np.linalg.norm(state) * direction[name]
        pushed[name] = torch.from_numpy(state)
    inputs = torch.from_numpy(TRIALS.inputs[trial : trial + 1, after:].astype(float))
    with torch.no_grad():
        rollout = network.model.rollout(started(network.model, network.parameters, pushed), inputs)
    outputs = np.full(TRIALS.targets[trial].shape, np.nan)
    outputs[after:] = rollout.outputs[0].numpy()
    return outputs


def _direction(rng: np.random.Generator, units: int) -> np.ndarray:
    """Return a vector [units] of norm 1, each direction being as likely as another."""
    drawn = rng.standard_normal(units)
    direction: np.ndarray = drawn / np.linalg.norm(drawn)
    return direction


def _ends() -> np.ndarray:
    """Return the step at which the ramp of each trial should end."""
    ends: np.ndarray = TRIALS.labels["go"] + TRIALS.labels["interval"]
    return ends
