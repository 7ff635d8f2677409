"""What declares itself in this package and in a user's extensions, by kind and name."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from neuroswitch import extensions
from neuroswitch.declarations import KINDS, Declaration, declared_in, parsed
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.extensions import EXTENSIONS, PACKAGE, file_of


def extend(paths: Iterable[str | Path]) -> None:
    """Let the declarations of Python files, or of all those in folders, join ours.

    Raises
    ------
    NeuroswitchError : a path does not exist or is not Python, two files have one name, or a file
        that is named itself declares nothing
    """
    _everything.cache_clear()
    for path in map(Path, paths):
        if not path.exists():
            raise NeuroswitchError(
                f"extensions: {path} does not exist; give a .py file or a folder"
            )
        for file in _files(path):
            extensions.join(file)
        # In a folder there can be files that others import.
        if path.is_file() and not declared_in(f"{EXTENSIONS}.{path.stem}", path.absolute()):
            raise NeuroswitchError(
                f"extensions: {path} declares nothing; after `from neuroswitch import declare`, "
                "write a decorator such as `@declare.gate` above a function or class that stands "
                "by itself, in no other block; docs/extending.md shows one of each kind"
            )


def retract(paths: Iterable[str | Path]) -> None:
    """Take files, or all those in folders, out again; what is looked up later is read anew."""
    extensions.leave({file for path in map(Path, paths) for file in _files(path)})
    for cached in (parsed, declared_in, _everything):
        cached.cache_clear()


def _files(path: Path) -> list[Path]:
    return [file.absolute() for file in (sorted(path.glob("*.py")) if path.is_dir() else [path])]


def all_of(kind: str) -> dict[str, Declaration]:
    """Return every declaration of a kind by its name, in the order of files and lines."""
    return _everything()[kind]


def get(kind: str, name: str) -> Declaration:
    """Return a declaration.

    Raises
    ------
    NeuroswitchError : nothing of that kind has the name
    """
    known = all_of(kind)
    if name not in known:
        called = kind.replace("_", " ")
        raise NeuroswitchError(f"no {called} is called {name!r}; {nearest(name, known)}")
    return known[name]


@cache
def _everything() -> dict[str, dict[str, Declaration]]:
    found: dict[str, dict[str, Declaration]] = {kind: {} for kind in KINDS}
    ours = {_module_of(file): file for file in sorted(PACKAGE.rglob("*.py"))}
    for module, file in (ours | extensions.joined()).items():
        for declared in declared_in(module, file):
            other = found[declared.kind].setdefault(declared.name, declared)
            if other is not declared:
                raise NeuroswitchError(
                    f"{file} declares the {declared.kind.replace('_', ' ')} {declared.name!r}, "
                    f"which {file_of(other.where.module)} has already; choose another name"
                )
    return found


def _module_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
