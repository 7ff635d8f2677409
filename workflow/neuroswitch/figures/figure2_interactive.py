"""Figure 2 as an interactive 3-D view, with the paths of switched runs; it needs no network."""

import html
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

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
<style>
body {{ margin: 1rem; font-family: system-ui, sans-serif; color: #1c1d20; background: #fff; }}
h1 {{ font-size: 1.3rem; }}
h2 {{ font-size: 1rem; font-weight: 600; margin: 1rem 0 0; }}
@media (min-width: 60rem) {{
  main {{ display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); }}
}}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{about}</p>
<main>
{drawings}
</main>
</body>
</html>"""

ABOUT = (
    "One point is one network, trained at a learning rate of {rate:g}. Drag to turn, and scroll or "
    "pinch to zoom. A click on an entry of a legend hides or shows it."
)

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
    drawings = [
        f"<section>\n<h2>{html.escape(title)}</h2>\n"
        + space.to_html(
            # The library is in the page once
            include_plotlyjs=number == 0,
            full_html=False,
            div_id=f"space-{number}",
            config={"responsive": True},
        )
        + "\n</section>"
        for number, (title, space) in enumerate(spaces({**tables, "trajectory": paths}, rates[0]))
    ]
    return PAGE.format(title=TITLE, about=ABOUT.format(rate=rates[0]), drawings="\n".join(drawings))


def spaces(
    tables: Mapping[str, pd.DataFrame], learning_rate: float
) -> Iterator[tuple[str, go.Figure]]:
    """Yield title and drawing of each space of the mapping at one learning rate.

    For each number of layers there are two: the networks by all their parameters, and modulo
    symmetry. The paths of switched runs are drawn where they have coordinates, among all parameters
    of networks of as many layers.
    """
    mapped = {
        name: tables[name][tables[name]["learning_rate"] == learning_rate]
        for name in ("points", "symmetric_points", "separation")
    }
    mapped["points"] = clusters.trained(tables["points"], learning_rate)
    explained = mapped["separation"].set_index(["layers", "coordinates"])["explained"]
    paths = tables["trajectory"]
    for layers in sorted(mapped["points"]["layers"].unique()):
        for kind, space in SPACES.items():
            points = mapped[space.points]
            traces = _traces(points[points["layers"] == layers], space.columns)
            if set(space.columns) <= set(paths):
                traces += _paths(paths[paths["layers"] == layers], space.columns)
            share = f"{explained[layers, kind]:.0%} of the variance"
            yield f"{layers} linear layers, {space.title} ({share})", _scene(traces, space.axis)


def _scene(traces: Sequence[go.Scatter3d], axis: str) -> go.Figure:
    """Return a space, with a legend below it that has the traces in their order."""
    figure = go.Figure(traces)
    titles = {f"{name}axis_title": f"{axis}{number}" for number, name in enumerate("xyz", 1)}
    figure.update_scenes(titles, camera=CAMERA)
    figure.update_layout(
        template="plotly_white",
        font_family="system-ui, sans-serif",
        legend={"itemsizing": "constant", "orientation": "h", "y": 0, "yanchor": "top"},
        height=560,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
    )
    return figure


def _traces(points: pd.DataFrame, columns: Sequence[str]) -> list[go.Scatter3d]:
    """Return the clouds of one space: each gate's solved networks, then its unsolved ones."""
    return [
        go.Scatter3d(
            **dict(zip("xyz", (group[column] for column in columns), strict=True)),
            mode="markers",
            marker={"size": 2.5, "color": colour, "symbol": symbol, "opacity": 0.7},
            name=gate if solved else f"{gate}, unsolved",
            text=[f"run {run}" for run in group["run"]],
            hovertemplate="%{text}<extra>" + gate + "</extra>",
        )
        for solved, symbol in SYMBOLS.items()
        for gate, colour in gate_colours(points["gate"]).items()
        if len(group := points[(points["gate"] == gate) & (points["solved"] == solved)])
    ]


def _paths(trajectory: pd.DataFrame, columns: Sequence[str]) -> list[go.Scatter3d]:
    """Return the path of each function of one run for every pair of tasks."""
    return [
        go.Scatter3d(
            **dict(zip("xyz", (path[column] for column in columns), strict=True)),
            mode="lines",
            line={"color": gate_colour(task), "width": 10},
            name=f"{tasks}, path of {FUNCTIONS[int(index)]} ({task})",
            text=[f"cycle {cycle}" for cycle in path["cycle"]],
            hovertemplate=f"run {path['run'].iloc[0]}, %{{text}}<extra>{tasks}</extra>",
        )
        for (tasks, index, task), path in trajectory.sort_values("epoch").groupby(
            ["tasks", "task_index", "task"]
        )
    ]
