"""Snakemake's lock on this folder: released after a crash, respected while one runs here."""

import os
import socket
import sys
from pathlib import Path

import psutil

from neuroswitch.errors import NeuroswitchError
from workflow import calls

LOCKS = Path(".snakemake/locks")
HOST = Path(".snakemake/host")
"""The machine that Snakemake was last started on: a cluster has several that see this folder."""


def release_stale_lock() -> None:
    """Remove the lock that a killed Snakemake left; refuse while one runs here."""
    host = socket.gethostname()
    if LOCKS.is_dir() and any(LOCKS.iterdir()):
        refuse_second_start(host)
        print(
            "an earlier run was stopped in the middle; its finished work is kept", file=sys.stderr
        )
        calls.ask("--unlock")
    HOST.parent.mkdir(exist_ok=True)
    HOST.write_text(host, encoding="utf-8")


def refuse_second_start(host: str) -> None:
    """Raise where the Snakemake that holds the lock runs, or may run."""
    last = HOST.read_text(encoding="utf-8") if HOST.exists() else host
    if last != host:
        raise NeuroswitchError(
            f"Snakemake was started in this folder on {last}, and may still run there; start it "
            f"again on {last}, or if nothing of it is left delete {HOST}"
        )
    for process in psutil.process_iter(["pid", "cmdline", "cwd", "environ"]):
        words = process.info["cmdline"] or []
        here = runs_snakemake(words) and process.info["cwd"] == os.getcwd()
        if here and not is_cluster_job(words, process.info["environ"] or {}):
            raise NeuroswitchError(
                f"Snakemake already runs in this folder (process {process.info['pid']}); "
                "wait for it, or stop it"
            )


def runs_snakemake(words: list[str]) -> bool:
    """Return whether a command line is that of Snakemake, or of one of its jobs.

    A command that only names a file of Snakemake's, as `tail -f .snakemake/log/...`, is neither.
    """
    program, first, second = (*words, "", "", "")[:3]
    if not Path(program).name.startswith("python"):
        return Path(program).name == "snakemake"
    script = Path(first).name == "snakemake" or ".snakemake/scripts/" in first
    return script or (first, second) == ("-m", "snakemake")


def is_cluster_job(words: list[str], environment: dict[str, str]) -> bool:
    """Return whether a process is one that Slurm started here for a Snakemake elsewhere."""
    part = "--mode" in words or any(".snakemake/scripts/" in word for word in words)
    return part and "SLURM_JOB_ID" in environment
