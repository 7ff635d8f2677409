"""What a step of training costs, drawing trials aside."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import seeds
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.sweep import Sweep
from neuroswitch.rnn.sampling import batches
from neuroswitch.rnn.tasks import TASKS
from neuroswitch.rnn.training import State, train
from neuroswitch.settings.rnn import RnnExperiment, Training
from neuroswitch.timing import in_turn

ROUNDS = 21
STEPS = 10
"""Of a round."""


def step_times(experiment: RnnExperiment, root_seed: int) -> pd.DataFrame:
    """Return the median time of a step of each network, one thread, the networks in turn."""
    works = [
        partial(_training(experiment, network, root_seed), STEPS) for network in experiment.networks
    ]
    with threadpool_limits(1):
        seconds = in_turn(works, ROUNDS)
    return pd.DataFrame(
        {
            "task": experiment.task,
            "variant": experiment.variant,
            "network": list(experiment.networks),
            "milliseconds": 1e3 * np.array(seconds) / STEPS,
        }
    )


def repeatable(
    model: Model, sweep: Sweep, protocol: Training, batch: Batch, vector: np.ndarray
) -> Callable[[int], np.ndarray]:
    """Return a training on one minibatch: from a number of steps to their losses.

    Every call starts from the same parameters [parameters], and goes by the first stage of the
    protocol without restarts.
    """

    def run(steps: int) -> np.ndarray:
        stage = protocol.stages[0].model_copy(update={"steps": steps, "trained": "all"})
        once = protocol.model_copy(update={"stages": [stage], "restart": None})
        recorded = np.arange(1, steps + 1)
        state = train(model, sweep, once, lambda step: batch, State.beginning(vector), recorded)
        return np.array([loss for _, loss, _ in state.losses])

    return run


def _training(
    experiment: RnnExperiment, network: str, root_seed: int
) -> Callable[[int], np.ndarray]:
    protocol = experiment.protocol(network, "training")
    assert protocol is not None
    model = model_of(experiment, network, "training")
    sweep = model.sweep(TASKS[experiment.task].STEPS, np.float32)
    vector = model.flatten(model.draw(seeds.generator(root_seed, "rnn", "costs", network)))
    batch = batches(experiment.task, "training", protocol, 0, root_seed)(0)
    return repeatable(model, sweep, protocol, batch, vector)
