"""The compiled network: equal to PyTorch's autograd, and closed to what it would misread."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch

from benchmarks.hold import narrowing, widths
from benchmarks.plain_mnist import Net
from neuroswitch.mnist import kernel, networks
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import Examples, Network

HIDDEN = [1, 2, 3, 5, 8, 10, 16, 32, 64, 128]


ARCHITECTURES = [(0, 0, 5), (1, 0, 5), (0, 1, 5), (0, 0, 10), (1, 1, 10)]
"""Bits, channels and outputs, beside the units of the hidden layer."""


def sizes(hidden, bits=0, channels=0, outputs=5):
    return Architecture(hidden, bits, channels, outputs)


def problem(architecture, dtype="f8", images=200, seed=0):
    """Return a vector of parameters and random examples of the same type."""
    rng = np.random.default_rng(seed)
    examples = Examples(
        rng.random((images, 28, 28)).astype(dtype),
        np.repeat(
            rng.integers(0, 2, (images, 1)).astype(dtype),
            architecture.bits + architecture.channels,
            axis=1,
        ),
        rng.integers(0, architecture.outputs, images),
    )
    return networks.initial_parameters(rng, architecture, dtype), examples


def torch_loss(network, examples, batch):
    """Return PyTorch's mean loss over `batch` [images]."""
    images = torch.from_numpy(examples.images[batch])[:, None]
    labels = torch.from_numpy(examples.labels[batch])
    context = torch.from_numpy(examples.contexts[batch, :1]).sum(1)
    return torch.nn.functional.cross_entropy(network(images, context), labels)


def assert_gradient(vector, examples, architecture, batch, tolerance):
    """Loss and gradient of every parameter equal PyTorch's."""
    loss, gradient = Network(architecture, vector.dtype).gradient(vector, examples, batch)
    network = Net.of(vector, architecture)
    expected = torch_loss(network, examples, batch)
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=tolerance)
    found = networks.to_channels_first(gradient, architecture)
    for name, value in network.named_parameters():
        reference = value.grad.numpy()
        error = np.abs(found[name] - reference).max()
        assert error <= tolerance * np.abs(reference).max(), name


@pytest.mark.parametrize("others", ARCHITECTURES)
@pytest.mark.parametrize("hidden", HIDDEN)
# In float32 two pixels of a pool can be as close as rounding: one image's gradient then goes
# to the other.
@pytest.mark.parametrize(("dtype", "tolerance"), [("f4", 5e-3), ("f8", 1e-12)])
def test_gradient_equals_autograd(hidden, others, dtype, tolerance):
    architecture = sizes(hidden, *others)
    vector, examples = problem(architecture, dtype)
    # With few hidden units all may be silent, and a silent network agrees with anything.
    kernel.split(vector, architecture).fc1_bias[:] += 0.3
    batch = np.random.default_rng(1).permutation(200)[:128]
    assert_gradient(vector, examples, architecture, batch, tolerance)


@pytest.mark.parametrize("size", [1, 3, 31, 32, 33, 97])
def test_minibatches_that_do_not_fill_a_block(size):
    vector, examples = problem(sizes(10, 1))
    assert_gradient(vector, examples, sizes(10, 1), np.arange(size), 1e-12)


def test_ties_and_exact_zeros():
    """Flat images tie in every pooling; whole weights give exact zeros."""
    vector, examples = problem(sizes(10))
    arrays = networks.to_channels_first(vector, sizes(10))
    for layer in ("conv1", "conv2"):
        arrays[f"{layer}.weight"] = np.round(arrays[f"{layer}.weight"] * 20)
        arrays[f"{layer}.bias"] = np.round(arrays[f"{layer}.bias"] * 3)
    arrays["fc1.bias"] = -np.abs(arrays["fc1.weight"]).sum(1) * (np.arange(10) % 2)
    images = np.round(examples.images * 2)
    images[:40], images[40:80], images[80:, :, 14:] = 0, 1, 1
    tied = Examples(images, examples.contexts, examples.labels)
    vector = networks.from_channels_first(arrays)
    features = torch.relu(Net.of(vector, sizes(10)).conv1(torch.from_numpy(images[:, None])))
    windows = torch.nn.functional.unfold(features[:, :1], 2, stride=2).sort(1).values
    assert (windows[:, 3] == windows[:, 2]).double().mean() > 0.2
    assert_gradient(vector, tied, sizes(10), np.arange(128), 1e-12)


def test_gradient_goes_to_the_first_maximum():
    """All four pixels of a pool tie, and the windows around them differ."""
    vector, examples = problem(sizes(5))
    arrays = networks.to_channels_first(vector, sizes(5))
    arrays["conv1.weight"] = np.zeros((8, 1, 3, 3))
    arrays["conv1.weight"][:, :, 1, 1] = 1
    arrays["conv1.bias"] = np.zeros(8)
    images = np.repeat(np.repeat(examples.images[:, ::2, ::2], 2, 1), 2, 2)
    tied = Examples(np.ascontiguousarray(images), examples.contexts, examples.labels)
    assert_gradient(networks.from_channels_first(arrays), tied, sizes(5), np.arange(128), 1e-12)


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("others", ARCHITECTURES)
def test_training_equals_torch(others, momentum):
    architecture = sizes(10, *others)
    vector, examples = problem(architecture, images=1000)
    network = Net.of(vector, architecture)
    order = np.random.default_rng(2).permutation(1000)
    bounds = np.array([0, 128, 250, 377, 500, 501, 629, 1000])
    velocity = np.zeros_like(vector)
    losses = Network(architecture, "f8").train(
        vector, velocity, examples, order, bounds, 0.1, momentum
    )
    steps = torch.optim.SGD(network.parameters(), lr=0.1, momentum=momentum)
    for loss, first, last in zip(losses, bounds[:-1], bounds[1:], strict=True):
        steps.zero_grad()
        expected = torch_loss(network, examples, order[first:last])
        expected.backward()
        steps.step()
        assert loss == pytest.approx(expected.item(), rel=1e-10)
    np.testing.assert_allclose(vector, network.vector(), rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("others", ARCHITECTURES)
def test_predictions_equal_torch(others):
    architecture = sizes(10, *others)
    vector, examples = problem(architecture, images=333)
    network = Net.of(vector, architecture)
    with torch.no_grad():
        context = torch.from_numpy(examples.contexts[:, :1]).sum(1)
        logits = network(torch.from_numpy(examples.images)[:, None], context)
        # Random images look alike to it: centred, its outputs leave it in doubt.
        kernel.split(vector, architecture).fc2_bias[:] -= logits.mean(0).numpy()
        logits -= logits.mean(0)
    expected = logits.argmax(1).numpy()
    assert len(set(expected)) > 1
    engine = Network(architecture, "f8")
    np.testing.assert_array_equal(engine.predict(vector, examples), expected)
    assert engine.accuracy(vector, examples) == np.mean(expected == examples.labels)


def test_calls_do_not_change_what_later_calls_compute():
    """The scratch arrays are reused: a larger minibatch before must leave no trace."""
    vector, examples = problem(sizes(5, 1))
    fresh = Network(sizes(5, 1), "f8").gradient(vector, examples, np.arange(7))
    used = Network(sizes(5, 1), "f8")
    used.train(
        vector.copy(), vector.copy(), examples, np.arange(200), np.array([0, 100, 200]), 0.5, 0.9
    )
    used.predict(vector, examples)
    loss, gradient = used.gradient(vector, examples, np.arange(7))
    assert loss == fresh[0]
    assert gradient.tobytes() == fresh[1].tobytes()


def test_training_is_the_same_on_several_threads():
    vector, examples = problem(sizes(10, 1), "f4", images=640)
    bounds = np.arange(0, 641, 128)
    results = [vector.copy() for _ in range(5)]

    def run(own):
        Network(sizes(10, 1)).train(
            own, np.zeros_like(own), examples, np.arange(640), bounds, 0.1, 0.9
        )

    run(results[0])
    threads = [threading.Thread(target=run, args=(own,)) for own in results[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0].tobytes() != vector.tobytes()
    assert {own.tobytes() for own in results} == {results[0].tobytes()}


DIGEST = """
import hashlib
import numpy as np
from neuroswitch.mnist import networks
from neuroswitch.mnist.kernel import Architecture
from neuroswitch.mnist.networks import Examples, Network

rng = np.random.default_rng(0)
sizes = Architecture(10, 1, 1, 10)
images, contexts = rng.random((100, 28, 28)).astype("f4"), rng.random((100, 2)).astype("f4")
examples = Examples(images, contexts, rng.integers(0, 10, 100))
vector = networks.initial_parameters(rng, sizes)
Network(sizes).train(
    vector, np.zeros_like(vector), examples, np.arange(100), np.array([0, 30, 100]), 0.1, 0.9
)
print(hashlib.sha256(vector.tobytes()).hexdigest())
"""


@pytest.mark.skipif(len(widths()) < 2, reason="this processor has vectors of one width")
def test_training_has_the_same_bits_with_vectors_of_another_width():
    digests = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=os.environ | narrowed,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for narrowed in ({}, {"NUMBA_CPU_FEATURES": narrowing()["NUMBA_CPU_FEATURES"]})
    ]
    assert len(digests[0]) == 65
    assert digests[0] == digests[1]


def test_training_stops_at_a_loss_that_is_not_finite():
    vector, examples = problem(sizes(3), "f4")
    kernel.split(vector, sizes(3)).fc1_bias[:] += 0.3
    bounds = np.arange(0, 201, 20)
    losses = Network(sizes(3)).train(
        vector, np.zeros_like(vector), examples, np.arange(200), bounds, 1e18, 0.0
    )
    assert 1 < len(losses) < 10
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])


def test_layouts_are_inverse():
    vector, _ = problem(sizes(10, 1, 1))
    arrays = networks.to_channels_first(vector, sizes(10, 1, 1))
    assert networks.from_channels_first(arrays).tobytes() == vector.tobytes()


@pytest.mark.parametrize("hidden", [1, 10])
def test_positions_name_every_parameter_once_in_the_modulation_s_order(hidden):
    vector, _ = problem(sizes(hidden))
    weights, biases = networks.positions(hidden, 5, "all")
    assert sorted([*weights, *biases]) == list(range(len(vector)))
    layers = Net.of(vector, sizes(hidden)).layers()
    shapes = networks.weight_shapes(hidden, 5, "all")
    pieces = np.split(vector[weights], np.cumsum([out * fan_in for out, fan_in in shapes])[:-1])
    for piece, (out, fan_in), layer in zip(pieces, shapes, layers, strict=True):
        rows = layer.weight.detach().flatten(1).numpy()
        assert rows.shape == (out, fan_in)
        # Rows are outputs; within a row the order of inputs does not matter to M_l.
        np.testing.assert_array_equal(
            np.sort(piece.reshape(out, fan_in), axis=1), np.sort(rows, axis=1)
        )
    expected = np.concatenate([layer.bias.detach().numpy() for layer in layers])
    np.testing.assert_array_equal(vector[biases], expected)


@pytest.mark.parametrize(("layers", "names"), [("linear", ["fc1", "fc2"]), ("hidden", ["fc1"])])
def test_positions_of_some_layers_are_those_of_their_parameters(layers, names):
    vector, _ = problem(sizes(7, outputs=10))
    weights, biases = networks.positions(7, 10, layers)
    module = Net.of(vector, sizes(7, outputs=10))
    own = [getattr(module, name) for name in names]
    for found, values in (
        (weights, [layer.weight for layer in own]),
        (biases, [layer.bias for layer in own]),
    ):
        expected = np.concatenate([value.detach().numpy().ravel() for value in values])
        np.testing.assert_array_equal(np.sort(vector[found]), np.sort(expected))
    assert networks.weight_shapes(7, 10, layers) == [tuple(layer.weight.shape) for layer in own]


def test_counts_are_those_of_the_paper_s_sentence():
    assert networks.parameter_count(sizes(10)) == 9153
    for hidden in HIDDEN:
        for others in ARCHITECTURES:
            module = Net(sizes(hidden, *others))
            expected = sum(value.numel() for value in module.parameters())
            assert networks.parameter_count(sizes(hidden, *others)) == expected


def test_initial_parameters_fill_torch_s_bounds():
    architecture = sizes(128, 1, 1)
    vector = networks.initial_parameters(np.random.default_rng(0), architecture)
    arrays = networks.to_channels_first(vector, architecture)
    for name, value in Net(architecture).named_parameters():
        array = arrays[name]
        assert array.shape == tuple(value.shape)
        fan_in = arrays[name.split(".")[0] + ".weight"][0].size
        assert 0.5 < np.abs(array).max() * fan_in**0.5 <= 1
        if array.size > 500:
            assert array.std() == pytest.approx((3 * fan_in) ** -0.5, rel=0.05)


def test_networks_with_and_without_context_start_alike():
    with_bit, with_channel, without = (
        networks.to_channels_first(
            networks.initial_parameters(np.random.default_rng(3), architecture, "f8"), architecture
        )
        for architecture in (sizes(4, bits=1), sizes(4, channels=1), sizes(4))
    )
    np.testing.assert_allclose(
        with_channel["conv1.weight"][:, :1] * np.sqrt(18), without["conv1.weight"] * np.sqrt(9)
    )
    np.testing.assert_array_equal(with_channel["fc1.weight"], without["fc1.weight"])
    np.testing.assert_allclose(
        with_bit["fc1.weight"][:, :784] * np.sqrt(785), without["fc1.weight"] * np.sqrt(784)
    )
    np.testing.assert_array_equal(with_bit["fc2.bias"], without["fc2.bias"])


def test_refuses_what_the_kernel_would_misread():
    vector, examples = problem(sizes(3))
    images, contexts, labels = examples.images, examples.contexts, examples.labels
    for arrays, said in [
        ((images[:, ::-1], contexts, labels), "not contiguous"),
        ((images[:, :27], contexts, labels), "images must be"),
        ((images, contexts[:5], labels), "images must be|float64 array"),
        ((images, contexts.astype("f4"), labels), "float32"),
        ((images, contexts, labels - 1), "labels must not be negative"),
        ((images, contexts, labels.astype(np.int32)), "labels must be"),
        ((images.astype(int), contexts.astype(int), labels), "float32 or float64"),
    ]:
        with pytest.raises(ValueError, match=said):
            Examples(*arrays)
    engine, order, bounds = Network(sizes(3), "f8"), np.arange(200), np.array([0, 100, 200])
    for change, said in [
        ({"vector": vector[:-1]}, "parameters must be"),
        ({"vector": vector.astype("f4")}, "parameters must be"),
        ({"vector": np.repeat(vector, 2)[::2]}, "not contiguous"),
        ({"order": order + 1}, "positions of examples"),
        ({"order": order - 1}, "positions of examples"),
        ({"order": order[::-1]}, "order must be"),
        ({"bounds": bounds + 1}, "within order"),
        ({"bounds": bounds - 1}, "within order"),
        ({"bounds": np.array([0, 100, 100, 200])}, "increase"),
        ({"examples": problem(sizes(3, 1))[1]}, "0 contexts"),
        ({"examples": problem(sizes(3), "f4")[1]}, "float32"),
        ({"examples": Examples(images, contexts, labels + 1)}, "labels must lie in 0..4"),
        ({"velocity": vector[1:]}, "velocity must be"),
    ]:
        arguments = {
            "vector": vector, "velocity": np.zeros_like(vector), "examples": examples,
            "order": order, "bounds": bounds,
        } | change  # fmt: skip
        with pytest.raises(ValueError, match=said):
            engine.train(**arguments, learning_rate=0.1, momentum=0.0)
