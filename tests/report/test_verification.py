"""Manifest, recipes and comparisons: each difference is found, and equal results have none."""

import dataclasses
import json
import shutil

import pandas as pd
import pytest

from neuroswitch import manifest, recipes, schemas, settings, store, verification, versions
from neuroswitch.errors import NeuroswitchError
from neuroswitch.graph import Graph
from neuroswitch.manifest import Entry
from neuroswitch.recipes import Recipe
from tests.report import invented
from tests.report.invented import ROOT
from workflow import verify

RUNS = "results/laptop/gates/pairs/runs.parquet"


@pytest.fixture
def here(results, tmp_path, monkeypatch):
    """Return the invented results, copied, as the current folder."""
    shutil.copytree(results.folder, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return results


def entries(made):
    return {e.path: e for e in manifest.entries(recipes.by_output(made), recipes.tables(made))}


def test_a_manifest_is_read_as_it_was_written(here, tmp_path):
    found = entries(here.made)
    manifest.write(tmp_path / "a.tsv", found.values())
    assert manifest.read(tmp_path / "a.tsv") == found
    assert list(found) == sorted(found)
    (tmp_path / "b.tsv").write_text("something else\n1\n")
    with pytest.raises(NeuroswitchError, match="not a manifest"):
        manifest.read(tmp_path / "b.tsv")
    with pytest.raises(NeuroswitchError, match="make report"):
        manifest.read(tmp_path / "c.tsv")


def test_equal_results_have_no_difference(here):
    found = entries(here.made)
    assert verification.manifests(found, found, found) == []
    assert verification.footers(found.values(), []) == []


def test_another_value_is_found_in_manifest_and_footer(here):
    before = entries(here.made)
    frame = schemas.read(RUNS)
    frame["run"] += 1
    store.write(frame, here.folder / "x.parquet", schemas.of(RUNS), invented.FOOTER)
    shutil.move(here.folder / "x.parquet", RUNS)
    (line,) = verification.manifests(before, entries(here.made), before)
    assert line.startswith(RUNS)


def test_a_lost_and_a_new_table_are_found():
    entry = Entry("a", "rule", "1", 3, "hash")
    assert "no rule makes it" in verification.manifests({"a": entry}, {}, [])[0]
    assert "not in the manifest" in verification.manifests({}, {"a": entry}, ["a"])[0]


def test_a_deleted_table_that_a_rule_makes_is_missing_and_said_to_be_made_again():
    entry = Entry("a", "rule", "1", 3, "hash")
    (line,) = verification.manifests({"a": entry}, {}, ["a"])
    assert line.startswith("a: missing; `make reproduce`")


def test_footers_of_other_code_and_of_uncommitted_code_are_found(here):
    entry = entries(here.made)[RUNS]
    other = dataclasses.replace(entry, version="newer")
    (line,) = verification.footers([other], [])
    assert line.startswith(f"{RUNS}: made by other code or another configuration")
    (line,) = verification.footers([entry], [RUNS])
    assert "not committed" in line
    (line,) = verification.footers([dataclasses.replace(entry, content_sha256="other")], [])
    assert "footer" in line


def test_tracked_files_that_no_rule_makes_are_found():
    made = {RUNS: Recipe("train_gates", "1", (RUNS,), experiment="pairs")}
    left = "results/laptop/gates/pairs/chunks/0-499/runs.parquet"
    measured = "results/laptop/costs/gates/pairs/0-499.tsv"
    (line,) = verification.strays([RUNS, measured, left], made)
    assert line == (f"{left}: under version control, and no rule makes it; `git rm` takes it away")


def test_other_bytes_missing_and_surplus_files_are_found(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, names in ((old, "abcf"), (new, "abd")):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
    (new / "b").write_text("another")
    # f failed to be drawn, which its rule says.
    lines = verification.files(old, new, {str(old / "f")})
    assert [line.rpartition("/")[2] for line in lines] == [
        "b: drawn again, it has other bytes; `make figures` draws it anew",
        "c: no rule draws it; `git rm` takes it away",
        "d: missing; `make figures` draws it",
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "contradicted"}, "supported, judged again contradicted"),
        ({"value": 0.9}, "value 0.0, judged again 0.9"),
        ({"claim": "S99"}, "judged no more"),
        ({}, None),
    ],
)
def test_verdicts_are_compared_row_by_row(tmp_path, change, message):
    table = invented.verdicts()
    again = table.copy()
    for column, value in change.items():
        again.loc[0, column] = value
    paths = [tmp_path / name / "verdicts/verdicts.parquet" for name in ("a", "b")]
    for path, frame in zip(paths, (table, again), strict=True):
        store.write(frame, path, schemas.of(path), invented.FOOTER)
    lines = verification.verdicts(*paths).lines
    assert (message in lines[0]) if message else (lines == [])
    assert verification.verdicts(paths[0], paths[0]) == verification.Comparison([], 0)


@pytest.mark.parametrize(
    ("factor", "rounded", "lines"), [(1 + 4e-16, 1, 0), (1 + 1e-10, 1, 0), (1 + 1e-8, 0, 1)]
)
def test_a_number_may_differ_as_far_as_a_processor_rounds(tmp_path, factor, rounded, lines):
    table = invented.verdicts()
    again = table.copy()
    again.loc[4, "value"] *= factor
    paths = [tmp_path / name / "verdicts/verdicts.parquet" for name in ("a", "b")]
    for path, frame in zip(paths, (table, again), strict=True):
        store.write(frame, path, schemas.of(path), invented.FOOTER)
    found = verification.verdicts(*paths)
    assert (found.rounded, len(found.lines)) == (rounded, lines)


def test_counts_are_compared_exactly(tmp_path):
    table = invented.verdicts()
    again = table.copy()
    again.loc[4, "n"] += 1
    paths = [tmp_path / name / "verdicts/verdicts.parquet" for name in ("a", "b")]
    for path, frame in zip(paths, (table, again), strict=True):
        store.write(frame, path, schemas.of(path), invented.FOOTER)
    (line,) = verification.verdicts(*paths).lines
    assert "n 200, judged again 201" in line


def test_a_table_of_verdicts_without_rows_is_compared_too(tmp_path):
    path = tmp_path / "verdicts/sensitivity.parquet"
    empty = pd.DataFrame(columns=[c.name for c in schemas.of(path).columns])
    store.write(empty, path, schemas.of(path), invented.FOOTER)
    assert verification.verdicts(path, path) == verification.Comparison([], 0)


def test_recipes_are_read_as_they_were_written(tmp_path):
    made = Recipe("draw_a", "1", ("out",), ("in",), "", {"t": ("in",)}, ("m", "f"), {"n": 1})
    text = recipes.as_text([made], {"scale": "laptop"}, "a mark")
    (tmp_path / "r.json").write_text(text, encoding="utf-8")
    assert recipes.read(tmp_path / "r.json") == ([made], {"scale": "laptop"})
    (tmp_path / "s.json").write_text(json.dumps({"recipes": [{}]}))
    with pytest.raises(NeuroswitchError, match="does not hold recipes"):
        recipes.read(tmp_path / "s.json")


def test_what_stands_behind_a_figure_is_all_that_it_needs(results):
    found = recipes.behind(recipes.by_output(results.made), ["paper_figures/laptop/modulators.png"])
    assert [recipe.rule for recipe in found] == [
        "draw_modulators",
        "analyse_success",
        "train_gates",
    ]
    assert found[-1].trained == ("gates", "pairs")


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("a/{experiment}/c.p", "a/b/c.p", "b"),
        ("a/b/c.p", "a/b/c.p", ""),
        ("a/{experiment}.p", "a/b/c.p", None),
        ("a/{experiment}.p", "a/bxp", None),
    ],
)
def test_an_experiment_in_a_path_has_no_slash(pattern, path, expected):
    assert recipes.experiment_of(pattern, path) == expected


def test_versions_depend_on_their_experiment_alone():
    base = settings.load(ROOT / "config/laptop.yaml")
    edited = base.model_dump()
    edited["gates"]["experiments"]["orderings"]["runs"] = 11
    other = settings.validate(edited)
    first, second = Graph(base).recipes, Graph(other).recipes
    changed = {path for path in first if first[path].version != second[path].version}
    assert "results/laptop/gates/orderings/runs.parquet" in changed
    assert "results/laptop/gates/orderings/success.parquet" in changed
    assert "paper_figures/laptop/success_rates.pdf" in changed
    assert not [path for path in changed if "/gates/" in path and "/orderings/" not in path]
    reseeded = Graph(settings.validate(base.model_dump() | {"seed": base.seed + 1})).recipes
    for path, recipe in first.items():
        if recipe.trained:
            assert recipe.version != reseeded[path].version


@pytest.mark.parametrize(
    ("name", "before", "after", "same"),
    [
        ("caption.rst", "one", "two", False),
        ("ledger.yaml", "- {id: A1}", "# why\n- id: A1", True),
        ("ledger.yaml", "- {id: A1}", "- id: A2", False),
    ],
)
def test_a_file_that_no_rule_makes_counts_by_what_it_says(tmp_path, name, before, after, same):
    path = tmp_path / name
    path.write_text(before, encoding="utf-8")
    first = versions.of_file(path)
    path.write_text(after, encoding="utf-8")
    assert (versions.of_file(path) == first) == same


def test_rows_that_differ_by_rounding_are_counted_in_the_answer():
    assert verify.agreement("own", 3, 6, 0).endswith("all verdicts agree")
    assert "numbers of 2 rows differ in the last digits" in verify.agreement("own", 3, 6, 2)
