"""Small networks of every model that declares itself, trials for them, and what gradients must be.

A new model is tested as soon as it is declared.
"""

from pathlib import Path

import numpy as np

from neuroswitch import index
from neuroswitch.mnist.data import load as load_images
from neuroswitch.mnist.sequences import DigitRows
from neuroswitch.rnn.batch import Batch
from neuroswitch.rnn.models import build
from neuroswitch.rnn.models.low_rank import SIGNALS
from neuroswitch.rnn.models.sweep import DifferentiatedSweep
from neuroswitch.rnn.sampling import batches, streams
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.tasks.multitask import Multitask
from neuroswitch.settings.rnn import Network

TASK = Multitask()
"""It has channels of a context, which some models read."""


def task_with_trials(name):
    """Return a task by its name; the one that draws from images has those of scikit-learn."""
    if name == "digit_rows":
        return DigitRows(load_images("digits", Path(), 500, 100, "test")[0])
    return task_of(name)


def small(model, **keys):
    """Return a network of a model for TASK."""
    return build(Network(**{"model": model, "units": 10, "rank": 3} | keys), TASK)


DECLARED = {name: small(name) for name in index.all_of("model")}

NM_RNN = {"model": "low_rank", "modulators": 5}
WAYS_TO_MODULATE = {
    **{f"nm_rnn_{signal}": small(**NM_RNN, options={"signal": signal}) for signal in SIGNALS},
    "nm_rnn_of_inputs": small(**NM_RNN, options={"modulates": "inputs"}),
    "nm_rnn_of_outputs": small(**NM_RNN, options={"modulates": "outputs"}),
    "nm_rnn_reservoir": small(**NM_RNN, options={"reservoir": True}),
}
"""The NM-RNN with each of its options."""


def problem(model, seed=0, trials=19, steps=18, dtype=np.float64):
    """Return parameters away from their start, and trials with masked and weighed steps."""
    rng = np.random.default_rng(seed)
    drawn = model.draw(rng)
    vector = model.flatten(
        {name: a + 0.1 * rng.standard_normal(a.shape) for name, a in drawn.items()}, dtype
    )
    weights = rng.random((trials, steps)) * (rng.random((trials, steps)) < 0.7)
    batch = Batch.of(
        rng.standard_normal((trials, steps, model.channels)),
        rng.standard_normal((trials, steps, model.outputs)),
        weights,
        dtype,
    )
    return vector, batch


def assert_agrees_with_autograd(model, sweep, vector, batch):
    """Check loss and gradient against PyTorch's, both in double precision, to rounding."""
    loss, gradient = sweep.loss_and_gradient(vector, batch)
    reference = DifferentiatedSweep(model, "cpu", np.float64)
    expected_loss, expected = reference.loss_and_gradient(vector, batch)
    np.testing.assert_allclose(loss, expected_loss, rtol=1e-12)
    mine, theirs = model.views(gradient), model.views(expected)
    for name in model.shapes:
        size = np.abs(theirs[name]).max(initial=1e-30)
        np.testing.assert_allclose(mine[name] / size, theirs[name] / size, atol=1e-11, err_msg=name)


def assert_agrees_with_finite_differences(model, sweep, vector, batch):
    """Check the gradient of each parameter along a random direction, in which all of it changes."""
    _, gradient = sweep.loss_and_gradient(vector, batch)
    rng = np.random.default_rng(4)
    for name in model.shapes.keys() - set(model.fixed):
        step = np.zeros_like(vector)
        own = model.views(step)[name]
        own[:] = rng.standard_normal(own.shape)
        step *= 1e-5 / np.linalg.norm(step)
        ahead, behind = (sweep.loss_and_gradient(vector + s, batch)[0] for s in (step, -step))
        np.testing.assert_allclose(
            2 * gradient @ step, ahead - behind, rtol=1e-6, atol=1e-13, err_msg=name
        )


def minibatches(task, phase, protocol, run=0, root_seed=0):
    """Return the minibatch of each step of a run, by the name of its task."""
    stream = streams(task, phase, run, root_seed)
    return batches(task_of(task, phase), protocol, stream)
