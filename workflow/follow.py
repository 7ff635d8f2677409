"""Run the script of a rule without Snakemake, in a process that has its libraries loaded.

Snakemake starts two processes a job, which load a second's work of libraries each. What redraws
or checks many figures follows their recipes here instead, several in one process.
"""

import logging
import runpy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from neuroswitch.recipes import Recipe


class Named(list[Any]):
    """What a script sees as its input, output or params: a list, some of it by name."""

    def __init__(self, values: Iterable[Any], names: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.names = dict(names)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["names"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, key: Any) -> Any:
        return self.names[key] if isinstance(key, str) else super().__getitem__(key)

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return names and what they name."""
        return self.names.items()


def follow_all(
    recipes: Sequence[Recipe], config: Mapping[str, Any], folder: Path, logs: Path, cores: int
) -> Iterator[tuple[Recipe, str]]:
    """Follow recipes, several at once; yield each with its error, in their order.

    An error is an empty string where a recipe was followed. See `follow`.
    """
    one = partial(follow, config=config, folder=folder, logs=logs)
    # Spawned: a fork would inherit what other libraries' threads hold.
    with ProcessPoolExecutor(min(cores, len(recipes)), mp_context=get_context("spawn")) as pool:
        yield from zip(recipes, pool.map(one, recipes), strict=True)


def follow(recipe: Recipe, config: Mapping[str, Any], folder: Path, logs: Path) -> str:
    """Run a rule's script in this process; return the message that it failed with, or nothing.

    Parameters
    ----------
    folder : what the paths of its outputs are below; those of its inputs are as they are
    logs : folder of its log, <rule>.log
    """
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / f"{recipe.rule}.log"
    outputs = {
        name: _below(folder, files) if isinstance(files, list) else str(folder / files)
        for name, files in recipe.named_outputs.items()
    }
    job = SimpleNamespace(
        input=Named(recipe.inputs, recipe.named_inputs),
        output=Named(_below(folder, recipe.outputs), outputs),
        params=Named(recipe.params.values(), recipe.params),
        log=[str(log)],
        config=config,
        threads=1,
    )
    # Each script sets up its own log, which basicConfig does only where there is none.
    logging.getLogger().handlers.clear()
    try:
        runpy.run_path(recipe.script, {"snakemake": job})
    except SystemExit:
        return log.read_text(encoding="utf-8").partition(" error: ")[2].strip()
    return ""


def _below(folder: Path, files: Iterable[str]) -> list[str]:
    return [str(folder / file) for file in files]
