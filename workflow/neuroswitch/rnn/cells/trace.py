"""Trace the step of a network, and derive the step of its adjoint."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from neuroswitch.rnn.cells.symbols import (
    Function,
    Join,
    Leaf,
    Matrix,
    Product,
    Slice,
    Sum,
    Symbol,
    Times,
    added,
    apply,
    cut,
    join,
    ordered,
)


@dataclass(frozen=True)
class Step:
    """A step of a network: what follows from states, an input and parameters.

    starts : state -> the vector of parameters that it starts from; states that no output depends
        on are left out
    before, after : state -> its symbol before and after the step
    trained : names of the matrices and vectors whose gradients are wanted
    """

    starts: Mapping[str, str]
    before: Mapping[str, Leaf]
    after: Mapping[str, Symbol]
    output: Symbol
    trained: Set[str]

    @classmethod
    def of(
        cls,
        starts: Mapping[str, str],
        before: Mapping[str, Leaf],
        after: Mapping[str, Symbol],
        output: Symbol,
        trained: Set[str],
    ) -> "Step":
        """Return the step without the states that no output depends on."""
        needed: set[Symbol] = set()
        roots = [output]
        while fresh := [symbol for symbol in ordered(roots) if symbol not in needed]:
            needed.update(fresh)
            roots += [after[name] for name, leaf in before.items() if leaf in needed]
        live = [name for name, leaf in before.items() if leaf in needed]
        return cls(
            {name: starts[name] for name in live},
            {name: before[name] for name in live},
            {name: after[name] for name in live},
            output,
            trained,
        )

    @property
    def symbols(self) -> list[Symbol]:
        """Return all symbols of the step, each after those that it is computed from."""
        return ordered([*self.after.values(), self.output])

    @property
    def active(self) -> set[Symbol]:
        """Return the symbols that change with a trained parameter, at this or an earlier step."""
        states = {name for name, start in self.starts.items() if start in self.trained}
        while True:
            found: set[Symbol] = set()
            for symbol in self.symbols:
                own = isinstance(symbol, Product) and symbol.matrix.name in self.trained
                given = isinstance(symbol, Leaf) and (
                    (symbol.kind == "vector" and symbol.name in self.trained)
                    or (symbol.kind == "state" and symbol.name in states)
                )
                if own or given or any(part in found for part in symbol.parts):
                    found.add(symbol)
            now = states | {name for name, symbol in self.after.items() if symbol in found}
            if now == states:
                return found
            states = now


@dataclass(frozen=True)
class Adjoint:
    """A step of the adjoint, from the last step of a trial to the first.

    carried : state -> the leaf that stands for its adjoint after the step
    before : state -> its adjoint before the step
    products : what the gradients of matrices are sums over steps of: matrix, left, right, for
        the outer product of left and right, times the factor of the matrix
    vectors : the same for vectors of parameters: name, adjoint
    """

    error: Leaf
    carried: Mapping[str, Leaf]
    before: Mapping[str, Symbol]
    products: list[tuple[Matrix, Symbol, Symbol]]
    vectors: list[tuple[str, Symbol]]


def adjoint(step: Step) -> Adjoint:
    """Derive the adjoint of a step, from the last symbol of the step to the first."""
    active = step.active
    error = Leaf(step.output.units, "error", "output")
    carried = {
        name: Leaf(symbol.units, "carried", name)
        for name, symbol in step.before.items()
        if symbol in active
    }
    # Symbol -> adjoints of some of its units, and which unit is the first of them.
    parts: dict[Symbol, list[tuple[int, Symbol]]] = {symbol: [] for symbol in active}
    found = Adjoint(error, carried, {}, [], [])
    before: dict[str, Symbol] = {}

    def give(symbol: Symbol, part: Symbol, first: int = 0) -> None:
        if symbol in active:
            parts[symbol].append((first, part))

    for name, leaf in carried.items():
        give(step.after[name], leaf)
    give(step.output, error)
    for symbol in reversed(step.symbols):
        if symbol not in active or not parts[symbol]:
            continue
        own = _gathered(symbol.units, parts[symbol])
        if isinstance(symbol, Product):
            if symbol.matrix.name in step.trained:
                found.products.append((symbol.matrix, own, symbol.vector))
            _give_product(give, symbol, own, active)
        elif isinstance(symbol, Sum):
            for factor, term in symbol.terms:
                give(term, factor * own)
        elif isinstance(symbol, Times):
            give(symbol.left, own * symbol.right)
            give(symbol.right, own * symbol.left)
        elif isinstance(symbol, Function):
            give(symbol.of, own * slope(symbol))
        elif isinstance(symbol, Slice):
            give(symbol.of, own, symbol.first)
        elif isinstance(symbol, Join):
            for first, part in zip(symbol.firsts, symbol.joined, strict=True):
                give(part, cut(own, first, part.units))
        elif isinstance(symbol, Leaf) and symbol.kind == "vector":
            found.vectors.append((symbol.name, own))
        elif isinstance(symbol, Leaf):
            before[symbol.name] = own
    return Adjoint(error, carried, before, found.products, found.vectors)


def slope(function: Function) -> Symbol:
    """Return the derivative of a function where it was taken."""
    if function.name == "tanh":
        return Function(function.units, "slope", function)
    if function.name == "sigmoid":
        return function - function * function
    if function.name == "relu":
        return Function(function.units, "positive", function)
    if function.name == "softplus":
        return apply("sigmoid", function.of)
    return function  # of exp


def _give_product(give, product: Product, own: Symbol, active: Set[Symbol]) -> None:  # type: ignore[no-untyped-def]
    """Carry an adjoint through a matrix, to the active parts of a joined vector alone."""
    vector = product.vector
    parts = vector.joined if isinstance(vector, Join) else (vector,)
    firsts = vector.firsts if isinstance(vector, Join) else (0,)
    for first, part in zip(firsts, parts, strict=True):
        if part in active:
            back = product.matrix.T.rows(first, part.units)
            give(part, Product(part.units, back, own))


def _gathered(units: int, parts: list[tuple[int, Symbol]]) -> Symbol:
    """Return the sum of adjoints of parts of a vector."""
    edges = sorted({0, units} | {edge for a, p in parts for edge in (a, a + p.units)})
    sums = []
    for low, high in pairwise(edges):
        over = [
            (1.0, cut(part, low - first, high - low))
            for first, part in parts
            if first <= low and high <= first + part.units
        ]
        total = added(high - low, over)
        if isinstance(total, Sum) and not total.whole:
            # It is computed once, wherever it goes.
            total = replace(total, whole=True)
        sums.append(total)
    return join(sums)
