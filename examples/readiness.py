"""A figure and a claim of one's own: are runs right early that are ever right?"""

from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.claims import statistics
from neuroswitch.claims.parts import beside, judged
from neuroswitch.claims.statistics import above
from neuroswitch.figures import style


@declare.figure("readiness", reads={"runs": "gates/{experiment}/runs"})
def draw(tables, experiment):
    """Draw the share of runs that were right by each cycle, of those that ever are."""
    style.use()
    figure = Figure(figsize=(style.WIDTH / 2, 2.4))
    axes = figure.subplots()
    for tasks, runs in tables["runs"].groupby("tasks"):
        first = runs.loc[runs["first_retrained_cycle"] > 0, "first_retrained_cycle"]
        axes.ecdf(first, label=f"{tasks}: {len(first)} of {len(runs)} runs")
    axes.set_xlabel("cycle")
    axes.set_ylabel("share of runs right by then")
    axes.legend()
    return figure


@declare.claim(
    "E1",
    statement="Of the runs that are ever right on both gates, most are so within 30 cycles",
    criterion="for each pair of gates, the share of these runs is above {half:.0%}",
    thresholds={"half": 0.5},
    reads={"runs": "gates/early/runs"},
)
def most_are_right_early(runs, half):
    for tasks, own in runs[runs["first_retrained_cycle"] > 0].groupby("tasks"):
        first = own["first_retrained_cycle"]
        yield judged(
            tasks,
            statistics.rate(first <= 30, above(half)),
            f"Of the {tasks} runs that are ever right, {{value}} are so within 30 cycles.",
            "%",
        )
    ever = runs["first_retrained_cycle"] > 0
    yield beside("runs that are ever right, both pairs", statistics.rate(ever, above(half)), "%")
