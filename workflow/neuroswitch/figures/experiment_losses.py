"""Losses of any one experiment of recurrent networks: the figure `losses` that it can ask for."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import networks, style


@declare.figure("losses", reads={"runs": "rnn/{experiment}/runs"})
def draw(tables: Mapping[str, pd.DataFrame], experiment: str) -> Figure:
    """Draw the loss at the end of each phase of training, a dot for each run of a network."""
    style.use()
    runs = tables["runs"]
    # In the order of training, which comes before retraining.
    phases = sorted(set(runs["phase"]), key=["training", "retraining"].index)
    names = networks.ordered(list(runs["network"]))
    figure = Figure(figsize=(style.WIDTH, 3.2))
    panels = figure.subplots(1, len(phases), squeeze=False)[0]
    for which, (axes, phase) in enumerate(zip(panels, phases, strict=True)):
        networks.strip(axes, runs[runs["phase"] == phase], "final_loss", names)
        networks.logarithmic(axes)
        networks.named(axes, names)
        style.letter(axes, which, f"{experiment.replace('_', ' ')}, {phase}")
    panels[0].set_ylabel("training loss at the end")
    networks.key(figure, runs[runs["phase"] == phases[0]])
    return figure
