"""What a file of the results says of itself: the version that made it, and from which contents.

A table says it in its parquet footer, a figure or a page in a line of text among its metadata. Read
without a library of tables: the rules ask every file before each run.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from neuroswitch.source import content_version

KEY = "neuroswitch"
"""Of the footer among a parquet file's metadata."""

MAGIC = b"PAR1"
"""First and last four bytes of a parquet file."""

VALUE = b"\x18"
"""What Thrift's compact protocol writes between a key and its value, a string."""

MARK = re.compile(rb"neuroswitch version ([0-9a-f]{16}) of tables ([0-9a-f]{16})")
MARKED = (".pdf", ".svg", ".png", ".html", ".json")
"""Endings of the files, tables aside, that have a place for a mark."""


def mark(version: str, inputs: Iterable[str]) -> str:
    """Return the line that a figure or a page carries: its version, and a hash of what it shows.

    Of the inputs, tables count.

    Raises
    ------
    FileNotFoundError : a table is missing
    """
    return f"neuroswitch version {version} of tables {_contents(_tables(inputs))}"


def of_table(path: str | Path) -> dict[str, Any] | None:
    """Return the footer of a table; None where the file is cut off, or is not of this project.

    Raises
    ------
    FileNotFoundError : there is no file
    """
    with Path(path).open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little")
        if len(tail) < 8 or tail[4:] != MAGIC or length + 12 > size:
            return None
        file.seek(size - 8 - length)
        entry = file.read(length).partition(KEY.encode() + VALUE)[2]
    try:
        footer: dict[str, Any] = json.loads(_string(entry))
    except (IndexError, ValueError):
        return None
    return footer


def _string(encoded: bytes) -> bytes:
    """Return a string of Thrift's compact protocol: its length, 7 bits a byte, goes before it."""
    length = shift = place = 0
    while True:
        length |= (encoded[place] & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if encoded[place - 1] < 0x80:
            return encoded[place : place + length]


def why_again(outputs: Iterable[str], inputs: Iterable[str], version: str) -> str:
    """Return why files must be made again that are there; an empty string where they need not.

    A file that is missing is no reason here: whether it is wanted only Snakemake knows.

    Parameters
    ----------
    inputs : the files that they are made from. A figure or a page is compared with the tables
        among them, by its mark; a table with those that its own footer lists
    version : of their rule, as it is now
    """
    tables = _tables(inputs)
    for path in filter(_is_there, outputs):
        if path.endswith(".parquet"):
            footer = of_table(path)
            if footer is None:
                return f"{path} is cut off, or was not written by this project"
            found, same = footer.get("version"), not _changed(footer.get("inputs", {}))
        elif path.endswith(MARKED):
            marks = MARK.search(Path(path).read_bytes())
            if marks is None:
                return f"{path} is cut off, or does not say what made it"
            found, contents = (part.decode() for part in marks.groups())
            same = not all(map(_is_there, tables)) or contents == _contents(tables)
        else:
            continue
        if found != version:
            return f"{path} was made by other code or another configuration"
        if not same:
            return f"{path} was made from tables with other contents"
    return ""


def _tables(inputs: Iterable[str]) -> list[str]:
    return sorted({path for path in inputs if path.endswith(".parquet")})


def _is_there(path: str) -> bool:
    return Path(path).is_file()


def _changed(recorded: Mapping[str, str]) -> bool:
    """Return whether a table that is there holds something else than was recorded of it."""
    return any(_content(path) != content for path, content in recorded.items() if _is_there(path))


def _contents(tables: Iterable[str]) -> str:
    return content_version(sorted(_content(path) or "" for path in tables))


def _content(path: str) -> str | None:
    status = Path(path).stat()
    return _content_at(path, status.st_mtime_ns, status.st_size)


@cache
def _content_at(path: str, time_ns: int, size: int) -> str | None:
    """Return the content hash in a table's footer, read once for each state of the file."""
    return (of_table(path) or {}).get("content_sha256")
