"""The fixed transformation: M then M^-1 is the identity, and M^T is the adjoint."""

import numpy as np
import pytest

from neuroswitch import index, modulation
from neuroswitch.errors import NeuroswitchError

SHAPES = [(8, 2), (5, 8), (1, 5)]
N = sum(out * fan_in for out, fan_in in SHAPES)
FAMILIES = index.all_of("family")
EPSILON = np.finfo(float).eps


def drawn(family, seed=0, scale=0.7):
    return modulation.draw(np.random.default_rng(seed), family, SHAPES, scale)


@pytest.fixture(params=FAMILIES)
def linear(request):
    return drawn(request.param)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("family", FAMILIES)
def test_solve_undoes_apply_to_the_precision_the_condition_number_allows(family, seed):
    linear = drawn(family, seed)
    w = np.random.default_rng(seed + 100).standard_normal(N)
    error = np.linalg.norm(linear.solve(linear.apply(w)) - w) / np.linalg.norm(w)
    assert error <= 10 * np.sqrt(N) * EPSILON * modulation.condition_number(linear)


def test_that_precision_is_out_of_reach_of_a_float32_inverse():
    linear = drawn("near_identity")
    inverse = np.linalg.inv(modulation.matrix(linear).astype(np.float32))
    w = np.random.default_rng(1).standard_normal(N)
    error = np.linalg.norm(inverse @ linear.apply(w) - w) / np.linalg.norm(w)
    assert error > 10 * np.sqrt(N) * EPSILON * modulation.condition_number(linear)


def test_structure_agrees_with_the_dense_matrix(linear):
    matrix = modulation.matrix(linear)
    w = np.random.default_rng(2).standard_normal((4, 3, N))
    np.testing.assert_allclose(linear.apply(w), w @ matrix.T, atol=1e-12)
    np.testing.assert_allclose(linear.apply_transpose(w), w @ matrix, atol=1e-12)
    assert linear.solve(w).shape == w.shape
    back = linear.apply_transpose(linear.solve_transpose(w))
    np.testing.assert_allclose(back, w, atol=1e-13 * modulation.condition_number(linear))
    assert linear.size == N


def test_condition_number_is_that_of_the_dense_matrix(linear):
    dense = np.linalg.cond(modulation.matrix(linear))
    assert modulation.condition_number(linear) == pytest.approx(dense, rel=1e-6)


def test_condition_number_of_a_singular_matrix_is_infinite():
    assert modulation.condition_number(modulation.Diagonal(np.array([1.0, 0.0]))) == np.inf


@pytest.mark.parametrize("family", ["orthogonal", "signed_permutation"])
def test_pull_backs_agree_for_orthogonal_families(family):
    linear = drawn(family, scale=1.0)
    inverse, transpose = (modulation.pull_back_matrix(linear, p) for p in ("inverse", "transpose"))
    np.testing.assert_allclose(inverse, transpose, atol=1e-14)


def test_pull_backs_differ_for_the_primary_family():
    linear = drawn("near_identity", scale=0.5)
    inverse, transpose = (modulation.pull_back_matrix(linear, p) for p in ("inverse", "transpose"))
    np.testing.assert_allclose(inverse @ modulation.matrix(linear), np.eye(N), atol=1e-12)
    np.testing.assert_array_equal(transpose, modulation.matrix(linear).T)
    assert np.abs(inverse - transpose).max() > 0.1


def test_per_layer_multiplies_each_weight_matrix_from_the_left():
    linear = drawn("per_layer")
    w = np.random.default_rng(3).standard_normal(N)
    expected, start = [], 0
    for layer, (out, fan_in) in zip(linear.layers, SHAPES, strict=True):
        block = w[start : start + out * fan_in].reshape(out, fan_in)
        expected.append((layer.matrix @ block).ravel())
        start += out * fan_in
    np.testing.assert_allclose(linear.apply(w), np.concatenate(expected), atol=1e-13)


def matrices(family, scale=0.7, seeds=20):
    """Return M [seeds, N, N] of many seeds."""
    return np.stack([modulation.matrix(drawn(family, seed, scale)) for seed in range(seeds)])


@pytest.mark.parametrize(
    ("family", "centre", "low", "high"),
    [
        ("near_identity", np.eye(N), -np.inf, np.inf),
        ("gaussian", np.zeros((N, N)), -np.inf, np.inf),
        ("uniform", np.full((N, N), 0.35), 0.0, 0.7),
    ],
)
def test_entries_of_dense_families_have_their_mean_spread_and_range(family, centre, low, high):
    found = matrices(family)
    spread = 0.7 / np.sqrt(12) if family == "uniform" else 0.7 / np.sqrt(N)
    # Five standard errors of N^2 entries of 20 seeds.
    assert abs((found - centre).mean()) < 5 * spread / np.sqrt(found.size)
    assert (found - centre).std() == pytest.approx(spread, rel=5 / np.sqrt(2 * found.size))
    assert low <= found.min() <= found.max() <= high


def test_gains_are_one_for_each_weight_or_one_for_all_of_them():
    gains = np.stack([drawn("diagonal", seed).gains for seed in range(100)])
    assert gains.mean() == pytest.approx(1, abs=5 * 0.7 / np.sqrt(gains.size))
    assert gains.std() == pytest.approx(0.7, rel=5 / np.sqrt(2 * gains.size))
    gains = np.stack([drawn("scalar", seed).gains for seed in range(400)])
    assert (gains == gains[:, :1]).all()
    logs = np.log(gains[:, 0])
    assert logs.mean() == pytest.approx(0, abs=5 * 0.7 / 20)
    assert logs.std() == pytest.approx(0.7, rel=5 / np.sqrt(800))


def test_orthogonal_matrices_are_rotations_and_reflections_alike():
    """A QR without the signs of R's diagonal gives one of both alone."""
    found = matrices("orthogonal")
    np.testing.assert_allclose(
        found @ found.swapaxes(1, 2), np.tile(0.49 * np.eye(N), (20, 1, 1)), atol=1e-13
    )
    signs = np.linalg.slogdet(found).sign
    assert set(signs) == {-1.0, 1.0}


def test_signed_permutations_have_both_signs_and_another_order_in_every_seed():
    found = matrices("signed_permutation")
    assert set(np.unique(found)) == {-1.0, 0.0, 1.0}
    for axis in (1, 2):
        assert (np.abs(found).sum(axis=axis) == 1).all()
    assert found.sum() == pytest.approx(0, abs=5 * np.sqrt(20 * N))
    assert len({np.abs(matrix).tobytes() for matrix in found}) == 20


def test_low_rank_departs_from_the_identity_as_far_as_near_identity_on_average():
    departures = {
        family: np.mean(
            [
                np.linalg.norm(modulation.matrix(drawn(family, seed)) - np.eye(N))
                for seed in range(30)
            ]
        )
        for family in ("low_rank", "near_identity")
    }
    assert departures["low_rank"] == pytest.approx(departures["near_identity"], rel=0.1)
    assert np.linalg.matrix_rank(modulation.matrix(drawn("low_rank")) - np.eye(N)) == 2


def test_an_unknown_family_is_named_with_its_nearest():
    with pytest.raises(NeuroswitchError, match="did you mean 'orthogonal'"):
        modulation.draw(np.random.default_rng(0), "ortogonal", SHAPES, 1.0)


@pytest.mark.parametrize(
    ("returned", "found"),
    [("np.eye(16)", r"ndarray of shape \(16, 16\)"), ("Dense(np.eye(5))", r"Dense of .*\(5, 5\)")],
)
def test_a_family_that_returns_no_map_of_the_weights_is_named(extend, returned, found):
    extend(
        mine="import numpy as np\n"
        "from neuroswitch import declare\n"
        "from neuroswitch.modulation import Dense\n"
        "@declare.family\n"
        f"def mine(rng, shapes, scale):\n    return {returned}\n"
    )
    with pytest.raises(NeuroswitchError, match=rf"family 'mine' returned {found}; .* {N} weights"):
        drawn("mine")
