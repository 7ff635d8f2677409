"""What `make touch` declares: that tables hold for other code, never for other settings."""

from pathlib import Path

import pandas as pd
import pytest

from neuroswitch import provenance, settings, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe
from neuroswitch.schemas.columns import Column, Schema
from workflow import touch

CHOSEN = settings.load(Path("config/laptop.yaml"))
NUMBERS = Schema("numbers", ("run",), (Column("run", "int32", "a run"),))


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("neuroswitch.schemas.of", lambda path: NUMBERS)


def trained(section, experiment, seed=CHOSEN.seed, **changes):
    """Write a table of an experiment that earlier code trained, and return its recipe of now."""
    config = getattr(CHOSEN, section).described(experiment) | changes
    path = Path(f"results/laptop/{section}/{experiment}/runs.parquet")
    footer = provenance.of_training(config, seed, "earlier", 1)
    store.write(pd.DataFrame({"run": [1]}), path, NUMBERS, footer)
    return Recipe(f"train_{section}", "now", (str(path),), (), experiment)


def version(recipe):
    return store.provenance_of(Path(recipe.outputs[0]))["version"]


def test_tables_of_the_same_settings_are_touched_with_a_record():
    recipe = trained("gates", "pairs")
    assert touch.changed_settings(recipe, CHOSEN, ()) == []
    assert touch.touch(recipe) == list(recipe.outputs)
    footer = store.provenance_of(Path(recipe.outputs[0]))
    assert footer["version"] == "now"
    assert [each["version"] for each in footer["touched"]] == ["earlier"]
    assert touch.touch(recipe) == [], "it has its version now"


@pytest.mark.parametrize(
    ("section", "experiment", "changes", "named"),
    [
        ("gates", "pairs", {"learning_rate": [0.5]}, ["learning_rate"]),
        ("gates", "pairs", {"seed": CHOSEN.seed + 1}, ["seed"]),
        ("gates", "multiverse", {"universes": 1, "runs": 1}, ["runs", "universes"]),
        ("mnist", "sizes", {"train_images": 1}, ["train_images"]),
        ("rnn", "element_finder", {"networks": {}}, ["networks"]),
    ],
)
def test_keys_in_which_the_settings_of_a_table_differ_are_named(
    section, experiment, changes, named
):
    assert touch.changed_settings(trained(section, experiment, **changes), CHOSEN, ()) == named


def test_tables_of_other_settings_are_left_and_named_beside_those_touched(monkeypatch, capsys):
    same, other = trained("gates", "pairs"), trained("mnist", "sizes", epochs=99)
    recipes = {recipe.outputs[0]: recipe for recipe in (same, other)}
    monkeypatch.setattr("workflow.configuration.typed", lambda path: CHOSEN)
    monkeypatch.setattr("workflow.configuration.recipes", lambda path: recipes)
    monkeypatch.setattr("sys.argv", ["touch"])
    touch.main()
    assert (version(same), version(other)) == ("now", "earlier")
    said = capsys.readouterr().out
    assert said.startswith("1 tables of scale laptop")
    assert said.endswith("left as they are: results/laptop/mnist/sizes/runs.parquet (epochs)\n")


def test_a_table_with_columns_of_another_version_is_not_touched(monkeypatch):
    recipe = trained("gates", "pairs")
    fewer = Schema("numbers", ("gate",), (Column("gate", "string", "a gate"),))
    monkeypatch.setattr("neuroswitch.schemas.of", lambda path: fewer)
    with pytest.raises(NeuroswitchError, match="missing gate; unexpected run; it was made by"):
        touch.touch(recipe)
    assert version(recipe) == "earlier"


def test_a_table_with_its_columns_in_another_order_is_not_touched(monkeypatch):
    """Its values would go on under each other's names."""
    columns = Column("run", "int32", "a run"), Column("seed", "int32", "a seed")
    earlier, now = (Schema("numbers", ("run",), each) for each in (columns, columns[::-1]))
    recipe = Recipe("train_gates", "now", ("results/laptop/gates/pairs/runs.parquet",))
    path = Path(*recipe.outputs)
    footer = provenance.of_training({}, 1, "earlier", 1)
    store.write(pd.DataFrame({"run": [1], "seed": [7]}), path, earlier, footer)
    monkeypatch.setattr("neuroswitch.schemas.of", lambda path: now)
    with pytest.raises(NeuroswitchError, match=f"{path} holds the columns .* in another order"):
        touch.touch(recipe)
    assert version(recipe) == "earlier"


def test_keys_that_change_no_table_are_not_compared():
    """Nor one that the code did not have, nor what an older footer lacks, having been None."""
    rnn = CHOSEN.rnn.described("element_finder")
    training = {key: value for key, value in rnn["training"].items() if value is not None}
    assert training != rnn["training"]
    for recipe in (
        trained("gates", "pairs", runs_per_job=1, figure="rates", no_more=1),
        trained("rnn", "element_finder", test_trials=1, training=training),
    ):
        assert touch.changed_settings(recipe, CHOSEN, ()) == []


def test_times_hold_while_the_networks_do_that_they_were_measured_of():
    times = Recipe(
        "analyse_step_times", "now", ("results/laptop/costs/rnn/step_times.parquet",), ()
    )
    same, gates = trained("rnn", "element_finder"), trained("gates", "pairs", runs=1)
    assert touch.changed_settings(times, CHOSEN, [same, gates]) == []
    other = trained("rnn", "multitask_as_published", networks={})
    assert touch.changed_settings(times, CHOSEN, [same, other]) == ["networks"]
    Path(same.outputs[0]).unlink()
    assert touch.changed_settings(times, CHOSEN, [same]) == ["element_finder"]


def test_stored_tables_of_the_current_version_are_not_asked():
    recipe = trained("gates", "pairs", runs=1)
    current = Recipe(recipe.rule, "earlier", recipe.outputs, (), recipe.experiment)
    assert touch.changed_settings(current, CHOSEN, ()) == []
