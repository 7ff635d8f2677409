"""Compile a function with Numba, and keep the machine code for the next process if possible.

Numba notices an edit of the file a function is in, but not of the files it calls. So the
machine code is kept in a folder named by the hash of all source that a module reaches.
"""

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core import config

from neuroswitch.source import code_hash

log = logging.getLogger(__name__)


def compiled(function: Callable[..., Any]) -> Any:
    """Return a function compiled at its first call, which lets other threads run meanwhile.

    Where no folder can be written, the function is compiled in every process, and the log
    says so once.
    """
    previous = config.CACHE_DIR
    module = function.__module__.removeprefix("neuroswitch.")
    base = Path(previous) if previous else Path(__file__).parent / "__pycache__"
    config.CACHE_DIR = str(base / f"compiled-{code_hash(module)}")
    try:
        return numba.njit(nogil=True, cache=True, error_model="numpy")(function)
    except (RuntimeError, OSError):
        _say_uncached(str(base))
        return numba.njit(nogil=True, error_model="numpy")(function)
    finally:
        config.CACHE_DIR = previous


@cache
def _say_uncached(folder: str) -> None:
    log.warning(
        "%s cannot be written, so compiled code is not kept: every process compiles for some "
        "seconds before it trains; set NUMBA_CACHE_DIR to a folder that can be written",
        folder,
    )
