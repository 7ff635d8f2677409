"""Check stored results: `make verify`. Nothing is trained, and nothing stored is changed.

The functions that draw and judge are called again on the stored tables, without Snakemake, and
what they make in a temporary folder is compared with what is stored.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from neuroswitch import manifest, provenance, recipes, verification
from workflow import command, configuration, place
from workflow.follow import follow_all

VERDICTS = ("verdicts", "sensitivity")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="default: that of stored results")
    arguments = parser.parse_args()
    place.check(Path(sys.executable))
    config = arguments.config or configuration.default(from_stored=True)
    scale = configuration.typed(config).scale
    with tempfile.TemporaryDirectory(prefix="neuroswitch-") as folder:
        differences, rounded = compare(Path(folder), scale, config)
    for line in verification.together(differences):
        print(f"differs: {line}")
    if not differences:
        tables = len(manifest.read(Path("results", scale, "manifest.tsv")))
        figures = len(list(Path("paper_figures", scale).glob("*")))
        print(agreement(scale, tables, figures, rounded))
    return bool(differences)


def agreement(scale: str, tables: int, figures: int, rounded: int) -> str:
    """Return what is said where nothing differs, but the last digits of some rows of verdicts."""
    said = f"scale {scale}: {tables} tables and {figures} files of figures are equal"
    close = (
        f"; the numbers of {rounded} rows differ in the last digits on this processor, by at most "
        f"{verification.TOLERANCE:g} of their size"
    )
    return f"{said}, all verdicts agree{close if rounded else ''}"


def compare(folder: Path, scale: str, config: Path) -> tuple[list[str], int]:
    """Return what differs between stored results and those made again in a folder.

    The second number counts rows of verdicts that differ by rounding alone.

    Raises
    ------
    NeuroswitchError : there are no results, or a table cannot be read
    """
    results, figures = Path("results", scale), Path("paper_figures", scale)
    listed = manifest.read(results / "manifest.tsv")
    made = configuration.recipes(config)
    present = [path for path in recipes.tables(made.values()) if Path(path).exists()]
    found = manifest.entries(made, present)
    lines = verification.manifests(listed, {entry.path: entry for entry in found}, made)
    tracked = set(provenance.under_version_control(results))
    lines += verification.footers(found, tracked)
    lines += verification.strays(tracked, made)
    judged = made[str(results / "verdicts/verdicts.parquet")]
    # The judge first: it takes longest, and drawing fills the other cores beside it.
    chosen = [judged, *recipes.figures(made)]
    followed = follow_all(
        chosen, configuration.raw(config), folder, folder / "logs", configuration.cores("all")
    )
    lines += [f"{recipe.rule}: {error}" for recipe, error in followed if error]
    lines += verification.files(figures, folder / figures, made)
    rounded = 0
    for name in VERDICTS:
        stored = results / "verdicts" / f"{name}.parquet"
        if stored.exists() and (folder / stored).exists():
            comparison = verification.verdicts(stored, folder / stored)
            lines += comparison.lines
            rounded += comparison.rounded
        elif stored.exists():
            lines.append(f"{stored}: not judged again")
    return lines, rounded


if __name__ == "__main__":
    command.run(main)
