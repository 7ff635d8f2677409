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

from neuroswitch.declarations import parsed, source_of
from neuroswitch.extensions import EXTENSIONS, PACKAGE, file_of

SCRIPTS = PACKAGE.parent / "scripts"

AROUND_A_JOB = (
    "neuroswitch",
    "neuroswitch.claims",
    "neuroswitch.declarations",
    "neuroswitch.declare",
    "neuroswitch.errors",
    "neuroswitch.extensions",
    "neuroswitch.footers",
    "neuroswitch.gates",
    "neuroswitch.index",
    "neuroswitch.jobs",
    "neuroswitch.lazy",
    "neuroswitch.progress",
    "neuroswitch.provenance",
    "neuroswitch.recipes",
    "neuroswitch.rnn",
    "neuroswitch.schemas",
    "neuroswitch.schemas.columns",
    "neuroswitch.schemas.gates",
    "neuroswitch.schemas.mnist",
    "neuroswitch.schemas.multiverse",
    "neuroswitch.schemas.outlook",
    "neuroswitch.schemas.rnn",
    "neuroswitch.schemas.scope",
    "neuroswitch.schemas.verdicts",
    "neuroswitch.settings",
    "neuroswitch.settings.faults",
    "neuroswitch.settings.files",
    "neuroswitch.source",
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
    """Return the hash of modules, such as "neuroswitch.modulation", and all that they import."""
    return _hash_of(frozenset().union(*(reached(_file_of(module)) for module in modules)))


@cache
def script_hash(script: str, *modules: str) -> str:
    """Return the hash of a rule's script, such as "train_gates", and all that it imports.

    `modules` are those that it imports by a name that only the rule knows. What writes tables
    counts for every script; what lies AROUND_A_JOB does not.
    """
    around = frozenset(map(_file_of, AROUND_A_JOB))
    starts = [SCRIPTS / f"{script}.py", *map(_file_of, ("neuroswitch.store", *modules))]
    return _hash_of(frozenset().union(*(reached(start, around) for start in starts)))


def _hash_of(files: frozenset[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files, key=_module_of):
        digest.update(_module_of(file).encode() + b"\0")
        digest.update(_substance_of(file) + b"\0")
    return digest.hexdigest()[:16]


@cache
def _substance_of(file: Path) -> bytes:
    return substance(file.read_text(encoding="utf-8"), parsed(file)).encode()


def substance(source: str, tree: ast.Module) -> str:
    """Return Python source without comments, docstrings, blank lines and trailing space."""
    lines = source.splitlines()
    # The last one first: where the others begin stays as it was.
    for (first, start), (last, end) in sorted(_docstrings(tree), reverse=True):
        # Columns count bytes. Code that follows belongs to the line on which a docstring begins.
        rest = lines[first - 1].encode()[:start] + lines[last - 1].encode()[end:]
        lines[first - 1 : last] = [rest.decode(), *[""] * (last - first)]
    source = "\n".join(lines) + "\n"
    if "#" in source:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _docstrings(tree: ast.Module) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield line and column of both ends of every string that stands alone as a statement."""
    for node in _statements(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            end = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
            yield (node.lineno, node.col_offset), end


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every statement in a node, those in others too; expressions hold none."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, part, ()):
            yield child
            yield from _statements(child)


@cache
def reached(file: Path, without: frozenset[Path] = frozenset()) -> frozenset[Path]:
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
    return tuple(_imported(_module_of(file), parsed(file)))


def _module_of(file: Path) -> str:
    """Return the module that a file is, of this package, an extension, or a script by itself."""
    if file.is_relative_to(PACKAGE):
        return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts)
    return file.stem if file.is_relative_to(SCRIPTS) else f"{EXTENSIONS}.{file.stem}"


def _imported(module: str, tree: ast.Module) -> Iterator[Path]:
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom):
            source = source_of(module, node)
            for name in (source, *(f"{source}.{alias.name}" for alias in node.names)):
                if file := file_of(name):
                    yield file
        elif isinstance(node, ast.Import):
            yield from filter(None, (file_of(alias.name) for alias in node.names))


def _file_of(module: str) -> Path:
    file = file_of(module)
    if file is None:
        raise ValueError(f"{module} is no module of this project or of an extension")
    return file
