"""Nearest neighbours of made-up networks whose places are known."""

import numpy as np
import pandas as pd
import pytest

from neuroswitch.gates import neighbours
from neuroswitch.schemas import gates as schemas

GATES = {"AND": 0.0, "OR": 10.0, "XOR": 20.0}


def mapped_points(apart, runs=20, layers=2):
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame(apart * place / 10 + 0.1 * rng.standard_normal((runs, 3)), columns=list("xyz"))
        .set_axis(["pc1", "pc2", "pc3"], axis=1)
        .assign(gate=gate, run=range(runs), layers=layers, learning_rate=0.5)
        for gate, place in GATES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def networks(parameters, tasks="AND", **about):
    """Return a table of runs with these final parameters [runs, n]; the start is 0."""
    parameters = np.asarray(parameters, float)
    about = {"layers": 2, "width": 8, "learning_rate": 0.5} | about
    others = dict.fromkeys(schemas.CONDITION_KEY, 0)
    return pd.DataFrame(
        {
            **others,
            "tasks": tasks,
            "run": range(len(parameters)),
            "retrained_success": True,
            "zero_shot_success": False,
            "initial_parameters": list(np.zeros_like(parameters)),
            "final_parameters": list(parameters),
        }
    ).assign(**about)


@pytest.mark.parametrize(("apart", "expected"), [(10, 1.0), (0, 1 / 3)])
def test_neighbours_tell_gates_that_lie_apart(apart, expected):
    votes = neighbours.neighbour_votes(mapped_points(apart))
    assert len(votes) == 60 * 3
    own = votes[votes["gate"] == votes["target"]]
    others = votes[votes["gate"] != votes["target"]]
    assert own["vote"].mean() == pytest.approx(expected, abs=0.25)
    if apart:
        assert not others["vote"].any()


def test_a_network_does_not_vote_for_itself():
    """One AND among many OR: its neighbours are all OR, whatever it is itself."""
    points = mapped_points(0)
    points = points[points["gate"].isin(["OR", "AND"])]
    few = points[(points["gate"] == "OR") | (points["run"] < 2)]
    votes = neighbours.neighbour_votes(few)
    assert not votes.loc[(votes["target"] == "AND"), "vote"].any()


def test_spacings_are_to_the_nearest_other_network_of_the_gate():
    mapped = pd.concat(
        [networks([[0, 0], [3, 4], [3, 5]]), networks([[0, 0.5]], "OR")], ignore_index=True
    )
    spacings = neighbours.end_spacings(mapped)
    assert spacings["spacing"].tolist() == [5, 1, 1]
    assert set(spacings["gate"]) == {"AND"}, "a single network has no neighbour"


def test_distances_are_to_the_nearest_mapped_network_of_each_gate():
    mapped = pd.concat(
        [networks([[0, 0], [6, 8]]), networks([[0, 1]], "OR"), networks([[9, 9]], "OR", width=4)],
        ignore_index=True,
    )
    runs = networks([[3, 4], [6, 9], [np.nan, 0]], "AND/OR", learning_rate=0.01)
    distances = neighbours.end_distances(runs, mapped, "pairs")
    by_gate = distances.pivot(index="run", columns="gate", values="distance")
    assert by_gate["AND"].tolist() == [5, 1, np.inf]
    assert by_gate["OR"].tolist() == pytest.approx([np.hypot(3, 3), 10, np.inf])
    start = distances.pivot(index="run", columns="gate", values="start_distance")
    assert start["AND"].tolist() == [0, 0, 0]
    assert start["OR"].tolist() == [1, 1, 1]
    assert (distances["mapping_rate"] == 0.5).all()


def test_networks_of_another_size_have_no_distance():
    runs = pd.concat([networks([[1, 1]]), networks([[1, 1]], width=3)])
    distances = neighbours.end_distances(runs, networks([[0, 0]]), "pairs")
    assert set(distances["width"]) == {8}


def test_the_tables_have_their_schemas():
    mapped = pd.concat([networks([[0, 0], [1, 1]]), networks([[2, 2], [3, 3]], "OR")])
    made = {
        schemas.NEIGHBOUR_VOTES: neighbours.neighbour_votes(mapped_points(10)),
        schemas.END_SPACINGS: neighbours.end_spacings(mapped),
        schemas.END_DISTANCES: neighbours.end_distances(networks([[3, 4]]), mapped, "pairs"),
    }
    for schema, table in made.items():
        assert set(table.columns) == {column.name for column in schema.columns}
