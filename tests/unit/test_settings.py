"""The configuration: what is wrong is one clear error, and every file we ship is right."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from neuroswitch import provenance, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn import devices

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
        (("seed",), False, r"seed: .*integer \(found false, as YAML also reads no and off\)"),
        (("mnist", "primary", "runs"), True, r"runs: .*integer \(found true, as YAML also reads"),
        (("seed",), "1", r"seed: .*integer; a number has no quotes.*\(found '1'\)"),
        (("gates", "primary", "learning_rate"), "1e-3", r"number; .*1.0e-3.*\(found '1e-3'\)"),
        (("gates", "primary", "width"), 8.0, r"width.*: .*integer \(found 8.0\)"),
        (("gates", "primary", "width"), [], r"width: .*at least 1 item"),
        (("gates",), None, r"gates: keys with their values are expected \(found nothing\)"),
        (("mnist", "folder"), "$NOWHERE/data", r"folder: \$NOWHERE is no user and no environment"),
        (("mnist", "folder"), "~nobody-here/data", r"folder: ~nobody-here is no user"),
        (("rnn", "device"), "cuad", r"device: a device is cpu, cuda, or cuda:N .*found 'cuad'"),
        (("rnn", "device"), "cuda", r"rnn: the engine compiled runs on the cpu alone"),
        (("rnn", "experiments", "element_finder", "networks"), {}, r"networks: at least one key"),
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


def test_a_name_that_is_no_name_of_a_folder_is_refused(config):
    experiments = config["gates"]["experiments"]
    experiments["and+or"] = experiments.pop("budget")
    with pytest.raises(
        NeuroswitchError, match=r"experiments\.and\+or: an experiment names a folder"
    ):
        settings.validate(config)


def test_every_fault_is_named_at_once(config):
    config["gates"]["primary"]["width"] = 0
    del config["seed"]
    with pytest.raises(NeuroswitchError, match=r"2 fault\(s\)") as failure:
        settings.validate(config)
    assert "seed: this key is required" in str(failure.value)


def test_a_whole_number_is_a_number(config):
    config["gates"]["primary"]["bias_shift"] = 1
    (shift,) = settings.validate(config).gates.primary.bias_shift
    assert isinstance(shift, float)


CHOICES = [
    (section, key)
    for section in ("gates", "mnist")
    for key, value in getattr(settings.load(BASE), section).primary
    if isinstance(value, list)
]


@pytest.mark.parametrize(("section", "key"), CHOICES)
def test_a_choice_that_is_listed_twice_is_refused(config, section, key):
    primary = config[section]["primary"]
    value = primary[key][0] if isinstance(primary[key], list) else primary[key]
    primary[key] = [value, value]
    with pytest.raises(NeuroswitchError, match=rf"{section}.primary.{key}: .* is listed twice"):
        settings.validate(config)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("tasks", ["AND/OR", "AND/XOR", "AND/OR"], "tasks: AND/OR is listed twice"),
        ("learning_rate", [1, 0.5, 1.0], "learning_rate: 1.0 is listed twice"),
        (
            "modulator",
            [{"family": "scalar"}, {"family": "scalar", "scale": 1}],
            "modulator: family='scalar' scale=1.0 is listed twice",
        ),
    ],
)
def test_equal_values_are_found_whatever_they_are_written_as(config, key, values, message):
    config["gates"]["experiments"]["pairs"][key] = values
    with pytest.raises(NeuroswitchError, match=message):
        settings.validate(config)


@pytest.fixture
def laid_over(tmp_path):
    """Return what loads a file of some bytes over the base."""

    def load(content):
        path = tmp_path / "mine.yaml"
        path.write_bytes(content)
        return settings.load(BASE, path)

    return load


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found nothing, or only comments"),
        (b"# scale: mine\n", "found nothing, or only comments"),
        (b"- scale: mine\n", "is no configuration: .* found a list"),
        (b"mine\n", "is no configuration: .* found 'mine'"),
        ("seed: 1\nscale: café\n".encode("latin-1"), "line 2: not UTF-8; save the file as"),
        (b"seed: 1\nscale: [mine\n", "is not YAML: line 3: .*expected"),
        (b"seed: 1\n\tscale: mine\n", "is not YAML: line 2: found a tab character"),
        (b"seed: 1\nscale: \x07\n", "is not YAML: line 2: control characters are not allowed"),
        ("# éé\nscale: \x07\n".encode(), "is not YAML: line 2: control characters are not allowed"),
        (b"gates: &all\n  primary: *all\n", "gates.primary"),
        (b"seed: 2026-02-30\n", "is not YAML: day is out of range"),
        (b"seed: 1\nscale: a\nseed: 2\n", "line 3: the key 'seed' is there twice, first in line 1"),
        (b"gates: {primary: {width: 2, width: 3}}", "line 1: the key 'width' is there twice"),
        (
            b"gates: {experiments: {budgget: {cycles: 9}}}",
            r"budgget.tasks: this key is required; or did you mean 'budget' by 'budgget'\?",
        ),
    ],
)
def test_a_file_that_is_no_configuration_is_one_error(laid_over, content, message):
    with pytest.raises(NeuroswitchError, match=message):
        laid_over(content)


def test_a_path_that_is_no_file_is_one_error(tmp_path):
    for path, message in (
        (tmp_path, "is a folder, and a YAML file is expected"),
        (tmp_path / "none.yaml", "does not exist"),
        (BASE / "mine.yaml", "cannot be read: Not a directory"),
    ):
        with pytest.raises(NeuroswitchError, match=message):
            settings.load(BASE, path)


def test_files_that_snakemake_merges_itself_are_checked_the_same_way(tmp_path):
    settings.check_files([BASE, *SCALES])
    twice = tmp_path / "mine.yaml"
    twice.write_text("seed: 1\nseed: 2\n", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match="the key 'seed' is there twice"):
        settings.check_files([BASE, twice])


def test_a_folder_is_named_as_in_a_shell(config, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("DATA", "/disk")
    for named, folder in (("~/mnist", "/home/me/mnist"), ("${DATA}/mnist", "/disk/mnist")):
        config["mnist"]["folder"] = named
        assert settings.validate(config).mnist.folder == folder


def test_a_device_that_pytorch_does_not_have_is_named_with_those_that_it_has():
    devices.prepare("cpu")
    with pytest.raises(NeuroswitchError, match=r"rnn.device is cuda:99, and PyTorch \S+ has cpu"):
        devices.prepare("cuda:99")


LOCALE = """
import logging, sys
from pathlib import Path
from neuroswitch import jobs, ledger, settings
from neuroswitch.reporting import templates
folder = Path(sys.argv[1])
with jobs.reporting(folder / "log"):
    print(settings.load(Path("config/laptop.yaml"), folder / "mine.yaml").scale)
    print(ascii(ledger.load(folder / "ledger.yaml")[0].question))
    logging.info(templates.fill(folder / "text", name="\\u00b5"))
"""


def test_text_is_utf_8_in_a_locale_of_ascii(tmp_path):
    (tmp_path / "mine.yaml").write_text("# café\nscale: mine\n", encoding="utf-8")
    (tmp_path / "ledger.yaml").write_text(
        "- {id: A1, question: µ, source: a, choice: b, alternatives: [c], where: d, untrained: e}",
        encoding="utf-8",
    )
    (tmp_path / "text").write_text("→ {{ name }}", encoding="utf-8")
    library = os.pathsep.join(path for path in sys.path if path)
    ascii_alone = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    done = subprocess.run(
        [sys.executable, "-c", LOCALE, str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | ascii_alone | {"PYTHONPATH": library},
    )
    assert done.stdout.split("\n")[:2] == ["mine", r"'\xb5'"], done.stderr
    assert "→ µ" in (tmp_path / "log").read_text(encoding="utf-8")


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


def test_a_name_is_that_of_one_experiment_or_trace(config):
    config["gates"]["traces"]["pairs"] = config["gates"]["traces"]["alone"]
    with pytest.raises(NeuroswitchError, match="share the name pairs"):
        settings.validate(config)


def test_a_test_file_that_does_not_exist_is_refused_and_one_that_does_is_not(config, tmp_path):
    config["rnn"]["multitask"]["test_file"] = str(tmp_path / "inputs.npy")
    with pytest.raises(NeuroswitchError, match=r"rnn\.multitask\.test_file.*there is no file"):
        settings.validate(config)
    (tmp_path / "inputs.npy").touch()
    assert settings.validate(config).rnn.multitask.test_file == tmp_path / "inputs.npy"


def test_an_experiment_with_the_name_of_another_key_of_its_section_is_refused(config):
    experiments = config["rnn"]["experiments"]
    experiments["multitask"] = experiments["multitask_one_protocol"]
    with pytest.raises(NeuroswitchError, match="an experiment is called 'multitask'"):
        settings.validate(config)


def test_rows_of_an_alternative_of_paper_2_have_a_variant_of_their_own(config):
    experiments = settings.validate(config).rnn.experiments
    labels = {name: experiment.label for name, experiment in experiments.items()}
    assert labels["multitask_one_protocol"] == "one_protocol"
    assert labels["multitask_noiseless"] == "as_published:noiseless"


def test_a_stream_named_after_the_gates_gives_each_its_own_networks(config):
    gates = settings.validate(config).gates
    assert {c.stream for c in gates.conditions("mapping_two_layers")} == {
        f"mapping {gate}" for gate in ("AND", "OR", "XOR", "NOR")
    }
    assert {c.stream for c in gates.conditions("pairs")} == {"switching"}


def test_an_experiment_can_be_read_back_from_its_description(config):
    rnn = settings.validate(config).rnn
    own = rnn.experiment("element_finder")
    assert own.training.clip is None, "its gradients are not clipped, which is not the default"
    described = rnn.described("element_finder")
    assert described.pop("experiment") == "element_finder"
    assert described["runs"] == rnn.primary.runs, "a primary choice is filled in"
    read = type(own).model_validate(json.loads(json.dumps(described)))
    assert read.training == own.training
    assert read.networks == own.networks


def test_a_description_leaves_out_what_another_key_stands_in_for(config):
    gates = settings.validate(config).gates
    assert "width" not in gates.described("depth")
    assert "cycles" not in gates.described("periods_equal_epochs")
    assert {"width", "cycles"} <= gates.described("pairs").keys()


def test_a_description_says_of_which_images_an_experiment_is(config):
    config["mnist"]["experiments"]["sizes"]["split"] = "parity"
    mnist = settings.validate(config).mnist
    splits = {name: mnist.described(name)["split"] for name in ("sizes", "learning_rates")}
    assert splits == {"sizes": "parity", "learning_rates": mnist.split}


def test_chunks_cover_every_run_once(config):
    config["gates"]["experiments"]["pairs"] |= {"runs": 10, "runs_per_job": 4}
    assert settings.validate(config).gates.chunks("pairs") == ["0-3", "4-7", "8-9"]


def test_a_footer_names_the_device_that_trained(monkeypatch):
    monkeypatch.setattr("torch.cuda.get_device_name", lambda index: f"card {index}")
    assert devices.named("cpu") == "cpu"
    assert devices.named("cuda") == "cuda:0 (card 0)"
    footer = provenance.of_training({}, 0, "1", 1, devices.named("cuda:1"))
    assert footer["device"] == "cuda:1 (card 1)"
