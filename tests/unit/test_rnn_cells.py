"""From equations to passes: the code that is made of a step, run with NumPy in place of lanes."""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from numba import njit

from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.cells import primitives
from neuroswitch.rnn.models import sweep
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.model import Model
from neuroswitch.rnn.models.reservoir import Reservoir
from neuroswitch.rnn.models.sweep import CompiledSweep, DifferentiatedSweep
from neuroswitch.rnn.models.switched import Switched
from neuroswitch.rnn.models.tsuda import Tsuda
from neuroswitch.rnn.models.xdg import Xdg
from neuroswitch.rnn.wide import LANES, load, store
from tests.unit.small_networks import (
    DECLARED,
    WAYS_TO_MODULATE,
    assert_agrees_with_autograd,
    assert_agrees_with_finite_differences,
    problem,
)

NM_RNN = {"units": 9, "rank": 3, "channels": 4, "outputs": 2, "modulators": 5, "x_channels": 3}
MODELS = {
    **DECLARED,
    **WAYS_TO_MODULATE,
    "nm_rnn_feedback": LowRank(**NM_RNN, feedback=True, orthonormal=False, tau_x=2.0),
    "xdg_without_contexts": Xdg(6, 3, 2),
    "tsuda_without_contexts": Tsuda(7, 3, 2),
    "switched_without_contexts": Switched(6, 3, 2),
}


@dataclass(frozen=True)
class Invented(Model):
    """Matrices W and B, a readout C, and whatever step a test gives it."""

    equations: Any
    units: int = 6
    channels: int = 4
    outputs: int = 2
    start: str = "x0"
    untrained: tuple[str, ...] = ("x0",)

    @property
    def shapes(self):
        n = self.units
        own = {"W": (n, n), "B": (n, self.channels), "b": (n,), "C": (self.outputs, n)}
        return own | {"x0": (n,)}

    @property
    def scales(self):
        return dict.fromkeys(self.shapes, 0.4)

    @property
    def fixed(self):
        return self.untrained

    @property
    def states(self):
        return {"x": self.start, "h": (self.units, 0.5)}

    def step(self, p, state, u):
        return self.equations(p, state, u)


def joined(p, state, u):
    x = torch.cat([torch.tanh(state.x[2:]), 0.5 * state.h[:2]])
    x = p.W @ x + p.B @ u - state.x / 3
    return {"x": x, "h": state.x}, p.C @ torch.cat([x[3:], state.h[:3]])


def sliced(p, state, u):
    a, b = (p.W @ state.x + p.b).chunk(2)
    both = torch.cat([torch.relu(a), torch.exp(0.1 * b)])
    x = torch.nn.functional.softplus(both - state.x) + p.B @ u
    return {"x": x, "h": 0.3 * state.h + both}, p.C @ x + p.C @ state.h


def used_twice(p, state, u):
    drive = p.W @ state.x
    x = torch.tanh(drive + p.B @ u) - 0.5 * drive
    h = x * state.h * 0.2 + (1 - x) * torch.sigmoid(drive)
    return {"x": x, "h": h}, torch.tanh(p.C @ (h - x))


def transposed(p, state, u):
    x = 0.9 * state.x + p.W.T @ torch.tanh(p.W @ state.h + p.b)
    return {"x": x, "h": p.B @ (p.B.T @ torch.tanh(x)) + 0.1 * x + 2}, p.C @ x


def past_the_output(p, state, u):
    x = torch.tanh(p.B @ u + state.x / 2)
    return {"x": x, "h": state.h + p.W @ x}, p.C @ x


def its_own_square(p, state, u):
    x = p.W @ state.x + p.B @ u
    return {"x": x * x / 10, "h": x}, p.C @ (state.x * state.h)


def twice_as_long(p, state, u):
    short = torch.tanh(state.x[:3])
    x = torch.cat([short, short]) * (p.B @ u)
    return {"x": x, "h": state.h}, p.C @ x


class Prepared(Invented):
    """Its recurrence is antisymmetric and its readout a product, which PyTorch differentiates."""

    def prepare(self, p):
        return p | {"W": p["W"] - p["W"].T, "C": p["C"] @ p["W"], "b": torch.tanh(p["b"])}


STEPS = [joined, sliced, used_twice, transposed, past_the_output, its_own_square, twice_as_long]
MODELS |= {step.__name__: Invented(step) for step in STEPS}
MODELS["trained_start"] = Invented(used_twice, untrained=())
MODELS["prepared"] = Prepared(sliced)
MODELS["frozen_matrix"] = Invented(transposed, untrained=("W", "x0"))


def compare(outputs, targets, weights, norm):
    error = outputs - targets
    weighed = weights[:, None] * error / norm
    outputs[:] = 2 * weighed
    return (weighed * error).sum()


def add_product(matrix, vector, step, out, out_step):
    out[out_step, : len(matrix)] += matrix @ vector[step, : matrix.shape[1]]


def set_product(matrix, vector, step, out, out_step):
    out[out_step, : len(matrix)] = matrix @ vector[step, : matrix.shape[1]]


def set_squashed(matrix, vector, step, out, out_step):
    out[out_step, : len(matrix)] = np.tanh(matrix @ vector[step, : matrix.shape[1]])


def gather(left, left_first, right, right_first, steps, gradient):
    if len(gradient) != left.shape[1]:
        left, left_first, right, right_first = right, right_first, left, left_first
    a = left[left_first : left_first + steps, : gradient.shape[0]]
    b = right[right_first : right_first + steps, : gradient.shape[1]]
    gradient += np.einsum("tnl,tkl->nkl", a, b)


def add_steps(left, steps, gradient):
    gradient += left[:steps].sum(0)


IN_NUMPY = {
    "load": lambda array, at: array[at].copy(),
    "store": lambda array, at, value: array.__setitem__(at, value),
    "copy": lambda values, out: out.__setitem__(..., values),
    "clear": lambda out, step: out.__setitem__(step, 0),
    "constant": lambda array, number: np.full(array.shape[-1], number),
    "spread": lambda number: number,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "scale": np.multiply,
    "multiply_add": lambda a, b, c: a * b + c,
    "weigh": lambda a, b, c: a * b + c,
    "slope": lambda value: 1 - value**2,
    "positive": lambda value: (value > 0).astype(float),
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0),
    "softplus": lambda x: np.logaddexp(0, x),
    "exp": np.exp,
    "inlined": lambda function: function,
    "compiled": lambda function: function,
} | {f.__name__: f for f in (compare, add_product, set_product, set_squashed, gather, add_steps)}


@pytest.fixture
def in_numpy(monkeypatch):
    """Run the code of passes with NumPy, in arrays that hold NaN wherever nothing was stored."""

    def run(code, lanes):
        scope = dict(IN_NUMPY)
        exec(code, scope)
        return scope["sweep"]

    def empty(shape, dtype):
        return np.full(shape, np.nan, dtype)

    monkeypatch.setattr(sweep, "_sweep_of", run)
    monkeypatch.setattr(sweep, "empty", empty)
    monkeypatch.setattr(sweep, "sum_lanes", lambda lanes, out: out.__setitem__(..., lanes.sum(-1)))


@pytest.mark.parametrize("name", MODELS)
def test_passes_agree_with_automatic_differentiation(name, in_numpy):
    model = MODELS[name]
    vector, batch = problem(model)
    made = CompiledSweep(model, batch.steps, np.float64)
    # The second time, what the first one left in the buffers must not matter.
    for _ in range(2):
        assert_agrees_with_autograd(model, made, vector, batch)


@pytest.mark.parametrize("name", MODELS)
def test_passes_agree_with_finite_differences(name, in_numpy):
    model = MODELS[name]
    vector, batch = problem(model)
    made = CompiledSweep(model, batch.steps, np.float64)
    assert_agrees_with_finite_differences(model, made, vector, batch)


def test_code_has_no_sizes_and_no_numbers_in_it(in_numpy):
    small, large = LowRank(**NM_RNN), LowRank(**NM_RNN | {"units": 40, "rank": 6}, tau_x=7.0)
    assert sweep.code_of(small)[0] == sweep.code_of(large)[0]


def test_the_low_rank_network_is_its_plain_equations():
    model = LowRank(**NM_RNN, feedback=True, gain=0.7)
    rng = np.random.default_rng(1)
    p = {name: torch.tensor(0.1 + a) for name, a in model.draw(rng).items()}
    inputs = torch.tensor(rng.standard_normal((3, 12, 4)))
    rollout = model.rollout(p, inputs)
    Q = torch.linalg.qr(p["U"]).Q
    x, z = p["x0"].expand(3, -1), p["z0"].expand(3, -1)
    for t in range(12):
        u = inputs[:, t]
        phi = torch.tanh(x)
        drive = torch.tanh(z) @ p["W_zz"].T + u @ p["B_zu"].T + phi @ p["W_zx"].T + p["b_z"]
        z = z + (drive - z) / model.tau_z
        s = torch.sigmoid(z @ p["A"].T + p["c"])
        x = x + (0.7 * (phi @ p["V"] * s) @ Q.T + u[:, :3] @ p["B_xu"].T - x) / model.tau_x
        for name, expected in (("x", x), ("z", z), ("s", s)):
            torch.testing.assert_close(rollout.states[name][:, t], expected, rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(rollout.outputs[:, t], x @ p["C"].T + p["d"])


@pytest.mark.parametrize(
    ("model", "frozen"),
    [(MODELS["reservoir"], "W B x0"), (MODELS["nm_rnn_reservoir"], "U V B_xu x0 z0")],
)
def test_what_a_reservoir_was_drawn_with_is_in_no_group(model, frozen):
    for group in ("all", *model.groups):
        masked = model.views(model.mask(group))
        assert not any(masked[name].any() for name in frozen.split())
    assert model.views(model.mask("all"))["C"].all()


def test_a_reservoir_has_the_radius_that_it_says():
    model = Reservoir(400, 1, 1, radius=0.8)
    W = model.draw(np.random.default_rng(0))["W"]
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(0.8, rel=0.1)


@pytest.mark.parametrize("kind", [Xdg, Tsuda])
def test_a_further_context_leaves_the_gains_of_the_others(kind):
    before, after = (kind(50, channels, 1, sensory=3) for channels in (5, 6))
    G, wider = (m.prepare(m.draw(np.random.default_rng(0)))["G"] for m in (before, after))
    np.testing.assert_array_equal(wider[:, :2], G)
    assert (wider[:, 2] != wider[:, 1]).any()


def test_units_that_xdg_closes_change_nothing():
    model = Xdg(60, 4, 1, sensory=3)
    p = {name: torch.tensor(a) for name, a in model.draw(np.random.default_rng(0)).items()}
    closed = model.prepare(p)["G"][:, 0] == 0
    assert 0.6 < closed.double().mean() < 0.95
    inputs = torch.ones(2, 9, 4, dtype=torch.float64)
    outputs = model.rollout(p, inputs).outputs
    p["W"] = torch.where(closed, 7.0, p["W"])
    p["C"] = torch.where(closed, 7.0, p["C"])
    torch.testing.assert_close(model.rollout(p, inputs).outputs, outputs)


def test_the_functions_of_lanes_are_exact_to_the_precision():
    @njit
    def take(x, out):
        for i in range(len(x)):
            store(out[0], i, primitives.relu(load(x, i)))
            store(out[1], i, primitives.positive(load(x, i)))
            store(out[2], i, primitives.softplus(load(x, i)))
            store(out[3], i, primitives.exp(load(x, i)))

    for dtype, error in ((np.float32, 5e-7), (np.float64, 2e-15)):
        x = np.linspace(-80, 80, 64 * LANES).astype(dtype).reshape(-1, LANES)
        out = np.empty((4, *x.shape), dtype)
        take(x, out)
        exact = x.astype(float)
        np.testing.assert_array_equal(out[0], np.maximum(x, 0))
        np.testing.assert_array_equal(out[1], x > 0)
        np.testing.assert_allclose(out[2], np.logaddexp(0, exact), rtol=error, atol=error)
        np.testing.assert_allclose(out[3], np.exp(exact), rtol=4 * error)
        x[0, 3] = np.nan
        take(x, out)
        assert np.isnan(out[[0, 2, 3], 0, 3]).all()


def sine(p, state, u):
    return {"x": torch.sin(state.x), "h": state.h}, p.C @ state.x


def decided(p, state, u):
    return {"x": state.x if state.x[:1] > 0 else state.h, "h": state.h}, p.C @ state.x


def squared(p, state, u):
    return {"x": state.x**2, "h": state.h}, p.C @ state.x


@pytest.mark.parametrize(
    ("step", "named"), [(sine, "torch.sin"), (decided, "'>'"), (squared, "x * x")]
)
def test_what_compiled_code_does_not_have_is_named_and_differentiated_by_pytorch(
    step, named, caplog
):
    with caplog.at_level(logging.WARNING):
        made = Invented(step).sweep(3, np.float64)
    assert isinstance(made, DifferentiatedSweep)
    assert named in caplog.text
    assert "automatic differentiation" in caplog.text


def misnamed(p, state, u):
    return {"x": state.x, "h": state.h}, p.D @ state.x


def misshapen(p, state, u):
    return {"x": p.W @ u, "h": state.h}, p.C @ state.x


def without_state(p, state, u):
    return {"x": state.x}, p.C @ state.x


def without_output(p, state, u):
    return {"x": state.x, "h": state.h}


def short_output(p, state, u):
    return {"x": state.x, "h": state.h}, state.x[:1]


@pytest.mark.parametrize(
    ("step", "fault"),
    [
        (misnamed, "ask for 'D'"),
        (misshapen, "W has 6 columns .* vector of 4 units"),
        (without_state, "return the state 'h'"),
        (without_output, "return two things, .*; it returned dict"),
        (short_output, "output of 1 units; the task has 2"),
    ],
)
def test_equations_that_cannot_be_are_refused(step, fault):
    with pytest.raises(NeuroswitchError, match=fault):
        Invented(step).sweep(3, np.float64)
