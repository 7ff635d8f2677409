"""What every job of the pipeline does around its work: log, and fail with one message."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuroswitch import extensions
from neuroswitch.errors import NeuroswitchError


@contextmanager
def reporting(log_file: Path | str) -> Iterator[None]:
    """Log to a file, and end the process where the work fails.

    Warnings are also written to standard error, where a person sees them while the work goes on.
    The last entry is then "error: " and the message. Only a NeuroswitchError is reduced to its
    message: anything else is a fault of ours, or of an extension, and its traceback follows.
    """
    shown = logging.StreamHandler()
    shown.setFormatter(logging.Formatter("%(message)s"))
    shown.addFilter(lambda record: record.levelno == logging.WARNING)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        datefmt="%H:%M:%S",
        handlers=[logging.FileHandler(log_file, mode="w", encoding="utf-8"), shown],
    )
    # numba and matplotlib say much at this level that no reader of the log needs
    for library in ("numba", "matplotlib", "fontTools"):
        logging.getLogger(library).setLevel(logging.WARNING)
    log = logging.getLogger(__name__)
    try:
        yield
    except NeuroswitchError as failure:
        log.error("error: %s", failure)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("stopped by an interrupt")
        sys.exit(1)
    except Exception as fault:
        log.exception(
            "error: %s: %s; this is a fault of %s, and %s holds the details",
            type(fault).__name__,
            fault,
            _at_fault(fault),
            log_file,
        )
        sys.exit(1)


def message_in(log: str) -> str:
    """Return the error message in the text of a log, without its traceback; empty: none."""
    return log.partition(" error: ")[2].partition("\nTraceback ")[0].strip()


def _at_fault(fault: Exception) -> str:
    """Return the extension and its line where a fault arose, or else this project."""
    theirs = {str(file) for file in extensions.joined().values()}
    lines = [f for f in traceback.extract_tb(fault.__traceback__) if f.filename in theirs]
    return f"{lines[-1].filename}, line {lines[-1].lineno}" if lines else "neuroswitch"
