"""The pipeline through `make cluster`: to the end, or one clear message before anything runs."""

import pytest

from neuroswitch import index
from tests.slurm.conftest import EXAMPLES, ask_often, submit
from tests.workflow.conftest import finished  # noqa: F401, a fixture

SMOKE = ("--config", "config/smoke.yaml")


# One of each section: gates, MNIST and recurrent networks
FIGURES = [f"paper_figures/smoke/{name}.png" for name in ("figure2", "figure5", "element_finder")]


def test_figures_are_made_from_the_tables_of_one_machine(project, trained_here, tmp_path):
    copy = project.copied(tmp_path / "neuroswitch")
    ask_often(copy)
    tables = [f"results/smoke/{example}/runs.parquet" for example in EXAMPLES]
    head = submit(copy, *FIGURES, *tables, *SMOKE)
    assert head.finish(minutes=40) == 0, head.printed
    assert "3 figures made in " in head.printed
    for example in EXAMPLES:
        expected = trained_here.hashes(f"results/smoke/{example}")
        assert expected.items() <= copy.hashes(f"results/smoke/{example}").items()


@pytest.mark.slow
def test_everything_is_made_with_the_tables_of_one_machine(project, finished, tmp_path):  # noqa: F811
    copy = project.copied(tmp_path / "neuroswitch")
    head = submit(copy, *SMOKE)
    assert head.finish(minutes=40) == 0, head.printed
    figures = [each for each in index.all_of("figure").values() if not each.of_experiments]
    assert f"{len(figures)} figures made in " in head.printed
    assert copy.hashes() == finished.hashes()


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
