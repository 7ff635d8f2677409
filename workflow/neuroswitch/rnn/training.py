"""Train one network by one protocol, from any point of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.models.model import Model, Sweep
from neuroswitch.rnn.optimiser import update
from neuroswitch.settings.rnn import Stage, Training

PAUSE = 100
"""Steps between two chances to save the state or to say how far training is."""


ARRAYS = ("vector", "first", "second", "best", "kept")
"""Of a State, what is an array."""


@dataclass
class State:
    """How far a training is; with the protocol and the batches it fixes all that follows."""

    vector: np.ndarray  # [parameters]
    first: np.ndarray  # [parameters], Adam's moments
    second: np.ndarray  # [parameters]
    best: np.ndarray  # [parameters], to which a protocol with restarts returns
    kept: np.ndarray  # [parameters], kept beside the last ones by a protocol that says so
    best_loss: float = np.inf
    kept_loss: float = np.inf  # the lowest mean of a stretch, that of the parameters kept
    stretch_sum: float = 0.0  # of losses since the last stretch ended
    lowest_loss: float = np.inf  # of any minibatch
    steps: int = 0
    loss_sum: float = 0.0  # since the last recorded step
    diverged_step: int = 0  # counted from 1; 0: never
    losses: list[tuple[int, float, float]] = field(default_factory=list)
    """Step counted from 1, its loss, and the mean loss since the row before."""

    @classmethod
    def beginning(cls, vector: np.ndarray) -> "State":
        nothing = np.zeros_like(vector)
        return cls(vector.copy(), nothing, nothing.copy(), vector.copy(), vector.copy())

    def copy(self) -> "State":
        arrays = {name: getattr(self, name).copy() for name in ARRAYS}
        return replace(self, **arrays, losses=list(self.losses))


def train(
    model: Model,
    sweep: Sweep,
    protocol: Training,
    batch_of: Callable[[int], Batch],
    state: State,
    recorded: np.ndarray,
    pause: Callable[[State, int], None] = lambda state, steps: None,
) -> State:
    """Go on from a state to the end of the protocol, or to a loss that is not finite.

    Parameters
    ----------
    batch_of : the minibatch of a step, counted from 0
    recorded : steps whose loss is kept, counted from 1 over all stages, ascending
    pause : called with the state and the steps done since the last call

    Source: paper 2, appendix; the restarts are those of the authors' loop (ambiguity A45).
    """
    state = state.copy()
    wanted = {int(step) for step in recorded}
    previous = max((step for step, _, _ in state.losses), default=0)
    begun = state.steps
    for stage, first in _stages(protocol):
        if state.steps >= first + stage.steps:
            continue
        trained = model.mask(stage.trained)
        while state.steps < first + stage.steps:
            done = state.steps - first
            since = done % protocol.restart if protocol.restart else done
            if since == 0:
                state.first[:] = state.second[:] = 0
            if done == 0:
                state.best_loss = np.inf
            batch = batch_of(since if protocol.restart else state.steps)
            loss, gradient = sweep.loss_and_gradient(state.vector, batch)
            state.steps += 1
            if not np.isfinite(loss):
                state.diverged_step = state.steps
                state.losses.append((state.steps, np.nan, np.nan))
                pause(state, state.steps - begun)
                return _closed(state, protocol)
            update(
                state.vector,
                gradient,
                state.first,
                state.second,
                since + 1,
                trained,
                stage.learning_rate,
                protocol.clip or np.inf,
                protocol.weight_decay,
                protocol.epsilon,
            )
            state.loss_sum += loss
            state.lowest_loss = min(state.lowest_loss, loss)
            if state.steps in wanted:
                mean = state.loss_sum / (state.steps - previous)
                state.losses.append((state.steps, loss, mean))
                state.loss_sum, previous = 0.0, state.steps
            if protocol.keep_best:
                _keep_best(state, loss, protocol.keep_best)
            last = state.steps == first + stage.steps
            if protocol.restart and (since + 1 == protocol.restart or last):
                if loss < state.best_loss:
                    state.best_loss = loss
                    state.best[:] = state.vector
                if last:
                    state.vector[:] = state.best
            if state.steps % PAUSE == 0 or last:
                pause(state, state.steps - begun)
                begun = state.steps
    return state


def _stages(protocol: Training) -> Iterator[tuple[Stage, int]]:
    """Yield each stage with the steps before it."""
    before = 0
    for stage in protocol.stages:
        yield stage, before
        before += stage.steps


def _keep_best(state: State, loss: float, stretch: int) -> None:
    """Keep the parameters if a stretch of steps ends here and has the lowest mean loss (A54)."""
    state.stretch_sum += loss
    if state.steps % stretch:
        return
    if state.stretch_sum / stretch < state.kept_loss:
        state.kept_loss = state.stretch_sum / stretch
        state.kept[:] = state.vector
    state.stretch_sum = 0.0


def _closed(state: State, protocol: Training) -> State:
    """Return a diverged training's state: the best one kept, if the protocol keeps any."""
    if protocol.restart and np.isfinite(state.best_loss):
        state.vector[:] = state.best
    return state
