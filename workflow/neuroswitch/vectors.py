"""What a vector of numbers is to the compiler: types, addresses, arithmetic, functions.

Functions here write operations into the code being compiled; `rnn/lanes.py`, `rnn/tiles.py`,
`rnn/noise.py`, `rnn/cells/primitives.py` and `gates/lanes.py` give them to compiled functions. A
vector may be longer than those of the processor, and the compiler splits it. It fuses and reorders
nothing by itself, so that a result has the same bits on every processor.
"""

from functools import cache
from math import prod
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import models, register_model


class Lanes(types.Type):  # type: ignore[misc]
    """Numba's type of a vector of `count` numbers."""

    def __init__(self, dtype: types.Float, count: int) -> None:
        self.dtype = dtype
        self.count = count
        super().__init__(name=f"Lanes({dtype}, {count})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    """A vector of numbers is a vector of the compiler."""

    def __init__(self, manager: Any, fe_type: Lanes) -> None:
        super().__init__(manager, fe_type, vector(fe_type.dtype, fe_type.count))


@cache
def registers() -> tuple[int, int]:
    """Return how many vectors the processor holds in registers, and the bits of each.

    It is the processor that Numba compiles for.
    """
    *_, features = cpu_target.target_context.codegen().magic_tuple()
    kinds = {"+avx512vl": (32, 512), "+avx": (16, 256), "+neon": (32, 128)}
    return next((size for name, size in kinds.items() if name in features.split(",")), (16, 128))


LINE = 64
"""Bytes of a line of the cache."""


def empty(shape: tuple[int, ...], dtype: Any) -> np.ndarray:
    """Return an array that begins where a line of the cache does.

    A wide vector that lies across two lines takes twice as long to load.
    """
    itemsize = np.dtype(dtype).itemsize
    count = prod(shape)
    raw: np.ndarray = np.empty(count + LINE // itemsize, dtype)
    first = -(raw.ctypes.data // itemsize) % (LINE // itemsize)
    return raw[first : first + count].reshape(shape)


def vector(dtype: types.Float, count: int) -> ir.VectorType:
    """Return the compiler's type of `count` lanes in a precision."""
    scalar = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}[dtype]
    return ir.VectorType(scalar, count)


def element(context: Any, builder: Any, array: types.Array, value: Any, indices: list[Any]) -> Any:
    """Return where the number array[indices] is; no index counts from the end."""
    if array.layout != "C" or array.ndim != len(indices):
        raise TypeError(f"{array} is no contiguous array of {len(indices)} axes")
    view = context.make_array(array)(context, builder, value)
    return cgutils.get_item_pointer(context, builder, array, view, indices, wraparound=False)


def pointer(builder: Any, dtype: types.Float, number: Any) -> Any:
    """Convert an integer of the program to a pointer to numbers."""
    return builder.inttoptr(number, vector(dtype, 1).element.as_pointer())


def load(builder: Any, place: Any, dtype: types.Float) -> Any:
    """Return the lanes at a place, which need not begin where a cache line does."""
    return builder.load(place, align=dtype.bitwidth // 8)


def store(builder: Any, value: Any, place: Any, dtype: types.Float) -> None:
    """Put lanes at a place."""
    builder.store(value, place, align=dtype.bitwidth // 8)


def broadcast(builder: Any, dtype: types.Float, number: Any, count: int) -> Any:
    """Return lanes that all hold a number of the program."""
    first = builder.insert_element(
        ir.Constant(vector(dtype, count), ir.Undefined), number, ir.IntType(32)(0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count)
    return builder.shuffle_vector(first, first, mask)


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c with one rounding."""
    suffix = "f32" if a.type.element == ir.FloatType() else "f64"
    fused = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(a.type, [a.type] * 3), f"llvm.fma.v{a.type.count}{suffix}"
    )
    return builder.call(fused, [a, b, c])


def tanh(builder: Any, dtype: types.Float, value: Any) -> Any:
    """Return tanh of lanes: to 1e-15 in double precision, relative, and to 1e-6 in single.

    A library's tanh, called lane by lane, would take most of the time of a network. Infinities
    give 1 and -1, and so does what is beyond BOUND; no result is further from zero. A NaN stays
    one.
    """
    of = _tanh_double if dtype == types.float64 else _tanh_single
    return of(builder, value)


EXP_EVEN = (665280.0, 75600.0, 840.0, 1.0)
EXP_ODD = (332640.0, 10080.0, 42.0)
"""exp(x) = (E + O) / (E - O), with E an even and O an odd polynomial: the Pade fraction of degree
six, whose error 5e-19 for |x| < log(2) / 2 is far below rounding."""
LOG_2 = (6.93147180369123816490e-01, 1.90821492927058770002e-10)
"""log(2) in two parts: a small integer times the first is exact."""


def sigmoid_double(builder: Any, z: Any) -> Any:
    """Return 1 / (1 + exp(-z)), to a few roundings and from 1e-300 to 1; a NaN stays one.

    exp(-z) = 2^k exp(-x) with |x| <= log(2) / 2 and a whole number k.
    """
    integer = ir.VectorType(ir.IntType(64), z.type.count)
    z = _clamped(builder, z, 690.0)
    # Adding 1.5 2^52 rounds to a whole number, and leaves it in the last bits of the sum: k and
    # the bias of an exponent, which go where an exponent stands.
    shift = same(z, 1.5 * 2.0**52 + 1023.0)
    shifted = multiply_add(builder, z, same(z, -1.4426950408889634), shift)
    k = builder.fsub(shifted, shift)
    bits = builder.shl(builder.bitcast(shifted, integer), ir.Constant(integer, [52] * z.type.count))
    power = builder.bitcast(bits, z.type)
    x = z
    for part in LOG_2:
        x = multiply_add(builder, k, same(z, part), x)
    square = builder.fmul(x, x)
    even = polynomial(builder, square, EXP_EVEN)
    odd = builder.fmul(x, polynomial(builder, square, EXP_ODD))
    above, below = builder.fadd(even, odd), builder.fsub(even, odd)
    return builder.fdiv(above, multiply_add(builder, power, below, above))


def logarithm_double(builder: Any, x: Any) -> Any:
    """Return log(x) of normal numbers above zero, to a few roundings; a NaN stays one.

    x = 2^k m with m from sqrt(1/2) to sqrt(2): log(m) = 2 artanh((m - 1) / (m + 1)) by its series.
    """
    integer = ir.VectorType(ir.IntType(64), x.type.count)

    def whole(number: int) -> ir.Constant:
        return ir.Constant(integer, [number] * x.type.count)

    bits = builder.bitcast(x, integer)
    # Halves of the mantissa below and above sqrt(2) have exponents of their own.
    k = builder.ashr(builder.sub(bits, whole(4604544271217802189)), whole(52))
    m = builder.bitcast(builder.sub(bits, builder.shl(k, whole(52))), x.type)
    k = builder.sitofp(k, x.type)
    one = same(x, 1.0)
    s = builder.fdiv(builder.fsub(m, one), builder.fadd(m, one))
    series = polynomial(builder, builder.fmul(s, s), tuple(2.0 / n for n in range(1, 21, 2)))
    low = multiply_add(builder, k, same(x, LOG_2[1]), builder.fmul(s, series))
    log = multiply_add(builder, k, same(x, LOG_2[0]), low)
    return builder.select(builder.fcmp_ordered("ord", x, x), log, x)


NUMERATOR = (3859806.6288898895, 500216.4217310592, 11532.337529849516, 45.67859082063429)
DENOMINATOR = (3859806.9908456756, 1786815.7223601972, 92500.90646316933, 941.4658320090683, 1.0)
"""tanh x = x P(x^2) / Q(x^2) up to BOUND: our fit with the least largest relative error, 9.4e-8, to
tanh x + 4e-7 (x / BOUND)^8, which comes to 1 at BOUND. The rest of the error is rounding."""
BOUND = 7.6

PADE_NUMERATOR = (2027025.0, 270270.0, 6930.0, 36.0)
PADE_DENOMINATOR = (2027025.0, 945945.0, 51975.0, 630.0, 1.0)
"""tanh y = y P(y^2) / Q(y^2), the continued fraction of tanh cut off; exact for small y."""
DOUBLINGS = 6


def _tanh_single(builder: Any, value: Any) -> Any:
    x = _clamped(builder, value, BOUND)
    square = builder.fmul(x, x)
    above = builder.fmul(x, polynomial(builder, square, NUMERATOR))
    return builder.fdiv(above, polynomial(builder, square, DENOMINATOR))


def _tanh_double(builder: Any, value: Any) -> Any:
    """Halve the argument until a short fraction is exact, then double: t -> 2 t / (1 + t^2)."""
    one = same(value, 1.0)
    y = builder.fmul(_clamped(builder, value, 20.0), same(value, 0.5**DOUBLINGS))
    square = builder.fmul(y, y)
    above = builder.fmul(y, polynomial(builder, square, PADE_NUMERATOR))
    t = builder.fdiv(above, polynomial(builder, square, PADE_DENOMINATOR))
    for _ in range(DOUBLINGS):
        t = builder.fdiv(builder.fadd(t, t), multiply_add(builder, t, t, one))
    return t


def _clamped(builder: Any, value: Any, bound: float) -> Any:
    """Return the lanes, no further from zero than a bound; a NaN stays one."""
    for sign, order in ((1.0, ">"), (-1.0, "<")):
        limit = same(value, sign * bound)
        value = builder.select(builder.fcmp_ordered(order, value, limit), limit, value)
    return value


def polynomial(builder: Any, x: Any, coefficients: tuple[float, ...]) -> Any:
    """Return the sum of coefficients[n] x^n."""
    result = same(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = multiply_add(builder, result, x, same(x, coefficient))
    return result


def same(value: Any, number: float) -> ir.Constant:
    """Return lanes that all hold a number, of the type of a value."""
    return ir.Constant(value.type, [number] * value.type.count)
