"""What a vector of trials is to the compiler: types, addresses, arithmetic, tanh.

Functions here write operations into the code being compiled; lanes.py and tiles.py give them to
compiled functions.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

LANES = 16
"""Trials of a block. A wide vector of single precision holds as many."""


class Lanes(types.Type):  # type: ignore[misc]
    """Numba's type of a vector of LANES numbers."""

    def __init__(self, dtype: types.Float) -> None:
        self.dtype = dtype
        super().__init__(name=f"Lanes({dtype})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    """A vector of LANES numbers is a vector of the processor."""

    def __init__(self, manager: Any, fe_type: Lanes) -> None:
        super().__init__(manager, fe_type, vector(fe_type.dtype))


def vector(dtype: types.Float) -> ir.VectorType:
    """Return the compiler's type of lanes in a precision."""
    scalar = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}[dtype]
    return ir.VectorType(scalar, LANES)


def constant(dtype: types.Float, number: float) -> ir.Constant:
    """Return lanes that all hold a number."""
    return ir.Constant(vector(dtype), [number] * LANES)


def address(context: Any, builder: Any, array: types.Array, value: Any, indices: list[Any]) -> Any:
    """Return where the lanes array[indices] of an array [..., LANES] are."""
    place = element(context, builder, array, value, [*indices, ir.Constant(ir.IntType(64), 0)])
    return builder.bitcast(place, vector(array.dtype).as_pointer())


def element(context: Any, builder: Any, array: types.Array, value: Any, indices: list[Any]) -> Any:
    """Return where the number array[indices] is; no index counts from the end."""
    if array.layout != "C" or array.ndim != len(indices):
        raise TypeError(f"{array} is no contiguous array of {len(indices)} axes")
    view = context.make_array(array)(context, builder, value)
    return cgutils.get_item_pointer(context, builder, array, view, indices, wraparound=False)


def numbers(builder: Any, dtype: types.Float, number: Any) -> Any:
    """Return the address that a number of the program is, of numbers."""
    return builder.inttoptr(number, vector(dtype).element.as_pointer())


def lanes(builder: Any, dtype: types.Float, number: Any) -> Any:
    """Return the address that a number of the program is, of lanes."""
    return builder.inttoptr(number, vector(dtype).as_pointer())


def load(builder: Any, place: Any, dtype: types.Float) -> Any:
    """Return the lanes at a place, which need not begin where a cache line does."""
    return builder.load(place, align=dtype.bitwidth // 8)


def store(builder: Any, value: Any, place: Any, dtype: types.Float) -> None:
    """Put lanes at a place."""
    builder.store(value, place, align=dtype.bitwidth // 8)


def broadcast(builder: Any, dtype: types.Float, number: Any) -> Any:
    """Return lanes that all hold a number of the program."""
    first = builder.insert_element(
        ir.Constant(vector(dtype), ir.Undefined), number, ir.IntType(32)(0)
    )
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, first, mask)


def multiply_add(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c with one rounding."""
    suffix = "f32" if a.type.element == ir.FloatType() else "f64"
    fused = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(a.type, [a.type] * 3), f"llvm.fma.v{LANES}{suffix}"
    )
    return builder.call(fused, [a, b, c])


def tanh(builder: Any, dtype: types.Float, values: list[Any]) -> list[Any]:
    """Return tanh of some lanes, to the last digits of the precision: 4e-7 or 1e-15, relative.

    A library's tanh, called lane by lane, would take most of the time of a network. In single
    precision two values share a division, which is slow.
    """
    if dtype == types.float64:
        return [_tanh_double(builder, value) for value in values]
    fractions = [_fraction_single(builder, value) for value in values]
    results = []
    for i in range(0, len(fractions) - 1, 2):
        (a, b), (c, d) = fractions[i : i + 2]
        inverse = builder.fdiv(_same(a, 1.0), builder.fmul(b, d))
        results.append(builder.fmul(a, builder.fmul(d, inverse)))
        results.append(builder.fmul(c, builder.fmul(b, inverse)))
    if len(fractions) % 2:
        results.append(builder.fdiv(*fractions[-1]))
    return results


NUMERATOR = (
    1.0,
    0.12961798906326294,
    0.0029668265487998724,
    9.696087545307819e-06,
    -1.4107926382678215e-08,
    2.179903826893259e-11,
)
DENOMINATOR = (1.0, 0.46295109391212463, 0.023950882256031036, 0.0002345185785088688)
"""tanh x = x P(x^2) / Q(x^2) up to BOUND: our fit, least squares of the relative error with
weights raised where it is largest; the fit is off by 3e-8, rounding by ten times that."""
BOUND = 8.3

PADE_NUMERATOR = (2027025.0, 270270.0, 6930.0, 36.0)
PADE_DENOMINATOR = (2027025.0, 945945.0, 51975.0, 630.0, 1.0)
"""tanh y = y P(y^2) / Q(y^2), the continued fraction of tanh cut off; exact for small y."""
DOUBLINGS = 6


def _fraction_single(builder: Any, value: Any) -> tuple[Any, Any]:
    x = _clamped(builder, value, BOUND)
    square = builder.fmul(x, x)
    above = builder.fmul(x, _polynomial(builder, square, NUMERATOR))
    return above, _polynomial(builder, square, DENOMINATOR)


def _tanh_double(builder: Any, value: Any) -> Any:
    """Halve the argument until a short fraction is exact, then double: t -> 2 t / (1 + t^2)."""
    one = _same(value, 1.0)
    y = builder.fmul(_clamped(builder, value, 20.0), _same(value, 0.5**DOUBLINGS))
    square = builder.fmul(y, y)
    above = builder.fmul(y, _polynomial(builder, square, PADE_NUMERATOR))
    t = builder.fdiv(above, _polynomial(builder, square, PADE_DENOMINATOR))
    for _ in range(DOUBLINGS):
        t = builder.fdiv(builder.fadd(t, t), multiply_add(builder, t, t, one))
    return t


def _clamped(builder: Any, value: Any, bound: float) -> Any:
    """Return the lanes, no further from zero than a bound; a NaN stays one."""
    for sign, order in ((1.0, ">"), (-1.0, "<")):
        limit = _same(value, sign * bound)
        value = builder.select(builder.fcmp_ordered(order, value, limit), limit, value)
    return value


def _polynomial(builder: Any, x: Any, coefficients: tuple[float, ...]) -> Any:
    result = _same(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = multiply_add(builder, result, x, _same(x, coefficient))
    return result


def _same(value: Any, number: float) -> ir.Constant:
    """Return lanes that all hold a number, of the type of a value."""
    return ir.Constant(value.type, [number] * LANES)
