"""One command around Snakemake: unlock after a crash, run, and name what was made.

Whatever this does, plain `snakemake` does too; only the closing lines are its own.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from neuroswitch import settings
from neuroswitch.errors import NeuroswitchError

BASE = Path("config/laptop.yaml")
"""What every other configuration is laid over, as in the Snakefile."""

LOCKS = Path(".snakemake/locks")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("goal", choices=("reproduce", "figures"))
    parser.add_argument("--config", type=Path, default=BASE, help="configuration file")
    parser.add_argument("--cores", default="all", help="cores to use")
    arguments = parser.parse_args()
    start = time.time()
    try:
        scale = configured(arguments.config).scale
        release_stale_lock()
        options = ["--configfile", str(arguments.config), "--cores", arguments.cores]
        code = snakemake(*goal_arguments(arguments.goal, scale, options), *options)
    except NeuroswitchError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    report(scale, start, code)
    return code


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

    Redrawing forces every rule that draws and allows none that trains.
    """
    if goal == "reproduce":
        return []
    if not Path("results", scale).is_dir():
        raise NeuroswitchError(
            f"results/{scale} does not exist, so there is nothing to draw from; "
            "run `make reproduce` first, or name another CONFIG"
        )
    listed = subprocess.run(
        [sys.executable, "-m", "snakemake", "--list-rules", *options],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    drawing = [rule for rule in listed if rule.startswith("draw_")]
    analysing = [rule for rule in listed if rule.split("_")[0] in ("map", "rate", "project")]
    allowed = ["--allowed-rules", "figures", *drawing, *analysing]
    return ["figures", "--forcerun", *drawing, *allowed]


def release_stale_lock() -> None:
    """Remove the lock that a killed Snakemake left; refuse while one runs here."""
    if not (LOCKS.is_dir() and any(LOCKS.iterdir())):
        return
    for process in psutil.process_iter(["pid", "cmdline", "cwd"]):
        command = " ".join(process.info["cmdline"] or [])
        if "snakemake" in command and process.info["cwd"] == os.getcwd():
            raise NeuroswitchError(
                f"Snakemake already runs in this folder (process {process.info['pid']}); "
                "wait for it, or stop it"
            )
    print("an earlier run was stopped in the middle; its finished work is kept", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "snakemake", "--unlock"], check=True, capture_output=True)


def snakemake(*arguments: str) -> int:
    """Run Snakemake on this terminal and return its exit code."""
    try:
        return subprocess.run([sys.executable, "-m", "snakemake", *arguments]).returncode
    except KeyboardInterrupt:
        return 130


def report(scale: str, start: float, code: int) -> None:
    """Name the figures made, or where to look after a failure, and the time taken."""
    minutes, seconds = divmod(round(time.time() - start), 60)
    elapsed = f"{minutes} min {seconds:02d} s"
    folder = Path("paper_figures", scale)
    figures = sorted(path for path in folder.glob("*") if path.suffix in (".pdf", ".html"))
    made = [path for path in figures if path.stat().st_mtime >= start]
    if code:
        print(f"\nfailed after {elapsed}: the message is above, the logs are in logs/{scale}/")
    elif made:
        print(f"\n{len(made)} figures made in {elapsed} (PDF also as SVG and PNG):")
        print("\n".join(f"  {path}" for path in made))
    else:
        print(f"\nnothing to do: {len(figures)} figures in {folder}/ are up to date ({elapsed})")


if __name__ == "__main__":
    sys.exit(main())
