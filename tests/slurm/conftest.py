"""The project on the cluster that `make test-slurm` set up; no other way collects these tests."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.slurm import cluster
from tests.workflow.conftest import Project, project  # noqa: F401, a fixture

FAULTS = Path(__file__).parent / "faults.yaml"
TABLE = "results/faults/mnist/learning_rates/runs.parquet"
CHUNKS = 3
EXAMPLES = ("gates/pairs", "mnist/sizes")
STARTED = []


@dataclass(frozen=True)
class Head:
    """A Snakemake that submits to the cluster, and what it has printed."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def printed(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def finish(self, minutes: float = 20) -> int:
        """Return the exit code; a head that hangs is ended, and fails the test."""
        try:
            return self.process.wait(60 * minutes)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"Snakemake did not end within {minutes} minutes:\n{self.printed}")

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass(frozen=True)
class Campaign:
    """A copy of the project whose small experiment is trained on the cluster."""

    project: Project

    def start(self) -> Head:
        return submit(self.project, TABLE, "--config", "config/faults.yaml")

    def started(self) -> Head:
        """Start, and return when every job has checkpoints."""
        head = self.start()
        cluster.until(
            lambda: head.process.poll() is not None or len(self.epochs()) == CHUNKS,
            "every job has a checkpoint",
            900,
        )
        assert head.process.poll() is None, head.printed
        # The controller has then written down what it knows of them.
        time.sleep(8)
        return head

    def epochs(self) -> dict[str, int]:
        """Return the epochs that each unfinished job has saved."""
        found = {}
        for path in self.chunks.glob("*/checkpoint.npz"):
            with np.load(path) as archive:
                begun = json.loads(str(archive["content"]))["begun"]
            found[path.parent.name] = begun["epochs"] if begun else 0
        return found

    @property
    def chunks(self) -> Path:
        return self.project.folder / Path(TABLE).parent / "chunks"

    def hashes(self) -> dict[str, str]:
        return self.project.hashes(str(Path(TABLE).parent))

    def resumed(self) -> int:
        """Return how many jobs have gone on from a checkpoint in their last attempt."""
        logs = (self.project.folder / "logs/faults/mnist/learning_rates").glob("?-?.log")
        return sum("continue from" in log.read_text(encoding="utf-8") for log in logs)


def submit(project: Project, *arguments: str) -> Head:  # noqa: F811
    """Start `make cluster` in a process group of its own."""
    log = project.folder / "head.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "workflow.launch", "cluster", *arguments],
            cwd=project.folder,
            env=project.environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    STARTED.append(Head(process, log))
    return STARTED[-1]


def ask_often(project: Project) -> None:  # noqa: F811
    """Have jobs asked after soon: a test then waits for the pipeline, and not for a question."""
    project.edit("profiles/slurm/config.yaml", "status-checks: 10", "status-checks: 2")


@pytest.fixture(scope="session", autouse=True)
def _no_head_is_left():
    yield
    for head in STARTED:
        head.kill()


@pytest.fixture(scope="session")
def trained_here(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:  # noqa: F811
    """Return a copy where one experiment of each kind was trained without the cluster."""
    copy = project.copied(tmp_path_factory.mktemp("here") / "neuroswitch")
    tables = [f"results/smoke/{example}/runs.parquet" for example in EXAMPLES]
    result = copy.snakemake(*tables)
    assert result.returncode == 0, result.stdout + result.stderr
    project.learn(copy)
    return copy


@pytest.fixture(scope="session")
def undisturbed(project: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:  # noqa: F811
    """Return the content hashes of a run without cluster and without faults."""
    copy = project.copied(tmp_path_factory.mktemp("undisturbed") / "neuroswitch")
    (copy.folder / "config/faults.yaml").write_text(
        FAULTS.read_text(encoding="utf-8"), encoding="utf-8"
    )
    options = ("--configfile", "config/faults.yaml", "--cores", "2")
    result = copy.run("snakemake", TABLE, *options)
    assert result.returncode == 0, result.stdout + result.stderr
    project.learn(copy)
    return Campaign(copy).hashes()


@pytest.fixture
def campaign(project: Project, undisturbed: dict[str, str], tmp_path: Path) -> Campaign:  # noqa: F811
    copy = project.copied(tmp_path / "neuroswitch")
    (copy.folder / "config/faults.yaml").write_text(
        FAULTS.read_text(encoding="utf-8"), encoding="utf-8"
    )
    ask_often(copy)
    yield Campaign(copy)
    if left := list(cluster.jobs("RUNNING", "PENDING")):
        cluster.cancel(*left)
        cluster.until(
            lambda: not cluster.jobs("RUNNING", "PENDING", "COMPLETING"), "no job is left"
        )
