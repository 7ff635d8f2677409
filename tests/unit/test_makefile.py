"""The Makefile with a program in the place of .venv's Python, which prints what it is given."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

MAKEFILE = Path("Makefile").read_text(encoding="utf-8")
STUB = '#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\nenv\n'


@pytest.fixture
def folder(tmp_path):
    """Return a folder with the Makefile in which everything is installed."""
    for name in ("Makefile", "pyproject.toml", "envs/lock.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(name, tmp_path / name)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(STUB)
    python.chmod(0o755)
    (tmp_path / ".venv/installed").write_text(f"{tmp_path}\n")
    return tmp_path


REQUIREMENTS = ("tests/report/requirements.txt", "benchmarks/requirements.txt")


def make(folder, *arguments, **environment):
    # Without what the make that runs these tests hands on.
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "PIP_"))}
    return subprocess.run(
        ["make", *arguments], cwd=folder, env=kept | environment, capture_output=True, text=True
    )


def test_help_names_every_target_and_every_variable():
    printed = make(Path(), "help").stdout
    (targets,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    for target in set(targets.split()) - {"help"}:
        assert f"make {target} " in printed, target
    (exported,) = re.findall(r"^export (PYTHON .*)$", MAKEFILE, re.MULTILINE)
    for variable in exported.split():
        assert f"{variable}=" in printed, variable
    assert max(map(len, printed.splitlines())) <= 100


@pytest.mark.parametrize("goal", ["reproduce", "figures", "verify", "plan", "cluster", "costs"])
def test_a_path_with_a_space_stays_one_word(folder, goal):
    given = make(folder, goal, "CONFIG=my config/a (1).yaml", "TARGETS=one.pdf two.pdf").stdout
    assert "<--config>\n<my config/a (1).yaml>\n" in given
    if goal not in ("verify", "costs"):
        assert "<one.pdf>\n<two.pdf>\n" in given
    if goal == "cluster":
        named = make(folder, goal, "PROFILE=my profile", "PARTITION=a b", "ACCOUNT=c d").stdout
        for words in ("<--profile>\n<my profile>", "<--partition>\n<a b>", "<--account>\n<c d>"):
            assert words in named


def test_a_locale_without_utf8_changes_nothing(folder):
    assert "\nPYTHONUTF8=1\n" in make(folder, "plan", PYTHONUTF8="0", LC_ALL="C").stdout


def test_pip_installs_into_the_environment_whatever_a_user_has_set(folder):
    """Installation goes on with the stub, as it is there already."""
    (folder / ".venv/installed").unlink()
    shutil.copytree("workflow", folder / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    stub = folder / "python"
    stub.write_text(f'#!/bin/sh\n[ "$2" = venv ] && exit\nexec {sys.executable} "$@"\n')
    stub.chmod(0o755)
    printed = make(folder, "plan", f"PYTHON={stub}", PIP_USER="1", PIP_TARGET="/elsewhere").stdout
    assert "<pip>\n<install>" in printed
    assert "<--no-deps>\n<--editable>\n<.>" in printed
    assert "PIP_USER=0" in printed
    assert "PIP_TARGET" not in printed


def test_the_environment_may_be_a_link_to_another_disk(folder):
    real = folder / "scratch/environment"
    shutil.rmtree(folder / ".venv")
    (folder / ".venv").symlink_to(real)
    shutil.copytree("workflow", folder / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    # Stops where the packages would be installed, as there is no network in this test.
    result = make(folder, "plan", f"PYTHON={sys.executable}", PIP_NO_INDEX="1")
    assert "Unable to create directory" not in result.stdout + result.stderr
    assert (real / "bin/python").exists()


def test_a_folder_that_was_moved_is_told_so(folder):
    assert make(folder, "plan").stderr == ""
    moved = folder.with_name("moved")
    folder.rename(moved)
    told = make(moved, "plan").stderr
    assert f"was set up in {folder}" in told
    assert "rm -r .venv" in told


def test_no_program_of_the_environment_is_called_by_its_first_line():
    """That line holds the path of the folder in which it was installed."""
    rules = MAKEFILE
    assert set(re.findall(r"\$\(BIN\)/(\w+)", rules)) == {"python"}


def test_an_installed_copy_has_what_it_imports():
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    dynamic = project["tool"]["setuptools"]["dynamic"]
    files = {"dependencies": "requirements.txt", "optional-dependencies": "development.txt"}
    for key, name in files.items():
        assert key in project["project"]["dynamic"]
        assert f"envs/{name}" in str(dynamic[key])
    locked = Path("envs/lock.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for line in Path("envs/development.txt").read_text(encoding="utf-8").lower().splitlines():
        assert line.startswith("#") or f"\n{line}==" in locked, line


def test_the_many_kills_are_those_of_their_own_target(folder):
    for done in (*REQUIREMENTS, ".venv/validator/installed", ".venv/benchmark"):
        (folder / done).parent.mkdir(parents=True, exist_ok=True)
        (folder / done).touch()
    assert "KILLS=30" in make(folder, "test-kills").stdout
    assert "KILLS=7" in make(folder, "test-kills", "KILLS=7").stdout
    assert "KILLS=" not in make(folder, "test").stdout


@pytest.fixture
def failing(folder):
    """Return a Python whose environments have one that can do nothing but what WORKS says."""
    inside, python = folder / "inside", folder / "python"
    inside.write_text('#!/bin/sh\n[ "$3" = "$WORKS" ]\n')
    python.write_text(
        '#!/bin/sh\n[ "$3" = --clear ] && shift\nmkdir -p "$3/bin" && cp inside "$3/bin/python"\n'
    )
    for file in (inside, python):
        file.chmod(0o755)
    return python


def test_what_pip_has_not_finished_is_tried_again(folder, failing):
    for done in REQUIREMENTS:
        (folder / done).parent.mkdir(parents=True, exist_ok=True)
        (folder / done).touch()
    for _ in range(2):
        assert make(folder, "test", f"PYTHON={failing}", WORKS="nothing").returncode


def test_a_lock_that_cannot_be_made_leaves_the_earlier_one(folder, failing):
    assert make(folder, "lock", f"PYTHON={failing}", WORKS="install").returncode
    assert (folder / "envs/lock.txt").read_bytes() == Path("envs/lock.txt").read_bytes()


def test_a_schema_that_cannot_be_written_leaves_nothing_beside_it(folder):
    (folder / "config").mkdir()
    (folder / ".venv/bin/python").write_text("#!/bin/sh\nexit 1\n")
    assert make(folder, "schema").returncode
    assert not list((folder / "config").iterdir())
    (folder / ".venv/bin/python").write_text("#!/bin/sh\necho {}\n")
    assert make(folder, "schema").returncode == 0
    assert [file.name for file in (folder / "config").iterdir()] == ["schema.json"]
