"""One root seed, and from it an independent random stream for every purpose."""

import hashlib
import json

import numpy as np


def generator(root_seed: int, *path: str | int) -> np.random.Generator:
    """Return the random stream named by `path`, for example ("gates", run, "weights").

    Streams depend on their name alone, so a run draws the same numbers whichever
    other runs share its job.
    """
    digest = hashlib.sha256(json.dumps(path).encode()).digest()
    key = int.from_bytes(digest, "little")
    return np.random.default_rng(np.random.SeedSequence(root_seed, spawn_key=(key,)))
