"""Train the runs of one condition, in blocks that fit the processor's cache."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from neuroswitch import modulation, seeds
from neuroswitch.gates import networks
from neuroswitch.gates.kernel import Records, train_block
from neuroswitch.gates.tasks import INPUTS, TRUTH
from neuroswitch.settings.gates import Condition

log = logging.getLogger(__name__)

BLOCK = 128
"""Runs trained together: enough to fill vector lanes, few enough for M and P of all to stay
in a core's second-level cache. Results do not depend on it."""


@dataclass(frozen=True)
class Outcome:
    """What became of the runs of a condition; the last axis of each array in `records` is runs."""

    runs: np.ndarray  # [runs], their numbers
    initial: np.ndarray  # [runs, parameters], weights then biases
    final: np.ndarray  # [runs, parameters]
    condition_number: np.ndarray  # [runs], of M; 1 without modulation
    recorded: np.ndarray  # [recorded cycles], counted from 1
    records: Records


def record_schedule(cycles: int, count: int) -> np.ndarray:
    """Return at most `count` cycles to record, half evenly and half log-spaced, with both ends."""
    even = np.linspace(1, cycles, count // 2)
    spread = np.geomspace(1, cycles, count - count // 2)
    return np.unique(np.rint(np.concatenate([even, spread])).astype(int))


def train(
    condition: Condition,
    runs: Sequence[int],
    root_seed: int,
    recorded: np.ndarray,
    *,
    threads: int = 1,
    traced: bool = False,
    advance: Callable[[int], None] = lambda run_epochs: None,
) -> Outcome:
    """Train the given runs of a condition (paper 1, Algorithm 1).

    Parameters
    ----------
    runs : run numbers; a run's result depends on its number and the root seed alone
    recorded : cycles whose history is kept, ascending, the last cycle included
    traced : also keep the loss of every epoch and the path of the parameters
    advance : called with the run-epochs done since the last call, for progress
    """
    size = min(BLOCK, -(-len(runs) // threads))
    blocks = [runs[first : first + size] for first in range(0, len(runs), size)]

    def train_one(block: Sequence[int]) -> Outcome:
        outcome = _train_block(condition, block, root_seed, recorded, traced)
        advance(len(block) * condition.epochs)
        return outcome

    # BLAS has only small matrices here, and threads of its own would fight with ours for cores.
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        outcome = _joined(list(pool.map(train_one, blocks)))
    _report_divergence(condition, outcome)
    return outcome


def _train_block(
    condition: Condition, runs: Sequence[int], root_seed: int, recorded: np.ndarray, traced: bool
) -> Outcome:
    sizes = networks.layer_sizes(condition.layers, condition.width)
    shapes = networks.weight_shapes(sizes)
    n_w, n_b = sum(out * fan_in for out, fan_in in shapes), sum(sizes[1:])
    gates = condition.gates
    weights, biases = np.empty((n_w, len(runs))), np.empty((n_b, len(runs)))
    modulated = len(gates) > 1
    n_m = n_w if modulated else 0
    matrix, pull_back = np.empty((2, n_m, n_m, len(runs)))
    shift = np.zeros((n_b, len(runs)))
    conditioning = np.ones(len(runs))
    for lane, run in enumerate(runs):
        rng = seeds.generator(root_seed, "gates", condition.stream, run, "parameters")
        weights[:, lane], biases[:, lane] = networks.initial_parameters(rng, sizes)
        if modulated:
            rng = seeds.generator(root_seed, "gates", condition.stream, run, "modulation")
            shift[:, lane] = condition.bias_shift * rng.standard_normal(n_b)
            linear = modulation.draw(rng, condition.family, shapes, condition.scale)
            matrix[..., lane] = modulation.matrix(linear)
            pull_back[..., lane] = modulation.pull_back_matrix(linear, condition.pullback)
            conditioning[lane] = modulation.condition_number(linear)
            _warn_of_conditioning(condition, run, conditioning[lane])
    initial = np.concatenate([weights, biases]).T
    records = _empty_records(condition, len(recorded), n_w + n_b, len(runs), traced)
    train_block(
        weights,
        biases,
        np.array(sizes),
        INPUTS,
        np.stack([TRUTH[gate] for gate in gates]),
        condition.learning_rate,
        condition.period,
        condition.cycles,
        matrix,
        pull_back,
        shift,
        recorded,
        records,
    )
    final = np.concatenate([weights, biases]).T
    return Outcome(np.array(runs), initial, final, conditioning, recorded, records)


def _empty_records(
    condition: Condition, rows: int, parameters: int, runs: int, traced: bool
) -> Records:
    tasks = len(condition.gates)
    return Records(
        loss_at_switch=np.zeros((rows, tasks, runs)),
        loss_after=np.zeros((rows, tasks, runs)),
        correct_at_switch=np.zeros((rows, tasks, runs), np.uint8),
        correct_after=np.zeros((rows, tasks, runs), np.uint8),
        retrained_streak=np.zeros((rows, runs), np.int32),
        zero_shot_streak=np.zeros((rows, runs), np.int32),
        first_retrained=np.zeros(runs, np.int32),
        first_zero_shot=np.zeros(runs, np.int32),
        peak_first_tenth=np.zeros((tasks, runs)),
        peak_last_tenth=np.zeros((tasks, runs)),
        largest_step=np.zeros((tasks, runs)),
        diverged_epoch=np.zeros(runs, np.int32),
        epoch_loss=np.zeros((condition.epochs if traced else 0, runs)),
        path=np.zeros((condition.epochs if traced else 0, parameters, runs)),
    )


def _joined(outcomes: list[Outcome]) -> Outcome:
    return Outcome(
        runs=np.concatenate([o.runs for o in outcomes]),
        initial=np.concatenate([o.initial for o in outcomes]),
        final=np.concatenate([o.final for o in outcomes]),
        condition_number=np.concatenate([o.condition_number for o in outcomes]),
        recorded=outcomes[0].recorded,
        records=Records._make(
            np.concatenate(arrays, axis=-1)
            for arrays in zip(*(o.records for o in outcomes), strict=True)
        ),
    )


def _warn_of_conditioning(condition: Condition, run: int, number: float) -> None:
    if number > modulation.CONDITION_WARNING:
        log.warning(
            "run %d of %s: M of family %s has condition number %.1e; M^-1 M w keeps fewer "
            "than half of its digits",
            run,
            condition.tasks,
            condition.family,
            number,
        )


def _report_divergence(condition: Condition, outcome: Outcome) -> None:
    for run, epoch in zip(outcome.runs, outcome.records.diverged_epoch, strict=True):
        if epoch > 0:
            log.warning(
                "run %d of %s stopped: its loss is not finite from epoch %d on; the table marks "
                "it as diverged and it counts as a failure",
                run,
                condition.tasks,
                epoch,
            )
