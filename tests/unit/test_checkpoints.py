"""A file that a killed job goes on from: read whole, or not used, and the log says why."""

import logging

import numpy as np
import pytest

from neuroswitch import checkpoints

CONTENT = {"steps": 3, "losses": [[1, 0.5, None]], "name": "π"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "a.npz"


@pytest.fixture
def arrays():
    return {"vector": np.array([0.1, np.nan], np.float32), "best": np.arange(3)}


def test_what_is_written_is_read_with_its_types(path, arrays):
    checkpoints.write(path, "v1", CONTENT, arrays)
    content, back = checkpoints.read(path, "v1")
    assert content == CONTENT
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        np.testing.assert_array_equal(back[name], array)
    checkpoints.write(path, "v1", CONTENT | {"steps": 4}, arrays)
    assert checkpoints.read(path, "v1")[0]["steps"] == 4
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_absent_is_no_fault(path, caplog):
    caplog.set_level(logging.INFO)
    assert checkpoints.read(path, "v1") is None
    assert not caplog.records


def test_a_file_of_another_version_is_not_used_and_is_called_that(path, arrays, caplog):
    caplog.set_level(logging.INFO)
    checkpoints.write(path, "v1", CONTENT, arrays)
    assert checkpoints.read(path, "v2") is None
    assert "is of another version; training begins anew" in caplog.text
    assert "readable" not in caplog.text


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("not an archive")


def half(path):
    path.write_bytes(path.read_bytes()[:200])


def compressed_in_an_unknown_way(path):
    whole = bytearray(path.read_bytes())
    for header, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        place = whole.index(header) + offset
        whole[place : place + 2] = b"\xff\xff"
    path.write_bytes(whole)


def without_content(path):
    np.savez(path, vector=np.zeros(2))


def without_version(path):
    np.savez(path, content=np.array("{}"))


def not_json(path):
    np.savez(path, content=np.array("{"))


def pickled(path):
    np.savez(path, content=np.array('{"version": "v1"}'), vector=np.array([object()]))


@pytest.mark.parametrize(
    "damage",
    [
        empty,
        text,
        half,
        compressed_in_an_unknown_way,
        without_content,
        without_version,
        not_json,
        pickled,
    ],
)
def test_a_file_that_cannot_be_read_is_not_used_and_the_log_names_it(path, arrays, caplog, damage):
    checkpoints.write(path, "v1", CONTENT, arrays)
    damage(path)
    assert checkpoints.read(path, "v1") is None
    assert f"{path} is not readable" in caplog.text
