"""The ledger: what it names exists, and what is wrong in it is one clear error."""

from pathlib import Path

import pytest
import yaml

from neuroswitch import ledger, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.gates.multiverse import priors as gates_priors
from neuroswitch.mnist.multiverse import priors as mnist_priors

CONFIG = Path("config")
BASE = CONFIG / "laptop.yaml"
LEDGER = CONFIG / "ambiguities.yaml"


@pytest.fixture(scope="module")
def laptop():
    return settings.load(BASE)


@pytest.fixture
def entry():
    return {
        "id": "A1",
        "question": "How many?",
        "source": "not stated",
        "choice": 8,
        "alternatives": [2, "many"],
        "where": "gates.primary.width",
        "runs": [
            {
                "id": "A1-scalar",
                "label": "scalar",
                "replaces": {"pairs": {"experiment": "modulators", "where": {"family": "scalar"}}},
            }
        ],
    }


@pytest.fixture
def loaded(tmp_path):
    """Return what loads a ledger of some entries."""

    def load(*entries):
        path = tmp_path / "ambiguities.yaml"
        path.write_text(yaml.safe_dump(list(entries)), encoding="utf-8")
        return ledger.load(path)

    return load


@pytest.mark.parametrize("scale", ["smoke", "laptop", "paper"])
def test_the_ledger_fits_every_configuration(scale):
    ledger.check(ledger.load(LEDGER), settings.load(BASE, CONFIG / f"{scale}.yaml"))


@pytest.mark.parametrize(("section", "priors"), [("gates", gates_priors), ("mnist", mnist_priors)])
def test_every_choice_of_a_multiverse_is_a_question_of_the_ledger(section, priors):
    asked = {
        name
        for entry in ledger.load(LEDGER)
        if entry.where.startswith(f"{section}.")
        for name in entry.drawn
    }
    assert asked == set(priors.PRIORS)


def test_an_entry_is_drawn_or_has_runs_or_says_why(entry, loaded):
    assert loaded(entry)[0].runs[0].label == "scalar"
    del entry["runs"]
    with pytest.raises(NeuroswitchError, match=r"A1: .*say in `untrained` why"):
        loaded(entry)
    assert loaded(entry | {"untrained": "too dear"})[0].runs == []
    assert loaded(entry | {"drawn": ["width"]})[0].runs == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wher": "here"}, r"A1: wher: unknown key; did you mean 'where'\?"),
        ({"question": None}, r"A1: question: .*string"),
        ({"alternatives": []}, r"A1: alternatives: .*at least 1"),
        ({"id": "B1"}, r"B1: id: .*pattern"),
        ({"untrained": "both"}, r"A1: : give one of `drawn` and `runs`, or say"),
        ({"drawn": ["width"]}, r"A1: : give one of `drawn` and `runs`, or say"),
        ({"id": "A2"}, r"A2: : the id of an alternative begins with A2-"),
    ],
)
def test_a_fault_names_its_entry_and_key(entry, loaded, change, message):
    with pytest.raises(NeuroswitchError, match=message):
        loaded(entry | change)


def test_a_fault_of_an_alternative_names_the_near_match(entry, loaded):
    entry["runs"][0]["lable"] = "2"
    with pytest.raises(NeuroswitchError, match=r"runs.0.lable: unknown key; did you mean 'label'"):
        loaded(entry)


def test_a_key_stands_once_in_an_entry(tmp_path):
    path = tmp_path / "ambiguities.yaml"
    path.write_text("- id: A1\n  choice: 1\n  choice: 2\n", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match="line 3: the key 'choice' is there twice"):
        ledger.load(path)


def test_ids_are_unique(entry, loaded):
    with pytest.raises(NeuroswitchError, match="two entries have the id A1"):
        loaded(entry, entry)
    entry["runs"] *= 2
    with pytest.raises(NeuroswitchError, match="two alternatives have the id A1-scalar"):
        loaded(entry)


@pytest.mark.parametrize(
    ("primary", "replacement", "message"),
    [
        ("pair", {"experiment": "modulators"}, r"called 'pair'; did you mean 'pairs'\?"),
        ("pairs", {"experiment": "modulator"}, r"did you mean 'modulators'\?"),
        ("pairs", {"experiment": "sizes"}, "of different sections"),
        ("pairs", {"experiment": "modulators", "where": {"widht": 2}}, r"mean 'width'\?"),
        (
            "pairs",
            {"experiment": "modulators", "where": {"scale": 5}},
            "no condition with scale 5; it has 0.5, 1.0",
        ),
        (
            "pairs",
            {"experiment": "modulators", "where": {"family": "scalar", "scale": 1}},
            "modulators has no condition with",
        ),
        (
            "multitask_as_published",
            {"experiment": "multitask_noiseless", "where": {"variant": "as_published"}},
            "it has as_published:noiseless",
        ),
    ],
)
def test_a_replacement_that_nothing_trains_is_refused(
    entry, loaded, laptop, primary, replacement, message
):
    entry["runs"][0]["replaces"] = {primary: replacement}
    with pytest.raises(NeuroswitchError, match=message):
        ledger.check(loaded(entry), laptop)


def test_a_place_that_does_not_exist_is_refused(entry, loaded, laptop):
    ledger.check(loaded(entry), laptop)
    entry["where"] = "gates.primary.widht; something else"
    with pytest.raises(NeuroswitchError, match=r"A1: where: no key .*widht'; did you mean 'width'"):
        ledger.check(loaded(entry), laptop)


@pytest.mark.parametrize(
    ("drawn", "where", "message"),
    [
        (["width", "los"], "gates.primary.width", r"A1: drawn: no choice 'los'.*mean 'loss'\?"),
        (["width"], "mnist.primary.hidden", "no choice 'width' in the multiverse of"),
        (["width"], "rnn.primary.runs", "no choice 'width' in the multiverse .*; known: none"),
    ],
)
def test_a_choice_that_no_universe_draws_is_refused(entry, loaded, laptop, drawn, where, message):
    del entry["runs"]
    ledger.check(loaded(entry | {"drawn": ["width", "loss"]}), laptop)
    with pytest.raises(NeuroswitchError, match=message):
        ledger.check(loaded(entry | {"drawn": drawn, "where": where}), laptop)
