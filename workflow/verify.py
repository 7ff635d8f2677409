"""Check stored results: `make verify`. Nothing is trained, and nothing stored is changed.

The scripts of the rules that draw and judge run again on the stored tables, without
Snakemake, and what they make in a temporary folder is compared with what is stored.
"""

import argparse
import logging
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from neuroswitch import manifest, recipes, verification
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe
from workflow import launch

VERDICTS = ("verdicts", "sensitivity")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="configuration; by default the tracked results")
    arguments = parser.parse_args()
    try:
        config = arguments.config or launch.default_configuration(from_stored=True)
        scale = launch.configured(config).scale
        with tempfile.TemporaryDirectory(prefix="neuroswitch-") as folder:
            lines = list(differences(Path(folder), scale, config))
    except NeuroswitchError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    for line in lines:
        print(f"differs: {line}")
    if not lines:
        tables = len(manifest.read(Path("results", scale, "manifest.tsv")))
        figures = len(list(Path("paper_figures", scale).glob("*")))
        print(f"scale {scale}: {tables} tables, {figures} files of figures, and all verdicts agree")
    return bool(lines)


def differences(folder: Path, scale: str, config: Path) -> Iterable[str]:
    """Yield what differs between stored results and those made again in a folder.

    Raises
    ------
    NeuroswitchError : there are no results, or a table cannot be read
    """
    results, figures = Path("results", scale), Path("paper_figures", scale)
    listed = manifest.read(results / "manifest.tsv")
    made, settings = recipes.read(written_recipes(folder, scale, config))
    present = [path for path in recipes.tables(made) if Path(path).exists()]
    found = manifest.entries(recipes.by_output(made), present)
    yield from verification.manifests(listed, {entry.path: entry for entry in found})
    yield from verification.footers(found, launch.under_version_control([results]))
    # The judge looks for tables beside the folder that it writes to.
    for path in results.iterdir():
        if path.is_dir() and path.name != "verdicts":
            (folder / path).symlink_to(path.resolve())
    judged = str(results / "verdicts/verdicts.parquet")
    # The judge first: it takes longest, and drawing fills the other cores beside it.
    chosen = [recipe for recipe in made if judged in recipe.outputs]
    chosen += [recipe for recipe in made if recipe.figure]
    # Spawned: a fork would inherit what other libraries' threads hold.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for lines in pool.map(partial(follow, config=settings, folder=folder), chosen):
            yield from lines
    yield from verification.files(figures, folder / figures)
    for name in VERDICTS:
        stored = results / "verdicts" / f"{name}.parquet"
        if stored.exists() and (folder / stored).exists():
            yield from verification.verdicts(stored, folder / stored)
        elif stored.exists():
            yield f"{stored}: not judged again"


def written_recipes(folder: Path, scale: str, config: Path) -> Path:
    """Return the file to which Snakemake has written the recipes of the code at hand."""
    target = Path("results", scale, "recipes.json")
    for name in ("config", "workflow"):
        (folder / name).symlink_to(Path(name).resolve())
    result = subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "snakemake",
                str(target),
                "--configfile",
                str(config.resolve()),
            ),
            *("--snakefile", "Snakefile", "--directory", str(folder), "--cores", "1"),
            *("--allowed-rules", "write_recipes"),
        ],
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise NeuroswitchError(f"Snakemake cannot say how files are made:\n{result.stderr.strip()}")
    return folder / target


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


def follow(recipe: Recipe, config: Mapping[str, Any], folder: Path) -> list[str]:
    """Run a rule's script in this process, its outputs below a folder; say why it failed."""
    log = folder / f"{recipe.rule}.log"
    outputs = {
        name: below(folder, files) if isinstance(files, list) else str(folder / files)
        for name, files in recipe.named_outputs.items()
    }
    job = SimpleNamespace(
        input=Named(recipe.inputs, recipe.named_inputs),
        output=Named(below(folder, recipe.outputs), outputs),
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
        return [f"{recipe.rule}: {log.read_text().partition(' error: ')[2].strip()}"]
    return []


def below(folder: Path, files: Iterable[str]) -> list[str]:
    """Return paths below a folder."""
    return [str(folder / file) for file in files]


if __name__ == "__main__":
    sys.exit(main())
