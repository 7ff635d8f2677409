"""The scores of paper 2, on answers and states whose worth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroswitch import index
from neuroswitch.rnn import metrics
from neuroswitch.rnn.tasks import measure_wait_go, multitask
from tests.unit.small_networks import task_with_trials

SEEDS = st.integers(0, 2**32 - 1)
SAME_EVERY_TIME = settings(derandomize=True, deadline=None)


def answers(target, offset=0.0, go=60, length=1.0):
    """Outputs [trials, 100, 3] that fixate until go and answer target + offset."""
    target = np.asarray(target, float)
    outputs = np.zeros((len(target), 100, 3))
    outputs[:, :go, 0] = 0.8
    outputs[:, go:, 1] = length * np.sin(target + offset)[:, None]
    outputs[:, go:, 2] = length * np.cos(target + offset)[:, None]
    return outputs


def scored(score, target, **options):
    target = np.asarray(target, float)
    return metrics.correct(answers(target, **options), np.full(len(target), 60), target, score)


@pytest.mark.parametrize("task", index.all_of("task"))
def test_trial_losses_are_a_plain_loop_with_free_axes_in_front(task):
    rng = np.random.default_rng(0)
    trials = task_with_trials(task).draw(rng, 6)
    outputs = rng.standard_normal((2, *trials.targets.shape))
    losses = metrics.trial_losses(outputs, trials.targets, trials.weights)
    assert losses.shape == (2, 6)
    for seed in range(2):
        for trial in range(6):
            total = weight = 0.0
            for step in range(trials.targets.shape[1]):
                errors = outputs[seed, trial, step] - trials.targets[trial, step]
                total += trials.weights[trial, step] * np.mean(errors**2)
                weight += trials.weights[trial, step]
            assert losses[seed, trial] == pytest.approx(total / weight, rel=1e-6)


def test_a_perfect_answer_has_no_loss_and_is_correct_by_the_corrected_score():
    trials = multitask.draw(np.random.default_rng(0), 3000, np.arange(3000) % 4, contexts=4)
    assert (metrics.trial_losses(trials.targets, trials.targets, trials.weights) == 0).all()
    assert metrics.correct(trials.targets, trials.labels["go"], trials.labels["target"]).all()


def test_the_opposite_answer_is_right_by_the_published_score_only():
    # Away from +-pi/2, where the published score has a fault of the other kind.
    target = np.array([0.1, 0.7, 1.2, 2.0, 3.0, 4.0, 5.9])
    for score, opposite_is_right in (("published", True), ("corrected", False)):
        assert scored(score, target).all()
        assert (scored(score, target, offset=np.pi) == opposite_is_right).all()


def test_a_right_answer_near_a_quarter_turn_can_be_wrong_by_the_published_score():
    for quarter in (np.pi / 2, 3 * np.pi / 2):
        target = [quarter - 0.02]
        assert scored("published", target, offset=0.01).all()
        assert not scored("published", target, offset=0.04).any()
        assert scored("corrected", target, offset=0.04).all()


@SAME_EVERY_TIME
@given(SEEDS)
def test_the_corrected_score_wraps_and_needs_less_than_a_tenth_of_pi(seed):
    rng = np.random.default_rng(seed)
    target = rng.uniform(0, 2 * np.pi, 500)
    inside, outside = 0.99 * np.pi / 10, 1.01 * np.pi / 10
    length = rng.uniform(0.01, 3)
    for sign in (-1, 1):
        assert scored("corrected", target, offset=sign * inside, length=length).all()
        assert not scored("corrected", target, offset=sign * outside, length=length).any()
        # A whole turn more, in the target as in the answer, is the same angle.
        assert metrics.correct(
            answers(target, sign * inside), np.full(500, 60), target + 2 * np.pi
        ).all()


@SAME_EVERY_TIME
@given(SEEDS)
def test_angle_errors_are_those_of_complex_numbers(seed):
    rng = np.random.default_rng(seed)
    answer, target = rng.uniform(0, 2 * np.pi, (2, 500))
    found = metrics.corrected_angle_error(np.sin(answer), np.cos(answer), target)
    np.testing.assert_allclose(found, np.abs(np.angle(np.exp(1j * (answer - target)))), atol=1e-9)
    published = metrics.published_angle_error(np.sin(answer), np.cos(answer), target)
    folded = np.arctan(np.tan(answer)) - np.arctan(np.tan(target))
    np.testing.assert_allclose(published, np.abs(folded), atol=1e-9)


@pytest.mark.parametrize("score", metrics.ANGLE_ERRORS)
def test_fixation_must_hold_at_every_step_before_go_and_only_there(score):
    target = np.zeros(100) + 0.3
    outputs = answers(target)
    outputs[np.arange(100), np.arange(100), 0] = 0.5
    right = metrics.correct(outputs, np.full(100, 60), target, score)
    np.testing.assert_array_equal(right, np.arange(100) >= 60)


@pytest.mark.parametrize("score", metrics.ANGLE_ERRORS)
def test_only_the_last_step_is_judged_and_silence_is_wrong(score):
    target = np.full(4, 0.3)
    wandering = answers(target)
    wandering[:, 60:99, 1:] = -1.0, 1.0
    assert metrics.correct(wandering, np.full(4, 60), target, score).all()
    late = answers(target)
    late[:, 99, 1:] = -1.0, 1.0
    assert not metrics.correct(late, np.full(4, 60), target, score).any()
    silent = answers(np.zeros(4), length=0.0)
    assert not metrics.correct(silent, np.full(4, 60), np.zeros(4), score).any()


def test_correct_takes_axes_of_seeds_and_refuses_an_unknown_score():
    target = np.array([0.3, 1.0])
    outputs = np.stack([answers(target), answers(target, np.pi), answers(target, 0.1)])
    right = metrics.correct(outputs, np.array([60, 60]), target)
    np.testing.assert_array_equal(right, [[True, True], [False, False], [True, True]])
    with pytest.raises(KeyError):
        metrics.correct(outputs, np.array([60, 60]), target, "correct")


def interval_ramps():
    labels = measure_wait_go.test_trials((12, 14, 16, 18, 26, 4)).labels
    return labels["go"], labels["interval"]


def test_perfect_ramps_have_their_slopes_rise_and_survive():
    go, interval = interval_ramps()
    ramp = metrics.measure_ramp(measure_wait_go.ramp(go, interval), go)
    np.testing.assert_allclose(ramp.slope, 1 / interval)
    np.testing.assert_allclose(ramp.rise, 1)
    np.testing.assert_allclose(ramp.monotonicity, 1)
    assert ramp.survives.all()
    trained = slice(0, 4)
    correlation = metrics.slope_correlation(ramp.slope[trained], interval[trained])
    assert correlation == pytest.approx(np.corrcoef(1 / interval[trained], interval[trained])[0, 1])
    assert correlation < -0.97


def test_a_ramp_locked_to_go_has_one_slope_whatever_the_interval():
    go, interval = interval_ramps()
    ramp = metrics.measure_ramp(measure_wait_go.ramp(go, np.full_like(interval, 15)), go)
    np.testing.assert_allclose(ramp.slope, 1 / 15)
    assert ramp.survives.all()
    assert metrics.slope_correlation(ramp.slope, interval) == 0


@SAME_EVERY_TIME
@given(SEEDS)
def test_slope_is_shifted_and_scaled_as_the_output_is(seed):
    rng = np.random.default_rng(seed)
    go, _ = interval_ramps()
    outputs = np.cumsum(rng.standard_normal((3, len(go), 110)), axis=-1)
    scale, shift = rng.uniform(0.1, 5), rng.standard_normal()
    plain, moved = (metrics.measure_ramp(o, go) for o in (outputs, scale * outputs + shift))
    np.testing.assert_allclose(moved.slope, scale * plain.slope, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(moved.rise, scale * plain.rise, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(moved.monotonicity, plain.monotonicity, rtol=1e-6, atol=1e-9)
    assert (plain.monotonicity <= 1 + 1e-9).all()
    assert (plain.slope >= 0).all()


@pytest.mark.parametrize("power", [0.5, 2.0, 3.0])
def test_the_slope_of_a_bent_ramp_lies_between_its_quarters(power):
    go, rise, steps = 45, 0.8, np.arange(21)
    bent = rise * (steps / 20) ** power
    output = np.concatenate([np.full(go, 0.1), 0.1 + bent, np.full(110 - go - 21, 0.1 + rise)])
    quarter, three = np.interp([0.25 * rise, 0.75 * rise], bent, steps)
    ramp = metrics.measure_ramp(output[None], np.array([go]))
    assert ramp.slope[0] == pytest.approx(rise / 2 / (three - quarter))
    assert (ramp.rise[0], ramp.monotonicity[0]) == pytest.approx((rise, 1))


def test_what_is_no_ramp_does_not_survive_and_what_comes_before_go_or_later_is_ignored():
    go = np.array([45])
    steps = np.arange(110)
    rising = np.clip((steps - 45) / 20, 0, 1)
    falling, flat = -rising, np.zeros(110)
    low = 0.4 * rising
    shaky = rising + np.where((steps > 45) & (steps < 65) & (steps % 2 == 0), 0.3, 0)
    nothing = metrics.measure_ramp(np.stack([falling, flat, low, shaky])[:, None], go)
    np.testing.assert_array_equal(nothing.survives[:, 0], [False] * 4)
    np.testing.assert_array_equal(nothing.slope[:2, 0], 0)
    np.testing.assert_array_equal(nothing.monotonicity[:2, 0], 0)
    assert nothing.monotonicity[2, 0] == pytest.approx(1)
    assert nothing.monotonicity[3, 0] < 0.5
    relapsing = np.where(steps < 45, 3.0, np.where(steps > 80, -1.0, rising))
    survivor = metrics.measure_ramp(relapsing[None], go)
    assert survivor.survives.all()
    assert survivor.slope[0] == pytest.approx(1 / 20)


def test_steps_until_a_level_are_whole_and_counted_from_go():
    interval, go = np.array([4, 10, 25]), np.array([30, 40, 50])
    perfect = measure_wait_go.ramp(go, interval)
    # 0.9 of 4, 10 and 25 steps, rounded up.
    assert metrics.steps_until(perfect, go, 0.4).tolist() == [4, 9, 23]
    never, before = np.full((1, 110), -0.5), np.full((1, 110), -0.5)
    before[0, 5:20] = 1.0
    assert np.isnan(metrics.steps_until(never, go[:1], 0.4)).all()
    assert np.isnan(metrics.steps_until(before, go[:1], 0.4)).all(), "it is over before go"
    before[0, 30] = 0.4
    assert metrics.steps_until(before, go[:1], 0.4).tolist() == [0]
    assert np.isnan(metrics.steps_until(np.full((1, 110), np.nan), go[:1], 0.4)).all()


def test_slope_correlation_has_free_axes_and_the_sign_of_the_slopes():
    interval = np.array([12, 14, 16, 18])
    slope = np.stack([interval * 0.1, -interval * 0.1, np.full(4, 0.1)])
    np.testing.assert_allclose(metrics.slope_correlation(slope, interval), [1, -1, 0], atol=1e-12)
    # Slopes that differ by rounding are equal, though they rise with the interval.
    assert metrics.slope_correlation(0.1 + 1e-15 * interval, interval) == 0
    assert metrics.slope_correlation(np.zeros(4), interval) == 0
    assert metrics.slope_correlation(1e-12 * interval, interval) == pytest.approx(1)


def ring(rng, samples=600):
    """States [samples, 12] with a ring by angle in a random plane, and the angle."""
    angle = rng.uniform(0, 2 * np.pi, samples)
    plane = np.linalg.qr(rng.standard_normal((12, 2)))[0]
    circle = np.column_stack([np.cos(angle), np.sin(angle)])
    return 3 * circle @ plane.T + 0.1 * rng.standard_normal((samples, 12)), angle


def test_two_components_of_a_ring_explain_its_angle_and_one_half_of_it():
    states, angle = ring(np.random.default_rng(0))
    components = metrics.principal_components(states, 2)
    assert components.shape == (600, 2)
    leading = metrics.principal_components(states, 12).std(axis=0)
    assert (np.diff(leading) < 0).all()
    assert metrics.angle_r2(components, angle) > 0.99
    assert metrics.angle_r2(components[:, :1], angle) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("shape", [(50, 2), (50, 1), (3, 8)])
def test_there_are_no_more_components_than_units_or_samples(shape):
    states = np.random.default_rng(0).standard_normal(shape)
    components = metrics.principal_components(states, 5)
    assert components.shape == (shape[0], 5)
    np.testing.assert_array_equal(components[:, min(shape) :], 0)
    known = metrics.principal_components(states, min(shape))
    np.testing.assert_array_equal(components[:, : min(shape)], known)
    assert known.var(axis=0).sum() == pytest.approx(states.var(axis=0).sum())


def test_a_quarter_of_the_circle_is_explained_by_its_own_points_only():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, np.pi / 2, 600)
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    assert metrics.angle_r2(points, angle) == pytest.approx(1)
    assert metrics.angle_r2(points, rng.permutation(angle)) < 0.05


def test_shuffled_angles_and_a_line_of_angles_are_not_explained():
    rng = np.random.default_rng(1)
    states, angle = ring(rng)
    components = metrics.principal_components(states, 2)
    assert metrics.angle_r2(components, rng.permutation(angle)) < 0.05
    # A ring walked twice has the angle of no plane.
    twice = np.column_stack([np.cos(2 * angle), np.sin(2 * angle)])
    assert metrics.angle_r2(twice, angle) < 0.05


def test_angle_r2_does_not_depend_on_scale_shift_or_rotation():
    states, angle = ring(np.random.default_rng(2))
    points = metrics.principal_components(states, 2) + np.random.default_rng(3).normal(
        size=(600, 2)
    )
    moved = 7 * points @ np.array([[0, 1], [-1, 0]]) + 100
    assert 0.5 < metrics.angle_r2(points, angle) < 0.95
    assert metrics.angle_r2(moved, angle) == pytest.approx(metrics.angle_r2(points, angle))


def test_linear_r2_is_that_of_least_squares_with_an_intercept():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((300, 2))
    values = 3 + points @ [2.0, -1.0] + rng.standard_normal(300)
    design = np.column_stack([np.ones(300), points])
    fitted = design @ np.linalg.solve(design.T @ design, design.T @ values)
    expected = np.corrcoef(fitted, values)[0, 1] ** 2
    assert metrics.linear_r2(points, values) == pytest.approx(expected)
    assert metrics.linear_r2(points, 5 - 2 * points[:, 0]) == pytest.approx(1)


def test_a_shuffled_measure_is_its_mean_over_orders_of_the_labels():
    labels = np.arange(50)
    rng, same = np.random.default_rng(3), np.random.default_rng(3)
    found = metrics.shuffled(lambda order: float(order[:10].mean()), labels, rng)
    orders = [same.permutation(labels) for _ in range(metrics.SHUFFLES)]
    assert found == pytest.approx(np.mean([order[:10].mean() for order in orders]))
    np.testing.assert_array_equal(labels, np.arange(50))


def test_sign_accuracy_finds_the_coordinate_that_tells_the_groups_apart():
    rng = np.random.default_rng(0)
    anti = rng.random(4000) < 0.25
    coordinates = rng.standard_normal((4000, 3))
    coordinates[:, 1] = np.where(anti, -1, 1) * (1 + rng.random(4000))
    coordinates[:, 2] = 1.0
    accuracy = metrics.sign_accuracy(coordinates, anti)
    assert accuracy[0] == pytest.approx(0.5, abs=0.05)
    # Three quarters of the samples are pro, and a coordinate of one sign still tells nothing.
    np.testing.assert_allclose(accuracy[1:], [1, 0.5])


def test_the_sine_of_the_answer_passes_with_a_polarity_for_each_half_circle_only():
    rng = np.random.default_rng(0)
    theta, anti = rng.uniform(0, 2 * np.pi, 4000), rng.random(4000) < 0.5
    answer = np.sin(theta + np.pi * anti)[:, None]
    assert metrics.sign_accuracy(answer, anti, theta >= np.pi) == pytest.approx(1)
    assert metrics.sign_accuracy(answer, anti) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("flip", np.radians([0, 35, 90, 175]))
def test_flip_accuracy_finds_the_angle_and_the_coordinate_whose_sign_flips_there(flip):
    rng = np.random.default_rng(0)
    theta, anti = rng.uniform(0, 2 * np.pi, 4000), rng.random(4000) < 0.3
    coordinates = rng.standard_normal((4000, 3))
    assert metrics.flip_accuracy(coordinates, anti, theta) < 0.56
    coordinates[:, 2] = 3 * np.sin(theta - flip) * np.where(anti, -1, 1)
    assert metrics.flip_accuracy(coordinates, anti, theta) == pytest.approx(1)
    assert metrics.flip_accuracy(-coordinates, anti, theta) == pytest.approx(1)


def test_a_sign_that_does_not_flip_and_one_that_flips_twice_have_no_flip_accuracy():
    rng = np.random.default_rng(1)
    theta, anti = rng.uniform(0, 2 * np.pi, 4000), rng.random(4000) < 0.5
    side = np.where(anti, -1, 1)
    for sign in (side, side * np.sign(np.sin(2 * theta))):
        assert metrics.flip_accuracy(sign[:, None], anti, theta) < 0.56


def test_sign_accuracy_needs_both_groups():
    with pytest.raises(ValueError, match="both groups"):
        metrics.sign_accuracy(np.ones((3, 1)), np.ones(3, bool))


def test_silhouette_is_high_for_clusters_and_low_for_shuffled_groups():
    rng = np.random.default_rng(0)
    query = np.repeat(np.arange(5), 40)
    states = 4 * rng.standard_normal((5, 6))[query] + 0.2 * rng.standard_normal((200, 6))
    assert metrics.silhouette(states, query) > 0.8
    assert metrics.silhouette(states, rng.permutation(query)) < 0


def test_rank_correlation_ignores_sign_and_bends():
    value = np.random.default_rng(0).uniform(-1, 1, 200)
    assert metrics.rank_correlation(-np.exp(5 * value), value) == pytest.approx(1)
    assert metrics.rank_correlation(value**2, value) < 0.3
