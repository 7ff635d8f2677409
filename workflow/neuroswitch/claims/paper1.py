"""The claims of paper 1, switching by a fixed transformation, each judged by its own function.

A run succeeds where `retrained_success` is true: it is at 100 % in each of the last 50 cycles.
"""

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.claims.criteria import (
    Finding,
    balanced_accuracy,
    best_mean_difference,
    difference_of_medians,
    labelled,
    mean_difference,
    median,
    median_difference,
    median_over_percentile,
    rate,
    rate_contains,
    ratio_of_variation,
    ratio_of_volumes,
    slope_difference,
)
from neuroswitch.claims.samples import by_run, cycles_until, epochs_until, require_same, select

MAPPING_RATE = 0.5
"""Learning rate of the unmodulated runs whose end points are mapped."""

NETWORK = ("layers", "width", "loss", "batch", "initialisation", "learning_rate")
"""Columns of a network and its training that two conditions must share to be compared."""


@declare.claim(
    "S1",
    paper=1,
    place="Fig 2",
    statement=(
        "With four linear layers the AND-OR distances are more clearly defined than with two"
    ),
    reported='"the distribution of distances becomes more clearly defined"',
    quantity="ratio of coefficients of variation, trained networks",
    criterion=(
        "coefficient of variation of the AND-OR Euclidean distances, four layers over two, < 1"
    ),
    reads={
        "two_layers": "gates/mapping_two_layers/distances",
        "four_layers": "gates/mapping_four_layers/distances",
    },
)
def distances_are_more_clearly_defined_with_four_layers(
    two_layers: pd.DataFrame, four_layers: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the ratio of variation of the distances from each AND network to each OR network."""
    four, two = (
        select(distances, learning_rate=MAPPING_RATE, networks="trained").pivot(
            index="and_run", columns="or_run", values="euclidean"
        )
        for distances in (four_layers, two_layers)
    )
    return ratio_of_variation(four, two, rng, below=1)


@declare.claim(
    "S2",
    paper=1,
    place="Fig 2",
    statement="XOR occupies a distinct region of parameter space",
    reported='"the XOR gate still occupies a distinct region of parameter space"',
    quantity="XOR against the rest",
    criterion=(
        "balanced accuracy of XOR against the rest, 5 nearest neighbours in PC 1-3 (10-fold),"
        " > 0.5 and > the mean of the other three gates', with two layers and with four"
    ),
    reads={
        "two_layers": "gates/mapping_two_layers/neighbour_votes",
        "four_layers": "gates/mapping_four_layers/neighbour_votes",
    },
)
def xor_occupies_a_distinct_region(
    two_layers: pd.DataFrame, four_layers: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the balanced accuracy of XOR, alone and against that of the other gates."""
    found = []
    for name, votes in (("two layers", two_layers), ("four layers", four_layers)):
        told = select(votes, learning_rate=MAPPING_RATE).pivot(
            index=["gate", "run"], columns="target", values="vote"
        )
        alone = balanced_accuracy(told, rng, gate="XOR", over="chance", above=0.5)
        better = balanced_accuracy(told, rng, gate="XOR", over="others", above=0)
        found += labelled(name, alone)
        found += labelled(f"{name}, minus the mean of the other gates", better)
    return found


@declare.claim(
    "S3",
    paper=1,
    place="Fig 2",
    statement="The clusters of gates fill less volume with four layers than with two",
    reported=('"the volume in parameter space the clusters seem to occupy is smaller as well"'),
    quantity="ratio of spread within gates, trained networks",
    criterion=(
        "geometric mean over gates of the standard deviation within a gate over the total "
        "one, in PC 1-3, four layers over two, < 1"
    ),
    reads={
        "two_layers": "gates/mapping_two_layers/points",
        "four_layers": "gates/mapping_four_layers/points",
    },
)
def clusters_fill_less_volume_with_four_layers(
    two_layers: pd.DataFrame, four_layers: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the ratio of the spread of points within gates, in PC 1-3."""
    four, two = (
        select(points, learning_rate=MAPPING_RATE).set_index(["gate", "run"])[["pc1", "pc2", "pc3"]]
        for points in (four_layers, two_layers)
    )
    return ratio_of_volumes(four, two, rng, below=1)


@declare.claim(
    "S4",
    paper=1,
    place="Fig 3D",
    statement="AND/OR can be co-optimised, both gates at 100 % after 500 cycles",
    reported="yes, in an example",
    quantity="success rate of AND/OR",
    criterion="rate of runs at 100 % on both gates in each of the last 50 cycles > 0.5",
    reads={"runs": "gates/pairs/runs"},
)
def and_or_can_be_optimised_together(runs: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge the rate of success of AND/OR."""
    return rate(by_run(select(runs, tasks="AND/OR"), "retrained_success"), above=0.5)


@declare.claim(
    "S5",
    paper=1,
    place="Fig 3C",
    statement="The peak loss after a switch falls in both domains with training",
    reported='"the peak post-switch loss falls in both domains with training"',
    quantity="change of the peak loss in AND/OR",
    criterion=(
        "median over runs of the peak in the last tenth of cycles minus that in the first "
        "tenth < 0, for each gate"
    ),
    reads={"tasks": "gates/pairs/tasks"},
)
def peak_loss_falls_with_training(tasks: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge by how much the peak loss of each gate changes from the first cycles to the last."""
    gates = select(tasks, tasks="AND/OR", task=["AND", "OR"])
    change = gates["peak_last_tenth"] - gates["peak_first_tenth"]
    return median(by_run(gates.assign(change=change), "change", "task"), rng, below=0)


@declare.claim(
    "S6",
    paper=1,
    place="Fig 3E",
    statement="Switching needs more epochs than unmodulated training of AND",
    reported=('"requires more cycles to converge than simple unmodulated training of an AND gate"'),
    quantity="epochs to success, AND/OR minus AND alone",
    criterion=(
        "median over runs of the epochs until the first cycle with both gates at 100 %, both "
        "phases counted, minus the epochs until AND alone stays at 100 %, > 0; same rate, "
        "width and seeds"
    ),
    reads={"switched": "gates/pairs/runs", "unmodulated": "gates/unmodulated/runs"},
)
def switching_needs_more_epochs_than_and_alone(
    switched: pd.DataFrame, unmodulated: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the difference in epochs until success, run by run."""
    both, alone = select(switched, tasks="AND/OR"), select(unmodulated, tasks="AND")
    require_same((*NETWORK, "stream"), both, alone)
    return median_difference(
        epochs_until(both, "first_retrained_cycle"),
        epochs_until(alone, "settled_cycle"),
        rng,
        above=0,
    )


@declare.claim(
    "S7",
    paper=1,
    place="Fig 3",
    statement=("The end point lies near, but not within, the clusters of unmodulated end points"),
    reported='"its final location is near, but not within the clusters"',
    quantity="distance of AND/OR runs to the nearest AND or OR end point",
    criterion=(
        "median distance to the nearest AND or OR end point > the 95th percentile of "
        "distances between nearest neighbours within the clusters, and < that of the network "
        "before training"
    ),
    reads={
        "end_distances": "gates/pairs/end_distances",
        "end_spacings": "gates/mapping_two_layers/end_spacings",
    },
)
def end_point_is_near_the_clusters_but_outside(
    end_distances: pd.DataFrame, end_spacings: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the distance to the nearest end point against spacings, and against the start."""
    clusters = {"mapping_rate": MAPPING_RATE, "gate": ["AND", "OR"]}
    distances = select(end_distances, tasks="AND/OR", **clusters).groupby("run")
    trained = distances[["distance"]].min(skipna=False).set_axis(["trained"], axis=1)
    untrained = distances[["start_distance"]].min(skipna=False).set_axis(["untrained"], axis=1)
    spacings = select(end_spacings, **clusters)[["spacing"]]
    outside = median_over_percentile(trained, spacings, rng, percentile=95, above=0)
    nearer = median_difference(trained, untrained, rng, below=0)
    return [
        *labelled("minus the 95th percentile within clusters", outside),
        *labelled("minus that before training", nearer),
    ]


@declare.claim(
    "S8",
    paper=1,
    place="Fig 3F",
    statement="A period of 3 epochs is smoother than one of 10, and 10 than 30",
    reported='"a smaller switching period of 3 epochs results in a smoother trajectory"',
    quantity="largest step of the loss in AND/OR",
    criterion=("median over runs of the largest step of the loss at a switch, period 3 < 10 < 30"),
    reads={"tasks": "gates/periods_equal_cycles/tasks"},
)
def shorter_periods_are_smoother(tasks: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge the largest step of the loss at a switch, period 10 against 3 and 30 against 10."""
    steps = {
        period: select(tasks, tasks="AND/OR", period=period)
        .groupby("run")[["largest_step"]]
        .max(skipna=False)
        .set_axis([f"period {period}"], axis=1)
        for period in (3, 10, 30)
    }
    return [
        *difference_of_medians(steps[10], steps[3], rng, above=0),
        *difference_of_medians(steps[30], steps[10], rng, above=0),
    ]


@declare.claim(
    "S9",
    paper=1,
    place="Fig 3G",
    statement="The peak loss settles higher at a long period than at a short one",
    reported="0.2 against 0.15",
    quantity="peak loss, mean of both gates",
    criterion=(
        "median over runs of the peak in the last tenth of cycles, period 30 minus period 3, > 0"
    ),
    reads={"tasks": "gates/periods_equal_cycles/tasks"},
)
def peak_loss_settles_higher_at_a_long_period(
    tasks: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the peak loss in the last tenth of cycles, period 30 against 3."""
    long, short = (
        select(tasks, tasks="AND/OR", period=period)
        .groupby("run")[["peak_last_tenth"]]
        .mean(skipna=False)
        for period in (30, 3)
    )
    return difference_of_medians(long, short, rng, above=0)


@declare.claim(
    "S10",
    paper=1,
    place="Fig 3G",
    statement="A long period needs fewer cycles to reach 100 %",
    reported='"it reaches 100% performance in fewer cycles than at low switch periods"',
    quantity="cycles to the first success of AND/OR",
    criterion=("median over runs of the cycles to the first success, period 30 < 10 and 30 < 3"),
    reads={"runs": "gates/periods_equal_cycles/runs"},
)
def long_period_needs_fewer_cycles(runs: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge the cycles to the first success, period 30 against 3 and against 10."""
    runs = runs.assign(cycles=cycles_until(runs, "first_retrained_cycle"))
    long = by_run(select(runs, tasks="AND/OR", period=30), "cycles")
    shorter = by_run(select(runs, tasks="AND/OR", period=[3, 10]), "cycles", "period")
    return difference_of_medians(long.set_axis(["period 30"], axis=1), shorter, rng, below=0)


@declare.claim(
    "S11",
    paper=1,
    place="Fig 3G",
    statement="At period 30 the trajectory leaves the clusters and the run still succeeds",
    reported=(
        '"the trajectory deviates significantly from the mapped clusters of unmodulated gates"'
    ),
    quantity="distance to the nearest AND or OR end point",
    criterion=(
        "median over runs that succeed at both periods of S7's distance, period 30 minus "
        "period 3, > 0"
    ),
    reads={"end_distances": "gates/periods_equal_cycles/end_distances"},
)
def long_period_leaves_the_clusters_and_succeeds(
    end_distances: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the distance to the nearest end point of runs that succeed at both periods."""
    near = select(end_distances, tasks="AND/OR", gate=["AND", "OR"], mapping_rate=MAPPING_RATE)
    long, short = (
        select(near, period=period, retrained_success=True)
        .groupby("run")[["distance"]]
        .min(skipna=False)
        for period in (30, 3)
    )
    return median_difference(long, short, rng, above=0)


@declare.claim(
    "S12",
    paper=1,
    place="section 3",
    statement="The trajectory follows a plane of parameter space",
    reported='"the trajectory seems to follow a plane of the parameter space"',
    quantity="share of variance in a plane, AND/OR",
    criterion=(
        "median over runs of the share of variance of a run's points of f and f', after every"
        " epoch, in its own first two PCs, >= 0.9"
    ),
    reads={"planarity": "gates/traces/switched/planarity"},
)
def trajectory_follows_a_plane(planarity: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge the share of a run's variance in its own first two PCs, at period 10."""
    share = by_run(select(planarity, tasks="AND/OR", period=10), "plane_share")
    return median(share, rng, at_least=0.9)


@declare.claim(
    "S13",
    paper=1,
    place="Fig 4C",
    statement="AND/XOR succeeds in about 30 % of runs",
    reported="30 %",
    quantity="success rate of AND/XOR",
    criterion=(
        "the Wilson interval of the rate contains 0.30; calibrated at best, because the "
        "learning rate was chosen knowing this number"
    ),
    calibrated=True,
    reads={"runs": "gates/pairs/runs"},
)
def and_xor_succeeds_in_about_30_percent(
    runs: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge whether the interval of the rate of success contains 0.30."""
    return rate_contains(by_run(select(runs, tasks="AND/XOR"), "retrained_success"), reported=0.30)


@declare.claim(
    "S14",
    paper=1,
    place="Fig 4C",
    statement="AND/XOR succeeds less often than AND/OR",
    reported="about 30 % against a higher rate",
    quantity="success rate of AND/XOR minus AND/OR",
    criterion="difference of the rates, paired by run, < 0",
    reads={"runs": "gates/pairs/runs"},
)
def and_xor_succeeds_less_often_than_and_or(
    runs: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the difference of the two rates of success, run by run."""
    xor, other = (select(runs, tasks=tasks) for tasks in ("AND/XOR", "AND/OR"))
    require_same((*NETWORK, "period", "cycles", "family", "scale", "pullback"), xor, other)
    return mean_difference(
        by_run(xor, "retrained_success"), by_run(other, "retrained_success"), rng, below=0
    )


@declare.claim(
    "S15",
    paper=1,
    place="Fig 4A",
    statement="The AND/XOR trajectory ends near the XOR region",
    reported='"finally concentrates near the mapped XOR region", in an example',
    quantity="distance of AND/XOR runs to XOR minus to AND",
    criterion=(
        "median over successful runs of the distance to the nearest XOR end point minus that "
        "to the nearest AND end point < 0"
    ),
    reads={"end_distances": "gates/pairs/end_distances"},
)
def and_xor_ends_near_the_xor_region(
    end_distances: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge how much farther successful runs end from XOR than from AND."""
    ends = select(end_distances, tasks="AND/XOR", mapping_rate=MAPPING_RATE, retrained_success=True)
    xor, other = (by_run(select(ends, gate=gate), "distance", "gate") for gate in ("XOR", "AND"))
    return median_difference(xor, other, rng, below=0)


@declare.claim(
    "S16",
    paper=1,
    place="section 3",
    statement="Unmodulated XOR often fails in a two-layer network",
    reported='"training is tricky and often fails even without modulation"',
    quantity="success rate unmodulated",
    criterion=(
        "unmodulated XOR rate minus the AND rate, and minus the OR rate, < 0; same learning "
        "rate, width and epochs as the switched runs"
    ),
    reads={"runs": "gates/unmodulated/runs"},
)
def xor_often_fails_unmodulated(runs: pd.DataFrame, rng: np.random.Generator) -> list[Finding]:
    """Judge the rate of success of XOR against that of AND and that of OR, run by run."""
    xor, others = select(runs, tasks="XOR"), select(runs, tasks=["AND", "OR"])
    require_same((*NETWORK, "cycles", "period"), xor, others)
    return mean_difference(
        by_run(xor, "retrained_success", "tasks"),
        by_run(others, "retrained_success", "tasks"),
        rng,
        below=0,
    )


@declare.claim(
    "S17",
    paper=1,
    place="Fig 5",
    statement="At large sizes neuromodulated switching peaks below the extra-input baseline",
    reported=(
        '"the peak performance of the neuromodulated case was lower than the extra input baseline"'
    ),
    quantity="best mean accuracy, modulated minus extra input",
    criterion="best mean accuracy over sizes, modulated minus extra input, < 0",
    reads={"runs": "mnist/sizes/runs"},
)
def modulated_case_peaks_below_extra_input(
    runs: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the best of the sizes' mean accuracies."""
    modulated, extra_input = (
        by_run(select(runs, dataset="mnist", strategy=strategy), "final_accuracy", "hidden")
        for strategy in ("neuromodulated", "extra_input")
    )
    return best_mean_difference(modulated, extra_input, rng, below=0)


@declare.claim(
    "S18",
    paper=1,
    place="Fig 5",
    statement="Below 10 000 parameters the modulated case degrades less",
    reported='"degraded only mildly, while the extra input case dropped more rapidly"',
    quantity="slope of accuracy, modulated minus extra input",
    criterion=(
        "slope of mean accuracy against log10(parameters) for at most 10 hidden units, "
        "modulated minus extra input, < 0"
    ),
    reads={"runs": "mnist/sizes/runs"},
)
def modulated_case_degrades_less_when_small(
    runs: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the slope of accuracy against log10 of parameters, of at most 10 hidden units."""
    small = runs[runs["hidden"] <= 10]
    modulated = select(small, dataset="mnist", strategy="neuromodulated")
    extra_input = select(small, dataset="mnist", strategy="extra_input")
    return slope_difference(
        by_run(modulated, "final_accuracy", "hidden"),
        by_run(extra_input, "final_accuracy", "hidden"),
        by_run(modulated, "parameters", "hidden"),
        by_run(extra_input, "parameters", "hidden"),
        rng,
        below=0,
    )


@declare.claim(
    "S19",
    paper=1,
    place="abstract",
    statement=("One fixed random transformation lets one network switch among AND, OR and XOR"),
    reported='"a network that can switch between AND, OR and XOR gates"',
    quantity="success rate of AND/OR/XOR",
    criterion="rate of runs with all three at 100 % (f for AND, f' for OR, f'' for XOR) > 0",
    reads={"runs": "gates/orderings/runs"},
)
def one_network_switches_among_three_gates(
    runs: pd.DataFrame, rng: np.random.Generator
) -> list[Finding]:
    """Judge the rate of success of AND/OR/XOR."""
    return rate(by_run(select(runs, tasks="AND/OR/XOR"), "retrained_success"), above=0)
