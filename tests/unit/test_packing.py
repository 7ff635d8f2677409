"""Which files an archive holds, and how it names what they are."""

import json
from pathlib import Path

import pytest

from neuroswitch import manifest, recipes, versions
from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import crate
from workflow import archive


@pytest.fixture
def report(tmp_path, monkeypatch):
    """Return the files of a report on no tables, below an empty folder."""
    monkeypatch.chdir(tmp_path)
    files = [Path("results/own/recipes.json"), *map(Path, recipes.of_report("own").values())]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    files[0].write_text(recipes.as_text([], {}, "a mark"), encoding="utf-8")
    manifest.write(Path("results/own/manifest.tsv"), [])
    return files


def test_a_file_beside_the_report_that_no_rule_makes_is_not_packed(report):
    Path("results/own/report/.report.html.swp").touch()
    Path("results/own/report/notes").mkdir()
    assert sorted(archive.made_at("own")) == sorted(report)


def test_a_part_of_the_report_that_is_missing_is_named(report):
    report[1].unlink()
    with pytest.raises(NeuroswitchError, match=r"report\.html is missing; `make reproduce`"):
        archive.made_at("own")


def test_a_file_of_an_unknown_kind_is_described_as_bytes(tmp_path):
    path = tmp_path / "notes.txt~"
    path.touch()
    described = json.loads(crate.describe(tmp_path, "own", [], [], [path], "1"))
    (file,) = (entity for entity in described["@graph"] if entity["@id"] == path.name)
    assert file["encodingFormat"] == "application/octet-stream"


def test_what_an_editor_leaves_is_no_text_of_the_report(tmp_path):
    texts = ["figure2.rst", "method.txt.j2", "report.css", "report.js"]
    for name in (*texts, "report.css~", ".report.css.swp", ".#report.css", "#report.js#", "4913"):
        (tmp_path / name).touch()
    assert versions.texts_in(tmp_path) == [tmp_path / name for name in texts]
