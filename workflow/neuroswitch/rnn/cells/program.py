"""What compiled passes are called with: buffers, joined matrices, vectors, numbers, sums."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from neuroswitch.rnn.cells.symbols import Matrix


@dataclass(frozen=True)
class Place:
    """Where a vector is: in a row of a buffer, from some unit on."""

    buffer: str
    row: str
    first: int = 0


@dataclass(frozen=True)
class Gathered:
    """A sum over steps of outer products with one left side, which is a gradient of matrices.

    columns : of each matrix, side by side; of a nameless part nobody wants the gradient
    """

    rows: int
    columns: tuple[tuple[Matrix | None, int], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Return rows and columns."""
        return self.rows, sum(units for _, units in self.columns)


@dataclass
class Program:
    """The names in the code of the passes, and what each stands for.

    The code has no sizes and no numbers in it, so networks of one structure share it.

    buffers : name -> kind of rows (steps, after: one more, chunk, two, one) and units
    matrices : name -> matrices joined column by column
    vectors : names of prepared vectors
    numbers, sizes : values of k0, k1, ... and of n0, n1, ...
    gathered, summed : name -> what the gradients of matrices and of vectors are read from
    """

    buffers: dict[str, tuple[str, int]] = field(default_factory=dict)
    matrices: dict[str, tuple[Matrix, ...]] = field(default_factory=dict)
    vectors: dict[str, str] = field(default_factory=dict)
    numbers: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    gathered: dict[str, Gathered] = field(default_factory=dict)
    summed: dict[str, tuple[str, int]] = field(default_factory=dict)

    def buffer(self, rows: str, units: int, name: str = "") -> str:
        """Return the name of a new buffer."""
        name = name or f"{rows}_{len(self.buffers)}"
        self.buffers[name] = (rows, units)
        return name

    def matrix(self, joined: Sequence[Matrix]) -> str:
        """Return the name of some matrices side by side."""
        for name, known in self.matrices.items():
            if known == tuple(joined):
                return name
        parts = [part.name + ("_T" if part.transposed else "") for part in joined]
        name = f"{'_'.join(parts)}_{len(self.matrices)}"
        self.matrices[name] = tuple(joined)
        return name

    def vector(self, name: str) -> str:
        """Return the name of a vector of parameters."""
        return self.vectors.setdefault(name, f"{name}_vector")

    def constant(self, number: float) -> str:
        """Return a new name for a number; 0, 1 and -1 stand for themselves."""
        if number in (1, -1, 0):
            return str(float(number))
        self.numbers.append(number)
        return f"k{len(self.numbers) - 1}"

    def size(self, size: int) -> str:
        """Return a new name for a number of units."""
        self.sizes.append(size)
        return f"n{len(self.sizes) - 1}"


def indented(lines: Iterable[str]) -> list[str]:
    """Return lines of code as those of a block."""
    return [f"    {line}" for line in lines]
