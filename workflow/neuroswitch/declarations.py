"""What a file declares, read from its source without importing it.

The Snakefile and the configuration need names and paths alone, and are read by every job before it
begins: NumPy, pandas and PyTorch are imported where something that was found here is loaded.
"""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.extensions import PACKAGE, file_of

DECORATORS = f"{PACKAGE.name}.declare"

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

DICTIONARIES = ("reads", "writes", "settings", "of", "thresholds")
"""Arguments that map one thing to another."""

CLAIM = re.compile(r"[A-Z]\d+")
"""Name of a claim: the report puts claims in order by its letter and its number."""


@dataclass(frozen=True)
class Reference:
    """Something that a declaration names without its being imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}".removeprefix(".")

    def load(self) -> Any:
        """Import the module, and return what has the name in it.

        Raises
        ------
        NeuroswitchError : there is no such module, or nothing in it has the name
        """
        try:
            return getattr(import_module(self.module), self.name)
        except (AttributeError, ModuleNotFoundError) as failure:
            # Whatever else is missing is a fault inside the module.
            if failure.name not in (self.name, self.module):
                raise
            raise NeuroswitchError(
                f"a declaration names {self}: {failure}; correct the name"
            ) from None


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
    def trained(self) -> tuple[str, str]:
        """Return the section and the group of the configuration that a training trains."""
        section, _, group = self.arguments["experiments"].partition(".")
        return section, group

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

    def __str__(self) -> str:
        """Return how a message calls it: where it is, what it is, and its name."""
        kind = self.kind.replace("_", " ")
        return f"{file_of(self.where.module)}: the {kind} {self.name!r}"

    def load(self) -> Any:
        """Import and return the function or class."""
        return self.where.load()


@cache
def declared_in(module: str, file: Path) -> tuple[Declaration, ...]:
    """Return what a file declares, in its order.

    Raises
    ------
    NeuroswitchError : it is not Python, an argument is neither a literal nor an imported name, or
        a declaration is not what `neuroswitch.declare` takes
    """
    if "declare" not in _text(file):
        return ()
    tree = parsed(file)
    names = dict(_names(module, tree))
    return tuple(
        _declaration(file, module, node, decorator, names)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if _kind(file, decorator, names)
    )


@cache
def parsed(file: Path) -> ast.Module:
    """Return the syntax tree of a file.

    Raises
    ------
    NeuroswitchError : it is not Python, or not UTF-8
    """
    try:
        return ast.parse(_text(file))
    except SyntaxError as fault:
        raise NeuroswitchError(f"{file}, line {fault.lineno}: {fault.msg}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NeuroswitchError(f"{file} is not UTF-8; save it in that encoding") from None


def assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that is assigned at the top of a file, annotated or not, with its value."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    yield target.id, node.value


def _names(module: str, tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Yield what each name at the top of a file stands for: a literal, or where it is."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, Reference(source_of(module, node), alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                # `import a.b` binds a, but `import a.b as c` binds a.b.
                bound = alias.name if alias.asname else alias.name.partition(".")[0]
                package, _, last = bound.rpartition(".")
                yield alias.asname or last, Reference(package, last)
    for name, value in assigned(tree):
        yield name, _literal(value, Reference(module, name))


def source_of(module: str, node: ast.ImportFrom) -> str:
    """Return the module that a module imports from, in full where it is named from beside it."""
    beside = module.rpartition(".")[0] if node.level else ""
    return ".".join(filter(None, [beside, node.module]))


def _literal(node: ast.expr, otherwise: Reference) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return otherwise


def _kind(file: Path, decorator: ast.expr, names: Mapping[str, Any]) -> str:
    """Return what a decorator declares; an empty string where it is none of ours."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    module, _, kind = _full_name(called, names).rpartition(".")
    if module != DECORATORS:
        return ""
    if kind not in KINDS:
        raise NeuroswitchError(
            f"{file}, line {decorator.lineno}: neuroswitch.declare has no decorator {kind!r}; "
            f"{nearest(kind, KINDS)}"
        )
    return kind


def _full_name(node: ast.expr, names: Mapping[str, Any]) -> str:
    """Return the full name of what is imported by a name; an empty string where none is."""
    if isinstance(node, ast.Attribute):
        return f"{_full_name(node.value, names)}.{node.attr}"
    named = names.get(node.id) if isinstance(node, ast.Name) else None
    return str(named) if isinstance(named, Reference) else ""


def _declaration(
    file: Path,
    module: str,
    node: ast.FunctionDef | ast.ClassDef,
    decorator: ast.expr,
    names: Mapping[str, Any],
) -> Declaration:
    kind, where = _kind(file, decorator, names), Reference(module, node.name)
    at = f"{file}, line {decorator.lineno}"
    try:
        arguments = _arguments(decorator, names)
    except ValueError:
        raise NeuroswitchError(
            f"{at}: a declaration is read without being run, so it has a name, and its arguments "
            "are literals, or names that are imported or assigned above"
        ) from None
    if fault := _misfit(kind, decorator, arguments):
        raise NeuroswitchError(f"{at}: @declare.{kind} {fault}")
    declared = Declaration(kind, arguments.pop("name", node.name), where, arguments)
    if fault := _fault(declared):
        raise NeuroswitchError(f"{at}: the {kind} {declared.name!r} {fault}")
    return declared


def _arguments(decorator: ast.expr, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a decorator is given by name; raise ValueError where that cannot be read."""
    if not isinstance(decorator, ast.Call):
        return {}
    if len(decorator.args) > 1:
        raise ValueError("the name alone stands without a keyword")
    given = [("name", value) for value in decorator.args]
    given += [(each.arg or "**", each.value) for each in decorator.keywords]
    return {name: _value(value, names) for name, value in given}


def _misfit(kind: str, decorator: ast.expr, arguments: Mapping[str, Any]) -> str:
    """Return why a decorator does not take its arguments; an empty string where it does."""
    taken = inspect.signature(getattr(declare, kind)).parameters
    if "declared" in taken:
        return "stands without parentheses" if isinstance(decorator, ast.Call) else ""
    for name in arguments:
        if name not in taken:
            return f"takes no argument {name!r}; {nearest(name, taken)}"
    required = [name for name, each in taken.items() if each.default is each.empty]
    if missing := [name for name in required if name not in arguments]:
        return f"lacks {', '.join(missing)}; write what is missing in the parentheses"
    return "" if isinstance(arguments["name"], str) else "begins with a name, which is a text"


def _fault(declared: Declaration) -> str:
    """Return what is wrong with a declaration by itself; an empty string where nothing is."""
    given = {name: declared.arguments.get(name) or {} for name in DICTIONARIES}
    for name, value in given.items():
        if not isinstance(value, Mapping):
            return f"has no dictionary as `{name}`; write {{...}} here, or where it is assigned"
    for name, value in declared.arguments.items():
        if name != "writes" and (computed := _references(value)):
            return (
                f"has in `{name}` the name {computed[0]}, which is computed; write the value here"
            )
    read = [each if isinstance(each, list | tuple) else [each] for each in given["reads"].values()]
    if not all(isinstance(path, str) for paths in read for path in paths):
        return "reads what is no path of a table; in `reads`, give a path or a list of paths a name"
    if declared.kind == "figure" and not declared.paths:
        return "reads no table; name in `reads` what it draws"
    if declared.kind == "claim" and not CLAIM.fullmatch(declared.name):
        return "is not called by a capital letter and a number, such as E1; rename it"
    if declared.kind == "analysis":
        count = Counter(path.rpartition("/")[2] for path in declared.writes)
        for name in (name for name, times in count.items() if times > 1):
            return f"writes two tables that are called {name!r}; rename one of the two"
    for table, schema in given["writes"].items():
        if not isinstance(schema, Reference):
            return f"gives {table} no schema; in `writes`, name one, such as schemas.gates.SUCCESS"
    return ""


def _references(value: Any) -> list[Reference]:
    """Return the names in an argument whose values cannot be read."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [reference for each in value for reference in _references(each)]
    return [value] if isinstance(value, Reference) else []


def _followed(named: Any) -> Any:
    """Return what a name stands for: a literal of the module that it comes from, or where it is."""
    met: list[Any] = []
    while named not in met and isinstance(named, Reference) and (file := file_of(named.module)):
        met.append(named)
        named = dict(_names(named.module, parsed(file))).get(named.name, named)
    return named


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return the value of an argument; raise ValueError where it would have to be computed."""
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError("`**others` is not read")
        pairs = zip(node.keys, node.values, strict=True)
        return {_value(key, names): _value(value, names) for key, value in pairs if key}
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(item, names) for item in node.elts]
    if isinstance(node, ast.Name):
        if node.id not in names:
            raise ValueError(node.id)
        return _followed(names[node.id])
    if isinstance(node, ast.Attribute):
        return Reference(str(_value(node.value, names)), node.attr)
    return ast.literal_eval(node)
