"""Train the second round: universes that are like those nearest to what the paper reports."""

from collections.abc import Mapping, Sequence

import pandas as pd

from neuroswitch import declare
from neuroswitch.gates.multiverse.experiment import train_all
from neuroswitch.gates.multiverse.perturbation import kernel, second_round
from neuroswitch.gates.multiverse.priors import of_rows
from neuroswitch.keeping import NOTHING
from neuroswitch.schemas import multiverse as schemas
from neuroswitch.settings.gates import GateSettings


@declare.training(
    "second_round",
    experiments="gates.rounds",
    script="train_multiverse",
    reads={"accepted": "gates/multiverse/accepted"},
    writes={
        "gates/rounds/{experiment}/universes": schemas.UNIVERSES,
        "gates/rounds/{experiment}/parts": schemas.PARTS,
        "gates/rounds/{experiment}/outcomes": schemas.OUTCOMES,
    },
)
def train_second_round(
    settings: GateSettings,
    name: str,
    numbers: Sequence[int],
    accepted: pd.DataFrame,
    root_seed: int,
    threads: int,
    kept: Mapping[str, pd.DataFrame] = NOTHING,
) -> dict[str, pd.DataFrame]:
    """Train universes of the second round and judge the claims in them (ambiguity A110).

    Parameters
    ----------
    numbers : of the universes in this round, from 0 on; what becomes of one depends on its number,
        the accepted universes, the runs of each condition and the root seed alone
    accepted : choices of the universes of the first round that are accepted
    kept : the tables `universes`, `parts` and `outcomes`, of universes that are not trained again

    Returns
    -------
    the same tables; in them the numbers of the universes begin at `priors.SECOND_ROUND`
    """
    around = kernel(of_rows(accepted.sort_values("universe")))
    drawn = [second_round(number, root_seed, around) for number in numbers]
    return train_all(drawn, settings, name, root_seed, threads, kept)
