"""Figures 2, 3, 4 and of the switching periods, drawn from made-up tables."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from neuroswitch.figures import (
    figure2,
    figure2_interactive,
    figure3,
    figure4,
    periods,
    style,
    trajectories,
)
from neuroswitch.gates import geometry, neighbours, rates
from neuroswitch.gates.networks import layer_sizes
from neuroswitch.schemas.gates import CONDITION_KEY

GATES = ("AND", "OR", "XOR", "NOR")
WIDTH, RUNS, RATE = 3, 8, 0.5
CONDITION = dict.fromkeys(CONDITION_KEY, 0) | {
    "width": WIDTH,
    "loss": "mean_squared_error",
    "stable_cycles": 5,
}
PERIODS, CYCLES = (3, 10, 30), 6


def mapped(layers):
    """Return tables of made-up mapped networks: the gates lie apart, but for every other OR."""
    rng = np.random.default_rng(layers)
    sizes = layer_sizes(layers, WIDTH)
    count = sum((fan_in + 1) * out for fan_in, out in itertools.pairwise(sizes))
    parts = []
    for place, gate in enumerate(GATES):
        final = 0.1 * rng.standard_normal((RUNS, count)) + 3 * (np.arange(count) % 4 == place)
        if gate == "OR":
            # Half of them lie among the networks of AND.
            final[::2] = parts[0]["final_parameters"].iloc[0] + 0.01 * final[::2]
        parts.append(
            pd.DataFrame(
                CONDITION
                | {
                    "tasks": gate,
                    "layers": layers,
                    "learning_rate": RATE,
                    "run": range(RUNS),
                    "solved": [True] * (RUNS - 1) + [gate != "XOR"],
                    "initial_parameters": list(rng.standard_normal((RUNS, count))),
                    "final_parameters": list(final),
                }
            )
        )
    runs = pd.concat(parts, ignore_index=True)
    return geometry.map_networks(runs, "made up") | neighbours.neighbours(runs, 0, "made up")


@pytest.fixture(scope="module")
def map_tables():
    two, four = mapped(2), mapped(4)
    return {name: pd.concat([two[name], four[name]], ignore_index=True) for name in two}


def rows(tasks, period, **columns):
    return pd.DataFrame(
        CONDITION
        | {"layers": 2, "tasks": tasks, "period": period, "cycles": CYCLES, "family": "gaussian"}
        | columns
    )


def traced(map_tables):
    """Return the tables of example runs, switched and alone, over random paths."""
    rng = np.random.default_rng(1)
    components = map_tables["components"]
    components = components[components["layers"] == 2]
    count = components["parameter"].max() + 1
    paths, epochs = [], []
    for tasks in ("AND/OR", "AND/XOR", "AND"):
        gates = tasks.split("/")
        for period in PERIODS if len(gates) > 1 else (20,):
            phase = np.arange(CYCLES * len(gates) * period) // period
            index = phase % len(gates)
            about = {
                "run": 4,
                "epoch": np.arange(1, len(phase) + 1),
                "task": np.array(gates)[index],
            }
            paths.append(
                rows(
                    tasks,
                    period,
                    **about,
                    cycle=phase // len(gates) + 1,
                    task_index=index,
                    parameters=list(np.cumsum(rng.standard_normal((len(phase), count)), axis=0)),
                )
            )
            epochs.append(rows(tasks, period, **about, epoch_loss=rng.random(len(phase))))
    found = geometry.project_paths(
        pd.concat(paths, ignore_index=True), components, [RATE], "made up"
    )
    return {
        "trajectory": found["trajectory"],
        "shares": found["trajectory_shares"],
        "switched_epochs": pd.concat(epochs, ignore_index=True),
    }


def history(tasks, period):
    """Return made-up history: each run solves everything from a cycle of its own on."""
    gates = tasks.split("/")
    cycle, index, run = (
        grid.ravel()
        for grid in np.meshgrid(range(1, CYCLES + 1), range(len(gates)), range(RUNS), indexing="ij")
    )
    solved = cycle > run
    return rows(
        tasks,
        period,
        run=run,
        cycle=cycle,
        task_index=index,
        task=np.array(gates)[index],
        loss_at_switch=1 / cycle + 0.01 * run,
        correct_after=np.where(solved, 4, 3),
        correct_at_switch=np.where(solved, 4, 2),
        retrained_streak=np.maximum(cycle - run, 0),
        zero_shot_streak=np.maximum(cycle - run, 0),
    )


def runs(tasks, period, never):
    """Return made-up runs, of which the last ones never succeed."""
    first = np.where(np.arange(RUNS) < RUNS - never, np.arange(1, RUNS + 1), 0)
    return rows(
        tasks,
        period,
        run=range(RUNS),
        cycles=10 * CYCLES,
        solved=first > 0,
        stable_success=first > 0,
        zero_shot_success=first > 0,
        first_retrained_cycle=first,
        settled_cycle=first,
        first_zero_shot_cycle=first,
        diverged_epoch=0,
        condition_number=1.0,
    )


def of_periods():
    """Return the tables of the figure of periods: at the shortest, most runs never succeed."""
    never = {1: 6, 3: 3, 10: 0}
    both = [runs("AND/OR", period, count) for period, count in never.items()]
    success = rates.success_rates(pd.concat(both, ignore_index=True), "made up")
    return {"equal_cycles": success, "equal_epochs": success}


DRAWN = ("figure2", "figure3", "figure4", "periods")


def drawn(name, map_tables):
    """Draw a figure of made-up tables."""
    chosen = {"rates": [RATE], "period": [10]}
    if name == "figure2":
        return figure2.draw(map_tables, [RATE])
    if name == "periods":
        return periods.draw(of_periods())
    points = map_tables["points"]
    tables = traced(map_tables) | {"points": points[points["layers"] == 2]}
    if name == "figure3":
        tables["history"] = pd.concat([history("AND/OR", period) for period in PERIODS])
        tables["unmodulated_history"] = pd.concat([history(gate, 20) for gate in GATES])
        return figure3.draw(tables, **chosen, traced=PERIODS)
    pairs = pd.concat([history(tasks, 10) for tasks in ("AND/OR", "AND/XOR")])
    tables["success"] = rates.success_rates(
        pd.concat([runs(tasks, 10, 2) for tasks in ("AND/OR", "AND/XOR")]), "made up"
    )
    tables["success_against_cycles"] = rates.success_against_cycles(pairs, "made up")
    longer = rates.success_against_cycles(history("AND/XOR", 10), "made up")
    tables["longer_success"] = longer.assign(cycles=10 * CYCLES)
    return figure4.draw(tables, **chosen)


@pytest.mark.parametrize("name", DRAWN)
def test_two_drawings_are_the_same_bytes(name, map_tables, tmp_path):
    written = []
    # A figure differs by its layout, which SVG shows; a format by itself, and one figure is enough.
    kinds = list(style.FORMATS) if name == "periods" else ["svg"]
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        paths = [tmp_path / folder / f"{name}.{kind}" for kind in kinds]
        figure = drawn(name, map_tables)
        style.save(figure, paths, "a mark")
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]
    assert figure.get_size_inches()[0] == pytest.approx(style.WIDTH, abs=style.INCH)


def test_figure_2_says_how_many_neighbours_vote_right_in_both_spaces(map_tables):
    figure = drawn("figure2", map_tables)
    titles = [axes.get_title() for axes in figure.axes if "%" in axes.get_title()]
    votes = map_tables["neighbour_votes"].groupby(["layers", "coordinates", "gate"])["right"]
    expected = [
        f"{gate} {votes.mean()[layers, coordinates, gate]:.0%}"
        for layers in (2, 4)
        for coordinates in ("raw", "symmetry")
        for gate in GATES
    ]
    assert [title.split("\n")[0] for title in titles] == expected
    assert len(set(expected)) > len(GATES), "of gates that do not all have the same share"


def switched(map_tables, period):
    """Return the paths of the example runs of two gates at one period."""
    paths = traced(map_tables)["trajectory"]
    return {"trajectory": paths[(paths["period"] == period) & paths["tasks"].str.contains("/")]}


def test_the_page_of_figure_2_is_a_page_and_its_legend_is_in_order(map_tables):
    tables = map_tables | switched(map_tables, 10)
    page = figure2_interactive.draw(tables, [RATE], [10])
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta name="viewport"' in page
    assert "<title>Trained gates" in page
    drawings = dict(figure2_interactive.spaces(tables, RATE))
    assert [title.partition(" (")[0] for title in drawings] == [
        f"{layers} linear layers, {kind}"
        for layers in (2, 4)
        for kind in ("all parameters", "modulo symmetry")
    ]
    assert all(title in page for title in drawings)
    assert page.count("<section>") == len(drawings)
    shown = [[trace.name for trace in space.data] for space in drawings.values()]
    paths = [
        f"{first}/{second}, path of {function} ({gate})"
        for first, second in (("AND", "OR"), ("AND", "XOR"))
        for function, gate in (("f", first), ("f′", second))
    ]
    gates = [*GATES, "XOR, unsolved"]
    assert shown == [[*gates, *paths], gates, gates, gates]
    assert page == figure2_interactive.draw(tables, [RATE], [10])


def test_the_page_of_figure_2_has_the_paths_of_switched_runs_at_one_period(map_tables):
    chosen = switched(map_tables, 3)["trajectory"]
    (_, space), *_ = figure2_interactive.spaces(map_tables | {"trajectory": chosen}, RATE)
    lines = {trace.name: trace for trace in space.data if trace.mode == "lines"}
    assert len(lines) == 4
    own = chosen[(chosen["tasks"] == "AND/XOR") & (chosen["task_index"] == 1)].sort_values("epoch")
    path = lines["AND/XOR, path of f′ (XOR)"]
    np.testing.assert_array_equal(path.z, own["pc3"])
    assert path.line.color == style.GATES["XOR"]


def test_a_rung_joins_the_end_of_f_to_the_beginning_of_f_prime_in_its_cycle():
    """Cycles 2 and 7 were recorded, of period 3; of cycle 9 only f was."""
    own = [(2, 0, 7), (2, 1, 10), (7, 0, 37), (7, 1, 40), (9, 0, 49)]
    path = pd.DataFrame(
        [
            {"cycle": cycle, "task_index": index, "epoch": epoch, "own1": epoch, "own2": -index}
            for cycle, index, first in own
            for epoch in range(first, first + 3)
        ]
    )
    shuffled = path.sample(frac=1, random_state=0)
    found = trajectories.rungs(shuffled, trajectories.OWN)
    np.testing.assert_array_equal(found, [[[9, 0], [10, -1]], [[39, 0], [40, -1]]])
    alone = trajectories.rungs(path[path["task_index"] == 0], trajectories.OWN)
    assert alone.shape == (0, 2, 2)


def test_of_many_rungs_some_sixty_are_drawn():
    path = pd.DataFrame(
        [
            {"cycle": cycle, "task_index": index, "epoch": 2 * cycle + index, "task": gate}
            | {"own1": float(cycle), "own2": float(index)}
            for cycle in range(500)
            for index, gate in enumerate(("AND", "OR"))
        ]
    )
    axes = Figure().subplots()
    shares = pd.DataFrame({"axes": "own", "component": [1, 2], "share": [0.9, 0.1]})
    trajectories.own_plane(axes, path, shares)
    (rungs,) = (line for line in axes.lines if line.get_color() == trajectories.RUNG)
    drawn_cycles = rungs.get_xdata()[::3]
    assert trajectories.RUNGS / 2 < len(drawn_cycles) <= trajectories.RUNGS
    assert set(np.diff(drawn_cycles)) == {9}


def test_a_median_that_is_not_reached_is_not_drawn_and_an_open_interval_ends_at_the_last_cycle():
    figure = drawn("periods", None)
    line, _, (bars,) = figure.axes[2].containers[0]
    assert line.get_xdata().tolist() == [3, 10]
    ends = [bar[:, 1].tolist() for bar in bars.get_segments()]
    assert ends == [[1, 10 * CYCLES], [1, RUNS]]
