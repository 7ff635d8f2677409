"""What makes a stored file be made again, wherever it lies; and what a job that fails leaves."""

import hashlib
import os
import random
import shutil
import subprocess

import pytest

from neuroswitch import index, schemas, store

LIBRARY = "workflow/neuroswitch"
DRAWN = {name for name, each in index.all_of("figure").items() if not each.of_experiments}
GATES = {
    "train_gates",
    "gather_gates",
    "train_traced_gates",
}
RECURRENT = {"train_rnn", "gather_rnn"}
MNIST = {
    "train_mnist",
    "gather_mnist",
    "train_mnist_multiverse",
    "gather_mnist_multiverse",
    "train_sequences",
    "gather_sequences",
}
PLAN = ("workflow.launch", "plan", "--config", "config/smoke.yaml")


def worked_in(project, target):
    """The folder in which everything was made."""
    return project


def cloned(project, target):
    """What a clone gets of a folder in which the results are under version control."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "-f", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=project.folder, check=True)
    subprocess.run([*git, "clone", "-q", project.folder, target], check=True)
    shutil.rmtree(target / ".snakemake")
    return project.at(target)


def unpacked(project, target):
    """A copy without version control and without Snakemake's records, its times in disorder."""
    copy = project.copied(target)
    shutil.rmtree(target / ".snakemake")
    files = [path for path in target.rglob("*") if path.is_file()]
    random.Random(0).shuffle(files)
    for age, path in enumerate(files):
        os.utime(path, (1.7e9 + age, 1.7e9 + age))
    return copy


@pytest.fixture(params=[worked_in, cloned, unpacked], ids=lambda make: make.__name__)
def stored(request, workspace, tmp_path):
    """Return a finished project as users come by it."""
    return request.param(workspace, tmp_path / "elsewhere")


def test_a_finished_project_is_current_wherever_it_lies_and_an_edit_is_seen(stored):
    assert stored.counted() == {}
    assert "nothing to do" in stored.run(*PLAN).stdout
    stored.edit(f"{LIBRARY}/store.py", '"compression": "zstd"', '"compression": "zst" "d"')
    assert stored.planned().keys() >= GATES | MNIST | RECURRENT


def test_an_edit_runs_again_what_it_can_change_and_nothing_else(workspace, tmp_path):
    stored = cloned(workspace, tmp_path / "elsewhere")
    stored.edit(
        f"{LIBRARY}/gates/kernel.py",
        "# The output's bias is NaN from then on.",
        "#",
    )
    stored.edit("workflow/scripts/train_gates.py", '"""Rule train_gates', '"""The rule')
    assert stored.planned() == {}, "no number depends on a comment"

    stored.edit(f"{LIBRARY}/figures/modulators.py", "2.1 * len", "2.2 * len")
    assert stored.planned() == {"draw_modulators": 1}

    stored.edit(
        f"{LIBRARY}/figures/drawing.py", "import_module(module)", "import_module(module[:])"
    )
    planned = stored.planned()
    assert planned == {f"draw_{name}": 1 for name in DRAWN}

    stored.edit(
        f"{LIBRARY}/schemas/gates.py",
        'Column("vote", "string", "gate of most',
        'Column("vote", "large_string", "gate of most',
    )
    planned = stored.planned()
    assert {"analyse_neighbours", "judge"} <= planned.keys()
    assert not planned.keys() & {"analyse_mapping", *GATES, *MNIST, *RECURRENT}

    stored.edit("config/smoke.yaml", "orderings: {runs: 10}", "orderings: {runs: 11}")
    planned = stored.planned()
    assert planned["train_gates"] == planned["gather_gates"] == 1
    assert "train_traced_gates" not in planned
    (everything,) = (row for row in stored.run(*PLAN).stdout.splitlines() if "everything" in row)
    assert everything.split()[1] == "1"

    stored.edit("workflow/scripts/train_rnn.py", "map(int, ", "map(int, *[] or [")
    stored.edit("workflow/scripts/train_rnn.py", 'split("-"))', 'split("-")])')
    planned = stored.planned()
    assert planned.keys() >= RECURRENT
    assert not planned.keys() & {"train_traced_gates", *MNIST}

    stored.edit(f"{LIBRARY}/gates/kernel.py", "LEAST_CHANCE = 3.72", "LEAST_CHANCE = +3.72")
    planned = stored.planned()
    assert planned.keys() >= GATES
    assert not planned.keys() & MNIST


def test_why_a_file_is_made_again_is_said(workspace):
    workspace.edit(f"{LIBRARY}/figures/modulators.py", "2.1 * len", "2.2 * len")
    result = workspace.snakemake("--dry-run")
    assert (
        "draw_modulators will run again: paper_figures/smoke/modulators.pdf was made by other "
        "code or another configuration" in result.stdout + result.stderr
    )


def test_a_setting_is_trained_again_where_another_is_nearest_and_else_it_is_kept(workspace):
    folder = workspace.folder / "results/smoke/gates"
    nearest = folder / "multiverse/nearest.parquet"
    table = schemas.read(nearest)
    log = workspace.folder / "logs/smoke/gates/reconstructed/all.log"
    trained = "results/smoke/gates/reconstructed/pairs/runs.parquet"
    before = workspace.hashes()

    def place(universe):
        footer = store.provenance_of(nearest)
        schemas.write_all({"nearest": universe}, {"nearest": nearest}, footer)

    place(table)
    assert workspace.planned() == {}, "it holds what it held"

    # Other code finds the same universes: jobs run, and train nothing.
    workspace.edit(f"{LIBRARY}/gates/scope/reconstruction.py", "LARGEST = 10.0", "LARGEST = +10.0")
    planned = workspace.planned()
    assert planned.keys() >= {"analyse_reconstruction", "train_second_round", "train_confirmation"}
    assert not planned.keys() & {"train_multiverse", "gather_multiverse", *GATES, *MNIST}
    assert "run-epochs" in log.read_text(encoding="utf-8")
    result = workspace.snakemake(trained)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "run-epochs" not in log.read_text(encoding="utf-8")
    assert workspace.hashes() == before
    assert "train_confirmation" not in workspace.planned()

    place(table.assign(learning_rate=2 * table["learning_rate"]))
    planned = workspace.planned()
    assert planned["train_confirmation"] == 1
    assert not planned.keys() & {"train_multiverse", "train_second_round"}
    result = workspace.snakemake(trained)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "run-epochs" in log.read_text(encoding="utf-8")
    assert workspace.hashes()[trained] != before[trained]


def digests(project):
    folder = project.folder / "paper_figures" / "smoke"
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_a_table_that_was_cut_off_is_made_again(workspace):
    tables = workspace.hashes()
    cut = {"gates/mapping_two_layers/components": 500, "gates/pairs/runs": 0}
    paths = {f"results/smoke/{table}.parquet": size for table, size in cut.items()}
    for path, size in paths.items():
        os.truncate(workspace.folder / path, size)
    planned = workspace.planned()
    assert {"analyse_mapping", "train_gates", "gather_gates"} <= planned.keys()
    assert planned["train_gates"] == 1
    result = workspace.snakemake(*paths)
    assert result.returncode == 0, result.stdout + result.stderr
    assert workspace.hashes() == tables
    assert workspace.counted() == {}, "what is made from tables that hold what they held stays"


@pytest.mark.parametrize(
    ("script", "made"),
    [
        ("draw", "paper_figures/smoke/modulators.svg"),
        ("analyse", "results/smoke/gates/pairs/success.parquet"),
    ],
)
def test_what_was_there_before_a_failed_job_is_there_after_it(workspace, script, made):
    before = (workspace.folder / made).read_bytes()
    path = workspace.folder / f"workflow/scripts/{script}.py"
    failing = (
        "from neuroswitch.errors import NeuroswitchError\nraise NeuroswitchError('as asked')\n"
    )
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{failing}", encoding="utf-8")
    result = workspace.snakemake(made)
    assert result.returncode != 0
    assert (workspace.folder / made).read_bytes() == before


def test_files_with_a_time_in_the_future_are_taken_as_they_are(workspace):
    before = digests(workspace)
    for path in workspace.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (4e9, 4e9))
    assert workspace.planned() == {}
    workspace.edit(f"{LIBRARY}/figures/modulators.py", "2.1 * len", "2.2 * len")
    assert workspace.planned() == {"draw_modulators": 1}
    result = workspace.snakemake("paper_figures/smoke/modulators.pdf")
    assert result.returncode == 0, result.stdout + result.stderr
    after = digests(workspace)
    assert after.keys() == before.keys()
    assert {name.split(".")[0] for name in before if before[name] != after[name]} == {"modulators"}


def test_declaring_that_tables_hold_leaves_a_record_and_trains_nothing(workspace):
    tables = workspace.hashes("results/smoke/gates/pairs")
    # Every table is written by this module.
    workspace.edit(f"{LIBRARY}/store.py", '"compression": "zstd"', '"compression": "zstd" or None')
    assert workspace.planned().keys() >= GATES | MNIST | RECURRENT
    result = workspace.run("workflow.touch", "--config", "config/smoke.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "are declared to hold for the code as it is" in result.stdout
    planned = workspace.planned()
    assert not planned.keys() & (GATES | MNIST | RECURRENT)
    # The last two have a setting between them and the analysis that found it, which is looked at.
    assert planned.keys() >= {"analyse_success", "analyse_comparison", "draw_figure3_reconstructed"}
    assert planned["train_confirmation"] == 1
    assert workspace.hashes("results/smoke/gates/pairs") == tables
