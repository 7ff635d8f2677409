"""Make the tables of a multiverse: of each universe its numbers, and the claims judged in it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import declare
from neuroswitch.gates.multiverse.judgement import judge
from neuroswitch.gates.multiverse.priors import universe
from neuroswitch.gates.multiverse.summary import summary
from neuroswitch.gates.multiverse.universe import train_universe
from neuroswitch.progress import Progress
from neuroswitch.schemas import multiverse as schemas
from neuroswitch.settings.gates import GateSettings

NOTHING: Mapping[str, pd.DataFrame] = {}


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
    runs, stable_cycles = settings.multiverses[name].runs, settings.primary.stable_cycles
    parts: dict[str, list[pd.DataFrame]] = {"universes": [], "parts": [], "outcomes": []}
    for table, frame in kept.items():
        parts[table].append(frame[frame["universe"].isin(list(numbers))])
    known = {number for frame in parts["universes"] for number in frame["universe"]}
    missing = [number for number in numbers if number not in known]
    progress = Progress(f"{name}, universes {numbers[0]}-{numbers[-1]}", len(missing), "universes")
    # BLAS has only small matrices here, and starting threads takes longer than it saves. That a
    # number overflows or a spread is 0 is no surprise in a universe: claims count it as it is.
    with threadpool_limits(1), np.errstate(all="ignore"):
        for number in missing:
            trained = train_universe(
                universe(number, root_seed), runs, root_seed, stable_cycles, threads
            )
            parts["universes"].append(summary(trained))
            for table, frame in judge(trained, root_seed).items():
                parts[table].append(frame)
            progress.advance(1)
    return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}
