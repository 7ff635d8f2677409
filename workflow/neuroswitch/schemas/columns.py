"""What a table is declared by: its columns, and those that identify a row."""

from dataclasses import dataclass

VECTOR = "vector"
"""Type of a column of float64 vectors; a table of networks of several sizes has several lengths."""


@dataclass(frozen=True)
class Column:
    """Name, Arrow type name (or VECTOR), and what it holds, with its unit or range."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class Schema:
    """The columns of a table; the columns in `key` identify a row and order the rows."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
