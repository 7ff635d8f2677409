"""The pipeline through `make cluster`: to the end, or one clear message before anything runs."""

import pytest

from tests.slurm.conftest import EXAMPLES, submit
from tests.workflow.conftest import finished  # noqa: F401, a fixture

SMOKE = ("--config", "config/smoke.yaml")


@pytest.fixture(scope="module")
def on_cluster(project, trained_here, tmp_path_factory):
    """Return a copy in which the smoke pipeline has run to its end on the cluster."""
    copy = project.copied(tmp_path_factory.mktemp("cluster") / "neuroswitch")
    head = submit(copy, *SMOKE)
    assert head.finish(minutes=40) == 0, head.printed
    assert " figures made in " in head.printed
    return copy


def test_smoke_runs_to_the_end_with_the_tables_of_one_machine(on_cluster, trained_here):
    for example in EXAMPLES:
        expected = trained_here.hashes(f"results/smoke/{example}")
        assert on_cluster.hashes(f"results/smoke/{example}") == expected


@pytest.mark.slow
def test_every_table_is_that_of_one_machine(on_cluster, finished):  # noqa: F811
    assert on_cluster.hashes() == finished.hashes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--profile", "profiles/slrm"], "there is no profile profiles/slrm"),
        (["--profile", "profiles/default"], "does not say `executor: slurm`"),
        (["--partition", "mian"], "Slurm knows no partition 'mian' for you (did you mean 'main'?)"),
        (["--account", "projekt"], "no account 'projekt' for you (did you mean 'project'?)"),
    ],
)
def test_what_slurm_does_not_know_is_refused(project, tmp_path, arguments, message):
    copy = project.copied(tmp_path / "neuroswitch")
    head = submit(copy, *SMOKE, *arguments)
    assert head.finish() != 0
    assert message in head.printed
    assert head.printed.startswith("error: ")
    assert len(head.printed.splitlines()) == 1
    assert not (copy.folder / "results").exists()
