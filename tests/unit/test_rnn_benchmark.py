"""Both sides of the benchmark train the same networks: equal losses, step after step."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher
from numba.extending import _Intrinsic

from benchmarks import floor, plain_jax, plain_lstm
from benchmarks.rnn_case import NETWORKS, case_of, ours, reference
from neuroswitch.rnn.models import low_rank_kernel, lstm_kernel, sweep, vanilla_kernel
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.vanilla import Vanilla

STEPS = 6
NAMED = [(name, network) for name, networks in NETWORKS.items() for network in networks]


def felt(experiment, network):
    """Return a case in which clip and decay are strong enough to be seen in the losses."""
    case = case_of(experiment, network)
    return replace(
        case,
        protocol=case.protocol.model_copy(update={"clip": 1e-3, "weight_decay": 1.0}),
    )


@pytest.mark.parametrize(("experiment", "network"), NAMED)
def test_autograd_of_the_equations_comes_to_our_losses(experiment, network):
    case = felt(experiment, network)
    np.testing.assert_allclose(reference(case)(STEPS), ours(case)(STEPS), rtol=1e-5)


@pytest.mark.parametrize("experiment", NETWORKS)
def test_the_lstm_of_pytorch_comes_to_our_losses(experiment):
    case = felt(experiment, "lstm")
    np.testing.assert_allclose(plain_lstm.train_of(case)(STEPS), ours(case)(STEPS), rtol=1e-5)


@pytest.mark.parametrize(("experiment", "network"), NAMED)
def test_jax_comes_to_our_losses(experiment, network):
    case = felt(experiment, network)
    # Another order of sums, in single precision. Without the decay it is over 2e-4 in every case.
    np.testing.assert_allclose(plain_jax.train_of(case)(STEPS), ours(case)(STEPS), rtol=1e-4)


def test_training_starts_anew_at_every_call():
    case = case_of("element_finder", "lstm")
    for train in (ours(case), plain_lstm.train_of(case)):
        np.testing.assert_array_equal(train(2), train(2))


KERNELS = {LowRank: low_rank_kernel, Lstm: lstm_kernel, Vanilla: vanilla_kernel}


def executed(case, monkeypatch):
    """Return what a kernel does in a step of one trial, counted while it runs in plain Python.

    All that it calls is replaced: what multiplies matrices or takes a tanh counts, and the rest
    gives nothing back.
    """
    counts = Counter()

    def product(matrix, *_):
        counts["multiply_adds"] += matrix.size

    def squashed_product(matrix, *_):
        counts.update(multiply_adds=matrix.size, tanhs=len(matrix))

    def outer(_left, _first, _right, _other_first, steps, gradient):
        counts["multiply_adds"] += steps * gradient[..., 0].size

    def tanh(a, b):
        counts["tanhs"] += 1 if a is b else 2
        return object(), object()

    kernel = KERNELS[type(case.model)]
    counted = {
        "add_product": product,
        "set_product": product,
        "set_squashed": squashed_product,
        "add_outer": outer,
        "squash": lambda values, *_: counts.update(tanhs=values.shape[1]),
        "sigmoid": lambda _: counts.update(tanhs=1),
        "tanh": tanh,
        "compare": lambda *_: 0.0,
    }
    with monkeypatch.context() as patch:
        for name, value in vars(kernel).items():
            if name in ("sweep", "forward", "backward"):
                patch.setattr(kernel, name, value.py_func)
            elif isinstance(value, (Dispatcher, _Intrinsic)):
                patch.setattr(kernel, name, counted.get(name, lambda *_: object()))
        patch.setattr(sweep, "at_width", lambda kernel, _: kernel.sweep)
        blocks, steps = sum(map(len, case.batch.inputs)), case.batch.steps
        case.model.sweep(steps, np.float32).loss_and_gradient(case.vector, case.batch)
    return {name: count / (blocks * steps) for name, count in counts.items()}


@pytest.mark.parametrize(("experiment", "network"), NAMED)
def test_the_floor_counts_what_a_kernel_does(experiment, network, monkeypatch):
    case = case_of(experiment, network)
    counted = floor.work(case.model)
    expected = {"multiply_adds": counted.multiply_adds, "tanhs": counted.tanhs}
    assert executed(case, monkeypatch) == expected


def test_the_floor_counts_no_tanh_of_a_linear_network(monkeypatch):
    case = case_of("measure_wait_go_as_published", "nm_rnn")
    case = replace(case, model=replace(case.model, linear=True))
    assert executed(case, monkeypatch)["tanhs"] == floor.work(case.model).tanhs


LOOPS = {
    "multiply_adds": [floor.SEVEN_SUMS, floor.FOURTEEN_SUMS],
    "tanhs": [floor.TANHS],
    "bytes": [floor.READS],
}


@pytest.mark.parametrize(("kind", "loop"), [(kind, loop) for kind in LOOPS for loop in LOOPS[kind]])
def test_a_loop_of_the_floor_does_the_work_that_its_rate_counts(kind, loop, monkeypatch):
    counts = Counter()

    def load(array, place):
        counts["bytes"] += array[place].nbytes
        return array[place].astype(float)

    def multiply_add(a, b, c):
        counts["multiply_adds"] += len(b)
        return a * b + c

    def tanh(a, b):
        counts["tanhs"] += len(a) + len(b)
        return np.tanh(a), np.tanh(b)

    in_numpy = SimpleNamespace(
        load=load,
        multiply_add=multiply_add,
        tanh=tanh,
        constant=lambda array, number: np.full(array.shape[1], float(number)),
        store=lambda array, place, values: array.__setitem__(place, values),
        add=np.add,
        scale=np.multiply,
        total=np.sum,
    )
    with monkeypatch.context() as patch:
        patch.setattr(floor, "lanes", in_numpy)
        expected = loop.run.py_func(floor.numbers(loop.rows), 3)
    assert counts[kind] == 3 * loop.a_turn
    assert loop.run(floor.numbers(loop.rows), 3) == pytest.approx(expected, rel=1e-5)
    assert loop.run(floor.numbers(loop.rows), 2) != pytest.approx(expected, rel=1e-3)


def test_a_rate_is_that_of_the_fastest_call():
    calls = []
    loop = floor.Loop(lambda array, turns: calls.append(turns), rows=1, turns=10, a_turn=3)
    seconds = np.r_[0.5, np.full(floor.TRIES - 1, 2.0)]
    ticks = iter(np.stack([np.zeros(floor.TRIES), seconds], 1).ravel())
    assert loop.a_second(lambda: next(ticks)) == 10 * 3 / 0.5
    assert calls == [10] * (1 + floor.TRIES), "the first call compiles, and is not timed"
