"""The report of a finished run: what it holds, what makes it stale, and what verifying finds."""

import shutil

from neuroswitch import manifest, recipes, store
from tests.workflow.conftest import without_torch
from tests.workflow.crates import VALIDATED, validate

RESULTS = "results/smoke"
VERIFY = ("workflow.verify", "--config", "config/smoke.yaml")


def test_a_run_ends_with_its_report(finished):
    folder = finished.folder / RESULTS
    page = (folder / "report/report.html").read_text(encoding="utf-8")
    assert page.count('<details class="claim"') == 19 + 15 + 6 + 18
    made, _ = recipes.read(folder / "recipes.json")
    assert page.count("<article") == sum(bool(recipe.figure) for recipe in made) >= 14
    assert "## What was difficult" in (folder / "report/REPRODUCTION.md").read_text(
        encoding="utf-8"
    )
    assert not (finished.folder / "REPRODUCTION.md").exists(), "its scale is not the tracked one"


def test_manifest_and_recipes_know_every_table_and_figure(finished):
    folder = finished.folder
    tables = {str(p.relative_to(folder)) for p in (folder / RESULTS).rglob("*.parquet")}
    listed = manifest.read(folder / RESULTS / "manifest.tsv")
    assert set(listed) == tables
    made, config = recipes.read(folder / RESULTS / "recipes.json")
    assert config["scale"] == "smoke"
    drawn = {path for recipe in made if recipe.figure for path in recipe.outputs}
    assert drawn == {str(p.relative_to(folder)) for p in (folder / "paper_figures/smoke").iterdir()}
    for path, entry in listed.items():
        footer = store.provenance_of(folder / path)
        assert (footer["version"], footer["content_sha256"]) == (
            *(entry.version, entry.content_sha256),
        )


def test_the_report_is_written_again_when_what_it_says_may_change(workspace):
    library = "workflow/neuroswitch"
    workspace.edit(
        f"{library}/gates/kernel.py",
        "# The output's bias is NaN from then on.",
        "#",
    )
    assert not workspace.reports_again()
    workspace.edit("workflow/report/figure3.rst", "switching between", "going between")
    assert workspace.reports_again()
    assert workspace.planned() == {}


def test_the_report_imports_no_torch(workspace, tmp_path):
    (workspace.folder / RESULTS / "report/report.html").unlink()
    result = without_torch(workspace, tmp_path).run(
        "workflow.launch", "report", "--config", "config/smoke.yaml"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "report/report.html" in result.stdout


def test_verifying_without_results_says_so(project):
    result = project.run(*VERIFY)
    assert result.returncode == 1
    assert "make report" in result.stderr
    assert "Traceback" not in result.stderr


@VALIDATED
def test_the_description_is_a_process_run_crate(finished, tmp_path):
    crate = tmp_path / "crate"
    shutil.copytree(finished.folder / RESULTS, crate)
    result = validate(crate, "process-run-crate-0.5")
    assert result.returncode == 0, result.stdout + result.stderr
    (crate / "manifest.tsv").unlink()
    result = validate(crate, "process-run-crate-0.5")
    assert result.returncode != 0, "a file that is described and missing must be found"
