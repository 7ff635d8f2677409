"""What goes wrong is one clear message and a non-zero exit, and nothing half-written."""

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from neuroswitch import index


def failed(result):
    """Return what a failed command printed."""
    assert result.returncode != 0
    return result.stdout + result.stderr


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("runs: 10}", "run: 10}", "unknown key; did you mean 'runs'?"),
        ("cycles: 60\n", "cycles: -60\n", "greater than 0 (found -60)"),
        ("pairs: {runs: 20}", "pairs: {tasks: AND/XR}", "no gate is called 'XR'"),
        ("pairs: {runs: 20}", "pairs: {modulator: {family: gausian}}", "did you mean 'gaussian'"),
    ],
)
def test_a_wrong_configuration_is_named_by_snakemake_and_by_make(
    project, tmp_path, old, new, message
):
    copy = project.copied(tmp_path / "neuroswitch")
    copy.edit("config/smoke.yaml", old, new)
    for result in (
        copy.snakemake("--dry-run"),
        copy.run("workflow.launch", "reproduce", "--config", "config/smoke.yaml"),
    ):
        printed = failed(result)
        assert message in printed
        assert "Traceback" not in printed
    assert not (copy.folder / "results").exists()


def test_a_configuration_that_does_not_exist_lists_those_that_do(project):
    printed = failed(project.run("workflow.launch", "reproduce", "--config", "config/papr.yaml"))
    assert "there is no configuration config/papr.yaml; config/ holds" in printed
    assert "laptop.yaml" in printed


def test_a_cluster_without_slurm_is_named_before_anything_runs(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    copy.environment["PATH"] = str(tmp_path)
    printed = failed(copy.run("workflow.launch", "cluster", "--config", "config/smoke.yaml"))
    assert "there is no Slurm on this machine (no command sinfo)" in printed
    assert "make reproduce" in printed
    assert "Traceback" not in printed
    assert not (copy.folder / "results").exists()


def test_figures_without_results_say_what_to_run_first(project):
    printed = failed(project.run("workflow.launch", "figures", "--config", "config/smoke.yaml"))
    assert "results/smoke does not exist" in printed
    assert "make reproduce" in printed


def test_a_partly_made_scale_says_what_is_missing_and_what_makes_it(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    (copy.folder / "results/smoke").mkdir(parents=True)
    for goal in ("figures", "report"):
        printed = failed(copy.run("workflow.launch", goal, "--config", "config/smoke.yaml"))
        assert "needs files that are missing:\n  results/smoke/" in printed
        assert "Run `make reproduce CONFIG=config/smoke.yaml` first" in printed
        assert "Traceback" not in printed
        assert "Exception" not in printed
    # Until all that is missing of one figure is there, if in name only: no other one is asked for.
    one = ("figures", "paper_figures/smoke/figure5.pdf", "--config", "config/smoke.yaml")
    while "files that are missing" in (printed := failed(copy.run("workflow.launch", *one))):
        for named in re.findall(r"^  (results/\S+)$", printed, re.MULTILINE):
            assert named.startswith("results/smoke/mnist/")
            (copy.folder / named).parent.mkdir(parents=True, exist_ok=True)
            (copy.folder / named).touch()
    assert "is not a readable parquet file" in printed


def test_redrawing_with_a_wrong_configuration_names_its_fault(project, tmp_path):
    """Which Snakemake finds, when it is asked for the names of its rules."""
    copy = project.copied(tmp_path / "neuroswitch")
    (copy.folder / "results/smoke").mkdir(parents=True)
    copy.edit("config/ambiguities.yaml", "question:", "qestion:")
    printed = failed(copy.run("workflow.launch", "figures", "--config", "config/smoke.yaml"))
    assert "did you mean 'question'" in printed
    assert "Traceback" not in printed


def test_the_plan_of_one_figure_is_made_without_a_home_and_without_utf8(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    home = tmp_path / "home"
    home.touch()
    locale = {"PYTHONCOERCECLOCALE": "0", "LC_ALL": "C", "PYTHONUTF8": "1"}
    copy.environment.update(locale, HOME=str(home), SNAKEMAKE_PROFILE="no_such_profile")
    copy.environment.pop("XDG_CACHE_HOME", None)
    target = "paper_figures/smoke/figure3.pdf"
    result = copy.run("workflow.launch", "plan", target, "--config", "config/smoke.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split()[0] for line in result.stdout.partition("\n\n")[0].splitlines()]
    assert rows == ["figure", "figure3", "everything"]


def test_an_unreadable_table_that_only_training_makes_is_named(workspace):
    table = workspace.folder / "results/smoke/gates/unmodulated/history.parquet"
    table.write_bytes(b"not parquet")
    drawn = "paper_figures/smoke/figure3.pdf"
    redraw = ("workflow.launch", "figures", drawn, "--config", "config/smoke.yaml")
    printed = failed(workspace.run(*redraw))
    assert "history.parquet is not a readable parquet file" in printed
    assert "delete it and run again" in printed
    assert "ArrowInvalid" not in printed


@pytest.mark.parametrize("folder", ["results", "paper_figures", "logs"])
def test_a_folder_that_cannot_be_written_is_named_before_anything_runs(project, tmp_path, folder):
    copy = project.copied(tmp_path / "neuroswitch")
    (copy.folder / folder).write_text("in the way")
    printed = failed(copy.snakemake())
    assert f"{folder} is not a folder that can be written" in printed
    assert "Traceback" not in printed
    assert not (copy.folder / "results" / "smoke").exists()


@pytest.fixture
def read_only(tmp_path):
    """Return a folder that nobody can write: by its mode, or for root by its immutable flag."""
    folder = tmp_path / "read_only"
    folder.mkdir()
    folder.chmod(0o555)
    root = os.access(folder, os.W_OK)
    if root:
        subprocess.run(["chattr", "+i", folder], check=True)
    yield folder
    if root:
        subprocess.run(["chattr", "-i", folder], check=True)
    folder.chmod(0o755)


def test_a_read_only_results_folder_is_named_before_anything_runs(project, tmp_path, read_only):
    copy = project.copied(tmp_path / "neuroswitch")
    (copy.folder / "results").symlink_to(read_only)
    printed = failed(copy.snakemake())
    assert "results is not a folder that can be written, and results/smoke belongs" in printed
    assert "Traceback" not in printed
    assert list(read_only.iterdir()) == []


def test_a_folder_of_somebody_else_is_named_before_anything_is_written(project, read_only):
    result = subprocess.run(
        [sys.executable, "-m", "workflow.launch", "reproduce", "--config", "config/smoke.yaml"],
        cwd=read_only,
        env=project.environment,
        capture_output=True,
        text=True,
    )
    printed = failed(result)
    assert printed.startswith(f"error: you are not allowed to write to {read_only}")
    assert "clone the project into a folder of your own" in printed


def test_without_mnist_every_other_figure_is_made_and_the_reason_comes_last(workspace, tmp_path):
    workspace.edit(
        "config/smoke.yaml", "  dataset: digits\n", "  mirrors: ['http://127.0.0.1:9']\n"
    )
    # One that needs no images is to be made beside those that do.
    needing = {"figure5", "mnist_multiverse"}
    figures = workspace.folder / "paper_figures/smoke"
    for name in (*needing, "periods"):
        for path in figures.glob(f"{name}.*"):
            path.unlink()
    tools = tmp_path / "tools"
    tools.mkdir()
    # Snakemake runs jobs by bash, and its Slurm plugin looks for Slurm by which.
    for tool in ("bash", "which"):
        (tools / tool).symlink_to(shutil.which(tool))
    workspace.environment["PATH"] = str(tools)
    printed = failed(workspace.run("workflow.launch", "reproduce", "--config", "config/smoke.yaml"))
    made = {p.stem for p in figures.iterdir()}
    drawn = {name for name, each in index.all_of("figure").items() if not each.of_experiments}
    assert made == drawn - needing
    closing = printed.rpartition("failed after")[2]
    assert "MNIST could not be retrieved. Tried in this order:" in closing
    assert "http://127.0.0.1:9" in closing
    assert "there is no command npm" in closing
    assert "To place the files by hand" in closing
    assert "Only the figures figure5, mnist_multiverse and reviewers need them" in closing
    assert printed.count("MNIST could not be retrieved") == 1
    assert not (workspace.folder / "data").exists() or not list(
        (workspace.folder / "data").rglob("*ubyte*")
    )


def test_a_start_is_refused_where_another_machine_may_run_the_first(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    locks = copy.folder / ".snakemake" / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "0.input.lock").touch()
    (copy.folder / ".snakemake" / "host").write_text("login2")
    start = ("workflow.launch", "reproduce", "--config", "config/smoke.yaml")
    printed = failed(copy.run(*start))
    assert "was started in this folder on login2" in printed
    assert list(locks.iterdir()), "the lock of the other one is gone"


def test_a_second_start_is_refused_while_the_first_runs(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    first = copy.start("workflow.launch", "reproduce", "--config", "config/smoke.yaml")
    locks = copy.folder / ".snakemake" / "locks"
    try:
        while not (locks.is_dir() and any(locks.iterdir())):
            assert first.poll() is None
        second = copy.run("workflow.launch", "reproduce", "--config", "config/smoke.yaml")
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    assert "Snakemake already runs in this folder" in failed(second)
