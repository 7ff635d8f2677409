"""A process of its own for timings, held to some cores and to a width of vectors.

Both must be settled before a library starts: it looks at the processor and starts its threads when
it is loaded.
"""

import os
import signal
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context

import llvmlite.binding as llvm
import numba

from neuroswitch.rnn import wide as lanes

NARROWED = 256
"""Bits of the vectors that a processor with wider ones is measured with as well."""

REGISTERS = {"zmm": 512, "ymm": 256}
"""Name of a register in machine code -> its bits."""


def widths() -> tuple[int, ...]:
    """Return the widths of vectors, in bits, that this machine can be measured with."""
    own = vector_bits()
    return (own, NARROWED) if own > NARROWED else (own,)


@cache
def vector_bits() -> int:
    """Return the bits of the vectors that Numba really computes lanes with, in this process.

    They are read from the machine code. Without a register of REGISTERS they are the 128 of SSE
    and NEON.
    """
    probe = numba.njit(_probe)
    probe.compile((numba.float32[:, ::1],))
    (code,) = probe.inspect_asm().values()
    return max((bits for name, bits in REGISTERS.items() if name in code), default=128)


def _probe(array):  # type: ignore[no-untyped-def]
    a = lanes.load(array, 0)
    lanes.store(array, 1, lanes.multiply_add(a, a, a))


@contextmanager
def process(threads: int, bits: int) -> Iterator[ProcessPoolExecutor]:
    """Give a process to measure in, held to `threads` cores and to vectors of `bits` bits.

    Cores are held where the system can do that.
    """
    before = dict(os.environ)
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if bits < vector_bits():
        os.environ.update(narrowing())
    if cores:
        os.sched_setaffinity(0, sorted(cores)[:threads])
    # A worker that is interrupted ends without a word; the program says that it was.
    quietly = (signal.SIGINT, signal.SIG_DFL)
    try:
        with ProcessPoolExecutor(1, get_context("spawn"), signal.signal, quietly) as pool:
            yield pool
    finally:
        os.environ.clear()
        os.environ.update(before)
        if cores:
            os.sched_setaffinity(0, cores)


def narrowing() -> Mapping[str, str]:
    """Return the variables that hold every library of every side to AVX2, of 256 bits."""
    features = llvm.get_host_cpu_features()
    for name in features:
        features[name] = features[name] and not name.startswith(("avx512", "avx10", "amx"))
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_max_isa=AVX2".strip()
    return {
        "NUMBA_CPU_FEATURES": features.flatten(),
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # those NumPy has code for
        "OPENBLAS_CORETYPE": "Haswell",
        "XLA_FLAGS": flags,
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    }
