"""The loss on fresh trials, of any task, beside that of the best constant answer (R5)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.rnn import metrics
from neuroswitch.rnn.evaluation import (
    NETWORKS,
    TEST,
    Trained,
    at_their_best,
    gathered,
    losses,
    of_networks,
    respond,
)
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.schemas import rnn as schemas


@declare.analysis(
    "tested",
    costly=True,
    reads=NETWORKS,
    settings=TEST,
    writes={"rnn/{experiment}/tested": schemas.TESTED},
)
@of_networks("last", "best")
def tested(trained: Sequence[Trained], test_trials: int, root_seed: int) -> pd.DataFrame:
    """Return the loss of every network after training, at its best, on the same trials."""
    networks = [one for one in at_their_best(trained) if one.phase == "training"]
    task = str(networks[0].about["task"])
    test = task_of(task).draw(seeds.generator(root_seed, "rnn", task, "test"), test_trials)
    chance = constant_loss(test)
    return gathered(
        lambda one: pd.DataFrame(
            {
                "loss": [losses(respond(one, test), test).mean()],
                "chance": chance,
                "steps": task_of(task).STEPS,
                "trials": len(test),
            }
        ),
        networks,
    )


def constant_loss(test: Trials) -> float:
    """Return the mean loss of the constant outputs that have the lowest one."""
    weights = test.weights.astype(float)[..., None]
    best = (weights * test.targets).sum(axis=(0, 1)) / weights.sum()
    answers = np.broadcast_to(best, test.targets.shape)
    return float(metrics.trial_losses(answers, test.targets, test.weights).mean())
