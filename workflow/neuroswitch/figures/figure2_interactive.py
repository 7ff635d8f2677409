"""Figure 2 as a page to turn and zoom, which opens without a network."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from neuroswitch import declare
from neuroswitch.figures import clusters
from neuroswitch.figures.style import gate_colour


@declare.figure(
    "figure2_interactive",
    page=True,
    reads={
        "points": ["gates/mapping_two_layers/points", "gates/mapping_four_layers/points"],
        "components": [
            "gates/mapping_two_layers/components",
            "gates/mapping_four_layers/components",
        ],
    },
    settings={"rates": "gates.mapping_two_layers.learning_rate"},
)
def draw(tables: Mapping[str, pd.DataFrame], rates: Sequence[float]) -> str:
    """Return one self-contained HTML page, of the first of the mapping's learning rates."""
    learning_rate = rates[0]
    mapped = clusters.trained(tables, learning_rate)
    points, components = mapped["points"], mapped["components"]
    depths = sorted(points["layers"].unique())
    figure = make_subplots(
        cols=len(depths),
        specs=[[{"type": "scene"}] * len(depths)],
        subplot_titles=[f"{layers} linear layers" for layers in depths],
    )
    named: set[str] = set()
    for column, layers in enumerate(depths, start=1):
        shares = clusters.explained(components[components["layers"] == layers])
        for (gate, solved), group in points[points["layers"] == layers].groupby(["gate", "solved"]):
            name = gate if solved else f"{gate}, unsolved"
            figure.add_trace(
                go.Scatter3d(
                    x=group["pc1"],
                    y=group["pc2"],
                    z=group["pc3"],
                    mode="markers",
                    marker={
                        "size": 3,
                        "color": gate_colour(gate),
                        "symbol": "circle" if solved else "x",
                    },
                    name=name,
                    legendgroup=name,
                    showlegend=name not in named,
                    text=[f"run {run}" for run in group["run"]],
                    hovertemplate="%{text}<extra>" + gate + "</extra>",
                ),
                row=1,
                col=column,
            )
            named.add(name)
        titles = [f"PC{i} ({share:.0%})" for i, share in enumerate(shares, start=1)]
        scene = {f"{axis}axis_title": title for axis, title in zip("xyz", titles, strict=True)}
        figure.update_scenes(scene, row=1, col=column)
    figure.update_layout(
        title=f"Trained gates in the space of their first three principal components "
        f"(learning rate {learning_rate:g})",
        legend={"itemsizing": "constant"},
        height=680,
    )
    html: str = figure.to_html(include_plotlyjs=True, full_html=True, div_id="figure2")
    return html
