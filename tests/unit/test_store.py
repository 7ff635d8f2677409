"""Files are whole or absent, typed, sorted, and say where they came from."""

import base64
import resource
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from neuroswitch import provenance, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.schemas.columns import VECTOR, Column, Schema

SCHEMA = Schema(
    "a test",
    ("run",),
    (
        Column("run", "int32", "number"),
        Column("gate", "string", "name"),
        Column("loss", "double", "error"),
        Column("parameters", VECTOR, "weights"),
    ),
)


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "run": [2, 0, 1],
            "gate": ["XOR", "AND", "OR"],
            "loss": [0.1, np.nan, 0.3],
            "parameters": [np.arange(3.0), np.ones(3), np.zeros(3)],
        }
    )


def hash_of(path):
    return store.provenance_of(path)["content_sha256"]


def test_a_table_comes_back_sorted_with_its_provenance(tmp_path, frame):
    path = tmp_path / "deep" / "table.parquet"
    store.write(frame, path, SCHEMA, {"seed": 3})
    back = store.read(path, SCHEMA)
    assert back["run"].tolist() == [0, 1, 2]
    assert back["gate"].tolist() == ["AND", "OR", "XOR"]
    np.testing.assert_array_equal(np.stack(back["parameters"])[2], np.arange(3.0))
    assert np.isnan(back["loss"][0])
    footer = store.provenance_of(path)
    assert footer["seed"] == 3
    assert footer["schema"] == "a test"
    assert pq.read_schema(path).field("loss").metadata == {b"meaning": b"error"}


def test_a_column_is_encoded_by_what_it_holds(tmp_path, frame):
    path = tmp_path / "table.parquet"
    columns = (*SCHEMA.columns, Column("epochs", "int32", ""), Column("rate", "double", ""))
    measured = frame.assign(epochs=[7, 5, 6], rate=[0.1, 0.1, 0.1])
    store.write(measured, path, Schema("a test", ("run",), columns), {})
    group = pq.ParquetFile(path).metadata.row_group(0)
    found = {
        column.path_in_schema.partition(".")[0]: set(column.encodings)
        for column in map(group.column, range(group.num_columns))
    }
    for name, encoding in {
        "run": "DELTA_BINARY_PACKED",
        "epochs": "PLAIN",
        "gate": "RLE_DICTIONARY",
        "rate": "RLE_DICTIONARY",
        "loss": "BYTE_STREAM_SPLIT",
        "parameters": "BYTE_STREAM_SPLIT",
    }.items():
        assert found[name] - {"PLAIN", "RLE"} == {encoding} - {"PLAIN"}, name


def test_the_footer_is_in_the_file_once(tmp_path, frame):
    path = tmp_path / "table.parquet"
    store.write(frame, path, SCHEMA, {"more": "said once"})
    assert path.read_bytes().count(b"said once") == 1
    copies = pq.read_metadata(path).metadata
    assert copies.keys() == {b"ARROW:schema", b"neuroswitch"}
    assert b"said once" not in base64.b64decode(copies[b"ARROW:schema"])


def test_vectors_of_several_lengths_come_back_and_are_hashed_with_their_lengths(tmp_path, frame):
    vectors = [np.arange(3.0), np.ones(1), np.zeros(2)]
    ragged = frame.assign(parameters=vectors)
    path, other = tmp_path / "ragged.parquet", tmp_path / "other.parquet"
    store.write(ragged, path, SCHEMA, {})
    back = store.read(path, SCHEMA)
    for run, vector in zip(ragged["run"], vectors, strict=True):
        np.testing.assert_array_equal(back.set_index("run")["parameters"][run], vector)
    # The same numbers in the same order, cut elsewhere: rows 0, 1, 2 hold 1 | 0 0 | 0 1 2 above
    cut = {0: [1.0, 0.0], 1: [0.0], 2: [0.0, 1.0, 2.0]}
    store.write(frame.assign(parameters=[cut[run] for run in frame["run"]]), other, SCHEMA, {})
    assert hash_of(path) != hash_of(other)
    store.write(back, other, SCHEMA, {})
    assert hash_of(path) == hash_of(other)


def test_seven_digits_are_stored_where_that_is_said_and_read_in_double_precision(tmp_path):
    schema = Schema("a test", ("run",), (SCHEMA.columns[0], Column("loss", "float", "error")))
    path, third = tmp_path / "table.parquet", np.array([1 / 3])
    store.write(pd.DataFrame({"run": [0], "loss": third}), path, schema, {})
    back = store.read(path, schema)["loss"]
    assert back.dtype == np.float64
    assert back[0] == np.float32(1 / 3)


def test_vectors_that_are_left_out_come_back_empty(tmp_path, frame):
    path = tmp_path / "table.parquet"
    store.write(frame.assign(parameters=[np.empty(0)] * 3), path, SCHEMA, {})
    assert [len(vector) for vector in store.read(path, SCHEMA)["parameters"]] == [0, 0, 0]


def test_content_hash_sees_values_and_nothing_else(tmp_path, frame):
    one, two, three = (tmp_path / f"{i}.parquet" for i in range(3))
    store.write(frame, one, SCHEMA, {"threads": 1})
    store.write(frame.sample(frac=1, random_state=0), two, SCHEMA, {"threads": 2})
    assert hash_of(one) == hash_of(two)
    changed = frame.assign(parameters=[np.arange(3.0), np.ones(3), np.full(3, 1e-30)])
    store.write(changed, three, SCHEMA, {"threads": 1})
    assert hash_of(one) != hash_of(three)


def test_a_file_that_is_not_parquet_is_one_clear_error(tmp_path):
    path = tmp_path / "table.parquet"
    path.write_bytes(b"PAR1 is not enough")
    with pytest.raises(NeuroswitchError, match=r"table\.parquet is not a readable parquet file"):
        store.read(path, SCHEMA)


def test_a_truncated_file_is_one_clear_error(tmp_path, frame):
    path = tmp_path / "table.parquet"
    store.write(frame, path, SCHEMA, {})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(NeuroswitchError, match="delete it and run again"):
        store.read(path, SCHEMA)


READERS = {
    "a table": lambda path: store.read(path, SCHEMA),
    "any table": store.content,
    "its footer": store.provenance_of,
    "a change": lambda path: store.change_footer(path, SCHEMA, {}),
    "contents": lambda path: provenance.contents([str(path)]),
}


@pytest.mark.parametrize("reader", READERS)
def test_a_missing_file_is_one_clear_error(tmp_path, reader):
    with pytest.raises(NeuroswitchError, match=r"none\.parquet does not exist"):
        READERS[reader](tmp_path / "none.parquet")


@pytest.mark.parametrize("reader", ["a table", "any table", "a change"])
def test_damaged_values_are_one_clear_error(tmp_path, frame, reader):
    path = tmp_path / "table.parquet"
    store.write(frame, path, SCHEMA, {})
    whole = path.read_bytes()
    path.write_bytes(whole[:4] + bytes(400) + whole[404:])
    assert store.provenance_of(path), "the footer is whole"
    with pytest.raises(NeuroswitchError, match=r"not a readable parquet file .*delete it and run"):
        READERS[reader](path)


@pytest.mark.parametrize(
    "failure", [pa.ArrowNotImplementedError("128 bits"), UnicodeDecodeError("utf-8", b"", 0, 1, "")]
)
def test_whatever_arrow_says_of_a_damaged_file_is_one_clear_error(tmp_path, monkeypatch, failure):
    """One bit that is wrong in a footer leads to either, now and then."""

    def fail(path):
        raise failure

    monkeypatch.setattr(pq, "ParquetFile", fail)
    with pytest.raises(NeuroswitchError, match="not a readable parquet file"):
        store.content(tmp_path / "table.parquet")


def test_nobody_is_told_to_delete_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    def fail(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(store.footers, "of_table", fail)
    with pytest.raises(NeuroswitchError, match=r"may not be read; change its permissions"):
        store.provenance_of(tmp_path / "table.parquet")


def test_a_folder_named_like_a_column_brings_none(tmp_path, frame):
    path = tmp_path / "year=2026" / "table.parquet"
    store.write(frame, path, SCHEMA, {})
    assert list(store.read(path, SCHEMA)) == list(frame)


def test_another_schema_is_refused_with_the_difference(tmp_path, frame):
    path = tmp_path / "table.parquet"
    store.write(frame, path, SCHEMA, {})
    other = Schema(
        "another",
        ("run",),
        (*SCHEMA.columns[:2], Column("loss", "float", ""), Column("epoch", "int32", "")),
    )
    with pytest.raises(NeuroswitchError) as failure:
        store.read(path, other)
    message = str(failure.value)
    assert "missing epoch; unexpected parameters; loss is double where float is expected" in message


def test_a_frame_of_other_columns_or_with_a_repeated_key_is_not_written(tmp_path, frame):
    path = tmp_path / "table.parquet"
    with pytest.raises(NeuroswitchError, match="missing loss"):
        store.write(frame.drop(columns="loss"), path, SCHEMA, {})
    with pytest.raises(NeuroswitchError, match="two rows share the key run"):
        store.write(frame.assign(run=1), path, SCHEMA, {})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "figure.txt"
    path.write_text("old")

    def fail(part):
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(NeuroswitchError, match="No space left on device; make room"):
        store.write_atomically(path, fail)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, sys
from pathlib import Path
from neuroswitch import store

def end(part):
    part.write_text("half")
    os._exit(9)

store.write_atomically(Path(sys.argv[1]), end)
"""


def test_what_a_kill_leaves_is_gone_with_the_next_write(tmp_path):
    path = tmp_path / "figure.svg"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", KILLED, str(path)])
    assert not path.exists()
    store.write_text(path, "whole")
    assert path.read_text() == "whole"
    assert list(tmp_path.iterdir()) == [path]


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np, pandas as pd
from neuroswitch import store
from neuroswitch.errors import NeuroswitchError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
schema = store.Schema("big", ("run",), (store.Column("run", "int32", ""),
                                        store.Column("x", "double", "")))
frame = pd.DataFrame({"run": np.arange(100_000), "x": np.random.default_rng(0).random(100_000)})
try:
    store.write(frame, Path(sys.argv[1]) / "big.parquet", schema, {})
except NeuroswitchError as failure:
    print(failure)
"""


def test_a_real_limit_on_file_size_leaves_nothing_half_written(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20_000
    result = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True
    )
    assert "cannot write" in result.stdout, result.stderr
    assert "make room" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_one_clear_error(tmp_path, frame):
    (tmp_path / "results").write_text("in the way")
    with pytest.raises(NeuroswitchError, match="make the folder writable"):
        store.write(frame, tmp_path / "results" / "table.parquet", SCHEMA, {})


def test_a_footer_is_changed_and_the_values_stay(tmp_path):
    path = tmp_path / "a.parquet"
    frame = pd.DataFrame({"run": [1, 2], "x": [0.5, np.nan]})
    columns = (Column("run", "int32", ""), Column("x", "double", "in steps"))
    schema = Schema("numbers", ("run",), columns)
    store.write(frame, path, schema, {"version": "a", "seed": 0})
    before = store.provenance_of(path)
    store.change_footer(path, schema, {"version": "b"})
    assert store.provenance_of(path) == before | {"version": "b"}
    pd.testing.assert_frame_equal(store.read(path, schema), frame.astype({"run": "int32"}))
    assert pq.read_schema(path).field("x").metadata[b"meaning"] == b"in steps"


def test_a_table_that_holds_something_else_than_it_says_keeps_its_footer(tmp_path):
    path = tmp_path / "a.parquet"
    schema = Schema("numbers", ("run",), (Column("run", "int32", ""),))
    store.write(pd.DataFrame({"run": [1]}), path, schema, {"version": "a"})
    metadata = {"neuroswitch": pq.read_metadata(path).metadata[b"neuroswitch"]}
    other = pa.table({"run": pa.array([2], pa.int32())}).replace_schema_metadata(metadata)
    pq.write_table(other, path)
    with pytest.raises(NeuroswitchError, match="does not hold what its footer says"):
        store.change_footer(path, schema, {"version": "b"})
    assert store.provenance_of(path)["version"] == "a"
