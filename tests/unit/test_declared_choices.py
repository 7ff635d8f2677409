"""Families of matrices and gates, ours and a user's: found by name, trained, part of versions."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroswitch import index, modulation, schemas, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.figures import figure2, style
from neuroswitch.gates import geometry, neighbours
from neuroswitch.gates.experiment import train_experiment
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.graph import Graph
from neuroswitch.settings.gates import Experiment, GateSettings
from tests.stored import STORED
from tests.unit.conftest import read_anew

LAPTOP = Path("config/laptop.yaml")

EXTENSION = '''
import numpy as np

from neuroswitch import declare
from neuroswitch.modulation import Dense


@declare.family
def reflection(rng, shapes, scale):
    """Reflect the weights at a random plane; `scale` is not used."""
    normal = rng.standard_normal(sum(out * fan_in for out, fan_in in shapes))
    return Dense(np.eye(len(normal)) - 2 * np.outer(normal, normal) / (normal @ normal))


@declare.gate
def NAND(a, b):
    return not (a and b)
'''

TRUTH = {
    "AND": [0, 0, 0, 1],
    "OR": [0, 1, 1, 1],
    "XOR": [0, 1, 1, 0],
    "NOR": [1, 0, 0, 0],
}
"""Outputs for the inputs 00, 01, 10 and 11."""


@pytest.fixture
def extension(extend):
    """Declare a family and a gate in a file of a user's, for one test."""
    (file,) = extend(chosen_by_a_user=EXTENSION)
    return file


def experiment(**choices):
    """Return gate settings with one small experiment, and its name."""
    config = settings.merged(LAPTOP, {})["gates"]
    config |= {"traces": {}, "multiverses": {}}
    config["experiments"] = {"own": {"runs": 3, "cycles": 40, "learning_rate": 0.5} | choices}
    return GateSettings.model_validate(config), "own"


def test_every_gate_has_its_truth_table():
    np.testing.assert_array_equal(INPUTS, [[0, 0], [0, 1], [1, 0], [1, 1]])
    assert list(index.all_of("gate")) == list(TRUTH)
    for gate, outputs in TRUTH.items():
        assert truth(gate).dtype == float
        np.testing.assert_array_equal(truth(gate), outputs)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"tasks": "AND/XR"}, "no gate is called 'XR'; did you mean 'XOR'?"),
        (
            {"tasks": "AND/OR", "modulator": {"family": "ortogonal"}},
            "no family is called 'ortogonal'; did you mean 'orthogonal'?",
        ),
    ],
)
def test_a_name_that_nothing_declares_is_an_error_with_the_near_match(changes, fault):
    with pytest.raises(ValueError, match=fault.replace("?", r"\?")):
        Experiment.model_validate({"runs": 1} | changes)


def test_the_configuration_is_read_without_the_numerical_libraries():
    program = (
        "import sys\nfrom pathlib import Path\nfrom neuroswitch import graph, settings\n"
        f"chosen = settings.load(Path({str(LAPTOP)!r}))\n"
        "assert graph.Graph(chosen).recipes\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'torch', 'numba'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout == "[]\n", found.stderr


def test_a_users_family_and_gate_train_like_ours(extension):
    chosen, name = experiment(
        tasks=["NAND", "AND/NAND"], modulator={"family": "reflection"}, pullback="transpose"
    )
    found = train_experiment(chosen, name, range(3), 0, 1)
    runs = found["runs"].set_index(["tasks", "run"])
    np.testing.assert_allclose(runs.loc["AND/NAND", "condition_number"], 1)
    assert set(runs.loc["AND/NAND", "family"]) == {"reflection"}
    assert set(found["tasks"]["task"]) == {"AND", "NAND"}
    # What NAND learns from is what NAND is: the network of the longest training solves it.
    longer, name = experiment(tasks="NAND", cycles=2000)
    assert train_experiment(longer, name, range(3), 0, 1)["runs"]["solved"].any()
    np.testing.assert_array_equal(truth("NAND"), 1 - truth("AND"))


def test_a_users_dense_family_refuses_many_weights_too(extension):
    with pytest.raises(NeuroswitchError, match="over 10000 weights needs"):
        modulation.draw(np.random.default_rng(0), "reflection", [(100, 100)], 1.0)


def test_an_edit_of_a_users_file_makes_stale_what_it_declares(extension):
    own = settings.merged(LAPTOP, {})
    own["gates"]["experiments"] = {
        "with_family": {"tasks": "AND/OR", "runs": 1, "modulator": {"family": "reflection"}},
        "with_gate": {"tasks": "AND/NAND", "runs": 1},
        "without": {"tasks": "AND/OR", "runs": 1},
    }
    chosen = settings.validate(own)
    names = ("with_family", "with_gate", "without")

    def versions():
        graph = Graph(chosen)
        return [
            graph.recipe(f"{graph.results}/gates/{name}/runs.parquet").version for name in names
        ]

    before = versions()
    extension.write_text(EXTENSION.replace("not (a and b)", "a + b < 2"), encoding="utf-8")
    read_anew()
    stale = [old != new for old, new in zip(before, versions(), strict=True)]
    assert stale == [True, True, False]


def test_a_gate_that_is_not_ours_is_drawn_in_a_colour_of_its_own():
    runs = schemas.read(STORED / "gates/mapping_two_layers/runs.parquet")
    runs = runs[(runs["learning_rate"] == 0.5) & (runs["run"] < 10)]
    nand = runs[runs["tasks"] == "NOR"].assign(tasks="NAND")
    own = pd.concat([runs, nand], ignore_index=True)
    tables = geometry.map_networks(own, "own") | neighbours.neighbours(own, 0, "own")
    figure = figure2.at_rate(tables, learning_rate=0.5)
    titles = [axes.get_title().split()[0] for axes in figure.axes if "%" in axes.get_title()]
    assert titles == ["AND", "OR", "XOR", "NOR", "NAND"] * 2
    assert style.gate_colour("NAND") not in style.GATES.values()
