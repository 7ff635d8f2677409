"""Distances modulo the symmetries of hidden units, against every permutation tried out."""

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from neuroswitch.gates import networks, symmetry


def drawn(rng, count, sizes):
    """Return networks [count, parameters] of standard normal parameters."""
    draws = [networks.initial_parameters(rng, sizes, "normal") for _ in range(count)]
    return np.stack([np.concatenate(sides) for sides in draws])


def reordered(parameters, sizes, orders):
    """Return networks with the units of each hidden layer in another order."""
    changed = parameters.copy()
    layers = networks.layers_of(changed, sizes)
    for (weights, biases), (above, _), order in zip(layers[:-1], layers[1:], orders, strict=True):
        order = list(order)
        weights[:], biases[:] = weights[:, order], biases[:, order]
        above[:] = above[:, :, order]
    return changed


def rescaled(parameters, sizes, rng):
    """Return networks of which each hidden unit is scaled by a number of its own."""
    changed = parameters.copy()
    layers = networks.layers_of(changed, sizes)
    for (weights, biases), (above, _) in itertools.pairwise(layers):
        c = np.exp(rng.standard_normal(biases.shape))
        weights *= c[:, :, None]
        biases *= c
        above /= c[:, None, :]
    return changed


def by_trying(x, y, sizes):
    """Return the smallest distance [n] of balanced networks over all orders of hidden units."""
    x, y = symmetry.balance(x, sizes), symmetry.balance(y, sizes)
    orders = list(itertools.permutations(range(sizes[1])))
    tried = [
        np.linalg.norm(x - reordered(y, sizes, choice), axis=1)
        for choice in itertools.product(orders, repeat=len(sizes) - 2)
    ]
    return np.min(tried, axis=0)


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("n", [1, 2, 4, 8, 16])
def test_assignment_costs_as_little_as_scipys(n, whole):
    """Whole numbers from 0 to 2 make many ties."""
    rng = np.random.default_rng(n)
    for _ in range(50):
        cost = rng.standard_normal((n, n))
        cost = np.rint(np.abs(cost)) if whole else cost
        columns = symmetry.assignment(cost)
        assert sorted(columns) == list(range(n))
        expected = cost[linear_sum_assignment(cost)].sum()
        assert cost[np.arange(n), columns].sum() == pytest.approx(expected, abs=1e-12)


def test_assignment_costs_as_little_as_any_permutation():
    rng = np.random.default_rng(0)
    for _ in range(50):
        cost = rng.standard_normal((4, 4))
        totals = [cost[range(4), order].sum() for order in itertools.permutations(range(4))]
        found = cost[range(4), symmetry.assignment(cost)].sum()
        assert found == pytest.approx(min(totals), abs=1e-12)


@pytest.mark.parametrize("layers", [2, 4])
def test_balancing_evens_every_unit_and_undoes_any_scaling(layers):
    rng = np.random.default_rng(0)
    sizes = networks.layer_sizes(layers, 8)
    x = drawn(rng, 20, sizes)
    balanced = symmetry.balance(x, sizes)
    parts = networks.layers_of(balanced, sizes)
    for (weights, biases), (above, _) in itertools.pairwise(parts):
        into = np.sqrt((weights**2).sum(axis=2) + biases**2)
        np.testing.assert_allclose(into, np.linalg.norm(above, axis=1), rtol=1e-9)
    assert (np.linalg.norm(balanced, axis=1) < np.linalg.norm(x, axis=1)).all()
    again = symmetry.balance(rescaled(x, sizes, rng), sizes)
    np.testing.assert_allclose(again, balanced, rtol=0, atol=1e-9)


@pytest.mark.parametrize("layers", [2, 4])
def test_a_unit_with_a_zero_side_becomes_zero(layers):
    sizes = networks.layer_sizes(layers, 3)
    x = drawn(np.random.default_rng(1), 2, sizes)
    parts = networks.layers_of(x, sizes)
    parts[0][0][0, 1], parts[0][1][0, 1] = 0, 0
    parts[-1][0][1, :, 2] = 0
    parts = networks.layers_of(symmetry.balance(x, sizes), sizes)
    assert not parts[1][0][0, :, 1].any()
    assert not parts[-2][0][1, 2].any()
    assert parts[-2][1][1, 2] == 0
    others = [parts[1][0][1], parts[0][0][1, :2], parts[-2][0][0]]
    assert all(np.isfinite(values).all() and values.any() for values in others)


@pytest.mark.parametrize("layers", [2, 4])
def test_a_permuted_and_rescaled_network_is_at_distance_zero(layers):
    rng = np.random.default_rng(2)
    sizes = networks.layer_sizes(layers, 8)
    x = drawn(rng, 20, sizes)
    orders = [rng.permutation(8) for _ in range(layers - 1)]
    y = rescaled(reordered(x, sizes, orders), sizes, rng)
    found = symmetry.distances(x, y, sizes)
    np.testing.assert_allclose(np.diag(found), 0, atol=1e-9)
    assert found[~np.eye(20, dtype=bool)].min() > 1


def test_output_biases_take_part():
    sizes = networks.layer_sizes(2, 4)
    x = drawn(np.random.default_rng(3), 1, sizes)
    y = x.copy()
    y[0, -1] += 0.75
    assert symmetry.distances(x, y, sizes)[0, 0] == pytest.approx(0.75)


@pytest.mark.parametrize(("layers", "width"), [(2, 4), (4, 3)])
def test_distance_is_the_smallest_over_all_orders(layers, width):
    """With four layers the matching may miss the smallest, and does so seldom."""
    rng = np.random.default_rng(4)
    sizes = networks.layer_sizes(layers, width)
    x, y = drawn(rng, 60, sizes), drawn(rng, 60, sizes)
    found = np.diag(symmetry.distances(x, y, sizes))
    expected = by_trying(x, y, sizes)
    assert (found >= expected - 1e-9).all()
    missed = found > expected + 1e-9
    assert missed.sum() <= (0 if layers == 2 else 3)


def test_distances_of_two_layers_are_the_same_both_ways():
    rng = np.random.default_rng(5)
    sizes = networks.layer_sizes(2, 8)
    x, y = drawn(rng, 20, sizes), drawn(rng, 30, sizes)
    there = symmetry.distances(x, y, sizes)
    np.testing.assert_allclose(there, symmetry.distances(y, x, sizes).T, rtol=1e-12)


@pytest.mark.parametrize("layers", [2, 4])
def test_distances_are_never_above_those_of_the_balanced_networks(layers):
    rng = np.random.default_rng(6)
    sizes = networks.layer_sizes(layers, 8)
    x = drawn(rng, 20, sizes)
    balanced = symmetry.balance(x, sizes)
    found = symmetry.distances(x, x, sizes)
    assert (found <= cdist(balanced, balanced) + 1e-9).all()
    among = symmetry.distances_among(x, sizes)
    np.testing.assert_array_equal(among, among.T)
    np.testing.assert_array_equal(np.triu(among, 1), np.triu(found, 1))
    assert not among.diagonal().any()
