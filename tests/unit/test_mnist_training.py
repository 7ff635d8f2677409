"""Two tasks in one network: the switch, the schedule, and what a run depends on.

The images are scikit-learn's bundled digits, enlarged, through the same code as MNIST's.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.plain_mnist import train_plain
from neuroswitch import index, modulation, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist import data, image_sets, networks, source_files, strategies
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.experiment import train_experiment
from neuroswitch.mnist.training import train_run
from neuroswitch.settings.mnist import MnistCondition, entry
from neuroswitch.settings.mnist import modulation as modulation_of

ROOT = 7
CHANCE = 1 / 5
PER_LAYER = [family for family in index.all_of("family") if family.startswith("per_layer")]


def condition(**changes):
    values = {
        "dataset": "digits",
        "split": "halves",
        "outputs": 5,
        "train_images": 300,
        "test_images": 100,
        "held_out": "test",
        "strategy": "neuromodulated",
        "hidden": 4,
        "learning_rate": 0.1,
        "momentum": 0.0,
        "batch_size": 16,
        "period": 3,
        "epochs": 2,
        "stream": "test",
    }
    strategy = changes.get("strategy", "neuromodulated")
    if strategy == "neuromodulated":
        values |= modulation_of("per_layer", 0.5, "all", "inverse", 0.1)
    else:
        values |= entry("hidden" if strategy == "extra_input" else "none")
    return MnistCondition(**(values | changes))


@pytest.fixture(scope="module")
def digits():
    return data.load("digits", Path(), 300, 100, "test")


def double(digits):
    return Digits(digits.images.astype(float), digits.digits)


def assert_equals_plain(chosen, digits):
    train, test = map(double, digits)
    result = train_run(chosen, 0, ROOT, train, test)
    plain = train_plain(chosen, 0, ROOT, train)
    start, _ = strategies.draw(chosen, 0, ROOT, float)
    assert np.abs(result.state.parameters - start.parameters).max() > 0.01
    np.testing.assert_allclose(result.state.parameters, plain, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("pullback", ["inverse", "transpose"])
@pytest.mark.parametrize("family", PER_LAYER)
def test_switching_equals_the_plain_loop(digits, family, pullback):
    assert_equals_plain(condition(family=family, pullback=pullback), digits)


@pytest.mark.parametrize("strategy", ["extra_input", "separate", "no_signal"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_other_strategies_equal_the_plain_loop(digits, strategy, momentum):
    assert_equals_plain(condition(strategy=strategy, period=2, momentum=momentum), digits)


@pytest.mark.parametrize(
    "choices",
    [
        {"layers": "linear"},
        {"layers": "hidden", "pullback": "transpose"},
        {"momentum": 0.9},
        {"momentum": 0.9, "pullback": "transpose"},
        {"momentum": 0.9, "layers": "linear", "family": "per_layer_diagonal", "scale": 0.2},
        {"period": 0},
        {"split": "random"},
        {"split": "parity", "outputs": 10},
        {"strategy": "extra_input", "extra_input_at": "image"},
        {"strategy": "extra_input", "extra_input_at": "image", "outputs": 10, "momentum": 0.9},
    ],
)
def test_each_choice_equals_the_plain_loop(digits, choices):
    assert_equals_plain(condition(learning_rate=0.03, **choices), digits)


@pytest.mark.parametrize("pullback", ["inverse", "transpose"])
def test_a_step_along_the_velocity_moves_f_by_the_same_in_f_and_in_its_image(pullback):
    """Without gradients: what momentum alone does must not depend on when the switch comes."""
    moved = {}
    for task in (0, 1):
        strategy, _ = strategies.draw(condition(pullback=pullback), 0, ROOT, float)
        rng = np.random.default_rng(4)
        strategy.velocities[0] = rng.standard_normal(strategy.velocities.shape[1]) * 0.1
        before = strategy.parameters.copy(), strategy.velocities.copy()
        vector, velocity = strategy.enter(task)
        vector -= 0.3 * velocity
        velocity *= 0.9
        strategy.leave(task)
        moved[task] = strategy.parameters - before[0]
        np.testing.assert_allclose(strategy.velocities, 0.9 * before[1], atol=1e-12)
    np.testing.assert_allclose(moved[1], moved[0], atol=1e-12)
    np.testing.assert_allclose(moved[0], -0.3 * before[1], atol=1e-12)


@pytest.mark.parametrize("pullback", ["inverse", "transpose"])
@pytest.mark.parametrize("family", PER_LAYER)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_there_and_back_without_a_step_is_the_identity(family, pullback, dtype):
    chosen = condition(family=family, pullback=pullback, bias_shift=0.5)
    strategy, _ = strategies.draw(chosen, 3, ROOT, dtype)
    before = strategy.parameters.copy()
    switched, _ = strategy.enter(1)
    assert np.abs(switched - before[0]).max() > 0.1
    strategy.leave(1)
    assert strategy.parameters.tobytes() == before.tobytes()


def test_the_switch_is_a_matrix_on_the_outputs_of_each_layer():
    # With 8 hidden units every layer has more inputs than outputs: only a matrix fits them all.
    chosen = condition(bias_shift=0.5, hidden=8)
    strategy, number = strategies.draw(chosen, 0, ROOT, float)
    before = strategy.parameters[0].copy()
    arrays, switched = (
        networks.to_channels_first(vector.copy(), strategies.architecture_of(chosen))
        for vector in (before, strategy.enter(1)[0])
    )
    values = []
    for layer in ("conv1", "conv2", "fc1", "fc2"):
        old = arrays[f"{layer}.weight"].reshape(len(arrays[f"{layer}.weight"]), -1)
        new = switched[f"{layer}.weight"].reshape(old.shape)
        matrix = np.linalg.lstsq(old.T, new.T, rcond=None)[0].T
        np.testing.assert_allclose(matrix @ old, new, atol=1e-12)
        values += list(np.linalg.svd(matrix, compute_uv=False))
    assert max(values) / min(values) == pytest.approx(number)


def test_an_inverse_pull_back_returns_to_the_trained_network():
    """With P = M^-1, entering f' again finds it where training left it."""
    strategy, _ = strategies.draw(condition(), 0, ROOT, float)
    switched, _ = strategy.enter(1)
    switched += np.random.default_rng(0).standard_normal(len(switched))
    trained = switched.copy()
    strategy.leave(1)
    np.testing.assert_allclose(strategy.enter(1)[0], trained, atol=1e-12)


def test_strategies_of_a_seed_start_alike_and_see_the_same_images(digits):
    starts = {
        strategy: strategies.draw(condition(strategy=strategy), 1, ROOT)[0].parameters
        for strategy in ("neuromodulated", "separate", "no_signal")
    }
    assert len({array[0].tobytes() for array in starts.values()}) == 1
    # No modulation to speak of: all that differs between the strategies is gone.
    none = condition(family="per_layer_orthogonal", bias_shift=0)
    shapes = networks.weight_shapes(4, 5, "all")
    shared = train_run(condition(strategy="no_signal"), 1, ROOT, *digits).state
    frozen = strategies.Modulated(
        starts["neuromodulated"].copy(),
        *networks.positions(4, 5, "all"),
        modulation.PerLayer(
            tuple(modulation.Diagonal(np.ones(n)) for n, _ in shapes), tuple(shapes)
        ),
        np.zeros(33),
        "inverse",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strategies, "draw", lambda *arguments: (frozen, 1.0))
        modulated = train_run(none, 1, ROOT, *digits).state
    np.testing.assert_allclose(modulated.parameters, shared.parameters, atol=1e-5)


@pytest.mark.parametrize("sizes", [(153, 147), (5, 100), (64, 64), (31, 200)])
def test_an_epoch_is_every_image_once_and_as_many_minibatches_of_each_task(sizes):
    tasks = np.random.default_rng(0).permutation(np.repeat([0, 1], sizes))
    batch_size = 40
    epoch = data.minibatches(tasks, batch_size, np.random.default_rng(1))
    again = data.minibatches(tasks, batch_size, np.random.default_rng(2))
    counts = {len(bounds) for _, bounds in epoch}
    assert counts == {-(-max(sizes) // batch_size) + 1}
    for task, ((order, bounds), (other, _)) in enumerate(zip(epoch, again, strict=True)):
        assert sorted(order) == list(np.flatnonzero(tasks == task))
        assert list(order) != list(other)
        assert bounds[0] == 0
        assert bounds[-1] == sizes[task]
        lengths = np.diff(bounds)
        assert lengths.min() >= 1
        assert lengths.max() <= min(batch_size, lengths.min() + 1)


def test_phases_cover_the_minibatches_in_order():
    assert list(data.phases(10, 4)) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert list(data.phases(3, 100)) == [slice(0, 3)]
    assert list(data.phases(7, 0)) == [slice(0, 7)]


def test_tasks_have_five_labels_each():
    digits = np.arange(10)
    rng = np.random.default_rng(0)
    for split, first in (("halves", [0, 1, 2, 3, 4]), ("parity", [0, 2, 4, 6, 8])):
        order = data.order_of(split, rng)
        tasks, labels = data.split_tasks(digits, order, 5)
        assert list(digits[tasks == 0]) == first
        for task in (0, 1):
            assert sorted(labels[tasks == task]) == [0, 1, 2, 3, 4]
        assert list(data.split_tasks(digits, order, 10)[1]) == list(digits)


def test_random_halves_are_halves_and_differ_between_seeds():
    digits = np.arange(10)
    orders = [data.order_of("random", np.random.default_rng(seed)) for seed in range(20)]
    halves = {tuple(digits[data.split_tasks(digits, order, 5)[0] == 0]) for order in orders}
    assert {len(half) for half in halves} == {5}
    assert len(halves) > 15
    for order in orders:
        tasks, labels = data.split_tasks(digits, order, 5)
        assert {(t, k) for t, k in zip(tasks, labels, strict=True)} == {
            (t, k) for t in (0, 1) for k in range(5)
        }


def test_training_learns_both_tasks():
    train, test = data.load("digits", Path(), 1500, 297, "test")
    result = train_run(condition(hidden=16, epochs=8, strategy="extra_input"), 0, ROOT, train, test)
    last = result.state.scores[-2:]
    assert [score.epoch for score in last] == [8, 8]
    assert min(score.retrained for score in last) > 0.8
    assert min(score.zero_shot for score in last) > 0.6


def test_a_diverged_run_is_recorded_and_counted_at_chance(digits):
    result = train_run(condition(learning_rate=1e18, epochs=3), 0, ROOT, *digits)
    assert result.state.diverged_epoch == 1
    assert [score.epoch for score in result.state.scores] == [1, 1, 2, 2, 3, 3]
    for score in result.state.scores:
        assert (score.zero_shot, score.retrained) == (CHANCE, CHANCE)


def test_parameters_that_are_not_finite_are_seen_behind_a_finite_loss(digits, monkeypatch):
    """ReLU turns a NaN into zero: the loss alone would not tell."""
    real = networks.Network.train

    def poisoned(self, vector, *arguments):
        losses = real(self, vector, *arguments)
        vector[0] = np.nan
        return losses

    monkeypatch.setattr(networks.Network, "train", poisoned)
    result = train_run(condition(strategy="no_signal"), 0, ROOT, *digits)
    assert result.state.diverged_epoch == 1


# Jobs


@pytest.fixture
def config():
    """Smoke's configuration on the bundled digits, small."""
    loaded = settings.load(Path("config/laptop.yaml"), Path("config/smoke.yaml"))
    return loaded.mnist.model_copy(
        update={"dataset": "digits", "train_images": 300, "test_images": 100}
    )


def tables(config, name, runs, folder, version="1"):
    checkpoint = Checkpoint(folder / "checkpoint.npz", version)
    return train_experiment(config, name, runs, ROOT, folder, checkpoint)


def test_one_diverged_run_does_not_stop_the_others(config, tmp_path):
    experiment = config.experiments["learning_rates"].model_copy(
        update={"learning_rate": [1e18, 0.1], "held_out": "test"}
    )
    changed = config.model_copy(update={"experiments": {"rates": experiment}})
    runs = tables(changed, "rates", range(2), tmp_path)["runs"]
    diverged = runs["diverged_epoch"] > 0
    assert (diverged == (runs["learning_rate"] > 1)).all()
    assert diverged.sum() == 2
    assert (runs.loc[diverged, ["final_accuracy", "best_accuracy"]] == CHANCE).all(axis=None)


def test_a_run_does_not_depend_on_its_job(config, tmp_path):
    together = tables(config, "sizes", range(3), tmp_path / "all")
    parts = [tables(config, "sizes", [run], tmp_path / str(run)) for run in (2, 0, 1)]
    for name, whole in together.items():
        key = [c for c in whole if c not in ("loss",) and whole[c].dtype != float]
        gathered = pd.concat([part[name] for part in parts])
        pd.testing.assert_frame_equal(
            gathered.sort_values(key).reset_index(drop=True),
            whole.sort_values(key).reset_index(drop=True),
            check_exact=True,
        )


def test_held_out_images_are_training_images_that_are_not_trained_on():
    train, test = data.load("digits", Path(), 500, 100, "test")
    shorter, held_out = data.load("digits", Path(), 500, 100, "validation")
    np.testing.assert_array_equal(shorter.images, train.images[:400])
    np.testing.assert_array_equal(held_out.images, train.images[400:])
    assert len(test) == 100


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((5000, 100, "test"), "5000 training images of digits are configured, and there are 1500"),
        ((300, 5000, "test"), "5000 test images"),
        ((100, 100, "validation"), "cannot be held out"),
    ],
)
def test_more_images_than_there_are_is_an_error(arguments, said):
    with pytest.raises(NeuroswitchError, match=said):
        data.load("digits", Path(), *arguments)


def test_data_that_were_altered_are_refused(tmp_path):
    with pytest.raises(NeuroswitchError, match="the next `make reproduce` fetches it"):
        data.load("mnist", tmp_path, 10, 10, "test")
    for file in source_files.FILES:
        (tmp_path / file.name).write_bytes(bytes(file.size))
    with pytest.raises(NeuroswitchError, match="SHA-256"):
        data.load("mnist", tmp_path, 10, 10, "test")
    (tmp_path / source_files.TRAIN_IMAGES.name).write_bytes(bytes(100))
    with pytest.raises(NeuroswitchError, match="100 bytes where"):
        data.load("mnist", tmp_path, 10, 10, "test")


def test_idx_files_are_read_by_their_header():
    labels = bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 0, 9])
    assert image_sets.read_labels(Path("x"), labels).tolist() == [7, 0, 9]
    images = bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6])
    assert image_sets.read_images(Path("x"), images).tolist() == [[[5, 6]]]
    for wrong in (labels[:-1], b"\1" + labels[1:], images):
        with pytest.raises(NeuroswitchError, match="x"):
            image_sets.read_labels(Path("x"), wrong)


KILLED = """
import os, signal, sys
from pathlib import Path
from neuroswitch import settings
from neuroswitch.mnist import checkpoint, data
from neuroswitch.mnist.experiment import train_experiment

config = settings.load(Path("config/laptop.yaml"), Path("config/smoke.yaml")).mnist
primary = config.primary.model_copy(update={"epochs": 2, "momentum": [0.9]})
config = config.model_copy(
    update={"dataset": "digits", "train_images": 300, "test_images": 100, "primary": primary}
)

class Killed(checkpoint.Checkpoint):
    saves = 0

    def save(self, done, begun):
        super().save(done, begun)
        self.saves += 1
        if self.saves == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

place = Path(sys.argv[1])
tables = train_experiment(config, "sizes", range(2), 7, place, Killed(place / "c.npz", "1"))
for name, table in tables.items():
    table.to_csv(place / f"{name}.csv", index=False, float_format="%a")
"""


def test_a_killed_job_goes_on_from_its_last_epoch_to_the_same_bits(tmp_path):
    def job(place, kill_at):
        arguments = [sys.executable, "-c", KILLED, str(place), str(kill_at)]
        return subprocess.run(arguments, capture_output=True, text=True)

    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    done = job(whole, 0)
    assert done.returncode == 0, done.stderr
    # First in the middle of a run, then with several runs done.
    assert job(resumed, 1).returncode == -9
    assert job(resumed, 6).returncode == -9
    assert not (resumed / "runs.csv").exists()
    kept, begun = Checkpoint(resumed / "c.npz", "1").load()
    assert (len(kept), begun.epochs) == (3, 1)
    assert job(resumed, 0).returncode == 0
    for name in ("curves.csv", "runs.csv"):
        assert (resumed / name).read_bytes() == (whole / name).read_bytes()


def test_a_checkpoint_of_another_version_or_a_broken_one_is_not_used(config, tmp_path, caplog):
    before = tables(config, "learning_rates", [0], tmp_path)
    path = tmp_path / "checkpoint.npz"
    assert Checkpoint(path, "1").load()[1] is not None
    assert Checkpoint(path, "2").load() == ([], None)
    path.write_bytes(path.read_bytes()[:-50])
    assert Checkpoint(path, "1").load() == ([], None)
    assert "begins anew" in caplog.text
    after = tables(config, "learning_rates", [0], tmp_path)
    pd.testing.assert_frame_equal(before["runs"], after["runs"], check_exact=True)
