"""Vectors of trials as values in compiled code: every number of a network, for sixteen trials.

The kernels hold the trials of a block in the lanes of a vector, so a weight is a scalar that
meets sixteen trials at once, and no operation mixes trials. Each operation here is one
instruction with one rounding (`multiply_add` is always fused), so a result is the same with
any vector width the processor has: the compiler splits the sixteen lanes as it must.
"""

from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core import cgutils
from numba.extending import models, register_model

intrinsic: Any = extending.intrinsic

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
        super().__init__(manager, fe_type, _vector(fe_type.dtype))


def _vector(dtype: types.Float) -> ir.VectorType:
    return ir.VectorType(_scalar(dtype), LANES)


def _scalar(dtype: types.Float) -> ir.Type:
    return {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}[dtype]


def _address(context: Any, builder: Any, array_type: Any, array: Any, position: Any) -> Any:
    """Return the address of the lanes array[position], and the alignment that is sure."""
    view = context.make_array(array_type)(context, builder, array)
    indices = cgutils.unpack_tuple(builder, position) if array_type.ndim > 2 else [position]
    zero = context.get_constant(types.intp, 0)
    address = cgutils.get_item_pointer(
        context, builder, array_type, view, [*indices, zero], wraparound=False
    )
    return builder.bitcast(address, _vector(array_type.dtype).as_pointer())


def _position(array: types.Array) -> types.Type:
    """Return the type of what comes before the lanes' own axis: a number, or a tuple."""
    if array.layout != "C" or array.ndim < 2:
        raise TypeError(f"{array} is no contiguous array [..., LANES]")
    return types.intp if array.ndim == 2 else types.UniTuple(types.intp, array.ndim - 1)


@intrinsic
def load(typingctx, array, position):  # type: ignore[no-untyped-def]
    """Return the lanes array[position] of an array [..., LANES]."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        address = _address(context, builder, array, *args)
        return builder.load(address, align=array.dtype.bitwidth // 8)

    return Lanes(array.dtype)(array, _position(array)), codegen


@intrinsic
def store(typingctx, array, position, value):  # type: ignore[no-untyped-def]
    """Set array[position] = value, of an array [..., LANES]."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        address = _address(context, builder, array, *args[:2])
        builder.store(args[2], address, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, _position(array), Lanes(array.dtype)), codegen


@intrinsic
def constant(typingctx, array, number):  # type: ignore[no-untyped-def]
    """Return lanes that all hold a number, in the precision of an array."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return _broadcast(builder, array.dtype, args[1])

    return Lanes(array.dtype)(array, array.dtype), codegen


@intrinsic
def spread(typingctx, scalar):  # type: ignore[no-untyped-def]
    """Return lanes that all hold a number."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return _broadcast(builder, scalar, args[0])

    return Lanes(scalar)(scalar), codegen


def _broadcast(builder: Any, dtype: types.Float, value: Any) -> Any:
    vector = ir.Constant(_vector(dtype), ir.Undefined)
    first = builder.insert_element(vector, value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, vector, mask)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Return a b + c with one rounding."""
    suffix = "f32" if a.type.element == ir.FloatType() else "f64"
    fused = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(a.type, [a.type] * 3), f"llvm.fma.v{LANES}{suffix}"
    )
    return builder.call(fused, [a, b, c])


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
divide = _binary("fdiv")


@intrinsic
def multiply_add(typingctx, a, b, c):  # type: ignore[no-untyped-def]
    """Return a b + c with one rounding."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return _fma(builder, *args)

    return a(a, a, a), codegen


@intrinsic
def weigh(typingctx, weight, a, b):  # type: ignore[no-untyped-def]
    """Return weight a + b for a scalar weight, with one rounding."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        spread_weight = _broadcast(builder, a.dtype, args[0])
        return _fma(builder, spread_weight, args[1], args[2])

    return a(a.dtype, a, a), codegen


@intrinsic
def slope(typingctx, value):  # type: ignore[no-untyped-def]
    """Return the derivative of tanh where its value is given: 1 - value^2."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        negative = builder.fsub(_constant(args[0].type, 0.0), args[0])
        return _fma(builder, negative, args[0], _constant(args[0].type, 1.0))

    return value(value), codegen


@intrinsic
def scale(typingctx, factor, a):  # type: ignore[no-untyped-def]
    """Return factor a for a scalar factor."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return builder.fmul(_broadcast(builder, a.dtype, args[0]), args[1])

    return a(a.dtype, a), codegen


@intrinsic
def total(typingctx, a):  # type: ignore[no-untyped-def]
    """Return the sum of the lanes, added from the first to the last."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        lanes = [builder.extract_element(args[0], ir.IntType(32)(i)) for i in range(LANES)]
        result = lanes[0]
        for lane in lanes[1:]:
            result = builder.fadd(result, lane)
        return result

    return a.dtype(a), codegen


@intrinsic
def tanh(typingctx, a):  # type: ignore[no-untyped-def]
    """Return tanh a, to the last digits of the precision: 4e-7 or 1e-15, relative.

    A library's tanh, called lane by lane, would take most of the time of a network.
    """
    single = a.dtype == types.float32

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return (_tanh_single if single else _tanh_double)(builder, args[0])

    return a(a), codegen


@intrinsic
def sigmoid(typingctx, a):  # type: ignore[no-untyped-def]
    """Return 1 / (1 + exp(-a)) = (1 + tanh(a / 2)) / 2, as exact as tanh."""
    single = a.dtype == types.float32

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        half = _constant(args[0].type, 0.5)
        t = (_tanh_single if single else _tanh_double)(builder, builder.fmul(half, args[0]))
        return _fma(builder, half, t, half)

    return a(a), codegen


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


def _tanh_single(builder: Any, a: Any) -> Any:
    x = _clamped(builder, a, BOUND)
    square = builder.fmul(x, x)
    above = builder.fmul(x, _polynomial(builder, square, NUMERATOR))
    return builder.fdiv(above, _polynomial(builder, square, DENOMINATOR))


def _tanh_double(builder: Any, a: Any) -> Any:
    """Halve the argument until a short fraction is exact, then double: t -> 2 t / (1 + t^2)."""
    one = _constant(a.type, 1.0)
    y = builder.fmul(_clamped(builder, a, 20.0), _constant(a.type, 0.5**DOUBLINGS))
    square = builder.fmul(y, y)
    above = builder.fmul(y, _polynomial(builder, square, PADE_NUMERATOR))
    t = builder.fdiv(above, _polynomial(builder, square, PADE_DENOMINATOR))
    for _ in range(DOUBLINGS):
        t = builder.fdiv(builder.fadd(t, t), _fma(builder, t, t, one))
    return t


def _clamped(builder: Any, value: Any, bound: float) -> Any:
    """Return the lanes, no further from zero than a bound; a NaN stays one."""
    for sign, order in ((1.0, ">"), (-1.0, "<")):
        limit = _constant(value.type, sign * bound)
        value = builder.select(builder.fcmp_ordered(order, value, limit), limit, value)
    return value


def _polynomial(builder: Any, x: Any, coefficients: tuple[float, ...]) -> Any:
    result = _constant(x.type, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        result = _fma(builder, result, x, _constant(x.type, coefficient))
    return result


def _constant(vector: ir.VectorType, value: float) -> ir.Constant:
    return ir.Constant(vector, [value] * LANES)
