"""Every comparison at every width of vectors, each in a process that is held for it."""

import signal
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import groupby
from types import FrameType

from benchmarks.hold import process, vector_bits, widths
from benchmarks.timing import Job, Rows
from neuroswitch.errors import NeuroswitchError


def measured(jobs: list[Job]) -> dict[str, Rows]:
    """Return the rows of each table, measured at every width of vectors; say how far it is."""
    plan = [(bits, job) for bits in widths() for job in sorted(jobs, key=lambda job: job.threads)]
    tables: dict[str, Rows] = defaultdict(list)
    began, done = time.monotonic(), 0
    for (bits, threads), group in groupby(plan, lambda each: (each[0], each[1].threads)):
        with interrupts() as came, process(threads, bits) as pool:
            for _, job in group:
                elapsed = time.monotonic() - began
                print(progress(done, len(plan), job.label, bits, elapsed), flush=True)
                try:
                    found = pool.submit(measure_one, job, bits).result()
                except BrokenProcessPool:
                    raise NeuroswitchError(
                        f"the process that timed {job.label} with vectors of {bits} bits ended "
                        "by itself: what it said is above; without a word, it was most likely "
                        "stopped for its memory. Nothing was written"
                    ) from None
                if came:
                    raise KeyboardInterrupt
                for name, rows in found.items():
                    tables[name] += rows
                done += 1
    return tables


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Give a list that is empty until an interrupt has come.

    Python drops the exception of an interrupt that comes while it runs a callback of its own, such
    as those of a pool that starts.
    """
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, before)


def progress(done: int, total: int, label: str, bits: int, elapsed: float) -> str:
    """Return the line that says what is timed next, and how far it is."""
    line = f"{done + 1} of {total}: timing {label}, vectors of {bits} bits"
    if not done:
        return line
    return f"{line}; about {elapsed / done * (total - done) / 60:.1f} min left"


def measure_one(job: Job, bits: int) -> dict[str, Rows]:
    """Return the rows of a comparison, in the process that is held for it."""
    if vector_bits() != bits:
        raise NeuroswitchError(
            f"this process was to compute with vectors of {bits} bits, and Numba compiles to "
            f"{vector_bits()}; unset NUMBA_CPU_NAME and NUMBA_CPU_FEATURES. Nothing was written"
        )
    about: dict[str, object] = {"vector_bits": bits, "threads": job.threads}
    found = job.measure(*job.arguments)
    return {name: [about | row for row in rows] for name, rows in found.items()}
