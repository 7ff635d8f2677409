"""Rollouts of the linear NM-RNN against the closed form of its decay."""

import pandas as pd

from neuroswitch import declare
from neuroswitch.rnn.evaluation import one_thread
from neuroswitch.rnn.theory import decay_error
from neuroswitch.schemas.rnn import DECAY_ERRORS

RUNS = 10
SUBSTEPS = (1, 2, 4, 8)


@declare.analysis(
    "decay_errors",
    settings={"root_seed": "seed"},
    writes={"rnn/analysis/decay_errors": DECAY_ERRORS},
)
@one_thread()
def decay_errors(root_seed: int) -> pd.DataFrame:
    """Return the error of every run and step, in the network's own steps."""
    return pd.DataFrame(
        [
            {"run": run, "step": 1 / substeps, "error": decay_error(run, substeps, root_seed)}
            for run in range(RUNS)
            for substeps in SUBSTEPS
        ]
    )
