"""What makes a result stale: code that can change it, and no other code."""

import ast
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuroswitch import extensions, index, provenance, seeds, settings, source, versions


def reached(module):
    files = source.reached(source._file_of(f"neuroswitch.{module}"))
    return {file.relative_to(extensions.PACKAGE).as_posix() for file in files}


def test_training_depends_on_its_room_and_not_on_what_comes_after():
    files = reached("gates.experiment")
    assert {"gates/kernel.py", "gates/tables.py", "modulation.py", "seeds.py"} <= files
    assert not any(file.startswith("figures/") for file in files)
    assert not files & {"gates/geometry.py", "statistics.py"}


def test_figures_depend_on_no_experiment():
    for module in ("figure2", "figure2_interactive", "figure3", "figure4", "modulators"):
        files = reached(f"figures.{module}")
        assert "figures/style.py" in files
        assert not any(file.startswith("gates/") for file in files)


@pytest.mark.parametrize(
    "package", ["settings", "errors", "provenance", "ledger", "claims.alternatives"]
)
def test_nothing_that_every_job_parses_loads_an_experiment(package):
    files = reached(package)
    assert not any(file.startswith(("gates/", "figures/", "modulation")) for file in files)


@pytest.mark.parametrize("package", ["ledger", "claims.alternatives"])
def test_claims_are_parsed_without_the_numerical_libraries(package):
    assert not reached(package) & {"schemas/__init__.py", "store.py", "statistics.py"}


def test_the_judge_depends_on_no_experiment():
    files = reached("claims.judging")
    assert {"claims/statistics.py", "statistics.py", "schemas/verdicts.py"} <= files
    assert not any(file.startswith(("gates/", "mnist/", "rnn/", "figures/")) for file in files)


SOURCE = '''"""A module."""

X = 3  # why
"""About X."""


def f(a):
    """Say something,

    at length.
    """
    # why
    return "# not a comment"
'''


def substance(text):
    return source.substance(text, ast.parse(text))


def test_comments_docstrings_and_blank_lines_are_not_substance():
    assert substance(SOURCE) == ('X = 3\ndef f(a):\n    return "# not a comment"')


def test_a_changed_number_is_substance():
    assert substance(SOURCE) != substance(SOURCE.replace("3", "4"))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('def f(x): "about"; return x * 2', "def f(x): ; return x * 2"),
        ('def f(x):\n    "é"; return x * 2', "def f(x):\n    ; return x * 2"),
        (
            'class A:\n    def f(self):\n        """a\n  b"""; "c"; return 3  # why\n    y = 1',
            "class A:\n    def f(self):\n        ; ; return 3\n    y = 1",
        ),
        (
            'try: "a"; x = 1\nexcept ValueError: "b"; x = 2\nfinally: "c"; x = 3',
            "try: ; x = 1\nexcept ValueError: ; x = 2\nfinally: ; x = 3",
        ),
    ],
)
def test_code_on_the_line_of_a_docstring_is_substance(text, left):
    assert substance(text) == left


def test_versions_depend_on_every_part():
    assert source.content_version("a", 1) == source.content_version("a", 1)
    assert source.content_version("a", 1) != source.content_version("a", 2)


def reached_by_script(script):
    around = frozenset(map(source._file_of, source.AROUND_A_JOB))
    files = source.reached(source.SCRIPTS / f"{script}.py", around)
    return {file.relative_to(extensions.PACKAGE.parent).as_posix() for file in files}


@pytest.mark.parametrize(
    ("script", "wanted", "unwanted"),
    [
        ("train_gates", "neuroswitch/gates/kernel.py", "neuroswitch/rnn"),
        ("train_gates", "scripts/train_gates.py", "neuroswitch/settings/__init__.py"),
        ("train_rnn", "neuroswitch/rnn/tiles.py", "neuroswitch/mnist"),
        ("train_mnist", "neuroswitch/mnist/checkpoint.py", "neuroswitch/jobs.py"),
        ("judge", "neuroswitch/claims/statistics.py", "neuroswitch/schemas/gates.py"),
        ("analyse", "neuroswitch/analysing.py", "neuroswitch/figures"),
    ],
)
def test_a_script_depends_on_what_it_imports_and_not_on_what_lies_around_a_job(
    script, wanted, unwanted
):
    files = reached_by_script(script)
    assert wanted in files
    assert not any(file.startswith(unwanted) for file in files)


def test_a_script_counts_with_the_module_that_its_rule_names_and_with_what_writes_tables():
    figure, store = "neuroswitch.figures.figure3", "neuroswitch.store"
    assert source.script_hash("draw", figure) != source.script_hash("draw")
    assert source.script_hash("gather", store) == source.script_hash("gather")


def test_training_depends_on_the_module_that_declares_it():
    """Two trainings of MNIST share a script, which imports them by name."""
    mnist = settings.load(Path("config/laptop.yaml")).mnist
    declared = index.get("training", "mnist")
    moved = replace(declared, where=index.get("training", "mnist_multiverse").where)
    first, second = (versions.of_training(each, mnist, 0, "sizes") for each in (declared, moved))
    assert first != second


def test_parts_of_one_table_may_come_from_several_machines():
    one = {"device": "cpu", "processor": "A", "commit": "c", "dirty": False, "version": "v"}
    one |= {"python": "3.12.1", "packages": {"numpy": "2.0", "numba": "0.60"}}
    assert provenance.of_parts([one, one]) == one
    other = one | {"device": "cuda:0", "dirty": True}
    other |= {"python": "3.11.9", "packages": {"numpy": "1.26", "numba": "0.60", "torch": "2.4"}}
    together = provenance.of_parts([one, other])
    assert together["device"] == "cpu; cuda:0"
    assert together["dirty"] == "False; True"
    assert together["processor"] == "A"
    assert together["python"] == "3.11.9; 3.12.1"
    assert together["packages"] == {"numpy": "1.26; 2.0", "numba": "0.60", "torch": "2.4"}


def test_streams_depend_on_their_name_alone():
    first = seeds.generator(0, "gates", "switching", 3, "parameters").random(5)
    again = seeds.generator(0, "gates", "switching", 3, "parameters").random(5)
    np.testing.assert_array_equal(first, again)
    for other in (
        seeds.generator(1, "gates", "switching", 3, "parameters"),
        seeds.generator(0, "gates", "switching", 4, "parameters"),
        seeds.generator(0, "gates", "switching", 3, "modulation"),
        seeds.generator(0, "gates", "switching", "3", "parameters"),
    ):
        assert not np.allclose(first, other.random(5))


def test_what_git_tracks_and_what_differs_is_told_from_no_commit_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert (provenance.under_version_control(), provenance.changed()) == ([], None)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    (tmp_path / "table é").write_text("one")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run([*git, *command], check=True)
    assert (provenance.under_version_control(), provenance.changed()) == (["table é"], None)
    subprocess.run([*git, "commit", "-q", "-m", "all of it"], check=True)
    assert provenance.changed() == []
    (tmp_path / "table é").write_text("another")
    assert provenance.changed() == ["table é"]
    assert provenance.under_version_control(Path("elsewhere")) == []
