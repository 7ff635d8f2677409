"""The pipeline as a user runs it: what it makes, what makes it run again, what survives."""

import hashlib
import os
import random
import re
import signal
import subprocess
from itertools import pairwise

import pandas as pd
import pytest

from neuroswitch import graph, index, schemas, store
from tests.workflow.conftest import without_torch

FEW = [f"paper_figures/smoke/{name}.pdf" for name in ("figure4", "figure5", "measure_wait_go")]
FIGURES = [name for name, each in index.all_of("figure").items() if not each.of_experiments]


def digests(project):
    folder = project.folder / "paper_figures" / "smoke"
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_smoke_makes_every_figure_and_table(finished):
    made = set(digests(finished))
    files = [f for name in FIGURES for f in graph.patterns_of(index.get("figure", name), "", "")]
    assert made == {file.removeprefix("/") for file in files}
    folder = finished.folder / "results/smoke/gates"
    assert len(schemas.read(folder / "pairs/success.parquet")) == 6 * 3
    assert set(schemas.read(folder / "orderings/success.parquet")["tasks"]) == {
        "AND/OR/XOR",
        "AND/XOR/OR",
        "OR/AND/XOR",
        "OR/XOR/AND",
        "XOR/AND/OR",
        "XOR/OR/AND",
    }
    assert not list((finished.folder / "results").rglob("chunks/*/*.*")), "chunks or checkpoints"


def test_every_claim_has_its_verdict(finished):
    folder = finished.folder / "results/smoke/verdicts"
    verdicts = schemas.read(folder / "verdicts.parquet")
    judged = verdicts[verdicts["role"] == "claim"]
    assert set(judged["claim"]) == set(index.all_of("claim"))
    tested = judged["outcome"] != "not testable"
    # No run succeeds and no network learns in so few steps; and digits stand here for MNIST, which
    # claims are about.
    untestable = {"S11", "S15", "S17", "S18", "N5", "N6", "N10", "N13", "X3", "O5", "R9", "R11"}
    assert set(judged.loc[~tested, "claim"]) == untestable
    assert (judged.loc[tested, "n"] > 0).all()
    assert judged.loc[tested, "value"].notna().all()
    for files in verdicts["files"]:
        for file in files.split("; "):
            assert (finished.folder / "results/smoke" / file).exists()
    success = schemas.read(finished.folder / "results/smoke/gates/pairs/success.parquet")
    pairs = success[success["tasks"] == "AND/OR"]
    rates = verdicts[(verdicts["claim"] == "S4") & (verdicts["role"] != "claim")].set_index("label")
    for label, notion in (
        ("success rate of AND/OR", "solved"),
        ("stable success, in each of the last cycles", "stable_success"),
        ("zero-shot success, in each of the last cycles", "zero_shot_success"),
    ):
        row = pairs.set_index("notion").loc[notion]
        own = rates.loc[label]
        assert tuple(own[["value", "low", "high"]]) == tuple(row[["rate", "low", "high"]])
    text = pd.read_csv(folder / "verdicts.csv", keep_default_na=False)
    assert text["outcome"].tolist() == verdicts["outcome"].tolist()


def test_an_edited_claim_is_judged_again_and_trains_no_more_than_universes(workspace):
    """Universes are judged when they are trained, because their networks are not kept."""
    assert workspace.planned() == {}
    claims = "workflow/neuroswitch/claims/paper2.py"
    workspace.edit(
        claims, 'thresholds={"near": 0.1, "most": 0.5}', 'thresholds={"near": 0.2, "most": 0.5}'
    )
    planned = workspace.planned()
    assert planned.pop("judge") == 1
    assert all(rule.startswith("draw_") for rule in planned), (
        "what shows a threshold is drawn again"
    )
    claims = "workflow/neuroswitch/claims/paper1.py"
    workspace.edit(claims, 'thresholds={"half": 0.5}', 'thresholds={"half": 0.6}')
    trained = [rule for rule in workspace.planned() if rule.startswith("train_")]
    # The second round and the reconstructed setting are of the universes that this makes.
    rounds = ("train_multiverse", "train_second_round", "train_confirmation")
    assert set(trained) == set(rounds)


def test_the_interactive_page_holds_its_own_script(finished):
    page = (finished.folder / "paper_figures/smoke/figure2_interactive.html").read_text(
        encoding="utf-8"
    )
    assert "<script src=" not in page
    assert "Plotly.newPlot" in page


def test_a_second_run_does_nothing_and_says_so(workspace):
    result = workspace.run("workflow.launch", "reproduce", "--config", "config/smoke.yaml")
    assert result.returncode == 0
    assert f"nothing to do: {len(FIGURES)} figures" in result.stdout


def test_the_plan_counts_what_would_be_trained(project, finished):
    plan = ("workflow.launch", "plan", "--config", "config/smoke.yaml")
    rows = [line.split() for line in project.run(*plan).stdout.splitlines()]
    jobs = {row[0]: int(row[1]) for row in rows if row and row[-1] == "MB"}
    assert jobs.keys() == {*FIGURES, "everything"}
    planned = project.planned()
    trained = [rule for rule in planned if rule.startswith("train_")]
    assert jobs["everything"] == sum(planned[rule] for rule in trained)
    assert jobs["figure2"] == 2, "one for each mapping"
    assert "nothing to do" in finished.run(*plan).stdout


def test_redrawing_trains_nothing_and_gives_the_same_bytes(workspace, tmp_path):
    """Of all figures, `make verify` says the same, which test_archive calls."""
    before, tables = digests(workspace), workspace.hashes()
    costs = {p: p.stat().st_mtime for p in workspace.folder.rglob("*.tsv")}
    result = without_torch(workspace, tmp_path).run(
        "workflow.launch", "figures", *FEW, "--config", "config/smoke.yaml"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(FEW)} figures made in" in result.stdout
    assert digests(workspace) == before
    assert workspace.hashes() == tables
    assert {p: p.stat().st_mtime for p in workspace.folder.rglob("*.tsv")} == costs


def test_chunks_and_threads_change_no_table(project, finished, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    copy.edit("config/laptop.yaml", "runs_per_job: 500", "runs_per_job: 3")
    target = "results/smoke/gates/pairs/runs.parquet"
    result = copy.snakemake(target, "--set-threads", "train_gates=2")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"training is expected to take \d+ s on one core", result.stderr)
    chunks = list((copy.folder / "logs/smoke/gates/pairs").glob("*-*.log"))
    assert len(chunks) == 7
    made, expected = (each.hashes("results/smoke/gates/pairs") for each in (copy, finished))
    assert len(made) == 3
    assert made.items() <= expected.items()


def test_kills_in_the_middle_change_no_table(project, finished, tmp_path):
    """As many as KILLS says; when a copy is finished before the last, the next is killed.

    Without KILLS there are few, and they fall while one figure of each section is made.
    """
    targets = () if "KILLS" in os.environ else FEW
    start = ("workflow.launch", "reproduce", *targets, "--config", "config/smoke.yaml")
    moments = random.Random(0)
    kills, copies = 0, 0
    while kills < int(os.getenv("KILLS", "3")):
        copies += 1
        copy = project.copied(tmp_path / str(copies))
        code = None
        while code is None and kills < int(os.getenv("KILLS", "3")):
            process = copy.start(*start)
            code = ends_within(process, moments.uniform(4, 20))
            if code is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
        if code is None:
            # A kill before Snakemake took its lock, or after its last job, leaves none behind.
            locked = any((copy.folder / ".snakemake/locks").glob("*"))
            result = copy.run(*start)
            assert ("an earlier run was stopped in the middle" in result.stderr) == locked
            code = result.returncode
        assert code == 0
        assert copy.planned(*targets) == {}
        assert copy.hashes().items() <= finished.hashes().items()
        assert digests(copy).items() <= digests(finished).items()


def ends_within(process, seconds):
    """Return the exit code of a process, or None if it runs on after some seconds."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def test_footers_say_where_a_table_came_from(finished):
    folder = finished.folder / "results/smoke/gates"
    trained = store.provenance_of(folder / "pairs/runs.parquet")
    assert trained["seed"] == 1
    assert trained["config"]["experiment"] == "pairs"
    assert trained["config"]["cycles"] == [60]
    assert {"numpy", "numba"} <= set(trained["packages"])
    analysed = store.provenance_of(folder / "pairs/success.parquet")
    assert analysed["inputs"]["results/smoke/gates/pairs/runs.parquet"] == trained["content_sha256"]


def test_history_agrees_with_the_table_of_runs(finished):
    folder = finished.folder / "results/smoke/gates/pairs"
    runs, history = (schemas.read(folder / f"{t}.parquet") for t in ("runs", "history"))
    last = history[(history["cycle"] == history["cycles"]) & (history["task_index"] == 0)]
    merged = runs.merge(last, on=["tasks", "run"])
    assert len(merged) == len(runs)
    assert (merged["solved"] == (merged["retrained_streak"] > 0)).all()
    cycles = sorted(history["cycle"].unique())
    assert cycles[0] == 1
    assert all(a < b for a, b in pairwise(cycles))


@pytest.mark.parametrize("target", ["--rulegraph", "--lint"])
def test_snakemake_draws_the_graph_and_finds_nothing_to_lint(project, target):
    result = project.run("snakemake", target)
    assert result.returncode == 0, result.stderr
    assert "digraph" in result.stdout or "good condition" in result.stdout + result.stderr
