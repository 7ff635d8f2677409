"""Success rates of any one gate experiment: the figure `rates` that an experiment can ask for."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.figures import rates, style
from neuroswitch.schemas.gates import CONDITION_KEY

ROW = 0.26
"""Inches that a condition takes."""


@declare.figure("rates", reads={"success": "gates/{experiment}/success"})
def draw(tables: Mapping[str, pd.DataFrame], experiment: str) -> Figure:
    """Draw a row for each condition, named by the choices in which the conditions differ."""
    style.use()
    success = tables["success"]
    varied = [name for name in CONDITION_KEY if len(set(success[name])) > 1] or ["tasks"]
    named = success.assign(
        condition=success[varied].map(_short).agg(", ".join, axis=1)
    ).sort_values(varied)
    order = list(dict.fromkeys(named["condition"]))
    figure = Figure(figsize=(style.WIDTH, 1.1 + ROW * len(order)))
    axes = figure.subplots()
    rates.dots(axes, named, order, "condition")
    axes.set_ylabel(", ".join(name.replace("_", " ") for name in varied))
    title = f"{experiment.replace('_', ' ')}: success; {success['runs'].iloc[0]} runs, Wilson 95 %"
    style.legend_above(figure, axes, title)
    return figure


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
