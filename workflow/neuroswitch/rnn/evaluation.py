"""Trained networks out of their tables, and what they answer to trials of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor

from neuroswitch import seeds
from neuroswitch.rnn import metrics
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.settings.rnn import RnnExperiment, Training

if TYPE_CHECKING:
    from jaxtyping import Float

Made = TypeVar("Made", pd.DataFrame, dict[str, pd.DataFrame])
"""What an analysis returns: a table, or several by name."""

KEY = ["task", "variant", "network", "run"]

NETWORKS = {"runs": "rnn/{experiment}/runs", "parameters": "rnn/{experiment}/parameters"}
"""What an analysis reads that rolls out the networks of an experiment (`of_networks`)."""

TEST = {
    "trained_as": "rnn.{experiment}",
    "test_trials": "rnn.{experiment}.test_trials",
    "root_seed": "seed",
}
"""What such an analysis needs of the configuration."""


@dataclass(frozen=True)
class Trained:
    """A network as a phase of training left it, or as it was at its best in that phase.

    about : task, variant, network and run, which name it in every table
    kept : last, or best where the protocol keeps the parameters of the lowest smoothed loss too
    sound : False where it diverged and nothing of it can be tested (ambiguity A49)
    lowest_loss : of a minibatch of the phase
    """

    about: dict[str, object]
    phase: str
    kept: str
    model: Model
    parameters: dict[str, Tensor]
    sound: bool
    lowest_loss: float

    def stream(self, root_seed: int, purpose: str) -> np.random.Generator:
        """Return a random stream of this network for a purpose of an analysis."""
        return seeds.generator(root_seed, "rnn", purpose, *map(str, self.about.values()))


@dataclass(frozen=True)
class Response:
    """What a network did with some trials, in float64; nothing but NaN if it is not sound.

    states : by name, after the step; empty if it is not sound
    """

    outputs: Float[np.ndarray, "trials steps outputs"]
    states: dict[str, Float[np.ndarray, "trials steps units"]]


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: sums in one order, whatever cores there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def of_networks(*kept: str) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """Decorate an analysis of trained networks so that it can be declared as one of tables.

    The analysis gets a list of `Trained` and, by name, the settings of its declaration but
    `trained_as`. What it becomes gets instead the tables of NETWORKS, all settings, and the name of
    the experiment; it computes on one thread.

    Parameters
    ----------
    kept : which networks of a training it gets: "last", "best", or both
    """

    def decorate(analyse: Callable[..., Made]) -> Callable[..., Made]:
        @wraps(analyse)
        def of_tables(
            runs: pd.DataFrame,
            parameters: pd.DataFrame,
            trained_as: Mapping[str, Any],
            experiment: str,
            **settings: Any,
        ) -> Made:
            described = RnnExperiment.model_validate(trained_as["experiment"])
            trained = networks(described, runs, parameters)
            with one_thread():
                return analyse([one for one in trained if one.kept in kept], **settings)

        return of_tables

    return decorate


def networks(
    experiment: RnnExperiment, runs: pd.DataFrame, parameters: pd.DataFrame
) -> list[Trained]:
    """Return the networks of an experiment, from its tables of runs and of parameters.

    Of a training that kept both, the last one and then the best.
    """
    values = parameters.sort_values("index", kind="stable").groupby([*KEY, "phase", "kept", "name"])
    arrays = {key: group["value"].to_numpy(float, copy=True) for key, group in values}
    trained = []
    for _, row in runs.iterrows():
        protocol = experiment.protocol(row["network"], row["phase"])
        assert protocol is not None, "it was trained by one"
        trained += [
            _trained(experiment, row, kept, protocol, arrays)
            for kept in (("last", "best") if protocol.keep_best else ("last",))
        ]
    return trained


def at_their_best(trained: Sequence[Trained]) -> list[Trained]:
    """Return of each training its best network, or the last where no other was kept."""
    best_last = sorted(trained, key=lambda one: one.kept == "best")
    return list({(*one.about.values(), one.phase): one for one in best_last}.values())


def respond(
    trained: Trained, trials: Trials, held: Mapping[int, Tensor | float] | None = None
) -> Response:
    """Run a network on trials, with components of its signal held at a value."""
    if not trained.sound:
        return Response(np.full(trials.targets.shape, np.nan), {})
    with torch.no_grad():
        inputs = torch.from_numpy(trials.inputs.astype(float))
        rollout = trained.model.rollout(trained.parameters, inputs, held)
    states = {name: state.numpy() for name, state in rollout.states.items()}
    return Response(rollout.outputs.numpy(), states)


def gathered(table: Callable[[Trained], pd.DataFrame], trained: Sequence[Trained]) -> pd.DataFrame:
    """Return the rows that `table` gives for each network, with the network's name."""
    parts = [table(network).assign(**network.about) for network in trained]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=KEY)


def losses(response: Response, trials: Trials) -> Float[np.ndarray, " trials"]:
    """Return the loss of every trial; infinite where it is not finite (A49)."""
    values = metrics.trial_losses(response.outputs, trials.targets, trials.weights)
    return np.where(np.isfinite(values), values, np.inf)


def modulated(trained: Trained) -> bool:
    """Whether a network has a modulating signal."""
    return getattr(trained.model, "modulators", 0) > 0


def median_run(scores: pd.Series) -> int:
    """Return the run of the median score, the lower one of two; `scores` has runs as index."""
    return int(scores.sort_values(kind="stable").index[(len(scores) - 1) // 2])


def examples(trained: Sequence[Trained], table: pd.DataFrame, score: str) -> list[Trained]:
    """Return each network's run of the median score, of the networks that can be looked at."""
    chosen = {
        key: median_run(group.set_index("run")[score])
        for key, group in table.groupby(["variant", "network"])
    }
    return [
        one
        for one in trained
        if one.sound and chosen[one.about["variant"], one.about["network"]] == one.about["run"]
    ]


def _trained(
    experiment: RnnExperiment,
    row: pd.Series,
    kept: str,
    protocol: Training,
    arrays: Mapping[tuple[object, ...], np.ndarray],
) -> Trained:
    phase, network = str(row["phase"]), str(row["network"])
    model = model_of(experiment, network, phase)
    about = {name: row[name] for name in KEY}
    own = {
        name: torch.from_numpy(arrays[*about.values(), phase, kept, name].reshape(shape))
        for name, shape in model.shapes.items()
    }
    finite = all(bool(torch.isfinite(array).all()) for array in own.values())
    sound = finite and _is_trained(protocol, kept, int(row["diverged_step"]))
    return Trained(about, phase, kept, model, own, sound, row["lowest_loss"])


def _is_trained(protocol: Training, kept: str, diverged_step: int) -> bool:
    """Return whether parameters were kept at a step whose loss was finite (A49)."""
    if not diverged_step:
        return True
    if kept == "best":
        return protocol.keep_best is not None and diverged_step > protocol.keep_best
    return protocol.restart is not None
