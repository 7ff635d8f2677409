"""Tiles: the part of a product that stays in the processor's registers.

A fused multiply-add takes four cycles and two can start in each, so eight sums must grow side by
side, and every number that is loaded must serve several of them. A tile of each size is an
intrinsic of its own, written out operation by operation.
"""

from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from neuroswitch import vectors

INDEX = types.intp


def product_tile(rows: int, parts: int, *, from_zero: bool, squashed: bool) -> Any:
    """Return an intrinsic for some rows of the product of a matrix and lanes.

    rows : rows of a tile
    parts : sums that a row is divided into, each of every parts-th product
    from_zero : forget what the rows held, or add to it
    squashed : put tanh of the sums there
    """

    @extending.intrinsic
    def tile(typingctx, zero, matrix, columns, vector, out):  # type: ignore[no-untyped-def]
        """Compute rows; addresses of the first of them, of the lanes, and of the results.

        zero : 0 in the precision of everything
        """

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            _, matrix_at, count, vector_at, out_at = args
            dtype = zero
            weights = vectors.numbers(builder, dtype, matrix_at)
            starts = [
                builder.gep(weights, [builder.mul(count, ir.Constant(count.type, r))])
                for r in range(rows)
            ]
            source = vectors.lanes(builder, dtype, vector_at)
            results_at = vectors.lanes(builder, dtype, out_at)
            places = [builder.gep(results_at, [ir.Constant(count.type, r)]) for r in range(rows)]
            nothing = vectors.constant(dtype, 0.0)
            sums = []
            for place in places:
                begun = nothing if from_zero else vectors.load(builder, place, dtype)
                row = [begun, *[nothing] * (parts - 1)]
                sums.append([cgutils.alloca_once_value(builder, value) for value in row])

            def add_column(column: Any, part: int) -> None:
                v = vectors.load(builder, builder.gep(source, [column]), dtype)
                for start, row in zip(starts, sums, strict=True):
                    weight = builder.load(builder.gep(start, [column]))
                    wide = vectors.broadcast(builder, dtype, weight)
                    grown = vectors.multiply_add(builder, wide, v, builder.load(row[part]))
                    builder.store(grown, row[part])

            width = ir.Constant(count.type, parts)
            whole = builder.sdiv(count, width)
            with cgutils.for_range(builder, whole) as loop:
                for part in range(parts):
                    add_column(_plus(builder, builder.mul(loop.index, width), part), part)
            if parts > 1:
                done = builder.mul(whole, width)
                with cgutils.for_range(builder, builder.sub(count, done)) as loop:
                    add_column(builder.add(done, loop.index), 0)
            results = [_added(builder, [builder.load(s) for s in row]) for row in sums]
            if squashed:
                results = vectors.tanh(builder, dtype, results)
            for result, place in zip(results, places, strict=True):
                vectors.store(builder, result, place, dtype)
            return context.get_dummy_value()

        return types.void(zero, INDEX, INDEX, INDEX, INDEX), codegen

    return tile


def outer_tile(rows: int, columns: int) -> Any:
    """Return an intrinsic for a tile of the sum over steps of left[., i] right[., j]."""

    @extending.intrinsic
    def tile(typingctx, zero, left, left_units, right, right_units, steps, out, out_units):  # type: ignore[no-untyped-def]
        """Add to a tile; addresses of first lanes, and how many lanes lie between steps or rows.

        zero : 0 in the precision of everything
        """

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            _, left_at, left_stride, right_at, right_stride, count, out_at, out_stride = args
            dtype = zero
            lefts, rights, outs = (
                vectors.lanes(builder, dtype, at) for at in (left_at, right_at, out_at)
            )
            places = []
            for r in range(rows):
                row = builder.mul(out_stride, ir.Constant(count.type, r))
                places += [builder.gep(outs, [_plus(builder, row, c)]) for c in range(columns)]
            sums = [
                cgutils.alloca_once_value(builder, vectors.load(builder, place, dtype))
                for place in places
            ]
            with cgutils.for_range(builder, count) as loop:
                at = builder.mul(loop.index, right_stride)
                across = [
                    vectors.load(builder, builder.gep(rights, [_plus(builder, at, c)]), dtype)
                    for c in range(columns)
                ]
                at = builder.mul(loop.index, left_stride)
                for r in range(rows):
                    place = builder.gep(lefts, [_plus(builder, at, r)])
                    value = vectors.load(builder, place, dtype)
                    for c in range(columns):
                        growing = sums[r * columns + c]
                        grown = vectors.multiply_add(
                            builder, value, across[c], builder.load(growing)
                        )
                        builder.store(grown, growing)
            for place, growing in zip(places, sums, strict=True):
                vectors.store(builder, builder.load(growing), place, dtype)
            return context.get_dummy_value()

        return types.void(zero, *[INDEX] * 7), codegen

    return tile


def _plus(builder: Any, value: Any, number: int) -> Any:
    return builder.add(value, ir.Constant(value.type, number)) if number else value


def _added(builder: Any, values: list[Any]) -> Any:
    """Return the sum of some lanes, added in pairs."""
    while len(values) > 1:
        pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
        values = [builder.fadd(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return values[0]
