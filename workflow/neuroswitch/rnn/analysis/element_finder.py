"""Element finder: loss on fresh sequences, the signal by query, what states settle on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.rnn import metrics
from neuroswitch.rnn.evaluation import (
    NETWORKS,
    TEST,
    Trained,
    examples,
    gathered,
    losses,
    modulated,
    of_networks,
    respond,
)
from neuroswitch.rnn.tasks import element_finder as task
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.schemas import rnn as schemas

SHOWN_QUERIES = (5, 10, 15, 20)
SHOWN = 400
"""Sequences whose states are kept for a figure, and sequences of each query shown."""

COMPARED = 2000
"""Sequences whose distances make a silhouette: its cost is their square."""


@declare.analysis(
    "element_finder",
    of={"task": "element_finder"},
    always=True,
    costly=True,
    reads=NETWORKS,
    settings=TEST,
    writes={
        "rnn/{experiment}/finder_losses": schemas.FINDER_LOSSES,
        "rnn/{experiment}/finder_encodings": schemas.FINDER_ENCODINGS,
        "rnn/{experiment}/finder_signals": schemas.FINDER_SIGNALS,
        "rnn/{experiment}/finder_states": schemas.FINDER_STATES,
    },
)
@of_networks
def element_finder(
    trained: Sequence[Trained], test_trials: int, root_seed: int
) -> dict[str, pd.DataFrame]:
    """Return every table of the task, from the same sequences for all networks."""
    test = task.draw(seeds.generator(root_seed, "rnn", "element_finder", "test"), test_trials)
    tested = gathered(lambda one: tested_loss(one, test), trained)
    signalled = [one for one in trained if one.sound and modulated(one)]
    shown = examples(signalled, tested, "loss")
    return {
        "finder_losses": by_variant(tested),
        "finder_encodings": gathered(lambda one: encoding(one, test), signalled),
        "finder_signals": gathered(lambda one: signals(one, root_seed), shown),
        "finder_states": gathered(lambda one: states(one, test), shown),
    }


def tested_loss(network: Trained, test: Trials) -> pd.DataFrame:
    """Return the loss on the test, and the lowest of a minibatch in training."""
    loss = losses(respond(network, test), test).mean()
    return pd.DataFrame({"loss": [loss], "lowest_loss": network.lowest_loss, "trials": len(test)})


def by_variant(tested: pd.DataFrame) -> pd.DataFrame:
    """Return the score of each variant: the published one is the lowest minibatch loss."""
    parts = []
    for variant, column in (("as_published", "lowest_loss"), ("one_protocol", "loss")):
        own = tested[tested["variant"].str.startswith(("both", variant))]
        named = own["variant"].str.replace("both", variant)
        parts.append(own.assign(variant=named, loss=own[column]))
    scored = pd.concat(parts, ignore_index=True)
    return scored.drop(columns="lowest_loss").assign(chance=task.CHANCE)


def encoding(network: Trained, test: Trials) -> pd.DataFrame:
    """Return how z clusters by query and how x is ordered by value, at the last step (A41)."""
    response = respond(network, test)
    z, x = (response.states[name][:, -1] for name in ("z", "x"))
    first = metrics.principal_components(x, 1)[:, 0]
    few = slice(0, COMPARED)
    return pd.DataFrame(
        {
            "silhouette": [metrics.silhouette(z[few], test.labels["query"][few])],
            "rank_correlation": metrics.rank_correlation(first, test.labels["value"]),
        }
    )


def signals(network: Trained, root_seed: int) -> pd.DataFrame:
    """Return mean and standard deviation of s(t) over sequences with a query."""
    parts = []
    for query in SHOWN_QUERIES:
        stream = seeds.generator(root_seed, "rnn", "element_finder", "shown", query)
        s = respond(network, task.draw(stream, SHOWN, query=query)).states["s"]
        step, component = np.indices(s.shape[1:])
        parts.append(
            pd.DataFrame(
                {
                    "query": query,
                    "component": component.ravel() + 1,
                    "step": step.ravel(),
                    "signal": s.mean(axis=0).ravel(),
                    "spread": s.std(axis=0).ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def states(network: Trained, test: Trials) -> pd.DataFrame:
    """Return the first two PCs of z and of x at the last step, for some sequences."""
    response = respond(network, test)
    coordinates = {
        f"{name}_pc{k + 1}": column
        for name in ("z", "x")
        for k, column in enumerate(metrics.principal_components(response.states[name][:, -1], 2).T)
    }
    frame = pd.DataFrame({"trial": np.arange(len(test)), **test.labels, **coordinates})
    return frame[frame["trial"] < SHOWN]
