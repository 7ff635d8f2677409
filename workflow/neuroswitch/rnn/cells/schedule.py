"""Order what a step computes into products of matrices and loops over units.

A symbol has the level of its last product: those of a level are computed after the products of
that level. All that is unit by unit at one level and hangs together is one loop. In memory are
what products read and write, what a later level reads, and what the caller wants there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from neuroswitch.rnn.cells.program import Place, Program, indented
from neuroswitch.rnn.cells.symbols import (
    Function,
    Join,
    Leaf,
    Product,
    Slice,
    Sum,
    Symbol,
    Times,
    ordered,
)

CHEAP = ("slope", "positive")
"""Functions that a later loop takes anew."""


@dataclass
class Accumulator:
    """A sum with products, or a product: the rest is stored first, and products are added."""

    rest: Symbol | None
    products: list[Product]
    onto: bool = False
    """The rest is in its place already."""


@dataclass(frozen=True)
class Item:
    """A symbol that a loop stores."""

    symbol: Symbol
    place: Place
    computed: bool
    """It is computed there, and not read from another place of its own."""


class Schedule:
    """The statements of a step."""

    def __init__(
        self,
        program: Program,
        given: Mapping[Symbol, Place],
        wanted: Sequence[tuple[Symbol, Place]],
    ) -> None:
        """Decide what is in memory, and where.

        given : what is in memory before the step
        wanted : what must be there after it
        """
        self._program = program
        self._given = given
        self._places = dict(given)
        self._order = [s for s in ordered([s for s, _ in wanted], given) if s not in given]
        self._users = defaultdict[Symbol, list[Symbol]](list)
        for symbol in self._order:
            for part in symbol.parts:
                self._users[part].append(symbol)
        self._copies: list[Item] = []
        asked = Counter[Symbol]()
        for symbol, place in wanted:
            asked[symbol] += 1
            self._put(symbol, place)
        self._uses = Counter({s: len(users) for s, users in self._users.items()}) + asked
        self._absorbed = {
            term
            for symbol in self._order
            if isinstance(symbol, Sum)
            for term in symbol.parts
            if isinstance(term, Product) and self._uses[term] == 1
        }
        self._accumulators = dict(self._found_accumulators())
        self._squashed = set[Symbol]()
        self._taken = set[Symbol]()
        self._aligned: dict[Symbol, Place] = {}
        self._levels: dict[Symbol, int] = {}
        for symbol in self._order:
            self._levels[symbol] = self._level(symbol)
        self._read = defaultdict[Symbol, set[int]](set)
        self._stored = set[Symbol]()
        for symbol in reversed(self._order):
            self._settle(symbol)

    def statements(self) -> list[str]:
        """Return the lines of code."""
        items = defaultdict[int, list[Item]](list)
        for symbol in self._order:
            if symbol in self._accumulators:
                accumulator = self._accumulators[symbol]
                if accumulator.rest is not None and not accumulator.onto:
                    level = self._rest_level(accumulator)
                    items[level].append(Item(accumulator.rest, self._places[symbol], True))
            elif (
                symbol in self._places
                and symbol not in self._squashed
                and not isinstance(symbol, Join)
            ):
                items[self._levels[symbol]].append(Item(symbol, self._places[symbol], True))
        for item in self._copies:
            items[self._levels.get(item.symbol, 0)].append(item)
        lines = []
        for level in range(max(self._levels.values(), default=0) + 1):
            for symbol in self._order:
                if symbol in self._accumulators and self._levels[symbol] == level:
                    lines += self._products(symbol)
            for together in self._connected(items[level]):
                lines += Loop(self._program, self._places, self._uses, together).lines()
        return lines

    def _found_accumulators(self) -> Iterable[tuple[Symbol, Accumulator]]:
        for symbol in self._order:
            if isinstance(symbol, Product) and symbol not in self._absorbed:
                yield symbol, Accumulator(None, [symbol])
            if isinstance(symbol, Sum):
                products = [p for p in symbol.parts if p in self._absorbed]
                rest = tuple(term for term in symbol.terms if term[1] not in self._absorbed)
                whole = Sum(symbol.units, rest, symbol.constant)
                if products:
                    yield (
                        symbol,
                        Accumulator(whole if rest or symbol.constant else None, products),
                    )

    def _level(self, symbol: Symbol) -> int:
        if symbol in self._accumulators:
            accumulator = self._accumulators[symbol]
            vectors = (self._levels.get(p.vector, 0) for p in accumulator.products)
            return 1 + max(self._rest_level(accumulator), *vectors)
        if isinstance(symbol, Slice) and symbol.of not in self._accumulators:
            # A loop over fewer units comes after the one that stores them all.
            return self._levels[symbol.of] + 1 if symbol.of in self._levels else 0
        return max((self._levels.get(part, 0) for part in symbol.parts), default=0)

    def _rest_level(self, accumulator: Accumulator) -> int:
        parts = accumulator.rest.parts if accumulator.rest is not None else ()
        return max((self._levels.get(part, 0) for part in parts), default=0)

    def _put(self, symbol: Symbol, place: Place) -> None:
        """Let a symbol be stored at a place; if it has one already, there too."""
        if symbol in self._places:
            self._copies.append(Item(symbol, place, False))
        else:
            self._places[symbol] = place

    def _settle(self, symbol: Symbol) -> None:
        """Decide where a symbol is, after all that is computed from it."""
        if symbol in self._absorbed:
            return
        level = self._levels[symbol]
        if isinstance(symbol, Join):
            place = self._placed(symbol)
            for first, part in zip(symbol.firsts, symbol.joined, strict=True):
                self._read[part].add(self._levels.get(part, 0))
                self._put(part, replace(place, first=place.first + first))
        elif symbol in self._accumulators:
            self._settle_accumulator(symbol, self._accumulators[symbol])
        else:
            late = max(self._read[symbol], default=0) > level and not self._is_cheap(symbol)
            if late or symbol in self._stored:
                self._placed(symbol)
            levels = {level} if symbol in self._places else self._read[symbol]
            for part in symbol.parts:
                self._read[part] |= levels
                if isinstance(symbol, Slice):
                    self._stored.add(part)

    def _is_cheap(self, symbol: Symbol) -> bool:
        """Return whether a later loop computes a symbol anew, rather than reading it."""
        if isinstance(symbol, Times):
            return all(part in self._given for part in symbol.parts)
        return not isinstance(symbol, Function) or symbol.name in CHEAP

    def _settle_accumulator(self, symbol: Symbol, accumulator: Accumulator) -> None:
        rest = accumulator.rest
        if rest is not None:
            for part in rest.parts:
                self._read[part].add(self._rest_level(accumulator))
        if symbol not in self._places:
            # An adjoint that came from the step after is added to where it is, and what one
            # other symbol is computed from is stored in the place of that one.
            if (
                isinstance(rest, Sum)
                and [factor for factor, _ in rest.terms] == [1.0]
                and not rest.constant
                and isinstance(carried := rest.parts[0], Leaf)
                and carried.kind == "carried"
                and self._uses[carried] == 1
            ):
                self._places[symbol] = self._given[carried]
                accumulator.onto = True
            elif (heir := self._heir(symbol)) is not None and heir not in self._taken:
                self._taken.add(heir)
                self._places[symbol] = self._places[heir]
                if (
                    isinstance(heir, Function)
                    and heir.name == "tanh"
                    and heir.of is symbol
                    and rest is None
                    and len(self._runs(accumulator.products)) == 1
                ):
                    self._squashed.add(heir)
        if self._placed(symbol).first:
            self._copies.append(Item(symbol, self._places.pop(symbol), False))
            self._placed(symbol)
        self._stored.update(
            p.vector for p in accumulator.products if self._place_of(p.vector) is None
        )
        for vector in (run[0].vector for run in self._runs(accumulator.products)):
            place = self._place_of(vector)
            if place is not None and place.first and vector not in self._aligned:
                self._aligned[vector] = Place(self._program.buffer("one", vector.units), "0")
                self._copies.append(Item(vector, self._aligned[vector], False))

    def _heir(self, symbol: Symbol) -> Symbol | None:
        """Return the stored symbol that alone is computed from one, unit by unit."""
        while self._uses[symbol] == 1 and self._users[symbol]:
            (symbol,) = self._users[symbol]
            if symbol in self._accumulators or isinstance(symbol, (Slice, Join)):
                return None
            if symbol in self._places:
                return None if self._places[symbol].first else symbol
        return None

    def _placed(self, symbol: Symbol) -> Place:
        if symbol not in self._places:
            self._places[symbol] = Place(self._program.buffer("one", symbol.units), "0")
        return self._places[symbol]

    def _place_of(self, symbol: Symbol) -> Place | None:
        if symbol in self._places or not isinstance(symbol, Slice):
            return self._places.get(symbol)
        whole = self._place_of(symbol.of)
        return whole and replace(whole, first=whole.first + symbol.first)

    def _runs(self, products: list[Product]) -> list[list[Product]]:
        """Return products in groups whose vectors lie side by side in memory."""
        runs: list[list[Product]] = []
        end = None
        together = defaultdict[object, list[Product]](list)
        for product in products:
            place = self._place_of(product.vector)
            together[(place.buffer, place.row) if place else product].append(product)
        for product in (p for group in together.values() for p in group):
            place = self._place_of(product.vector)
            if runs and place is not None and place == end:
                runs[-1].append(product)
            else:
                runs.append([product])
            end = place and replace(place, first=place.first + product.vector.units)
        return runs

    def _products(self, symbol: Symbol) -> list[str]:
        """Return the lines that add the products of an accumulator."""
        accumulator, place = self._accumulators[symbol], self._places[symbol]
        heir = next((f for f in self._squashed if symbol in f.parts), None)
        kind = "add_product" if accumulator.onto or accumulator.rest is not None else "set_product"
        kind = "set_squashed" if heir is not None else kind
        lines = []
        for run in self._runs(accumulator.products):
            vector = self._aligned.get(run[0].vector) or self._place_of(run[0].vector)
            assert vector, "all that products read is stored"
            matrix = self._program.matrix([product.matrix for product in run])
            lines.append(
                f"{kind}({matrix}, {vector.buffer}, {vector.row}, {place.buffer}, {place.row})"
            )
            kind = "add_product"
        return lines

    def _connected(self, items: list[Item]) -> list[list[Item]]:
        """Return the items in groups that share what they are computed from."""
        groups: list[tuple[set[Symbol], list[Item]]] = []
        for item in items:
            touched = self._touched(item)
            apart = [group for group in groups if not group[0] & touched]
            meeting = [group for group in groups if group[0] & touched]
            merged = [one for _, group in meeting for one in group]
            groups = [*apart, (touched.union(*(g[0] for g in meeting)), [*merged, item])]
        return [group for _, group in groups]

    def _touched(self, item: Item) -> set[Symbol]:
        found = {item.symbol}
        waiting = (
            list(item.symbol.parts) if item.computed and not isinstance(item.symbol, Slice) else []
        )
        while waiting:
            symbol = waiting.pop()
            found.add(symbol)
            if symbol not in self._places and not isinstance(symbol, Slice):
                waiting += symbol.parts
        return found


class Loop:
    """A loop over the units of symbols that hang together."""

    def __init__(
        self,
        program: Program,
        places: Mapping[Symbol, Place],
        uses: Mapping[Symbol, int],
        items: list[Item],
    ) -> None:
        self._program, self._places, self._uses, self._items = program, places, uses, items
        self._computed = {item.symbol for item in items if item.computed}
        self._inline = set[Symbol]()
        self._nodes = list[Symbol]()
        for item in items:
            self._visit(item.symbol)
        self._index: dict[Place, str] = {}

    def lines(self) -> list[str]:
        """Return the loop."""
        count = self._program.size(self._items[0].symbol.units)
        names: dict[Symbol, str] = {}
        body = []
        for node in self._nodes:
            name = f"v{len(names)}"
            body.append(f"{name} = {self._expression(node, names)}")
            names[node] = name
        for item in self._items:
            at = self._at(item.place)
            body.append(f"store({item.place.buffer}, {at}, {names[item.symbol]})")
        return [f"for i in range({count}):", *indented(body)]

    def _visit(self, symbol: Symbol) -> None:
        if symbol in self._nodes:
            return
        if self._is_computed(symbol):
            for part in symbol.parts:
                if (
                    isinstance(symbol, Sum)
                    and isinstance(part, Times)
                    and self._uses[part] == 1
                    and part not in self._places
                ):
                    self._inline.add(part)
                    for own in part.parts:
                        self._visit(own)
                else:
                    self._visit(part)
        self._nodes.append(symbol)

    def _is_computed(self, symbol: Symbol) -> bool:
        own = symbol in self._computed or symbol not in self._places
        return own and not isinstance(symbol, Slice)

    def _expression(self, node: Symbol, names: Mapping[Symbol, str]) -> str:
        if not self._is_computed(node):
            if isinstance(node, Slice) and node.of in self._places:
                whole = self._places[node.of]
                place = replace(whole, first=whole.first + node.first)
            else:
                # Of a slice that the forward pass kept, the whole is not here.
                place = self._places[node]
            return f"load({place.buffer}, {self._at(place)})"
        if isinstance(node, Leaf):
            return f"spread({self._program.vector(node.name)}[i])"
        if isinstance(node, Times):
            return f"multiply({names[node.left]}, {names[node.right]})"
        if isinstance(node, Function):
            return f"{node.name}({names[node.of]})"
        assert isinstance(node, Sum)
        result = ""
        if node.constant or not node.terms:
            result = f"constant(output, {self._program.constant(node.constant)})"
        for factor, term in node.terms:
            if term in self._inline:
                assert isinstance(term, Times)
                left, right = self._scaled(factor, names[term.left]), names[term.right]
                result = (
                    f"multiply_add({left}, {right}, {result})"
                    if result
                    else f"multiply({left}, {right})"
                )
            elif not result:
                result = self._scaled(factor, names[term])
            elif abs(factor) == 1:
                result = f"{'add' if factor > 0 else 'subtract'}({result}, {names[term]})"
            else:
                result = f"weigh({self._program.constant(factor)}, {names[term]}, {result})"
        return result

    def _scaled(self, factor: float, name: str) -> str:
        return name if factor == 1 else f"scale({self._program.constant(factor)}, {name})"

    def _at(self, place: Place) -> str:
        if not place.first:
            return f"({place.row}, i)"
        if place not in self._index:
            self._index[place] = self._program.size(place.first)
        return f"({place.row}, i + {self._index[place]})"
