"""What commands write over a file of before is whole, or the file is as it was."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from neuroswitch import costs, manifest, store
from neuroswitch.errors import NeuroswitchError
from workflow import archive, picture


class Full:
    """Something that is written onto a full disk."""

    def __str__(self):
        raise OSError(28, "No space left on device")

    def savefig(self, part, **options):
        Path(part).write_text("half", encoding="utf-8")
        str(self)


class Vanished(type(Path())):
    """A file that cannot be read when its turn has come."""

    def read_bytes(self):
        str(Full())


def write_picture(path, monkeypatch):
    monkeypatch.setattr(picture, "PICTURE", path)
    monkeypatch.setattr(picture, "draw", Full)
    picture.main()


def write_archive(path, monkeypatch):
    archive.pack(path, "own", [Path(__file__), Vanished(__file__)], {}, "2026-01-01")


def write_costs(path, monkeypatch):
    costs.write(path, [costs.Record("laptop", Full(), "gates", "pairs", 1, 1.0, 1.0, 1.0, 1.0)])


def write_manifest(path, monkeypatch):
    manifest.write(path, [manifest.Entry("a.parquet", Full(), "1", 3, "hash")])


@pytest.mark.parametrize("write", [write_picture, write_archive, write_costs, write_manifest])
def test_a_full_disk_leaves_the_file_of_before(tmp_path, monkeypatch, write):
    path = tmp_path / "file.svg"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match=r"cannot write .*No space left"):
        write(path, monkeypatch)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_rows_are_written_in_the_order_of_their_fields_and_whole_numbers_without_a_point(tmp_path):
    @dataclass
    class Row:
        name: str
        count: int
        share: float

    store.write_rows(tmp_path / "rows.tsv", Row, [Row("a", 10**12, 2.0), Row("b c", 0, 0.25)])
    written = (tmp_path / "rows.tsv").read_bytes()
    assert written == b"name\tcount\tshare\na\t1000000000000\t2\nb c\t0\t0.25\n"
