"""Where a result came from: the code, the configuration, the machine.

The code hash of a module covers the module and everything of this package that it imports,
so that editing one experiment makes no other experiment stale. Comments, docstrings and
blank lines do not count: they cannot change a number.
"""

import ast
import hashlib
import io
import json
import os
import platform
import subprocess
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from neuroswitch import store

PACKAGE = Path(__file__).parent
RECORDED_PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "pandas", "pyarrow", "torch")


@cache
def code_hash(*modules: str) -> str:
    """Return the hash of some modules, such as "gates.training", and all that they import."""
    files = sorted(set().union(*(_reached(_file_of(module)) for module in modules)))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(PACKAGE).as_posix().encode() + b"\0")
        digest.update(substance(file.read_text()).encode() + b"\0")
    return digest.hexdigest()[:16]


def content_version(*parts: Any) -> str:
    """Return a short hash of JSON-like values: what a result depends on."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


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


def of_training(config: Mapping[str, Any], seed: int, version: str, threads: int) -> dict[str, Any]:
    """Return the footer of a table that training made: its configuration, seed and machine."""
    return {"config": config, "seed": seed, "threads": threads, "device": "cpu"} | _made_by(version)


def of_analysis(inputs: Iterable[Path], version: str) -> dict[str, Any]:
    """Return the footer of a table computed from others: the content hashes of its inputs."""
    hashes = {str(path): store.provenance_of(path)["content_sha256"] for path in inputs}
    return {"inputs": hashes} | _made_by(version)


def _made_by(version: str) -> dict[str, Any]:
    return {
        "version": version,
        "processor": platform.processor() or platform.machine(),
        "python": platform.python_version(),
        "packages": {name: v for name in RECORDED_PACKAGES if (v := _installed(name))},
        **_git_state(),
    }


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
def _reached(file: Path) -> frozenset[Path]:
    """Return a file of this package and every other that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(_imports(current))
    return frozenset(found)


def _imports(file: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(file.read_text())):
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
    base = PACKAGE.joinpath(*module.split(".")) if module else PACKAGE
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git_state() -> dict[str, Any]:
    """Return the commit, and whether the source (results aside) differs from it."""
    try:
        commit = _git("rev-parse", "HEAD")
        dirty = bool(_git("status", "--porcelain", "--", "Snakefile", "workflow", "config"))
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": dirty}


def _git(*arguments: str) -> str:
    root = PACKAGE.parent.parent
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    result = subprocess.run(
        ["git", "-C", str(root), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return result.stdout.strip()
