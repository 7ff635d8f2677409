"""Recipes that are followed without Snakemake say how each of them has ended."""

import shutil

import pytest

from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe
from workflow.follow import follow_all

DRAWING = """
import logging
import os
from neuroswitch.errors import NeuroswitchError

def page(tables, experiment):
    logging.info("this is %s", experiment)
    if experiment == "stopped":
        raise KeyboardInterrupt
    if experiment == "refused":
        raise NeuroswitchError("no such run")
    if experiment == "broken":
        raise ValueError("no number")
    if experiment == "killed":
        os._exit(1)
    return experiment
"""


@pytest.fixture
def followed(tmp_path, monkeypatch):
    """Follow the recipe of one figure for several experiments; return what each ended with."""
    (tmp_path / "drawing_of_a_test.py").write_text(DRAWING, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    def follow(*experiments):
        recipes = [
            Recipe(
                "draw_page",
                "0" * 16,
                (f"page_{name}.html",),
                experiment=name,
                function=("drawing_of_a_test", "page"),
                options={"experiment": name},
            )
            for name in experiments
        ]
        ended = follow_all(recipes, {}, tmp_path, tmp_path / "logs", cores=2)
        return {recipe.experiment: error for recipe, error in ended}

    return follow


def test_every_recipe_has_its_own_log_and_its_own_ending(followed, tmp_path):
    errors = followed("drawn", "refused", "stopped", "broken")
    assert errors["drawn"] == ""
    assert errors["broken"].startswith("ValueError: no number; this is a fault of neuroswitch")
    assert "Traceback" not in errors["broken"], "the log has it"
    assert errors["refused"] == "no such run"
    assert "stopped" in errors["stopped"], "an exit without a message is a failure too"
    logs = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("logs/*.log")}
    assert logs.keys() == {f"draw_page_{name}" for name in errors}
    for name, log in logs.items():
        assert log.count(" this is ") - log.count("this is a fault") == 1
        assert f"this is {name.removeprefix('draw_page_')}" in log


def test_a_killed_process_and_a_log_that_cannot_be_written_are_one_message_each(followed, tmp_path):
    with pytest.raises(NeuroswitchError, match=r"a process was killed .*CORES=1"):
        followed("killed")
    shutil.rmtree(tmp_path / "logs")
    (tmp_path / "logs").touch()
    with pytest.raises(NeuroswitchError, match=r"cannot write \S+draw_page_drawn.log: "):
        followed("drawn")
