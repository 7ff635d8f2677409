"""What a table is declared by: its columns, and those that identify a row."""

from dataclasses import dataclass

VECTOR = "vector"
"""Type of a column of vectors of single precision; networks of several sizes have several lengths.

As in columns of type `float`, seven digits are stored, and calculated with in double precision.
"""


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

    @property
    def names(self) -> list[str]:
        """Return the names of the columns, in order."""
        return [column.name for column in self.columns]
