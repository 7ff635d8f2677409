"""How each file of the results is made, as plain data: what draws, reports and verifies reads it.

`neuroswitch.graph` derives the recipes from the declarations and the configuration.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from neuroswitch.declarations import EXPERIMENT
from neuroswitch.errors import NeuroswitchError

DRAWING = "draw_"
"""First word of the rules whose outputs are figures."""

TRAINING = "train_"
"""First word of the rules that train; any other recipe can be followed again."""


@dataclass(frozen=True)
class Recipe:
    """A rule, what it was asked for, and the files in and out.

    version : what the files depend on, as a hash
    experiment : that it is asked for, of a rule that has one
    reads : name -> the tables that the function gets by it, as one table
    function : module and name of what computes or draws
    options : what the function gets besides
    """

    rule: str
    version: str
    outputs: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    experiment: str = ""
    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    function: tuple[str, str] = ("", "")
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def job(self) -> str:
        """Rule and experiment, as lines of progress name them."""
        return f"{self.rule} {self.experiment}".strip()

    @property
    def figure(self) -> str:
        """Name of the figure that it draws; empty where it draws none."""
        return PurePosixPath(self.outputs[0]).stem if self.rule.startswith(DRAWING) else ""

    @property
    def trained(self) -> tuple[str, str] | None:
        """Section and experiment of the configuration that it trains, or None."""
        if not self.rule.startswith(TRAINING):
            return None
        return section_of(self.outputs[0]), self.experiment


def section_of(path: str) -> str:
    """Return the folder below results/<scale>/ that a path lies in.

    >>> section_of("results/laptop/gates/pairs/runs.parquet")
    'gates'
    """
    return PurePosixPath(path).parts[2]


def experiment_of(pattern: str, path: str) -> str | None:
    """Return the experiment with which an output pattern is a path, "" if it names none; or None.

    >>> experiment_of("gates/{experiment}/runs", "gates/pairs/runs")
    'pairs'
    """
    match = _expression(pattern).fullmatch(path)
    return match and "".join(match.groups())


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(re.escape(EXPERIMENT), "([^/]+)"))


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


def figures(recipes: Mapping[str, Recipe]) -> list[Recipe]:
    """Return the recipes of all figures, by name; the same of another setting stand together."""
    drawing = {recipe.figure: recipe for recipe in recipes.values() if recipe.figure}
    order = sorted(drawing, key=lambda name: (name.removesuffix("_reconstructed"), name))
    return [drawing[name] for name in order]


TRACKED = "laptop"
"""The scale whose results are tracked, which .gitignore names too: its summary speaks for the
project."""


def of_report(scale: str) -> dict[str, str]:
    """Return the files that the report of a scale consists of, by what each of them is."""
    folder = f"results/{scale}"
    summary = "REPRODUCTION.md"
    return {
        "page": f"{folder}/report/report.html",
        "summary": summary if scale == TRACKED else f"{folder}/report/{summary}",
        "manifest": f"{folder}/manifest.tsv",
        "crate": f"{folder}/ro-crate-metadata.json",
    }


def without_recipe(scale: str) -> list[str]:
    """Return the files that rules make and that have no recipe, because they describe recipes."""
    folder = f"results/{scale}"
    return [*of_report(scale).values(), f"{folder}/recipes.json", f"{folder}/verdicts/verdicts.csv"]


def tables(recipes: Iterable[Recipe]) -> list[str]:
    """Return the paths of all tables, sorted."""
    return sorted(path for r in recipes for path in r.outputs if path.endswith(".parquet"))


def as_text(recipes: Iterable[Recipe], config: Mapping[str, Any], mark: str) -> str:
    """Return recipes, the configuration that they were made with, and what wrote them, as JSON."""
    plain = [asdict(recipe) for recipe in recipes]
    return json.dumps({"made_by": mark, "config": config, "recipes": plain}, indent=1) + "\n"


def from_plain(plain: Mapping[str, Any]) -> Recipe:
    """Return a recipe that was plain data, such as JSON gives."""
    lists = {key: tuple(plain[key]) for key in ("outputs", "inputs", "function")}
    reads = {name: tuple(paths) for name, paths in plain["reads"].items()}
    return Recipe(**{**plain, **lists, "reads": reads})


def read(path: Path) -> tuple[list[Recipe], dict[str, Any]]:
    """Return recipes and configuration from a file.

    Raises
    ------
    NeuroswitchError : it is missing or holds something else
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [from_plain(each) for each in found["recipes"]], found["config"]
    except FileNotFoundError:
        raise NeuroswitchError(f"{path} does not exist; `make report` writes it") from None
    except (KeyError, TypeError, ValueError) as failure:
        raise NeuroswitchError(
            f"{path} does not hold recipes ({failure}); delete it and run `make report`"
        ) from None
