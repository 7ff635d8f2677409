"""What a step of training costs, batch and update included, with the compiled kernels."""

from time import thread_time

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import seeds
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.sampling import batches
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.training import State, train
from neuroswitch.settings.rnn import RnnSettings, Stage

ROUNDS = 9
STEPS = 40


def step_times(settings: RnnSettings, root_seed: int) -> pd.DataFrame:
    """Return milliseconds of processor time a step, for every network but those of alternatives.

    Networks take turns, so that whatever else the machine does is shared by all of them: what can
    be compared is networks of one round. A round before the first compiles, and is not kept.
    """
    rows = []
    primary = {name: e for name, e in settings.experiments.items() if not e.alternative}
    with threadpool_limits(1):
        for turn in range(ROUNDS + 1):
            for name, experiment in primary.items():
                for network in experiment.networks:
                    about = {"task": experiment.task, "variant": experiment.variant}
                    seconds = _time(settings, name, network, root_seed)
                    rows.append(
                        about
                        | {"network": network, "round": turn, "milliseconds": 1e3 * seconds / STEPS}
                    )
    frame = pd.DataFrame(rows)
    return frame[frame["round"] > 0]


def _time(settings: RnnSettings, name: str, network: str, root_seed: int) -> float:
    """Return the seconds of this thread that STEPS steps of training take."""
    experiment = settings.experiment(name)
    model = model_of(experiment, network, "training")
    protocol = experiment.protocol(network, "training").model_copy(
        update={"stages": [Stage(steps=STEPS, learning_rate=1e-3, trained="all")]}
    )
    rng = seeds.generator(root_seed, "rnn", experiment.task, "parameters", 0)
    state = State.beginning(model.flatten(model.draw(rng)))
    batch_of = batches(experiment.task, "training", protocol, 0, root_seed)
    sweep = model.sweep(task_of(experiment.task).STEPS, np.float32)
    start = thread_time()
    train(model, sweep, protocol, batch_of, state, np.zeros(0, int))
    return thread_time() - start
