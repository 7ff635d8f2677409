"""Compile functions with Numba, and keep the machine code for the next process where possible.

Numba notices an edit of the file a function is in, but not of the files it calls into. So the
machine code is kept in a folder named by the hash of all source that the function's module reaches.
"""

import hashlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
from numba.core import config
from numba.core.caching import FunctionCache
from numba.core.compiler import Compiler

from neuroswitch.extensions import PACKAGE
from neuroswitch.source import code_hash

log = logging.getLogger(__name__)


def compiled(function: Callable[..., Any], **options: Any) -> Any:
    """Return a function compiled at its first call, which lets other threads run meanwhile.

    Where no folder can be written, it is compiled in every process, and the log says so once.
    `options` are further ones of numba.njit.
    """
    folder = cache_folder()
    return _kept(function, folder and folder / code_hash(function.__module__), **options)


def _kept(function: Callable[..., Any], folder: Path | None, **options: Any) -> Any:
    made = numba.njit(nogil=True, error_model="numpy", **options)(function)
    if folder is not None:
        previous = config.CACHE_DIR
        config.CACHE_DIR = str(folder)
        try:
            made._cache = _CacheByName(function)
        finally:
            config.CACHE_DIR = previous
    return made


class _CacheByName(FunctionCache):  # type: ignore[misc]
    """Machine code by the name of its function: the folder says of which source it is.

    Numba would ask what the closure of a function holds, and find it changed in another process.
    """

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        return sig, codegen.magic_tuple(), self._py_func.__qualname__


def named(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a function that is defined anew for other numbers, before it is compiled.

    Machine code that was kept is found by name, and would be taken for another one's of the same
    name. So the name says the numbers.
    """

    def rename(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__qualname__ = name
        return function

    return rename


class _Disjoint(Compiler):  # type: ignore[misc]
    """Numba's compiler, told that no two arrays which a function takes share memory."""

    def define_pipelines(self) -> Any:
        self.state.flags.noalias = True
        return super().define_pipelines()


def disjoint(function: Callable[..., Any]) -> Any:
    """Return a compiled function whose arrays share no memory: a caller has to see to that.

    Only then can the compiler make vectors of short loops that read some arrays and write others.
    It may also round a product and a sum once instead of twice, in the same way for every width of
    vectors.
    """
    return compiled(function, fastmath={"contract"}, pipeline_class=_Disjoint)


def generated(code: str, names: Mapping[str, Any], variant: str, *modules: str) -> ModuleType:
    """Return a module of Python code that this project wrote, with its machine code kept.

    The code is kept too, as a file that a reader or a debugger finds.

    names : what the code calls, beside `compiled` and `inlined`
    variant : tells these names from others with which the same code is compiled
    modules : where they are defined
    """
    found = cache_folder()
    digest = hashlib.sha256(f"{code_hash(*modules)} {variant} {code}".encode()).hexdigest()[:16]
    folder = found and found / digest
    file = (folder or Path()) / "passes.py"
    if folder and not file.exists():
        folder.mkdir(exist_ok=True)
        part = file.with_suffix(f".{os.getpid()}.part")
        part.write_text(code, encoding="utf-8")
        part.replace(file)
    # Machine code that was kept looks for its module by name.
    module = ModuleType(f"passes_{digest}")
    sys.modules[module.__name__] = module
    vars(module).update(names, inlined=inlined, compiled=lambda made: _kept(made, folder))
    exec(compile(code, str(file), "exec"), vars(module))
    return module


def inlined(function: Callable[..., Any]) -> Any:
    """Return a function that becomes part of each compiled function that calls it.

    What it takes and returns can stay in registers then, which matters for vectors. It does so
    before anything is compiled: it would be compiled for itself otherwise, beside every caller.
    """
    return numba.njit(nogil=True, error_model="numpy", inline="always")(function)


@cache
def cache_folder() -> Path | None:
    """Return the first folder for machine code that can be written."""
    for folder in _candidates():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    log.warning(
        "compiled code is not kept, since none of %s can be written: every job compiles for "
        "some seconds before it trains; set NUMBA_CACHE_DIR to a folder that can be written",
        ", ".join(map(str, _candidates())),
    )
    return None


def _candidates() -> Iterator[Path]:
    """Yield the folder that is set for Numba; or one beside the source, then one of the user."""
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
        return
    yield PACKAGE / "__pycache__" / "compiled"
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    yield Path(home) / PACKAGE.name
