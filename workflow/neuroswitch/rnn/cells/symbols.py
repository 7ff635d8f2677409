"""A step of a network as a graph: what its equations return when they are given symbols.

A `Symbol` stands for a vector of every trial, a `Matrix` for a matrix of parameters. Arithmetic and
the functions of PyTorch in FUNCTIONS return new symbols; sums are kept flat, with a factor for each
term, and the factor of a product with a matrix belongs to the matrix.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from neuroswitch.errors import NeuroswitchError

FUNCTIONS = ("tanh", "sigmoid", "relu", "softplus", "exp")
"""Functions of PyTorch that compiled code has, by name."""


class UntraceableError(Exception):
    """The equations do something that compiled code does not have; the message names it."""


class Traced:
    """What stands for a tensor of PyTorch while the equations are traced."""

    __array_ufunc__ = None

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name, options = function.__name__, kwargs or {}
        if args and name in ("cat", "concat", "concatenate"):
            return join([*args[0]])
        if args and isinstance(args[0], Symbol):
            if name in FUNCTIONS and len(args) == 1 and not any(options.values()):
                return apply(name, args[0])
            if name == "chunk":
                return args[0].chunk(*args[1:], **options)
        raise UntraceableError(f"torch.{name}")

    def __bool__(self) -> bool:
        raise UntraceableError("a decision that depends on a number of the network")


@dataclass(frozen=True)
class Matrix(Traced):
    """A factor times a prepared matrix of some name, or its transpose, or rows of that."""

    name: str
    shape: tuple[int, ...]
    factor: float = 1.0
    transposed: bool = False
    first: int = 0

    @property
    def T(self) -> "Matrix":
        """Return the transpose."""
        return replace(self, shape=self.shape[::-1], transposed=not self.transposed)

    def rows(self, first: int, count: int) -> "Matrix":
        """Return neighbouring rows."""
        return replace(self, shape=(count, self.shape[1]), first=first)

    def __mul__(self, factor: float) -> "Matrix":
        return replace(self, factor=self.factor * number(factor))

    __rmul__ = __mul__

    def __matmul__(self, vector: "Symbol") -> "Symbol":
        if self.shape[1] != vector.units:
            raise NeuroswitchError(
                f"{self.name} has {self.shape[1]} columns in this product, and meets a vector of "
                f"{vector.units} units; they must be as many"
            )
        return Product(self.shape[0], self, vector)


@dataclass(frozen=True, eq=False)
class Symbol(Traced):
    """A vector of `units` numbers, one vector for each trial."""

    units: int

    @property
    def parts(self) -> "tuple[Symbol, ...]":
        """Return the symbols that it is computed from."""
        return ()

    def __add__(self, other: "Symbol | float") -> "Symbol":
        return added(self.units, [(1.0, self), (1.0, other)])

    def __sub__(self, other: "Symbol | float") -> "Symbol":
        return added(self.units, [(1.0, self), (-1.0, other)])

    def __rsub__(self, other: float) -> "Symbol":
        return added(self.units, [(1.0, other), (-1.0, self)])

    def __neg__(self) -> "Symbol":
        return added(self.units, [(-1.0, self)])

    def __mul__(self, other: "Symbol | float") -> "Symbol":
        if isinstance(other, Symbol):
            return along(multiplied, self, other)
        return added(self.units, [(number(other), self)])

    def __truediv__(self, other: float) -> "Symbol":
        return self * (1 / number(other))

    def __pow__(self, other: object) -> "Symbol":
        raise UntraceableError("a power, ** (a square is x * x)")

    __radd__, __rmul__ = __add__, __mul__

    def __len__(self) -> int:
        return self.units

    def __iter__(self) -> Iterator[Any]:
        raise UntraceableError("a loop over the units of a vector")

    def __getitem__(self, part: slice) -> "Symbol":
        if not isinstance(part, slice) or part.step not in (None, 1):
            raise UntraceableError("an index that is no slice of neighbours")
        first, last, _ = part.indices(self.units)
        return cut(self, first, last - first)

    def chunk(self, count: int, dim: int = 0) -> "list[Symbol]":
        """Return the vector in equal parts."""
        size = -(-self.units // count)
        return [self[first : first + size] for first in range(0, self.units, size)]


@dataclass(frozen=True, eq=False)
class Leaf(Symbol):
    """Something given: an input, a state, a vector of parameters; or an adjoint."""

    kind: str
    name: str


@dataclass(frozen=True, eq=False)
class Product(Symbol):
    """A matrix times a vector."""

    matrix: Matrix
    vector: Symbol

    @property
    def parts(self) -> tuple[Symbol, ...]:
        return (self.vector,)


@dataclass(frozen=True, eq=False)
class Sum(Symbol):
    """Factors times other symbols, and a constant; no term is a sum, unless it is kept whole."""

    terms: tuple[tuple[float, Symbol], ...]
    constant: float
    whole: bool = False

    @property
    def parts(self) -> tuple[Symbol, ...]:
        return tuple(term for _, term in self.terms)


@dataclass(frozen=True, eq=False)
class Times(Symbol):
    """Two vectors, unit by unit."""

    left: Symbol
    right: Symbol

    @property
    def parts(self) -> tuple[Symbol, ...]:
        return (self.left, self.right)


@dataclass(frozen=True, eq=False)
class Function(Symbol):
    """A function of each unit."""

    name: str
    of: Symbol

    @property
    def parts(self) -> tuple[Symbol, ...]:
        return (self.of,)


@dataclass(frozen=True, eq=False)
class Slice(Symbol):
    """Neighbouring units of a vector."""

    of: Symbol
    first: int

    @property
    def parts(self) -> tuple[Symbol, ...]:
        return (self.of,)


@dataclass(frozen=True, eq=False)
class Join(Symbol):
    """Vectors one after the other. Only products and slices have joins below them."""

    joined: tuple[Symbol, ...]

    @property
    def parts(self) -> tuple[Symbol, ...]:
        return self.joined

    @property
    def firsts(self) -> tuple[int, ...]:
        """Return the first unit of each part."""
        return (0, *accumulate(part.units for part in self.joined))[:-1]


def number(value: Any) -> float:
    """Return a factor as a number."""
    if isinstance(value, Traced) or not isinstance(value, (int, float)):
        raise UntraceableError(
            f"{type(value).__name__} beside a symbol; numbers go there, and tensors that `prepare` "
            "returns"
        )
    return float(value)


def join(parts: Sequence[Symbol]) -> Symbol:
    """Return vectors one after the other."""
    if len(parts) == 1:
        return parts[0]
    flat = [p for part in parts for p in (part.joined if isinstance(part, Join) else (part,))]
    return Join(sum(part.units for part in flat), tuple(flat))


def cut(symbol: Symbol, first: int, units: int) -> Symbol:
    """Return neighbouring units of a vector."""
    if units == symbol.units:
        return symbol
    if isinstance(symbol, Slice):
        return cut(symbol.of, symbol.first + first, units)
    if isinstance(symbol, Join):
        found = []
        for begin, part in zip(symbol.firsts, symbol.joined, strict=True):
            low, high = max(first, begin), min(first + units, begin + part.units)
            if low < high:
                found.append(cut(part, low - begin, high - low))
        return join(found)
    return Slice(units, symbol, first)


def along(build: Callable[..., Symbol], *symbols: Symbol) -> Symbol:
    """Return what is built unit by unit; of joined vectors it is built part by part."""
    units = {symbol.units for symbol in symbols}
    if len(units) > 1:
        if 1 in units:
            raise UntraceableError("a vector of one unit beside a longer one")
        raise NeuroswitchError(
            f"vectors of {' and '.join(map(str, sorted(units)))} units meet unit by unit; they "
            "must have as many"
        )
    joined = next((symbol for symbol in symbols if isinstance(symbol, Join)), None)
    if joined is None:
        return build(*symbols)
    return join(
        [
            along(build, *(cut(symbol, first, part.units) for symbol in symbols))
            for first, part in zip(joined.firsts, joined.joined, strict=True)
        ]
    )


def apply(name: str, symbol: Symbol) -> Symbol:
    """Return a function of each unit."""
    return along(lambda of: Function(of.units, name, of), symbol)


def multiplied(left: Symbol, right: Symbol) -> Symbol:
    """Return the product unit by unit, with the factors of both in front."""
    factor, bare = 1.0, []
    for symbol in (left, right):
        if isinstance(symbol, Sum) and len(symbol.terms) == 1 and not symbol.constant:
            factor, symbol = factor * symbol.terms[0][0], symbol.terms[0][1]
        bare.append(symbol)
    return added(left.units, [(factor, Times(left.units, *bare))])


def added(units: int, terms: Iterable[tuple[float, "Symbol | float"]]) -> Symbol:
    """Return a sum of factors times symbols or numbers."""
    terms = list(terms)
    if len(terms) == 1 and terms[0][0] == 1 and isinstance(terms[0][1], Symbol):
        return terms[0][1]
    factors = [(factor, term) for factor, term in terms if isinstance(term, Symbol)]
    constant = sum(factor * number(term) for factor, term in terms if not isinstance(term, Symbol))
    if not factors:
        return Sum(units, (), constant)

    def build(*symbols: Symbol) -> Symbol:
        weighed = [(factor, symbol) for (factor, _), symbol in zip(factors, symbols, strict=True)]
        return _flat(weighed, constant)

    return along(build, *(symbol for _, symbol in factors))


def _flat(terms: Sequence[tuple[float, Symbol]], constant: float) -> Symbol:
    found: dict[Symbol, float] = {}
    units = terms[0][1].units
    for factor, symbol in terms:
        if isinstance(symbol, Sum) and not symbol.whole:
            constant += factor * symbol.constant
            inner = symbol.terms
        else:
            inner = ((1.0, symbol),)
        for own, term in inner:
            found[term] = found.get(term, 0.0) + factor * own
    flat = [
        (1.0, Product(units, term.matrix * factor, term.vector))
        if isinstance(term, Product) and factor != 1
        else (factor, term)
        for term, factor in found.items()
        if factor
    ]
    if not constant and len(flat) == 1 and flat[0][0] == 1:
        return flat[0][1]
    return Sum(units, tuple(flat), constant)


def ordered(roots: Iterable[Symbol], given: Iterable[Symbol] = ()) -> list[Symbol]:
    """Return all that some symbols are computed from and they themselves, each after its parts.

    given : symbols that are there already, whose parts are left out
    """
    known, found = set(given), list[Symbol]()
    seen = set[Symbol]()

    def visit(symbol: Symbol) -> None:
        if symbol in seen:
            return
        seen.add(symbol)
        if symbol not in known:
            for part in symbol.parts:
                visit(part)
        found.append(symbol)

    for root in roots:
        visit(root)
    return found
