"""Maps of the sweep: each cell where it belongs, what was not trained left out."""

import itertools

import numpy as np
import pandas as pd
import pytest

from neuroswitch.figures import heat_maps, sensitivity, sensitivity_losses

WIDTHS, RATES = (2, 8), (0.01, 0.1, 0.3)
CHOICES = {
    "width": [8],
    "learning_rate": [0.01],
    "loss": ["mean_squared_error"],
    "batch": ["full"],
    "modulator": [{"family": "near_identity", "scale": 0.5}],
}
PRIMARY = {
    "family": "near_identity",
    "scale": 0.5,
    "width": 8,
    "learning_rate": 0.01,
    "loss": "mean_squared_error",
    "batch": "full",
}


@pytest.fixture
def sweep():
    """Two families at one loss and batch; AND/OR always works, AND/XOR better at a large width."""
    rows = []
    for family, width, rate, tasks in itertools.product(
        ("near_identity", "gaussian"), WIDTHS, RATES, heat_maps.PAIRS
    ):
        cell = {"family": family, "scale": 0.5, "width": width, "learning_rate": rate}
        share = 1.0 if tasks == "AND/OR" else width / 10 - 0.5 * (rate > 0.01)
        for notion, value in (("after_retraining", share), ("zero_shot", 0.0)):
            rows.append(
                PRIMARY
                | cell
                | {
                    "tasks": tasks,
                    "notion": notion,
                    "rate": max(value, 0.0),
                    "runs": 50,
                    "median_condition_number": 83.0 if family == "gaussian" else 4.0,
                }
            )
    return pd.DataFrame(rows)


@pytest.fixture
def cells(sweep):
    shown = heat_maps.retrained(sweep)
    return shown[shown["family"] == "near_identity"]


def test_a_cell_stands_at_its_width_and_rate_and_an_absent_one_is_missing(cells):
    grid = heat_maps.Grid.of(cells)
    assert grid == heat_maps.Grid(WIDTHS, RATES)
    absent = cells[~((cells["width"] == 2) & (cells["learning_rate"] == 0.3))]
    rates = heat_maps.table_of(absent, "AND/XOR", grid)
    np.testing.assert_allclose(rates, [[0.2, 0.8], [0.0, 0.3], [np.nan, 0.3]])
    assert grid.place(8, 0.1) == (1, 1)


def test_the_paper_s_band_asks_for_both_rates(cells):
    grid = heat_maps.Grid.of(cells)
    expected = np.array([[True, False], [False, True], [False, True]])
    np.testing.assert_array_equal(heat_maps.in_band(cells, grid), expected)
    easy = cells["tasks"] == "AND/OR"
    worse = cells.assign(rate=cells["rate"].where(~easy, 0.89))
    assert not heat_maps.in_band(worse, grid).any()


def test_maps_say_the_rates_and_mark_the_primary_cell_of_its_family_alone(sweep):
    figure = sensitivity.draw({"sweep": sweep}, CHOICES)
    # Well-conditioned families come first: AND/OR and AND/XOR of near_identity, then of gaussian.
    numbers = [[text.get_text() for text in axes.texts] for axes in figure.axes[:4]]
    assert numbers[0] == ["100"] * 6
    assert numbers[1] == numbers[3] == ["20", "80", "0", "30", "0", "30"]
    stars = [sum(len(line.get_xdata()) for line in axes.lines) for axes in figure.axes[:4]]
    assert stars == [1, 1, 0, 0]


def test_losses_and_batches_that_were_not_trained_are_drawn_as_such(sweep):
    figure = sensitivity_losses.draw({"sweep": sweep}, CHOICES)
    figure.draw_without_rendering()
    maps = figure.axes[:8]
    assert [len(axes.texts) for axes in maps] == [6, 0, 0, 0] * 2
    said = [text.get_text() for axes in figure.axes[8:12] for text in axes.texts]
    assert said == ["not trained"] * 3
