"""What the equations say without training, against rollouts of the networks themselves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from neuroswitch.rnn import theory
from neuroswitch.rnn.analysis import decay
from neuroswitch.rnn.models.low_rank import LowRank

SIMPLE = LowRank(20, 1, channels=2, outputs=1, modulators=4, linear=True, tau_z=15.0)


def drawn(model, seed=0, **changes):
    rng = np.random.default_rng(seed)
    p = {name: torch.from_numpy(np.asarray(v, float)) for name, v in model.draw(rng).items()}
    # Wide weights of the modulator, so that the signal moves
    p |= {name: torch.from_numpy(2 * rng.standard_normal(model.shapes[name])) for name in "Ac"}
    return p | changes


def pulse(steps, at, seed=0):
    """Inputs of three trials, on up to and including step `at`."""
    inputs = np.random.default_rng(seed).standard_normal((3, steps, 2))
    inputs[:, at + 1 :] = 0
    return torch.from_numpy(inputs)


@pytest.mark.parametrize("gain", [1.0, 0.3])
def test_the_signal_of_rank_1_is_the_one_that_made_the_output(gain):
    model, at = replace(SIMPLE, gain=gain), 7
    p = drawn(model)
    rollout = model.rollout(p, pulse(40, at))
    found = theory.required_signal(
        rollout.outputs[:, at:, 0].numpy(),
        rollout.states["x"][:, at].numpy(),
        torch.linalg.qr(p["U"]).Q[:, 0].numpy(),
        gain * p["V"][:, 0].numpy(),
        p["C"][0].numpy(),
        float(p["d"][0]),
        model.tau_x,
    )
    signal = rollout.states["s"][:, at + 1 :, 0].numpy()
    assert signal.std() > 0.01
    np.testing.assert_allclose(found, signal, rtol=1e-6)


def test_the_signal_of_rank_1_in_continuous_time():
    # Without w and d, f = exp(a t) needs s = (1 + tau a) / (l.r), whatever the readout.
    left, right = np.eye(4)[0], np.array([2.0, 1, 0, 0])
    steps, tau, rate = 400, 1000.0, 1e-3
    output = np.exp(rate * np.arange(steps))[None]
    found = theory.required_signal(output, left[None], left, right, left, 0.0, tau)
    np.testing.assert_allclose(found, (1 + tau * rate) / 2, rtol=1e-3)


def test_the_error_of_the_closed_form_falls_in_proportion_to_the_step():
    table = decay.decay_errors(root_seed=0)
    errors = table.pivot(index="run", columns="step", values="error")
    steps = errors.columns.to_numpy()
    assert steps.tolist() == [0.125, 0.25, 0.5, 1]
    slopes = [np.polyfit(np.log(steps), np.log(row), 1)[0] for row in errors.to_numpy()]
    np.testing.assert_allclose(slopes, 1, atol=0.1)
    assert errors[steps.min()].max() < 0.02


def test_without_leak_the_components_of_x_are_the_cells_of_an_lstm():
    model = LowRank(12, 3, channels=2, outputs=1, modulators=4, linear=True, tau_x=1.0)
    p = drawn(model)
    Q = torch.linalg.qr(p["U"]).Q
    p |= {"V": Q}
    inputs = torch.from_numpy(np.random.default_rng(1).standard_normal((5, 30, 2)))
    states = model.rollout(p, inputs).states
    cell = p["x0"] @ Q
    for t in range(30):
        cell = states["s"][:, t] * cell + inputs[:, t] @ p["B_xu"].T @ Q
        torch.testing.assert_close(states["x"][:, t] @ Q, cell)
