"""Both sides of the benchmark train the same networks: equal losses, step after step."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks import floor, plain_lstm
from benchmarks.rnn_case import NETWORKS, case_of, ours, reference

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


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is installed by `make benchmark` alone")
@pytest.mark.parametrize(("experiment", "network"), NAMED)
def test_jax_comes_to_our_losses(experiment, network):
    from benchmarks import plain_jax

    case = felt(experiment, network)
    # Another order of sums, in single precision. Without the decay it is over 2e-4 in every case.
    np.testing.assert_allclose(plain_jax.train_of(case)(STEPS), ours(case)(STEPS), rtol=1e-4)


def test_training_starts_anew_at_every_call():
    case = case_of("element_finder", "lstm")
    for train in (ours(case), plain_lstm.train_of(case)):
        np.testing.assert_array_equal(train(2), train(2))


def test_the_floor_counts_what_the_equations_of_an_lstm_need():
    case = case_of("element_finder", "lstm")
    counted = floor.work(case.model)
    forward = 4 * 10 * (10 + 1) + 10
    # Backward: each weight's gradient as often as forward, and all but the input carried back
    assert counted.multiply_adds == forward + forward + forward - 4 * 10
    assert counted.tanhs == 5 * 10


@pytest.mark.parametrize(
    "rate", [floor.multiply_adds_a_second, floor.tanhs_a_second, floor.bytes_a_second]
)
def test_the_rates_of_this_machine_are_measured(rate):
    assert 1e6 < rate() < 1e13
