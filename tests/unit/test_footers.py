"""What a file says of itself is read as it was written, and says when it must be made again."""

import json
import time
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pyarrow.parquet as pq
import pytest

from neuroswitch import footers, store
from neuroswitch.figures import style
from neuroswitch.schemas.columns import Column, Schema

NUMBERS = Schema("numbers", ("run",), (Column("run", "int32", "neuroswitch {"),))
VERSION, OTHER = "0123456789abcdef", "fedcba9876543210"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(path, runs=(1, 2), version=VERSION, inputs=()):
    hashes = {each: footers.of_table(each)["content_sha256"] for each in inputs}
    frame = pd.DataFrame({"run": list(runs)})
    store.write(frame, Path(path), NUMBERS, {"version": version, "inputs": hashes})
    return path


def test_a_footer_is_what_a_library_of_tables_reads():
    write("a.parquet", inputs=[write("b.parquet")])
    expected = json.loads(pq.read_metadata("a.parquet").metadata[b"neuroswitch"])
    assert footers.of_table("a.parquet") == expected
    assert expected["inputs"].keys() == {"b.parquet"}


@pytest.mark.parametrize("length", [*range(60), 5000, 20_000])
def test_a_footer_of_any_length_is_read(length):
    columns = pd.DataFrame({"run": [1]})
    store.write(columns, Path("a.parquet"), NUMBERS, {"version": VERSION, "more": "{" * length})
    assert footers.of_table("a.parquet")["more"] == "{" * length


@pytest.mark.parametrize("bytes_left", [0, 3, 11, 60, -1])
def test_a_table_that_was_cut_off_has_no_footer(bytes_left):
    path = Path(write("a.parquet"))
    path.write_bytes(path.read_bytes()[:bytes_left])
    assert footers.of_table(path) is None
    assert "a.parquet is cut off" in footers.why_again(["a.parquet"], [], VERSION)


def test_a_table_of_another_project_has_no_footer():
    pd.DataFrame({"run": [1]}).to_parquet("a.parquet")
    assert footers.of_table("a.parquet") is None


def test_a_table_is_made_again_by_another_version_alone():
    write("a.parquet")
    assert footers.why_again(["a.parquet"], [], VERSION) == ""
    assert "other code" in footers.why_again(["a.parquet"], [], OTHER)
    assert footers.why_again(["missing.parquet"], [], OTHER) == "", "Snakemake sees this itself"


def test_a_table_is_made_again_from_other_contents_and_not_from_a_newer_file():
    write("a.parquet", inputs=[write("b.parquet")])
    time.sleep(0.01)
    write("b.parquet")
    assert footers.why_again(["a.parquet"], ["b.parquet"], VERSION) == ""
    write("b.parquet", runs=(1, 3))
    assert "other contents" in footers.why_again(["a.parquet"], ["b.parquet"], VERSION)
    Path("b.parquet").unlink()
    assert footers.why_again(["a.parquet"], ["b.parquet"], VERSION) == ""


@pytest.fixture
def drawn():
    table = write("b.parquet")
    figure, axes = plt.subplots(figsize=(1, 1))
    axes.plot([0, 1])
    names = [f"figure.{kind}" for kind in style.FORMATS]
    style.save(figure, names, footers.mark(VERSION, [table]))
    plt.close(figure)
    return names


def test_a_figure_carries_its_mark_in_every_format(drawn):
    for name in drawn:
        assert footers.why_again([name], ["b.parquet"], VERSION) == "", name
        assert "other code" in footers.why_again([name], ["b.parquet"], OTHER), name
        assert footers.why_again([name], ["b.parquet", "c.csv", "b.parquet"], VERSION) == "", name
    write("b.parquet", runs=(5,))
    for name in drawn:
        assert "other contents" in footers.why_again([name], ["b.parquet"], VERSION), name


def test_a_figure_that_was_cut_off_is_made_again(drawn):
    for name in drawn:
        Path(name).write_bytes(Path(name).read_bytes()[:40])
        assert "is cut off" in footers.why_again([name], ["b.parquet"], VERSION), name


def test_files_without_a_place_for_a_mark_are_not_asked():
    Path("a.csv").write_text("a", encoding="utf-8")
    assert footers.why_again(["a.csv"], [], VERSION) == ""
