"""Tasks and models of a user's own file: they train as ours do, and their code counts."""

from pathlib import Path

import numpy as np
import pytest

from neuroswitch import extensions, index, settings, versions
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.experiment import model_of, train_experiment
from neuroswitch.rnn.models import build
from neuroswitch.rnn.tasks import task_of
from neuroswitch.settings.rnn import Network, RnnExperiment, Training
from tests.unit.conftest import read_anew
from tests.unit.small_networks import minibatches

TASK = '''
import numpy as np

from neuroswitch import declare
from neuroswitch.rnn.tasks import Task, Trials


@declare.task("integration")
class Integration(Task):
    """Pulses of -1 or 1; the target is a tenth of their sum so far."""

    STEPS, CHANNELS, OUTPUTS = 40, 1, 1

    def draw(self, rng, trials):
        shape = (trials, self.STEPS, 1)
        pulses = rng.choice([-1, 1], shape) * (rng.random(shape) < 0.2)
        return Trials(pulses, pulses.cumsum(axis=1) / 10, np.ones(shape[:2]))
'''
MODEL = '''
from dataclasses import dataclass

import torch

from neuroswitch import declare
from neuroswitch.rnn.models import Model


@declare.model("gated")
@dataclass(frozen=True)
class Gated(Model):
    """x <- x + rate sigmoid(g) (tanh(d) - x), where g and d are W x + B u; y = C x."""

    units: int
    channels: int
    outputs: int
    rate: float = 0.5

    @property
    def shapes(self):
        n = self.units
        return {"W": (2 * n, n), "B": (2 * n, self.channels), "C": (self.outputs, n)}

    @property
    def groups(self):
        return {"input_pathway": ("B",)}

    @property
    def states(self):
        return {"x": (self.units, 0.0)}

    def step(self, p, state, u):
        gate, drive = (p.W @ state.x + p.B @ u).chunk(2)
        x = state.x + self.rate * torch.sigmoid(gate) * (torch.tanh(drive) - state.x)
        return {"x": x}, p.C @ x
'''


def experiment(task="integration", **networks):
    return RnnExperiment(
        task=task,
        variant="one_protocol",
        networks={name: Network(**network) for name, network in networks.items()},
        training=Training(stages=[{"steps": 150, "learning_rate": 0.01}], batch=16),
    )


def configuration(**experiments):
    loaded = settings.load(Path("config/laptop.yaml"))
    rnn = loaded.rnn.model_copy(update={"experiments": experiments})
    return loaded.model_copy(update={"rnn": rnn})


def test_a_task_and_a_model_of_a_file_train_beside_ours(extend, tmp_path):
    extend(my_task=TASK, my_model=MODEL)
    chosen = configuration(
        mine=experiment(
            gated={"model": "gated", "units": 12, "options": {"rate": 1.0}},
            lstm={"model": "lstm", "units": 8},
        )
    ).rnn
    assert model_of(chosen.experiment("mine"), "gated", "training").rate == 1.0
    tables = train_experiment(chosen, "mine", [0], 0, 1, tmp_path / "checkpoints", "version")
    assert set(tables["runs"]["task"]) == {"integration"}
    for _, losses in tables["losses"].groupby("network"):
        first, last = losses["mean_loss"].iloc[[0, -1]]
        assert last < 0.5 * first


def test_a_model_without_scales_starts_from_matrices_divided_by_their_columns(extend):
    extend(my_task=TASK, my_model=MODEL)
    model = build(Network(model="gated", units=400), task_of("integration"))
    drawn = model.draw(np.random.default_rng(0))
    assert drawn["W"].std() == pytest.approx(1 / 20, rel=0.01)
    assert model.mask("all").all()
    assert model.mask("input_pathway").sum() == 2 * 400


def test_the_noise_of_a_protocol_is_on_every_input_of_a_task_that_names_none(extend):
    extend(my_task=TASK)
    protocol = Training(stages=[{"steps": 1, "learning_rate": 0.01}], batch=16)
    clean, noisy = (
        minibatches("integration", "training", made)(0)
        for made in (protocol, protocol.model_copy(update={"noise": 0.1}))
    )
    (inputs, targets, _), (bare, same, _) = noisy.arrays(), clean.arrays()
    assert (inputs - bare).std() == pytest.approx(0.1, rel=0.1)
    np.testing.assert_array_equal(targets, same)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("40, 1, 1", "30, 1, 1", r"inputs of shape \(16, 40, 1\).* \(16, 30, 1\)"),
        ("40, 1, 1", "40, 1, 2", r"targets of shape \(16, 40, 1\).* \(16, 40, 2\)"),
        ("shape[:2]", "shape", r"weights of shape \(16, 40, 1\).* \(16, 40\)"),
    ],
)
def test_trials_that_are_not_as_their_task_says_are_refused(extend, old, new, fault):
    extend(my_task=TASK.replace(old, new).replace("self.STEPS", "40"))
    made = Training(stages=[{"steps": 1, "learning_rate": 0.01}], batch=16)
    with pytest.raises(NeuroswitchError, match=fault):
        minibatches("integration", "training", made)(0)


def test_equations_without_a_compiled_form_train_by_pytorch_and_say_so(extend, tmp_path, caplog):
    extend(my_task=TASK, my_model=MODEL.replace("torch.tanh", "torch.atan"))
    chosen = configuration(mine=experiment(gated={"model": "gated", "units": 5})).rnn
    tables = train_experiment(chosen, "mine", [0], 0, 1, tmp_path / "checkpoints", "version")
    assert tables["losses"]["mean_loss"].iloc[-1] < 0.5 * tables["losses"]["mean_loss"].iloc[0]
    assert caplog.text.count("Gated: compiled code has no torch.atan") == 1


def test_all_trials_of_a_task_that_has_few_keep_the_noise_they_are_given():
    made = Training(stages=[{"steps": 1, "learning_rate": 0.01}], noise=0.1)
    batch_of = minibatches("measure_wait_go", "training", made)
    clean = task_of("measure_wait_go").everything()
    assert batch_of(0).trials == len(clean)
    (first, *_), (second, *_) = batch_of(0).arrays(), batch_of(1).arrays()
    assert np.std(first) != pytest.approx(np.std(clean.inputs), rel=1e-4)
    np.testing.assert_array_equal(first, second)


def test_a_task_or_a_model_that_nothing_declares_is_named_with_the_nearest():
    config = configuration(one=experiment("multitask", a={"model": "lstm", "units": 2}))
    config = config.model_dump(mode="json")
    config["rnn"]["experiments"]["one"]["task"] = "multitsk"
    config["rnn"]["experiments"]["one"]["networks"]["a"]["model"] = "vanila"
    with pytest.raises(NeuroswitchError) as raised:
        settings.validate(config)
    assert "no task is called 'multitsk'; did you mean 'multitask'?" in str(raised.value)
    assert "no model is called 'vanila'; did you mean 'vanilla'?" in str(raised.value)


def test_a_field_that_is_called_like_a_key_of_a_network_has_its_value(extend):
    extend(my_model=MODEL.replace("    rate: float", "    tau_x: float = 1.0\n    rate: float"))
    network = Network(model="gated", units=3, tau_x=4.0, options={"rate": 0.25})
    model = build(network, task_of("multitask"))
    assert (model.tau_x, model.rate, model.channels, model.outputs) == (4.0, 0.25, 6, 3)


@pytest.mark.parametrize(
    ("network", "fault"),
    [
        ({"model": "gated", "options": {"rat": 1.0}}, "none called 'rat'; did you mean 'rate'"),
        ({"model": "lstm", "options": {"rate": 1.0}}, "none called 'rate'; known: none"),
        ({"model": "gated", "options": {"units": 4}}, "none called 'units'"),
    ],
)
def test_an_option_that_a_model_does_not_have_is_refused(extend, network, fault):
    extend(my_model=MODEL)
    with pytest.raises(NeuroswitchError, match=fault):
        build(Network(units=3, **network), task_of("multitask"))


def test_retraining_needs_a_task_held_out_and_a_group_of_parameters(extend):
    extend(my_model=MODEL.replace("input_pathway", "inputs"))
    with pytest.raises(NeuroswitchError, match="'element_finder' holds out no task"):
        task_of("element_finder", "retraining")
    model = build(Network(model="gated", units=3), task_of("multitask"))
    with pytest.raises(NeuroswitchError, match="no group of parameters 'input_pathway'"):
        model.mask("input_pathway")


def test_an_experiment_depends_on_the_files_of_its_task_and_models_and_their_neighbours(
    extend, tmp_path
):
    network = {"model": "gated", "units": 3}
    neighbour = "from .squash import squash\n"

    def version(folder, model=neighbour + MODEL, squash="from torch import tanh as squash"):
        extensions._joined.clear()
        extend(tmp_path / folder, my_task=TASK, my_model=model, squash=squash)
        read_anew()
        chosen = configuration(mine=experiment(gated=network))
        training = index.get("training", "rnn")
        return versions.of_training(training, chosen.rnn, chosen.seed, "mine")

    first = version("first")
    assert version("second", neighbour + MODEL + "# a comment\n") == first
    assert version("third", neighbour + MODEL.replace("tanh", "sin")) != first
    assert version("fourth", squash="from torch import sin as squash") != first
