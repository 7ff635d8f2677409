"""Which configuration a command works with, and what follows from it."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from neuroswitch import graph, provenance, settings
from neuroswitch.errors import NeuroswitchError, close_match
from neuroswitch.recipes import Recipe, without_recipe

BASE = Path("config/laptop.yaml")
"""What every other configuration is laid over, as in the Snakefile."""

PAPER = Path("config/paper.yaml")
"""That of the papers' scale, whose results are preferred where they are stored."""


def stored_scale() -> str:
    """Return the scale whose results are stored to the report, the papers' first; or no text."""
    scales = (PAPER.stem, BASE.stem)
    return next((s for s in scales if Path("results", s, "manifest.tsv").exists()), "")


def default(from_stored: bool) -> Path:
    """Return the base; for what works on stored results, the paper's where those are here."""
    return PAPER if from_stored and stored_scale() == PAPER.stem else BASE


def typed(path: Path) -> settings.Settings:
    """Return the typed configuration of a file laid over the base."""
    if not path.is_file():
        raise NeuroswitchError(
            f"there is no configuration {path}; config/ holds {', '.join(names())}"
        )
    return settings.validate(raw(path))


def raw(config: Path) -> dict[str, Any]:
    """Return a configuration as its files say it, not typed."""
    return settings.merged(BASE, settings.read(config))


def recipes(config: Path) -> dict[str, Recipe]:
    """Return how every file of a configuration is made, by the code at hand."""
    return graph.of(typed(config), provenance.ROOT).recipes


def targets(made: Iterable[str], scale: str) -> list[str]:
    """Return every file that rules make at a scale: those with a recipe, and the others."""
    return [*made, *without_recipe(scale)]


def require_known(targets: Iterable[str], files: Collection[str]) -> None:
    """Raise where a target is none of the files that can be made, and name the one it is close to.

    >>> require_known(["figur4"], ["own/figure4.pdf", "own/figure4.svg"])
    Traceback (most recent call last):
    neuroswitch.errors.NeuroswitchError: nothing makes figur4; did you mean 'own/figure4.pdf'?
    """
    for target in targets:
        if target not in files:
            # By its name alone, too: few people write the folders of a file that they mean.
            of_stem = {Path(file).stem: file for file in reversed(list(files))}
            stem = close_match(Path(target).stem, of_stem)
            near = close_match(target, files, similarity=0.9) or (of_stem[stem] if stem else None)
            hint = (
                f"did you mean {near!r}?"
                if near
                else "`make docs` builds a page that lists what is made"
            )
            raise NeuroswitchError(f"nothing makes {target}; {hint}")


def cores(wanted: str) -> int:
    """Return how many cores to use; "all" are those of this process, and of a Slurm allocation."""
    if wanted != "all":
        if not wanted.isdecimal() or int(wanted) == 0:
            raise NeuroswitchError(f"CORES is a positive whole number or `all`, not {wanted!r}")
        return int(wanted)
    # Not every system has it, and not every Slurm binds a job to the cores it has given.
    bound = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return min(len(bound), int(os.getenv("SLURM_CPUS_ON_NODE", len(bound))))


def names() -> list[str]:
    """Return the names of the configurations in config/, which holds other YAML files too."""
    return sorted(
        path.name
        for path in Path("config").glob("*.yaml")
        if any(line.startswith("scale:") for line in path.read_text(encoding="utf-8").splitlines())
    )


def require_results(scale: str, config: Path) -> None:
    """Raise where a scale has no results to start from."""
    if not Path("results", scale).is_dir():
        raise NeuroswitchError(
            f"results/{scale} does not exist, so there is nothing to start from; "
            f"run `make reproduce CONFIG={config}` first, or name another CONFIG"
        )
