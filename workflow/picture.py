"""Draw what is made from what, as it is declared: `make picture` writes docs/structure.svg."""

from collections.abc import Iterable
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuroswitch import graph, index, store
from neuroswitch.declarations import Declaration
from neuroswitch.figures import style
from neuroswitch.recipes import experiment_of
from workflow import command

PICTURE = Path("docs/structure.svg")
COLUMNS = {"training": "train", "analysis": "analyse", "figure": "draw"}
SECTIONS = {"gates": "#0072B2", "mnist": "#009E73", "rnn": "#D55E00", "costs": "#D55E00"}
"""Section of what is read or written -> colour."""


def main() -> int:
    # Text stays text, for those who search in it.
    with rc_context({"svg.fonttype": "none"}):
        picture = draw()
        store.write_atomically(PICTURE, lambda part: picture.savefig(part, metadata={"Date": None}))
    print(f"wrote {PICTURE}")
    return 0


def draw() -> Figure:
    """Draw a column for each stage, a line from what writes a table to what reads it."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 4.6))
    axes = figure.subplots()
    makers = graph.makers()
    columns = {kind: ordered(kind) for kind in COLUMNS}
    places = {
        (kind, name): (column, (row + 0.5) / len(columns[kind]))
        for column, kind in enumerate(COLUMNS)
        for row, name in enumerate(columns[kind])
    }
    for column, (kind, title) in enumerate(COLUMNS.items()):
        axes.text(column, -0.04, title, weight="bold", ha="center", fontsize=8)
        for name in columns[kind]:
            declared = index.get(kind, name)
            box(axes, places[kind, name], name, SECTIONS[section_of(declared)])
            read = {maker_of(table, makers) for table in declared.paths}
            for maker in sorted(read):
                line(axes, places[maker], places[kind, name])
    axes.text(3, -0.04, "judge", weight="bold", ha="center", fontsize=8)
    box(axes, (3, 0.5), "every claim, from\ntables of both stages", style.INK)
    axes.set_xlim(-0.5, 3.5)
    axes.set_ylim(1.02, -0.08)
    axes.set_axis_off()
    return figure


def ordered(kind: str) -> list[str]:
    """Return the names of a kind, by section."""
    found = index.all_of(kind)
    sections = list(SECTIONS)
    return sorted(found, key=lambda name: (sections.index(section_of(found[name])), name))


def section_of(declared: Declaration) -> str:
    """Return the section of the first table that is read, or else written."""
    tables = [*declared.paths, *declared.writes]
    return tables[0].split("/")[0]


def maker_of(table: str, makers: dict[str, Declaration]) -> tuple[str, str]:
    """Return kind and name of what writes a table, whose path may name an experiment."""
    return next(
        (declared.kind, declared.name)
        for pattern, declared in makers.items()
        if experiment_of(pattern, table) is not None
    )


def box(axes: Axes, place: tuple[float, float], name: str, colour: str) -> None:
    axes.text(
        *place,
        name,
        ha="center",
        va="center",
        fontsize=6.5,
        zorder=2,
        bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": colour, "lw": 0.9},
    )


def line(axes: Axes, start: Iterable[float], end: Iterable[float]) -> None:
    axes.annotate(
        "",
        tuple(end),
        tuple(start),
        zorder=1,
        arrowprops={
            "arrowstyle": "-",
            "color": "#BBBBBB",
            "lw": 0.6,
            "connectionstyle": "arc3,rad=0.05",
        },
    )


if __name__ == "__main__":
    command.run(main)
