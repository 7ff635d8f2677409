"""Training of the recurrent networks: protocols, what is frozen, what survives a kill."""

import dataclasses
import subprocess
import sys
import time
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch

from neuroswitch import settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn import experiment, training
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.checkpoint import Checkpoint
from neuroswitch.rnn.experiment import record_schedule, train_experiment
from neuroswitch.rnn.models.low_rank import MODULATOR, LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.model import Sweep
from neuroswitch.rnn.optimiser import update
from neuroswitch.rnn.tasks import measure_wait_go, multitask
from neuroswitch.settings.rnn import (
    Network,
    RnnExperiment,
    RnnPrimary,
    RnnSettings,
    Stage,
    Training,
)
from tests.unit.small_networks import minibatches

MODEL = LowRank(8, 2, 3, 1, modulators=3)
STEPS = 12


def protocol(*stages, **options):
    """Return a protocol of stages (steps, learning rate, what is trained)."""
    keys = ("steps", "learning_rate", "trained")
    return Training(stages=[Stage(**dict(zip(keys, s, strict=False))) for s in stages], **options)


def start(model=MODEL):
    return training.State.beginning(model.flatten(model.draw(np.random.default_rng(0))))


def random_batch(step, model=MODEL):
    rng = np.random.default_rng(step)
    shapes = (20, STEPS, model.channels), (20, STEPS, model.outputs)
    return Batch.of(*(rng.standard_normal(shape) for shape in shapes), np.ones((20, STEPS)))


def run(protocol, state=None, batch_of=random_batch, model=MODEL, **options):
    sweep = model.sweep(STEPS, np.float32)
    recorded = record_schedule(protocol.steps, 5)
    return training.train(
        model, sweep, protocol, batch_of, state or start(model), recorded, **options
    )


def same(a, b):
    for field in dataclasses.fields(a):
        mine, theirs = getattr(a, field.name), getattr(b, field.name)
        np.testing.assert_array_equal(mine, theirs, err_msg=field.name)


def test_the_optimiser_is_adamw_with_gradients_clipped_one_by_one():
    rng = np.random.default_rng(0)
    vector = rng.standard_normal(7)
    parameter = torch.tensor(vector.copy(), requires_grad=True)
    optimiser = torch.optim.AdamW([parameter], lr=0.03, weight_decay=0.1, eps=1e-6)
    first, second = np.zeros(7), np.zeros(7)
    for step in range(20):
        gradient = 3 * rng.standard_normal(7)
        parameter.grad = torch.tensor(gradient)
        torch.nn.utils.clip_grad_value_([parameter], 1.0)
        optimiser.step()
        update(vector, gradient, first, second, step + 1, np.ones(7, bool), 0.03, 1.0, 0.1, 1e-6)
    np.testing.assert_allclose(vector, parameter.detach().numpy(), rtol=1e-10)


def test_a_stage_trains_its_part_and_leaves_the_rest_bit_by_bit():
    before = MODEL.views(start().vector)
    for group, names in (("modulator", MODULATOR), ("recurrence", ("U", "V", "B_xu", "C", "d"))):
        after = MODEL.views(run(protocol((5, 0.1, group))).vector)
        for name in MODEL.shapes:
            changed = not np.array_equal(before[name], after[name])
            assert changed == (name in names), (group, name)


def test_starting_states_are_never_trained():
    after = MODEL.views(run(protocol((5, 0.1))).vector)
    np.testing.assert_array_equal(after["x0"], np.float32(0.1))
    np.testing.assert_array_equal(after["z0"], np.float32(0.1))


def test_a_restart_repeats_minibatches_forgets_adam_and_keeps_the_best():
    seen = []

    def batch_of(step):
        seen.append(step)
        return random_batch(step)

    restarted = run(protocol((10, 0.05), restart=4), batch_of=batch_of)
    assert seen == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]
    # The same by hand: each stretch is a training of its own that begins where the last ended.
    state, kept, lowest = start(), None, np.inf
    for steps in (4, 4, 2):
        fresh = training.State.beginning(state.vector)
        state = run(protocol((steps, 0.05)), fresh)
        loss = run_loss(fresh, steps)
        if loss < lowest:
            lowest, kept = loss, state.vector.copy()
    np.testing.assert_array_equal(restarted.vector, kept)
    assert restarted.best_loss == lowest


def run_loss(state, steps):
    """Return the loss of the last step of a stretch, which is that before its update."""
    before = run(protocol((steps - 1, 0.05)), state) if steps > 1 else state
    return MODEL.sweep(STEPS, np.float32).loss_and_gradient(before.vector, random_batch(steps - 1))[
        0
    ]


def test_without_restart_batches_are_fresh_and_the_last_parameters_stay():
    seen = []

    def batch_of(step):
        seen.append(step)
        return random_batch(step)

    ended = run(protocol((3, 0.05), (4, 0.01)), batch_of=batch_of)
    assert seen == list(range(7))
    # The same by hand: a stage is a training of its own, from where the one before ended.
    between = training.State.beginning(run(protocol((3, 0.05))).vector)
    last = run(protocol((4, 0.01)), between, batch_of=lambda step: random_batch(step + 3))
    np.testing.assert_array_equal(ended.vector, last.vector)


def test_the_best_parameters_are_those_after_the_stretch_of_the_lowest_mean_loss():
    """Stretches run over the ends of stages; what is left after the last one does not count."""
    made = protocol((11, 0.3), (12, 0.3), keep_best=5)
    losses, after = [], []

    class Spy(Sweep):
        inner = MODEL.sweep(STEPS, np.float32)

        def loss_and_gradient(self, vector, batch):
            after.append(vector.copy())
            loss, gradient = self.inner.loss_and_gradient(vector, batch)
            losses.append(loss)
            return loss, gradient

    state = training.train(MODEL, Spy(), made, random_batch, start(), record_schedule(23, 4))
    means = [np.mean(losses[first : first + 5]) for first in range(0, 20, 5)]
    lowest = int(np.argmin(means))
    assert lowest < 3, "the loss of these trials does not fall all along"
    assert state.kept_loss == pytest.approx(means[lowest])
    np.testing.assert_array_equal(state.kept, after[5 * (lowest + 1)])
    without = run(protocol((11, 0.3), (12, 0.3)))
    np.testing.assert_array_equal(state.vector, without.vector)


def test_more_steps_to_a_stretch_than_there_are_is_refused():
    assert protocol((10, 0.1), keep_best=10).keep_best == 10
    with pytest.raises(ValueError, match="keep_best is 11 steps, and the stages have 10"):
        protocol((10, 0.1), keep_best=11)


@pytest.mark.parametrize(
    "options", [{}, {"restart": 70}, {"keep_best": 30}], ids=["plain", "restart", "keep_best"]
)
def test_training_from_a_saved_state_ends_with_the_same_bits(tmp_path, options):
    long = protocol((130, 0.03, "recurrence"), (150, 0.03), **options)
    whole = run(long)
    checkpoint = Checkpoint(tmp_path / "a.npz", "v1")

    class Stop(Exception):
        pass

    for stop_after in (100, 200):

        def pause(state, steps, stop_after=stop_after):
            if state.steps >= stop_after:
                checkpoint.save(state, now=True)
                raise Stop

        with pytest.raises(Stop):
            run(long, checkpoint.load(), pause=pause)
        assert checkpoint.load().steps >= stop_after
    same(run(long, checkpoint.load()), whole)


def test_a_checkpoint_of_another_version_or_a_broken_one_is_not_used(tmp_path, caplog):
    path = tmp_path / "a.npz"
    Checkpoint(path, "v1").save(run(protocol((3, 0.1))), now=True)
    assert Checkpoint(path, "v1").load().steps == 3
    assert Checkpoint(path, "v2").load() is None
    path.write_bytes(path.read_bytes()[:100])
    assert Checkpoint(path, "v1").load() is None
    assert "not readable" in caplog.text


def test_recorded_losses_cover_every_step_once():
    losses = []

    class Spy(Sweep):
        inner = MODEL.sweep(STEPS, np.float32)

        def loss_and_gradient(self, vector, batch):
            loss, gradient = self.inner.loss_and_gradient(vector, batch)
            losses.append(loss)
            return loss, gradient

    long = protocol((11, 0.03), (12, 0.01))
    state = training.train(
        MODEL, Spy(), long, random_batch, start(), record_schedule(long.steps, 4)
    )
    steps, raw, means = zip(*state.losses, strict=True)
    assert steps[-1] == 23
    assert len(steps) == 4
    np.testing.assert_array_equal(raw, [losses[step - 1] for step in steps])
    bounds = [0, *steps]
    expected = [np.mean(losses[a:b]) for a, b in pairwise(bounds)]
    np.testing.assert_allclose(means, expected)
    assert state.lowest_loss == min(losses)


def experiment_settings(**networks):
    made = RnnExperiment(
        task="measure_wait_go",
        variant="one_protocol",
        networks=networks
        or {
            "nm_rnn": Network(model="low_rank", units=9, rank=2, modulators=3),
            "lstm": Network(model="lstm", units=4),
        },
        training=protocol((40, 0.01)),
    )
    primary = RnnPrimary(runs=3, runs_per_job=3, recorded_steps=5, test_trials=10)
    return RnnSettings(
        engine="compiled", device="cpu", primary=primary, experiments={"short": made}
    )


def tables(settings, runs, folder, threads=1, version="v"):
    return train_experiment(settings, "short", runs, 0, threads, folder, version)


def equal_tables(a, b):
    for name in a:
        keys = ("network", "run", "phase", "kept", "name", "index", "step")
        order = [column for column in keys if column in a[name]]
        mine, theirs = (t[name].sort_values(order, ignore_index=True) for t in (a, b))
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)


def test_chunks_threads_and_checkpoints_change_no_bit(tmp_path, monkeypatch):
    settings = experiment_settings()
    whole = tables(settings, range(3), tmp_path / "a")
    assert set(whole) == {"runs", "losses", "parameters", "rates"}
    assert len(whole["runs"]) == 6
    parts = [tables(settings, range(r, r + 1), tmp_path / str(r), threads=2) for r in range(3)]
    joined = {name: pd.concat([p[name] for p in parts], ignore_index=True) for name in whole}
    equal_tables(joined, whole)
    # All trainings are done: the checkpoints alone give the tables again.
    monkeypatch.delattr(experiment, "train")
    equal_tables(tables(settings, range(3), tmp_path / "a"), whole)


def test_the_best_parameters_stand_beside_the_last_ones(tmp_path):
    made = experiment_settings()
    keeping = made.experiments["short"].model_copy(
        update={"training": protocol((40, 0.3), keep_best=10)}
    )
    made = made.model_copy(update={"experiments": {"short": keeping}})
    table = tables(made, range(2), tmp_path / "a")["parameters"]
    pair = table.pivot(index=["network", "run", "name", "index"], columns="kept", values="value")
    assert list(pair.columns) == ["best", "last"]
    assert pair.notna().all(axis=None)
    assert (pair["best"] != pair["last"]).any()
    equal_tables({"p": table}, {"p": tables(made, range(2), tmp_path / "b")["parameters"]})


def test_the_engine_torch_trains_the_same_network(tmp_path):
    settings = experiment_settings(lstm=Network(model="lstm", units=3))
    ours = tables(settings, range(1), tmp_path / "a")["losses"]
    other = settings.model_copy(update={"engine": "torch"})
    theirs = tables(other, range(1), tmp_path / "b")["losses"]
    np.testing.assert_allclose(ours["mean_loss"], theirs["mean_loss"], rtol=1e-3)
    assert not ours["mean_loss"].equals(theirs["mean_loss"]), "they round differently"


def test_a_diverged_run_is_recorded_and_does_not_stop_the_others(tmp_path, monkeypatch):
    settings = experiment_settings()
    plain = experiment.batches

    def broken(task, protocol, stream):
        *_, run = stream.args
        batch_of = plain(task, protocol, stream)

        def batch(step):
            good = batch_of(step)
            if run == 1 and step == 17:
                infinite = tuple(np.full_like(part, np.inf) for part in good.targets)
                return dataclasses.replace(good, targets=infinite)
            return good

        return batch

    monkeypatch.setattr(experiment, "batches", broken)
    result = tables(settings, range(3), tmp_path)
    diverged = result["runs"].set_index(["network", "run"])["diverged_step"]
    assert (diverged.xs(1, level="run") == 18).all()
    assert (diverged.drop(1, level="run") == 0).all()
    steps = result["runs"].set_index(["network", "run"])["steps"]
    assert (steps.drop(1, level="run") == 40).all()


def test_networks_of_a_run_start_alike_and_see_the_same_trials(tmp_path):
    """Two networks that differ in name alone end with the same bits, and two runs do not."""
    network = Network(model="lstm", units=4)
    settings = experiment_settings(one=network, other=network)
    fresh = settings.experiments["short"].model_copy(
        update={"task": "multitask", "training": protocol((20, 0.01), batch=16, noise=0.1)}
    )
    settings = settings.model_copy(update={"experiments": {"short": fresh}})
    table = tables(settings, range(2), tmp_path)["parameters"]
    values = table.pivot(index=["name", "index"], columns=["network", "run"], values="value")
    np.testing.assert_array_equal(values["one"], values["other"])
    assert (values["one"][0] != values["one"][1]).mean() > 0.9


def test_the_trials_of_a_step_are_those_of_its_run_and_of_no_other():
    """The network's start is not the batches': both belong to the run."""
    made = protocol((5, 0.01), batch=20)
    inputs = [
        minibatches("multitask", phase, made, run, 0)(step).arrays()[0][..., :3]
        for phase, run, step in (
            ("training", 0, 3),
            ("training", 1, 3),
            ("training", 0, 4),
            ("retraining", 0, 3),
        )
    ]
    assert len({array.tobytes() for array in inputs}) == 4


def trials_in(batch):
    """Return the inputs of a batch, [trials, steps, channels]."""
    return batch.arrays()[0]


def test_minibatches_of_a_set_are_drawn_from_it_with_replacement():
    made = protocol((5, 0.01), trials=30, batch=16, noise=0.1)
    batch_of = minibatches("multitask", "training", made)
    everything, different = {}, []
    for step in range(40):
        keys = [trial.tobytes() for trial in trials_in(batch_of(step))]
        assert len(keys) == 16
        different.append(len(set(keys)))
        everything |= dict.fromkeys(keys)
    assert len(everything) == 30
    # Of 16 draws from 30, 30 (1 - (29 / 30)^16) are different in the mean, with deviation 1.2.
    assert np.mean(different) == pytest.approx(30 * (1 - (29 / 30) ** 16), abs=4 * 1.2 / 40**0.5)


@pytest.mark.parametrize("options", [{"trials": 3000}, {"batch": 3000}])
def test_the_tasks_of_a_set_are_drawn_independently_as_those_of_fresh_trials(options):
    batch = minibatches("multitask", "training", protocol((5, 0.01), **options))(0)
    counts = trials_in(batch)[:, 0, multitask.OLD_CONTEXTS].sum(axis=0)
    assert counts.sum() == 3000
    assert counts.tolist() != [1000, 1000, 1000]
    # Four standard deviations of a binomial count.
    assert np.abs(counts - 1000).max() < 4 * np.sqrt(3000 * 2 / 9)


@pytest.mark.parametrize(
    ("noise_on", "noisy"), [("old_contexts", [3, 4, 5]), ("all", [0, 1, 2, 3, 4, 5, 6])]
)
def test_retraining_shows_memory_anti_with_noise_on_the_channels_asked_for(noise_on, noisy):
    made = protocol((5, 0.01), trials=200, noise=0.1, noise_on=noise_on)
    batches_of = [
        minibatches("multitask", "retraining", one)(0)
        for one in (made, made.model_copy(update={"noise": 0.0}))
    ]
    inputs, clean = map(trials_in, batches_of)
    assert inputs.shape[-1] == multitask.CHANNELS + 1
    np.testing.assert_array_equal(clean[..., -1], 1)
    deviation = (inputs - clean).std(axis=(0, 1))
    expected = np.where(np.isin(np.arange(7), noisy), 0.1, 0)
    np.testing.assert_allclose(deviation, expected, atol=0.003)


def test_noise_on_contexts_that_a_task_does_not_have_is_refused():
    made = protocol((5, 0.01), batch=16, noise=0.1, noise_on="old_contexts")
    with pytest.raises(NeuroswitchError, match=r"Multitask has no context channels.*noise_on: all"):
        minibatches("multitask", "training", made)


def test_published_multitask_networks_have_the_noise_of_the_authors_scripts():
    """The NM-RNNs: none in training, the old contexts in retraining. The others: all channels."""
    chosen = settings.default().rnn.experiment("multitask_as_published")
    for network in chosen.networks:
        first, second = (chosen.protocol(network, phase) for phase in experiment.PHASES)
        modulated = network.startswith("nm_rnn")
        assert (first.trials, first.noise) == (3000, 0.0 if modulated else 0.1), network
        expected = (1000, 0.1, "old_contexts" if modulated else "all")
        assert (second.trials, second.noise, second.noise_on) == expected, network
    quiet = settings.default().rnn.experiment("multitask_noiseless")
    for network in quiet.networks:
        assert quiet.protocol(network, "training").noise == 0
        assert quiet.protocol(network, "retraining") == chosen.protocol(network, "retraining")


def test_measure_wait_go_is_trained_on_all_its_trials_at_once():
    batch = minibatches("measure_wait_go", "training", protocol((5, 0.01)))(0)
    assert batch.trials == len(measure_wait_go.training_trials())
    assert batch.arrays()[2].sum() == batch.trials * measure_wait_go.STEPS


KILLED = """
import sys
from pathlib import Path
from tests.unit.test_rnn_training import *
from neuroswitch.rnn import checkpoint
checkpoint.Checkpoint.every = 0.0
settings = killed_settings()
tables(settings, range(2), Path(sys.argv[1]))
"""


def killed_settings():
    settings = experiment_settings()
    longer = settings.experiments["short"].model_copy(
        update={"training": protocol((3000, 0.01), keep_best=50)}
    )
    return settings.model_copy(update={"experiments": {"short": longer}})


def test_a_killed_process_goes_on_to_the_same_bits(tmp_path):
    whole = tables(killed_settings(), range(2), tmp_path / "whole")
    folder = tmp_path / "killed"
    kills = 0
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(folder)])
        seen = {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*.npz")}
        while process.poll() is None:
            now = {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*.npz")}
            if now != seen and now:
                process.kill()
                kills += 1
                break
            time.sleep(0.01)
        process.wait()
    assert kills >= 2
    equal_tables(tables(killed_settings(), range(2), folder), whole)


@pytest.mark.parametrize("model", [MODEL, Lstm(4, 3, 1)])
def test_training_lowers_the_loss(model):
    one = partial(random_batch, 0, model)
    state = run(protocol((300, 0.02)), batch_of=lambda step: one(), model=model)
    assert state.losses[-1][1] < 0.95 * state.losses[0][1]
