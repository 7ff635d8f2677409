"""What `make` commands hand to Snakemake, what they refuse, and what they say at the end."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import TRACKED
from workflow import calls, configuration, launch, locks, place, plan


def test_stored_results_of_the_papers_are_what_redrawing_works_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert configuration.default(from_stored=True) == Path("config/laptop.yaml")
    stored = tmp_path / "results/paper/manifest.tsv"
    stored.parent.mkdir(parents=True)
    stored.touch()
    assert configuration.default(from_stored=True) == Path("config/paper.yaml")
    assert configuration.default(from_stored=False) == Path("config/laptop.yaml")


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return a function that writes files at a time, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def write(*paths, at):
        for path in map(Path, paths):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (at, at))

    return write


FIGURE, PAGE = "paper_figures/own/figure2.pdf", "results/own/report/report.html"
VERDICTS, TABLE = "results/own/verdicts/verdicts.csv", "results/own/gates/pairs/runs.parquet"


@pytest.mark.parametrize(
    ("written", "targets", "said"),
    [
        ([FIGURE, PAGE, TABLE], [], "1 figure made in"),
        ([PAGE, TABLE], [], "report written in"),
        ([TABLE], [TABLE], f"1 file made in 0 s:\n  {TABLE}\n"),
        ([TABLE], ["tables"], f"1 file made in 0 s:\n  {TABLE}\n"),
        ([], [TABLE], f"nothing to do: {TABLE} up to date"),
        ([], [], "nothing to do: 1 figure in paper_figures/own/ up to date"),
    ],
)
def test_what_a_run_has_made_is_named(made, capsys, written, targets, said):
    made(FIGURE, PAGE, VERDICTS, TABLE, at=1000)
    Path(VERDICTS).write_text("role,outcome\nclaim,supported\npart,supported\n", encoding="utf-8")
    os.utime(VERDICTS, (1000, 1000))
    start = time.time()
    made(*written, at=start + 1)
    launch.say_what_was_made("own", start, targets)
    printed = capsys.readouterr().out
    assert said in printed
    assert ("1 verdicts (1 supported)" in printed) == (not targets)


def test_a_deleted_text_of_verdicts_is_said_and_how_it_is_made(made, capsys):
    made(FIGURE, PAGE, at=1000)
    launch.say_what_was_made("own", time.time(), [])
    assert f"{VERDICTS} is missing; `make reproduce TARGETS={VERDICTS}`" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "summary"),
    [(TRACKED, "REPRODUCTION.md"), ("smoke", "results/smoke/report/REPRODUCTION.md")],
)
def test_files_without_a_recipe_are_targets_too(config, summary):
    known = configuration.targets(configuration.recipes(Path(f"config/{config}.yaml")), config)
    names = ("report/report.html", "verdicts/verdicts.csv", "manifest.tsv", "recipes.json")
    wanted = [summary, *(f"results/{config}/{name}" for name in names)]
    configuration.require_known([*wanted, f"results/{config}/verdicts/verdicts.parquet"], known)
    with pytest.raises(NeuroswitchError, match=f"did you mean '{wanted[1]}'"):
        configuration.require_known(["report.html"], known)


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Put a program in the place of Snakemake, which prints its arguments and environment."""
    program = tmp_path / "stub"
    program.write_text('#!/bin/sh\necho "$@" > arguments\nenv > environment\necho draw_figure2\n')
    program.chmod(0o755)
    monkeypatch.setattr(calls, "COMMAND", (str(program),))
    monkeypatch.chdir(tmp_path)
    return tmp_path


OPTIONS = ["--configfile", "own.yaml"]


def test_targets_of_a_plan_come_before_options_that_would_take_them(stub):
    plan.graph([FIGURE, *OPTIONS])
    given = (stub / "arguments").read_text().split()
    assert given[:5] == [FIGURE, *OPTIONS, "--dag", "dot"]


def test_a_users_settings_of_snakemake_do_not_reach_it(stub, monkeypatch):
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "cluster")
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", "/cache")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(stub))
    assert calls.run("all") == 0
    assert "SNAKEMAKE" not in (stub / "environment").read_text()
    assert "XDG_CACHE_HOME" not in (stub / "environment").read_text()
    (stub / "file").touch()
    monkeypatch.setenv("HOME", str(stub / "file"))
    calls.ask("--list-rules")
    assert f"XDG_CACHE_HOME={stub}/.snakemake/cache" in (stub / "environment").read_text()


def test_an_interrupt_waits_until_snakemakes_logger_can_receive_it(stub, monkeypatch):
    """Before, it would be a traceback of whatever is being imported."""
    code = "import signal; open('held', 'w').write(repr(signal.pthread_sigmask(0, [])))"
    monkeypatch.setattr(calls, "COMMAND", (sys.executable, "-c", code))
    assert calls.run("all") == 0
    assert "SIGINT" in (stub / "held").read_text()


def test_what_snakemake_says_of_its_failure_is_the_message(stub):
    said = "echo using a profile >&2\necho error: no key >&2"
    (stub / "stub").write_text(f"#!/bin/sh\n{said}\nexit 1\n")
    with pytest.raises(NeuroswitchError, match=r"^no key$"):
        calls.ask("--list-rules")


def test_all_cores_are_those_of_an_allocation(monkeypatch):
    monkeypatch.delenv("SLURM_CPUS_ON_NODE", raising=False)
    bound = len(os.sched_getaffinity(0))
    assert configuration.cores("all") == bound
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "1")
    assert configuration.cores("all") == 1
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", str(bound + 1))
    assert configuration.cores("all") == bound
    assert configuration.cores("7") == 7
    for wrong in ("0", "-1", "two"):
        with pytest.raises(NeuroswitchError, match="positive whole number or `all`"):
            configuration.cores(wrong)


def test_only_configurations_are_offered_as_such():
    assert configuration.names() == ["laptop.yaml", "paper.yaml", "smoke.yaml"]
    with pytest.raises(NeuroswitchError, match=r"holds laptop\.yaml, paper\.yaml, smoke\.yaml$"):
        configuration.typed(Path("config/papr.yaml"))


def test_a_configuration_without_a_name_would_write_over_the_results_of_the_base(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("seed: 3\n", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match=r"from laptop\.yaml, and has no name of its own"):
        configuration.typed(own)
    own.write_text("seed: 3\nscale: own\n", encoding="utf-8")
    assert configuration.typed(own).scale == "own"


@pytest.mark.parametrize("character", sorted(place.BREAKING))
def test_a_path_that_breaks_snakemake_is_refused(character, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place.check(Path("/home/me/neuro-switch_2.0/.venv/bin/python"))
    with pytest.raises(NeuroswitchError, match="Snakemake cannot run from this folder"):
        place.check(Path(f"/home/me/a{character}1/.venv/bin/python"))


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("/own/.venv/bin/python -m snakemake --cores 2", True),
        ("/own/.venv/bin/python3 /own/.venv/bin/snakemake -n", True),
        ("python /own/.snakemake/scripts/tmp1.train.py", True),
        ("/usr/bin/snakemake", True),
        ("tail -f .snakemake/log/2026.snakemake.log", False),
        ("vim snakemake", False),
        ("python -m pytest snakemake", False),
        ("", False),
    ],
)
def test_a_process_is_snakemake_by_what_it_runs(line, is_one):
    assert locks.runs_snakemake(line.split()) == is_one


def ending(function):
    """Return exit code and standard error of a command whose main function is another."""
    code = f"from workflow import command\nfrom neuroswitch.errors import *\n{function}"
    path = os.pathsep.join([str(Path("workflow").absolute()), str(Path().absolute())])
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\ncommand.run(main)"],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    return result.returncode, result.stderr


def test_every_command_ends_with_a_message_and_no_traceback():
    assert ending("def main(): raise NeuroswitchError('no table')") == (1, "error: no table\n")
    assert ending("def main(): raise KeyboardInterrupt") == (130, "stopped\n")
    assert ending("def main(): return 3") == (3, "")
