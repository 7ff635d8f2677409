"""Figure 2 as an interactive 3-D view, with the paths of switched runs; it needs no network."""

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from neuroswitch import declare
from neuroswitch.figures import clusters
from neuroswitch.figures.figure2 import SPACES
from neuroswitch.figures.style import gate_colour, gate_colours
from neuroswitch.figures.trajectories import FUNCTIONS

TITLE = "Trained gates in parameter space, by all parameters and modulo symmetry"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
{drawing}
</body>
</html>"""

CAMERA = {"eye": {"x": 1.08, "y": -1.73, "z": 0.82}}
"""The view of Figure 2 at the start."""

SYMBOLS = {True: "circle", False: "circle-open"}
"""Whether a network is solved -> its symbol."""


@declare.figure(
    "figure2_interactive",
    page=True,
    reads={
        "points": ["gates/mapping_two_layers/points", "gates/mapping_four_layers/points"],
        "symmetric_points": [
            "gates/mapping_two_layers/symmetric_points",
            "gates/mapping_four_layers/symmetric_points",
        ],
        "separation": [
            "gates/mapping_two_layers/separation",
            "gates/mapping_four_layers/separation",
        ],
        "trajectory": "gates/traces/switched/trajectory",
    },
    settings={
        "rates": "gates.mapping_two_layers.learning_rate",
        "period": "gates.primary.period",
    },
)
def draw(tables: Mapping[str, pd.DataFrame], rates: Sequence[float], period: Sequence[int]) -> str:
    """Return one self-contained HTML page, of the first of the mapping's learning rates.

    It has the paths of the example runs of every pair of tasks at the primary switching period.
    """
    paths = tables["trajectory"]
    paths = paths[paths["period"] == period[0]]
    drawing = spaces({**tables, "trajectory": paths}, rates[0]).to_html(
        include_plotlyjs=True, full_html=False, div_id="figure2", config={"responsive": True}
    )
    return PAGE.format(title=TITLE, drawing=drawing)


def spaces(tables: Mapping[str, pd.DataFrame], learning_rate: float) -> go.Figure:
    """Return the spaces of the mapping at one learning rate.

    A row for each number of layers: the networks by all their parameters, and modulo symmetry.
    The paths of switched runs are drawn where they have coordinates, among all parameters of
    networks of as many layers.
    """
    mapped = {
        name: tables[name][tables[name]["learning_rate"] == learning_rate]
        for name in ("points", "symmetric_points", "separation")
    }
    paths = tables["trajectory"]
    mapped["points"] = clusters.trained(tables["points"], learning_rate)
    depths = sorted(mapped["points"]["layers"].unique())
    explained = mapped["separation"].set_index(["layers", "coordinates"])["explained"]
    figure = make_subplots(
        rows=len(depths),
        cols=len(SPACES),
        specs=[[{"type": "scene"}] * len(SPACES)] * len(depths),
        subplot_titles=[
            f"{layers} linear layers, {space.title} ({explained[layers, kind]:.0%} of the variance)"
            for layers in depths
            for kind, space in SPACES.items()
        ],
        horizontal_spacing=0.02,
        vertical_spacing=0.05,
    )
    for row, layers in enumerate(depths, start=1):
        for column, space in enumerate(SPACES.values(), start=1):
            points = mapped[space.points]
            traces = _traces(points[points["layers"] == layers], space.columns)
            if set(space.columns) <= set(paths):
                traces += _paths(paths[paths["layers"] == layers], space.columns)
            figure.add_traces(traces, rows=row, cols=column)
            titles = {f"{axis}axis_title": f"{space.axis}{n}" for n, axis in enumerate("xyz", 1)}
            figure.update_scenes(titles, camera=CAMERA, row=row, col=column)
    _one_entry_of_each_name(figure)
    figure.update_layout(
        title=f"{TITLE} (learning rate {learning_rate:g})",
        template="plotly_white",
        font_family="system-ui, sans-serif",
        legend={"itemsizing": "constant", "orientation": "h", "y": 1.03, "yanchor": "bottom"},
        height=130 + 540 * len(depths),
        margin={"l": 10, "r": 10, "t": 130, "b": 10},
    )
    return figure


def _traces(points: pd.DataFrame, columns: Sequence[str]) -> list[go.Scatter3d]:
    """Return the clouds of one space: each gate's solved networks, then its unsolved ones.

    The legend has the gates in their order, and after them those that are unsolved.
    """
    traces = []
    for solved in SYMBOLS:
        for place, (gate, colour) in enumerate(gate_colours(points["gate"]).items()):
            group = points[(points["gate"] == gate) & (points["solved"] == solved)]
            if group.empty:
                continue
            name = gate if solved else f"{gate}, unsolved"
            traces.append(
                go.Scatter3d(
                    **dict(zip("xyz", (group[column] for column in columns), strict=True)),
                    mode="markers",
                    marker={"size": 3, "color": colour, "symbol": SYMBOLS[solved]},
                    name=name,
                    legendgroup=name,
                    legendrank=place if solved else 100 + place,
                    text=[f"run {run}" for run in group["run"]],
                    hovertemplate="%{text}<extra>" + name + "</extra>",
                )
            )
    return traces


def _paths(trajectory: pd.DataFrame, columns: Sequence[str]) -> list[go.Scatter3d]:
    """Return the path of each function of one run for every pair of tasks.

    The legend has them after the gates, and a click on one of its entries hides both of a pair.
    """
    traces: list[go.Scatter3d] = []
    for tasks, run in trajectory.sort_values("epoch").groupby("tasks"):
        for index, path in run.groupby("task_index"):
            task = path["task"].iloc[0]
            traces.append(
                go.Scatter3d(
                    **dict(zip("xyz", (path[column] for column in columns), strict=True)),
                    mode="lines",
                    line={"color": gate_colour(task), "width": 6},
                    name=f"{tasks}, path of {FUNCTIONS[int(index)]} ({task})",
                    legendgroup=str(tasks),
                    legendrank=200 + len(traces),
                    text=[f"cycle {cycle}" for cycle in path["cycle"]],
                    hovertemplate=f"run {path['run'].iloc[0]}, %{{text}}<extra>{tasks}</extra>",
                )
            )
    return traces


def _one_entry_of_each_name(figure: go.Figure) -> None:
    """Leave in the legend the first of the clouds that have one name."""
    named: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.name not in named
        named.add(trace.name)
