"""One command around Snakemake: choose the configuration, clear the way, run, name what was made.

Plain `snakemake --logger neuroswitch` makes the same files, and shows them being made.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from neuroswitch import progress
from neuroswitch.errors import NeuroswitchError
from workflow import calls, cluster, command, configuration, locks, place, plan
from workflow.redraw import redraw

FROM_STORED = ("figures", "report")
"""Goals that work on stored results, and train nothing."""

LISTED = 20
"""Files that are named when a run has ended; the others are counted."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=("reproduce", "figures", "report", "cluster", "plan"))
    parser.add_argument("targets", nargs="*", help="files to make; everything by default")
    parser.add_argument("--config", type=Path, help="configuration; see `configuration.default`")
    parser.add_argument("--cores", default="all", help="cores to use")
    parser.add_argument("--profile", type=Path, default=Path("profiles/slurm"), help="of a cluster")
    parser.add_argument("--partition", help="of the cluster, in place of the profile's")
    parser.add_argument("--account", help="of the cluster, in place of the profile's")
    arguments = parser.parse_args()
    goal, targets = arguments.goal, arguments.targets
    start = time.time()
    place.check(Path(sys.executable))
    config = arguments.config or configuration.default(goal in FROM_STORED)
    chosen = configuration.typed(config)
    scale = chosen.scale
    options = ["--configfile", str(config)]
    if goal == "report" and targets:
        raise NeuroswitchError("`make report` writes one report of all results: it has no TARGETS")
    # `redraw` looks for its targets among the figures alone.
    if targets and goal != "figures":
        made = configuration.targets(configuration.recipes(config), scale)
        configuration.require_known(targets, made)
    if goal == "plan":
        plan.show(chosen, [*targets, *options])
        return 0
    if goal in FROM_STORED:
        configuration.require_results(scale, config)
    locks.release_stale_lock()
    if goal == "figures":
        redraw(config, scale, targets, configuration.cores(arguments.cores))
        say_what_was_made(scale, start, targets)
        return 0
    if goal == "cluster":
        options += cluster.options(arguments.profile, arguments.partition, arguments.account)
        cluster.cancel_orphans()
    else:
        options += ["--cores", str(configuration.cores(arguments.cores))]
    # Before the options, several of which take all words that follow.
    code = calls.run(*(reporting(options) if goal == "report" else targets), *options)
    if not code:
        say_what_was_made(scale, start, targets)
    elif goal == "cluster":
        print("\n".join(f"Slurm: {what}" for what in cluster.failures(start)))
    return code


def reporting(options: list[str]) -> list[str]:
    """Return Snakemake's arguments for the report: whatever it needs, but for what trains."""
    listed = calls.ask("--list-rules", *options).split()
    allowed = [rule for rule in listed if not rule.startswith(("train", "gather", "fetch"))]
    return ["report", "--allowed-rules", "report", *allowed]


def say_what_was_made(scale: str, start: float, targets: list[str]) -> None:
    """Print what was made, figures, report or other files; and the time it took."""
    elapsed = progress.duration(time.time() - start)
    folder = Path("paper_figures", scale)
    figures = sorted(path for path in folder.glob("*") if path.suffix in (".pdf", ".html"))
    drawn = newer(start, figures)
    page = Path("results", scale, "report/report.html")
    made = newer(start, map(Path, targets)) or newer(start, Path("results", scale).rglob("*"))
    kept = f"{counted(figures, 'figure')} in {folder}/ up to date"
    if drawn:
        print(f"\n{counted(drawn, 'figure')} made in {elapsed} (PDF also as SVG and PNG):")
        print("\n".join(f"  {path}" for path in drawn))
    elif page in made:
        print(f"\nreport written in {elapsed}; {kept}")
    elif made:
        more = f"\n  and {len(made) - LISTED} more" if len(made) > LISTED else ""
        print(f"\n{counted(made, 'file')} made in {elapsed}:")
        print("\n".join(f"  {path}" for path in made[:LISTED]) + more)
    elif targets:
        print(f"\nnothing to do: {', '.join(targets)} up to date ({elapsed})")
    else:
        print(f"\nnothing to do: {kept} ({elapsed})")
    if page.exists() and not targets:
        print(f"{verdicts(scale)}\n  {page}")


def counted(paths: list[Path], noun: str) -> str:
    """Return how many files there are, such as "1 figure" or "2 figures"."""
    return f"{len(paths)} {noun}{'' if len(paths) == 1 else 's'}"


def newer(start: float, paths: Iterable[Path]) -> list[Path]:
    """Return the files that were written after a time."""
    return sorted(path for path in paths if path.is_file() and path.stat().st_mtime >= start)


def verdicts(scale: str) -> str:
    """Return how many verdicts there are and how many of each outcome, or that they are missing."""
    path = Path("results", scale, "verdicts/verdicts.csv")
    # Nothing is made from it, so that neither `make figures` nor `make report` makes it again.
    if not path.exists():
        command = f"make reproduce TARGETS={path}"
        return f"{path} is missing; `{command}`, with CONFIG= of this scale, makes it"
    with path.open(newline="", encoding="utf-8") as file:
        found = [row["outcome"] for row in csv.DictReader(file) if row["role"] == "claim"]
    counts = ", ".join(f"{n} {outcome}" for outcome, n in Counter(found).most_common())
    return f"{len(found)} verdicts ({counts}):"


if __name__ == "__main__":
    command.run(main)
