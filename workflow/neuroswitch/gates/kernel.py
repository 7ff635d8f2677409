"""The compiled training loop: a block of RUNS independent runs, one run to a vector lane.

The last axis of every array is `runs`, and no operation mixes runs, so a run's numbers do not
depend on its neighbours, on the size of its job or on the thread count. A product and the sum that
it is added to are rounded once, as `multiply_add` says, on every processor (see `lanes`).

A network has two inputs, hidden layers of `width` units and one output. All units have numbers in
the order of the layers, the output last.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from neuroswitch.compilation import compiled, inlined
from neuroswitch.gates.lanes import (
    PATTERNS,
    RUNS,
    add_products,
    bit,
    each_pattern,
    is_below,
    larger,
    load,
    logarithm,
    multiply_add,
    patterns,
    product,
    relu,
    sigmoid,
    store,
    total,
    unless_off,
)

ORDERS = np.array(list(permutations(range(PATTERNS))))
"""[orders, turns]: every order in which an epoch can show the patterns one at a time."""

ORDER_CODES = (ORDERS << 2 * np.arange(PATTERNS)).sum(1).astype(np.uint8)
"""[orders], an order as eight bits: from the last on, both inputs of the pattern of each turn."""


class Records(NamedTuple):
    """What the loop writes down; epochs and cycles count from 1, and 0 stands for never."""

    loss_at_switch: np.ndarray  # [recorded cycles, tasks, runs], before any retraining
    loss_after: np.ndarray  # [recorded cycles, tasks, runs], at the end of the phase
    correct_at_switch: np.ndarray  # [recorded cycles, tasks, runs], of PATTERNS
    correct_after: np.ndarray  # [recorded cycles, tasks, runs], of PATTERNS
    retrained_streak: np.ndarray  # [recorded cycles, runs], cycles in a row with all right
    zero_shot_streak: np.ndarray  # [recorded cycles, runs]
    first_retrained: np.ndarray  # [runs], first cycle with all tasks right after retraining
    first_zero_shot: np.ndarray  # [runs]
    peak_first_tenth: np.ndarray  # [tasks, runs], mean over cycles of the phase's largest loss
    peak_last_tenth: np.ndarray  # [tasks, runs]
    peak_last_half: np.ndarray  # [tasks, runs]
    peak_change: np.ndarray  # [tasks, runs], over the last half: its cycles times the fitted slope
    largest_step: np.ndarray  # [tasks, runs], largest rise of the loss at a switch to the task
    diverged_epoch: np.ndarray  # [runs], first epoch with a loss that is not finite
    epoch_loss: np.ndarray  # [epochs or 0, runs], of the phase's own task, before the update
    path: np.ndarray  # [epochs or 0, parameters, runs], of f, f' or f'' after the update


LEAST_CHANCE = 3.720075976020836e-44
"""exp(-100): no pattern costs more than 100 under cross-entropy, as in PyTorch."""


@compiled
def train_block(
    weights: np.ndarray,
    biases: np.ndarray,
    width: int,
    targets: np.ndarray,
    learning_rate: np.ndarray,
    period: int,
    cycles: int,
    matrix: np.ndarray,
    pull_back: np.ndarray,
    shift: np.ndarray,
    cross_entropy: bool,
    orders: np.ndarray,
    recorded: np.ndarray,
    records: Records,
) -> None:
    """Train RUNS networks in place through all cycles (paper 1, Algorithm 1).

    A cycle trains `period` epochs on each task in turn. Between tasks the network is
    modulated, w' = M w and b' = b + v; at the end of the cycle each step taken under
    modulation is carried back, w += P (w' - M w), with P = M^-1 in the paper.

    Parameters
    ----------
    weights [n_w, RUNS], biases [units, RUNS] : trained in place
    width : units of each hidden layer
    targets [tasks, PATTERNS, RUNS]
    learning_rate [1, RUNS]
    matrix, pull_back [n_w, n_w, RUNS], shift [units, RUNS] : M, P and v
    cross_entropy : train on it, and not on the mean squared error
    orders [epochs or 0, RUNS] : of ORDER_CODES, the order that an epoch shows the patterns in,
        one update for each; without any, an epoch is one update on the mean over all patterns
    recorded : cycles to write into `records`, ascending, the last one included
    records : arrays of zeros, to be filled
    """
    tasks, n_w, units = len(targets), len(weights), len(biases)
    activity, delta = for_patterns(units), for_patterns(units)
    activity_1, delta_1 = for_runs(units), for_runs(units)
    before = for_runs(tasks * n_w).reshape(tasks, n_w, RUNS)
    entered = for_runs(tasks * n_w).reshape(tasks, n_w, RUNS)
    # Of a phase: at its first epoch, the largest of its epochs, and after its last one
    losses = for_runs(3)
    right = for_runs(2)  # patterns, at the first epoch and after the last one
    finite_epochs = for_runs(1)
    previous_loss = np.full(RUNS, np.inf)
    streak = np.zeros((2, RUNS), np.int64)
    wrong = np.empty((2, RUNS))
    tenth = max(1, cycles // 10)
    half = max(1, cycles // 2)
    middle = cycles - (half - 1) / 2
    # The least-squares slope of the peak p against the cycle c is sum (c - middle) p over
    # sum (c - middle)^2, which is half (half^2 - 1) / 12; a single cycle has no slope.
    trend = 12.0 / (half * half - 1.0) if half > 1 else 0.0
    traced = len(records.epoch_loss) > 0
    rate = load(learning_rate, 0)
    epoch = 0
    row = 0

    for cycle in range(1, cycles + 1):
        record = cycle == recorded[row]
        wrong[:] = 0.0
        for task in range(tasks):
            if task > 0:
                copy(weights, before[task])
                multiply(matrix, before[task], weights)
                copy(weights, entered[task])
                add(shift, 1.0, biases)
            target = load(targets, task)
            peak = no_cost(rate, cross_entropy)
            for step in range(period):
                see_all(weights, biases, width, activity)
                output = forward(weights, biases, width, activity)
                now = cost(output, target, cross_entropy)
                peak = larger(now, peak)
                store(finite_epochs, 0, load(finite_epochs, 0) + is_below(now, np.inf))
                if step == 0:
                    store(losses, 0, loss(now, cross_entropy))
                    store(right, 0, count_right(output, target))
                if traced:
                    store(records.epoch_loss, epoch, loss(now, cross_entropy))
                if len(orders) > 0:
                    for turn in range(PATTERNS):
                        x0, x1 = bit(orders, epoch, 2 * turn + 1), bit(orders, epoch, 2 * turn)
                        see_one(weights, biases, width, x0, x1, activity_1)
                        output_1 = forward(weights, biases, width, activity_1)
                        error_1 = descent(output_1, wanted(target, x0, x1), cross_entropy)
                        descend(weights, biases, width, activity_1, rate * error_1, delta_1)
                        learn_from_one(weights, biases, width, x0, x1, delta_1)
                else:
                    error = 1.0 / PATTERNS * descent(output, target, cross_entropy)
                    descend(weights, biases, width, activity, rate * error, delta)
                    learn_from_all(weights, biases, width, delta)
                if traced:
                    copy(weights, records.path[epoch, :n_w])
                    copy(biases, records.path[epoch, n_w:])
                epoch += 1
            see_all(weights, biases, width, activity)
            output = forward(weights, biases, width, activity)
            store(losses, 1, loss(peak, cross_entropy))
            store(losses, 2, loss(cost(output, target, cross_entropy), cross_entropy))
            store(right, 1, count_right(output, target))
            for r in range(RUNS):
                start_loss, peak_loss, end_loss = losses[0, r], losses[1, r], losses[2, r]
                wrong[0, r] += PATTERNS - right[0, r]
                wrong[1, r] += PATTERNS - right[1, r]
                if record:
                    records.loss_at_switch[row, task, r] = start_loss
                    records.loss_after[row, task, r] = end_loss
                    records.correct_at_switch[row, task, r] = right[0, r]
                    records.correct_after[row, task, r] = right[1, r]
                records.largest_step[task, r] = max(
                    records.largest_step[task, r], start_loss - previous_loss[r]
                )
                previous_loss[r] = end_loss
                if cycle <= tenth:
                    records.peak_first_tenth[task, r] += peak_loss / tenth
                if cycle > cycles - tenth:
                    records.peak_last_tenth[task, r] += peak_loss / tenth
                if cycle > cycles - half:
                    records.peak_last_half[task, r] += peak_loss / half
                    records.peak_change[task, r] += trend * (cycle - middle) * peak_loss
        for task in range(tasks - 1, 0, -1):
            # The step taken under modulation, in place of what was entered with
            for i in range(n_w):
                store(entered[task], i, load(weights, i) - load(entered[task], i))
            multiply(pull_back, entered[task], weights)
            add(before[task], 1.0, weights)
            add(shift, -1.0, biases)

        for r in range(RUNS):
            for notion in range(2):
                streak[notion, r] = streak[notion, r] + 1 if wrong[notion, r] == 0.0 else 0
            if records.first_zero_shot[r] == 0 and streak[0, r] > 0:
                records.first_zero_shot[r] = cycle
            if records.first_retrained[r] == 0 and streak[1, r] > 0:
                records.first_retrained[r] = cycle
            if record:
                records.zero_shot_streak[row, r] = streak[0, r]
                records.retrained_streak[row, r] = streak[1, r]
        if record:
            row += 1
    for r in range(RUNS):
        # The output's bias is NaN from then on.
        if finite_epochs[0, r] < epoch:
            records.diverged_epoch[r] = finite_epochs[0, r] + 1.0


@inlined
def see_all(weights, biases, width, activity):  # type: ignore[no-untyped-def]
    """Fill the first layer's activity [units, PATTERNS, RUNS] for inputs 00, 01, 10 and 11."""
    for unit in range(width):
        b, w0, w1 = load(biases, unit), load(weights, 2 * unit), load(weights, 2 * unit + 1)
        store(activity, unit, relu(patterns(b, b + w1, b + w0, b + (w0 + w1))))


@inlined
def see_one(weights, biases, width, x0, x1, activity):  # type: ignore[no-untyped-def]
    """Fill the first layer's activity [units, RUNS] for inputs x0 and x1 [RUNS]."""
    for unit in range(width):
        b, w0, w1 = load(biases, unit), load(weights, 2 * unit), load(weights, 2 * unit + 1)
        z = multiply_add(w1, x1, multiply_add(w0, x0, b))
        store(activity, unit, relu(z))


@inlined
def forward(weights, biases, width, activity):  # type: ignore[no-untyped-def]
    """Fill activity [units, RUNS] or [units, PATTERNS, RUNS] from the second layer on; return y.

    A hidden unit is ReLU(z) and the output y = sigmoid(z), where z = b + sum_i w_i a_i over the
    units of the layer below.
    """
    k = 2 * width
    output = len(biases) - 1
    for unit in range(width, output):
        z = sum_of_inputs(weights, k, biases, unit, width, activity)
        store(activity, unit, relu(z))
        k += width
    return sigmoid(sum_of_inputs(weights, k, biases, output, width, activity))


@inlined
def sum_of_inputs(weights, k, biases, unit, width, activity):  # type: ignore[no-untyped-def]
    """Return z of a unit whose weights are weights[k : k + width]."""
    below = (unit // width - 1) * width
    z = multiply_add(load(weights, k), load(activity, below), load(biases, unit))
    for i in range(1, width):
        z = multiply_add(load(weights, k + i), load(activity, below + i), z)
    return z


@inlined
def descend(weights, biases, width, activity, step, delta):  # type: ignore[no-untyped-def]
    """Take one gradient step in place, all layers but the first: w_i += sum_p d a_i, b += sum_p d.

    The sums are over patterns p, and d is minus the learning rate times the derivative of the loss
    by a unit's z. The output's d is `step`; that of a hidden unit i is the sum of w_i d over the
    units of the layer above where its ReLU is on, and fills delta[i], of activity's shape.
    """
    output = len(biases) - 1
    below, k = output - width, len(weights) - width
    for i in range(width):
        a, w = load(activity, below + i), load(weights, k + i)
        store(delta, below + i, unless_off(a, w * step))
        store(weights, k + i, add_products(step, a, w))
    store(biases, output, load(biases, output) + total(step))
    for above in range(below, 0, -width):
        below = above - width
        k -= width * width
        for i in range(width):
            a = load(activity, below + i)
            carried = 0.0 * step
            for o in range(width):
                d, w = load(delta, above + o), load(weights, k + o * width + i)
                carried = multiply_add(w, d, carried)
                store(weights, k + o * width + i, add_products(d, a, w))
            store(delta, below + i, unless_off(a, carried))
        for o in range(width):
            store(biases, above + o, load(biases, above + o) + total(load(delta, above + o)))


@inlined
def learn_from_all(weights, biases, width, delta):  # type: ignore[no-untyped-def]
    """Take the step of the first layer, from its delta for inputs 00, 01, 10 and 11."""
    for unit in range(width):
        d = load(delta, unit)
        _, d01, d10, d11 = each_pattern(d)
        store(weights, 2 * unit, load(weights, 2 * unit) + (d10 + d11))
        store(weights, 2 * unit + 1, load(weights, 2 * unit + 1) + (d01 + d11))
        store(biases, unit, load(biases, unit) + total(d))


@inlined
def learn_from_one(weights, biases, width, x0, x1, delta):  # type: ignore[no-untyped-def]
    """Take the step of the first layer, from its delta for inputs x0 and x1 [RUNS]."""
    for unit in range(width):
        d = load(delta, unit)
        store(weights, 2 * unit, multiply_add(d, x0, load(weights, 2 * unit)))
        store(weights, 2 * unit + 1, multiply_add(d, x1, load(weights, 2 * unit + 1)))
        store(biases, unit, load(biases, unit) + d)


@inlined
def descent(output, target, cross_entropy):  # type: ignore[no-untyped-def]
    """Return minus the derivative of a pattern's loss by the output's z, y = sigmoid(z)."""
    if cross_entropy:
        return target - output
    return 2.0 * (target - output) * output * (1.0 - output)


@inlined
def cost(output, target, cross_entropy):  # type: ignore[no-untyped-def]
    """Return [RUNS] what `loss` makes the loss of: a number that grows with it, and is cheap.

    It is the sum of the squared errors; or minus the product of the chances that the network gives
    to the right answers, since the sum of their logarithms is the logarithm of the product.
    """
    if cross_entropy:
        chance = multiply_add(2.0 * target - 1.0, output, 1.0 - target)
        return 0.0 - product(larger(LEAST_CHANCE, chance))
    return total((output - target) * (output - target))


@inlined
def no_cost(like, cross_entropy):  # type: ignore[no-untyped-def]
    """Return the least cost [RUNS] there is."""
    return 0.0 * like - (1.0 if cross_entropy else 0.0)


@inlined
def loss(cost, cross_entropy):  # type: ignore[no-untyped-def]
    """Return the loss [RUNS], a mean over patterns, that a cost stands for."""
    if cross_entropy:
        return (0.0 - logarithm(0.0 - cost)) * (1.0 / PATTERNS)
    return 1.0 / PATTERNS * cost


@inlined
def count_right(output, target):  # type: ignore[no-untyped-def]
    """Return [RUNS] how many patterns are on the target's side of 0.5; a NaN is on neither."""
    return total(is_below((output - target) * (output - target), 0.25))


@inlined
def wanted(target, x0, x1):  # type: ignore[no-untyped-def]
    """Return the target [RUNS] for inputs x0 and x1 [RUNS], of the targets for 00, 01, 10, 11."""
    t00, t01, t10, t11 = each_pattern(target)
    t0 = t00 + x1 * (t01 - t00)
    t1 = t10 + x1 * (t11 - t10)
    return t0 + x0 * (t1 - t0)


@compiled
def multiply(matrix, vector, result):  # type: ignore[no-untyped-def]
    """Set result = matrix vector, run by run."""
    for i in range(len(result)):
        row = matrix[i]
        s = load(row, 0) * load(vector, 0)
        for j in range(1, len(vector)):
            s = multiply_add(load(row, j), load(vector, j), s)
        store(result, i, s)


@compiled
def add(x, sign, result):  # type: ignore[no-untyped-def]
    """Set result += sign x."""
    for i in range(len(result)):
        store(result, i, load(result, i) + sign * load(x, i))


@compiled
def copy(source, result):  # type: ignore[no-untyped-def]
    """Set result = source."""
    for i in range(len(source)):
        store(result, i, load(source, i))


@compiled
def for_runs(count):  # type: ignore[no-untyped-def]
    """Return zeros [count, RUNS] that begin where a line of the cache does."""
    raw = np.zeros((count + 1) * RUNS)
    first = -(raw.ctypes.data // raw.itemsize) % RUNS
    return raw[first : first + count * RUNS].reshape(count, RUNS)


@compiled
def for_patterns(count):  # type: ignore[no-untyped-def]
    """Return zeros [count, PATTERNS, RUNS] that begin where a line of the cache does."""
    return for_runs(count * PATTERNS).reshape(count, PATTERNS, RUNS)
