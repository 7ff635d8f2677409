"""Analysis of made-up tables whose answers are known."""

import numpy as np
import pandas as pd
import pytest

from neuroswitch.gates import geometry, paths, rates
from neuroswitch.schemas.gates import CONDITION_KEY

AXES = ["pc1", "pc2", "pc3"]


def final(runs):
    return np.stack(runs["final_parameters"].tolist())


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
    components = geometry.fit_components(final(runs))
    axes = components.pivot(index="component", columns="parameter", values="value").to_numpy()[1:]
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    shares = components.groupby("component")["explained"].first().loc[1:]
    assert shares.is_monotonic_decreasing
    assert abs(axes[0, 0]) > 0.99


def test_projection_is_from_the_mean_and_is_that_of_a_path_too(runs):
    components = geometry.fit_components(final(runs)).assign(networks="trained")
    points = geometry.project(final(runs), components)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)
    centred = final(runs)
    centred -= centred.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(np.abs(points), np.abs(centred @ axes[:3].T), atol=1e-12)
    explained = components.groupby("component")["explained"].first().loc[1:]
    np.testing.assert_allclose(explained, (sizes**2 / np.sum(sizes**2))[:3])
    path = pd.DataFrame(
        {
            **dict.fromkeys(CONDITION_KEY, 0),
            "run": 3,
            "epoch": np.arange(60),
            "parameters": runs["final_parameters"],
        }
    )
    mapped_at = [
        components.assign(learning_rate=0.5),
        components.assign(learning_rate=0.01, value=0.0),
        components.assign(learning_rate=0.5, networks="untrained"),
    ]
    projected = geometry.project_paths(path, pd.concat(mapped_at), [0.5, 0.01], "switched")
    np.testing.assert_array_equal(projected["trajectory"][AXES], points)
    assert "parameters" not in projected["trajectory"]


def test_each_path_is_projected_on_its_own_plane_as_a_decomposition_does_it(runs):
    rng = np.random.default_rng(2)
    components = geometry.fit_components(final(runs))
    components = components.assign(networks="trained", learning_rate=0.5)
    # Two runs of other directions, at other places: a plane of both would be that of neither.
    paths_of = {
        run: 5 * run + np.cumsum(rng.standard_normal((40, 6)) * np.roll([3, 2, 1, 1, 0, 0], run), 0)
        for run in (1, 2)
    }
    path = pd.concat(
        pd.DataFrame(
            {
                **dict.fromkeys(CONDITION_KEY, 0),
                "run": run,
                "epoch": np.arange(40),
                "parameters": list(points),
            }
        )
        for run, points in paths_of.items()
    )
    found = geometry.project_paths(path, components, [0.5], "switched")
    for run, points in paths_of.items():
        centred = points - points.mean(axis=0)
        left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
        trajectory = found["trajectory"][found["trajectory"]["run"] == run]
        own = trajectory[["own1", "own2"]].to_numpy()
        np.testing.assert_allclose(np.abs(own), np.abs(left[:, :2] * sizes[:2]), atol=1e-10)
        shares = found["trajectory_shares"]
        shares = shares[shares["run"] == run].set_index(["axes", "component"])["share"]
        np.testing.assert_allclose(shares["own"], (sizes**2 / np.sum(sizes**2))[:2])
        assert shares["own"].sum() == pytest.approx(paths.plane_share(points))
        unit = components.pivot(index="component", columns="parameter", values="value")
        along = centred @ unit.to_numpy()[1:].T
        np.testing.assert_allclose(shares["mapped"], np.sum(along**2, axis=0) / np.sum(sizes**2))


def test_a_path_that_stands_still_has_no_variance_to_share():
    still = np.ones((4, 6))
    np.testing.assert_array_equal(geometry.variance_shares(still[:, :2], still), [0, 0])


def test_maps_are_taken_within_a_number_of_layers_and_a_learning_rate(runs):
    slow = runs.assign(learning_rate=0.01, final_parameters=runs["initial_parameters"])
    deep = runs.assign(layers=4)
    maps = geometry.map_networks(pd.concat([runs, slow, deep]), "mapping")
    assert maps.keys() == {"components", "points", "distances"}
    for name, table in maps.items():
        groups = table.groupby(["layers", "learning_rate"])
        assert set(groups.groups) == {(2, 0.5), (2, 0.01), (4, 0.5)}, name
        alone = geometry.map_networks(slow, "mapping")[name]
        found = groups.get_group((2, 0.01)).reset_index(drop=True)
        pd.testing.assert_frame_equal(found, alone)


def test_untrained_networks_are_mapped_on_components_of_their_own(runs):
    swapped = {"initial_parameters": "final_parameters", "final_parameters": "initial_parameters"}
    backwards = geometry.map_networks(runs.rename(columns=swapped), "mapping")
    for name, table in geometry.map_networks(runs, "mapping").items():
        if name != "distances":
            trained, untrained = (
                of_kind.drop(columns="networks").reset_index(drop=True)
                for of_kind in (
                    backwards[name][backwards[name]["networks"] == "trained"],
                    table[table["networks"] == "untrained"],
                )
            )
            pd.testing.assert_frame_equal(untrained, trained)


def test_principal_coordinates_of_euclidean_distances_are_the_principal_components(runs):
    apart = np.linalg.norm(final(runs)[:, None] - final(runs), axis=2)
    coordinates, shares = geometry.principal_coordinates(apart)
    components = geometry.fit_components(final(runs))
    points = geometry.project(final(runs), components)
    np.testing.assert_allclose(np.abs(coordinates), np.abs(points), atol=1e-7)
    explained = components.groupby("component")["explained"].first().loc[1:]
    np.testing.assert_allclose(shares, explained)
    assert (coordinates[np.abs(coordinates).argmax(axis=0), range(3)] > 0).all()


def test_principal_coordinates_of_other_distances_share_the_variance_that_is_above_zero():
    """A square whose diagonals are as long as its sides' way round: no points lie so."""
    round_the_square = np.array([[0, 1, 2, 1], [1, 0, 1, 2], [2, 1, 0, 1], [1, 2, 1, 0]])
    coordinates, shares = geometry.principal_coordinates(round_the_square)
    np.testing.assert_allclose(shares, [0.5, 0.5, 0], atol=1e-12)
    np.testing.assert_allclose((coordinates**2).sum(axis=0), [2, 2, 0], atol=1e-12)


def test_projection_keeps_distances_within_the_plane_of_the_centres(runs):
    fitted = geometry.project(final(runs), geometry.fit_components(final(runs)))
    points = geometry.mapped_points(runs, fitted)
    centres = points.groupby("gate")[AXES].mean()
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
    none = geometry.and_or_distances(runs.assign(solved=runs["tasks"] == "AND"))
    assert set(none["networks"]) == {"trained", "untrained"}, "no pair of solved networks"


def test_plane_share_is_one_in_a_plane_and_lower_off_it():
    rng = np.random.default_rng(1)
    plane = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 7)) + 3
    assert paths.plane_share(plane) == pytest.approx(1)
    assert paths.plane_share(np.ones((5, 3))) == 1
    cloud = rng.standard_normal((4000, 10))
    assert paths.plane_share(cloud) == pytest.approx(0.2, abs=0.03)
    assert paths.plane_share(1e-6 * cloud) == pytest.approx(paths.plane_share(cloud))


def test_success_rates_count_runs_and_treat_divergence_as_failure():
    table = pd.DataFrame(
        {
            **dict.fromkeys(CONDITION_KEY, 0),
            "tasks": "AND/OR",
            "run": range(10),
            "solved": [True] * 7 + [False] * 3,
            "stable_success": [True] * 4 + [False] * 6,
            "zero_shot_success": [True] * 2 + [False] * 8,
            "first_retrained_cycle": [1, 6, 7, 8, 9, 10, 11, 12, 0, 0],
            "settled_cycle": [2, 6, 7, 8, 9, 98, 99, 0, 0, 0],
            "first_zero_shot_cycle": [0] * 10,
            "diverged_epoch": [0] * 9 + [4],
            "condition_number": np.arange(10.0),
        }
    )
    result = rates.success_rates(table, "pairs").set_index("notion")
    assert (result[["experiment", "tasks"]] == ["pairs", "AND/OR"]).all(axis=None)
    solved, stable, zero_shot = (
        result.loc[name] for name in ("solved", "stable_success", "zero_shot_success")
    )
    assert (solved["successes"], solved["runs"], solved["diverged"]) == (7, 10, 1)
    assert solved["low"] < 0.7 == solved["rate"] < solved["high"]
    # Ten runs, two of them never: of the sorted cycles the second and the second from the end.
    assert solved["median_first_cycle"] == 9.5
    assert solved["first_cycle_low"] == 6
    assert solved["first_cycle_high"] == np.inf
    assert (stable["rate"], stable["median_first_cycle"]) == (0.4, (9 + 98) / 2)
    assert zero_shot["rate"] == 0.2
    assert zero_shot["median_first_cycle"] == np.inf
    assert solved["median_condition_number"] == 4.5


def test_stable_success_against_cycles_asks_for_a_streak_and_success_for_its_last_cycle():
    history = pd.DataFrame(
        [
            {
                **dict.fromkeys(CONDITION_KEY, 0),
                "tasks": "AND/OR/XOR",
                "run": run,
                "cycle": cycle,
                "task_index": task,
                "stable_cycles": 50,
                "retrained_streak": streak,
                "zero_shot_streak": 0,
            }
            for run, *streaks in ((0, 1, 10, 49), (1, 0, 9, 50), (2, 5, 0, 900))
            for cycle, streak in zip((5, 100, 1000), streaks, strict=True)
            for task in (0, 1, 2)
        ]
    )
    result = rates.success_against_cycles(history, "budget")
    counts = result.pivot(index="notion", columns="cycle", values="successes")
    assert counts.loc["stable_success"].to_dict() == {5: 2, 100: 1, 1000: 2}
    assert counts.loc["solved"].to_dict() == {5: 2, 100: 2, 1000: 3}
    assert (counts.loc["zero_shot_success"] == 0).all()
    assert (result[["experiment", "tasks"]] == ["budget", "AND/OR/XOR"]).all(axis=None)
    assert (result["runs"] == 3).all()
