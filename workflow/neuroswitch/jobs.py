"""What every job of the pipeline does around its work: log, and fail with one message."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neuroswitch.errors import NeuroswitchError


@contextmanager
def reporting(log_file: Path | str) -> Iterator[None]:
    """Log to a file and to the terminal; end the process with the message of an error.

    Only a NeuroswitchError is reduced to its message: anything else is a fault of ours,
    and keeps its traceback.
    """
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers.append(logging.FileHandler(log_file, mode="w", encoding="utf-8"))
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", handlers=handlers
    )
    # numba and matplotlib say much at this level that no reader of the log needs
    for library in ("numba", "matplotlib", "fontTools"):
        logging.getLogger(library).setLevel(logging.WARNING)
    try:
        yield
    except NeuroswitchError as failure:
        logging.getLogger(__name__).error("error: %s", failure)
        sys.exit(1)
