"""Train runs of conditions, in blocks of as many as a vector has lanes."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from neuroswitch import modulation, seeds, vectors
from neuroswitch.gates import networks
from neuroswitch.gates.kernel import ORDER_CODES, ORDERS, Records, train_block
from neuroswitch.gates.lanes import RUNS
from neuroswitch.gates.tasks import truth
from neuroswitch.modulation import LinearMap
from neuroswitch.settings.gates import Condition

log = logging.getLogger(__name__)

IN_ORDER = 0
"""The row of ORDERS that has the patterns in the order of their table."""

Lane = tuple[Condition, int]
"""A run of a condition, by its number: what a vector lane of a block trains."""


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
    # Half of two is one, and a row of one number is its beginning alone.
    return np.unique(np.rint(np.concatenate([[1, cycles], even, spread])).astype(int))


def by_loop(conditions: Iterable[Condition]) -> Iterator[list[Condition]]:
    """Yield conditions of one loop each time, which `train_together` takes."""
    loop = attrgetter("loop")
    for _, alike in groupby(sorted(conditions, key=loop), loop):
        yield list(alike)


def train(
    condition: Condition, runs: Sequence[int], root_seed: int, recorded: np.ndarray, **options: Any
) -> Outcome:
    """Train the given runs of one condition; parameters are those of `train_together`."""
    (outcome,) = train_together([condition], runs, root_seed, recorded, **options)
    return outcome


def train_together(
    conditions: Sequence[Condition],
    runs: Sequence[int],
    root_seed: int,
    recorded: np.ndarray,
    *,
    threads: int = 1,
    traced: bool = False,
    advance: Callable[[int], None] = lambda run_epochs: None,
) -> list[Outcome]:
    """Train the given runs of conditions of one loop (paper 1, Algorithm 1).

    Many conditions of few runs fill the blocks as well as one condition of many. A block that is
    not full takes as long as a full one.

    Parameters
    ----------
    conditions : of one `loop`
    runs : run numbers; a run's result depends on its number, its condition and the root seed alone
    recorded : cycles whose history is kept, ascending, the last cycle included
    traced : also keep the loss of every epoch and the path of the parameters
    advance : called with the run-epochs done since the last call, for progress

    Raises ValueError where the last cycle is not recorded: success is read there.
    """
    if recorded[-1] != conditions[0].cycles:
        raise ValueError(f"cycle {conditions[0].cycles}, the last one, must be recorded")
    lanes = [(condition, run) for condition in conditions for run in runs]
    blocks = [lanes[first : first + RUNS] for first in range(0, len(lanes), RUNS)]

    def train_one(block: Sequence[Lane]) -> Outcome:
        outcome = _train_block(block, root_seed, recorded, traced)
        advance(len(block) * conditions[0].epochs)
        return outcome

    # BLAS has only small matrices here, and threads of its own would fight with ours for cores.
    with _libraries().limit(limits=1), ThreadPoolExecutor(threads) as pool:
        joined = _joined(list(pool.map(train_one, blocks)))
    _report_divergence(lanes, joined)
    return [
        _part(joined, slice(first, first + len(runs))) for first in range(0, len(lanes), len(runs))
    ]


@cache
def _libraries() -> ThreadpoolController:
    """Return what limits the threads of libraries; to look for these takes a millisecond."""
    return ThreadpoolController()


def _train_block(
    lanes: Sequence[Lane], root_seed: int, recorded: np.ndarray, traced: bool
) -> Outcome:
    """Train at most RUNS runs; the lanes that are left over hold a network of zeros."""
    common = lanes[0][0]
    sizes = networks.layer_sizes(common.layers, common.width)
    shapes = networks.weight_shapes(sizes)
    n_w, n_b = sum(out * fan_in for out, fan_in in shapes), sum(sizes[1:])
    weights, biases, shift = zeros(n_w, RUNS), zeros(n_b, RUNS), zeros(n_b, RUNS)
    modulated = len(common.gates) > 1
    n_m = n_w if modulated else 0
    matrix, pull_back = zeros(n_m, n_m, RUNS), zeros(n_m, n_m, RUNS)
    learning_rate = zeros(1, RUNS)
    conditioning = np.ones(RUNS)
    for lane, (condition, run) in enumerate(lanes):
        learning_rate[0, lane] = condition.learning_rate
        rng = seeds.generator(root_seed, "gates", condition.stream, run, "parameters")
        weights[:, lane], biases[:, lane] = networks.initial_parameters(
            rng, sizes, condition.initialisation
        )
        if modulated:
            linear, shift[:, lane] = modulator(condition, run, root_seed)
            matrix[..., lane] = modulation.matrix(linear)
            pull_back[..., lane] = modulation.pull_back_matrix(linear, condition.pullback)
            conditioning[lane] = modulation.condition_number(linear)
            _warn_of_conditioning(condition, run, conditioning[lane])
    initial = np.concatenate([weights, biases]).T
    records = _empty_records(common, len(recorded), n_w + n_b, traced)
    train_block(
        weights,
        biases,
        common.width,
        _in_every_run(np.stack([truth(gate) for gate in common.gates])),
        learning_rate,
        common.period,
        common.cycles,
        matrix,
        pull_back,
        shift,
        common.loss == "cross_entropy",
        _orders(lanes, root_seed),
        recorded,
        records,
    )
    final = np.concatenate([weights, biases]).T
    numbers = np.array([run for _, run in lanes])
    block = Outcome(numbers, initial, final, conditioning, recorded, records)
    return _part(block, slice(len(lanes)))


def zeros(*shape: int) -> np.ndarray:
    """Return an array of zeros for the kernel, which begins where a line of the cache does."""
    found = vectors.empty(shape, np.float64)
    found[:] = 0
    return found


def _in_every_run(numbers: np.ndarray) -> np.ndarray:
    """Return numbers [...] as [..., RUNS]."""
    found = zeros(*numbers.shape, RUNS)
    found[:] = numbers[..., None]
    return found


def modulator(condition: Condition, run: int, root_seed: int) -> tuple[LinearMap, np.ndarray]:
    """Return M and v [n_b] of a run."""
    sizes = networks.layer_sizes(condition.layers, condition.width)
    whose = () if condition.shared_modulator else (run,)
    rng = seeds.generator(root_seed, "gates", condition.stream, *whose, "modulation")
    return drawn_modulator(
        rng,
        sizes,
        condition.family,
        condition.scale,
        condition.bias_shift,
        condition.shift_distribution,
    )


def drawn_modulator(
    rng: np.random.Generator,
    sizes: tuple[int, ...],
    family: str,
    scale: float,
    bias_shift: float,
    distribution: str,
) -> tuple[LinearMap, np.ndarray]:
    """Return M and v [n_b] for networks of some sizes; v is `bias_shift` times random numbers."""
    uniform = distribution == "uniform"
    numbers = (rng.random if uniform else rng.standard_normal)(sum(sizes[1:]))
    linear = modulation.draw(rng, family, networks.weight_shapes(sizes), scale)
    return linear, bias_shift * numbers


def orders(condition: Condition, run: int, root_seed: int) -> np.ndarray:
    """Return for each epoch of a run the row of ORDERS that its patterns are shown in."""
    if condition.batch == "ordered":
        return np.full(condition.epochs, IN_ORDER, np.uint8)
    rng = seeds.generator(root_seed, "gates", condition.stream, run, "order")
    return rng.integers(len(ORDERS), size=condition.epochs, dtype=np.uint8)


def _orders(lanes: Sequence[Lane], root_seed: int) -> np.ndarray:
    common = lanes[0][0]
    found = np.zeros((common.epochs if common.batch != "full" else 0, RUNS), np.uint8)
    if common.batch != "full":
        for lane, (condition, run) in enumerate(lanes):
            found[:, lane] = ORDER_CODES.take(orders(condition, run, root_seed))
    return found


def _empty_records(condition: Condition, rows: int, parameters: int, traced: bool) -> Records:
    tasks, runs = len(condition.gates), RUNS
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
        peak_last_half=np.zeros((tasks, runs)),
        peak_change=np.zeros((tasks, runs)),
        largest_step=np.zeros((tasks, runs)),
        diverged_epoch=np.zeros(runs, np.int32),
        epoch_loss=zeros(condition.epochs if traced else 0, runs),
        path=zeros(condition.epochs if traced else 0, parameters, runs),
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


def _part(outcome: Outcome, lanes: slice) -> Outcome:
    """Return some of the runs of an outcome."""
    return Outcome(
        runs=outcome.runs[lanes],
        initial=outcome.initial[lanes],
        final=outcome.final[lanes],
        condition_number=outcome.condition_number[lanes],
        recorded=outcome.recorded,
        records=Records._make(array[..., lanes] for array in outcome.records),
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


def _report_divergence(lanes: Sequence[Lane], outcome: Outcome) -> None:
    for (condition, run), epoch in zip(lanes, outcome.records.diverged_epoch, strict=True):
        if epoch > 0:
            log.warning(
                "run %d of %s stopped: its loss is not finite from epoch %d on; the table marks "
                "it as diverged and it counts as a failure",
                run,
                condition.tasks,
                epoch,
            )
