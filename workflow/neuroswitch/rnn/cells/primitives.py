"""What generated passes are written in: the operations of lanes and of small matrices, by name."""

from functools import cache
from types import SimpleNamespace
from typing import Any

from llvmlite import ir
from numba import extending, types

from neuroswitch import vectors
from neuroswitch.compilation import compiled, named
from neuroswitch.rnn import algebra

intrinsic: Any = extending.intrinsic


@cache
def primitives(count: int) -> SimpleNamespace:
    """Return what generated code is written in, for trials in vectors of `count` lanes.

    These are the operations of `algebra.primitives`, further functions of a unit, and `gather`.
    """
    names = vars(algebra.primitives(count)) | {
        f.__name__: f for f in (relu, positive, softplus, exp)
    }
    return SimpleNamespace(**names, gather=_gather(count, names["add_outer"]))


def flipped(rows: int, columns: int) -> bool:
    """Return whether a sum of outer products is kept transposed: its tiles have four rows."""
    return rows < 4 <= columns


def _gather(count: int, add_outer: Any) -> Any:
    @compiled
    @named(f"gather_of_{count}")
    def gather(left, left_first, right, right_first, steps, gradient):  # type: ignore[no-untyped-def]
        """Add the sum over steps of outer products to a gradient, which may be kept transposed."""
        if len(gradient) == left.shape[1]:
            add_outer(left, left_first, right, right_first, steps, gradient)
        else:
            add_outer(right, right_first, left, left_first, steps, gradient)

    return gather


def _function(write: Any) -> Any:
    """Return an operation on one vector, from what writes it into the code being compiled."""

    @intrinsic
    def operation(typingctx, a):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            return write(builder, a.dtype, args[0])

        return a(a), codegen

    operation.__name__ = write.__name__
    return operation


@_function
def relu(builder: Any, dtype: types.Float, x: Any) -> Any:
    """Return x where it is not below 0, else 0; a NaN stays one."""
    zero = vectors.same(x, 0.0)
    return builder.select(builder.fcmp_ordered("<", x, zero), zero, x)


@_function
def positive(builder: Any, dtype: types.Float, x: Any) -> Any:
    """Return 1 where x is above 0, else 0: the derivative of relu from its value."""
    above = builder.fcmp_ordered(">", x, vectors.same(x, 0.0))
    return builder.select(above, vectors.same(x, 1.0), vectors.same(x, 0.0))


@_function
def softplus(builder: Any, dtype: types.Float, x: Any) -> Any:
    """Return log(1 + exp(x)), to some roundings of 1.

    With t = tanh(|x| / 2) it is max(x, 0) + 2 artanh((1 - t) / (3 + t)); 1/3 is the largest
    argument.
    """
    zero, one, half = (vectors.same(x, number) for number in (0.0, 1.0, 0.5))
    above = builder.select(builder.fcmp_ordered("<", x, zero), zero, x)
    size = builder.fsub(above, builder.fsub(x, above))
    t = vectors.tanh(builder, dtype, builder.fmul(half, size))
    s = builder.fdiv(builder.fsub(one, t), builder.fadd(vectors.same(x, 3.0), t))
    terms = 8 if dtype == types.float32 else 16
    odd = tuple(2.0 / n for n in range(1, 2 * terms, 2))
    series = vectors.polynomial(builder, builder.fmul(s, s), odd)
    return vectors.multiply_add(builder, s, series, above)


@_function
def exp(builder: Any, dtype: types.Float, x: Any) -> Any:
    """Return exp(x) to some roundings; beyond the range of normal numbers, the last of these.

    exp(x) = 2^k (E + O) / (E - O) of the rest, with the polynomials of `vectors`.
    """
    single = dtype == types.float32
    digits, bias, bound = (23, 127, 87.0) if single else (52, 1023, 708.0)
    log_2 = (0.693145751953125, 1.428606820309417e-06) if single else vectors.LOG_2
    integer = ir.VectorType(ir.IntType(dtype.bitwidth), x.type.count)
    for limit, order in ((bound, ">"), (-bound, "<")):
        edge = vectors.same(x, limit)
        x = builder.select(builder.fcmp_ordered(order, x, edge), edge, x)
    # Adding 1.5 2^digits rounds to a whole number, and leaves k and the bias in the last bits.
    shift = vectors.same(x, 1.5 * 2.0**digits + bias)
    shifted = vectors.multiply_add(builder, x, vectors.same(x, 1.4426950408889634), shift)
    k = builder.fsub(shifted, shift)
    places = ir.Constant(integer, [digits] * x.type.count)
    power = builder.bitcast(builder.shl(builder.bitcast(shifted, integer), places), x.type)
    for part in log_2:
        x = vectors.multiply_add(builder, k, vectors.same(x, -part), x)
    square = builder.fmul(x, x)
    even, odd = (
        vectors.polynomial(builder, square, numbers)
        for numbers in (vectors.EXP_EVEN, vectors.EXP_ODD)
    )
    odd = builder.fmul(x, odd)
    fraction = builder.fdiv(builder.fadd(even, odd), builder.fsub(even, odd))
    return builder.fmul(power, fraction)
