"""Which figures are drawn again, and what is said where that is not possible."""

from pathlib import Path

import pytest

from neuroswitch import recipes, verification
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import Recipe
from workflow import redraw

RUNS = "results/own/gates/pairs/runs.parquet"
RATES = "results/own/gates/pairs/success.parquet"
TRAINING = Recipe("train_gates", "1", (RUNS,), (), "pairs")
RATING = Recipe("analyse_success", "1", (RATES,), (RUNS,))
FIGURES = [
    Recipe(f"draw_{name}", "1", (f"{name}.pdf", f"{name}.svg"), (RATES,))
    for name in ("periods", "modulators")
]
OF_FILE = recipes.by_output([TRAINING, RATING, *FIGURES])


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_figure_is_chosen_by_any_of_its_files():
    made = list(OF_FILE)
    assert redraw.chosen(FIGURES, [], made) == FIGURES
    assert redraw.chosen(FIGURES, ["modulators.svg", "modulators.pdf"], made) == [FIGURES[1]]
    with pytest.raises(NeuroswitchError, match=r"nothing makes period.pdf; .* 'periods.pdf'\?"):
        redraw.chosen(FIGURES, ["period.pdf"], made)
    with pytest.raises(NeuroswitchError, match=rf"{RUNS} is no figure; `make reproduce TARGETS="):
        redraw.chosen(FIGURES, [RUNS], made)


def test_a_table_that_only_training_makes_is_missed_by_name():
    with pytest.raises(NeuroswitchError, match=f"missing:\n  {RUNS}\nRun `make reproduce"):
        redraw.require_trained([RATING], OF_FILE, Path("own.yaml"))
    redraw.require_trained(FIGURES, OF_FILE, Path("own.yaml"))
    Path(RUNS).parent.mkdir(parents=True)
    Path(RUNS).touch()
    redraw.require_trained([RATING], OF_FILE, Path("own.yaml"))


def test_a_table_that_is_missing_was_not_trained_by_other_code(capsys):
    redraw.warn_of_other_code([TRAINING])
    assert capsys.readouterr().err == ""
    Path(RUNS).parent.mkdir(parents=True)
    Path(RUNS).touch()
    redraw.warn_of_other_code([TRAINING])
    assert capsys.readouterr().err.startswith(f"{RUNS}: trained by other code")


def test_a_message_names_a_few_files_and_counts_the_others():
    assert verification.listed(["a", "b"]) == "a, b"
    assert verification.listed(list("abcde")) == "a, b, c and 2 more"
