"""One command around Snakemake: unlock after a crash, run, show progress, name what was made.

Plain `snakemake` makes the same files; only what is shown differs.
"""

import argparse
import csv
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psutil
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from neuroswitch import settings
from neuroswitch.errors import NeuroswitchError
from workflow import cluster, plan

BASE = Path("config/laptop.yaml")
"""What every other configuration is laid over, as in the Snakefile."""

PAPER = Path("config/paper.yaml")
"""The configuration whose results are tracked."""

SUMMARY = Path("REPRODUCTION.md")
"""What the report of the papers' scale writes beside the code."""

FROM_STORED = ("figures", "report")
"""Goals that work on stored results, and train nothing."""

ANALYSING = ("map", "rate", "project", "evaluate")
"""First words of the rules that compute tables from tables."""

LOCKS = Path(".snakemake/locks")
HOST = Path(".snakemake/host")
"""The machine that Snakemake was last started on: a cluster has several that see this folder."""

STEPS = re.compile(r"^(\d+) of (\d+) steps .* done$")
JOB_PROGRESS = re.compile(r"^\d\d:\d\d:\d\d (?P<job>[\w, -]+): (?P<rest>\d+%, .* left)$")
NOISE = re.compile(
    r"^(Using |Config file|Assuming|Building DAG|Provided cores|Rules claiming|Conda env"
    r"|Select jobs|Execute \d|Finished job|Removing temporary|Complete log|\[\w{3} \w{3} "
    r"|RuleException|CalledProcessError|Command 'set"
    r"|Exiting because|WorkflowError:$|At least one job"
    r"|Job stats|Elapsed time|Nothing to be done"
    r"|SLURM run ID|Provided remote|Job \d+ has been submitted|Cleaning up SLURM log"
    r"|No SLURM account|Guessed|No account was given|Unable to guess"
    r"|job +count|---|[\w]+ +\d+$)"
)
"""What Snakemake says of its own workings. Its whole output is in .snakemake/log/."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=("reproduce", "figures", "report", "cluster", "plan"))
    parser.add_argument("targets", nargs="*", help="files to make; everything by default")
    parser.add_argument("--config", type=Path, help="configuration; see `default_configuration`")
    parser.add_argument("--cores", default="all", help="cores to use")
    parser.add_argument("--profile", type=Path, default=Path("profiles/slurm"), help="of a cluster")
    parser.add_argument("--partition", help="of the cluster, in place of the profile's")
    parser.add_argument("--account", help="of the cluster, in place of the profile's")
    arguments = parser.parse_args()
    start = time.time()
    try:
        config = arguments.config or default_configuration(arguments.goal in FROM_STORED)
        chosen = configured(config)
        scale = chosen.scale
        settle_times([Path("results", scale), Path("paper_figures", scale), SUMMARY])
        options = ["--configfile", str(config)]
        if arguments.goal == "plan":
            plan.show(chosen, [*arguments.targets, *options])
            return 0
        if arguments.goal == "cluster":
            options += cluster.options(arguments.profile, arguments.partition, arguments.account)
        else:
            options += ["--cores", arguments.cores]
        release_stale_lock()
        if arguments.goal == "cluster":
            cluster.cancel_orphans()
        goal = goal_arguments(arguments.goal, scale, options)
        code = snakemake(*arguments.targets, *goal, *options)
    except NeuroswitchError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    if code and arguments.goal == "cluster":
        print("\n".join(f"Slurm: {what}" for what in cluster.failures(start)))
    report(scale, start, code)
    return code


def default_configuration(from_stored: bool) -> Path:
    """Return the base; for what works on stored results, the paper's where those are here."""
    stored = Path("results/paper/manifest.tsv").exists()
    return PAPER if from_stored and stored else BASE


def configured(path: Path) -> settings.Settings:
    """Return the typed configuration of a file laid over the base."""
    if not path.is_file():
        raise NeuroswitchError(
            f"there is no configuration {path}; config/ holds "
            + ", ".join(sorted(p.name for p in Path("config").glob("*.yaml")))
        )
    return settings.load(BASE, path)


def goal_arguments(goal: str, scale: str, options: list[str]) -> list[str]:
    """Return Snakemake's arguments for a goal.

    Redrawing forces every rule that draws; neither it nor the report allows one that trains.
    """
    if goal not in FROM_STORED:
        return []
    if not Path("results", scale).is_dir():
        raise NeuroswitchError(
            f"results/{scale} does not exist, so there is nothing to start from; "
            "run `make reproduce` first, or name another CONFIG"
        )
    listed = rules(options)
    drawing = [rule for rule in listed if rule.startswith("draw_")]
    analysing = [rule for rule in listed if rule.split("_")[0] in ANALYSING]
    if goal == "figures":
        allowed = ["--allowed-rules", "figures", *drawing, *analysing]
        return ["figures", "--forcerun", *drawing, *allowed]
    writing = [rule for rule in listed if rule.split("_")[0] in ("judge", "write")]
    return ["report", "--allowed-rules", "report", *drawing, *analysing, *writing]


def rules(options: list[str]) -> list[str]:
    """Return the names of all rules."""
    return subprocess.run(
        [sys.executable, "-m", "snakemake", "--list-rules", *options],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def settle_times(places: list[Path]) -> None:
    """Give files that are as version control keeps them one time, the earliest of theirs.

    A clone writes them in an order of its own, and where Snakemake has no record of a file yet
    a later input would make it again. Files of another owner stay as they are.
    """
    kept = under_version_control(places) - under_version_control(places, "--modified")
    times = {path: Path(path).stat().st_mtime_ns for path in kept}
    earliest = min(times.values(), default=0)
    for path in (path for path, time_ns in times.items() if time_ns != earliest):
        with suppress(PermissionError):
            os.utime(path, ns=(earliest, earliest))


def under_version_control(places: list[Path], *options: str) -> set[str]:
    """Return the files in places that are under version control; none without a repository."""
    command = ["git", "ls-files", "-z", *options, "--", *map(str, places)]
    try:
        found = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return set()
    return set(found.stdout.split("\0")) - {""}


def release_stale_lock() -> None:
    """Remove the lock that a killed Snakemake left; refuse while one runs here."""
    host = socket.gethostname()
    if LOCKS.is_dir() and any(LOCKS.iterdir()):
        refuse_second_start(host)
        print(
            "an earlier run was stopped in the middle; its finished work is kept", file=sys.stderr
        )
        unlock = [sys.executable, "-m", "snakemake", "--unlock"]
        subprocess.run(unlock, check=True, capture_output=True)
    HOST.parent.mkdir(exist_ok=True)
    HOST.write_text(host)


def refuse_second_start(host: str) -> None:
    """Raise where the Snakemake that holds the lock runs, or may run."""
    last = HOST.read_text() if HOST.exists() else host
    if last != host:
        raise NeuroswitchError(
            f"Snakemake was started in this folder on {last}, and may still run there; start it "
            f"again on {last}, or if nothing of it is left delete {HOST}"
        )
    for process in psutil.process_iter(["pid", "cmdline", "cwd", "environ"]):
        command = " ".join(process.info["cmdline"] or [])
        here = "snakemake" in command and process.info["cwd"] == os.getcwd()
        if here and not is_cluster_job(command, process.info["environ"] or {}):
            raise NeuroswitchError(
                f"Snakemake already runs in this folder (process {process.info['pid']}); "
                "wait for it, or stop it"
            )


def is_cluster_job(command: str, environment: dict[str, str]) -> bool:
    """Return whether a process is one that Slurm started here for a Snakemake elsewhere."""
    part = "--mode" in command or ".snakemake/scripts" in command
    return part and "SLURM_JOB_ID" in environment


def snakemake(*arguments: str) -> int:
    """Run Snakemake, show its progress and every message that matters, return its exit code."""
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", *arguments, "--quiet", "rules", "host"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        show(process.stdout)
    except KeyboardInterrupt:
        # The terminal has sent the signal to Snakemake too: let it end its jobs.
        process.wait()
        return 130
    return process.wait()


def show(lines: Iterable[str]) -> None:
    """Show Snakemake's output: steps done as a bar, the latest word of each job, the rest as is.

    Where the output is no terminal, every tenth of the steps is a line instead of a bar.
    """
    console = Console(highlight=False, soft_wrap=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} steps"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    latest: dict[str, str] = {}
    tenths = 0
    with bar:
        steps = bar.add_task("waiting for the first step", total=None)
        for line in map(str.rstrip, lines):
            if done := STEPS.search(line):
                completed, total = map(int, done.groups())
                bar.update(steps, completed=completed, total=total)
                if not console.is_terminal and 10 * completed // total > tenths:
                    tenths = 10 * completed // total
                    console.print(f"{completed} of {total} steps done")
            elif word := JOB_PROGRESS.match(line):
                latest[word["job"]] = word["rest"]
                if word["rest"].startswith("100%"):
                    del latest[word["job"]]
                bar.update(
                    steps,
                    description="\n".join(f"{j}: {w}" for j, w in latest.items()) or "working",
                )
                if not console.is_terminal:
                    console.print(line)
            elif line and not NOISE.match(line):
                console.print(line, markup=False)


def report(scale: str, start: float, code: int) -> None:
    """Name what was made, figures and report, or where to look after a failure; and the time."""
    minutes, seconds = divmod(round(time.time() - start), 60)
    elapsed = f"{minutes} min {seconds:02d} s"
    folder = Path("paper_figures", scale)
    figures = sorted(path for path in folder.glob("*") if path.suffix in (".pdf", ".html"))
    made = [path for path in figures if path.stat().st_mtime >= start]
    page = Path("results", scale, "report/report.html")
    if code:
        messages = "".join(f"\nerror: {message}" for message in failures(scale, start))
        print(
            f"\nfailed after {elapsed}; the logs are in logs/{scale}/"
            f"{messages or ', and the message is above'}"
        )
    elif made:
        print(f"\n{len(made)} figures made in {elapsed} (PDF also as SVG and PNG):")
        print("\n".join(f"  {path}" for path in made))
    elif not figures:
        print(f"\ndone in {elapsed}; no figure was asked for")
    elif page.exists() and page.stat().st_mtime >= start:
        print(f"\nreport written in {elapsed}; {len(figures)} figures in {folder}/ are up to date")
    else:
        print(f"\nnothing to do: {len(figures)} figures in {folder}/ are up to date ({elapsed})")
    if not code and page.exists():
        print(f"{verdicts(scale)}\n  {page}")


def verdicts(scale: str) -> str:
    """Return how many verdicts of each kind there are."""
    with Path("results", scale, "verdicts/verdicts.csv").open(newline="") as file:
        judged = [row["verdict"] for row in csv.DictReader(file) if row["role"] == "judged"]
    counts = ", ".join(f"{n} {verdict}" for verdict, n in Counter(judged).most_common())
    return f"{len(judged)} verdicts ({counts}):"


def failures(scale: str, start: float) -> list[str]:
    """Return each error that jobs have logged since the start, once."""
    logs = sorted(Path("logs", scale).rglob("*.log"), key=lambda path: path.stat().st_mtime)
    texts = [path.read_text() for path in logs if path.stat().st_mtime >= start]
    found = [text.partition(" error: ")[2].strip() for text in texts]
    return list(dict.fromkeys(filter(None, found)))


if __name__ == "__main__":
    sys.exit(main())
