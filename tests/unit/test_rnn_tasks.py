"""The tasks of paper 2: every bound, amplitude, target and weight, over thousands of draws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks import element_finder, measure_wait_go, multitask
from tests.unit.small_networks import task_with_trials

TASKS = [*map(task_with_trials, index.all_of("task")), multitask.MemoryAnti()]
SEEDS = st.integers(0, 2**32 - 1)
SAME_EVERY_TIME = settings(derandomize=True, deadline=None)
MEMORY = [multitask.TASKS.index(name) for name in ("memory_pro", "memory_anti")]
ANTI = [multitask.TASKS.index(name) for name in ("delay_anti", "memory_anti")]
ALL_INTERVALS = measure_wait_go.TRAINED + measure_wait_go.EXTRAPOLATED


def multitask_trials(seed, trials=500, **options):
    """Trials of all four tasks, unless said otherwise."""
    rng = np.random.default_rng(seed)
    return multitask.draw(
        rng, trials, **({"tasks": np.arange(trials) % 4, "contexts": 4} | options)
    )


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_every_task_draws_what_it_announces(task):
    trials = task.draw(np.random.default_rng(0), 7)
    assert len(trials) == 7
    assert trials.inputs.shape == (7, task.STEPS, task.CHANNELS)
    assert trials.targets.shape == (7, task.STEPS, task.OUTPUTS)
    assert trials.weights.shape == (7, task.STEPS)
    for array in (trials.inputs, trials.targets, trials.weights):
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert np.isfinite(array).all()
    assert (trials.weights >= 0).all()
    assert (trials.weights.sum(axis=1) > 0).all()
    assert {values.shape for values in trials.labels.values()} == {(7,)}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_a_draw_depends_on_its_generator_alone(task):
    first, again, other = (task.draw(np.random.default_rng(seed), 50) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, again.targets)
    assert (first.inputs != other.inputs).any()


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_a_part_of_the_trials_keeps_what_belongs_together(task):
    rng = np.random.default_rng(0)
    trials = task.draw(rng, 20)
    # Weights differ between trials in no task so far.
    trials = replace(trials, weights=rng.random(trials.weights.shape, np.float32))
    chosen = np.array([5, 17, 2])
    part = trials[chosen]
    np.testing.assert_array_equal(part.inputs, trials.inputs[chosen])
    np.testing.assert_array_equal(part.targets, trials.targets[chosen])
    np.testing.assert_array_equal(part.weights, trials.weights[chosen])
    for label, values in trials.labels.items():
        np.testing.assert_array_equal(part.labels[label], values[chosen])


def mean_squared_error(intervals, lengths):
    trials = measure_wait_go.test_trials(intervals)
    ramps = measure_wait_go.ramp(trials.labels["go"], np.asarray(lengths))
    return np.mean((trials.targets[..., 0] - ramps) ** 2)


def test_ramps_that_know_no_interval_score_the_reference_figures():
    trained, extrapolated = measure_wait_go.TRAINED, measure_wait_go.EXTRAPOLATED
    assert f"{mean_squared_error(trained, [15] * 4):.5f}" == "0.00095"
    assert f"{mean_squared_error(extrapolated, [15] * 8):.4f}" == "0.0114"
    assert f"{mean_squared_error(extrapolated, np.clip(extrapolated, 12, 18)):.4f}" == "0.0057"


def test_training_has_every_onset_with_every_interval_once():
    labels = measure_wait_go.training_trials().labels
    pairs = set(zip(labels["measure"].tolist(), labels["interval"].tolist(), strict=True))
    assert pairs == {(m, i) for m in range(10, 20) for i in (12, 14, 16, 18)}
    assert len(labels["measure"]) == 40


def test_test_trials_follow_the_intervals_they_are_given():
    labels = measure_wait_go.test_trials(ALL_INTERVALS).labels
    assert tuple(labels["interval"]) == ALL_INTERVALS
    assert set(labels["measure"]) == {15}


@pytest.mark.parametrize(
    "trials",
    [measure_wait_go.training_trials(), measure_wait_go.test_trials(ALL_INTERVALS)],
    ids=["training", "test"],
)
def test_measure_wait_go_is_three_pulses_and_a_ramp_as_long_as_the_interval(trials):
    assert (trials.weights == 1).all()
    for i in range(len(trials)):
        measure, wait, go, interval = (
            trials.labels[name][i] for name in ("measure", "wait", "go", "interval")
        )
        assert wait - measure == interval
        assert go - wait == 15
        expected = np.zeros((110, 3))
        expected[measure, 0] = expected[wait, 1] = expected[go, 2] = 10
        np.testing.assert_array_equal(trials.inputs[i], expected)
        target = trials.targets[i, :, 0]
        assert (target[: go + 1] == -0.5).all()
        assert (target[go + interval :] == 0.5).all()
        assert len(target[go + interval :]) > 0
        np.testing.assert_allclose(np.diff(target[go : go + interval + 1]), 1 / interval, rtol=1e-5)


@pytest.mark.parametrize("interval", [-2, 0, 40])
def test_an_interval_that_does_not_fit_is_refused(interval):
    with pytest.raises(NeuroswitchError, match=f"1 to 39 steps.*{interval}"):
        measure_wait_go.test_trials([12, interval])
    assert len(measure_wait_go.test_trials([1, 39])) == 2


@SAME_EVERY_TIME
@given(SEEDS)
def test_multitask_periods_stay_within_the_shares_of_their_durations(seed):
    labels = multitask_trials(seed).labels
    on, off, go = labels["on"], labels["off"], labels["go"]
    memory = np.isin(labels["task"], MEMORY)
    periods = {
        False: {"before": (0.3, 0.7), "stimulus": (0.2, 1.5), "response": (0.3, 0.7)},
        True: {
            "before": (0.3, 0.7),
            "stimulus": (0.2, 1.6),
            "memory": (0.2, 1.6),
            "response": (0.3, 0.7),
        },
    }
    found = {
        False: {"before": on, "stimulus": go - on, "response": 100 - go},
        True: {"before": on, "stimulus": off - on, "memory": go - off, "response": 100 - go},
    }
    assert (off[~memory] == 100).all()
    for has_memory, durations in periods.items():
        for name, (shortest, longest) in durations.items():
            lengths = found[has_memory][name][memory == has_memory]
            others = [bounds for other, bounds in durations.items() if other != name]
            least = 100 * shortest / (shortest + sum(high for _, high in others))
            most = 100 * longest / (longest + sum(low for low, _ in others))
            # Both ends of a period are rounded up, each by less than a step.
            assert lengths.min() >= least - 1
            assert lengths.max() <= most + 1


def test_multitask_durations_have_the_spread_that_they_are_drawn_with():
    rng = np.random.default_rng(1)
    labels = multitask_trials(0, 20_000, tasks=0).labels
    before, stimulus, response = (
        rng.uniform(low, high, 200_000) for low, high in ((0.3, 0.7), (0.2, 1.5), (0.3, 0.7))
    )
    total = before + stimulus + response
    # An end is rounded up, by half a step in the mean.
    for found, expected, longer in (
        (labels["on"], before, 0.5),
        (labels["go"] - labels["on"], stimulus, 0),
        (100 - labels["go"], response, -0.5),
    ):
        shares = 100 * expected / total
        assert found.mean() == pytest.approx(shares.mean() + longer, abs=0.4)
        assert found.std() == pytest.approx(shares.std(), rel=0.05)


def test_a_step_of_multitask_belongs_to_a_period_until_its_share_of_the_trial_is_reached():
    """The authors' rule, step by step: a period ends at the first t >= share x 100."""
    uniform = np.random.default_rng(0).random((2000, 4))
    task = np.arange(2000) % 4
    lowest, highest = multitask._DURATIONS[task].transpose(2, 0, 1)
    ends = np.cumsum(lowest + (highest - lowest) * uniform, axis=1)
    shares = ends / ends[:, -1:]
    over = np.arange(100)[:, None] >= 100 * shares[:, None]
    before = np.sum(~over, axis=1)
    np.testing.assert_array_equal(multitask._bounds(uniform, task)[:, 1:], before)
    assert (before[:, -1] == 100).all()


@SAME_EVERY_TIME
@given(SEEDS)
def test_multitask_inputs_and_targets_are_those_of_their_labels(seed):
    trials = multitask_trials(seed)
    labels = {name: values[:, None] for name, values in trials.labels.items()}
    steps = np.arange(100)
    waiting = steps < labels["go"]
    shown = (steps >= labels["on"]) & (steps < labels["off"])
    turned = labels["theta"] + np.pi * np.isin(labels["task"], ANTI)
    inputs = [waiting, shown * np.sin(labels["theta"]), shown * np.cos(labels["theta"])]
    inputs += [np.broadcast_to(labels["task"] == context, waiting.shape) for context in range(4)]
    np.testing.assert_allclose(trials.inputs, np.stack(inputs, axis=-1), atol=1e-6)
    targets = [0.8 * waiting, ~waiting * np.sin(turned), ~waiting * np.cos(turned)]
    np.testing.assert_allclose(trials.targets, np.stack(targets, axis=-1), atol=1e-6)
    assert (trials.weights == 1).all()
    for name in ("theta", "target"):
        assert labels[name].min() >= 0
        assert labels[name].max() < 2 * np.pi
    np.testing.assert_allclose(np.exp(1j * labels["target"]), np.exp(1j * turned), atol=1e-9)


def test_multitask_angles_are_uniform_on_the_circle():
    theta = multitask_trials(0, 20_000).labels["theta"]
    counts = np.histogram(theta, bins=8, range=(0, 2 * np.pi))[0]
    assert counts.sum() == 20_000
    # Five standard deviations of a binomial count.
    assert np.abs(counts - 2500).max() < 5 * np.sqrt(2500 * 7 / 8)


def test_a_fresh_batch_draws_the_trained_tasks_uniformly_and_a_set_keeps_those_given():
    rng = np.random.default_rng(0)
    fresh = multitask.draw(rng, 9000)
    assert fresh.inputs.shape == (9000, 100, 6)
    counts = np.bincount(fresh.labels["task"])
    assert len(counts) == 3
    assert np.abs(counts - 3000).max() < 5 * np.sqrt(9000 * 2 / 9)
    balanced = np.arange(500) % 3
    np.testing.assert_array_equal(multitask.draw(rng, 500, balanced).labels["task"], balanced)
    alone = multitask.draw(rng, 10, tasks=3, contexts=4)
    assert (alone.labels["task"] == 3).all()
    assert (alone.inputs[..., 6] == 1).all()
    assert (alone.inputs[..., 3:6] == 0).all()


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_gaussian_on_its_channels_and_nowhere_else(seed):
    clean = multitask_trials(seed, 300)
    noisy = clean.noisy(np.random.default_rng(seed + 10), 0.1, multitask.OLD_CONTEXTS)
    noise = noisy.inputs - clean.inputs
    assert (noise[..., [0, 1, 2, 6]] == 0).all()
    assert noise.dtype == np.float32
    old = noise[..., 3:6]
    # 90 000 values: five standard errors of the mean and of the standard deviation.
    assert abs(old.mean()) < 5 * 0.1 / 300
    assert old.std() == pytest.approx(0.1, abs=5 * 0.1 / np.sqrt(2 * 90_000))
    assert abs(np.corrcoef(old[:, :-1].ravel(), old[:, 1:].ravel())[0, 1]) < 5 / 298
    np.testing.assert_array_equal(noisy.targets, clean.targets)
    np.testing.assert_array_equal(noisy.labels["go"], clean.labels["go"])


def test_noise_is_on_every_input_unless_told_and_leaves_the_trials_it_is_added_to():
    clean = multitask_trials(0, 50)
    before = clean.inputs.copy()
    noisy = clean.noisy(np.random.default_rng(1), 0.1)
    assert ((noisy.inputs != before).mean(axis=(0, 1)) > 0.99).all()
    np.testing.assert_array_equal(clean.inputs, before)


@pytest.mark.parametrize(("tasks", "contexts"), [(3, 3), (-1, 3), (0, 5)])
def test_a_task_without_a_context_channel_is_refused(tasks, contexts):
    with pytest.raises(NeuroswitchError, match="number of contexts"):
        multitask.draw(np.random.default_rng(0), 5, tasks=tasks, contexts=contexts)


@SAME_EVERY_TIME
@given(SEEDS)
def test_the_element_finder_asks_for_the_element_at_the_query(seed):
    trials = element_finder.draw(np.random.default_rng(seed), 200)
    query, value = trials.labels["query"], trials.labels["value"]
    sequence = trials.inputs[..., 0]
    assert trials.inputs.shape == (200, 26, 1)
    np.testing.assert_array_equal(sequence[:, 0], query)
    np.testing.assert_array_equal(sequence[np.arange(200), 1 + query], value)
    np.testing.assert_array_equal(trials.targets[:, -1, 0], value)
    np.testing.assert_array_equal(trials.weights, np.tile(np.eye(26)[-1], (200, 1)))
    np.testing.assert_array_equal(sequence, np.round(sequence))
    assert query.min() >= 0
    assert query.max() <= 24
    assert np.abs(sequence[:, 1:]).max() <= 10


def test_element_finder_queries_and_values_are_uniform_with_both_ends():
    trials = element_finder.draw(np.random.default_rng(0), 20_000)
    for drawn, levels in (
        (trials.labels["query"], np.arange(25)),
        (trials.labels["value"], np.arange(-10, 11)),
        (trials.inputs[:, 1:].ravel(), np.arange(-10, 11)),
    ):
        found, counts = np.unique(drawn, return_counts=True)
        np.testing.assert_array_equal(found, levels)
        expected = drawn.size / len(levels)
        assert np.abs(counts - expected).max() < 5 * np.sqrt(expected)


def test_chance_of_the_element_finder_is_the_loss_of_the_constant_zero():
    assert f"{element_finder.CHANCE:.2f}" == "36.67"
    targets = element_finder.draw(np.random.default_rng(0), 50_000).targets[:, -1, 0]
    assert np.mean(targets**2) == pytest.approx(element_finder.CHANCE, rel=0.02)


@SAME_EVERY_TIME
@given(SEEDS, st.integers(0, 24))
def test_fixing_the_query_changes_nothing_else(seed, query):
    free, fixed = (
        element_finder.draw(np.random.default_rng(seed), 100, *options)
        for options in ((), (query,))
    )
    assert (fixed.labels["query"] == query).all()
    np.testing.assert_array_equal(fixed.inputs[:, 1:], free.inputs[:, 1:])


@pytest.mark.parametrize("query", [25, -1])
def test_a_query_out_of_range_is_refused(query):
    with pytest.raises(NeuroswitchError, match="must be"):
        element_finder.draw(np.random.default_rng(0), 5, query)
