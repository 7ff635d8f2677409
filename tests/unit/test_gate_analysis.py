"""Analysis of made-up tables whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from neuroswitch.gates import geometry, paths, rates


def mapped(rng, gate, runs, centre, solved=True):
    return pd.DataFrame(
        {
            "tasks": gate,
            "run": np.arange(runs),
            "solved": solved,
            "layers": 2,
            "learning_rate": 0.5,
            "initial_parameters": list(rng.standard_normal((runs, 6))),
            "final_parameters": list(centre + 0.1 * rng.standard_normal((runs, 6))),
        }
    )


@pytest.fixture
def runs():
    rng = np.random.default_rng(0)
    return pd.concat(
        [
            mapped(rng, "AND", 20, np.array([4.0, 0, 0, 0, 0, 0])),
            mapped(rng, "OR", 20, np.array([-4.0, 0, 0, 0, 0, 0])),
            mapped(rng, "XOR", 20, np.array([0, 3.0, 0, 0, 0, 0]), solved=False),
        ],
        ignore_index=True,
    )


def test_components_are_orthonormal_and_ordered_by_variance(runs):
    components = geometry.fit_components(runs)
    axes = components.pivot(index="component", columns="parameter", values="value").to_numpy()[1:]
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    shares = components.groupby("component")["explained"].first().loc[1:]
    assert shares.is_monotonic_decreasing
    assert abs(axes[0, 0]) > 0.99


def test_projection_keeps_distances_within_the_plane_of_the_centres(runs):
    points = geometry.mapped_points(runs, geometry.fit_components(runs))
    centres = points.groupby("gate")[["pc1", "pc2", "pc3"]].mean()
    distance = np.linalg.norm(centres.loc["AND"] - centres.loc["OR"])
    assert distance == pytest.approx(8, abs=0.1)
    assert not points.loc[points["gate"] == "XOR", "solved"].any()


def test_distances_are_those_of_every_pair_trained_solved_and_untrained(runs):
    unsolved = (runs["tasks"] == "OR") & (runs["run"] >= 15)
    distances = geometry.and_or_distances(runs.assign(solved=runs["solved"] & ~unsolved))
    counts = distances["networks"].value_counts()
    assert counts.to_dict() == {"trained": 20 * 20, "untrained": 20 * 20, "solved": 20 * 15}
    trained = distances[distances["networks"] == "trained"]
    assert trained["euclidean"].mean() == pytest.approx(8, abs=0.1)
    assert trained["cosine"].mean() == pytest.approx(2, abs=0.01)
    one = distances[distances["networks"] == "untrained"].iloc[0]
    a = runs[(runs["tasks"] == "AND") & (runs["run"] == one["and_run"])].iloc[0]
    b = runs[(runs["tasks"] == "OR") & (runs["run"] == one["or_run"])].iloc[0]
    expected = np.linalg.norm(a["initial_parameters"] - b["initial_parameters"])
    assert one["euclidean"] == pytest.approx(expected)


def test_plane_share_is_one_in_a_plane_and_lower_off_it():
    rng = np.random.default_rng(1)
    plane = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 7)) + 3
    assert paths.plane_share(plane) == pytest.approx(1)
    assert paths.plane_share(np.ones((5, 3))) == 1
    cloud = rng.standard_normal((4000, 10))
    assert paths.plane_share(cloud) == pytest.approx(0.2, abs=0.03)


def test_success_rates_count_runs_and_treat_divergence_as_failure():
    table = pd.DataFrame(
        {
            "tasks": "AND/OR",
            "run": range(10),
            "retrained_success": [True] * 7 + [False] * 3,
            "zero_shot_success": [True] * 2 + [False] * 8,
            "first_retrained_cycle": [5, 6, 7, 8, 9, 10, 11, 12, 0, 0],
            "first_zero_shot_cycle": [0] * 10,
            "diverged_epoch": [0] * 9 + [4],
            "condition_number": np.arange(10.0),
        }
    )
    result = rates.success_rates({"pairs": table}, ["tasks"]).set_index("notion")
    after, zero_shot = result.loc["after_retraining"], result.loc["zero_shot"]
    assert (after["successes"], after["runs"], after["diverged"]) == (7, 10, 1)
    assert after["low"] < 0.7 == after["rate"] < after["high"]
    assert after["median_first_cycle"] == 8.5
    assert zero_shot["rate"] == 0.2
    assert np.isnan(zero_shot["median_first_cycle"])
    assert after["median_condition_number"] == 4.5


def test_success_against_cycles_asks_for_a_stable_streak():
    history = pd.DataFrame(
        [
            {
                "tasks": "AND/OR",
                "run": run,
                "cycle": cycle,
                "task_index": task,
                "stable_cycles": 50,
                "retrained_streak": streak,
                "zero_shot_streak": 0,
            }
            for run, at_100, at_1000 in ((0, 10, 49), (1, 9, 50), (2, 100, 900))
            for cycle, streak in ((100, at_100), (1000, at_1000))
            for task in (0, 1)
        ]
    )
    result = rates.success_against_cycles({"budget": history}, ["tasks"])
    after = result[result["notion"] == "after_retraining"].set_index("cycle")
    assert after.loc[100, "successes"] == 2
    assert after.loc[1000, "successes"] == 2
    assert (after["runs"] == 3).all()
