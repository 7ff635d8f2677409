"""The networks of paper 2: sizes, and compiled passes that compute what the equations say."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numba import njit

from benchmarks.hold import narrowing, widths
from neuroswitch import seeds, settings, vectors
from neuroswitch.rnn import wide
from neuroswitch.rnn.algebra import primitives
from neuroswitch.rnn.batch import WIDTHS, Batch, blocks, trials
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.models import widened
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.sweep import DifferentiatedSweep
from neuroswitch.rnn.models.vanilla import Vanilla
from neuroswitch.rnn.optimiser import update
from neuroswitch.rnn.training import State, train
from neuroswitch.settings.rnn import Training
from tests.unit.small_networks import (
    DECLARED,
    TASK,
    assert_agrees_with_autograd,
    assert_agrees_with_finite_differences,
    problem,
)

RNN = settings.load(Path("config/laptop.yaml"), Path("config/paper.yaml")).rnn

MODELS = {
    **DECLARED,
    "nm_rnn": LowRank(10, 3, 5, 2, modulators=5, x_channels=3),
    "nm_rnn_feedback": LowRank(
        9,
        4,
        3,
        1,
        modulators=3,
        feedback=True,
        orthonormal=False,
        readout_bias=False,
        gain=1 / 9,
        tau_x=2.0,
        tau_z=10.0,
        narrow=True,
    ),
    "nm_rnn_rank_1_linear": LowRank(13, 1, 3, 1, modulators=2, linear=True),
    "lr_rnn": LowRank(17, 2, 3, 1, gain=1 / 17),
    "lr_rnn_rank_8": LowRank(12, 8, 2, 3),
    "rnn": Vanilla(11, 3, 2, gain=1 / 11),
    "rnn_without_bias": Vanilla(21, 1, 1, readout_bias=False, tau_x=2.0, narrow=True),
    "lstm": Lstm(9, 3, 2),
}

PAPERS = ("nm_rnn", "lr_rnn", "rnn", "lstm")
"""Those of paper 2."""


@pytest.mark.parametrize(
    ("experiment", "counts"),
    [
        (
            "measure_wait_go_as_published",
            {"nm_rnn": 1059, "lr_rnn": 1061, "rnn": 1086, "lstm": 1155},
        ),
        ("multitask_as_published", {"nm_rnn": 1786, "lr_rnn": 1503, "rnn": 489, "lstm": 504}),
        ("element_finder", {"lstm": 490, "lr_rnn": 490}),
    ],
)
def test_networks_have_the_papers_numbers_of_parameters(experiment, counts):
    for network, count in counts.items():
        assert model_of(RNN.experiment(experiment), network, "training").size == count


def test_retraining_frees_the_papers_numbers_of_parameters():
    freed = {"nm_rnn": 603, "lr_rnn": 700, "rnn": 126, "lstm": 224}
    for network, count in freed.items():
        model = model_of(RNN.experiment("multitask_as_published"), network, "retraining")
        assert model.mask("input_pathway").sum() == count


def test_matched_networks_are_within_a_twentieth_of_the_nm_rnn():
    experiment = RNN.experiment("multitask_one_protocol")
    sizes = {name: model_of(experiment, name, "training").size for name in experiment.networks}
    for size in sizes.values():
        assert abs(size / sizes["nm_rnn"] - 1) < 0.05


@njit
def apply(x, squashed, gates):
    for i in range(len(x)):
        wide.store(squashed, i, wide.tanh(wide.load(x, i)))
        wide.store(gates, i, wide.sigmoid(wide.load(x, i)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tanh_and_sigmoid_are_exact_to_the_precision(dtype):
    x = np.concatenate([np.linspace(-30, 30, 3200), np.geomspace(1e-30, 30, 3200)])
    x = np.where(np.arange(x.size) % 2, x, -x).astype(dtype).reshape(-1, wide.LANES)
    squashed, gates = np.empty_like(x), np.empty_like(x)
    apply(x, squashed, gates)
    exact = x.astype(np.float64)
    relative = 1e-6 if dtype == np.float32 else 2e-15
    np.testing.assert_allclose(squashed, np.tanh(exact), rtol=relative, atol=0)
    np.testing.assert_allclose(gates, 1 / (1 + np.exp(-exact)), rtol=0, atol=relative)
    x[1, 3] = np.nan
    apply(x, squashed, gates)
    assert np.isnan(squashed[1, 3])
    assert np.isnan(gates[1, 3])


def test_tanh_of_single_precision_rises_to_1_and_not_beyond():
    first, last = (np.float32(x).view(np.int32) for x in (4.0, 9.0))
    x = np.append(np.arange(first, last, 3, dtype=np.int32).view(np.float32), np.float32(np.inf))
    x = np.resize(x, (-(-x.size // 32) * 2, 16))
    values, gates = np.empty_like(x), np.empty_like(x)
    apply(x, values, gates)
    rises = values.ravel()[np.argsort(x, axis=None, kind="stable")]
    relative = np.abs(rises / np.tanh(np.sort(x, axis=None).astype(float)) - 1)
    assert relative.max() < 1e-6
    assert rises.max() == 1
    assert (values[x >= vectors.BOUND] == 1).all()
    # Rounding makes it fall by a few last digits of 1, which are 6e-8 each.
    assert (np.maximum.accumulate(rises) - rises).max() < 7e-7
    down = np.empty_like(x)
    apply(-x, down, gates)
    np.testing.assert_array_equal(down, -values)


def test_arrays_of_lanes_begin_where_a_cache_line_does():
    for shape in ((3,), (5, 7), (1, 2, 3)):
        for dtype in (np.float32, np.float64):
            for lanes in WIDTHS:
                array = primitives(lanes).empty(shape, dtype)
                assert array.shape == (*shape, lanes)
                assert array.ctypes.data % 64 == 0


@pytest.mark.parametrize(
    ("count", "wide_blocks", "narrow_blocks"),
    [(1, 0, 1), (8, 0, 1), (9, 1, 0), (16, 1, 0), (17, 1, 1), (40, 2, 1), (100, 6, 1)],
)
def test_trials_come_back_from_blocks_that_end_with_a_narrow_one(count, wide_blocks, narrow_blocks):
    values = np.random.default_rng(0).standard_normal((count, 4, 3)).astype(np.float32)
    in_blocks = blocks(values, np.float32)
    assert [part.shape for part in in_blocks] == [
        (wide_blocks, 4, 3, 16),
        (narrow_blocks, 4, 3, 8),
    ]
    np.testing.assert_array_equal(trials(in_blocks, count), values)
    padding = 16 * wide_blocks + 8 * narrow_blocks - count
    assert sum((part == 0).sum() for part in in_blocks) == 12 * padding


def products(lanes):
    """Return a compiled function that multiplies, and one that adds up outer products."""
    p = primitives(lanes)
    set_product, add_product, set_squashed = p.set_product, p.add_product, p.set_squashed
    add_outer = p.add_outer

    @njit
    def multiply(matrix, vector, alone, added, squashed):
        set_product(matrix, vector, 1, alone, 0)
        add_product(matrix, vector, 1, added, 0)
        set_squashed(matrix, vector, 1, squashed, 0)

    @njit
    def accumulate(left, right, steps, gradient):
        add_outer(left, 1, right, 0, steps, gradient)

    return multiply, accumulate


@pytest.mark.parametrize("lanes", WIDTHS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_of_any_size_are_those_of_numpy(lanes, dtype):
    rng = np.random.default_rng(0)
    multiply, accumulate = products(lanes)
    empty = primitives(lanes).empty

    def drawn(*shape):
        array = empty(shape, dtype)
        array[:] = rng.standard_normal(array.shape)
        return array

    digits = 1e-5 if dtype == np.float32 else 1e-13
    for rows in range(1, 19):
        for columns in (1, 3, 10):
            matrix = rng.standard_normal((rows, columns)).astype(dtype)
            vector, before = drawn(2, columns), drawn(1, rows)
            alone, added, squashed = before.copy(), before.copy(), before.copy()
            multiply(matrix, vector, alone, added, squashed)
            exact = matrix.astype(float) @ vector[1].astype(float)
            np.testing.assert_allclose(alone[0], exact, rtol=0, atol=digits)
            np.testing.assert_allclose(added[0], exact + before[0], rtol=0, atol=digits)
            np.testing.assert_allclose(squashed[0], np.tanh(exact), rtol=0, atol=digits)
    for rows, columns, steps in ((1, 1, 0), (5, 7, 1), (3, 4, 32), (4, 2, 33), (9, 3, 110)):
        left, right, gradient = drawn(112, rows + 1), drawn(112, columns), drawn(rows, columns)
        exact = gradient + np.einsum(
            "til,tjl->ijl", left[1 : steps + 1, :rows].astype(float), right[:steps].astype(float)
        )
        accumulate(left, right, steps, gradient)
        np.testing.assert_allclose(gradient, exact, rtol=0, atol=30 * digits)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("seed", "trials", "steps"), [(0, 30, 23), (1, 16, 10), (2, 9, 1)])
def test_kernels_agree_with_automatic_differentiation(name, seed, trials, steps):
    model = MODELS[name]
    vector, batch = problem(model, seed, trials, steps)
    assert_agrees_with_autograd(model, model.sweep(steps, np.float64), vector, batch)


@pytest.mark.parametrize("name", PAPERS)
@pytest.mark.parametrize(("seed", "trials", "steps"), [(0, 37, 23), (2, 5, 1)])
def test_kernels_of_a_narrow_last_block_agree_too(name, seed, trials, steps):
    """Of a few models, since each is compiled once more; test_rnn_cells has all, by NumPy."""
    test_kernels_agree_with_automatic_differentiation(name, seed, trials, steps)


@pytest.mark.parametrize("name", MODELS)
def test_kernels_agree_with_finite_differences(name):
    model = MODELS[name]
    vector, batch = problem(model, 3, 16, 12)
    assert_agrees_with_finite_differences(model, model.sweep(12, np.float64), vector, batch)


@pytest.mark.parametrize("name", DECLARED)
def test_every_model_learns(name):
    model = DECLARED[name]
    rng = np.random.default_rng(0)
    shown = TASK.draw(rng, 16)
    batch = Batch.of(shown.inputs, shown.targets, shown.weights, np.float64)
    state = train(
        model,
        model.sweep(batch.steps, np.float64),
        Training(stages=[{"steps": 60, "learning_rate": 0.01}]),
        lambda step: batch,
        State.beginning(model.flatten(model.draw(rng), np.float64)),
        np.array([1, 60]),
    )
    (_, first, _), (_, last, _) = state.losses
    assert last < 0.5 * first


@pytest.mark.parametrize("name", PAPERS)
def test_losses_of_kernel_and_reference_agree_over_200_steps(name):
    model = MODELS[name]
    start, batch = problem(model, 5, 20, 9)
    losses = []
    for sweep in (model.sweep(9, np.float64), DifferentiatedSweep(model, "cpu", np.float64)):
        vector, first, second = start.copy(), np.zeros_like(start), np.zeros_like(start)
        course = []
        for step in range(200):
            loss, gradient = sweep.loss_and_gradient(vector, batch)
            course.append(loss)
            update(
                vector, gradient, first, second, step + 1, model.mask("all"), 1e-2, 1.0, 1e-4, 1e-8
            )
        losses.append(course)
    assert losses[0][-1] < 0.9 * losses[0][0]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


@pytest.mark.parametrize("name", ["nm_rnn", "rnn", "lstm"])
def test_single_precision_is_close_to_double(name):
    model = MODELS[name]
    vector, batch = problem(model, 6, 40, 30)
    narrow, narrow_batch = problem(model, 6, 40, 30, np.float32)
    loss, gradient = model.sweep(30, np.float64).loss_and_gradient(vector, batch)
    small, narrow_gradient = model.sweep(30, np.float32).loss_and_gradient(narrow, narrow_batch)
    np.testing.assert_allclose(small, loss, rtol=1e-5)
    np.testing.assert_allclose(narrow_gradient, gradient, atol=2e-4 * np.abs(gradient).max())


def test_a_trial_does_not_depend_on_its_neighbours():
    model = MODELS["nm_rnn"]
    vector, _ = problem(model, 7, 1, 8, np.float32)
    inputs = np.random.default_rng(8).standard_normal((21, 8, model.channels)).astype(np.float32)
    sweep = model.sweep(8, np.float32)

    def outputs(shown):
        shape = (len(shown), 8, model.outputs)
        batch = Batch.of(shown, np.zeros(shape), np.ones(shape[:2]), np.float32)
        given = (batch.inputs, batch.targets, batch.weights, batch.norm)
        return trials(sweep.run(vector, *given)[2], len(shown))

    together = outputs(inputs)
    for trial in (0, 15, 20):
        np.testing.assert_array_equal(outputs(inputs[[trial]])[0], together[trial])


DIGESTS = """
import hashlib
import numpy as np
from neuroswitch import vectors
from neuroswitch.rnn.noise import normals
from tests.unit.small_networks import problem
from tests.unit.test_rnn_models import MODELS

print(vectors.registers())
for seed in (0, 1):
    model = MODELS["rnn"]
    vector, batch = problem(model, seed, 40, 30, np.float32)
    loss, gradient, outputs = model.sweep(30, np.float32).run(
        vector, batch.inputs, batch.targets, batch.weights, batch.norm
    )
    numbers = (np.float64(loss), gradient, *outputs)
    print(hashlib.sha256(b"".join(part.tobytes() for part in numbers)).hexdigest())
print(hashlib.sha256(normals(np.random.default_rng(0), (3000,)).tobytes()).hexdigest())
"""


@pytest.mark.skipif(len(widths()) == 1, reason="this processor has one width of vectors")
def test_a_gradient_has_the_same_bits_with_avx2_and_with_avx_512():
    found = []
    for narrowed in ({}, {"NUMBA_CPU_FEATURES": narrowing()["NUMBA_CPU_FEATURES"]}):
        done = subprocess.run(
            [sys.executable, "-c", DIGESTS],
            env=os.environ | narrowed,
            capture_output=True,
            text=True,
            check=True,
        )
        found.append(done.stdout.splitlines())
    assert [lines[0] for lines in found] == ["(32, 512)", "(16, 256)"]
    assert len(set(found[0])) == len(found[0])
    assert found[0][1:] == found[1][1:]


def test_held_signals_keep_their_value():
    model = MODELS["nm_rnn"]
    rng = np.random.default_rng(0)
    parameters = {name: torch.tensor(a) for name, a in model.draw(rng).items()}
    inputs = torch.tensor(rng.standard_normal((4, 6, model.channels)))
    free = model.rollout(parameters, inputs)
    held = model.rollout(parameters, inputs, held={1: 0.25})
    assert (held.states["s"][..., 1] == 0.25).all()
    assert not torch.equal(held.states["s"][..., 0], held.states["s"][..., 1])
    assert not torch.allclose(held.outputs, free.outputs)


def test_inputs_of_x_are_drawn_with_the_scale_of_all_channels_of_the_network():
    """The NM-RNN's x sees 3 of the 6 channels of multitask (A53)."""
    model = model_of(RNN.experiment("multitask_as_published"), "nm_rnn", "training")
    weights = model.draw(np.random.default_rng(0))["B_xu"]
    assert weights.shape == (100, 3)
    # Five standard errors of a standard deviation of 300 numbers.
    assert weights.std() == pytest.approx(1 / np.sqrt(6), rel=5 / np.sqrt(600))


def test_the_lstm_of_the_element_finder_starts_with_one_scale_for_all_parameters():
    """Otherwise its inputs have the scale 1, for the task's one channel (A55)."""
    model = model_of(RNN.experiment("element_finder"), "lstm", "training")
    rng = np.random.default_rng(0)
    drawn = [model.draw(rng) for _ in range(50)]
    for name in ("W_hh", "W_xh", "b", "C"):
        values = np.concatenate([one[name].ravel() for one in drawn])
        assert values.std() == pytest.approx(1 / np.sqrt(10), rel=5 / np.sqrt(2 * len(values)))
    assert {float(value) for name in ("h0", "c0") for value in drawn[0][name]} == {0.1}


def test_a_new_context_starts_at_a_tenth_and_changes_nothing_else():
    experiment = RNN.experiment("multitask_as_published")
    for network in experiment.networks:
        before = model_of(experiment, network, "training")
        after = model_of(experiment, network, "retraining")
        vector = before.flatten(before.draw(seeds.generator(0, "test")))
        wider = widened(vector, before, after)
        changed = 0
        for name, old in before.views(vector).items():
            new = after.views(wider)[name]
            if new.shape != old.shape:
                changed += 1
                np.testing.assert_array_equal(new[..., -1], np.float32(0.1))
                new = new[..., :-1]
            np.testing.assert_array_equal(new, old)
        assert changed == 1


PRODUCTS = """
import sys
import numpy as np
from neuroswitch.compilation import generated
from neuroswitch.rnn.algebra import primitives

names = vars(primitives(16))
ones = np.ones((1, 8, 16), np.float32)
for kind in sys.argv[1:]:
    code = f"@compiled\\ndef go(m, v, out):\\n    {kind}_product(m, v, 0, out, 0)\\n"
    out = ones.copy()
    go = generated(code, names, kind, "neuroswitch.rnn.algebra").go
    go(np.eye(8, dtype=np.float32), ones, out)
    print(out.mean())
"""


def test_kept_products_of_two_kinds_are_told_apart(tmp_path):
    """The second is compiled beside the first, which another process has kept."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}

    def means(*kinds):
        command = [sys.executable, "-c", PRODUCTS, *kinds]
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return found.stdout.split()

    assert means("set") == ["1.0"]
    assert means("set", "add") == ["1.0", "2.0"]
    assert means("add", "set") == ["2.0", "1.0"]
