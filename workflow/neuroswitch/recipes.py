"""How each file of the results is made: what the rules say, as plain data.

The Snakefile is the one place that knows what is made from what. It writes these recipes down for
what reports, describes and verifies results, none of which knows Snakemake.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from neuroswitch.errors import NeuroswitchError

DRAWING = "draw_"
"""First word of the rules whose outputs are figures."""


@dataclass(frozen=True)
class Recipe:
    """A rule, the wildcards it was asked for, its version, and the files in and out.

    A recipe that has wildcards trains: `experiment` or `trace` names what. Any other can be
    followed again: its script takes `named_inputs`, `named_outputs` and `params`.
    """

    rule: str
    version: str
    wildcards: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    script: str = ""
    named_inputs: Mapping[str, str | list[str]] = field(default_factory=dict)
    named_outputs: Mapping[str, str | list[str]] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def figure(self) -> str:
        """Name of the figure that it draws; empty where it draws none."""
        return self.rule.removeprefix(DRAWING) if self.rule.startswith(DRAWING) else ""

    @property
    def trained(self) -> tuple[str, str] | None:
        """Section and experiment of the configuration that it trains, or None."""
        name = self.wildcards.get("experiment") or self.wildcards.get("trace")
        return (section_of(self.outputs[0]), name) if name else None


def section_of(path: str) -> str:
    """Return the folder below results/<scale>/ that a path lies in.

    >>> section_of("results/laptop/gates/pairs/runs.parquet")
    'gates'
    """
    return PurePosixPath(path).parts[2]


def wildcards_of(pattern: str, path: str) -> dict[str, str] | None:
    """Return the wildcards with which an output pattern is a path, or None.

    >>> wildcards_of("gates/{experiment}/runs.parquet", "gates/pairs/runs.parquet")
    {'experiment': 'pairs'}
    """
    expression = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(pattern))
    match = re.fullmatch(expression, path)
    return match.groupdict() if match else None


def by_output(recipes: Iterable[Recipe]) -> dict[str, Recipe]:
    """Return the recipe of each file."""
    return {path: recipe for recipe in recipes for path in recipe.outputs}


def behind(recipes: Mapping[str, Recipe], paths: Iterable[str]) -> list[Recipe]:
    """Return every recipe that some files need, directly or not, in the order they are met."""
    found: dict[str, Recipe] = {}
    waiting = list(paths)
    while waiting:
        recipe = recipes.get(waiting.pop(0))
        if recipe and recipe.outputs[0] not in found:
            found[recipe.outputs[0]] = recipe
            waiting.extend(recipe.inputs)
    return list(found.values())


def tables(recipes: Iterable[Recipe]) -> list[str]:
    """Return the paths of all tables, sorted."""
    return sorted(path for r in recipes for path in r.outputs if path.endswith(".parquet"))


def as_text(recipes: Iterable[Mapping[str, Any]], config: Mapping[str, Any], mark: str) -> str:
    """Return recipes, the configuration that they were made with, and what wrote them, as JSON."""
    plain = [asdict(Recipe(**recipe)) for recipe in recipes]
    return json.dumps({"made_by": mark, "config": config, "recipes": plain}, indent=1) + "\n"


def read(path: Path) -> tuple[list[Recipe], dict[str, Any]]:
    """Return recipes and configuration from a file.

    Raises
    ------
    NeuroswitchError : it is missing or holds something else
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        recipes = [
            Recipe(**each | {key: tuple(each[key]) for key in ("inputs", "outputs")})
            for each in found["recipes"]
        ]
        return recipes, found["config"]
    except FileNotFoundError:
        raise NeuroswitchError(f"{path} does not exist; `make report` writes it") from None
    except (KeyError, TypeError, ValueError) as failure:
        raise NeuroswitchError(
            f"{path} does not hold recipes ({failure}); delete it and run `make report`"
        ) from None
