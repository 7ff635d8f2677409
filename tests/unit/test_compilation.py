"""Compiled code is kept where a folder can be written, and runs where none can."""

import os
import shutil
import subprocess
import sys

import pytest

from neuroswitch import source
from neuroswitch.extensions import PACKAGE

SCRIPT = """
import logging
logging.basicConfig()
from neuroswitch.demo import twice
print(twice(21))
"""
DEMO = """
from neuroswitch.compilation import compiled
from neuroswitch.demo_part import factor

@compiled
def twice(x):
    return factor(x)
"""
PART = """
from neuroswitch.compilation import compiled

@compiled
def factor(x):
    return 2 * x
"""


@pytest.fixture
def library(tmp_path):
    """Return a copy of what compiles, with a module that calls into another."""
    package = tmp_path / "library" / "neuroswitch"
    package.mkdir(parents=True)
    for name in ("__init__", "compilation"):
        for file in source.reached(PACKAGE / f"{name}.py"):
            shutil.copy(file, package)
    (package / "demo.py").write_text(DEMO)
    (package / "demo_part.py").write_text(PART)
    return package


def run(library, **variables):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")}
    environment |= {"PYTHONPATH": str(library.parent), "PYTHONDONTWRITEBYTECODE": "1", **variables}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True
    )


def kept(folder):
    """Return the files of machine code, and when each was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.nbc")}


def test_machine_code_is_kept_beside_the_source_and_used_again(library):
    assert run(library).stdout == "42\n"
    first = kept(library)
    assert first
    assert run(library).stdout == "42\n"
    assert kept(library) == first


GENERATED = """
from neuroswitch.compilation import generated
from neuroswitch.demo_part import factor

code = "@compiled\\ndef twice(x):\\n    return factor(x)\\n"
twice = generated(code, {"factor": factor}, "by factor", "neuroswitch.demo_part").twice
"""


def test_code_that_was_made_is_kept_with_its_machine_code_until_what_it_calls_changes(library):
    (library / "demo.py").write_text(GENERATED)
    assert run(library).stdout == "42\n"
    first = kept(library)
    assert len(list(library.rglob("passes.py"))) == 1
    assert run(library).stdout == "42\n"
    assert kept(library) == first
    (library / "demo_part.py").write_text(PART.replace("2 * x", "3 * x"))
    assert run(library).stdout == "63\n"


def test_an_edit_of_a_called_file_is_noticed(library):
    assert run(library).stdout == "42\n"
    (library / "demo_part.py").write_text(PART.replace("2 * x", "3 * x"))
    assert run(library).stdout == "63\n"


def test_a_folder_of_numbas_own_is_respected(library, tmp_path):
    run(library, NUMBA_CACHE_DIR=str(tmp_path / "own"))
    assert kept(tmp_path / "own")
    assert not kept(library)


def test_a_read_only_install_uses_the_users_folder(library, tmp_path):
    (library / "__pycache__").write_text("in the way")
    result = run(library, XDG_CACHE_HOME=str(tmp_path / "home"))
    assert result.stdout == "42\n"
    assert result.stderr == ""
    assert kept(tmp_path / "home")


def test_without_any_folder_it_runs_and_says_so_once(library, tmp_path):
    (library / "__pycache__").write_text("in the way")
    (tmp_path / "home").write_text("in the way too")
    result = run(library, XDG_CACHE_HOME=str(tmp_path / "home"))
    assert result.stdout == "42\n"
    assert result.stderr.count("compiled code is not kept") == 1
    assert "NUMBA_CACHE_DIR" in result.stderr


OVERLAP = """
from neuroswitch.compilation import disjoint

@disjoint
def last_of_two(a, b):
    a[0] = 1
    b[0] = 2
    return a[0]
"""


def test_arrays_of_a_disjoint_function_are_taken_to_share_no_memory(library):
    """It may answer with what it wrote to one array, without looking again."""
    script = "import numpy as np; from neuroswitch.demo import last_of_two as f; x = np.zeros(1); "
    for kind, answer in (("disjoint", "1.0"), ("compiled", "2.0")):
        (library / "demo.py").write_text(OVERLAP.replace("disjoint", kind))
        environment = os.environ | {"PYTHONPATH": str(library.parent)}
        found = subprocess.run(
            [sys.executable, "-c", script + "print(f(x, x))"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == answer
