"""A figure and a claim of one's own: are runs right early that are ever right?"""

from matplotlib.figure import Figure

from neuroswitch import declare
from neuroswitch.claims import criteria
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
    quantity="share of runs right within 30 cycles, of those that ever are",
    criterion="above 50 %, with its Wilson 95 % interval",
    reads={"runs": "gates/early/runs"},
)
def early(runs, rng):
    """Judge the share over all pairs of gates together."""
    right = runs[runs["first_retrained_cycle"] > 0]
    share = (right["first_retrained_cycle"] <= 30).reset_index(drop=True).to_frame("all pairs")
    return criteria.rate(share, above=0.5)
