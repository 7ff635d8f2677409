"""What `make verify` compares: stored tables, figures and verdicts with what they are made again.

Every function returns what differs, a line for each difference.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from neuroswitch import schemas, store
from neuroswitch.manifest import Entry
from neuroswitch.recipes import Recipe, section_of

SHOWN = 3
"""Files that one line names; of more it says how many there are."""


def together(lines: Iterable[str]) -> list[str]:
    """Return differences with one line for all files of which the same is said.

    >>> together(["a: missing", "b: missing", "c: missing", "d: missing", "e: added", "a: missing"])
    ['a, b, c and 1 more: missing', 'e: added']
    """
    files: dict[str, list[str]] = {}
    for line in dict.fromkeys(lines):
        name, _, said = line.partition(": ")
        files.setdefault(said, []).append(name)
    return [f"{listed(names)}: {said}" for said, names in files.items()]


def listed(files: Sequence[str]) -> str:
    """Return names of files for a message."""
    more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
    return ", ".join(files[:SHOWN]) + more


def manifests(
    stored: Mapping[str, Entry], again: Mapping[str, Entry], made: Container[str]
) -> list[str]:
    """Compare the manifest of a scale with that of its tables as they are now.

    `made` are the paths of all files that a rule makes.
    """
    lines = []
    for path in sorted(stored.keys() | again.keys()):
        if path not in again and path in made:
            lines.append(f"{path}: missing; `make reproduce`, with CONFIG= of this scale, makes it")
        elif path not in again:
            lines.append(
                f"{path}: in the manifest, and no rule makes it any more; `make report` "
                "writes the manifest anew"
            )
        elif path not in stored:
            lines.append(f"{path}: not in the manifest; `make report` writes it anew")
        elif stored[path].content_sha256 != again[path].content_sha256:
            lines.append(
                f"{path}: its content is not that of the manifest; restore the file, or "
                "`make report` writes the manifest anew"
            )
    return lines


def footers(tables: Iterable[Entry], tracked: Iterable[str]) -> list[str]:
    """Compare what tables say of themselves with their content and with the code at hand.

    `tracked` are the paths under version control: the code that made them must be too.
    """
    tracked = set(tracked)
    lines = []
    for table in tables:
        footer = store.provenance_of(Path(table.path))
        if footer["content_sha256"] != table.content_sha256:
            lines.append(
                f"{table.path}: its content is not that of its footer, so it was changed by "
                "hand; restore it, or delete it and `make reproduce` makes it again"
            )
        if footer["version"] != table.version:
            lines.append(
                f"{table.path}: made by other code or another configuration than those here; `make "
                "reproduce` makes it again, or `make touch` declares that its numbers hold"
            )
        if table.path in tracked and footer["dirty"] is not False:
            lines.append(
                f"{table.path}: made by code that was not committed; commit the code, then "
                "delete the table, and `make reproduce` makes it again"
            )
    return lines


def strays(tracked: Iterable[str], made: Mapping[str, Recipe]) -> list[str]:
    """Name files under version control, beside trained tables, that no rule makes."""
    trained = {recipe.trained[0] for recipe in made.values() if recipe.trained}
    return [
        f"{path}: under version control, and no rule makes it; `git rm` takes it away"
        for path in sorted(tracked)
        if path not in made and section_of(path) in trained
    ]


def files(stored: Path, again: Path, made: Container[str]) -> list[str]:
    """Compare the files of two folders byte by byte.

    `made` are the paths of all files that a rule makes: one that is not there again has failed to
    be drawn, and its rule says why.
    """
    names = {path.name for folder in (stored, again) for path in folder.glob("*")}
    lines = []
    for name in sorted(names):
        old, new = stored / name, again / name
        if not old.exists():
            lines.append(f"{old}: missing; `make figures` draws it")
        elif not new.exists():
            if str(old) not in made:
                lines.append(f"{old}: no rule draws it; `git rm` takes it away")
        elif old.read_bytes() != new.read_bytes():
            lines.append(f"{old}: drawn again, it has other bytes; `make figures` draws it anew")
    return lines


TOLERANCE = 1e-9
"""Relative difference of two numbers up to which only the processor's rounding differs.

The order of a sum depends on the processor's vector width, and so does its last digit: 3e-16 was
seen between two processors. A verdict's number has at most four digits that mean anything.
"""


@dataclass(frozen=True)
class Comparison:
    """What differs between two tables, a line each, and how many rows differ by rounding alone."""

    lines: list[str]
    rounded: int


def verdicts(stored: Path, again: Path) -> Comparison:
    """Compare two tables of verdicts, or of verdicts under alternatives, row by row.

    Texts, counts and outcomes must be equal, other numbers but for TOLERANCE.
    """
    key = list(schemas.of(stored).key)
    old, new = (
        {tuple(row[column] for column in key): row for row in table.to_dict("records")}
        for table in (schemas.read(stored), schemas.read(again))
    )
    lines, rounded = [], 0
    for names in sorted(old.keys() | new.keys()):
        name = f"{stored}: {' '.join(part for part in names if part != 'none')}"
        if names not in new or names not in old:
            lines.append(f"{name}: {'judged no more' if names in old else 'not in the table'}")
            continue
        first, second = old[names], new[names]
        if first["outcome"] != second["outcome"]:
            lines.append(f"{name}: {first['outcome']}, judged again {second['outcome']}")
        elif changed := [c for c in first if not _close(first[c], second[c])]:
            found = ", ".join(f"{c} {first[c]}, judged again {second[c]}" for c in changed)
            lines.append(f"{name}: {found}")
        else:
            rounded += not all(_same(first[c], second[c]) for c in first)
    return Comparison(lines, rounded)


def _same(first: object, second: object) -> bool:
    return first == second or bool(pd.isna(first) and pd.isna(second))


def _close(first: object, second: object) -> bool:
    if isinstance(first, float) and isinstance(second, float):
        return _same(first, second) or math.isclose(first, second, rel_tol=TOLERANCE)
    return _same(first, second)
