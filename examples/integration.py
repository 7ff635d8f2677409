"""A task of recurrent networks with its analysis and its figure: add up pulses."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare, seeds
from neuroswitch.figures import style
from neuroswitch.rnn.evaluation import NETWORKS, TEST, gathered, losses, of_networks, respond
from neuroswitch.rnn.tasks import Task, Trials
from neuroswitch.schemas.columns import Column, Schema
from neuroswitch.schemas.rnn import NETWORK, NETWORK_KEY, RUN

INTEGRATION_LOSSES = Schema(
    "losses of integration",
    (*NETWORK_KEY, "run", "pulses"),
    (
        *NETWORK,
        RUN,
        Column("pulses", "int32", "in a trial"),
        Column("loss", "double", "mean squared error of the trials with so many pulses"),
    ),
)


@declare.task("integration")
class Integration(Task):
    """Pulses of -1 or 1; the target is a tenth of their sum so far."""

    STEPS, CHANNELS, OUTPUTS = 40, 1, 1

    def draw(self, rng, trials):
        shape = (trials, self.STEPS, 1)
        pulses = rng.choice([-1, 1], shape) * (rng.random(shape) < 0.2)
        labels = {"pulses": np.abs(pulses).sum(axis=(1, 2))}
        return Trials(
            inputs=pulses,
            targets=pulses.cumsum(axis=1) / 10,
            weights=np.ones(shape[:2]),
            labels=labels,
        )


@declare.analysis(
    "integration",
    of={"task": "integration"},
    always=True,
    reads=NETWORKS,
    settings=TEST,
    writes={"rnn/{experiment}/integration_losses": INTEGRATION_LOSSES},
)
@of_networks("last")
def by_pulses(trained, test_trials, root_seed):
    """Return the loss on fresh trials of each network, by the number of pulses.

    `of_networks` makes the list `trained` of what NETWORKS and TEST give it.
    """
    test = Integration().draw(seeds.generator(root_seed, "integration", "test"), test_trials)

    def of_network(network):
        frame = pd.DataFrame(test.labels | {"loss": losses(respond(network, test), test)})
        return frame.groupby("pulses", as_index=False)["loss"].mean()

    # The rows of each network, with task, variant, network and run in front
    return gathered(of_network, trained)


@declare.figure("integration", reads={"losses": "rnn/{experiment}/integration_losses"})
def draw(tables, experiment):
    """Draw the loss against the number of pulses, a line for each network and run."""
    style.use()
    figure = Figure(figsize=(style.WIDTH / 2, 2.4))
    axes = figure.subplots()
    for (network, run), line in tables["losses"].groupby(["network", "run"]):
        axes.plot(line["pulses"], line["loss"], label=f"{network}, run {run}")
    axes.set_xlabel("pulses in a trial")
    axes.set_ylabel("test loss (MSE)")
    axes.legend()
    return figure
