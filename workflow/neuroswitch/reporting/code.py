"""Where the functions are that compute something, found without importing them."""

import ast
from dataclasses import dataclass
from functools import cache

from neuroswitch import declarations, extensions, index
from neuroswitch.provenance import ROOT
from neuroswitch.recipes import TRAINING, Recipe


@dataclass(frozen=True)
class Code:
    """A function or class: its file below the project's root, its first line, and its text."""

    path: str
    name: str
    line: int
    text: str
    docstring: str


def of_recipe(recipe: Recipe) -> Code | None:
    """Return what computes the outputs of a recipe; None where nothing has declared it."""
    if all(recipe.function):
        return of(*recipe.function)
    # Rules that are written by hand: what trains, and what judges.
    declared = index.all_of("training") | index.all_of("judgement")
    found = declared.get(recipe.rule.removeprefix(TRAINING))
    return of(found.where.module, found.where.name) if found else None


@cache
def of(module: str, name: str) -> Code | None:
    """Return where a function or class of a module is; None where the module has no such one."""
    file = extensions.file_of(module)
    if file is None:
        return None
    for node in declarations.parsed(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            lines = file.read_text(encoding="utf-8").splitlines()
            # A decorator stands above the line that Python counts as the first
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            path = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
            text = "\n".join(lines[first - 1 : node.end_lineno])
            return Code(path.as_posix(), name, first, text, ast.get_docstring(node) or "")
    return None
