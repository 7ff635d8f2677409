"""An archive: what it unpacks to is whole, is verified without git, and describes itself."""

import hashlib
import json
import subprocess
import tarfile

import pytest

from neuroswitch import schemas, store
from tests.workflow.conftest import without_torch
from tests.workflow.crates import VALIDATED, validate

RESULTS = "results/smoke"
SMOKE = ("--config", "config/smoke.yaml")


def git(project, *arguments):
    who = ["-c", "user.name=A Person", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=project.folder, check=True, capture_output=True)


@pytest.fixture
def committed(workspace):
    """Return the finished project as a repository of its code."""
    (workspace.folder / ".gitignore").write_text("__pycache__\n/results\n/paper_figures\n*.gz\n")
    git(workspace, "init", "--quiet")
    git(workspace, "add", ".")
    git(workspace, "commit", "--quiet", "--message", "all of it")
    return workspace


@pytest.fixture
def unpacked(committed, tmp_path):
    """Return what an archive unpacks to."""
    result = committed.run("workflow.archive", *SMOKE)
    assert result.returncode == 0, result.stderr
    (packed,) = committed.folder.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (folder,) = (tmp_path / "unpacked").iterdir()
    return committed.at(folder)


@VALIDATED
def test_what_an_archive_unpacks_to_is_verified_without_git_and_torch(unpacked, tmp_path):
    folder = unpacked.folder
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = dict(reversed(line.split("  ", 1)) for line in lines)
    there = [path for path in folder.rglob("*") if path.is_file()]
    files = {str(p.relative_to(folder)): p for p in there if "__pycache__" not in p.parts}
    assert set(files) - {"SHA256SUMS"} == set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == digest, name
    result = validate(folder, "provenance-run-crate-0.5")
    assert result.returncode == 0, result.stdout + result.stderr

    altered = alter(folder)
    before = {p: p.stat().st_mtime_ns for p in folder.rglob("*.*") if RESULTS in str(p)}
    result = without_torch(unpacked, tmp_path).run("workflow.verify", *SMOKE)
    assert result.returncode == 1, result.stderr
    for line in result.stdout.splitlines():
        found = [each for each in altered if all(part in line for part in each)]
        assert found, f"{line}: nothing else differs"
        altered -= set(found)
    assert not altered, result.stdout
    assert {p: p.stat().st_mtime_ns for p in before} == before, "nothing stored is changed"

    path = folder / "ro-crate-metadata.json"
    metadata = json.loads(path.read_text(encoding="utf-8"))
    for entity in metadata["@graph"]:
        entity.pop("step", None)
    path.write_text(json.dumps(metadata), encoding="utf-8")
    result = validate(folder, "provenance-run-crate-0.5")
    assert result.returncode != 0, "a workflow without its steps must be found"


def alter(folder):
    """Change a figure, a table and a verdict, and return what is to be said of which file."""
    figure = folder / "paper_figures/smoke/periods.svg"
    figure.write_text(figure.read_text(encoding="utf-8") + " ", encoding="utf-8")
    path = folder / RESULTS / "gates/pairs/tasks.parquet"
    frame, footer = schemas.read(path), store.provenance_of(path)
    frame["final_loss"] += 1
    store.write(frame, path, schemas.of(path), footer | {"version": "of another time"})
    path = folder / RESULTS / "verdicts/verdicts.parquet"
    frame, footer = schemas.read(path), store.provenance_of(path)
    changed = frame.index[(frame["claim"] == "S4") & (frame["role"] == "claim")][0]
    frame.loc[changed, "outcome"] = "not found"
    store.write(frame, path, schemas.of(path), footer)
    return {
        ("gates/pairs/tasks.parquet", ": its content is not that of the manifest"),
        ("gates/pairs/tasks.parquet", ": made by other code or another configuration"),
        ("verdicts/verdicts.parquet", ": its content is not that of the manifest"),
        ("paper_figures/smoke/periods.svg", ": drawn again, it has other bytes"),
        ("verdicts/verdicts.parquet", ": S4 claim"),
    }


def test_the_same_commit_gives_the_same_bytes(committed):
    digests = []
    for _ in range(2):
        assert committed.run("workflow.archive", *SMOKE).returncode == 0
        (packed,) = committed.folder.glob("*.tar.gz")
        digests.append(hashlib.sha256(packed.read_bytes()).hexdigest())
        packed.unlink()
    assert digests[0] == digests[1]


def test_code_that_is_not_committed_is_not_packed(committed):
    committed.edit("config/smoke.yaml", "scale: smoke", "scale: smoke  # here")
    assert "config/smoke.yaml; commit them" in refusal(committed)
    assert not list(committed.folder.glob("*.tar.gz"))


def test_a_folder_without_a_repository_or_results_is_told_so(project, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    assert "`make archive` there" in refusal(copy)
    git(copy, "init", "--quiet")
    git(copy, "add", "Snakefile")
    git(copy, "commit", "--quiet", "--message", "a file")
    assert "`make report`" in refusal(copy)


def refusal(project):
    """Return the message with which an archive is refused."""
    result = project.run("workflow.archive", *SMOKE)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    return result.stderr
