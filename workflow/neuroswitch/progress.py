"""Progress of a long job, as log lines with a rate and the time left."""

import logging
import threading
import time

log = logging.getLogger(__name__)


class Progress:
    """Counts work done towards a total and says so every few seconds.

    Calls may come from several threads.
    """

    def __init__(self, label: str, total: float, unit: str, every: float = 5.0) -> None:
        self._label, self._total, self._unit, self._every = label, total, unit, every
        self._done = 0.0
        self._start = self._said = time.monotonic()
        self._lock = threading.Lock()

    def advance(self, amount: float) -> None:
        """Add to the work done."""
        with self._lock:
            self._done += amount
            now = time.monotonic()
            finished = self._done >= self._total
            # Of nothing done there is no rate to say.
            if self._done and (finished or now - self._said >= self._every):
                self._said = now
                self._say(now - self._start)

    def _say(self, elapsed: float) -> None:
        rate = self._done / elapsed if elapsed > 0 else float("inf")
        left = (self._total - self._done) / rate
        log.info(
            "%s: %.0f%%, %s of %s %s, %s a second, %s left",
            self._label,
            100 * self._done / self._total,
            _short(self._done),
            _short(self._total),
            self._unit,
            _short(rate),
            duration(left),
        )


def _short(number: float) -> str:
    for limit, suffix in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if limit <= number < float("inf"):
            return f"{number / limit:.3g}{suffix}"
    return f"{number:.3g}"


def duration(seconds: float) -> str:
    """Return a duration for a reader, such as "2 h 05 min" or "3 min 20 s"."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
