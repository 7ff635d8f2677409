"""The configuration: what is wrong is one clear error, and every file we ship is right."""

import json
from pathlib import Path

import pytest
import yaml

from neuroswitch import settings
from neuroswitch.errors import NeuroswitchError

CONFIG = Path("config")
BASE = CONFIG / "laptop.yaml"
SCALES = [
    p
    for p in sorted(CONFIG.glob("*.yaml"))
    if "scale" in yaml.safe_load(p.read_text(encoding="utf-8"))
]


@pytest.fixture
def config():
    return yaml.safe_load(BASE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SCALES, ids=lambda path: path.stem)
def test_every_configuration_is_valid_and_named_after_its_file(path):
    assert settings.load(BASE, path).scale == path.stem


def test_the_json_schema_is_the_one_the_models_generate():
    assert (
        json.loads((CONFIG / "schema.json").read_text(encoding="utf-8")) == settings.json_schema()
    )


@pytest.mark.parametrize(
    ("where", "value", "message"),
    [
        (("sead",), 1, r"sead: unknown key; did you mean 'seed'\?"),
        (("gates", "primary", "lerning_rate"), 1, r"did you mean 'learning_rate'\?"),
        (("gates", "experiments", "pairs", "run"), 5, r"experiments.pairs.run: unknown key; did"),
        (("gates", "primary", "cycles"), -3, r"cycles.*: .* greater than 0 \(found -3\)"),
        (("gates", "experiments", "pairs", "epochs"), -1, r"pairs.epochs: .* \(found -1\)"),
        (("gates", "experiments", "pairs", "tasks"), "AND/XR", r"gate is called 'XR'; did you"),
        (("gates", "primary", "modulator", "family"), "ortogonal", r"did you mean 'orthogonal'"),
        (("gates", "primary", "modulator", "sclae"), 1, r"did you mean 'scale'\?"),
        (("gates", "primary", "learning_rate"), float("nan"), r"learning_rate"),
        (("gates", "primary", "pullback"), "adjoint", r"'inverse' or 'transpose'"),
        (("scale",), "../elsewhere", r"scale: .*pattern"),
        (("gates", "experiments", "pairs", "runs"), "many", r"runs: .*integer.*'many'"),
    ],
)
def test_a_fault_names_its_key_what_was_found_and_the_near_match(config, where, value, message):
    section = config
    for key in where[:-1]:
        section = section[key]
    section[where[-1]] = value
    with pytest.raises(NeuroswitchError, match=message) as failure:
        settings.validate(config)
    assert "1 fault" in str(failure.value)


def test_every_fault_is_named_at_once(config):
    config["gates"]["primary"]["width"] = 0
    del config["seed"]
    with pytest.raises(NeuroswitchError, match=r"2 fault\(s\)") as failure:
        settings.validate(config)
    assert "seed: this key is required" in str(failure.value)


def test_cycles_and_epochs_together_are_refused(config):
    config["gates"]["experiments"]["pairs"] |= {"cycles": 3, "epochs": 5}
    with pytest.raises(NeuroswitchError, match="give cycles or epochs, not both"):
        settings.validate(config)


def test_an_experiment_runs_every_combination(config):
    config["gates"]["experiments"]["pairs"] |= {
        "tasks": ["AND/OR", "AND"],
        "width": [2, 4],
        "pullback": ["inverse", "transpose"],
        "epochs": 100,
        "period": 7,
    }
    conditions = settings.validate(config).gates.conditions("pairs")
    pairs = [c for c in conditions if c.tasks == "AND/OR"]
    alone = [c for c in conditions if c.tasks == "AND"]
    assert {(c.width, c.pullback) for c in pairs} == {
        (w, p) for w in (2, 4) for p in ("inverse", "transpose")
    }
    # A single task is never transformed: modulators and pull-backs do not multiply it.
    assert [(c.width, c.family, c.bias_shift) for c in alone] == [
        (2, "none", 0.0),
        (4, "none", 0.0),
    ]
    assert {c.cycles for c in pairs} == {8}
    assert {c.cycles for c in alone} == {15}


def test_choices_are_varied_one_at_a_time_around_the_others(config):
    config["gates"]["experiments"]["pairs"] |= {
        "tasks": "AND/OR",
        "period": [3, 10],
        "varied": {"width": [2, 16], "loss": "cross_entropy", "bias_shift": [0, 1]},
    }
    conditions = settings.validate(config).gates.conditions("pairs")
    found = [(c.period, c.width, c.loss, c.bias_shift) for c in conditions]
    squared, crossed = "mean_squared_error", "cross_entropy"
    assert sorted(found) == sorted(
        (period, *others)
        for period in (3, 10)
        for others in (
            (2, squared, 0.5),
            (16, squared, 0.5),
            (8, crossed, 0.5),
            (8, squared, 0.0),
            (8, squared, 1.0),
        )
    )


def test_variations_of_the_transformation_leave_a_single_task_one_condition(config):
    config["gates"]["experiments"]["pairs"] |= {
        "tasks": "AND",
        "varied": {"bias_shift": [0, 0.1], "width": 2},
    }
    conditions = settings.validate(config).gates.conditions("pairs")
    assert [(c.width, c.bias_shift) for c in conditions] == [(2, 0.0), (8, 0.0)]


def test_a_name_is_that_of_one_experiment_sweep_or_trace(config):
    config["gates"]["sweeps"]["pairs"] = config["gates"]["sweeps"]["sweep"]
    with pytest.raises(NeuroswitchError, match="share the name pairs"):
        settings.validate(config)


def test_rows_of_an_alternative_of_paper_2_have_a_variant_of_their_own(config):
    experiments = settings.validate(config).rnn.experiments
    labels = {name: experiment.label for name, experiment in experiments.items()}
    assert labels["multitask_corrected"] == "corrected"
    assert labels["multitask_rank_4"] == "corrected:rank_4"


def test_a_stream_named_after_the_gates_gives_each_its_own_networks(config):
    gates = settings.validate(config).gates
    assert {c.stream for c in gates.conditions("mapping_two_layers")} == {
        f"mapping {gate}" for gate in ("AND", "OR", "XOR", "NOR")
    }
    assert {c.stream for c in gates.conditions("pairs")} == {"switching"}


def test_chunks_cover_every_run_once(config):
    config["gates"]["experiments"]["pairs"] |= {"runs": 10, "runs_per_job": 4}
    assert settings.validate(config).gates.chunks("pairs") == ["0-3", "4-7", "8-9"]
