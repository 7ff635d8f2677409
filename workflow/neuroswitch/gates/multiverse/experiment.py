"""Make the tables of a multiverse: of each universe its numbers, and the claims judged in it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import declare
from neuroswitch.gates.multiverse.judgement import judge
from neuroswitch.gates.multiverse.priors import Universe, universe
from neuroswitch.gates.multiverse.summary import summary
from neuroswitch.gates.multiverse.universe import train_universe
from neuroswitch.keeping import NOTHING, known_and_missing
from neuroswitch.progress import Progress
from neuroswitch.schemas import multiverse as schemas
from neuroswitch.settings.gates import GateSettings


@declare.training(
    "multiverse",
    experiments="gates.multiverses",
    script="train_multiverse",
    writes={
        "gates/{experiment}/universes": schemas.UNIVERSES,
        "gates/{experiment}/parts": schemas.PARTS,
        "gates/{experiment}/outcomes": schemas.OUTCOMES,
    },
)
def train_multiverse(
    settings: GateSettings,
    name: str,
    numbers: Sequence[int],
    root_seed: int,
    threads: int,
    kept: Mapping[str, pd.DataFrame] = NOTHING,
) -> dict[str, pd.DataFrame]:
    """Train universes and judge the claims in them; returns `universes`, `parts` and `outcomes`.

    Parameters
    ----------
    numbers : of the universes; what becomes of one depends on its number, the runs of each
        condition and the root seed alone
    kept : the same tables, of universes that are not trained again
    """
    drawn = [universe(number, root_seed) for number in numbers]
    return train_all(drawn, settings, name, root_seed, threads, kept)


def train_all(
    drawn: Sequence[Universe],
    settings: GateSettings,
    name: str,
    root_seed: int,
    threads: int,
    kept: Mapping[str, pd.DataFrame] = NOTHING,
) -> dict[str, pd.DataFrame]:
    """Train universes and judge the claims in them, as `train_multiverse` does."""
    runs, stable_cycles = settings.experiment(name).runs, settings.primary.stable_cycles
    numbers = [each.universe for each in drawn]
    parts: dict[str, list[pd.DataFrame]] = {"universes": [], "parts": [], "outcomes": []}
    known, missing = known_and_missing(kept, numbers)
    for table, frame in known.items():
        parts[table].append(frame)
    progress = Progress(f"{name}, universes {numbers[0]}-{numbers[-1]}", len(missing), "universes")
    # BLAS has only small matrices here, and starting threads takes longer than it saves. That a
    # number overflows or a spread is 0 is no surprise in a universe: claims count it as it is.
    with threadpool_limits(1), np.errstate(all="ignore"):
        for each in (each for each in drawn if each.universe in missing):
            trained = train_universe(each, runs, root_seed, stable_cycles, threads)
            parts["universes"].append(summary(trained))
            for table, frame in judge(trained, root_seed).items():
                parts[table].append(frame)
            progress.advance(1)
    return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}
