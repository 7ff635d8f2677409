"""What declares itself in this package and in a user's extensions, found without importing it.

The Snakefile and the configuration need names and paths alone, and are read by every job before it
begins: NumPy, pandas and PyTorch are imported where something that was found here is loaded.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from neuroswitch.errors import NeuroswitchError, nearest

PACKAGE = Path(__file__).parent
DECORATORS = f"{PACKAGE.name}.declare"
EXTENSIONS = "neuroswitch_extensions"
"""Package as which files outside this one are imported."""

EXPERIMENT = "{experiment}"
"""Stands in a path for the name of any experiment."""

KINDS = (
    "family",
    "gate",
    "image_set",
    "task",
    "model",
    "training",
    "analysis",
    "figure",
    "claim",
    "judgement",
)


@dataclass(frozen=True)
class Reference:
    """Something that a declaration names without its being imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def load(self) -> Any:
        """Import the module, and return what has the name in it."""
        return getattr(import_module(self.module), self.name)


@dataclass(frozen=True)
class Declaration:
    """Something that has declared itself: what it is, its name, where it is."""

    kind: str
    name: str
    where: Reference
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads(self) -> dict[str, tuple[str, ...]]:
        """Return the paths that are read as one table, by the name of that table."""
        reads = self.arguments.get("reads") or {}
        return {n: (p,) if isinstance(p, str) else tuple(p) for n, p in reads.items()}

    @property
    def variants(self) -> tuple[str, ...]:
        """Return the variants that a claim is judged in, `none` where there are none."""
        return tuple(self.arguments.get("variants") or ("none",))

    def reads_of(self, variant: str) -> dict[str, tuple[str, ...]]:
        """Return the paths that are read in a variant of a claim.

        A variant that ends in a colon and a name reads the same tables as the one before the colon.
        """
        folder = variant.partition(":")[0]
        return {
            name: tuple(path.replace("{variant}", folder) for path in paths)
            for name, paths in self.reads.items()
        }

    @property
    def paths(self) -> list[str]:
        """Return every path that is read, in any variant, each once."""
        reads = [self.reads_of(variant) for variant in self.variants]
        return list(dict.fromkeys(path for each in reads for p in each.values() for path in p))

    @property
    def writes(self) -> Mapping[str, "Reference"]:
        """Return the schema of each table that is written, by its path."""
        return self.arguments.get("writes", {})

    @property
    def of_experiments(self) -> bool:
        """Return whether it is made for experiments one by one."""
        return any(EXPERIMENT in path for path in self.paths)

    def load(self) -> Any:
        """Import and return the function or class."""
        return self.where.load()


_extensions: dict[str, Path] = {}


def extend(paths: Iterable[str | Path]) -> None:
    """Let the declarations of Python files, or of all those in folders, join ours.

    Raises
    ------
    NeuroswitchError : a path does not exist or is not Python, or two files have one name
    """
    for path in map(Path, paths):
        if not path.exists():
            raise NeuroswitchError(
                f"extensions: {path} does not exist; give a .py file or a folder"
            )
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            _add(file.absolute())


def _add(file: Path) -> None:
    if file.suffix != ".py" or not file.stem.isidentifier():
        raise NeuroswitchError(
            f"extensions: {file} is imported as Python, so it is called <name>.py, with a name of "
            "letters, digits and _"
        )
    other = _extensions.setdefault(file.stem, file)
    if other != file:
        raise NeuroswitchError(
            f"extensions: {other} and {file} have one name; rename one of the two"
        )
    package = sys.modules.setdefault(EXTENSIONS, ModuleType(EXTENSIONS))
    folders = package.__dict__.setdefault("__path__", [])
    if str(file.parent) not in folders:
        folders.append(str(file.parent))
    _everything.cache_clear()


def extension_files() -> set[Path]:
    """Return the files that are extensions."""
    return set(_extensions.values())


def file_of(module: str) -> Path | None:
    """Return the file of a module of this package or of an extension; None: it is neither."""
    first, _, rest = module.partition(".")
    if first == EXTENSIONS:
        return next((f for f in (_extensions.get(rest), *_beside(rest)) if f and f.exists()), None)
    if first != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*rest.split(".")) if rest else PACKAGE
    file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    return file if file.exists() else None


def _beside(stem: str) -> Iterator[Path]:
    """Yield files that extensions could import as their neighbours."""
    return (file.with_name(f"{stem}.py") for file in _extensions.values())


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
    theirs = {f"{EXTENSIONS}.{name}": file for name, file in _extensions.items()}
    for module, file in (ours | theirs).items():
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


@cache
def declared_in(module: str, file: Path) -> tuple[Declaration, ...]:
    """Return what a file declares, in its order.

    Raises
    ------
    NeuroswitchError : it is not Python, or an argument is neither a literal nor an imported name
    """
    if "declare" not in file.read_text(encoding="utf-8"):
        return ()
    tree = parsed(file)
    names = dict(_names(module, tree))
    return tuple(
        _declaration(file, module, node, decorator, names)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if _kind(decorator, names) in KINDS
    )


@cache
def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of a file.

    Raises
    ------
    NeuroswitchError : it is not Python
    """
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as fault:
        raise NeuroswitchError(f"{file}, line {fault.lineno}: {fault.msg}") from None


def _names(module: str, tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Yield what each name at the top of a file stands for: a literal, or where it is."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, Reference(source_of(module, node), alias.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, _literal(node.value, Reference(module, target.id))


def source_of(module: str, node: ast.ImportFrom) -> str:
    """Return the module that a module imports from, in full where it is named from beside it."""
    beside = module.rpartition(".")[0] if node.level else ""
    return ".".join(filter(None, [beside, node.module]))


def _literal(node: ast.expr, otherwise: Reference) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return otherwise


def _kind(decorator: ast.expr, names: Mapping[str, Any]) -> str:
    """Return what a decorator declares; an empty string where it is none of ours."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        package = names.get(called.value.id)
        if isinstance(package, Reference) and str(package) == DECORATORS:
            return called.attr
    return ""


def _declaration(
    file: Path,
    module: str,
    node: ast.FunctionDef | ast.ClassDef,
    decorator: ast.expr,
    names: Mapping[str, Any],
) -> Declaration:
    kind, where = _kind(decorator, names), Reference(module, node.name)
    if not isinstance(decorator, ast.Call):
        return Declaration(kind, node.name, where)
    try:
        (name,) = (_value(argument, names) for argument in decorator.args)
        arguments = {each.arg: _value(each.value, names) for each in decorator.keywords if each.arg}
    except ValueError:
        raise NeuroswitchError(
            f"{file}, line {decorator.lineno}: a declaration is read without being run, so it has "
            "a name, and its arguments are literals, or names that are imported or assigned above"
        ) from None
    return Declaration(kind, name, where, arguments)


def _followed(named: Any) -> Any:
    """Return what a name stands for: a literal of the module that it comes from, or where it is."""
    file = file_of(named.module) if isinstance(named, Reference) else None
    return dict(_names(named.module, parsed(file))).get(named.name, named) if file else named


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an argument; raise ValueError where it would have to be computed."""
    if isinstance(node, ast.Dict):
        return {
            _value(key, names): _value(value, names)
            for key, value in zip(node.keys, node.values, strict=True)
            if key is not None
        }
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item, names) for item in node.elts]
    if isinstance(node, ast.Name):
        if node.id not in names:
            raise ValueError(node.id)
        return _followed(names[node.id])
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        package = _value(node.value, names)
        return Reference(str(package), node.attr)
    return ast.literal_eval(node)
