"""The compiled loop of many tasks in one network with a hidden layer, one run at a time.

A task k is told to the network by the parameters that it has in k, M_k w and b + v_k, or by a
factor, 0 or above, on the output of each hidden unit. What does so is data here (`contexts`): the
loop does not know a random modulator from an extra input.
Each parameter is one number in float64, and sums run in the order in which they are written.
"""

import numpy as np

from neuroswitch.compilation import compiled


@compiled
def train_tasks(  # type: ignore[no-untyped-def]
    weights,
    biases,
    inputs,
    targets,
    learning_rate,
    period,
    cycles,
    matrices,
    pull_backs,
    shifts,
    factors,
    learnt,
):
    """Train a network in place on all tasks in turn, as paper 1, Algorithm 1, does on two.

    A cycle trains `period` epochs on each task; an epoch is one step of gradient descent on the
    mean squared error over all patterns. After each task the step is carried back,
    w += P_k (w' - M_k w), before the next task begins.

    Parameters
    ----------
    weights [n], biases [width + 1] : trained in place; the hidden units' weights, row by row, then
        the output's
    inputs [patterns, inputs], targets [tasks, patterns]
    matrices, pull_backs [tasks, n, n] : the transposes of M_k and of P_k; without any, weights are
        the same in all tasks
    shifts [tasks, width + 1] : v_k
    factors [tasks, width] : what the outputs of hidden units are multiplied by
    learnt : the shifts of hidden units are trained in place: they are the weights of extra inputs,
        one for each task, of which that of the task is 1 and the others are 0

    Returns
    -------
    patterns right at the end of the last period on each task [tasks]
    """
    tasks, width, features = len(targets), len(biases) - 1, inputs.shape[1]
    right = np.zeros(tasks, np.int64)
    inner = np.empty((features + 1, width))
    bias = np.empty(width + 1)
    # A step on the weight of an extra input moves the unit as much as the same step on its bias.
    share = 0.5 if learnt else 1.0
    for cycle in range(cycles):
        for task in range(tasks):
            entered = weights.copy()
            if len(matrices) > 0:
                multiply(matrices[task], weights, entered)
            bias[:] = biases + shifts[task]
            arrange(entered, inner)
            for _ in range(period):
                step(inner, bias, factors[task], inputs, targets[task], learning_rate, share)
            if cycle == cycles - 1:
                right[task] = count_right(inner, bias, factors[task], inputs, targets[task])
            moved = -entered
            rearrange(inner, entered)
            moved += entered
            if len(pull_backs) > 0:
                multiply(pull_backs[task], moved, entered)
                weights += entered
            else:
                weights += moved
            for unit in range(width):
                change = share * (bias[unit] - biases[unit] - shifts[task, unit])
                biases[unit] += change
                if learnt:
                    shifts[task, unit] += change
            biases[width] = bias[width] - shifts[task, width]
        if not np.isfinite(biases[width]):
            break
    return right


@compiled
def right_at_once(  # type: ignore[no-untyped-def]
    weights, biases, inputs, targets, matrices, shifts, factors
):
    """Return the patterns that one set of parameters has right in each task [tasks].

    Parameters are those of `train_tasks`. An output that is no number is wrong.
    """
    tasks, width = len(targets), len(biases) - 1
    right = np.zeros(tasks, np.int64)
    inner = np.empty((inputs.shape[1] + 1, width))
    for task in range(tasks):
        entered = weights.copy()
        if len(matrices) > 0:
            multiply(matrices[task], weights, entered)
        arrange(entered, inner)
        right[task] = count_right(
            inner, biases + shifts[task], factors[task], inputs, targets[task]
        )
    return right


@compiled
def multiply(matrix, vector, product):  # type: ignore[no-untyped-def]
    """Fill product [n] with the transpose of a matrix [n, n] times a vector, row by row."""
    product[:] = 0.0
    for i in range(len(vector)):
        number = vector[i]
        for j in range(len(product)):
            product[j] += matrix[i, j] * number


@compiled
def arrange(weights, inner):  # type: ignore[no-untyped-def]
    """Fill inner [inputs + 1, width]: the weights of each input, and those to the output."""
    features, width = len(inner) - 1, inner.shape[1]
    for unit in range(width):
        for i in range(features):
            inner[i, unit] = weights[unit * features + i]
        inner[features, unit] = weights[width * features + unit]


@compiled
def rearrange(inner, weights):  # type: ignore[no-untyped-def]
    """Undo `arrange`."""
    features, width = len(inner) - 1, inner.shape[1]
    for unit in range(width):
        for i in range(features):
            weights[unit * features + i] = inner[i, unit]
        weights[width * features + unit] = inner[features, unit]


@compiled
def step(inner, bias, factor, inputs, target, rate, share):  # type: ignore[no-untyped-def]
    """Take one step of gradient descent on the mean squared error, in place.

    `share` is that of a hidden bias in what moves with it: 1 where it moves alone.
    """
    patterns, features, width = len(inputs), len(inner) - 1, inner.shape[1]
    change = np.zeros((features + 1, width))
    bias_change = np.zeros(width)
    output_change = 0.0
    activity = np.empty(width)
    for p in range(patterns):
        y = output(inner, bias, factor, inputs[p], activity)
        d = rate / patterns * 2.0 * (target[p] - y) * y * (1.0 - y)
        output_change += d
        for unit in range(width):
            change[features, unit] += d * activity[unit]
            e = d * inner[features, unit] * factor[unit] if activity[unit] > 0.0 else 0.0
            bias_change[unit] += e
            for i in range(features):
                change[i, unit] += e * inputs[p, i]
    inner += change
    bias[:width] += bias_change / share
    bias[width] += output_change


@compiled
def output(inner, bias, factor, x, activity):  # type: ignore[no-untyped-def]
    """Return the output of a pattern x [inputs], and fill the activity [width] of hidden units."""
    features, width = len(inner) - 1, inner.shape[1]
    activity[:] = bias[:width]
    for i in range(features):
        for unit in range(width):
            activity[unit] += x[i] * inner[i, unit]
    z = bias[width]
    for unit in range(width):
        activity[unit] = factor[unit] * max(activity[unit], 0.0)
        z += activity[unit] * inner[features, unit]
    return 1.0 / (1.0 + np.exp(-z))


@compiled
def count_right(inner, bias, factor, inputs, target):  # type: ignore[no-untyped-def]
    """Return how many patterns are on the target's side of 0.5."""
    activity = np.empty(inner.shape[1])
    right = 0
    for p in range(len(inputs)):
        y = output(inner, bias, factor, inputs[p], activity)
        right += (y > 0.5) == (target[p] > 0.5) and y == y
    return right
