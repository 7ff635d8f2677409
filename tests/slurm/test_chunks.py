"""One job and fifty: equal tables, and what each job costs beside its work."""

import csv
import statistics
import time

import pytest

from tests.slurm import cluster
from tests.slurm.conftest import submit

TABLE = "results/smoke/gates/pairs/runs.parquet"
RUNS = 50


def train(project, runs_per_job, folder):
    """Return a copy that has trained on the cluster, the seconds it took, and those of each job."""
    copy = project.copied(folder)
    copy.edit(
        "config/smoke.yaml",
        "pairs: {runs: 20}",
        f"pairs: {{runs: {RUNS}, runs_per_job: {runs_per_job}}}",
    )
    before, start = set(cluster.elapsed()), time.monotonic()
    head = submit(copy, TABLE, "--config", "config/smoke.yaml")
    assert head.finish(minutes=60) == 0, head.printed
    took = time.monotonic() - start
    return copy, took, [s for job, s in cluster.elapsed().items() if job not in before]


def worked(project):
    """Return the seconds that the script of each job worked, of Snakemake's benchmarks."""
    rows = []
    for path in project.folder.glob("results/smoke/costs/gates/pairs/*.tsv"):
        with path.open(encoding="utf-8") as file:
            rows.extend(csv.DictReader(file, delimiter="\t"))
    return [float(row["s"]) for row in rows]


@pytest.mark.slow
def test_one_job_and_fifty_give_equal_tables(project, trained_here, tmp_path, capsys):
    tables = []
    for runs_per_job in (RUNS, 1):
        copy, took, elapsed = train(project, runs_per_job, tmp_path / str(runs_per_job))
        assert len(elapsed) == RUNS // runs_per_job
        tables.append(copy.hashes("results/smoke/gates/pairs"))
        with capsys.disabled():
            print(
                f"\n{len(elapsed)} jobs: {took:.0f} s from make to the table; a job takes "
                f"{statistics.mean(elapsed):.1f} s, of which {statistics.mean(worked(copy)):.1f} s "
                "are its script"
            )
    assert tables[0] == tables[1]
