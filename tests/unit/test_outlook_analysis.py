"""Capacities, chances of libraries, displacements: by hand, by brute force, by symmetry."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from neuroswitch import index, settings
from neuroswitch.claims import beyond
from neuroswitch.claims.outcomes import decide, place_of, worst
from neuroswitch.gates.networks import layer_sizes
from neuroswitch.gates.outlook.chances import chance, chances, library_sizes
from neuroswitch.gates.outlook.displacement import ways
from neuroswitch.gates.outlook.ladders import (
    chosen_rate,
    largest_solved,
    parameters_at_half,
    tasks_at_half,
)
from neuroswitch.gates.outlook.library import candidates, solved_after, train_library
from neuroswitch.gates.outlook.summary import capacities, slopes
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.reporting import captions
from neuroswitch.settings.base import Modulator
from neuroswitch.settings.gates import Library

RUNGS = np.array([1, 2, 4, 8])


def test_the_chance_is_that_of_every_library():
    n, hits = 9, np.array([0, 1, 3, 9])
    sizes = np.array([1, 2, 4, 9])
    found = chance(hits, np.full(4, n), sizes)
    for row, size in enumerate(sizes):
        for column, count in enumerate(hits):
            libraries = list(itertools.combinations(range(n), size))
            holding = np.mean([min(library) < count for library in libraries])
            assert found[row, column] == pytest.approx(holding, abs=1e-12)


def test_the_chance_holds_for_large_libraries():
    found = chance(np.array([1, 10_000]), np.array([10_000, 10_000]), np.array([100, 10_000]))
    np.testing.assert_allclose(found, [[0.01, 1], [1, 1]], rtol=1e-9)
    assert library_sizes(1000).tolist() == [1, 3, 10, 30, 100, 300, 1000]


def test_half_of_the_runs_hold_as_many_tasks():
    # All solve 1, three of four 2, one 4: success 1, 0.75, 0.25; a half is midway from 2 to 4.
    assert tasks_at_half(np.array([1, 2, 2, 4]), RUNGS) == 3
    assert tasks_at_half(np.array([8, 8, 8, 8]), RUNGS) == 8
    # A quarter solves 1: from 1 at no task, a half is at two thirds of a task.
    assert tasks_at_half(np.array([0, 0, 0, 1]), RUNGS) == pytest.approx(2 / 3)
    several = np.array([[1, 2, 2, 4], [8, 8, 8, 8]])
    np.testing.assert_array_equal(tasks_at_half(several, RUNGS), [3, 8])


def test_half_of_the_networks_hold_the_tasks_with_as_many_parameters():
    sizes = np.array([10.0, 100.0, 1000.0])
    success = np.array([[0.0, 0.25, 0.75], [0.6, 0.7, 0.9], [0, 0, 0.4], [0.5, 0.2, 0.8]])
    found = parameters_at_half(success, sizes)
    np.testing.assert_allclose(found, [np.sqrt(100 * 1000), 10, np.inf, 10])


def climbs(solved, rate=0.1, **about):
    """Return rows of `climbs` of runs that solve all rungs up to some."""
    return pd.DataFrame(
        [
            {
                "inputs": 3,
                "method": "one",
                "width": 4,
                "learning_rate": rate,
                "held_out": False,
                "run": run,
                "tasks": tasks,
                "right_tasks": tasks if tasks <= most else tasks - 1,
                "retrained_tasks": tasks,
                "solved": tasks <= most,
            }
            | about
            for run, most in enumerate(solved)
            for tasks in RUNGS
            if tasks <= 2 * most or tasks == 1
        ]
    )


def test_the_rate_is_the_one_with_most_doublings_and_the_smallest_of_equal_ones():
    held_out = pd.concat([climbs([1, 4], 0.1), climbs([2, 4], 0.3), climbs([4, 2], 1.0)])
    assert chosen_rate(held_out) == 0.3
    assert largest_solved(climbs([0, 4]), ["run"])["largest_tasks"].tolist() == [0, 4]


@pytest.fixture
def tables():
    """Make the tables of a method that holds as many tasks as units, and of one with half."""
    parts, sizes = [], []
    for method, share in (("whole", 1), ("half", 0.5)):
        for width in (2, 4, 8):
            solved = [int(width * share)] * 9
            parts.append(climbs(solved, width=width, method=method))
            parts.append(climbs(solved[:2], width=width, method=method, held_out=True))
            sizes += [
                {
                    "inputs": 3,
                    "width": width,
                    "method": method,
                    "tasks": tasks,
                    "parameters": 10.0 * width,
                    "fixed_numbers": 0.0,
                }
                for tasks in (*RUNGS, 16)
            ]
    return capacities(pd.concat(parts), pd.DataFrame(sizes), "capacity", 0)


def test_capacities_follow_from_climbs(tables):
    found = tables["capacity"].pivot(index="width", columns="method", values="half_tasks")
    # All runs hold as many tasks as the width, none twice as many: a half is midway.
    np.testing.assert_allclose(found["whole"], [3, 6, 12])
    np.testing.assert_allclose(found["half"], [1.5, 3, 6])
    assert tables["success_with_tasks"]["rate"].isin([0, 1]).all()


def test_growth_is_the_slope_on_logarithmic_axes(tables):
    np.testing.assert_allclose(tables["growth"]["slope"], 1)
    x, y = np.log([1.0, 2, 4]), np.log([3.0, 12, 48])
    assert slopes(x, y) == pytest.approx(np.polyfit(x, y, 1)[0]) == pytest.approx(2)


def test_a_network_of_half_the_capacity_needs_twice_the_parameters(tables):
    rows = tables["compression"]
    rows = rows[(rows["counted"] == "trained") & (rows["tasks"] == 4)]
    numbers = rows.set_index("method")["numbers"]
    assert numbers["half"] / numbers["whole"] == pytest.approx(2)
    assert (rows["bits"] == 32 * rows["numbers"]).all()


def test_a_ratio_of_capacities_is_over_networks_of_one_run(tables):
    ratio = beyond._ratio(tables["largest"], 3, "whole", "half")
    np.testing.assert_allclose(ratio, 2)
    np.testing.assert_allclose(beyond._ratio(tables["largest"], 3, "half", "whole"), 0.5)


def test_candidates_are_transformed_networks():
    primary = settings.default().gates.primary
    ends = np.random.default_rng(1).standard_normal((2, 4 * 4 + 1))
    modulator = Modulator(family="orthogonal")
    tried = candidates(np.random.default_rng(2), modulator, 4, ends, 3, primary)
    assert tried.shape == (2, 3, 17)
    lengths = np.linalg.norm(tried[..., :12], axis=-1)
    np.testing.assert_allclose(lengths, np.linalg.norm(ends[:, None, :12], axis=-1).repeat(3, 1))
    # One M and one v of a candidate for all networks: their differences are rotated alike.
    shifts = tried[..., 12:] - ends[:, None, 12:]
    np.testing.assert_allclose(shifts[0], shifts[1])


def test_a_gate_is_a_hit_of_the_network_that_computes_it():
    # Two units a + b and a + b - 1: their difference is OR, less two times the second one XOR.
    weights = np.array([[10.0, 10, 10, 10, 1, -1], [10, 10, 10, 10, 1, -2]])
    biases = np.array([[0.0, -10, -5], [0, -10, -5]])

    def solved(gate, epochs=0):
        return solved_after(weights, biases, INPUTS, truth(gate), 0.5, epochs).tolist()

    assert solved("OR") == [True, False]
    assert solved("XOR") == [False, True]
    assert solved("AND") == [False, False]
    assert solved("OR", 300) == [True, True]


@pytest.fixture(scope="module")
def hits():
    chosen = Library(
        tasks=["AND", "AND/OR"],
        wanted=["AND", "OR"],
        width=[4],
        modulator=[Modulator(family="orthogonal")],
        candidates=12,
        learning_rate=0.3,
        cycles=40,
        runs=3,
        runs_per_job=2,
    )
    gates = settings.default().gates.model_copy(update={"libraries": {"library": chosen}})
    return lambda runs: train_library(gates, "library", runs, 0)["hits"]


def test_a_run_does_not_depend_on_its_job(hits):
    together = hits([0, 1, 2])
    key = ["run", "trained", "wanted", "family"]
    parts = pd.concat([hits([0]), hits([1, 2])]).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(together.sort_values(key, ignore_index=True), parts)
    assert set(together["trained"]) == {"AND", "AND/OR", "none"}
    found = chances(together, "library", 0)
    last = found[(found["size"] == 10) & (found["trained"] == "none")]
    assert last["chance"].between(0, 1).all()


def test_a_network_with_its_units_reordered_is_not_displaced_modulo_symmetry():
    rng = np.random.default_rng(3)
    width = 4
    x = rng.standard_normal((5, 4 * width + 1))
    order, scale = rng.permutation(width), rng.uniform(0.5, 2, width)
    y = np.empty_like(x)
    for network, other in zip(x, y, strict=True):
        hidden, out, bias = network[:8].reshape(4, 2), network[8:12], network[12:16]
        other[:8] = (scale[:, None] * hidden[order]).ravel()
        other[8:12] = out[order] / scale
        other[12:16] = scale * bias[order]
        other[16] = network[16]
    sizes = layer_sizes(2, width)
    same = ways(x, y, "symmetry", sizes)
    np.testing.assert_allclose(same["length"], 0, atol=1e-6)
    np.testing.assert_allclose(same["angle"], 0, atol=1e-4)
    other = rng.standard_normal(x.shape)
    for name, known in ways(other, x, "symmetry", sizes).items():
        np.testing.assert_allclose(ways(other, y, "symmetry", sizes)[name], known, rtol=1e-6)
    raw = ways(x, y, "raw", sizes)
    cosine = (x * y).sum(1) / (np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1))
    np.testing.assert_allclose(raw["angle"], np.degrees(np.arccos(cosine)))
    assert (raw["length"] > 1).all()


def depths(successes):
    """Return tables of runs and of rates in which so many of 40 runs of each depth succeed."""
    runs = pd.concat(
        [
            pd.DataFrame(
                {
                    "layers": layers,
                    "learning_rate": rate,
                    "run": range(40),
                    "solved": np.arange(40) < (count if rate == 0.3 else 40 - count),
                }
            )
            for layers, count in successes.items()
            for rate in (0.1, 0.3)
        ]
    )
    rates = pd.DataFrame({"layers": list(successes), "learning_rate": 0.3, "chosen": True})
    return runs, rates


@pytest.mark.parametrize(
    ("successes", "outcome"),
    [
        ({2: 38, 3: 20, 4: 15, 6: 5}, "supported"),
        ({2: 20, 3: 20, 4: 15, 6: 5}, "inconclusive"),
        ({2: 5, 3: 38, 4: 38, 6: 38}, "contradicted"),
    ],
)
def test_depth_is_judged_at_the_chosen_rates(successes, outcome):
    parts = list(beyond.depth_does_not_help(*depths(successes)))
    assert worst(decide({"O7": parts})["O7"]).outcome == outcome


def test_questions_beyond_the_papers_come_last_of_ours_and_are_shown_in_one_figure_each():
    names = ["E1", "O2", "R4", "X1", "S3", "O1", "N1"]
    ordered = sorted(names, key=place_of)
    assert ordered == ["S3", "N1", "X1", "R4", "O1", "O2", "E1"]
    config = yaml.safe_load(Path("config/laptop.yaml").read_text(encoding="utf-8"))
    shown = [
        captions.read(Path("workflow/report", f"{name}.rst"), config)
        for name in ("capacity", "library", "outlook", "bridge", "reviewers")
    ]
    assert {caption.paper for caption in shown} == {3}
    asked = [c.name for c in index.all_of("claim").values() if c.arguments.get("paper") == 3]
    assert sorted(claim for caption in shown for claim in caption.claims) == sorted(asked)
