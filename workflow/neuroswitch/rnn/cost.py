"""What a step of training costs, batch and update included, with the compiled kernels."""

from collections.abc import Mapping
from time import thread_time
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import declare, seeds
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.sampling import batches, streams
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.training import State, train
from neuroswitch.schemas.rnn import STEP_TIMES
from neuroswitch.settings.rnn import RnnExperiment, Stage

ROUNDS = 20
"""As many as a sign test needs to decide after the correction for all claims of a paper."""
STEPS = 20


@declare.analysis(
    "step_times",
    always=True,
    costly=True,
    settings={"trained_as": "rnn", "root_seed": "seed"},
    writes={"costs/rnn/step_times": STEP_TIMES},
)
def step_times(trained_as: Mapping[str, Mapping[str, Any]], root_seed: int) -> pd.DataFrame:
    """Return milliseconds of processor time a step, for every network but those of alternatives.

    Networks take turns, so that whatever else the machine does is shared by all of them: what can
    be compared is networks of one round. A round before the first compiles, and is not kept.
    """
    rows = []
    everything = [RnnExperiment.model_validate(one["experiment"]) for one in trained_as.values()]
    primary = [experiment for experiment in everything if not experiment.alternative]
    with threadpool_limits(1):
        for turn in range(ROUNDS + 1):
            for experiment in primary:
                for network in experiment.networks:
                    about = {"task": experiment.task, "variant": experiment.variant}
                    seconds = _time(experiment, network, root_seed)
                    rows.append(
                        about
                        | {"network": network, "round": turn, "milliseconds": 1e3 * seconds / STEPS}
                    )
    frame = pd.DataFrame(rows)
    return frame[frame["round"] > 0]


def _time(experiment: RnnExperiment, network: str, root_seed: int) -> float:
    """Return the seconds of this thread that STEPS steps of training take."""
    model = model_of(experiment, network, "training")
    stages = [Stage(steps=STEPS, learning_rate=1e-3, trained="all")]
    trained = experiment.protocol(network, "training") or experiment.training
    protocol = trained.model_copy(update={"stages": stages})
    rng = seeds.generator(root_seed, "rnn", experiment.task, "parameters", 0)
    state = State.beginning(model.flatten(model.draw(rng)))
    batch_of = batches(
        task_of(experiment.task), protocol, streams(experiment.task, "training", 0, root_seed)
    )
    sweep = model.sweep(task_of(experiment.task).STEPS, np.float32)
    start = thread_time()
    train(model, sweep, protocol, batch_of, state, np.zeros(0, int))
    return thread_time() - start
