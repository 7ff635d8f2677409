"""The manifest: every table of a scale, its rule, its version and the hash of its content."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from neuroswitch import store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe


@dataclass(frozen=True)
class Entry:
    """A table: its path from the project's root, how it was made, and what it holds."""

    path: str
    rule: str
    version: str
    rows: int
    content_sha256: str


def entries(recipes: Mapping[str, Recipe], paths: Iterable[str]) -> list[Entry]:
    """Return the entry of each table, its hash computed from its values.

    Raises
    ------
    NeuroswitchError : a table is missing or cannot be read
    """
    found = []
    for path in sorted(paths):
        table = store.content(Path(path))
        found.append(
            Entry(
                path=path,
                rule=recipes[path].rule,
                version=recipes[path].version,
                rows=len(table),
                content_sha256=store.content_hash(table),
            )
        )
    return found


def write(path: Path, found: Iterable[Entry]) -> None:
    """Write a manifest, one table a line. Raises as `store.write_rows` does."""
    store.write_rows(path, Entry, found)


def read(path: Path) -> dict[str, Entry]:
    """Return the entries of a manifest by the path of their table.

    Raises
    ------
    NeuroswitchError : it is missing or holds something else
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return {
                row["path"]: Entry(
                    row["path"],
                    row["rule"],
                    row["version"],
                    int(row["rows"]),
                    row["content_sha256"],
                )
                for row in csv.DictReader(file, delimiter="\t")
            }
    except FileNotFoundError:
        raise NeuroswitchError(f"{path} does not exist; `make report` writes it") from None
    except (KeyError, TypeError, ValueError) as failure:
        raise NeuroswitchError(
            f"{path} is not a manifest ({failure}); delete it and run `make report`"
        ) from None
