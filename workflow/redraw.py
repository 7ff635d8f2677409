"""Redraw figures from stored tables: `make figures`. Nothing is trained.

Analyses that are out of date are run by Snakemake first; the figures are then drawn by a few
processes that each draw several.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from snakemake_logger_plugin_neuroswitch import missing

from neuroswitch import footers, recipes, verification
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe
from workflow import calls, configuration
from workflow.follow import follow_all


def redraw(config: Path, scale: str, targets: Sequence[str], cores: int) -> None:
    """Draw the figures of a scale, or those among the targets, and say which.

    Raises
    ------
    NeuroswitchError : a table is missing that only training makes, a target is no figure, or a
        figure cannot be drawn
    """
    of_file = configuration.recipes(config)
    figures = chosen(recipes.figures(of_file), targets, configuration.targets(of_file, scale))
    behind = recipes.behind(of_file, [path for figure in figures for path in figure.inputs])
    warn_of_other_code([recipe for recipe in behind if recipe.trained])
    late = [recipe for recipe in behind if not recipe.trained and is_late(recipe)]
    require_trained([*figures, *late], of_file, config)
    if late:
        tables = [path for recipe in late for path in recipe.outputs]
        options = ["--configfile", str(config), "--cores", str(cores), "--allowed-rules"]
        calls.ask(*tables, *options, *{recipe.rule for recipe in behind if not recipe.trained})
    logs = Path("logs", scale, "figures")
    for number, (figure, error) in enumerate(
        follow_all(figures, configuration.raw(config), Path(), logs, cores), start=1
    ):
        if error:
            raise NeuroswitchError(f"{figure.figure} could not be drawn: {error}")
        print(f"{number} of {len(figures)} drawn: {figure.outputs[0]}", flush=True)


def chosen(figures: Sequence[Recipe], targets: Sequence[str], made: Sequence[str]) -> list[Recipe]:
    """Return the recipes of the figures that some files belong to; of all, where none is named.

    `made` are the files that rules make. Raises NeuroswitchError where a target is none of them, or
    no figure.
    """
    of_file: Mapping[str, Recipe] = recipes.by_output(figures)
    configuration.require_known(targets, made)
    if other := next((target for target in targets if target not in of_file), ""):
        raise NeuroswitchError(
            f"{other} is no figure; `make reproduce TARGETS={other}` makes it where it is missing"
        )
    wanted = {of_file[target].figure for target in targets}
    return [figure for figure in figures if figure.figure in wanted or not targets]


def require_trained(needing: Sequence[Recipe], of_file: Mapping[str, Recipe], config: Path) -> None:
    """Raise where a table that some recipes read is made by training alone, and is missing."""
    read = {path for recipe in needing for path in recipe.inputs}
    lost = sorted(path for path in read if of_file[path].trained and not Path(path).exists())
    if lost:
        raise NeuroswitchError(missing(lost, str(config)))


def is_late(recipe: Recipe) -> bool:
    """Return whether files of a recipe are missing, or are of another version."""
    lost = any(not Path(path).exists() for path in recipe.outputs)
    return lost or bool(footers.why_again(recipe.outputs, recipe.inputs, recipe.version))


def warn_of_other_code(trained: Sequence[Recipe]) -> None:
    """Say which tables were trained by other code: they are drawn as they are."""
    other = [
        path
        for recipe in trained
        for path in recipe.outputs
        if footers.why_again([path], recipe.inputs, recipe.version)
    ]
    if other:
        print(
            f"{verification.listed(other)}: trained by other code or another configuration, and "
            "drawn as they are; `make reproduce` trains them again",
            file=sys.stderr,
        )
