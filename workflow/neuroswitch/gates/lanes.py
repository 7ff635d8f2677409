"""Vectors of runs in compiled code: every number of a network, for RUNS runs at once.

An array of the kernel ends in the axis [RUNS], or in [PATTERNS, RUNS] where a number differs from
pattern to pattern. `load(array, i)` gives array[i], all of it, as one vector. A vector [RUNS] meets
one of [PATTERNS, RUNS] as in NumPy: it is the same for every pattern. No operation mixes runs, and
each has one rounding (`multiply_add` is always fused), so that a result has the same bits with
vectors of any width.
"""

import operator
from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import extending, types
from numba.core.typing.templates import AbstractTemplate, infer_global

from neuroswitch import vectors
from neuroswitch.vectors import Lanes

RUNS = 16
"""Runs of a vector: two wide vectors of double precision, so that one is computed with while the
other waits."""

PATTERNS = 4

intrinsic: Any = extending.intrinsic


def _type(array: types.Array) -> Lanes:
    """Return the type of array[i] of an array [n, RUNS] or [n, PATTERNS, RUNS]."""
    if array.layout != "C":
        raise TypeError(f"{array} is not contiguous")
    return Lanes(array.dtype, {2: RUNS, 3: PATTERNS * RUNS}[array.ndim])


def _place(context: Any, builder: Any, array: types.Array, value: Any, index: Any) -> Any:
    data = context.make_array(array)(context, builder, value).data
    of = vectors.vector(array.dtype, _type(array).count).as_pointer()
    return builder.gep(builder.bitcast(data, of), [index])


@intrinsic
def load(typingctx, array, index):  # type: ignore[no-untyped-def]
    """Return array[index] of an array [n, RUNS] or [n, PATTERNS, RUNS]."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return vectors.load(builder, _place(context, builder, array, *args), array.dtype)

    return _type(array)(array, types.intp), codegen


@intrinsic
def store(typingctx, array, index, value):  # type: ignore[no-untyped-def]
    """Set array[index] = value, of an array [n, RUNS] or [n, PATTERNS, RUNS]."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        place = _place(context, builder, array, *args[:2])
        vectors.store(builder, args[2], place, array.dtype)
        return context.get_dummy_value()

    return types.void(array, types.intp, _type(array)), codegen


@intrinsic
def bit(typingctx, codes, index, position):  # type: ignore[no-untyped-def]
    """Return one bit of each number of codes[index], of an array [n, RUNS] of bytes: 0.0 or 1.0."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        data = context.make_array(codes)(context, builder, args[0]).data
        octets = ir.VectorType(ir.IntType(8), RUNS)
        place = builder.gep(builder.bitcast(data, octets.as_pointer()), [args[1]])
        shift = builder.trunc(args[2], octets.element)
        shift = _repeated(builder, builder.bitcast(shift, ir.VectorType(octets.element, 1)), RUNS)
        bits = builder.lshr(builder.load(place, align=1), shift)
        bits = builder.and_(bits, ir.Constant(octets, [1] * RUNS))
        return builder.uitofp(bits, vectors.vector(types.float64, RUNS))

    return Lanes(types.float64, RUNS)(codes, types.intp, types.intp), codegen


def _wider(*kinds: Any) -> Any:
    """Return the type of what vectors and numbers make together."""
    return max((kind for kind in kinds if isinstance(kind, Lanes)), key=lambda kind: kind.count)


def _elementwise(write: Any) -> Any:
    """Return a code generator: `write(builder, *values)` of values made as wide as the result."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        to = signature.return_type
        values = []
        for kind, value in zip(signature.args, args, strict=True):
            if isinstance(kind, Lanes):
                values.append(_repeated(builder, value, to.count))
            else:
                number = context.cast(builder, value, kind, to.dtype)
                values.append(vectors.broadcast(builder, to.dtype, number, to.count))
        return write(builder, *values)

    return codegen


def _operator(symbol: Any, name: str) -> None:
    """Give vectors an operator of Python."""

    @infer_global(symbol)
    class Operator(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args, keywords):  # type: ignore[no-untyped-def]
            if any(isinstance(kind, Lanes) for kind in args):
                return _wider(*args)(*args)
            return None

    codegen = _elementwise(lambda builder, a, b: getattr(builder, name)(a, b))
    for kinds in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes)):
        extending.lower_builtin(symbol, *kinds)(codegen)


_operator(operator.add, "fadd")
_operator(operator.sub, "fsub")
_operator(operator.mul, "fmul")


@intrinsic
def multiply_add(typingctx, a, b, c):  # type: ignore[no-untyped-def]
    """Return a b + c with one rounding."""
    return _wider(a, b, c)(a, b, c), _elementwise(vectors.multiply_add)


@intrinsic
def relu(typingctx, z):  # type: ignore[no-untyped-def]
    """Return max(0, z); a NaN stays one."""

    def write(builder: Any, value: Any) -> Any:
        zero = vectors.same(value, 0.0)
        return builder.select(builder.fcmp_ordered(">", zero, value), zero, value)

    return z(z), _elementwise(write)


@intrinsic
def unless_off(typingctx, activity, value):  # type: ignore[no-untyped-def]
    """Return value where a ReLU's activity is positive, and 0 where it is off."""

    def write(builder: Any, activity: Any, value: Any) -> Any:
        zero = vectors.same(value, 0.0)
        return builder.select(builder.fcmp_ordered("<=", activity, zero), zero, value)

    return value(activity, value), _elementwise(write)


@intrinsic
def larger(typingctx, a, b):  # type: ignore[no-untyped-def]
    """Return the larger of both; b where a is a NaN."""

    def write(builder: Any, a: Any, b: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return _wider(a, b)(a, b), _elementwise(write)


@intrinsic
def is_below(typingctx, a, b):  # type: ignore[no-untyped-def]
    """Return 1 where a < b and 0 elsewhere; a NaN is below nothing."""

    def write(builder: Any, a: Any, b: Any) -> Any:
        condition = builder.fcmp_ordered("<", a, b)
        return builder.select(condition, vectors.same(a, 1.0), vectors.same(a, 0.0))

    return _wider(a, b)(a, b), _elementwise(write)


@intrinsic
def sigmoid(typingctx, z):  # type: ignore[no-untyped-def]
    """Return 1 / (1 + exp(-z)) in double precision, to a few roundings."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        # One pattern after another: all at once would not fit the registers.
        parts = _patterns(builder, args[0])
        return _joined(builder, [vectors.sigmoid_double(builder, part) for part in parts])

    return z(z), codegen


@intrinsic
def logarithm(typingctx, x):  # type: ignore[no-untyped-def]
    """Return log(x) of normal numbers x > 0 in double precision, to a few roundings."""
    return x(x), _elementwise(vectors.logarithm_double)


@intrinsic
def add_products(typingctx, a, b, c):  # type: ignore[no-untyped-def]
    """Return c + the sum over patterns of a b, as a vector [RUNS]; rounded once a pattern."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        total = args[2]
        for x, y in zip(*(_patterns(builder, value) for value in args[:2]), strict=True):
            total = vectors.multiply_add(builder, x, y, total)
        return total

    return c(a, b, c), codegen


@intrinsic
def patterns(typingctx, a, b, c, d):  # type: ignore[no-untyped-def]
    """Return the vector [PATTERNS, RUNS] of a vector [RUNS] for each pattern."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return _joined(builder, list(args))

    return Lanes(a.dtype, PATTERNS * RUNS)(a, b, c, d), codegen


@intrinsic
def each_pattern(typingctx, a):  # type: ignore[no-untyped-def]
    """Return a tuple of the vector [RUNS] of each pattern."""

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        return context.make_tuple(builder, signature.return_type, _patterns(builder, args[0]))

    return types.UniTuple(Lanes(a.dtype, RUNS), PATTERNS)(a), codegen


def _over_patterns(name: str) -> Any:
    @intrinsic
    def fold(typingctx, a):  # type: ignore[no-untyped-def]
        def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
            result, *others = _patterns(builder, args[0])
            for other in others:
                result = getattr(builder, name)(result, other)
            return result

        return Lanes(a.dtype, RUNS)(a), codegen

    return fold


total = _over_patterns("fadd")
product = _over_patterns("fmul")


def _patterns(builder: Any, value: Any) -> list[Any]:
    """Return the vectors [RUNS] of each pattern of a vector, or the vector [RUNS] itself."""
    lanes = range(value.type.count)
    return [_shuffled(builder, value, lanes[first : first + RUNS]) for first in lanes[::RUNS]]


def _repeated(builder: Any, value: Any, count: int) -> Any:
    """Return a vector of so many lanes, which is the given one for every pattern."""
    return _joined(builder, [value] * (count // value.type.count))


def _joined(builder: Any, parts: list[Any]) -> Any:
    """Return one vector of two or four vectors, or the only one itself."""
    while len(parts) > 1:
        lanes = range(2 * parts[0].type.count)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [_shuffled(builder, a, lanes, b) for a, b in pairs]
    return parts[0]


def _shuffled(builder: Any, a: Any, lanes: Sequence[int], b: Any = None) -> Any:
    """Return some lanes of a vector, or of two in a row."""
    indices = ir.Constant(ir.VectorType(ir.IntType(32), len(lanes)), list(lanes))
    return builder.shuffle_vector(a, a if b is None else b, indices)
