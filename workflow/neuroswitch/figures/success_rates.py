"""Success of every pair of gates and of every ordering of the three-way switch (ours)."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import rates, style

PANELS = {"pairs": "two gates", "orderings": "three gates, one transformation"}


@declare.figure(
    "success_rates",
    reads={"success": ["gates/pairs/success", "gates/orderings/success"]},
)
def draw(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Draw the rates of experiments `pairs` and `orderings` from table `success`."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 2.7))
    for which, (axes, (experiment, title)) in enumerate(
        zip(figure.subplots(1, 2), PANELS.items(), strict=True)
    ):
        success = tables["success"]
        chosen = success[success["experiment"] == experiment]
        order = list(dict.fromkeys(chosen["tasks"]))
        rates.dots(axes, chosen, order, "tasks")
        style.letter(axes, which, title)
    style.legend_above(figure, axes, f"success; {chosen['runs'].iloc[0]} runs, Wilson 95 %")
    return figure
