"""Before a run on Slurm: what it needs is there, and nothing of an earlier run is in its way."""

import getpass
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from neuroswitch.errors import NeuroswitchError, nearest

PROFILE_FILE = re.compile(r"(profile|config)(?:\.v(\d+)\+)?\.yaml")

RESOURCES = {"default-resources": "mem_mb: 2000", "set-resources": "train_rnn: {mem_mb: 2000}"}
"""Entries of a profile that give resources, with an example of a line."""


def options(profile: Path, partition: str | None, account: str | None) -> list[str]:
    """Return Snakemake's arguments for a run on Slurm.

    Raises
    ------
    NeuroswitchError : no such profile, one that does not submit, no Slurm, or a partition or
        account that Slurm does not know
    """
    content = read_profile(profile)
    given = {"slurm_partition": partition, "slurm_account": account}
    defaults = resources(content.get("default-resources"))
    defaults |= {key: value for key, value in given.items() if value}
    ask("sinfo", "--noheader")
    # Of several, with commas between them, Slurm takes the one where a job starts first.
    chosen = ",".join(values(content, defaults, "slurm_partition"))
    check("partition", filter(None, chosen.split(",")), partitions(), profile)
    # Where Slurm keeps no accounts, any name will do.
    if known := accounts():
        check("account", values(content, defaults, "slurm_account"), known, profile)
    return [
        "--workflow-profile",
        str(profile),
        "--default-resources",
        *(f"{key}={value}" for key, value in defaults.items()),
    ]


def read_profile(profile: Path) -> dict[str, Any]:
    """Return what a profile says; Snakemake itself passes over one that is not there."""
    own = int(version("snakemake").partition(".")[0])
    files = profile.iterdir() if profile.is_dir() else ()
    found = {file: int(m[2] or 0) for file in files if (m := PROFILE_FILE.fullmatch(file.name))}
    # As Snakemake does: of those for its version or older ones, the one for the newest.
    usable = {file: oldest for file, oldest in found.items() if oldest <= own}
    if not usable:
        raise NeuroswitchError(
            f"there is no profile {profile} (a folder with a config.yaml); profiles/ holds "
            + ", ".join(sorted(path.name for path in Path("profiles").iterdir()))
        )
    file = max(usable, key=lambda file: usable[file])
    try:
        content: dict[str, Any] = dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {})
    except (yaml.YAMLError, TypeError, ValueError) as failure:
        raise NeuroswitchError(f"{file} is not a profile in YAML: {failure}") from None
    if content.get("executor") != "slurm":
        raise NeuroswitchError(
            f"{file} does not say `executor: slurm`, so its jobs would run on this machine; "
            "take profiles/slurm, or `make reproduce` to run here"
        )
    for name, example in RESOURCES.items():
        if not are_resources(content.get(name)):
            raise NeuroswitchError(
                f"{file}: {name} is {content[name]!r}; expected are lines such as "
                f"`{example}`, as in profiles/slurm/config.yaml"
            )
    return content


def are_resources(entry: Any) -> bool:
    """Return whether an entry of a profile is left out, or has a form that `resources` reads."""
    if isinstance(entry, list):
        return all(isinstance(item, str) and "=" in item for item in entry)
    return entry is None or isinstance(entry, dict)


def resources(entry: Any) -> dict[str, Any]:
    """Return resources as a mapping; a profile may also list them as "name=value"."""
    if isinstance(entry, list):
        return dict(item.split("=", 1) for item in entry)
    return dict(entry or {})


def values(content: dict[str, Any], defaults: dict[str, Any], name: str) -> Iterator[str]:
    """Yield every value that a profile gives a resource: for all rules, and for single ones."""
    if name in defaults:
        yield str(defaults[name])
    for rule, own in resources(content.get("set-resources")).items():
        if isinstance(own, dict) and name in own:
            yield str(own[name])
        elif rule.partition(":")[2] == name:
            yield str(own)


def check(kind: str, chosen: Iterable[str], known: set[str], profile: Path) -> None:
    for name in chosen:
        if name not in known:
            raise NeuroswitchError(
                f"Slurm knows no {kind} {name!r} for you ({nearest(name, known)}); it has: "
                f"{', '.join(sorted(known))}. Name one in {profile}, or as "
                f"`make cluster {kind.upper()}=...`"
            )


def partitions() -> set[str]:
    return set(ask("sinfo", "--noheader", "--format=%R").split())


def accounts() -> set[str]:
    """Return the accounts of this user; none where Slurm keeps no accounts."""
    try:
        return set(
            ask(
                "sacctmgr",
                "--noheader",
                "--parsable2",
                "list",
                "associations",
                f"user={getpass.getuser()}",
                "format=account",
            ).split()
        )
    except NeuroswitchError:
        return set()


ENDING = 120
"""Seconds that Slurm gets to end jobs: some times what it grants them before it kills them."""


def cancel_orphans() -> None:
    """End the jobs of a Snakemake that was killed in this folder: the new one sends them again.

    Both would write the same files. What they had saved in checkpoints is used.

    Raises
    ------
    NeuroswitchError : a job is not gone after ENDING, as on a node that does not answer
    """
    orphans = jobs_of_this_folder()
    if not orphans:
        return
    print(f"{len(orphans)} jobs of an earlier run are ended and sent again", file=sys.stderr)
    ask("scancel", *orphans)
    end = time.monotonic() + ENDING
    while left := jobs_of_this_folder():
        if time.monotonic() > end:
            raise NeuroswitchError(
                f"Slurm was asked to end jobs of an earlier run, and after {ENDING} s has not "
                f"ended {', '.join(left)}; `squeue --me` says why. Run again when they are gone"
            )
        time.sleep(1)


def jobs_of_this_folder() -> list[str]:
    """Return the ids of the unfinished jobs that Snakemake submitted from this folder."""
    return [number for _, number in _rows("%A")]


def failures(since: float) -> list[str]:
    """Return what Slurm says of jobs of this folder that were sent since and did not complete.

    Snakemake itself does not pass this on. Slurm forgets a job some minutes after its end, as its
    MinJobAge says: of a long run, jobs that failed early are not among them.
    """
    first = datetime.fromtimestamp(since).isoformat(timespec="seconds")
    return [
        f"job {number} of {comment}: {state}, {reason}, after {elapsed}"
        for comment, number, state, reason, elapsed, sent in _rows("%A|%T|%r|%M|%V", "--states=all")
        if sent >= first and state != "COMPLETED"
    ]


def _rows(columns: str, *which: str) -> list[list[str]]:
    """Return comment and columns of squeue for each job that Snakemake sent from this folder."""
    command = ("squeue", "--noheader", "--me", "--sort=i", *which, f"--format=%Z|%k|{columns}")
    rows = [row.split("|") for row in ask(*command).splitlines()]
    return [row for folder, *row in rows if row[0].startswith("rule_") and folder == os.getcwd()]


def ask(*command: str) -> str:
    """Return what a command of Slurm prints."""
    if not shutil.which(command[0]):
        raise NeuroswitchError(
            f"there is no Slurm on this machine (no command {command[0]}); run "
            "`make cluster` on a login node of a cluster, or `make reproduce` to run here"
        )
    result = subprocess.run(command, capture_output=True, encoding="utf-8")
    if result.returncode:
        raise NeuroswitchError(
            f"Slurm does not answer: {' '.join(command)} says "
            f"{result.stderr.strip() or result.stdout.strip()!r}; is its controller up?"
        )
    return result.stdout
