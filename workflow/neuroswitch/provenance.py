"""Where a result came from: the code, the configuration, the machine."""

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from neuroswitch import store
from neuroswitch.extensions import PACKAGE

RECORDED_PACKAGES = ("numpy", "numba", "scipy", "scikit-learn", "pandas", "pyarrow", "torch")

VERSION = "0.1.0"
"""Of the project; a test compares it with pyproject.toml, CITATION.cff and CHANGELOG.md."""

ROOT = PACKAGE.parent.parent
"""The project's folder."""


def of_training(
    config: Mapping[str, Any],
    seed: int,
    version: str,
    threads: int,
    device: str = "cpu",
    inputs: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the footer of a table that training made: its configuration, seed and machine.

    `inputs` are the paths of the tables that training read.
    """
    own = {"config": config, "seed": seed, "threads": threads, "device": device}
    read = contents(inputs)
    return own | ({"inputs": read} if read else {}) | _made_by(version)


def of_parts(footers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the footer of a table put together from parts, made by one machine or several."""
    made_on = ("device", "processor", "python", "commit", "dirty")
    packages = [footer["packages"] for footer in footers]
    names = {name for own in packages for name in own}
    return dict(footers[0]) | _joined(footers, made_on) | {"packages": _joined(packages, names)}


def _joined(parts: Sequence[Mapping[str, Any]], keys: Iterable[str]) -> dict[str, Any]:
    """Return what parts say by some keys: the value that all share, or every value as one text."""
    found = {key: [part[key] for part in parts if key in part] for key in keys}
    return {
        key: values[0] if len(set(values)) == 1 else "; ".join(sorted(set(map(str, values))))
        for key, values in found.items()
    }


def of_analysis(inputs: Iterable[str], version: str) -> dict[str, Any]:
    """Return the footer of a table computed from others: their content hashes and root seeds."""
    footers = {path: store.provenance_of(Path(path)) for path in inputs}
    return {
        "inputs": {path: footer["content_sha256"] for path, footer in footers.items()},
        "seeds": sorted({seed for footer in footers.values() for seed in seeds_of(footer)}),
    } | _made_by(version)


def contents(paths: Iterable[str]) -> dict[str, str]:
    """Return the hash of what each of some tables holds, by its path.

    Raises
    ------
    NeuroswitchError : a table is missing, or was not written by this project
    """
    return {path: store.provenance_of(Path(path))["content_sha256"] for path in paths}


def seeds_of(footer: Mapping[str, Any]) -> list[int]:
    """Return the root seeds of the runs that a table comes from."""
    return [footer["seed"]] if "seed" in footer else list(footer.get("seeds", []))


def _made_by(version: str) -> dict[str, Any]:
    return {
        "version": version,
        "processor": machine(),
        "python": platform.python_version(),
        "packages": {name: v for name in RECORDED_PACKAGES if (v := _installed(name))},
        **_git_state(),
    }


def machine() -> str:
    """Return the processor's name and the number of cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores"


def version_of_software() -> str:
    """Return the version of this project, with its commit where there is one."""
    commit = _git_state()["commit"]
    return f"{VERSION}+{commit[:12]}" if commit else VERSION


def date_of_commit() -> str:
    """Return the date of the commit, or of today outside a repository: year-month-day."""
    try:
        return _git("show", "--no-patch", "--format=%cs", "HEAD")
    except (OSError, subprocess.CalledProcessError):
        return datetime.now(UTC).date().isoformat()


def under_version_control(*places: Path) -> list[str]:
    """Return the files in places, or in the project, that git tracks; none without a repository."""
    return _listed("ls-files", "-z", "--", *map(str, places)) or []


def changed() -> list[str] | None:
    """Return the files of the project that differ from the commit; None where there is none."""
    return _listed("diff", "--name-only", "-z", "HEAD")


def _listed(*arguments: str) -> list[str] | None:
    try:
        return [name for name in _git(*arguments).split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        return None


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git_state() -> dict[str, Any]:
    """Return the commit, and whether the source (results aside) differs from it."""
    try:
        commit = _git("rev-parse", "HEAD")
        dirty = bool(_git("status", "--porcelain", "--", "Snakefile", "workflow", "config"))
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": dirty}


def _git(*arguments: str) -> str:
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    result = subprocess.run(
        # A clone that belongs to somebody else is read too.
        ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments],
        check=True,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
    )
    return result.stdout.strip()
