"""Calls of Snakemake, under this project's settings alone and with its logger."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from neuroswitch.errors import NeuroswitchError

CACHE = Path(".snakemake/cache")
"""In place of a user's own cache folder, where that cannot be written."""

COMMAND = (sys.executable, "-m", "snakemake")
LOGGER = ("--logger", "neuroswitch")


def run(*arguments: str) -> int:
    """Run Snakemake, whose logger shows its progress; return its exit code.

    The terminal sends an interrupt to Snakemake too, which ends its jobs and says so. It is held
    back until the logger can receive it.
    """
    earlier = signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process = subprocess.Popen([*COMMAND, *arguments, *LOGGER], env=environment())
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        return process.wait()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, earlier)


def ask(*arguments: str) -> str:
    """Return what Snakemake prints.

    Raises
    ------
    NeuroswitchError : Snakemake fails; its message
    """
    result = subprocess.run(
        [*COMMAND, *arguments, *LOGGER],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=environment(),
    )
    if result.returncode:
        printed = result.stderr.strip()
        raise NeuroswitchError(printed.partition("error: ")[2] or printed)
    return result.stdout


def environment() -> dict[str, str]:
    """Return the environment of Snakemake: without a user's settings for other workflows.

    SNAKEMAKE_PROFILE, for instance, would send the jobs of `make reproduce` to a cluster.
    """
    kept = {name: value for name, value in os.environ.items() if name[:10] != "SNAKEMAKE_"}
    cache = Path(os.getenv("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    return kept if writable(cache) else kept | {"XDG_CACHE_HOME": str(CACHE.absolute())}


def writable(folder: Path) -> bool:
    """Return whether a folder can be written, or made where it does not exist."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)
