"""Train one run of a condition: phases of minibatches on one task, then on the other."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from neuroswitch import seeds
from neuroswitch.mnist import data, strategies
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import Examples, Network
from neuroswitch.mnist.strategies import TASKS, Strategy
from neuroswitch.settings.mnist import MnistCondition

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Score:
    """What one task came to in one epoch, counted from 1."""

    epoch: int
    task: int
    zero_shot: float  # accuracy, 0 to 1, as the last phase on the task begins
    retrained: float  # accuracy, 0 to 1, as it ends
    loss: float  # mean over the epoch's minibatches of the task, in nats


@dataclass(frozen=True)
class RunState:
    """A run after some whole epochs: all that its continuation depends on."""

    epochs: int
    parameters: np.ndarray  # [networks, parameters]
    velocities: np.ndarray  # the same
    diverged_epoch: int = 0  # first epoch with a number that is not finite; 0 never
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class RunResult:
    """A finished run."""

    condition_number: float  # of M; 1 without modulation
    state: RunState = field(repr=False)


def train_run(
    condition: MnistCondition,
    run: int,
    root_seed: int,
    train: Digits,
    test: Digits,
    *,
    start: RunState | None = None,
    after_epoch: Callable[[RunState], None] = lambda state: None,
) -> RunResult:
    """Train one run, in the type of the images.

    Its result depends on its number and the root seed alone.

    Parameters
    ----------
    start : state to continue from, as `after_epoch` received it; None for the beginning
    after_epoch : called with the state after each epoch
    """
    # One thread in the linear algebra too: a run must not depend on the machine's cores.
    # Overflow on the way to divergence is recorded in the result.
    with threadpool_limits(1), np.errstate(over="ignore", invalid="ignore"):
        strategy, condition_number = strategies.draw(condition, run, root_seed, train.images.dtype)
        if start is not None:
            strategy.parameters[:], strategy.velocities[:] = start.parameters, start.velocities
        state = start or RunState(0, strategy.parameters.copy(), strategy.velocities.copy())
        architecture = strategies.architecture_of(condition)
        network = Network(architecture, strategy.parameters.dtype)
        order = data.order_of(
            condition.split, seeds.generator(root_seed, "mnist", condition.stream, run, "split")
        )
        to_train, train_tasks = examples(train, order, architecture)
        to_test, test_tasks = examples(test, order, architecture)
        tests = [_part(to_test, test_tasks == task) for task in TASKS]
        while state.epochs < condition.epochs and not state.diverged_epoch:
            epoch = state.epochs + 1
            rng = seeds.generator(root_seed, "mnist", condition.stream, run, "order", epoch)
            batches = data.minibatches(train_tasks, condition.batch_size, rng)
            scores, finite = _train_epoch(
                condition, epoch, strategy, network, to_train, batches, tests
            )
            state = RunState(
                epoch,
                strategy.parameters.copy(),
                strategy.velocities.copy(),
                0 if finite else epoch,
                (*state.scores, *scores),
            )
            if not finite:
                log.warning(
                    "run %d, %s with %d hidden units, stopped: its loss is not finite in epoch "
                    "%d; the table marks it as diverged and counts it at chance",
                    run,
                    condition.strategy,
                    condition.hidden,
                    epoch,
                )
            after_epoch(state)
    return RunResult(condition_number, _filled(state, condition))


def chance(condition: MnistCondition) -> float:
    """Return the accuracy that a diverged network is counted at: it can do no more than guess."""
    return 1 / condition.outputs


def examples(
    digits: Digits, order: np.ndarray, architecture: Architecture
) -> tuple[Examples, np.ndarray]:
    """Return images with their labels, and the tasks [images].

    The context, where a network has one, is the task. `order` is that of `data.split_tasks`.
    """
    tasks, labels = data.split_tasks(digits.digits, order, architecture.outputs)
    contexts = architecture.bits + architecture.channels
    context = np.repeat(tasks[:, None], contexts, axis=1).astype(digits.images.dtype)
    return Examples(digits.images, context, labels), tasks


def _train_epoch(
    condition: MnistCondition,
    epoch: int,
    strategy: Strategy,
    network: Network,
    to_train: Examples,
    batches: list[tuple[np.ndarray, np.ndarray]],
    tests: list[Examples],
) -> tuple[list[Score], bool]:
    """Return the scores of both tasks, and whether every number stayed finite."""
    guess = [chance(condition)] * len(TASKS)
    zero_shot, retrained, losses = guess.copy(), guess.copy(), [[np.nan], [np.nan]]
    count = len(batches[0][1]) - 1
    for phase in data.phases(count, condition.period):
        last = phase.stop == count
        for task in TASKS:
            vector, velocity = strategy.enter(task)
            if last:
                zero_shot[task] = network.accuracy(vector, tests[task])
            order, bounds = batches[task]
            of_phase = network.train(
                vector,
                velocity,
                to_train,
                order,
                bounds[phase.start : phase.stop + 1],
                condition.learning_rate,
                condition.momentum,
            )
            losses[task] = [*losses[task], *of_phase]
            if not np.isfinite(of_phase[-1]):
                return _scores(epoch, guess, guess, losses), False
            if last:
                retrained[task] = network.accuracy(vector, tests[task])
            strategy.leave(task)
    # A network that lost its numbers can still have a finite loss: ReLU hides a NaN.
    finite = bool(np.isfinite(strategy.parameters).all())
    if not finite:
        zero_shot = retrained = guess
    return _scores(epoch, zero_shot, retrained, losses), finite


def _scores(
    epoch: int, zero_shot: list[float], retrained: list[float], losses: list[list[float]]
) -> list[Score]:
    return [
        Score(epoch, task, zero_shot[task], retrained[task], _mean(losses[task][1:]))
        for task in TASKS
    ]


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _filled(state: RunState, condition: MnistCondition) -> RunState:
    """Return a state with the epochs that a diverged run did not train, at chance."""
    missing = tuple(
        Score(epoch, task, chance(condition), chance(condition), float("nan"))
        for epoch in range(state.epochs + 1, condition.epochs + 1)
        for task in TASKS
    )
    return replace(state, scores=state.scores + missing)


def _part(everything: Examples, chosen: np.ndarray) -> Examples:
    parts: list[Any] = [
        np.ascontiguousarray(array[chosen])
        for array in (everything.images, everything.contexts, everything.labels)
    ]
    return Examples(*parts)
