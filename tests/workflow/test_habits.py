"""What Snakemake's own users expect to work: modules, other folders, clusters, cleaning."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from neuroswitch import settings
from tests.stored import STORED
from tests.workflow.conftest import ROOT

SUBMITTED = {
    "train_gates",
    "train_traced_gates",
    "train_mnist",
    "train_mnist_multiverse",
    "train_sequences",
    "train_multiverse",
    "train_second_round",
    "train_confirmation",
    "train_capacity",
    "train_library",
    "analyse_neighbours",
    "analyse_neighbours_reconstructed",
    "analyse_deciding",
    "train_rnn",
    "analyse_measure_wait_go",
    "analyse_multitask",
    "analyse_element_finder",
    "analyse_tested",
    "analyse_fading",
    "analyse_pushes",
    "analyse_restoring",
    "analyse_bridge",
    "analyse_step_times",
}
"""Rules whose jobs go to a cluster; docs/cluster.md says that the head does the others."""

OWN = """
scale: mine
gates:
  primary: {cycles: 20, runs_per_job: 100, recorded_cycles: 4}
  experiments: {pairs: {runs: 4}}
"""
MODULE = """
configfile: "own.yaml"

module neuroswitch:
    snakefile: "SNAKEFILE"
    config: config

use rule * from neuroswitch
"""


def test_only_what_takes_minutes_is_sent_to_a_cluster(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    asking = (
        "print('sent:', *({r.name for r in workflow.rules if r.script} - workflow._localrules))"
    )
    copy.edit("workflow/Snakefile", "rule all:", f"{asking}\n\n\nrule all:")
    result = copy.snakemake("--list-rules")
    (line,) = re.findall("sent: (.*)", result.stdout)
    assert set(line.split()) == SUBMITTED


RESOURCES = """
from snakemake.iocontainers import Wildcards

for each in workflow.rules:
    if each.script and each.name not in workflow._localrules:
        names = each.wildcard_constraints.get("experiment", "").split("|")
        job = Wildcards(fromdict={"experiment": names[0], "chunk": "0-0"})
        print("asks:", each.name, *(
            each.expand_resources(job, [], attempt)[resource]
            for attempt in (1, 2, 3)
            for resource in ("mem_mb", "runtime")
        ))
"""


def test_a_job_that_is_sent_again_asks_for_twice_the_memory_and_time(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    copy.edit("workflow/Snakefile", "rule all:", f"{RESOURCES}\n\nrule all:")
    result = copy.snakemake("--list-rules")
    asked = re.findall(r"asks: (\w+) (.*)", result.stdout)
    assert {rule for rule, _ in asked} == SUBMITTED, result.stdout + result.stderr
    for rule, numbers in asked:
        values = [int(number) for number in numbers.split()]
        first, second, third = values[:2], values[2:4], values[4:]
        assert second == pytest.approx([2 * number for number in first], abs=1), rule
        assert third == pytest.approx([4 * number for number in first], abs=3), rule


@pytest.fixture
def elsewhere(project, tmp_path):
    """Return the project as seen from an empty folder that is not its own."""
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    return project.seen_from(tmp_path)


def test_another_workflow_takes_it_as_its_module_by_either_file(elsewhere, project):
    target = "results/mine/gates/pairs/runs.parquet"

    def made_by(snakefile):
        text = MODULE.replace("SNAKEFILE", f"{project.folder}/{snakefile}")
        (elsewhere.folder / "Snakefile").write_text(text, encoding="utf-8")
        result = elsewhere.run("snakemake", target, "--cores", "2")
        assert result.returncode == 0, result.stdout + result.stderr
        assert not (project.folder / "results").exists()
        return result.stdout + result.stderr

    made_by("Snakefile")
    assert (elsewhere.folder / target).exists()
    assert "Nothing to be done" in made_by("workflow/Snakefile")


def test_it_runs_from_another_folder_with_a_configuration_of_few_keys(elsewhere, project):
    snakefile = f"{project.folder}/Snakefile"
    command = ("snakemake", "-s", snakefile, "--configfile", "own.yaml", "--dry-run")
    result = elsewhere.run(*command, "--cores", "2", "--config", "scale=yours")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "paper_figures/yours/figure3.pdf" in result.stdout + result.stderr


def test_a_figure_trains_what_it_draws_and_nothing_else(project):
    target = "paper_figures/smoke/figure4.pdf"
    result = project.snakemake(target, "--dry-run", "--quiet", "host")
    assert result.returncode == 0, result.stdout + result.stderr
    trained = set(re.findall(r"wildcards: experiment=(\w+)", result.stdout + result.stderr))
    assert trained == {"mapping_two_layers", "switched", "pairs", "budget"}


def test_deleting_all_output_leaves_the_images_that_were_fetched(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    copy.edit("config/smoke.yaml", "  dataset: digits\n", "")
    images = copy.folder / "data/mnist/train-images-idx3-ubyte"
    record = copy.folder / "data/mnist/source.json"
    images.parent.mkdir(parents=True)
    for path in (images, record):
        path.write_text("whatever", encoding="utf-8")
    result = copy.snakemake("--delete-all-output")
    assert result.returncode == 0, result.stdout + result.stderr
    assert not record.exists()
    assert images.exists()


def test_stored_experiments_are_kept_where_another_needs_data_that_are_gone(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    stored = STORED / "mnist"
    shutil.copytree(ROOT / stored, copy.folder / stored)
    changed = {
        "scale": STORED.name,
        "mnist": {"experiments": {"learning_rates": {"runs": 4}}},
    }
    changed = settings.merged(ROOT / "config" / f"{STORED.name}.yaml", changed)
    (copy.folder / "config/smoke.yaml").write_text(yaml.safe_dump(changed), encoding="utf-8")
    everything = [str(path.relative_to(ROOT)) for path in (ROOT / stored).rglob("*.parquet")]
    planned = copy.planned(*everything)
    assert planned.keys() >= {"fetch_mnist", "train_mnist"}
    assert planned["gather_mnist"] == 1
    assert not planned.keys() & {"train_mnist_multiverse", "train_sequences"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_clone_of_another_owner_says_its_commit(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], cwd=copy.folder, check=True)
    shutil.chown(copy.folder / ".git", 12345)
    shutil.chown(copy.folder, 12345)
    result = copy.run_code("from neuroswitch import provenance; print(provenance._git_state())")
    assert "'dirty': False" in result.stdout, result.stdout + result.stderr
    assert "'commit': None" not in result.stdout
