"""The Python files of a user that join this package, and where a module of either is."""

import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from types import ModuleType

from neuroswitch.errors import NeuroswitchError

PACKAGE = Path(__file__).parent
EXTENSIONS = "neuroswitch_extensions"
"""Package as which files outside this one are imported."""

_joined: dict[str, Path] = {}


def join(file: Path) -> None:
    """Let a file be imported as a module of EXTENSIONS.

    Raises
    ------
    NeuroswitchError : its name is no name of a module, or another file has that name
    """
    if file.suffix != ".py" or not file.stem.isidentifier():
        raise NeuroswitchError(
            f"extensions: {file} is imported as Python, so it is called <name>.py, with a name of "
            "letters, digits and _"
        )
    other = _joined.setdefault(file.stem, file)
    if other != file:
        raise NeuroswitchError(
            f"extensions: {other} and {file} have one name; rename one of the two"
        )
    _find()


def leave(files: Collection[Path]) -> None:
    """Take files out again, with all that was imported as part of EXTENSIONS."""
    for name in [name for name, file in _joined.items() if file in files]:
        del _joined[name]
    # What the files import from beside them may have changed too.
    for module in [name for name in sys.modules if name.partition(".")[0] == EXTENSIONS]:
        del sys.modules[module]
    _find()


def _find() -> None:
    """Let Python find the modules that are now of EXTENSIONS."""
    package = sys.modules.setdefault(EXTENSIONS, ModuleType(EXTENSIONS))
    package.__path__ = list(dict.fromkeys(str(file.parent) for file in _joined.values()))


def joined() -> dict[str, Path]:
    """Return the files that have joined, by the names of their modules."""
    return {f"{EXTENSIONS}.{name}": file for name, file in _joined.items()}


def file_of(module: str) -> Path | None:
    """Return the file of a module of this package or of an extension; None: it is neither."""
    first, _, rest = module.partition(".")
    if first == EXTENSIONS:
        return next((f for f in (_joined.get(rest), *_beside(rest)) if f and f.exists()), None)
    if first != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*rest.split(".")) if rest else PACKAGE
    file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    return file if file.exists() else None


def _beside(stem: str) -> Iterator[Path]:
    """Yield files that extensions could import as their neighbours."""
    return (file.with_name(f"{stem}.py") for file in _joined.values())
