"""The compiled training loop: a block of independent runs, one run to a vector lane.

The last axis of every array is `runs`, and no operation mixes runs, so a run's numbers do
not depend on its neighbours, on the size of its block or on the thread count. Fused
multiply-adds stay off: they would round differently on processors that lack them.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from neuroswitch.compilation import compiled

PATTERNS = 4

ORDERS = np.array(list(permutations(range(PATTERNS))))
"""[orders, patterns]: every order in which an epoch can show the patterns one at a time."""


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


@compiled
def train_block(
    weights: np.ndarray,
    biases: np.ndarray,
    sizes: np.ndarray,
    inputs: np.ndarray,
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
    """Train `runs` networks in place through all cycles (paper 1, Algorithm 1).

    A cycle trains `period` epochs on each task in turn. Between tasks the network is
    modulated, w' = M w and b' = b + v; at the end of the cycle each step taken under
    modulation is carried back, w += P (w' - M w), with P = M^-1 in the paper.

    Parameters
    ----------
    weights [n_w, runs], biases [n_b, runs] : trained in place
    sizes [layers + 1] : units of each layer
    inputs [patterns, inputs], targets [tasks, patterns]
    learning_rate [runs]
    matrix, pull_back [n_w, n_w, runs], shift [n_b, runs] : M, P and v
    cross_entropy : train on it, and not on the mean squared error
    orders [epochs or 0, runs] : row of ORDERS that an epoch shows the patterns in, one update
        for each; without any, an epoch is one update on the mean over all patterns
    recorded : cycles to write into `records`, ascending, the last one included
    """
    tasks, runs = len(targets), weights.shape[1]
    single = len(orders) > 0
    activity = np.empty((len(sizes), sizes.max(), PATTERNS, runs))
    delta = np.empty((2, sizes.max(), PATTERNS, runs))
    wanted = np.empty((PATTERNS, runs))
    one_activity = np.empty((len(sizes), sizes.max(), 1, runs))
    one_delta = np.empty((2, sizes.max(), 1, runs))
    one_wanted = np.empty((1, runs))
    power = np.empty(runs)
    loss = np.empty(runs)
    previous_loss = np.full(runs, np.inf)
    start_loss = np.empty(runs)
    peak = np.empty(runs)
    right = np.empty(runs, np.int64)
    streak = np.zeros((2, runs), np.int64)
    all_right = np.empty((2, runs), np.bool_)
    before = np.empty((tasks, len(weights), runs))
    tenth = max(1, cycles // 10)
    half = max(1, cycles // 2)
    middle = cycles - (half - 1) / 2
    # The least-squares slope of the peak p against the cycle c is sum (c - middle) p over
    # sum (c - middle)^2, which is half (half^2 - 1) / 12; a single cycle has no slope.
    trend = 12.0 / (half * half - 1.0) if half > 1 else 0.0
    traced = len(records.epoch_loss) > 0
    epoch = 0
    row = 0
    for i in range(inputs.shape[1]):
        for p in range(PATTERNS):
            activity[0, i, p] = inputs[p, i]

    for cycle in range(1, cycles + 1):
        record = cycle == recorded[row]
        all_right[:] = True
        for task in range(tasks):
            if task > 0:
                before[task] = weights
                multiply(matrix, before[task], weights)
                biases += shift
            for p in range(PATTERNS):
                wanted[p] = targets[task, p]
            peak[:] = 0.0
            for step in range(period):
                forward(weights, biases, sizes, activity, power)
                measure_loss(activity[-1, 0], targets[task], cross_entropy, loss, power)
                if traced:
                    records.epoch_loss[epoch] = loss
                epoch += 1
                for r in range(runs):
                    peak[r] = max(peak[r], loss[r])
                    if records.diverged_epoch[r] == 0 and not np.isfinite(loss[r]):
                        records.diverged_epoch[r] = epoch
                if step == 0:
                    start_loss[:] = loss
                    count_right(activity[-1, 0], targets[task], right)
                    all_right[0] &= right == PATTERNS
                    if record:
                        records.loss_at_switch[row, task] = loss
                        records.correct_at_switch[row, task] = right
                if single:
                    for turn in range(PATTERNS):
                        show_one(
                            inputs,
                            targets[task],
                            orders[epoch - 1],
                            turn,
                            one_activity[0, :, 0],
                            one_wanted[0],
                        )
                        forward(weights, biases, sizes, one_activity, power)
                        descend(
                            weights,
                            biases,
                            sizes,
                            one_activity,
                            one_delta,
                            one_wanted,
                            cross_entropy,
                            learning_rate,
                        )
                else:
                    descend(
                        weights,
                        biases,
                        sizes,
                        activity,
                        delta,
                        wanted,
                        cross_entropy,
                        learning_rate,
                    )
                if traced:
                    records.path[epoch - 1, : len(weights)] = weights
                    records.path[epoch - 1, len(weights) :] = biases
            forward(weights, biases, sizes, activity, power)
            measure_loss(activity[-1, 0], targets[task], cross_entropy, loss, power)
            count_right(activity[-1, 0], targets[task], right)
            all_right[1] &= right == PATTERNS
            if record:
                records.loss_after[row, task] = loss
                records.correct_after[row, task] = right
            for r in range(runs):
                records.largest_step[task, r] = max(
                    records.largest_step[task, r], start_loss[r] - previous_loss[r]
                )
                previous_loss[r] = loss[r]
                if cycle <= tenth:
                    records.peak_first_tenth[task, r] += peak[r] / tenth
                if cycle > cycles - tenth:
                    records.peak_last_tenth[task, r] += peak[r] / tenth
                if cycle > cycles - half:
                    records.peak_last_half[task, r] += peak[r] / half
                    records.peak_change[task, r] += trend * (cycle - middle) * peak[r]
        for task in range(tasks - 1, 0, -1):
            carry_back(matrix, pull_back, before[task], weights)
            biases -= shift

        for r in range(runs):
            for notion in range(2):
                streak[notion, r] = streak[notion, r] + 1 if all_right[notion, r] else 0
            if records.first_zero_shot[r] == 0 and streak[0, r] > 0:
                records.first_zero_shot[r] = cycle
            if records.first_retrained[r] == 0 and streak[1, r] > 0:
                records.first_retrained[r] = cycle
        if record:
            records.zero_shot_streak[row] = streak[0]
            records.retrained_streak[row] = streak[1]
            row += 1


@compiled
def forward(weights, biases, sizes, activity, power):  # type: ignore[no-untyped-def]
    """Fill activity [layers + 1, units, patterns, runs] from its first layer on."""
    k = 0
    unit = 0
    for layer in range(1, len(sizes)):
        for o in range(sizes[layer]):
            for p in range(activity.shape[2]):
                out = activity[layer, o, p]
                out[:] = biases[unit]
                for i in range(sizes[layer - 1]):
                    add_product(out, weights[k + i], activity[layer - 1, i, p])
                if layer < len(sizes) - 1:
                    for r in range(len(out)):
                        # Not max(0, z): a NaN must stay one.
                        out[r] = 0.0 if out[r] <= 0.0 else out[r]
                else:
                    sigmoid(out, power)
            k += sizes[layer - 1]
            unit += 1


@compiled
def show_one(inputs, targets, orders, turn, shown, wanted):  # type: ignore[no-untyped-def]
    """Fill shown [inputs, runs] and wanted [runs] with the pattern whose turn it is in each run."""
    for r in range(len(wanted)):
        p = ORDERS[orders[r], turn]
        for i in range(inputs.shape[1]):
            shown[i, r] = inputs[p, i]
        wanted[r] = targets[p]


@compiled
def descend(weights, biases, sizes, activity, delta, wanted, cross_entropy, learning_rate):  # type: ignore[no-untyped-def]
    """Take one gradient step on the mean loss over the patterns of `activity`, in place.

    They are all PATTERNS or a single one, with outputs wanted [patterns, runs].
    """
    patterns = len(wanted)
    k = len(weights)
    unit = len(biases)
    runs = weights.shape[1]
    last = len(sizes) - 1
    for p in range(patterns):
        y = activity[last, 0, p]
        d = delta[last % 2, 0, p]
        t = wanted[p]
        if cross_entropy:
            for r in range(runs):
                d[r] = 1.0 / patterns * (y[r] - t[r])
        else:
            for r in range(runs):
                d[r] = 2.0 / patterns * (y[r] - t[r]) * y[r] * (1.0 - y[r])
    for layer in range(last, 0, -1):
        above = delta[layer % 2]
        below = delta[(layer + 1) % 2]
        fan_in = sizes[layer - 1]
        k -= sizes[layer] * fan_in
        unit -= sizes[layer]
        if layer > 1:
            below[:fan_in] = 0.0
        for o in range(sizes[layer]):
            d = above[o]
            for i in range(fan_in):
                w = weights[k + o * fan_in + i]
                if layer > 1:
                    for p in range(patterns):
                        add_product(below[i, p], w, d[p])
                a = activity[layer - 1, i]
                if patterns == 1:
                    d0, a0 = d[0], a[0]
                    for r in range(runs):
                        w[r] -= learning_rate[r] * (d0[r] * a0[r])
                else:
                    d0, d1, d2, d3 = d[0], d[1], d[2], d[3]
                    a0, a1, a2, a3 = a[0], a[1], a[2], a[3]
                    for r in range(runs):
                        w[r] -= learning_rate[r] * (
                            d0[r] * a0[r] + d1[r] * a1[r] + d2[r] * a2[r] + d3[r] * a3[r]
                        )
            b = biases[unit + o]
            if patterns == 1:
                for r in range(runs):
                    b[r] -= learning_rate[r] * d[0, r]
            else:
                for r in range(runs):
                    b[r] -= learning_rate[r] * (d[0, r] + d[1, r] + d[2, r] + d[3, r])
        if layer > 1:
            for i in range(fan_in):
                for p in range(patterns):
                    z = activity[layer - 1, i, p]
                    g = below[i, p]
                    for r in range(runs):
                        g[r] = 0.0 if z[r] <= 0.0 else g[r]


@compiled
def sigmoid(z, power):  # type: ignore[no-untyped-def]
    """Replace z by 1 / (1 + exp(-z)), vectorised; `power` is scratch of the same length.

    exp(x) = 2^k exp(f) with |f| <= log(2) / 2: a Taylor polynomial of degree 13 for
    exp(f), exact to rounding, and 2^k written straight into the exponent bits.
    """
    bits = power.view(np.int64)
    for r in range(len(z)):
        x = -z[r]
        x = -708.0 if x < -708.0 else x
        x = 708.0 if x > 708.0 else x
        k = np.floor(x * 1.4426950408889634 + 0.5)
        # log(2) in two parts, so that the subtraction is exact
        f = (x - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
        e = 1.0 / 6227020800.0
        e = e * f + 1.0 / 479001600.0
        e = e * f + 1.0 / 39916800.0
        e = e * f + 1.0 / 3628800.0
        e = e * f + 1.0 / 362880.0
        e = e * f + 1.0 / 40320.0
        e = e * f + 1.0 / 5040.0
        e = e * f + 1.0 / 720.0
        e = e * f + 1.0 / 120.0
        e = e * f + 1.0 / 24.0
        e = e * f + 1.0 / 6.0
        e = e * f + 0.5
        e = e * f + 1.0
        e = e * f + 1.0
        z[r] = e
        bits[r] = (np.int64(k) + 1023) << 52
    for r in range(len(z)):
        z[r] = 1.0 / (1.0 + z[r] * power[r])


@compiled
def measure_loss(output, targets, cross_entropy, loss, power):  # type: ignore[no-untyped-def]
    """Fill loss [runs] from output [patterns, runs]: a mean over patterns.

    Cross-entropy is - log |1 - target - output|, the logarithm at least -100 (as PyTorch's), so
    that a wrong output that rounding makes certain costs much, and not infinitely much.
    """
    loss[:] = 0.0
    for p in range(PATTERNS):
        y = output[p]
        if cross_entropy:
            for r in range(len(loss)):
                power[r] = abs(1.0 - targets[p] - y[r])
            subtract_logarithm(power, loss)
        else:
            for r in range(len(loss)):
                loss[r] += (y[r] - targets[p]) * (y[r] - targets[p])
    for r in range(len(loss)):
        loss[r] /= PATTERNS


@compiled
def subtract_logarithm(x, result):  # type: ignore[no-untyped-def]
    """Set result -= log(x), x from 0 to 1, a logarithm below -100 as -100; overwrites x.

    x = 2^k m with m from sqrt(1/2) to sqrt(2): log(m) = 2 artanh((m - 1) / (m + 1)) by its series.
    """
    bits = x.view(np.int64)
    for r in range(len(x)):
        value = x[r]
        value = 3.720075976020836e-44 if value < 3.720075976020836e-44 else value
        x[r] = value
        # Halves of the mantissa below and above sqrt(2) have exponents of their own.
        k = (bits[r] - 4604544271217802189) >> 52
        bits[r] -= k << 52
        s = (x[r] - 1.0) / (x[r] + 1.0)
        q = s * s
        e = 1.0 / 19.0
        e = e * q + 1.0 / 17.0
        e = e * q + 1.0 / 15.0
        e = e * q + 1.0 / 13.0
        e = e * q + 1.0 / 11.0
        e = e * q + 1.0 / 9.0
        e = e * q + 1.0 / 7.0
        e = e * q + 1.0 / 5.0
        e = e * q + 1.0 / 3.0
        e = e * q + 1.0
        log = k * 6.93147180369123816490e-01 + (k * 1.90821492927058770002e-10 + 2.0 * s * e)
        # The bits of a NaN are taken apart too, and it must stay one.
        result[r] -= log if value == value else value


@compiled
def count_right(output, targets, right):  # type: ignore[no-untyped-def]
    """Fill right [runs] with the patterns on the target's side of 0.5; a NaN is on neither."""
    right[:] = 0
    for p in range(PATTERNS):
        for r in range(len(right)):
            right[r] += abs(output[p, r] - targets[p]) < 0.5


@compiled
def multiply(matrix, vector, result):  # type: ignore[no-untyped-def]
    """Set result = matrix vector, run by run."""
    result[:] = 0.0
    for i in range(len(result)):
        for j in range(len(vector)):
            add_product(result[i], matrix[i, j], vector[j])


@compiled
def carry_back(matrix, pull_back, before, weights):  # type: ignore[no-untyped-def]
    """Set weights = before + P (weights - M before): undo M exactly, keep the step taken."""
    step = np.empty_like(weights)
    multiply(matrix, before, step)
    for i in range(len(step)):
        for r in range(step.shape[1]):
            step[i, r] = weights[i, r] - step[i, r]
    weights[:] = before
    for i in range(len(weights)):
        for j in range(len(step)):
            add_product(weights[i], pull_back[i, j], step[j])


@compiled
def add_product(out, a, x):  # type: ignore[no-untyped-def]
    """Set out += a x, run by run."""
    for r in range(len(out)):
        out[r] += a[r] * x[r]
