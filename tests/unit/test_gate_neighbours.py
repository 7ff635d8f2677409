"""Nearest neighbours of made-up networks whose places are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from neuroswitch import analysing
from neuroswitch import schemas as tables
from neuroswitch.errors import NeuroswitchError
from neuroswitch.gates import geometry, neighbours
from neuroswitch.gates.networks import layers_of
from neuroswitch.gates.outlook.displacement import displacements
from neuroswitch.gates.tables import without_parameters
from neuroswitch.schemas import gates as schemas

SIZES = (2, 3, 1)
UNITS = 2 * 3 + 3 * 1 + 3 + 1
"""Parameters of a network of those sizes."""


def networks(parameters, tasks="AND", **about):
    """Return a table of runs with these final parameters [runs, n]; the start is 0."""
    parameters = np.asarray(parameters, float)
    about = {"layers": 2, "width": 3, "learning_rate": 0.5} | about
    others = dict.fromkeys(schemas.CONDITION_KEY, 0)
    return pd.DataFrame(
        {
            **others,
            "tasks": tasks,
            "run": range(len(parameters)),
            "solved": True,
            "initial_parameters": list(np.zeros_like(parameters)),
            "final_parameters": list(parameters),
        }
    ).assign(**about)


def clusters(apart, runs=20):
    """Return networks of three gates, `apart` from one another, each 0.1 or so wide."""
    rng = np.random.default_rng(0)
    parts = []
    for place, gate in enumerate(("AND", "OR", "XOR")):
        centre = np.where(np.arange(UNITS) % 3 == place, apart, 0.5)
        parts.append(networks(centre + 0.1 * rng.standard_normal((runs, UNITS)), gate))
    return pd.concat(parts, ignore_index=True)


def shuffled_units(runs):
    """Return networks of the same functions, the units of each in an order of its own."""
    rng = np.random.default_rng(1)
    parameters = np.stack(runs["final_parameters"].tolist())
    (weights, biases), (above, _) = layers_of(parameters, SIZES)
    for own, bias, out in zip(weights, biases, above, strict=True):
        order, c = rng.permutation(len(bias)), np.exp(rng.standard_normal(len(bias)))
        own[:], bias[:], out[:] = own[order] * c[:, None], bias[order] * c, out[:, order] / c
    return runs.assign(final_parameters=list(parameters))


def voted(gates, places):
    """Return votes of networks that lie at places on a line."""
    places = np.array(places, float)[:, None]
    runs = networks(places).assign(tasks=list(gates))
    votes = neighbours.neighbour_votes(
        runs, {"raw": cdist(places, places)}, np.random.default_rng(0)
    )
    return votes["vote"].tolist(), votes["right"].tolist()


def test_votes_are_right_where_gates_lie_apart_and_chance_where_they_do_not():
    for apart, expected in ((5, 1.0), (0.5, 1 / 3)):
        runs = clusters(apart)
        distances = neighbours.distances_among(runs)
        votes = neighbours.neighbour_votes(runs, distances, np.random.default_rng(0))
        assert len(votes) == 60 * 3
        shares = votes.groupby("coordinates")[["right", "right_shuffled"]].mean()
        assert list(shares.index) == ["pcs", "raw", "symmetry"]
        assert shares["right"].to_numpy() == pytest.approx(expected, abs=0.2)
        # One of a gate's 20 is the network itself, so chance is 19 of 59.
        assert shares["right_shuffled"].to_numpy() == pytest.approx(19 / 59, abs=0.03)
    assert ((votes["vote"] == votes["gate"]) == votes["right"]).all()


def test_the_majority_votes_without_the_network_itself():
    """Two A and three B lie around the first A: with its own vote the A would be three as well."""
    vote, right = voted("AAABBB", [0, 1, 2, 3, 4, 5])
    assert vote[0] == "B"
    assert not right[0]


@pytest.mark.parametrize(
    ("places", "expected"), [([2, 3, -1, -9, 4], "A"), ([2, 9, -3, -4, 8], "B")]
)
def test_at_a_tie_the_gate_with_the_smaller_summed_distance_wins(places, expected):
    """Around the first network two A, two B and a C; the very nearest is of the other gate."""
    vote, _ = voted("CAABBC", [0, *places])
    assert vote[0] == expected


def test_modulo_symmetry_neighbours_see_what_raw_parameters_hide():
    runs = clusters(2)
    plain, hidden = (neighbours.distances_among(r) for r in (runs, shuffled_units(runs)))
    np.testing.assert_allclose(hidden["symmetry"], plain["symmetry"], atol=1e-9)
    made = neighbours.neighbours(shuffled_units(runs), 0, "mapping")
    shares = made["neighbour_votes"].groupby("coordinates")["right"].mean()
    assert shares["raw"] < 0.75 < 0.95 < shares["symmetry"]
    apart = made["separation"].set_index("coordinates")
    assert apart.loc["raw", "silhouette"] < 0.1 < 0.3 < apart.loc["symmetry", "silhouette"]
    assert apart.loc["raw", "explained"] < apart.loc["symmetry", "explained"] <= 1
    points = made["symmetric_points"].groupby("gate")[["sc1", "sc2", "sc3"]]
    assert points.std().to_numpy().max() < np.ptp(points.mean().to_numpy(), axis=0).max() / 3


def test_separation_is_that_of_points_on_a_line():
    places = np.array([[0.0], [1], [10], [11]])
    found = neighbours.separation(pd.Series(list("AABB")), {"raw": cdist(places, places)})
    silhouettes = [1 - 1 / 10.5, 1 - 1 / 9.5, 1 - 1 / 9.5, 1 - 1 / 10.5]
    assert found.loc[0, "silhouette"] == pytest.approx(np.mean(silhouettes))
    assert found.loc[0, "explained"] == pytest.approx(1)


def test_shuffles_are_those_of_the_root_seed():
    runs = clusters(0.5, runs=6)
    shares = [
        neighbours.neighbours(runs, seed, "mapping")["neighbour_votes"]["right_shuffled"]
        for seed in (0, 0, 1)
    ]
    assert shares[0].equals(shares[1])
    assert not shares[0].equals(shares[2])


def test_spacings_are_to_the_nearest_other_network_of_the_gate():
    mapped = pd.concat(
        [networks([[0, 0], [3, 4], [3, 5]]), networks([[0, 0.5]], "OR")], ignore_index=True
    )
    places = np.stack(mapped["final_parameters"].tolist())
    apart = cdist(places, places)
    spacings = neighbours.end_spacings(mapped, {"raw": apart, "symmetry": apart / 2})
    by_kind = spacings.groupby("coordinates")["spacing"].agg(list)
    assert by_kind["raw"] == [5, 1, 1]
    assert by_kind["symmetry"] == [2.5, 0.5, 0.5]
    assert set(spacings["gate"]) == {"AND"}, "a single network has no neighbour"


def test_distances_are_to_the_nearest_mapped_network_of_each_gate():
    rng = np.random.default_rng(0)
    ends = networks(rng.standard_normal((4, UNITS)))
    ends["tasks"] = ["AND", "AND", "OR", "OR"]
    other = networks(rng.standard_normal((1, 4 * 4 + 1)), "OR", width=4)
    mapped = pd.concat([ends, other], ignore_index=True)
    runs = networks(np.stack(ends["final_parameters"])[[1, 2]] + 0.01, "AND/OR", learning_rate=0.01)
    runs.loc[1, "final_parameters"][0] = np.nan
    hidden = shuffled_units(runs)
    found = {
        name: neighbours.end_distances(table, mapped, "pairs").set_index(
            ["coordinates", "gate", "run"]
        )
        for name, table in (("plain", runs), ("hidden", hidden))
    }
    plain, moved = found["plain"], found["hidden"]
    step = 0.01 * np.sqrt(UNITS)
    assert plain.loc[("raw", "AND", 0), "distance"] == pytest.approx(step)
    assert plain.loc[("raw", "OR", 0), "distance"] > 1
    assert plain.loc[("symmetry", "AND", 0), "distance"] < 2 * step
    assert moved.loc[("symmetry", "AND", 0), "distance"] == pytest.approx(
        plain.loc[("symmetry", "AND", 0), "distance"]
    )
    assert moved.loc[("raw", "AND", 0), "distance"] > 0.5
    assert np.isinf(plain.xs(1, level="run")["distance"]).all()
    lengths = np.linalg.norm(np.stack(ends["final_parameters"])[:2], axis=1)
    start = plain["start_distance"]
    assert start["raw", "AND", 0] == pytest.approx(lengths.min())
    assert 0 < start["symmetry", "AND", 0] < start["raw", "AND", 0]
    assert (plain["mapping_rate"] == 0.5).all()


def test_networks_of_another_size_have_no_distance():
    ends = networks(np.ones((1, UNITS)))
    runs = pd.concat([ends, networks(np.ones((1, 4 * 4 + 1)), width=4)])
    distances = neighbours.end_distances(runs, ends, "pairs")
    assert set(distances["width"]) == {3}


def test_the_tables_have_their_schemas():
    mapped = clusters(3, runs=4)
    made = neighbours.neighbours(mapped, 0, "mapping")
    made["end_distances"] = neighbours.end_distances(mapped, mapped, "pairs")
    for schema, name in (
        (schemas.NEIGHBOUR_VOTES, "neighbour_votes"),
        (schemas.END_SPACINGS, "end_spacings"),
        (schemas.SEPARATION, "separation"),
        (schemas.SYMMETRIC_POINTS, "symmetric_points"),
        (schemas.END_DISTANCES, "end_distances"),
    ):
        assert set(made[name].columns) == {column.name for column in schema.columns}
        assert not made[name].duplicated(list(schema.key)).any()


def test_networks_that_diverged_are_left_out_and_are_infinitely_far():
    runs = clusters(apart=3)
    numbers = np.stack(runs["final_parameters"].tolist())
    numbers[0, 3], numbers[1, 2], numbers[20, 0] = np.nan, 1e120, np.inf
    broken = runs.assign(final_parameters=list(numbers))
    sound = broken.drop(index=[0, 1, 20])
    for made in (
        lambda table: neighbours.neighbours(table, 1, "")["end_spacings"],
        lambda table: geometry.map_networks(table, "")["points"],
        lambda table: neighbours.end_distances(runs, table, ""),
    ):
        pd.testing.assert_frame_equal(made(broken), made(sound))
    ends = neighbours.end_distances(broken, runs, "").groupby(["tasks", "run"])["distance"].min()
    assert set(ends.index[np.isinf(ends)]) == {("AND", 0), ("AND", 1), ("OR", 0)}


@pytest.mark.parametrize(
    "made",
    [
        lambda runs, bare: geometry.map_networks(bare, ""),
        lambda runs, bare: neighbours.neighbours(bare, 0, ""),
        lambda runs, bare: neighbours.end_distances(bare, runs, ""),
        lambda runs, bare: neighbours.end_distances(runs, bare, ""),
        lambda runs, bare: displacements(bare.assign(tasks="AND/OR"), runs, 0, [0.5]),
        lambda runs, bare: displacements(runs.assign(tasks="AND/OR"), bare, 0, [0.5]),
    ],
)
def test_runs_that_hold_no_parameters_are_refused_and_it_says_what_to_set(made):
    runs = clusters(3, runs=3)
    with pytest.raises(NeuroswitchError, match="`recorded_parameters: true`"):
        made(runs, without_parameters(runs))


@pytest.mark.parametrize("left", [0, 1, 2])
def test_where_too_few_networks_are_left_tables_are_empty_and_have_their_columns(tmp_path, left):
    runs = clusters(3, runs=4)
    ends = runs["final_parameters"][:left].tolist()
    lost = runs.assign(final_parameters=ends + [np.full(UNITS, np.nan)] * (len(runs) - left))
    made = geometry.map_networks(lost, "") | neighbours.neighbours(lost, 0, "")
    if not left:
        made["end_distances"] = neighbours.end_distances(runs, lost, "")
    paths = {name: tmp_path / f"gates/any/{name}.parquet" for name in made}
    whole = {name: analysing._with_columns(made[name], path) for name, path in paths.items()}
    tables.write_all(whole, paths, {})
    assert len(paths) == (7 if left else 8)
    for path in paths.values():
        assert tables.read(path).empty


@pytest.mark.parametrize(("left", "apart"), [([0, 1, 2], 0), ([0, 4, 8], 0), ([0, 1, 4], 2)])
def test_three_networks_have_a_map_and_where_they_can_have_one_a_silhouette(left, apart):
    """Of one gate, of three, and of two."""
    runs = clusters(3, runs=4).iloc[left]
    assert len(geometry.map_networks(runs, "")["points"]) == 2 * 3
    made = neighbours.neighbours(runs, 0, "")
    assert len(made["separation"]) == apart
    assert not made["neighbour_votes"].empty


def test_without_an_and_network_there_is_no_pair_and_all_else_is_there():
    runs = clusters(3, runs=4)
    made = geometry.map_networks(runs[runs["tasks"] != "AND"], "")
    assert made["distances"].empty
    assert set(made["points"]["gate"]) == {"OR", "XOR"}
