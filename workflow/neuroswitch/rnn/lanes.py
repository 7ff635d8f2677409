"""Vectors of trials in compiled code: every number of a network, for some trials at once.

The kernels hold the trials of a block in the lanes of a vector, so a weight is a scalar that
meets all of them at once, and no operation mixes trials. Each operation here is one
instruction with one rounding (`multiply_add` is always fused), so a result is the same with
any vector width the processor has: the compiler splits the lanes as it must.
"""

from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from neuroswitch import vectors
from neuroswitch.vectors import Lanes

intrinsic: Any = extending.intrinsic


def memory(count: int) -> dict[str, Any]:
    """Return what makes vectors of `count` lanes, and moves them to and from arrays, by name."""

    def at(context: Any, builder: Any, array: types.Array, value: Any, position: Any) -> Any:
        before = cgutils.unpack_tuple(builder, position) if array.ndim > 2 else [position]
        first = ir.Constant(ir.IntType(64), 0)
        number = vectors.element(context, builder, array, value, [*before, first])
        return builder.bitcast(number, vectors.vector(array.dtype, count).as_pointer())

    def before(array: types.Array) -> types.Type:
        """Return the type of what comes before the lanes' own axis: a number, or a tuple."""
        return types.intp if array.ndim == 2 else types.UniTuple(types.intp, array.ndim - 1)

    @intrinsic
    def load(typingctx, array, position):  # type: ignore[no-untyped-def]
        """Return the lanes array[position]."""

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return vectors.load(builder, at(context, builder, array, *args), array.dtype)

        return Lanes(array.dtype, count)(array, before(array)), codegen

    @intrinsic
    def store(typingctx, array, position, value):  # type: ignore[no-untyped-def]
        """Set array[position] = value."""

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            place = at(context, builder, array, *args[:2])
            vectors.store(builder, args[2], place, array.dtype)
            return context.get_dummy_value()

        return types.void(array, before(array), Lanes(array.dtype, count)), codegen

    @intrinsic
    def place(typingctx, array, position):  # type: ignore[no-untyped-def]
        """Return the address of the lanes array[position], as a number."""

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return builder.ptrtoint(at(context, builder, array, *args), ir.IntType(64))

        return types.intp(array, before(array)), codegen

    @intrinsic
    def constant(typingctx, array, number):  # type: ignore[no-untyped-def]
        """Return lanes that all hold a number, in the precision of an array."""

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return vectors.broadcast(builder, array.dtype, args[1], count)

        return Lanes(array.dtype, count)(array, array.dtype), codegen

    @intrinsic
    def spread(typingctx, scalar):  # type: ignore[no-untyped-def]
        """Return lanes that all hold a number."""

        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return vectors.broadcast(builder, scalar, args[0], count)

        return Lanes(scalar, count)(scalar), codegen

    return {f.__name__: f for f in (load, store, place, constant, spread)}


@intrinsic
def begin(typingctx, matrix):  # type: ignore[no-untyped-def]
    """Return the address of a contiguous matrix, as a number."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        zero = ir.Constant(ir.IntType(64), 0)
        at = vectors.element(context, builder, matrix, args[0], [zero, zero])
        return builder.ptrtoint(at, ir.IntType(64))

    return types.intp(matrix), codegen


@intrinsic
def size(typingctx, number):  # type: ignore[no-untyped-def]
    """Return the bytes of a number."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return context.get_constant(types.intp, number.bitwidth // 8)

    return types.intp(number), codegen


def _binary(name: str) -> Any:
    @intrinsic
    def operation(typingctx, a, b):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return getattr(builder, name)(*args)

        return a(a, a), codegen

    return operation


add = _binary("fadd")
subtract = _binary("fsub")
multiply = _binary("fmul")


@intrinsic
def multiply_add(typingctx, a, b, c):  # type: ignore[no-untyped-def]
    """Return a b + c with one rounding."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return vectors.multiply_add(builder, *args)

    return a(a, a, a), codegen


@intrinsic
def weigh(typingctx, weight, a, b):  # type: ignore[no-untyped-def]
    """Return weight a + b for a scalar weight, with one rounding."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        wide = vectors.broadcast(builder, a.dtype, args[0], a.count)
        return vectors.multiply_add(builder, wide, args[1], args[2])

    return a(a.dtype, a, a), codegen


@intrinsic
def scale(typingctx, factor, a):  # type: ignore[no-untyped-def]
    """Return factor a for a scalar factor."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.fmul(vectors.broadcast(builder, a.dtype, args[0], a.count), args[1])

    return a(a.dtype, a), codegen


@intrinsic
def slope(typingctx, value):  # type: ignore[no-untyped-def]
    """Return the derivative of tanh where its value is given: 1 - value^2."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        negative = builder.fneg(args[0])
        return vectors.multiply_add(builder, negative, args[0], vectors.same(negative, 1.0))

    return value(value), codegen


@intrinsic
def total(typingctx, a):  # type: ignore[no-untyped-def]
    """Return the sum of the lanes, added from the first to the last."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        lanes = [builder.extract_element(args[0], ir.IntType(32)(i)) for i in range(a.count)]
        result = lanes[0]
        for lane in lanes[1:]:
            result = builder.fadd(result, lane)
        return result

    return a.dtype(a), codegen


@intrinsic
def tanh(typingctx, a):  # type: ignore[no-untyped-def]
    """Return tanh(a)."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return vectors.tanh(builder, a.dtype, args[0])

    return a(a), codegen


@intrinsic
def sigmoid(typingctx, a):  # type: ignore[no-untyped-def]
    """Return 1 / (1 + exp(-a)) = (1 + tanh(a / 2)) / 2."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        half = vectors.same(args[0], 0.5)
        t = vectors.tanh(builder, a.dtype, builder.fmul(half, args[0]))
        return vectors.multiply_add(builder, half, t, half)

    return a(a), codegen


ARITHMETIC = {
    "begin": begin,
    "size": size,
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "multiply_add": multiply_add,
    "weigh": weigh,
    "scale": scale,
    "slope": slope,
    "total": total,
    "tanh": tanh,
    "sigmoid": sigmoid,
}
"""What computes with vectors of any number of lanes, by name."""
