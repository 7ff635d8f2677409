"""The public functions for logic gates."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from neuroswitch import settings
from neuroswitch.gates.experiment import train_experiment
from neuroswitch.schemas.gates import RUNS
from neuroswitch.settings import faults
from neuroswitch.settings.base import Job
from neuroswitch.settings.gates import Experiment, GateSettings

NAME = "neuroswitch.gates.train"


def train(
    tasks: str | Sequence[str] = "AND/OR",
    runs: int = 100,
    seed: int = 0,
    *,
    threads: int = 1,
    **choices: Any,
) -> pd.DataFrame:
    """Train feed-forward networks on gates, switched by a fixed random transformation.

    A cycle trains each task for `period` epochs. Between tasks the weights w become M w and the
    biases b become b + v; at the end of the cycle they come back (paper 1, Algorithm 1). M and v
    are drawn once for each run, or once for all, and never trained.

    Parameters
    ----------
    tasks : gates in the order of a cycle, such as "AND/OR/XOR"; a single gate is not modulated
    runs : networks of each condition
    seed : root of every random stream, 0 or more
    threads : processor cores used; no number depends on it
    choices : those that differ from `gates.primary` in config/laptop.yaml: `layers`, `width`
        (units), `learning_rate`, `period` (epochs), `cycles` or `epochs`, `loss`, `batch`,
        `initialisation`, `modulator` (its `family` and `scale`), `shared_modulator`, `pullback`,
        `bias_shift`, `shift_distribution`. config/README.md describes each. A list trains one
        condition for each of its values.

    Returns
    -------
    one row for each condition and run: the condition, `solved` (every task is right at the end of
    its last retraining), `stable_success` (at the end of each of the last retrainings),
    `zero_shot_success` (directly after each of the last switches), the cycles in which tasks were
    right first (from 1; 0: never), `condition_number` of M, and the parameters before and after
    training (vectors [parameters], weights before biases)

    Raises
    ------
    NeuroswitchError : a choice does not exist or cannot be; it names the near match

    Examples
    --------
    >>> import neuroswitch
    >>> runs = neuroswitch.gates.train("AND/OR", runs=20, cycles=500, learning_rate=0.1)
    >>> bool(runs["solved"].mean() > 0.5)
    True
    >>> len(runs.loc[0, "final_parameters"])
    33

    The same networks with two families of M:

    >>> families = [{"family": "orthogonal"}, {"family": "gaussian"}]
    >>> runs = neuroswitch.gates.train("AND/XOR", runs=2, cycles=20, modulator=families)
    >>> runs.groupby("family").size().to_dict()
    {'gaussian': 2, 'orthogonal': 2}
    """
    job = faults.checked(Job, {"seed": seed, "threads": threads}, NAME)
    own = {"tasks": tasks if isinstance(tasks, str) else list(tasks), "runs": runs} | choices
    chosen = GateSettings(
        primary=settings.default().gates.primary,
        experiments={"train": faults.checked(Experiment, own, NAME)},
        traces={},
        multiverses={},
        capacities={},
        libraries={},
    )
    found = train_experiment(chosen, "train", range(runs), job.seed, job.threads, ["runs"])["runs"]
    in_order = found[RUNS.names]
    return in_order.sort_values(list(RUNS.key), kind="stable", ignore_index=True)
