"""Whatever happens on the cluster, the tables are those of an undisturbed run."""

import subprocess
import time
from collections import Counter

import pytest

from neuroswitch import store
from tests.slurm import cluster
from tests.slurm.conftest import CHUNKS, TABLE


@pytest.fixture
def states():
    """Return a function that counts how the jobs of this test have ended."""
    before = len(cluster.ended())
    return lambda: Counter(cluster.ended()[before:])


def test_a_cancelled_job_is_sent_again(campaign, undisturbed, states):
    head = campaign.started()
    cluster.cancel(min(cluster.jobs()))
    assert head.finish() == 0, head.printed
    assert states() == {"CANCELLED": 1, "COMPLETED": CHUNKS}
    assert campaign.resumed() == 1
    assert campaign.hashes() == undisturbed


@pytest.mark.slow
def test_a_job_over_its_memory_asks_for_more(campaign, undisturbed, states):
    campaign.project.edit(
        "workflow/neuroswitch/costs.py", "SNAKEMAKE_MB = 600", "SNAKEMAKE_MB = -250"
    )
    head = campaign.start()
    assert head.finish() == 0, head.printed
    found = states()
    assert found["COMPLETED"] == CHUNKS
    assert found["FAILED"] + found["OUT_OF_MEMORY"] >= CHUNKS
    assert campaign.hashes() == undisturbed


@pytest.mark.slow
def test_a_node_is_lost_with_its_jobs_and_comes_back(campaign, undisturbed, states):
    head = campaign.started()
    node = min(cluster.jobs().values())
    lost = list(cluster.jobs().values()).count(node)
    cluster.kill_node(node)
    time.sleep(5)
    cluster.start_node(node)
    assert head.finish() == 0, head.printed
    assert states() == {"NODE_FAIL": lost, "COMPLETED": CHUNKS}
    assert campaign.resumed() == lost
    assert campaign.hashes() == undisturbed


@pytest.mark.slow
def test_the_controller_is_gone_for_twenty_seconds(campaign, undisturbed, states):
    head = campaign.started()
    cluster.kill_controller()
    time.sleep(20)
    cluster.start_controller()
    assert head.finish() == 0, head.printed
    assert states() == {"COMPLETED": CHUNKS}
    assert campaign.resumed() == 0
    assert campaign.hashes() == undisturbed


@pytest.mark.slow
def test_snakemake_is_killed_and_started_again_while_jobs_run(campaign, undisturbed, states):
    campaign.started().kill()
    assert len(cluster.jobs()) == CHUNKS
    head = campaign.start()
    assert head.finish() == 0, head.printed
    assert f"{CHUNKS} jobs of an earlier run are ended and sent again" in head.printed
    assert states() == {"CANCELLED": CHUNKS, "COMPLETED": CHUNKS}
    assert campaign.resumed() == CHUNKS
    assert campaign.hashes() == undisturbed


@pytest.mark.slow
def test_a_job_past_its_time_limit_goes_on_from_its_checkpoint(campaign, states, tmp_path):
    # A minute is the least that Slurm limits to, and no attempt is given more.
    for change in (("epochs: 300", "epochs: 1500"), ("runs: 3", "runs: 1")):
        campaign.project.edit("config/faults.yaml", *change)
    alone = campaign.project.copied(tmp_path / "alone")
    campaign.project.edit(
        "profiles/slurm/config.yaml",
        "# set-resources:\n",
        "set-resources: ['train_mnist:runtime=1']\n",
    )
    campaign.project.edit("profiles/slurm/config.yaml", "retries: 2", "retries: 9")
    head = campaign.start()
    options = ("--configfile", "config/faults.yaml", "--cores", "1")
    undisturbed = alone.run("snakemake", TABLE, *options)
    assert undisturbed.returncode == 0, undisturbed.stderr
    assert head.finish(minutes=40) == 0, head.printed
    found = states()
    assert found["TIMEOUT"] >= 1
    assert found["COMPLETED"] == 1
    assert campaign.resumed() == 1
    assert campaign.hashes() == type(campaign)(alone).hashes()


@pytest.fixture
def small_disk(campaign):
    """Put the results on a disk of 20 MB."""
    folder = campaign.project.folder / "results"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(
    campaign, undisturbed, small_disk
):
    head = campaign.started()
    filler = small_disk / "filler"
    filled = subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=4k"], capture_output=True)
    assert filled.returncode != 0, "dd stops only where there is no room"
    assert head.finish() != 0
    assert head.printed.count(": FAILED, ") == 3 * CHUNKS, "Slurm's word on each attempt"
    closing = head.printed.rpartition("failed after")[2]
    assert "No space left on device; make room" in closing
    assert "Traceback" not in closing
    left = {path.name for path in small_disk.rglob("*") if path.is_file()}
    assert left <= {"filler", "checkpoint.npz"}
    assert len(campaign.epochs()) == CHUNKS, "a checkpoint was lost"
    filler.unlink()
    head = campaign.start()
    assert head.finish() == 0, head.printed
    assert campaign.resumed() == CHUNKS
    assert campaign.hashes() == undisturbed
    for table in small_disk.rglob("*.parquet"):
        assert store.provenance_of(table)
