"""A file that a killed job goes on from: arrays and plain values, for one version only."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neuroswitch.store import write_atomically

log = logging.getLogger(__name__)


def read(path: Path, version: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return values and arrays of a checkpoint.

    None where there is none, where it is not readable, or where other code or another
    configuration wrote it; the log says which of the last two.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        content: dict[str, Any] = json.loads(str(arrays.pop("content")))
        written_by = content.pop("version")
    except FileNotFoundError:
        return None
    # A damaged file makes NumPy, zipfile and json raise errors of a dozen kinds.
    except Exception as failure:
        log.warning("%s is not readable (%s); training begins anew", path, failure)
        return None
    if written_by != version:
        log.info("%s is of another version; training begins anew", path)
        return None
    return content, arrays


def write(path: Path, version: str, content: Mapping[str, Any], arrays: Mapping[str, Any]) -> None:
    """Put values and arrays on disk, whole or not at all. Raises as `write_atomically` does."""
    plain = np.array(json.dumps({"version": version, **content}))

    def save(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, content=plain, **arrays)

    write_atomically(path, save)
