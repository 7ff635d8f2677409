"""Distances between networks modulo the symmetries of their hidden ReLU units.

The function of a network stays the same where the units of a hidden layer are reordered, and where
the input weights and the bias of a unit are multiplied by c > 0 and its output weights by 1/c. So
networks that compute the same can lie far apart. Here each network is first balanced, which settles
every c, and then the units of two networks are matched, which settles the order.

With one hidden layer the matching is the best one. With more it is found layer by layer, and the
best of several starts is taken: a distance can be above the smallest one, and never below, and the
distance from x to y can differ a little from that from y to x (ambiguity A120).
"""

import itertools
from collections.abc import Sequence

import numpy as np

from neuroswitch import seeds
from neuroswitch.compilation import compiled
from neuroswitch.gates import networks

STARTS = 10
"""Orders of the units that layer by layer matching begins from, where layers depend on others."""

SWEEPS = 10_000
"""At most as many passes over the hidden layers balance a network."""

BALANCED = 1e-12
"""A network is balanced where no unit's |in| and |out| differ by more, relative to its length."""


def distances(x: np.ndarray, y: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Return the distance modulo symmetry of each network of `x` to each of `y`.

    The Euclidean distance between the balanced networks, units matched; output biases take part.

    Parameters
    ----------
    x [n, parameters], y [m, parameters] : weights then biases; finite
    sizes [layers + 1] : units of each layer, the inputs first

    Returns
    -------
    distances [n, m]

    Source: for more than one hidden layer Ainsworth, Hayase and Srinivasa, Git Re-Basin (2022),
    section 3.2, weight matching.
    """
    own = tuple(sizes)
    found = np.empty((len(x), len(y)))
    _fill(balance(x, own), balance(y, own), np.array(own), _starts(own), False, found)
    return found


def distances_among(x: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Return the distances modulo symmetry [n, n] among networks `x` [n, parameters].

    As `distances` of `x` to itself, each pair computed once: symmetric, with 0 on the diagonal.
    """
    own = tuple(sizes)
    balanced = balance(x, own)
    found = np.zeros((len(x), len(x)))
    _fill(balanced, balanced, np.array(own), _starts(own), True, found)
    return found + found.T


def balance(parameters: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Return networks of the same functions in which |in| = |out| for every hidden unit.

    |in| is the length of a unit's input weights and bias, |out| that of its output weights. Of all
    rescaled copies of a network the balanced one has the smallest length. A unit of which one side
    is zero adds at most a constant 0 to the function, and both sides become zero.

    Parameters
    ----------
    parameters [networks, n] : weights then biases; finite
    sizes [layers + 1] : units of each layer, the inputs first
    """
    balanced = np.array(parameters, float)
    layers = networks.layers_of(balanced, tuple(sizes))
    allowed = BALANCED * np.linalg.norm(balanced, axis=1)[:, None]
    for _ in range(SWEEPS):
        uneven = False
        for (weights, biases), (above, _) in itertools.pairwise(layers):
            into = np.sqrt((weights**2).sum(axis=2) + biases**2)
            out = np.sqrt((above**2).sum(axis=1))
            uneven |= bool((np.abs(into - out) > allowed).any())
            alive = (into > 0) & (out > 0)
            ratio = np.divide(out, into, out=np.zeros_like(out), where=alive)
            inverse = np.divide(into, out, out=np.zeros_like(out), where=alive)
            weights *= np.sqrt(ratio)[:, :, None]
            biases *= np.sqrt(ratio)
            above *= np.sqrt(inverse)[:, None, :]
        if not uneven:
            break
    return balanced


def _starts(sizes: tuple[int, ...]) -> np.ndarray:
    """Return orders of the units [starts, hidden layers, width]; the first leaves them as they are.

    One hidden layer alone is matched from any start alike. The same orders serve every pair.
    """
    hidden, width = len(sizes) - 2, sizes[1]
    as_they_are = np.tile(np.arange(width), (1, hidden, 1))
    if hidden == 1:
        return as_they_are
    rng = seeds.generator(0, "symmetry", "starts")
    shuffled = rng.permuted(np.tile(as_they_are, (STARTS - 1, 1, 1)), axis=2)
    return np.concatenate([as_they_are, shuffled])


@compiled
def _fill(x, y, sizes, starts, among, found):  # type: ignore[no-untyped-def]
    """Fill found [n, m] with distances of balanced networks; `among`: above the diagonal alone."""
    for i in range(len(x)):
        for j in range(i + 1 if among else 0, len(y)):
            found[i, j] = _matched_distance(x[i], y[j], sizes, starts)


@compiled
def _matched_distance(x, y, sizes, starts):  # type: ignore[no-untyped-def]
    """Return the smallest distance that layer by layer matching of y to x finds."""
    smallest = np.inf
    aligned = np.empty_like(y)
    width = sizes[1]
    cost = np.empty((width, width))
    for start in range(len(starts)):
        aligned[:] = y
        for layer in range(1, len(sizes) - 1):
            _reorder(aligned, sizes, layer, starts[start, layer - 1])
        previous = np.inf
        squared = _squared_distance(x, aligned)
        while squared < previous:
            for layer in range(1, len(sizes) - 1):
                _unit_costs(x, aligned, sizes, layer, cost)
                _reorder(aligned, sizes, layer, assignment(cost))
            previous = squared
            squared = _squared_distance(x, aligned)
            if len(sizes) == 3:  # No other layer: this matching is the best one.
                break
        smallest = min(smallest, previous, squared)
    return np.sqrt(smallest)


@compiled
def assignment(cost):  # type: ignore[no-untyped-def]
    """Return the column of each row [n] in the assignment of least total cost [n, n].

    Rows join one at a time, each by the path that adds least to the total, and potentials of rows
    and columns keep reduced costs at 0 or above. Infinite or missing costs are not allowed.

    Source: Jonker and Volgenant, Computing 38 (1987), shortest augmenting paths.
    """
    n = len(cost)
    # Column n is where the path of a joining row begins.
    row_of = np.full(n + 1, -1)
    before = np.zeros(n, np.int64)
    rows = np.zeros(n)
    columns = np.zeros(n + 1)
    shortest = np.empty(n)
    reached = np.empty(n + 1, np.bool_)
    for joining in range(n):
        row_of[n] = joining
        shortest[:] = np.inf
        reached[:] = False
        column = n
        while row_of[column] >= 0:
            reached[column] = True
            row = row_of[column]
            step = np.inf
            following = n
            for k in range(n):
                if not reached[k]:
                    reduced = cost[row, k] - rows[row] - columns[k]
                    if reduced < shortest[k]:
                        shortest[k] = reduced
                        before[k] = column
                    if shortest[k] < step:
                        step = shortest[k]
                        following = k
            for k in range(n):
                if reached[k]:
                    rows[row_of[k]] += step
                    columns[k] -= step
                else:
                    shortest[k] -= step
            rows[joining] += step
            columns[n] -= step
            column = following
        while column != n:
            row_of[column] = row_of[before[column]]
            column = before[column]
    found = np.empty(n, np.int64)
    for k in range(n):
        found[row_of[k]] = k
    return found


@compiled
def _unit_costs(x, y, sizes, layer, cost):  # type: ignore[no-untyped-def]
    """Fill cost [width, width]: squared distance of each unit of x in a layer to each of y."""
    weight, bias = _places(sizes, layer)
    fan_in, width, out = sizes[layer - 1], sizes[layer], sizes[layer + 1]
    above = weight + width * fan_in
    # Units of y lie side by side in the innermost loops, so that they are taken several at a time.
    into = np.empty((fan_in, width))
    for j in range(width):
        for k in range(fan_in):
            into[k, j] = y[weight + j * fan_in + k]
    for i in range(width):
        for j in range(width):
            cost[i, j] = (x[bias + i] - y[bias + j]) ** 2
        for k in range(fan_in):
            own = x[weight + i * fan_in + k]
            for j in range(width):
                cost[i, j] += (own - into[k, j]) ** 2
        for k in range(out):
            own = x[above + k * width + i]
            for j in range(width):
                cost[i, j] += (own - y[above + k * width + j]) ** 2


@compiled
def _reorder(parameters, sizes, layer, order):  # type: ignore[no-untyped-def]
    """Put the units of a hidden layer into an order [width]: unit order[i] comes to place i."""
    weight, bias = _places(sizes, layer)
    fan_in, width, out = sizes[layer - 1], sizes[layer], sizes[layer + 1]
    above = weight + width * fan_in
    old = parameters.copy()
    for i in range(width):
        parameters[bias + i] = old[bias + order[i]]
        for k in range(fan_in):
            parameters[weight + i * fan_in + k] = old[weight + order[i] * fan_in + k]
        for k in range(out):
            parameters[above + k * width + i] = old[above + k * width + order[i]]


@compiled
def _places(sizes, layer):  # type: ignore[no-untyped-def]
    """Return where weights and biases of a layer, counted from 1, begin among the parameters."""
    weight = 0
    bias = 0
    for k in range(1, len(sizes)):
        bias += sizes[k] * sizes[k - 1]
        if k < layer:
            weight += sizes[k] * sizes[k - 1]
            bias += sizes[k]
    return weight, bias


@compiled
def _squared_distance(x, y):  # type: ignore[no-untyped-def]
    squared = 0.0
    for k in range(len(x)):
        squared += (x[k] - y[k]) ** 2
    return squared
