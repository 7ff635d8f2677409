"""Element finder: loss on fresh sequences, the signal by query, what states settle on."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd

from neuroswitch import declare, seeds
from neuroswitch.rnn import metrics
from neuroswitch.rnn.evaluation import (
    NETWORKS,
    TEST,
    Trained,
    at_their_best,
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

MIDDLE = 13
"""Step of a trial of 26 at which z is compared."""

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
@of_networks("last", "best")
def element_finder(
    trained: Sequence[Trained], test_trials: int, root_seed: int
) -> dict[str, pd.DataFrame]:
    """Return every table of the task, from the same sequences for all networks.

    Losses are of the last network of a training and of its best; all else is of the best alone,
    because a network that has learnt the task can lose it again (ambiguity A54).
    """
    test = task.draw(seeds.generator(root_seed, "rnn", "element_finder", "test"), test_trials)
    tested = gathered(lambda one: tested_loss(one, test), trained)
    best = at_their_best(trained)
    signalled = [one for one in best if one.sound and modulated(one)]
    kept = pd.DataFrame([one.about | {"kept": one.kept} for one in best])
    shown = examples(signalled, tested.merge(kept), "loss")
    return {
        "finder_losses": tested,
        "finder_encodings": gathered(lambda one: encoding(one, test, root_seed), signalled),
        "finder_signals": gathered(lambda one: signals(one, root_seed), shown),
        "finder_states": gathered(lambda one: states(one, test), shown),
    }


def tested_loss(network: Trained, test: Trials) -> pd.DataFrame:
    """Return the loss on the test, the lowest of a minibatch in training, and chance."""
    return pd.DataFrame(
        {
            "kept": [network.kept],
            "loss": losses(respond(network, test), test).mean(),
            "lowest_loss": network.lowest_loss,
            "trials": len(test),
            "chance": task.CHANCE,
        }
    )


def encoding(network: Trained, test: Trials, root_seed: int) -> pd.DataFrame:
    """Return how z clusters by query and how x is ordered by value (A41, A56).

    Both at the last step; and z in the middle of the trial, for the queries shown alone.
    """
    response = respond(network, test)
    z, x = (response.states[name][:, -1] for name in ("z", "x"))
    components = metrics.principal_components(x, 2)
    value = test.labels["value"]
    few = slice(0, COMPARED)
    parts = [respond(network, with_query(query, root_seed)).states["z"] for query in SHOWN_QUERIES]
    settled = np.concatenate(parts)[:, MIDDLE]
    query = np.repeat(SHOWN_QUERIES, SHOWN)
    rng = network.stream(root_seed, "shuffled")
    of_value = partial(metrics.linear_r2, components)
    of_query = partial(metrics.silhouette, settled)
    return pd.DataFrame(
        {
            "silhouette": [metrics.silhouette(z[few], test.labels["query"][few])],
            "rank_correlation": metrics.rank_correlation(components[:, 0], value),
            "value_r2": of_value(value),
            "shuffled_value_r2": metrics.shuffled(of_value, value, rng),
            "query_silhouette": of_query(query),
            "shuffled_query_silhouette": metrics.shuffled(of_query, query, rng),
        }
    )


def with_query(query: int, root_seed: int) -> Trials:
    """Return sequences with a query that is shown, the same for all networks."""
    stream = seeds.generator(root_seed, "rnn", "element_finder", "shown", query)
    return task.draw(stream, SHOWN, query=query)


def signals(network: Trained, root_seed: int) -> pd.DataFrame:
    """Return mean and standard deviation of s(t) over sequences with a query."""
    parts = []
    for query in SHOWN_QUERIES:
        s = respond(network, with_query(query, root_seed)).states["s"]
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
