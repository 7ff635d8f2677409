"""Both sides of the benchmark train the same networks: equal losses, step after step."""

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import floor, plain_jax, plain_lstm
from benchmarks.rnn_case import NETWORKS, case_of, ours, reference
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.vanilla import Vanilla

STEPS = 6
NAMED = [(name, network) for name, networks in NETWORKS.items() for network in networks]
OF_PAPERS = [(name, network) for name, network in NAMED if not name.startswith("reviewers")]


def felt(experiment, network):
    """Return a case in which clip and decay are strong enough to be seen in the losses."""
    case = case_of(experiment, network)
    return replace(
        case,
        protocol=case.protocol.model_copy(update={"clip": 1e-3, "weight_decay": 1.0}),
    )


@pytest.mark.parametrize(("experiment", "network"), OF_PAPERS)
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


def counted(tanhs, kept, *products):
    """Add up products (rows, columns, columns trained, columns carried back)."""
    return floor.Work(sum(rows * sum(columns) for rows, *columns in products), tanhs, kept)


def low_rank(model):
    n, r, m, o = model.units, model.rank, model.modulators, model.outputs
    seen, fed = model.seen, n if model.feedback else 0
    basis = r + seen + 1
    z = ((m, m, m, m), (m, model.channels, model.channels, 0), (m, fed, fed, fed), (r, m, m, m))
    x = ((n, basis, basis - 1, r), (r, n, n, n), (o, basis, basis, r))
    squashed = (0 if model.linear else n) + m + (r if m else 0)
    return counted(squashed, n + basis + 2 * m + (2 * r if m else 0), *x, *z)


def vanilla(model):
    n, k, o = model.units, model.channels, model.outputs
    return counted(n, 2 * n, (n, n, n, n), (n, k, k, 0), (o, n, n, n))


def lstm(model):
    n, k, o = model.units, model.channels, model.outputs
    return counted(5 * n, 7 * n, (4 * n, n, n, n), (4 * n, k, k, 0), (o, n, n, n))


@pytest.mark.parametrize(("experiment", "network"), OF_PAPERS)
def test_the_floor_counts_what_the_equations_take(experiment, network):
    model = case_of(experiment, network).model
    count = {LowRank: low_rank, Lstm: lstm, Vanilla: vanilla}[type(model)]
    assert floor.work(model) == count(model)


def test_the_floor_counts_no_tanh_of_a_linear_network():
    model = case_of("measure_wait_go_as_published", "nm_rnn").model
    linear = floor.work(replace(model, linear=True))
    assert floor.work(model).tanhs - linear.tanhs == model.units


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

    def tanh(a):
        counts["tanhs"] += len(a)
        return np.tanh(a)

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
