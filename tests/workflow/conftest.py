"""A copy of the project in an empty folder, where the pipeline runs as a user runs it."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from numba.core.caching import _CacheLocator

from neuroswitch import schemas, store

ROOT = Path(__file__).parents[2]
REPORTING = {"write_recipes", "write_report", "write_page", "report"}
"""Rules that describe the rest: whatever changes, they run again."""

PARTS = ("Snakefile", "Makefile", "config", "envs", "examples", "profiles", "workflow")


@dataclass(frozen=True)
class Project:
    """A copy of the project; every method acts in its folder."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a Python module with arguments, and return what it printed."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def run_code(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run a line of Python, and return what it printed."""
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def seen_from(self, folder: Path) -> "Project":
        """Return the project, its commands run in another folder that knows nothing of it."""
        return Project(folder, self.environment | {"PYTHONPATH": ""})

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a Python module in a process group of its own, its output thrown away."""
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("snakemake", *arguments, "--cores", "2", *self.smoke)

    @property
    def smoke(self) -> tuple[str, str]:
        return "--configfile", "config/smoke.yaml"

    def planned(self, *arguments: str) -> dict[str, int]:
        """Return how many jobs of each rule a dry run would run, the report's aside."""
        counts = self.counted(*arguments)
        return {rule: n for rule, n in counts.items() if rule not in ("all", "total", *REPORTING)}

    def reports_again(self) -> bool:
        """Return whether a dry run would write the report."""
        return "write_report" in self.counted()

    def counted(self, *arguments: str) -> dict[str, int]:
        """Return the table of jobs that a dry run prints, its last row included."""
        result = self.snakemake(*arguments, "--dry-run", "--quiet", "host")
        assert result.returncode == 0, result.stdout + result.stderr
        lines = (result.stdout + result.stderr).splitlines()
        rows = [line.split() for line in lines]
        return {
            row[0]: int(row[1])
            for row in rows
            if len(row) == 2 and row[0].isidentifier() and row[1].isdigit()
        }

    def hashes(self, folder: str = "results/smoke") -> dict[str, str]:
        """Return the content hash of every table below a folder, times aside: no two agree.

        Of the verdicts, those on times are left out.
        """
        found = sorted((self.folder / folder).rglob("*.parquet"))
        tables = [path for path in found if "costs" not in path.parts]
        return {
            str(path.relative_to(self.folder)): _untimed(path)
            if path.stem == "verdicts"
            else store.provenance_of(path)["content_sha256"]
            for path in tables
        }

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def copied(self, target: Path) -> "Project":
        shutil.copytree(self.folder, target, symlinks=True)
        return self.at(target)

    def at(self, target: Path) -> "Project":
        """Return the project at another place, to which it was copied."""
        copy = Project(target, self.environment | {"PYTHONPATH": f"{target}/workflow:{target}"})
        copy.learn(self)
        return copy

    def learn(self, other: "Project") -> None:
        """Take over what another copy has compiled, in the folders that Numba names by path.

        A folder that is there already stays, and a new one appears with all that is in it: other
        processes may compile meanwhile.
        """
        compiled = Path("workflow/neuroswitch/__pycache__/compiled")
        sources = (other.folder / "workflow/neuroswitch").rglob("*.py")
        for room in {path.parent.relative_to(other.folder) for path in sources}:
            old, new = (
                _CacheLocator.get_suitable_cache_subpath(str(folder / room / "any.py"))
                for folder in (other.folder, self.folder)
            )
            for kept in (other.folder / compiled).glob(f"*/{old}"):
                target = self.folder / compiled / kept.parent.name / new
                if not target.exists():
                    part = target.with_name(f"{new}.{os.getpid()}")
                    shutil.copytree(kept, part)
                    try:
                        part.rename(target)
                    except OSError:
                        # Another process was faster.
                        shutil.rmtree(part)


def _untimed(verdicts: Path) -> str:
    """Return a hash of all verdicts but N15's, which is about the time that training takes."""
    frame = schemas.read(verdicts)
    rows = frame[frame["claim"] != "N15"].to_csv(index=False)
    return hashlib.sha256(rows.encode()).hexdigest()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a fresh copy without any result."""
    folder = tmp_path_factory.mktemp("project") / "neuroswitch"
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    # Without network: scikit-learn's digits in the place of MNIST
    smoke = folder / "config" / "smoke.yaml"
    smoke.write_text(
        smoke.read_text(encoding="utf-8").replace("mnist:\n", "mnist:\n  dataset: digits\n"),
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": f"{folder}/workflow:{folder}", "COLUMNS": "200"}
    # Beside the source, where it travels with a copy; in a folder apart it knows one path alone.
    environment.pop("NUMBA_CACHE_DIR", None)
    return Project(folder, environment)


@pytest.fixture(scope="session")
def finished(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a copy in which the smoke pipeline has run to its end; tests only look at it.

    Processes that test side by side share one: the others wait for the first.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, done = shared / "finished" / "neuroswitch", shared / "finished.done"
    with (shared / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            copy = project.at(folder)
        else:
            copy = _run_to_its_end(project, folder)
            # Tests of the library follow: what they call need not be compiled again.
            Project(ROOT, {}).learn(copy)
            done.touch()
    project.learn(copy)
    return copy


def _run_to_its_end(project: Project, folder: Path) -> Project:
    copy = project.copied(folder)
    result = copy.run("workflow.launch", "reproduce", "--config", "config/smoke.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "figures made in" in result.stdout
    return copy


@pytest.fixture
def workspace(finished: Project, tmp_path: Path) -> Project:
    """Return a copy of the finished project to change at will."""
    return finished.copied(tmp_path / "neuroswitch")


def without_torch(project: Project, folder: Path) -> Project:
    """Return a project where importing PyTorch is an error, by a file in a new folder."""
    (folder / "poison").mkdir()
    (folder / "poison/torch.py").write_text(
        "raise RuntimeError('torch was imported')", encoding="utf-8"
    )
    path = f"{folder}/poison:{project.environment['PYTHONPATH']}"
    return replace(project, environment=project.environment | {"PYTHONPATH": path})
