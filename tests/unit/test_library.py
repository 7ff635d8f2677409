"""The public interface: light to import, its examples true, its errors in words."""

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import neuroswitch
from neuroswitch import index, schemas, seeds, settings, store
from neuroswitch.gates import tables
from neuroswitch.gates.experiment import train_experiment
from neuroswitch.settings.gates import GateSettings
from tests.stored import STORED

PAGE = Path("docs/library.md")
MODULES = [
    f"neuroswitch.{name}"
    for name in (
        "library",
        "gates.library",
        "modulators",
        "rnn.library",
        "tables",
        "claims.library",
    )
]


@pytest.fixture(autouse=True)
def _no_extension_stays(extend):
    """What an example declares is forgotten after it."""


def offered():
    """Yield the public names that the page lists, in its table."""
    for row in re.findall(r"^\| (`.*?`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        yield from re.findall(r"`(.+?)`", row)


@pytest.mark.parametrize("module", MODULES)
def test_examples_in_docstrings_are_true(module):
    found = doctest.testmod(import_module(module))
    assert found.attempted
    assert not found.failed


def test_the_blocks_of_the_page_run(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    scope = {}
    for block in blocks:
        exec(block, scope)
    assert "did you mean 'width'?" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*offered()])
def test_every_name_of_the_page_exists_and_has_an_example(name):
    found = neuroswitch
    for part in name.split("."):
        found = getattr(found, part)
    if name not in ("NeuroswitchError", "modulators.condition_number"):
        assert ">>>" in found.__doc__


def test_every_public_name_is_on_the_page():
    packages = {"claims", "gates", "modulators", "rnn", "tables"}
    public = {*dir(neuroswitch)} - packages
    for package in packages:
        module = getattr(neuroswitch, package)
        names = getattr(module, "__all__", None) or dir(module)
        public |= {f"{package}.{name}" for name in names}
    assert public - {"modulators.LinearMap"} == {*offered()}


def test_an_import_loads_nothing_else():
    program = (
        "import sys; before = set(sys.modules); import neuroswitch; neuroswitch.gates;"
        "print(sorted(m for m in set(sys.modules) - before if m.startswith('neuroswitch')));"
        "print(sorted({'numpy', 'pandas', 'pydantic', 'torch'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    expected = ["neuroswitch", "neuroswitch.gates", "neuroswitch.lazy"]
    assert found.stdout.splitlines() == [str(expected), "[]"], found.stderr


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        _ = neuroswitch.gates.trian


def test_training_gives_what_the_pipeline_writes(tmp_path):
    config = settings.merged(settings.DEFAULT, {})["gates"]
    config |= {"traces": {}, "multiverses": {}}
    config["experiments"] = {"own": {"tasks": "AND/OR", "runs": 3, "cycles": 30, "width": [3, 8]}}
    chosen = GateSettings.model_validate(config)
    path = tmp_path / "gates/own/runs.parquet"
    store.write(train_experiment(chosen, "own", range(3), 5, 1)["runs"], path, schemas.of(path), {})
    found = neuroswitch.gates.train("AND/OR", runs=3, seed=5, cycles=30, width=[3, 8])
    expected = schemas.read(path)
    pd.testing.assert_frame_equal(
        found.drop(columns=["initial_parameters", "final_parameters"]),
        expected.drop(columns=["initial_parameters", "final_parameters"]),
        check_dtype=False,
    )
    for name in ("initial_parameters", "final_parameters"):
        for one, other in zip(found[name], expected[name], strict=True):
            np.testing.assert_array_equal(one.astype(np.float32), other)
    own = chosen.experiments["own"].model_copy(update={"recorded_parameters": False})
    without = chosen.model_copy(update={"experiments": {"own": own}})
    made = train_experiment(without, "own", range(3), 5, 1)["runs"]
    pd.testing.assert_frame_equal(made, tables.without_parameters(found), check_like=True)


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: neuroswitch.gates.train("AND/XR"), "no gate is called 'XR'; did you mean 'XOR'"),
        (lambda: neuroswitch.gates.train(widht=3), "widht: unknown key; did you mean 'width'"),
        (lambda: neuroswitch.gates.train(seed=-1), "seed: Input should be greater"),
        (lambda: neuroswitch.gates.train(threads=0), "threads: Input should be greater"),
        (
            lambda: neuroswitch.gates.train(modulator={"family": "ortogonal"}),
            "no family is called 'ortogonal'; did you mean 'orthogonal'",
        ),
        (lambda: neuroswitch.names("gates"), "did you mean 'gate'"),
        (lambda: neuroswitch.modulators.draw(shapes=[]), "found \\[\\]"),
        (lambda: neuroswitch.tables.read("nothing.parquet"), "nothing.parquet does not exist"),
        (lambda: neuroswitch.tables.read(__file__), "was not written by this project"),
        (lambda: neuroswitch.rnn.load("results"), "runs.parquet does not exist"),
        (lambda: neuroswitch.rnn.trials("element_findr", 1), "did you mean 'element_finder'"),
        (
            lambda: neuroswitch.rnn.train(
                "element_finder",
                network={"model": "lstm", "unitz": 3},
                training={"stages": [{"steps": 1, "learning_rate": 0.1}]},
            ),
            "networks.lstm.unitz: unknown key; did you mean 'units'",
        ),
        (
            lambda: neuroswitch.claims.judge("S99", "results/laptop"),
            "no claim is called 'S99'; did you mean 'S9'",
        ),
    ],
)
def test_what_a_user_can_mend_is_an_error_in_words(call, fault):
    with pytest.raises(neuroswitch.NeuroswitchError, match=fault):
        call()


def test_a_name_that_is_taken_is_an_error_where_the_file_is_named(tmp_path):
    file = tmp_path / "taken.py"
    file.write_text(
        "from neuroswitch import declare\n@declare.gate\ndef AND(a, b):\n    return a\n",
        encoding="utf-8",
    )
    with pytest.raises(neuroswitch.NeuroswitchError, match=r"taken.py declares the gate 'AND'"):
        neuroswitch.extend(file)


OWN = "from neuroswitch import declare\n@declare.gate\ndef OWN(a, b):\n    return "


def truth():
    """Return what the gate OWN is for the inputs 0 and 1."""
    return index.get("gate", "OWN").load()(0, 1)


@pytest.mark.parametrize(
    "broken", ["def broken(:", "X = 1\n", OWN.replace("OWN", "AND"), OWN.replace(".gate", ".gat")]
)
def test_a_file_that_was_mended_is_read_again(tmp_path, broken):
    file = tmp_path / "own.py"
    file.write_text(broken + "0\n", encoding="utf-8")
    with pytest.raises(neuroswitch.NeuroswitchError):
        neuroswitch.extend(file)
    assert "AND" in neuroswitch.names("gate"), "the file that is broken is left out"
    file.write_text(OWN + "a < b\n", encoding="utf-8")
    neuroswitch.extend(file)
    assert truth() is True


def test_a_file_that_was_edited_is_read_again_with_what_it_imports(tmp_path):
    file, beside = tmp_path / "own.py", tmp_path / "beside.py"
    file.write_text("from . import beside\n" + OWN + "beside.LIMIT\n", encoding="utf-8")
    for limit in (3, 20):
        beside.write_text(f"LIMIT = {limit}\n", encoding="utf-8")
        neuroswitch.extend(file)
        assert truth() == limit
    file.write_text(OWN + "5\n" + OWN.replace("OWN", "MORE") + "1\n", encoding="utf-8")
    neuroswitch.extend(file)
    assert truth() == 5
    assert "MORE" in neuroswitch.names("gate")


def test_a_file_of_the_same_name_stands_for_one_that_failed(tmp_path):
    for folder, source in (("first", OWN.replace("OWN", "AND")), ("second", OWN)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.py").write_text(f"{source}7\n", encoding="utf-8")
    with pytest.raises(neuroswitch.NeuroswitchError, match="declares the gate 'AND'"):
        neuroswitch.extend(tmp_path / "first/own.py")
    neuroswitch.extend(tmp_path / "second/own.py")
    assert truth() == 7
    with pytest.raises(neuroswitch.NeuroswitchError, match="have one name"):
        neuroswitch.extend(tmp_path / "first/own.py")
    assert truth() == 7, "what fails takes nothing else out"


def test_a_table_is_known_wherever_it_lies(tmp_path):
    path = tmp_path / "copied.parquet"
    path.write_bytes((STORED / "rnn/element_finder/runs.parquet").read_bytes())
    assert "lowest_loss" in neuroswitch.tables.read(path)


def test_training_says_nothing_where_nobody_listens():
    program = (
        "import neuroswitch; neuroswitch.gates.train(runs=2, cycles=5); "
        "neuroswitch.rnn.train('element_finder', {'model': 'lstm', 'units': 2}, "
        "{'stages': [{'steps': 2, 'learning_rate': 0.01}], 'batch': 2})"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_a_network_that_is_loaded_has_the_loss_that_was_stored():
    folder = STORED / "rnn/element_finder"
    stored = neuroswitch.tables.read(folder / "finder_losses.parquet")
    best = stored.sort_values("loss").iloc[0]
    result = neuroswitch.rnn.load(folder)
    (network,) = (
        one
        for one in result.networks
        if (one.about["network"], one.about["run"], one.kept)
        == (best["network"], best["run"], best["kept"])
    )
    (root_seed,) = neuroswitch.tables.provenance(folder / "finder_losses.parquet")["seeds"]
    test = seeds.generator(root_seed, "rnn", "element_finder", "test")
    trials = neuroswitch.rnn.trials("element_finder", int(best["trials"]), test)
    answers = neuroswitch.rnn.respond(network, trials).outputs[:, -1, 0]
    assert np.mean((answers - trials.targets[:, -1, 0]) ** 2) == pytest.approx(best["loss"])
    assert best["loss"] < 0.1 * best["chance"]


def test_a_network_that_diverges_is_said_and_marked(caplog):
    result = neuroswitch.rnn.train(
        "element_finder",
        network={"model": "vanilla", "units": 2},
        training={"stages": [{"steps": 20, "learning_rate": 1e38}], "batch": 16, "clip": None},
    )
    (step,) = result.runs["diverged_step"]
    assert step > 0
    assert (
        f"run 0 of vanilla on element_finder stopped: its loss is not finite from step {step} on"
        in caplog.text
    )
    assert not result.networks[0].sound
