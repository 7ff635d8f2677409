"""What is made from what, of declarations of ours and of a user's."""

import json
import re
from pathlib import Path

import pytest

from neuroswitch import declarations, extensions, graph, jobs, lookup, recipes, settings
from neuroswitch.errors import NeuroswitchError

OWN = {"tasks": "AND/OR", "runs": 2}

SCHEMA = """
from neuroswitch import declare
from neuroswitch.schemas.gates import SUCCESS
"""


def graph_of(**experiments):
    config = settings.merged(Path("config/laptop.yaml"), {})
    config["gates"]["experiments"] |= experiments
    return graph.of(settings.validate(config), Path())


@pytest.fixture(scope="module")
def laptop():
    return graph_of()


def test_a_figure_needs_its_own_experiments_and_no_others(laptop):
    behind = recipes.behind(laptop.recipes, ["paper_figures/laptop/figure4.pdf"])
    trained = {recipe.trained for recipe in behind} - {None}
    names = ("mapping_two_layers", "switched", "pairs", "budget")
    assert trained == {("gates", name) for name in names}


def test_every_experiment_is_trained_and_every_gate_experiment_has_its_rates(laptop):
    names = {recipe.trained[1] for recipe in laptop.trained}
    assert names == set(laptop.settings.experiments)
    for name in laptop.settings.gates.experiments:
        assert f"results/laptop/gates/{name}/success.parquet" in laptop.recipes


def test_an_experiment_of_ones_own_gets_rates_and_the_figure_that_it_names():
    own = graph_of(mine=OWN | {"figure": "rates"})
    figure = own.recipes["paper_figures/laptop/rates_mine.pdf"]
    assert figure.inputs == ("results/laptop/gates/mine/success.parquet",)
    assert figure.figure == "rates_mine"
    behind = recipes.behind(own.recipes, figure.outputs)
    assert [recipe.trained for recipe in behind if recipe.trained] == [("gates", "mine")]


def test_a_figure_that_is_not_drawn_of_such_experiments_is_an_error():
    config = settings.merged(Path("config/laptop.yaml"), {})
    config["mnist"]["experiments"]["sizes"]["figure"] = "rates"
    with pytest.raises(NeuroswitchError, match="mnist: sizes asks for the figure 'rates'"):
        assert graph.of(settings.validate(config), Path()).drawn


def test_what_is_scored_on_a_file_depends_on_its_content_and_not_on_its_name(tmp_path):
    table = "results/laptop/rnn/multitask_as_published/file_scores.parquet"

    def recipe(path):
        config = settings.merged(Path("config/laptop.yaml"), {})
        config["rnn"]["multitask"]["test_file"] = path and str(path)
        return graph.of(settings.validate(config), Path()).recipe(table)

    one, same, other = (tmp_path / f"{name}.npy" for name in ("one", "same", "other"))
    one.write_bytes(b"a")
    same.write_bytes(b"a")
    other.write_bytes(b"b")
    none, first = recipe(None), recipe(one)
    assert none.options["test_file"] is None
    assert first.options["test_file"] == str(one)
    assert recipe(same).version == first.version
    assert len({none.version, first.version, recipe(other).version}) == 3
    one.write_bytes(b"c")
    assert recipe(one).version not in (first.version, recipe(other).version)
    assert json.loads(json.dumps(first.options)) == first.options, "a rule gets it as text"


def test_experiments_of_two_sections_with_one_name_are_told_apart():
    config = settings.merged(Path("config/laptop.yaml"), {})
    mnist = config["mnist"]["experiments"]
    mnist["modulators"] = dict(mnist["sizes"])
    for section in ("gates", "mnist"):
        config[section]["experiments"]["modulators"]["figure"] = "rates"
    with pytest.raises(NeuroswitchError, match="mnist: modulators asks for the figure 'rates'"):
        assert graph.of(settings.validate(config), Path()).drawn


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        (
            '@declare.analysis("round", reads={"a": "gates/b"}, writes={"gates/a": SUCCESS})\n'
            "def one(a): ...\n"
            '@declare.analysis("about", reads={"b": "gates/a"}, writes={"gates/b": SUCCESS})\n'
            "def other(b): ...",
            "reads what is made of its own tables",
        ),
        (
            '@declare.analysis("twice", writes={"rnn/analysis/decay_errors": SUCCESS})\n'
            "def again(): ...",
            "both write the table rnn/analysis/decay_errors",
        ),
        (
            '@declare.figure("lost", reads={"a": "gates/pairs/succes"})\ndef draw(tables): ...',
            "nothing makes results/laptop/gates/pairs/succes.parquet",
        ),
        (
            '@declare.figure("figure3", reads={"a": "gates/pairs/success"})\ndef draw(tables): ...',
            "declares the figure 'figure3', which .*figure3.py has already",
        ),
        (
            '@declare.figure("computed" + "", reads={})\ndef draw(tables): ...',
            "line 4: a declaration is read without being run",
        ),
        ("def broken(:", "mine.py, line 4"),
    ],
)
def test_what_is_wrong_with_declarations_is_said(extend, declared, fault):
    extend(mine=SCHEMA + declared)
    with pytest.raises(NeuroswitchError, match=fault):
        every_recipe()


@pytest.mark.parametrize(
    ("kind", "arguments", "fault"),
    [
        (
            "figure",
            'reads={"a": "gate/{experiment}/runs"}',
            r"mine.py: the figure 'own' names gate/.*; did you mean 'gates'\?",
        ),
        (
            "figure",
            'reads={"a": "gates/{experiment}/rnus"}',
            r"reads gates/{experiment}/rnus, .*; did you mean 'gates/{experiment}/runs'\?",
        ),
        (
            "analysis",
            'reads={"a": "gates/{experiment}/own"}, writes={"gates/{experiment}/own": SUCCESS}',
            "the analysis 'own' reads what is made of its own tables",
        ),
        (
            "analysis",
            'reads={"a": "gates/{experiment}/runs"}, writes={"gates/own": SUCCESS}',
            "the analysis 'own' writes gates/own; an analysis that reads a table of",
        ),
        (
            "analysis",
            'reads={"a": "gates/pairs/runs"}, writes={"gates/{experiment}/own": SUCCESS}',
            "the analysis 'own' writes gates/{experiment}/own; an analysis that reads a table of",
        ),
        (
            "analysis",
            'reads={"a": "rnn/{experiment}/runs"}, of={"tsk": "multitask"}, '
            'writes={"rnn/{experiment}/own": SUCCESS}',
            r"the analysis 'own' .* there is no 'tsk'; did you mean 'task'\?",
        ),
    ],
)
def test_a_declaration_that_fits_no_experiment_is_said_with_the_graph(
    extend, kind, arguments, fault
):
    extend(mine=SCHEMA + f'@declare.{kind}("own", {arguments})\ndef own(**tables): ...')
    with pytest.raises(NeuroswitchError, match=fault):
        graph_of()


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("gates.pairz.learning_rate", r"'pairz'; did you mean 'pairs'\?"),
        ("gates.pairs.learning_rat", r"'learning_rat'; did you mean 'learning_rate'\?"),
        ("gates.primary.widht", r"'widht'; did you mean 'width'\?"),
        ("gate.pairs.width", r"'gate'; did you mean 'gates'\?"),
        ("gates.pairs.figure", "'figure'; known: "),
        ("gates.experiments.pairs", "'pairs'; known: none"),
        ("gates.{experiment}.width", "'{experiment}'; known: "),
    ],
)
def test_a_setting_that_the_configuration_does_not_have_is_said_with_the_graph(
    extend, place, fault
):
    extend(
        mine=SCHEMA + '@declare.analysis("own", reads={"a": "gates/pairs/runs"}, '
        f'settings={{"x": "{place}"}}, writes={{"gates/own": SUCCESS}})\ndef own(a, x): ...'
    )
    with pytest.raises(NeuroswitchError, match=f"for the setting {place}, and there is no {fault}"):
        graph_of()


def test_a_group_of_experiments_is_a_setting_as_plain_data(laptop):
    found = lookup.setting(laptop.settings, "gates.experiments", "a test")
    assert json.loads(json.dumps(found))["pairs"]["runs"] == laptop.settings.gates.count("pairs")


def test_what_is_made_of_itself_through_others_is_said(extend):
    paths = [f"gates/{{experiment}}/{name}" for name in "abc"]
    pairs = zip(paths, [*paths[1:], paths[0]], strict=True)
    extend(
        mine=SCHEMA
        + "".join(
            f'@declare.analysis("{read[-1]}", reads={{"x": "{read}"}}, '
            f'writes={{"{written}": SUCCESS}})\ndef {read[-1]}(x): ...\n'
            for read, written in pairs
        )
        + f'@declare.figure("own", reads={{"x": "{paths[0]}"}})\ndef own(tables): ...'
    )
    with pytest.raises(NeuroswitchError, match="the analysis 'a' reads what is made of its own"):
        graph_of()


def every_recipe():
    """Return the recipes of all that is wanted, and of what a user declares."""
    made = graph_of()
    return made.recipes, [made.recipe(f"results/laptop/gates/{table}.parquet") for table in "ab"]


def test_a_fault_of_an_extension_is_not_called_ours(extend, tmp_path, caplog):
    extend(mine="def fails():\n    return 1 / 0\n")
    with pytest.raises(SystemExit), jobs.reporting(tmp_path / "job.log"):
        declarations.Reference(f"{extensions.EXTENSIONS}.mine", "fails").load()()
    assert re.search(r"this is a fault of \S+mine.py, line 2, and", caplog.text)
