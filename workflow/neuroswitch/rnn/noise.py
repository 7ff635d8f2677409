"""Normal random numbers, 32 at once: what a library draws one by one took a third of a step."""

from math import factorial, log, pi, prod
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types
from numba.core import cgutils

from neuroswitch import vectors
from neuroswitch.compilation import compiled
from neuroswitch.rnn.wide import LANES, empty, store
from neuroswitch.vectors import Lanes, multiply_add, polynomial, same

WORDS = ir.VectorType(ir.IntType(32), LANES)

SINE = tuple((-1) ** n * pi ** (2 * n + 1) / factorial(2 * n + 1) for n in range(6))
COSINE = tuple((-1) ** n * pi ** (2 * n) / factorial(2 * n) for n in range(7))
"""sin(pi v) = v S(v^2) and cos(pi v) = C(v^2), their series, exact to rounding for |v| <= 1/2."""


def normals(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return standard normal numbers in single precision, none further from 0 than 5.8.

    They are fixed by the generator's state, and the same on every processor.
    """
    count = prod(shape)
    pairs = empty((-(-count // (2 * LANES)), 2), np.float32)
    _fill(rng.integers(2**32, size=(4, LANES), dtype=np.uint32), pairs.reshape(-1, LANES))
    return pairs.reshape(-1)[:count].reshape(shape)


@extending.intrinsic
def _two(typingctx, state):  # type: ignore[no-untyped-def]
    """Return two vectors of normal numbers, and advance the generators.

    state : [4, LANES], a generator in each column

    Sources: Blackman and Vigna, Scrambled linear pseudorandom number generators (2021), for
    xoshiro128++; Box and Muller, A note on the generation of random normal deviates (1958).
    """

    def codegen(context, builder, signature, args):  # type: ignore[no-untyped-def]
        start = context.make_array(state)(context, builder, args[0]).data
        first = builder.bitcast(start, WORDS.as_pointer())
        places = [builder.gep(first, [ir.IntType(64)(i)]) for i in range(4)]
        words = [builder.load(place, align=4) for place in places]
        drawn = [_next(builder, words) for _ in range(2)]
        for word, place in zip(words, places, strict=True):
            builder.store(word, place, align=4)
        return context.make_tuple(builder, signature.return_type, _normals(builder, *drawn))

    return types.UniTuple(Lanes(types.float32, LANES), 2)(state), codegen


@compiled
def _fill(state, out):  # type: ignore[no-untyped-def]
    for i in range(0, len(out), 2):
        a, b = _two(state)
        store(out, i, a)
        store(out, i + 1, b)


def _next(builder: Any, words: list[Any]) -> Any:
    """Return a random word of 32 bits in each lane, and advance the four words of the state."""
    result = builder.add(_rotated(builder, builder.add(words[0], words[3]), 7), words[0])
    shifted = builder.shl(words[1], _whole(9))
    for to, by in ((2, 0), (3, 1), (1, 2), (0, 3)):
        words[to] = builder.xor(words[to], words[by])
    words[2] = builder.xor(words[2], shifted)
    words[3] = _rotated(builder, words[3], 11)
    return result


def _normals(builder: Any, a: Any, b: Any) -> list[Any]:
    """Return r sin(2 pi v) and r cos(2 pi v) with r = sqrt(-2 log(u / 2^24)).

    u is 1 to 2^24, from the upper 24 bits of a, as many as a number of single precision holds; v is
    -1/2 to 1/2, from those of b.
    """
    number = vectors.vector(types.float32, LANES)
    u = builder.uitofp(builder.add(builder.lshr(a, _whole(8)), _whole(1)), number)
    v = builder.fmul(builder.sitofp(builder.ashr(b, _whole(8)), number), same(u, 2.0**-24))
    square = builder.fmul(v, v)
    sine = builder.fmul(v, polynomial(builder, square, SINE))
    cosine = polynomial(builder, square, COSINE)
    # u = 2^k m with m from sqrt(1/2) to sqrt(2), and log m = 2 artanh((m - 1) / (m + 1)).
    bits = builder.bitcast(u, WORDS)
    k = builder.ashr(builder.sub(bits, _whole(0x3F3504F3)), _whole(23))
    m = builder.bitcast(builder.sub(bits, builder.shl(k, _whole(23))), number)
    s = builder.fdiv(builder.fsub(m, same(m, 1.0)), builder.fadd(m, same(m, 1.0)))
    series = polynomial(builder, builder.fmul(s, s), tuple(2.0 / n for n in (1, 3, 5, 7, 9)))
    k = builder.sitofp(builder.sub(k, _whole(24)), number)
    logarithm = multiply_add(builder, k, same(k, log(2)), builder.fmul(s, series))
    root = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(number, [number]), f"llvm.sqrt.v{LANES}f32"
    )
    r = builder.call(root, [builder.fmul(logarithm, same(u, -2.0))])
    twice = builder.fadd(sine, sine)
    return [
        builder.fmul(r, builder.fmul(twice, cosine)),
        builder.fmul(r, multiply_add(builder, builder.fneg(twice), sine, same(u, 1.0))),
    ]


def _rotated(builder: Any, words: Any, places: int) -> Any:
    up = builder.shl(words, _whole(places))
    return builder.or_(up, builder.lshr(words, _whole(32 - places)))


def _whole(number: int) -> ir.Constant:
    return ir.Constant(WORDS, [number] * LANES)
