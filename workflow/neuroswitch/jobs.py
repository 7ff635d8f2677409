"""What every job of the pipeline does around its work: log, and fail with one message."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuroswitch.errors import NeuroswitchError


@contextmanager
def reporting(log_file: Path | str) -> Iterator[None]:
    """Log to a file, and end the process where the work fails.

    The last entry is then "error: " and the message. Only a NeuroswitchError is reduced to its
    message: anything else is a fault of ours, and its traceback follows.
    """
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(message)s",
        datefmt="%H:%M:%S",
        handlers=[logging.FileHandler(log_file, mode="w", encoding="utf-8")],
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
            "error: %s: %s; this is a fault of neuroswitch, and %s holds the details",
            type(fault).__name__,
            fault,
            log_file,
        )
        sys.exit(1)
