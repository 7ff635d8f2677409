"""Batched training: equal to the plain loop, and a run independent of its neighbours."""

import itertools
import logging
import os
import subprocess
import sys

import numba
import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import expit
from torch.nn import functional

from benchmarks.hold import narrowing, widths
from benchmarks.plain_gates import train_plain
from neuroswitch import index, modulation
from neuroswitch.gates import kernel, lanes, networks, tables
from neuroswitch.gates.experiment import representative
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.gates.training import (
    modulator,
    orders,
    record_schedule,
    train,
    train_together,
)

ROOT = 7


def every_cycle(condition):
    return np.arange(1, condition.cycles + 1)


def assert_same(one, other):
    np.testing.assert_array_equal(one.final, other.final)
    for name, a, b in zip(one.records._fields, one.records, other.records, strict=True):
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("pullback", ["inverse", "transpose"])
@pytest.mark.parametrize("family", index.all_of("family"))
def test_equals_the_plain_loop_for_every_family(condition, family, pullback):
    chosen = condition(family=family, pullback=pullback)
    outcome = train(chosen, range(3), ROOT, every_cycle(chosen))
    for run in range(3):
        plain = train_plain(chosen, run, ROOT)
        tolerance = 1e-13 * outcome.condition_number[run] * chosen.cycles
        np.testing.assert_allclose(
            outcome.final[run], plain, rtol=0, atol=tolerance * np.abs(plain).max()
        )


@pytest.mark.parametrize("layers", [2, 4])
@pytest.mark.parametrize("tasks", ["XOR", "AND/XOR", "XOR/OR/AND"])
def test_equals_the_plain_loop_for_depths_and_numbers_of_tasks(condition, layers, tasks):
    chosen = condition(layers=layers, tasks=tasks, learning_rate=0.5, width=5)
    outcome = train(chosen, range(2), ROOT, every_cycle(chosen))
    for run in range(2):
        np.testing.assert_allclose(
            outcome.final[run], train_plain(chosen, run, ROOT), rtol=1e-9, atol=1e-11
        )


@pytest.mark.parametrize("tasks", ["XOR", "AND/XOR"])
@pytest.mark.parametrize("initialisation", ["torch", "normal", "glorot"])
@pytest.mark.parametrize("batch", ["full", "single", "ordered"])
@pytest.mark.parametrize("loss", ["mean_squared_error", "cross_entropy"])
def test_equals_the_plain_loop_for_every_loss_batch_and_start(
    condition, loss, batch, initialisation, tasks
):
    chosen = condition(
        loss=loss, batch=batch, initialisation=initialisation, tasks=tasks, learning_rate=0.3
    )
    outcome = train(chosen, range(3), ROOT, every_cycle(chosen))
    for run in range(3):
        np.testing.assert_allclose(
            outcome.final[run], train_plain(chosen, run, ROOT), rtol=1e-9, atol=1e-11
        )


def test_the_comparison_would_notice_another_loss_batch_or_order(condition):
    base = {"tasks": "XOR", "learning_rate": 0.3, "loss": "cross_entropy", "batch": "single"}
    outcome = train(condition(**base), range(1), ROOT, np.array([12]))
    for change in (
        {"loss": "mean_squared_error"},
        {"batch": "full"},
        {"initialisation": "glorot"},
        {"stream": "another"},
    ):
        wrong = train_plain(condition(**(base | change)), 0, ROOT)
        assert np.abs(outcome.final[0] - wrong).max() > 1e-3, change


def test_a_pattern_at_a_time_comes_in_every_order_and_in_a_run_s_own(condition):
    chosen = condition(batch="single", cycles=200)
    drawn = np.stack([orders(chosen, run, ROOT) for run in range(2)])
    assert drawn.shape == (2, chosen.epochs)
    assert (np.bincount(drawn[0], minlength=24) > 0).all()
    assert 0.01 < (drawn[0] == drawn[1]).mean() < 0.1
    assert {tuple(order) for order in kernel.ORDERS} == set(itertools.permutations(range(4)))


def test_patterns_in_order_are_shown_as_the_table_has_them_in_every_epoch(condition):
    shown = kernel.ORDERS[orders(condition(batch="ordered"), 5, ROOT)]
    assert shown.tolist() == [[0, 1, 2, 3]] * condition().epochs
    ordered, shuffled = (
        train(condition(batch=batch, learning_rate=0.3), range(1), ROOT, np.array([12]))
        for batch in ("ordered", "single")
    )
    assert np.abs(ordered.final - shuffled.final).max() > 1e-3


def drawn(condition, runs=2):
    """Return M [runs, n_w, n_w] and v [runs, n_b] of the first runs of a condition."""
    both = [modulator(condition, run, ROOT) for run in range(runs)]
    return np.stack([modulation.matrix(m) for m, _ in both]), np.stack([v for _, v in both])


def test_runs_share_m_and_v_or_have_their_own_and_their_start_is_the_same(condition):
    (m, v), (own_m, own_v) = (drawn(condition(shared_modulator=s)) for s in (True, False))
    np.testing.assert_array_equal(m[0], m[1])
    np.testing.assert_array_equal(v[0], v[1])
    assert (own_m[0] != own_m[1]).any()
    assert (own_v[0] != own_v[1]).all()
    shared, own = (
        train(condition(shared_modulator=s), range(3), ROOT, np.array([12])) for s in (True, False)
    )
    assert len(np.unique(shared.condition_number)) == 1
    assert len(np.unique(own.condition_number)) == 3
    np.testing.assert_array_equal(shared.initial, own.initial)
    assert len(np.unique(shared.final, axis=0)) == 3


def test_v_is_normal_or_uniform_times_the_shift(condition):
    _, normal = drawn(condition(bias_shift=0.5), runs=2000)
    _, uniform = drawn(condition(bias_shift=2.0, shift_distribution="uniform"), runs=2000)
    assert normal.mean() == pytest.approx(0, abs=0.01)
    assert normal.std() == pytest.approx(0.5, rel=0.02)
    assert uniform.min() >= 0
    assert uniform.max() < 2
    assert uniform.mean() == pytest.approx(1, rel=0.02)
    assert uniform.std() == pytest.approx(2 / np.sqrt(12), rel=0.02)


def test_the_comparison_would_notice_the_other_pull_back(condition):
    outcome = train(condition(), range(1), ROOT, np.array([12]))
    wrong = train_plain(condition(pullback="transpose"), 0, ROOT)
    assert np.abs(outcome.final[0] - wrong).max() > 1e-3


@pytest.mark.parametrize(
    ("loss", "batch"), [("mean_squared_error", "full"), ("cross_entropy", "single")]
)
def test_a_run_does_not_depend_on_chunks_threads_or_neighbours(condition, loss, batch):
    chosen = condition(tasks="AND/XOR", cycles=20, loss=loss, batch=batch)
    whole = train(chosen, range(50), ROOT, every_cycle(chosen))
    assert_same(whole, train(chosen, range(50), ROOT, every_cycle(chosen), threads=2))
    for step in (1, 6, 17):
        parts = [range(first, min(first + step, 50)) for first in range(0, 50, step)]
        pieces = [train(chosen, part, ROOT, every_cycle(chosen)) for part in parts]
        for name in whole.records._fields:
            joined = np.concatenate([getattr(piece.records, name) for piece in pieces], axis=-1)
            np.testing.assert_array_equal(getattr(whole.records, name), joined, err_msg=name)
        np.testing.assert_array_equal(whole.final, np.concatenate([p.final for p in pieces]))


DIGESTS = """
import hashlib
from neuroswitch.gates.training import train
from neuroswitch.settings.gates import Condition
for values in {conditions}:
    outcome = train(Condition(**values), range(20), {root}, [values["cycles"]])
    digest = hashlib.sha256(outcome.final.tobytes())
    for array in outcome.records:
        digest.update(array.tobytes())
    print(digest.hexdigest())
"""


@pytest.mark.skipif(len(widths()) == 1, reason="this processor has one width of vectors")
def test_a_run_has_the_same_bits_with_avx2_and_with_avx_512(condition):
    # A permutation is inverted exactly. How others are is up to a library, and to the processor.
    base = {"family": "signed_permutation", "learning_rate": 0.3}
    chosen = [
        condition(**base).model_dump(),
        condition(**base, loss="cross_entropy", batch="single", layers=4, width=3).model_dump(),
    ]
    script = DIGESTS.format(conditions=chosen, root=ROOT)
    digests = []
    for narrowed in ({}, {"NUMBA_CPU_FEATURES": narrowing()["NUMBA_CPU_FEATURES"]}):
        found = subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | narrowed,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.append(found.stdout.split())
    assert len(set(digests[0])) == 2
    assert digests[0] == digests[1]


def test_conditions_trained_together_are_those_trained_alone(condition):
    alike = [
        condition(),
        condition(learning_rate=0.3, family="gaussian", scale=1.0),
        condition(pullback="transpose", bias_shift=1.0, initialisation="glorot"),
    ]
    together = train_together(alike, range(3), ROOT, every_cycle(alike[0]))
    for one, outcome in zip(alike, together, strict=True):
        alone = train(one, range(3), ROOT, every_cycle(one))
        assert_same(outcome, alone)
        np.testing.assert_array_equal(outcome.condition_number, alone.condition_number)
        np.testing.assert_array_equal(outcome.runs, alone.runs)


def test_tracing_changes_nothing_and_ends_where_the_run_ends(condition):
    chosen = condition(tasks="OR")
    plain = train(chosen, range(3), ROOT, every_cycle(chosen))
    traced = train(chosen, range(3), ROOT, every_cycle(chosen), traced=True)
    np.testing.assert_array_equal(plain.final, traced.final)
    np.testing.assert_array_equal(traced.records.path[-1].T, traced.final)
    np.testing.assert_array_equal(
        traced.records.epoch_loss[:: chosen.period], traced.records.loss_at_switch[:, 0]
    )


@pytest.mark.parametrize("loss", ["mean_squared_error", "cross_entropy"])
def test_losses_and_counts_are_those_of_the_network_itself(condition, loss):
    chosen = condition(cycles=1, period=4, loss=loss)
    outcome = train(chosen, range(5), ROOT, np.array([1]), traced=True)
    sizes = networks.layer_sizes(2, 8)
    for lane in range(5):
        for task, gate in enumerate(chosen.gates):
            end_of_phase = outcome.records.path[(task + 1) * chosen.period - 1, :, lane]
            output = forward(end_of_phase, sizes)
            target = truth(gate)
            expected = {
                "mean_squared_error": np.mean((output - target) ** 2),
                "cross_entropy": -np.mean(np.log(np.abs(1 - target - output))),
            }
            assert outcome.records.loss_after[0, task, lane] == pytest.approx(
                expected[loss], rel=1e-12
            )
            right = np.sum((output > 0.5) == (target > 0.5))
            assert outcome.records.correct_after[0, task, lane] == right


def forward(parameters, sizes):
    """Return outputs [patterns] of a network given as weights then biases."""
    activity, weight = INPUTS, 0
    unit = sum(out * fan_in for out, fan_in in networks.weight_shapes(sizes))
    for layer, (out, fan_in) in enumerate(networks.weight_shapes(sizes)):
        matrix = parameters[weight : weight + out * fan_in].reshape(out, fan_in)
        activity = activity @ matrix.T + parameters[unit : unit + out]
        last = layer == len(sizes) - 2
        activity = expit(activity) if last else np.maximum(activity, 0)
        weight, unit = weight + out * fan_in, unit + out
    return activity[:, 0]


def test_streaks_and_firsts_follow_from_the_counts(condition):
    chosen = condition(learning_rate=0.5, cycles=120)
    records = train(chosen, range(20), ROOT, every_cycle(chosen)).records
    for notion, streak, first in (
        (records.correct_after, records.retrained_streak, records.first_retrained),
        (records.correct_at_switch, records.zero_shot_streak, records.first_zero_shot),
    ):
        right = (notion == 4).all(axis=1)
        assert right.any()
        assert not right.all()
        for lane in range(20):
            count = 0
            for row in range(chosen.cycles):
                count = count + 1 if right[row, lane] else 0
                assert streak[row, lane] == count
            expected = np.argmax(right[:, lane]) + 1 if right[:, lane].any() else 0
            assert first[lane] == expected


def test_peaks_and_steps_follow_from_every_epoch(condition):
    chosen = condition(learning_rate=0.5, cycles=40)
    records = train(chosen, range(4), ROOT, every_cycle(chosen), traced=True).records
    losses = records.epoch_loss.reshape(chosen.cycles, 2, chosen.period, 4)
    ends = np.concatenate([losses, records.loss_after[:, :, None]], axis=2)
    np.testing.assert_allclose(records.peak_first_tenth, losses[:4].max(axis=2).mean(axis=0))
    np.testing.assert_allclose(records.peak_last_tenth, losses[-4:].max(axis=2).mean(axis=0))
    to_second = (losses[:, 1, 0] - ends[:, 0, -1]).max(axis=0)
    to_first = (losses[1:, 0, 0] - ends[:-1, 1, -1]).max(axis=0)
    np.testing.assert_allclose(records.largest_step, np.maximum([to_first, to_second], 0))


@pytest.mark.parametrize("cycles", [1, 2, 4, 41])
def test_drift_of_the_peaks_is_the_fitted_slope_over_the_last_half(condition, cycles):
    chosen = condition(learning_rate=0.5, cycles=cycles)
    outcome = train(chosen, range(4), ROOT, every_cycle(chosen), traced=True)
    peaks = outcome.records.epoch_loss.reshape(cycles, 2, chosen.period, 4).max(axis=2)
    half = max(1, cycles // 2)
    last = peaks[-half:].reshape(half, -1)
    slope = np.polyfit(np.arange(half), last, 1)[0] if half > 1 else 0
    drift = tables.tasks(chosen, outcome)["peak_drift"]
    np.testing.assert_allclose(drift, slope * half / last.mean(axis=0), rtol=1e-9, atol=1e-12)
    assert drift.any() == (half > 1)


def test_peaks_that_are_all_zero_drift_by_zero(condition):
    chosen = condition(cycles=4)
    outcome = train(chosen, range(2), ROOT, every_cycle(chosen))
    outcome.records.peak_last_half[0, 1] = outcome.records.peak_change[0, 1] = 0
    drift = tables.tasks(chosen, outcome)["peak_drift"]
    assert (drift == 0).tolist() == [False, True, False, False]


def test_a_diverging_run_is_named_recorded_and_leaves_the_others_alone(
    condition, caplog, monkeypatch
):
    chosen = condition(tasks="AND")
    calm = train(chosen, range(4), ROOT, every_cycle(chosen))
    draw = networks.initial_parameters

    def poisoned(rng, sizes, initialisation):
        weights, biases = draw(rng, sizes, initialisation)
        if np.isclose(weights[0], calm.initial[2, 0]):
            weights[0] = np.nan
        return weights, biases

    monkeypatch.setattr(networks, "initial_parameters", poisoned)
    with caplog.at_level(logging.WARNING):
        outcome = train(chosen, range(4), ROOT, every_cycle(chosen))
    frame = tables.runs(chosen, outcome).set_index("run")
    assert frame.loc[2, "diverged_epoch"] == 1
    assert not frame.loc[2, ["solved", "stable_success", "zero_shot_success"]].any()
    assert (frame["diverged_epoch"].drop(2) == 0).all()
    assert "run 2 of AND stopped: its loss is not finite from epoch 1 on" in caplog.text
    np.testing.assert_array_equal(outcome.final[[0, 1, 3]], calm.final[[0, 1, 3]])
    levels = ["peak_first_tenth", "peak_last_tenth", "peak_drift", "largest_step"]
    told = tables.tasks(chosen, outcome).set_index("run")[levels]
    assert told.loc[2].isna().all()
    assert told.drop(2).notna().all(axis=None)


def test_an_ill_conditioned_matrix_warns_with_its_condition_number(condition, caplog, monkeypatch):
    def train_with(smallest):
        """Train with gains of which one is so small and all others are 1."""
        monkeypatch.setattr(
            modulation,
            "diagonal",
            lambda rng, shapes, scale: modulation.Diagonal(np.r_[smallest, np.ones(23)]),
        )
        train(condition(family="diagonal"), range(1), ROOT, np.array([12]))

    with caplog.at_level(logging.WARNING):
        train_with(1e-7)
        assert not caplog.records
        train_with(1e-9)
    assert "M of family diagonal has condition number 1.0e+09" in caplog.text


def lane_by_lane(function, x):
    """Return a function of vectors [RUNS] of every number of an array."""

    @numba.njit
    def apply(numbers):
        for i in range(len(numbers)):
            lanes.store(numbers, i, function(lanes.load(numbers, i)))

    numbers = np.resize(x, (-(-len(x) // lanes.RUNS), lanes.RUNS)).astype(float)
    apply(numbers)
    return numbers.ravel()[: len(x)]


def test_sigmoid_is_exact_to_rounding():
    z = np.concatenate([np.linspace(-40, 40, 4001), np.linspace(-1e-3, 1e-3, 1001)])
    np.testing.assert_allclose(lane_by_lane(lanes.sigmoid, z), expit(z), rtol=8e-16)
    special = lane_by_lane(lanes.sigmoid, [-np.inf, -750.0, 0.0, 750.0, np.inf, np.nan])
    np.testing.assert_allclose(special, [0, 0, 0.5, 1, 1, np.nan], rtol=0, atol=1e-299)


def test_logarithm_is_exact_to_rounding():
    x = np.concatenate([np.geomspace(1e-175, 1, 4001), 1 - np.geomspace(1e-16, 0.5, 4001)])
    np.testing.assert_allclose(lane_by_lane(lanes.logarithm, x), np.log(x), rtol=1e-15, atol=1e-16)
    np.testing.assert_array_equal(lane_by_lane(lanes.logarithm, [1.0, np.nan]), [0, np.nan])


def test_cross_entropy_of_a_certain_and_wrong_output_is_a_hundred_a_pattern(condition, monkeypatch):
    """PyTorch's bound, too: an output that rounding makes certain does not cost infinitely much."""
    chosen = condition(tasks="OR", loss="cross_entropy", cycles=1, period=1)
    certain = np.zeros(24), np.r_[np.zeros(8), 800.0]
    monkeypatch.setattr(networks, "initial_parameters", lambda *_: certain)
    records = train(chosen, range(1), ROOT, np.array([1])).records
    wrong = functional.binary_cross_entropy(torch.ones(4), torch.tensor([0.0, 1, 1, 1]))
    assert records.loss_at_switch[0, 0, 0] == pytest.approx(wrong.item()) == 25


def initial_draws(initialisation):
    """Return weights and biases [draws, ...] of many networks of width 8."""
    sizes = networks.layer_sizes(2, 8)
    generators = map(np.random.default_rng, range(2000))
    draws = [networks.initial_parameters(rng, sizes, initialisation) for rng in generators]
    return tuple(np.stack(side) for side in zip(*draws, strict=True))


def test_initial_parameters_are_standard_normal_or_glorot_s():
    weights, biases = initial_draws("normal")
    for values in (weights, biases):
        assert values.std() == pytest.approx(1, rel=0.02)
        assert values.mean() == pytest.approx(0, abs=0.02)
    weights, biases = initial_draws("glorot")
    assert not biases.any()
    for values, bound in ((weights[:, :16], np.sqrt(6 / 10)), (weights[:, 16:], np.sqrt(6 / 9))):
        assert np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.03)


def test_initial_parameters_are_those_of_a_torch_linear_layer():
    weights, biases = initial_draws("torch")
    for values, bound in (
        (weights[:, :16], 1 / np.sqrt(2)),
        (weights[:, 16:], 1 / np.sqrt(8)),
        (biases[:, :8], 1 / np.sqrt(2)),
        (biases[:, 8:], 1 / np.sqrt(8)),
    ):
        assert np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / np.sqrt(3), rel=0.03)


def test_record_schedule_has_both_ends_and_no_repeats():
    for cycles in (1, 2, 7, 500, 5000):
        for count in (2, 3, 4, 5, 60):
            schedule = record_schedule(cycles, count)
            assert schedule[0] == 1
            assert schedule[-1] == cycles
            assert (np.diff(schedule) > 0).all()
            assert len(schedule) <= count


def test_record_schedule_is_half_even_and_half_log_spaced():
    even, spread = [1, 2501, 5000, 7500, 10_000], [1, 10, 100, 1000, 10_000]
    assert record_schedule(10_000, 10).tolist() == sorted({*even, *spread})


def test_success_does_not_depend_on_how_much_history_is_kept(condition):
    chosen = condition(tasks="AND/OR", learning_rate=0.5, cycles=60)
    frames = [
        tables.runs(chosen, train(chosen, range(20), ROOT, record_schedule(60, count)))
        for count in (2, 60)
    ]
    assert frames[0]["stable_success"].any()
    pd.testing.assert_frame_equal(*frames)


def test_a_schedule_without_the_last_cycle_is_refused(condition):
    chosen = condition(cycles=60)
    with pytest.raises(ValueError, match="cycle 60, the last one, must be recorded"):
        train(chosen, range(2), ROOT, np.array([1, 59]))


def test_representative_is_the_successful_run_of_median_speed(condition):
    chosen = condition(tasks="AND/XOR", learning_rate=0.5, cycles=120)
    outcome = train(chosen, range(30), ROOT, every_cycle(chosen))
    frame = tables.runs(chosen, outcome).set_index("run")
    good = frame[frame["solved"]]
    assert 0 < len(good) < 30
    speed = good.loc[representative(frame.reset_index()), "first_retrained_cycle"]
    assert speed == good["first_retrained_cycle"].quantile(0.5, interpolation="lower")
