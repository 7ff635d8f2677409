"""Follow recipes without Snakemake, in processes that have their libraries loaded.

Snakemake starts two processes a job, which load a second's work of libraries each. What redraws
or checks many figures follows their recipes here instead, several in one process.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from neuroswitch import index, jobs
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe


def follow_all(
    recipes: Sequence[Recipe], config: Mapping[str, Any], folder: Path, logs: Path, cores: int
) -> Iterator[tuple[Recipe, str]]:
    """Follow recipes, several at once; yield each with its error, in their order.

    An error is an empty string where a recipe was followed. See `follow`.

    Raises
    ------
    NeuroswitchError : as `follow`; or a process was killed
    """
    one = partial(follow, config=config, folder=folder, logs=logs)
    # Spawned: a fork would inherit what other libraries' threads hold.
    pool = ProcessPoolExecutor(min(cores, len(recipes)), mp_context=get_context("spawn"))
    try:
        with pool:
            yield from zip(recipes, pool.map(one, recipes), strict=True)
    except BrokenProcessPool:
        raise NeuroswitchError(
            "a process was killed before its end, as happens where memory runs out; close other "
            "programs and run again, `make figures` with CORES=1"
        ) from None


def follow(recipe: Recipe, config: Mapping[str, Any], folder: Path, logs: Path) -> str:
    """Follow a recipe in this process; return the message that it failed with, or nothing.

    Parameters
    ----------
    folder : what the paths of its outputs are below; those of its inputs are as they are
    logs : folder of its log, which is named after its rule and its experiment

    Raises
    ------
    NeuroswitchError : its log cannot be written
    """
    log = logs / f"{recipe.job.replace(' ', '_')}.log"
    # Each job sets up its own log, which basicConfig does only where there is none.
    logging.getLogger().handlers.clear()
    try:
        logs.mkdir(parents=True, exist_ok=True)
        with jobs.reporting(log):
            index.extend(config.get("extensions", []))
            maker(recipe)(recipe, folder)
    except SystemExit:
        message = jobs.message_in(log.read_text(encoding="utf-8"))
        return message or "it was stopped before its end; run the command again"
    # Of its log alone: what fails while it is followed ends as above.
    except OSError as failure:
        raise NeuroswitchError(
            f"cannot write {log}: {failure.strerror or failure}; make room or make the folder "
            "writable, then run again"
        ) from None
    return ""


def maker(recipe: Recipe) -> Callable[[Recipe, Path], None]:
    """Return what follows a recipe: what the script of its rule calls."""
    if recipe.figure:
        from neuroswitch.figures.drawing import draw

        return draw
    if recipe.rule == "judge":
        from neuroswitch.claims.verdicts import make

        return make
    from neuroswitch.analysing import analyse

    return analyse
