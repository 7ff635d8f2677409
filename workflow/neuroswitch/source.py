"""The source of this project as what results depend on.

The code hash of a module or of a rule's script covers the file and everything of this package that
it imports, so that editing one experiment makes no other experiment stale. Comments, docstrings
and blank lines do not count: they cannot change a number.
"""

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from neuroswitch import index

PACKAGE = Path(__file__).parent
SCRIPTS = PACKAGE.parent / "scripts"

AROUND_A_JOB = (
    "",
    "claims",
    "declare",
    "errors",
    "footers",
    "gates",
    "index",
    "jobs",
    "lazy",
    "progress",
    "provenance",
    "rnn",
    "schemas",
    "settings",
    "source",
)
"""What scripts import and no number depends on: messages, footers, the public names of packages,
and what a version holds by value, the columns of its tables and the part of the configuration that
it reads."""


def content_version(*parts: Any) -> str:
    """Return a short hash of JSON-like values: what a result depends on.

    >>> content_version("gates", 1)
    '53da85fc83d1f831'
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


@cache
def code_hash(*modules: str) -> str:
    """Return the hash of some modules, such as "gates.training", and all that they import."""
    return _hash_of(frozenset().union(*(_reached(_file_of(module)) for module in modules)))


@cache
def script_hash(script: str, *modules: str) -> str:
    """Return the hash of a rule's script, such as "train_gates", and all that it imports.

    `modules` are those that it imports by a name that only the rule knows. What writes tables
    counts for every script; what lies AROUND_A_JOB does not.
    """
    around = frozenset(map(_file_of, AROUND_A_JOB))
    starts = [SCRIPTS / f"{script}.py", *map(_file_of, ("store", *modules))]
    return _hash_of(frozenset().union(*(_reached(start, around) for start in starts)))


def _hash_of(files: frozenset[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        ours = file.is_relative_to(PACKAGE.parent)
        # An extension may lie anywhere, and no two files of extensions have one name.
        name = file.relative_to(PACKAGE.parent).as_posix() if ours else file.name
        digest.update(name.encode() + b"\0")
        digest.update(_substance_of(file) + b"\0")
    return digest.hexdigest()[:16]


@cache
def _substance_of(file: Path) -> bytes:
    return substance(_text_of(file)).encode()


def _text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def substance(source: str) -> str:
    """Return Python source without comments, docstrings, blank lines and trailing space."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for first, last in _docstrings(ast.parse(source)):
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.Module) -> Iterator[tuple[int, int]]:
    """Yield first and last line of every string that stands alone as a statement."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, node.end_lineno or node.lineno


@cache
def _reached(file: Path, without: frozenset[Path] = frozenset()) -> frozenset[Path]:
    """Return a file and every one of this package that it imports, directly or not.

    Files in `without`, and what only they import, are left out.
    """
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop()
        if current not in found and current not in without:
            found.add(current)
            waiting.extend(_imports(current))
    return frozenset(found)


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    """Return the files of this package that one imports."""
    return tuple(_imported(ast.parse(_text_of(file))))


def _imported(tree: ast.Module) -> Iterator[Path]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            yield _file_of(node.module.removeprefix(PACKAGE.name).lstrip("."))
            for alias in node.names:
                with_name = f"{node.module}.{alias.name}".removeprefix(f"{PACKAGE.name}.")
                if _exists(with_name):
                    yield _file_of(with_name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if _is_ours(alias.name):
                    yield _file_of(alias.name.removeprefix(PACKAGE.name).lstrip("."))


def _is_ours(module: str) -> bool:
    return module == PACKAGE.name or module.startswith(f"{PACKAGE.name}.")


def _exists(module: str) -> bool:
    base = PACKAGE.joinpath(*module.split("."))
    return base.with_suffix(".py").exists() or (base / "__init__.py").exists()


def _file_of(module: str) -> Path:
    if found := index.file_of(module):
        return found
    base = PACKAGE.joinpath(*module.split(".")) if module else PACKAGE
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
