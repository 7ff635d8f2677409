"""The ledger: what it names exists, and what is wrong in it is one clear error."""

from pathlib import Path

import pytest
import yaml

from neuroswitch import ledger, settings
from neuroswitch.errors import NeuroswitchError

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
                "id": "A1-two",
                "label": "two",
                "replaces": {"pairs": {"experiment": "pairs_varied", "where": {"width": 2}}},
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


def test_an_alternative_of_paper_1_is_the_primary_choice_with_one_thing_changed(laptop):
    for alternative in (a for entry in ledger.load(LEDGER) for a in entry.runs):
        for primary, other in alternative.replaces.items():
            rows = selected(laptop, primary, other)
            usual = selected(laptop, primary, ledger.Replacement(experiment=primary))
            changes = [min((changed(row, one) for one in usual), key=len) for row in rows]
            assert max(map(len, changes), default=0) <= 1, alternative.id
            assert any(changes) or not rows or other.experiment == primary, alternative.id
            units = [tuple(row[key] for key in UNIT if key in row) for row in rows]
            assert len(set(units)) == len(units), alternative.id


UNIT = ("tasks", "layers", "period", "strategy", "hidden")
"""Columns by which claims tell conditions apart, whatever is changed."""


def selected(config, primary, other):
    """Return the conditions of paper 1 that a replacement selects; none if it is of paper 2."""
    for section in ("gates", "mnist"):
        experiments = getattr(config, section).experiments
        if primary in experiments and other.experiment in experiments:
            rows = ledger.conditions(config, section, other.experiment)
            return [r for r in rows if all(r[k] == value for k, value in other.where.items())]
    return []


def changed(row, other):
    """Return the choices in which two conditions differ; a family and its scale are one."""
    names = {"scale": "family", "family": "family"}
    return {names.get(key, key) for key in row if row[key] != other[key]}


def test_an_entry_without_runs_says_why(entry, loaded):
    assert loaded(entry)[0].runs[0].label == "two"
    del entry["runs"]
    with pytest.raises(NeuroswitchError, match=r"A1: .*say in `untrained` why"):
        loaded(entry)
    assert loaded(entry | {"untrained": "too dear"})[0].runs == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wher": "here"}, r"A1: wher: unknown key; did you mean 'where'\?"),
        ({"question": None}, r"A1: question: .*string"),
        ({"alternatives": []}, r"A1: alternatives: .*at least 1"),
        ({"id": "B1"}, r"B1: id: .*pattern"),
        ({"untrained": "both"}, r"A1: : give `runs`, or say"),
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
    with pytest.raises(NeuroswitchError, match="two alternatives have the id A1-two"):
        loaded(entry)


@pytest.mark.parametrize(
    ("primary", "replacement", "message"),
    [
        ("pair", {"experiment": "pairs_varied"}, r"called 'pair'; did you mean 'pairs'\?"),
        ("pairs", {"experiment": "pairs_varid"}, r"did you mean 'pairs_varied'\?"),
        ("pairs", {"experiment": "sizes"}, "of different sections"),
        ("pairs", {"experiment": "pairs_varied", "where": {"widht": 2}}, r"mean 'width'\?"),
        (
            "pairs",
            {"experiment": "pairs_varied", "where": {"width": 5}},
            "no condition with width 5; it has 16, 2, 3, 4, 8",
        ),
        (
            "pairs",
            {"experiment": "pairs_varied", "where": {"width": 2, "loss": "cross_entropy"}},
            "pairs_varied has no condition with",
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
