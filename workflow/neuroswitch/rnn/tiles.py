"""Tiles: the part of a product that stays in the processor's registers.

A fused multiply-add takes four cycles and two can start in each, so eight sums must grow side by
side, and every number that is loaded must serve several of them. A tile of each size is an
intrinsic of its own, written out operation by operation.
"""

from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from neuroswitch.rnn import vectors

INDEX = types.intp


def product_tile(rows: int, parts: int, *, from_zero: bool, squashed: bool) -> Any:
    """Return an intrinsic for some rows of out[out_step] = matrix vector[step].

    rows : rows of a tile
    parts : sums that a row is divided into, each of every parts-th product
    from_zero : forget what the rows held, or add to it
    squashed : put tanh of the sums there
    """

    @extending.intrinsic
    def tile(typingctx, matrix, vector, step, out, out_step, row):  # type: ignore[no-untyped-def]
        """Compute the rows from `row` on."""
        dtype = out.dtype

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            matrix_value, vector_value, step_value, out_value, out_step_value, first = args
            shape = context.make_array(matrix)(context, builder, matrix_value).shape
            columns = cgutils.unpack_tuple(builder, shape)[1]
            zero = ir.Constant(columns.type, 0)
            numbers = [_plus(builder, first, r) for r in range(rows)]
            weights = [
                vectors.element(context, builder, matrix, matrix_value, [number, zero])
                for number in numbers
            ]
            source = vectors.address(context, builder, vector, vector_value, [step_value, zero])
            places = [
                vectors.address(context, builder, out, out_value, [out_step_value, number])
                for number in numbers
            ]
            nothing = vectors.constant(dtype, 0.0)
            sums = [
                [cgutils.alloca_once_value(builder, nothing) for _ in range(parts)] for _ in numbers
            ]
            for place, (begun, *others) in zip(places, sums, strict=True):
                before = nothing if from_zero else vectors.load(builder, place, dtype)
                builder.store(before, begun)
                for other in others:
                    builder.store(nothing, other)

            def add_column(column: Any, part: int) -> None:
                v = vectors.load(builder, builder.gep(source, [column]), dtype)
                for start, row_sums in zip(weights, sums, strict=True):
                    weight = builder.load(builder.gep(start, [column]))
                    wide = vectors.broadcast(builder, dtype, weight)
                    grown = vectors.multiply_add(builder, wide, v, builder.load(row_sums[part]))
                    builder.store(grown, row_sums[part])

            width = ir.Constant(columns.type, parts)
            whole = builder.sdiv(columns, width)
            with cgutils.for_range(builder, whole) as loop:
                for part in range(parts):
                    add_column(_plus(builder, builder.mul(loop.index, width), part), part)
            if parts > 1:
                done = builder.mul(whole, width)
                with cgutils.for_range(builder, builder.sub(columns, done)) as loop:
                    add_column(builder.add(done, loop.index), 0)
            results = [_added(builder, [builder.load(s) for s in row]) for row in sums]
            if squashed:
                results = vectors.tanh(builder, dtype, results)
            for result, place in zip(results, places, strict=True):
                vectors.store(builder, result, place, dtype)
            return context.get_dummy_value()

        return types.void(matrix, vector, INDEX, out, INDEX, INDEX), codegen

    return tile


def outer_tile(rows: int, columns: int) -> Any:
    """Return an intrinsic for a tile of the sum over steps of left[., i] right[., j]."""

    @extending.intrinsic
    def tile(typingctx, left, left_first, right, right_first, steps, out, row, column):  # type: ignore[no-untyped-def]
        """Add to out [n, k, LANES] from `row` and `column` on."""
        dtype = out.dtype

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            left_value, left_begin, right_value, right_begin, count, out_value, i, j = args
            down = [_plus(builder, i, r) for r in range(rows)]
            across = [_plus(builder, j, c) for c in range(columns)]
            places = [
                vectors.address(context, builder, out, out_value, [r, c])
                for r in down
                for c in across
            ]
            sums = [cgutils.alloca_once(builder, vectors.vector(dtype)) for _ in places]
            for place, growing in zip(places, sums, strict=True):
                builder.store(vectors.load(builder, place, dtype), growing)
            with cgutils.for_range(builder, count) as loop:
                at = builder.add(right_begin, loop.index)
                rights = [
                    vectors.load(
                        builder,
                        vectors.address(context, builder, right, right_value, [at, c]),
                        dtype,
                    )
                    for c in across
                ]
                at = builder.add(left_begin, loop.index)
                for r, number in enumerate(down):
                    source = vectors.address(context, builder, left, left_value, [at, number])
                    value = vectors.load(builder, source, dtype)
                    for growing, other in zip(sums[r * columns :], rights, strict=False):
                        grown = vectors.multiply_add(builder, value, other, builder.load(growing))
                        builder.store(grown, growing)
            for place, growing in zip(places, sums, strict=True):
                vectors.store(builder, builder.load(growing), place, dtype)
            return context.get_dummy_value()

        return types.void(left, INDEX, right, INDEX, INDEX, out, INDEX, INDEX), codegen

    return tile


def _plus(builder: Any, value: Any, number: int) -> Any:
    return builder.add(value, ir.Constant(value.type, number)) if number else value


def _added(builder: Any, values: list[Any]) -> Any:
    """Return the sum of some lanes, added in pairs."""
    while len(values) > 1:
        pairs = [values[i : i + 2] for i in range(0, len(values), 2)]
        values = [builder.fadd(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return values[0]
