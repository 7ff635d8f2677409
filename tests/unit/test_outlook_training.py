"""Many tasks in one network: the compiled loop, and what tells the network its task."""

import numpy as np
import pandas as pd
import pytest
import torch

from neuroswitch import seeds, settings
from neuroswitch.gates.networks import layer_sizes, weight_shapes
from neuroswitch.gates.outlook import contexts
from neuroswitch.gates.outlook.capacity import patterns, train_capacity
from neuroswitch.gates.outlook.contexts import fixed, networks_of, numbers_of, parameters_of
from neuroswitch.gates.outlook.kernel import right_at_once, train_tasks
from neuroswitch.gates.outlook.ladders import chosen_rate
from neuroswitch.settings.base import Modulator
from neuroswitch.settings.gates import Capacity, Method, matched_width

INPUTS, WIDTH, TASKS, PERIOD, CYCLES, RATE = 3, 5, 3, 4, 6, 0.7
TARGETS = np.random.default_rng(0).integers(0, 2, (TASKS, 8)).astype(float)
EXACT = {"rtol": 1e-9, "atol": 1e-12}

WAYS = {
    "orthogonal": Method(context="library", modulator=Modulator(family="orthogonal")),
    "inverse": Method(context="library", modulator=Modulator(family="near_identity", scale=0.5)),
    "transpose": Method(
        context="library",
        modulator=Modulator(family="near_identity", scale=0.5),
        pullback="transpose",
    ),
    "powers": Method(context="powers", modulator=Modulator(family="near_identity", scale=0.3)),
}


def stream(purpose, task):
    return seeds.generator(0, purpose, task)


def drawn(method, width=WIDTH, tasks=TASKS):
    draw = fixed(method, INPUTS, width, 0.5, "normal", stream)
    return draw, networks_of(method, INPUTS, width, tasks, draw, stream, "torch")


def trained(network, targets=TARGETS):
    return train_tasks(
        network.weights,
        network.biases,
        patterns(INPUTS),
        targets,
        RATE,
        PERIOD,
        CYCLES,
        network.matrices,
        network.pull_backs,
        network.shifts,
        network.factors,
        network.learnt,
    )


def layers(weights, width=WIDTH):
    split = INPUTS * width
    return weights[:split].reshape(width, INPUTS), weights[split:].reshape(1, width)


def tensors(*arrays):
    return [torch.tensor(np.array(array), requires_grad=True) for array in arrays]


def descend(parameters, loss):
    """Take a step of gradient descent by PyTorch's differentiation."""
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        parameter.data -= RATE * gradient


def error(output, task):
    return ((output[:, 0] - torch.tensor(TARGETS[task])) ** 2).mean()


@pytest.mark.parametrize("way", WAYS)
def test_training_under_modulators_is_algorithm_1(way):
    draw, (network,) = drawn(WAYS[way])
    x = torch.tensor(patterns(INPUTS))
    w, b = network.weights.copy(), network.biases.copy()
    trained(network)
    for _ in range(CYCLES):
        for task in range(TASKS):
            own = draw(task)
            entered = own.matrix.T @ w
            moved, bias = tensors(entered, b + own.shift)
            for _ in range(PERIOD):
                first = moved[: INPUTS * WIDTH].reshape(WIDTH, INPUTS)
                hidden = torch.relu(x @ first.T + bias[:WIDTH])
                output = torch.sigmoid(hidden @ moved[-WIDTH:, None] + bias[WIDTH:])
                descend([moved, bias], error(output, task))
            w = w + own.pull_back.T @ (moved.detach().numpy() - entered)
            b = bias.detach().numpy() - own.shift
    np.testing.assert_allclose(network.weights, w, **EXACT)
    np.testing.assert_allclose(network.biases, b, **EXACT)


@pytest.mark.parametrize("context", ["superposition", "signs"])
def test_contexts_of_inputs_are_trained_by_their_gradient(context):
    draw, (network,) = drawn(Method(context=context))
    x = torch.tensor(patterns(INPUTS))
    split = INPUTS * WIDTH
    rotations = [
        [draw(task).matrix[:INPUTS, :INPUTS], draw(task).matrix[split:, split:]]
        for task in range(TASKS)
    ]
    for one in rotations[0] + rotations[1]:
        np.testing.assert_allclose(one @ one.T, np.eye(len(one)), atol=1e-12)
    assert not np.allclose(rotations[0][1], rotations[1][1])
    first, second, bias = tensors(*layers(network.weights), network.biases)
    trained(network)
    for _ in range(CYCLES):
        for task in range(TASKS):
            inner, outer = (torch.tensor(each) for each in rotations[task])
            for _ in range(PERIOD):
                hidden = torch.relu((x @ inner.T) @ first.T + bias[:WIDTH])
                output = torch.sigmoid((hidden @ outer.T) @ second.T + bias[WIDTH:])
                descend([first, second, bias], error(output, task))
    for ours, theirs in zip(layers(network.weights), (first, second), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), **EXACT)
    np.testing.assert_allclose(network.biases, bias.detach().numpy(), **EXACT)


@pytest.mark.parametrize(
    ("method", "factor"),
    [
        (Method(context="gated_units"), 0.0),
        (Method(context="scaled_units", factor=2.5), 2.5),
    ],
)
def test_factors_on_the_outputs_of_half_the_units(method, factor):
    draw, (network,) = drawn(method)
    x = torch.tensor(patterns(INPUTS))
    factors = [draw(task).factors for task in range(TASKS)]
    for own in factors:
        assert (own == factor).sum() == WIDTH // 2
        assert (own == 1).sum() == WIDTH - WIDTH // 2
    first, second, bias = tensors(*layers(network.weights), network.biases)
    trained(network)
    for _ in range(CYCLES):
        for task in range(TASKS):
            for _ in range(PERIOD):
                hidden = torch.relu(x @ first.T + bias[:WIDTH]) * torch.tensor(factors[task])
                output = torch.sigmoid(hidden @ second.T + bias[WIDTH:])
                descend([first, second, bias], error(output, task))
    for ours, theirs in zip(layers(network.weights), (first, second), strict=True):
        np.testing.assert_allclose(ours, theirs.detach().numpy(), **EXACT)
    np.testing.assert_allclose(network.biases, bias.detach().numpy(), **EXACT)


def test_extra_inputs_are_trained_as_a_wider_input():
    _, (network,) = drawn(Method(context="extra_input"))
    x = torch.tensor(patterns(INPUTS))
    hidden, second = layers(network.weights)
    wide = np.hstack([hidden, network.shifts[:, :WIDTH].T])
    first, second, bias = tensors(wide, second, network.biases)
    trained(network)
    for _ in range(CYCLES):
        for task in range(TASKS):
            told = torch.zeros(len(x), TASKS, dtype=torch.float64)
            told[:, task] = 1
            for _ in range(PERIOD):
                units = torch.relu(torch.hstack([x, told]) @ first.T + bias[:WIDTH])
                output = torch.sigmoid(units @ second.T + bias[WIDTH:])
                descend([first, second, bias], error(output, task))
    ours = np.hstack([layers(network.weights)[0], network.shifts[:, :WIDTH].T])
    np.testing.assert_allclose(ours, first.detach().numpy(), **EXACT)
    np.testing.assert_allclose(network.biases, bias.detach().numpy(), **EXACT)


def test_what_is_right_is_told_by_one_set_of_parameters():
    _, (network,) = drawn(WAYS["orthogonal"])
    trained(network)
    right = right_at_once(
        network.weights,
        network.biases,
        patterns(INPUTS),
        TARGETS,
        network.matrices,
        network.shifts,
        network.factors,
    )
    for task in range(TASKS):
        first, second = layers(network.matrices[task].T @ network.weights)
        bias = network.biases + network.shifts[task]
        hidden = np.maximum(patterns(INPUTS) @ first.T + bias[:WIDTH], 0)
        output = 1 / (1 + np.exp(-(hidden @ second[0] + bias[WIDTH])))
        assert right[task] == ((output > 0.5) == (TARGETS[task] > 0.5)).sum()


def test_an_output_that_is_no_number_is_wrong():
    _, (network,) = drawn(WAYS["orthogonal"])
    broken = right_at_once(
        network.weights * np.nan,
        network.biases,
        patterns(INPUTS),
        np.zeros((1, 8)),
        network.matrices,
        network.shifts,
        network.factors,
    )
    assert broken.tolist() == [0]


def test_a_library_is_independent_and_powers_are_of_one():
    n = sum(out * fan_in for out, fan_in in weight_shapes((INPUTS, WIDTH, 1)))
    of_powers, _ = drawn(WAYS["powers"])
    one = of_powers(1)
    np.testing.assert_allclose(of_powers(3).matrix, np.linalg.matrix_power(one.matrix, 3))
    np.testing.assert_allclose(of_powers(3).shift, 3 * one.shift)
    np.testing.assert_allclose(of_powers(3).matrix @ of_powers(3).pull_back, np.eye(n), atol=1e-9)
    of_library, _ = drawn(WAYS["inverse"])
    np.testing.assert_array_equal(of_library(0).matrix, np.eye(n))
    assert not np.allclose(of_library(2).matrix, of_library(1).matrix @ of_library(1).matrix)


@pytest.mark.parametrize("context", ["library", "extra_input", "matched_extra_input", "separate"])
@pytest.mark.parametrize("tasks", [1, 4])
def test_parameters_are_those_that_are_trained(context, tasks):
    _, own = drawn(Method(context=context), width=6, tasks=tasks)
    counted = sum(array.size for network in own for array in network.trained)
    assert counted == parameters_of(Method(context=context), INPUTS, 6, tasks)


@pytest.mark.parametrize("tasks", [1, 3, 8])
def test_matched_extra_inputs_leave_nearly_as_many_parameters(tasks):
    method = Method(context="matched_extra_input")
    wanted = parameters_of(Method(context="library"), INPUTS, 32, tasks)
    found = parameters_of(method, INPUTS, 32, tasks)
    # One hidden unit more or less costs so many:
    assert abs(found - wanted) <= (INPUTS + 2 + tasks) / 2


@pytest.mark.parametrize("layers", [2, 3, 4, 6])
def test_networks_of_any_depth_have_nearly_as_many_parameters(layers):
    sizes = layer_sizes(layers, matched_width(layers, 145))
    count = sum(out * fan_in + out for out, fan_in in weight_shapes(sizes))
    assert abs(count - 145) / 145 < 0.05


def test_numbers_of_modulators_are_those_that_are_stored():
    n = (INPUTS + 1) * WIDTH
    of_library, _ = drawn(WAYS["orthogonal"])
    assert numbers_of(WAYS["orthogonal"], 4, of_library) == 3 * (n * n + WIDTH + 1)
    of_powers, _ = drawn(WAYS["powers"])
    assert numbers_of(WAYS["powers"], 4, of_powers) == n * n + WIDTH + 1
    per_layer = Method(context="library", modulator={"family": "per_layer_orthogonal", "scale": 1})
    assert numbers_of(per_layer, 2, drawn(per_layer)[0]) == WIDTH**2 + 1 + WIDTH + 1
    signs = Method(context="signs")
    assert numbers_of(signs, 4, drawn(signs)[0]) == 4 * (INPUTS + WIDTH)


def test_noise_has_the_size_of_the_numbers():
    _, (network,) = drawn(Method(context="extra_input"), width=400)
    rng = np.random.default_rng(0)
    noisy = network.with_noise(0.1, rng)
    before, after = (
        np.concatenate([array.ravel() for array in each.trained]) for each in (network, noisy)
    )
    deviation = np.std(after - before) / np.sqrt(np.mean(before**2))
    assert deviation == pytest.approx(0.1, rel=0.05)
    assert network.with_noise(0, rng).weights is not network.weights


@pytest.fixture
def gates():
    chosen = Capacity(
        inputs=[2],
        width=[4],
        methods={"library": WAYS["orthogonal"], "separate": Method(context="separate")},
        tasks=[1, 2, 4],
        learning_rate=[0.3, 1.0],
        cycles=20,
        runs=3,
        held_out_runs=2,
        noise=[0.1],
        noisy_tasks=2,
        cells_per_job=1,
    )
    return settings.default().gates.model_copy(update={"capacities": {"capacity": chosen}})


def test_a_cell_does_not_depend_on_its_job(gates):
    together = train_capacity(gates, "capacity", [0, 1], 0)
    alone = [train_capacity(gates, "capacity", [cell], 0) for cell in (0, 1)]
    for name, table in together.items():
        parts = pd.concat([part[name] for part in alone if len(part[name])], ignore_index=True)
        pd.testing.assert_frame_equal(table, parts, check_dtype=False)


def test_the_learning_rate_is_chosen_by_runs_that_are_not_judged(gates):
    climbs = train_capacity(gates, "capacity", [0], 0)["climbs"]
    held_out = climbs[climbs["held_out"]]
    judged = climbs[~climbs["held_out"]]
    assert set(held_out["run"]) == {3, 4}
    assert set(held_out["learning_rate"]) == {0.3, 1.0}
    assert set(judged["run"]) == {0, 1, 2}
    assert set(judged["learning_rate"]) == {chosen_rate(held_out)}


def test_a_half_of_the_units_is_drawn_anew_for_each_task():
    halves = [contexts._half(stream("modulation", task), 8, 0.0) for task in range(20)]
    assert all(half.sum() == 4 for half in halves)
    assert np.mean(halves) == 0.5
    assert len({tuple(half) for half in halves}) > 10
