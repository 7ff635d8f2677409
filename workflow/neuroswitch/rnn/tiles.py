"""Tiles: the part of a product that stays in the processor's registers.

A fused multiply-add takes four cycles and two can start in each, so eight sums must grow side by
side, and every number that is loaded must serve several of them. A tile of each size is an
intrinsic of its own, written out operation by operation. What does not fit the registers of the
processor that runs it is cut, by rows and then by lanes. No cut goes through a sum, so that results
have the same bits on every processor.
"""

from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from neuroswitch import vectors
from neuroswitch.compilation import compiled, named
from neuroswitch.rnn.lanes import size

INDEX = types.intp

CHUNK = 32
"""Steps at most that an outer product goes over before its next tile: those of a few units stay in
the first cache."""


def product(count: int, *, from_zero: bool, squashed: bool) -> Any:
    """Return the compiled product of a matrix and vectors of `count` lanes.

    It takes addresses, which pass in registers: many products here are small. Rows go in tiles of
    eight, and then of fewer, which divide each row into several sums.

    from_zero : forget what the rows held, or add to it
    squashed : put tanh of the sums there
    """
    eight, four, three, two, one = (
        _product_tile(count, rows, 8 // rows, from_zero=from_zero, squashed=squashed)
        for rows in (8, 4, 3, 2, 1)
    )

    @compiled
    @named(f"product_of_{count}_from_zero_{from_zero}_squashed_{squashed}")
    def of(zero, matrix, rows, columns, vector, out):  # type: ignore[no-untyped-def]
        row = columns * size(zero)
        lanes = count * size(zero)
        while rows >= 8:
            eight(zero, matrix, columns, vector, out)
            matrix, out, rows = matrix + 8 * row, out + 8 * lanes, rows - 8
        if rows >= 4:
            four(zero, matrix, columns, vector, out)
            matrix, out, rows = matrix + 4 * row, out + 4 * lanes, rows - 4
        if rows == 3:
            three(zero, matrix, columns, vector, out)
        elif rows == 2:
            two(zero, matrix, columns, vector, out)
        elif rows == 1:
            one(zero, matrix, columns, vector, out)

    return of


def outer(count: int) -> Any:
    """Return the compiled sum over steps of outer products of vectors of `count` lanes.

    It takes addresses, and how many units lie between steps.
    """
    four_by_1, four_by_2, four_by_3 = (_outer_tile(count, 4, columns) for columns in (1, 2, 3))
    one_by_1, one_by_2, one_by_3 = (_outer_tile(count, 1, columns) for columns in (1, 2, 3))

    @compiled
    @named(f"outer_of_{count}")
    def of(zero, left, n, left_units, right, k, right_units, steps, out):  # type: ignore[no-untyped-def]
        lanes = count * size(zero)
        chunks = -(-steps // CHUNK)
        chunk = -(-steps // max(chunks, 1))
        while steps > 0:
            now = min(chunk, steps)
            i = 0
            while i < n:
                four = n - i >= 4
                a = left + i * lanes
                j = 0
                while j < k:
                    b = right + j * lanes
                    to = out + (i * k + j) * lanes
                    if k - j >= 3:
                        if four:
                            four_by_3(zero, a, left_units, b, right_units, now, to, k)
                        else:
                            one_by_3(zero, a, left_units, b, right_units, now, to, k)
                        j += 3
                    elif k - j == 2:
                        if four:
                            four_by_2(zero, a, left_units, b, right_units, now, to, k)
                        else:
                            one_by_2(zero, a, left_units, b, right_units, now, to, k)
                        j += 2
                    else:
                        if four:
                            four_by_1(zero, a, left_units, b, right_units, now, to, k)
                        else:
                            one_by_1(zero, a, left_units, b, right_units, now, to, k)
                        j += 1
                i += 4 if four else 1
            left += now * left_units * lanes
            right += now * right_units * lanes
            steps -= now

    return of


def _product_tile(count: int, rows: int, parts: int, *, from_zero: bool, squashed: bool) -> Any:
    """Return an intrinsic for some rows of the product of a matrix and lanes.

    rows : rows of a tile
    parts : sums that a row is divided into, each of every parts-th product
    """

    @extending.intrinsic
    def tile(typingctx, zero, matrix, columns, vector, out):  # type: ignore[no-untyped-def]
        """Compute rows; addresses of the first of them, of the lanes, and of the results.

        zero : 0 in the precision of everything
        """

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            _, matrix_at, units, vector_at, out_at = args
            dtype = zero
            weights = vectors.pointer(builder, dtype, matrix_at)
            starts = [builder.gep(weights, [_times(builder, units, r)]) for r in range(rows)]
            # Beside the sums there are a vector and a weight.
            height = rows
            while height > 1 and not _fit(dtype, count, height * parts + 2):
                height //= 2

            def rows_from(top: int, lanes: slice) -> None:
                source, results = (
                    _Units(builder, dtype, at, count, lanes) for at in (vector_at, out_at)
                )
                tops = range(top, min(top + height, rows))
                places = [results.place(ir.Constant(units.type, r)) for r in tops]
                nothing = ir.Constant(source.type, [0.0] * source.type.count)
                sums = []
                for place in places:
                    begun = nothing if from_zero else vectors.load(builder, place, dtype)
                    row = [begun, *[nothing] * (parts - 1)]
                    sums.append([cgutils.alloca_once_value(builder, value) for value in row])

                def add_column(column: Any, part: int) -> None:
                    v = vectors.load(builder, source.place(column), dtype)
                    for r, row in zip(tops, sums, strict=True):
                        weight = builder.load(builder.gep(starts[r], [column]))
                        wide = vectors.broadcast(builder, dtype, weight, v.type.count)
                        grown = vectors.multiply_add(builder, wide, v, builder.load(row[part]))
                        builder.store(grown, row[part])

                whole = builder.sdiv(units, ir.Constant(units.type, parts))
                with cgutils.for_range(builder, whole) as loop:
                    for part in range(parts):
                        add_column(_plus(builder, _times(builder, loop.index, parts), part), part)
                if parts > 1:
                    done = _times(builder, whole, parts)
                    with cgutils.for_range(builder, builder.sub(units, done)) as loop:
                        add_column(builder.add(done, loop.index), 0)
                found = [_added(builder, [builder.load(s) for s in row]) for row in sums]
                if squashed:
                    found = [vectors.tanh(builder, dtype, sums) for sums in found]
                for result, place in zip(found, places, strict=True):
                    vectors.store(builder, result, place, dtype)

            for top in range(0, rows, height):
                for lanes in _slices(dtype, count, height * parts + 2):
                    rows_from(top, lanes)
            return context.get_dummy_value()

        return types.void(zero, INDEX, INDEX, INDEX, INDEX), codegen

    return tile


def _outer_tile(count: int, rows: int, columns: int) -> Any:
    """Return an intrinsic for a tile of the sum over steps of left[., i] right[., j]."""

    @extending.intrinsic
    def tile(typingctx, zero, left, left_units, right, right_units, steps, out, out_units):  # type: ignore[no-untyped-def]
        """Add to a tile; addresses of first lanes, and how many units lie between steps or rows.

        zero : 0 in the precision of everything
        """

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            _, left_at, left_stride, right_at, right_stride, count_of_steps, out_at, out_stride = (
                args
            )
            dtype = zero

            def of(lanes: slice) -> None:
                lefts, rights, outs = (
                    _Units(builder, dtype, at, count, lanes) for at in (left_at, right_at, out_at)
                )
                places = []
                for r in range(rows):
                    row = _times(builder, out_stride, r)
                    places += [outs.place(_plus(builder, row, c)) for c in range(columns)]
                sums = [
                    cgutils.alloca_once_value(builder, vectors.load(builder, place, dtype))
                    for place in places
                ]
                with cgutils.for_range(builder, count_of_steps) as loop:
                    at = builder.mul(loop.index, right_stride)
                    across = [
                        vectors.load(builder, rights.place(_plus(builder, at, c)), dtype)
                        for c in range(columns)
                    ]
                    at = builder.mul(loop.index, left_stride)
                    for r in range(rows):
                        value = vectors.load(builder, lefts.place(_plus(builder, at, r)), dtype)
                        for c in range(columns):
                            growing = sums[r * columns + c]
                            grown = vectors.multiply_add(
                                builder, value, across[c], builder.load(growing)
                            )
                            builder.store(grown, growing)
                for place, growing in zip(places, sums, strict=True):
                    vectors.store(builder, builder.load(growing), place, dtype)

            for lanes in _slices(dtype, count, rows * columns + columns + 1):
                of(lanes)
            return context.get_dummy_value()

        return types.void(zero, *[INDEX] * 7), codegen

    return tile


def _fit(dtype: types.Float, width: int, held: int) -> bool:
    """Return whether so many vectors of a width fit the registers."""
    registers, bits = vectors.registers()
    return held * max(width * dtype.bitwidth, bits) <= registers * bits


def _slices(dtype: types.Float, count: int, held: int) -> list[slice]:
    """Return slices of `count` lanes, so wide that as many vectors of that width fit."""
    width = count
    while width > 1 and not _fit(dtype, width, held):
        width //= 2
    return [slice(first, first + width) for first in range(0, count, width)]


class _Units:
    """An address of units of `count` lanes each, of which a slice is computed with."""

    def __init__(self, builder: Any, dtype: types.Float, at: Any, count: int, lanes: slice) -> None:
        width = lanes.stop - lanes.start
        self.type = vectors.vector(dtype, width)
        self._builder, self._vectors = builder, count // width
        numbers = builder.gep(
            vectors.pointer(builder, dtype, at), [ir.Constant(ir.IntType(64), lanes.start)]
        )
        self._first = builder.bitcast(numbers, self.type.as_pointer())

    def place(self, unit: Any) -> Any:
        """Return where the slice of a unit is."""
        return self._builder.gep(self._first, [_times(self._builder, unit, self._vectors)])


def _plus(builder: Any, value: Any, number: int) -> Any:
    return builder.add(value, ir.Constant(value.type, number)) if number else value


def _times(builder: Any, value: Any, number: int) -> Any:
    return builder.mul(value, ir.Constant(value.type, number))


def _added(builder: Any, values: list[Any]) -> Any:
    """Return the sum of some lanes, added in pairs."""
    while len(values) > 1:
        pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
        values = [builder.fadd(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return values[0]
