"""Memory-Anti by networks with fixed matrices M, which are chosen and nothing is trained (O3)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.rnn.analysis.multitask import scores, trials_of
from neuroswitch.rnn.evaluation import NETWORKS, TEST, Trained, gathered, of_networks, respond
from neuroswitch.rnn.models.switched import Switched
from neuroswitch.rnn.tasks import multitask as task
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.schemas import rnn as schemas

TRIED = (1, 10, 100)
"""Sets of matrices M among which one is chosen; each is the beginning of the next."""

SHOWN = 50
"""Trials of Memory-Anti that choose; others judge."""

NEW = "memory_anti"


@declare.analysis(
    "bridge",
    of={"task": "multitask"},
    costly=True,
    reads=NETWORKS,
    settings=TEST,
    writes={"rnn/{experiment}/chosen_modulators": schemas.CHOSEN_MODULATORS},
)
@of_networks("last")
def bridge(trained: Sequence[Trained], test_trials: int, root_seed: int) -> pd.DataFrame:
    """Return the score of Memory-Anti for every network with fixed matrices M."""
    stream = seeds.generator(root_seed, "rnn", "multitask", "choosing")
    shown = task.draw(stream, SHOWN, task.TASKS.index(NEW), contexts=len(task.TASKS))
    test = trials_of("retraining", test_trials, root_seed)[NEW]
    able = [
        one
        for one in trained
        if isinstance(one.model, Switched) and one.sound and one.phase == "training"
    ]
    return gathered(lambda one: of_network(one, shown, test), able)


def of_network(network: Trained, shown: Trials, test: Trials) -> pd.DataFrame:
    """Return the score with the matrices M that are chosen, a row for each number tried.

    The matrices are those that the network would have in further contexts. The trials `shown`
    choose: those with most right answers, of several the first.
    """
    model = network.model
    assert isinstance(model, Switched), "others have no matrices M"
    wider = replace(model, channels=model.channels + max(TRIED))
    right = [correct(network, wider, candidate, shown) for candidate in range(max(TRIED))]
    chosen = [int(np.argmax(right[:tried])) for tried in TRIED]
    return pd.DataFrame(
        {
            "tried": TRIED,
            "chosen": chosen,
            "correct": [correct(network, wider, candidate, test) for candidate in chosen],
            "trials": len(test),
        }
    )


def correct(network: Trained, wider: Switched, candidate: int, trials: Trials) -> int:
    """Return how many trials of Memory-Anti are right in a context that no task was trained in.

    Parameters
    ----------
    wider : the network's model with further contexts
    candidate : which of them, from 0
    """
    context = len(task.TRAINED) + candidate
    parameters = wider.in_context(network.parameters, context)
    plain = replace(network, model=wider.plain, parameters=parameters)
    seen = replace(trials, inputs=trials.inputs[..., : wider.seen])
    answered = scores({NEW: respond(plain, seen)}, {NEW: seen})
    return int(answered["correct_corrected"].iloc[0])
