"""Figures of paper 2: medians and their intervals, who has learnt, times that never come."""

from itertools import chain
from string import ascii_uppercase

import matplotlib.text
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from neuroswitch import index
from neuroswitch.claims import paper2
from neuroswitch.figures import (
    experiment_losses,
    measure_wait_go,
    measure_wait_go_signals,
    networks,
    reviewers,
    style,
)
from neuroswitch.figures.multitask import ANGLES
from neuroswitch.rnn.analysis import decay
from neuroswitch.rnn.analysis import element_finder as finder
from neuroswitch.rnn.analysis import measure_wait_go as timing
from neuroswitch.rnn.analysis import multitask as tasks
from tests.unit.test_rnn_analysis import networks_of, of_trained

PUBLISHED, PROTOCOL = "as_published", "one_protocol"
FIGURES = (
    *("overview", "measure_wait_go", "measure_wait_go_signals"),
    *("multitask", "element_finder"),
)


@pytest.fixture
def axes():
    style.use()
    return Figure().subplots()


def losses(values, network="rnn", variant=PUBLISHED):
    about = {"variant": variant, "network": network, "run": range(len(values))}
    return pd.DataFrame(about | {"loss": np.asarray(values, float)})


def drawn(axes, marker):
    """Return the points [n, 2] of the lines with a marker, or of those without one."""
    found = [line.get_xydata() for line in axes.lines if line.get_marker() == marker]
    return np.concatenate(found) if found else np.empty((0, 2))


def test_a_strip_has_every_run_their_median_and_its_interval(axes):
    networks.strip(axes, losses([5, 1, 9, 3, 10, 7, 2, 8, 4, 6]), "loss", ["lstm", "rnn"])
    assert sorted(drawn(axes, "o")[:, 1]) == list(range(1, 11))
    across, along = (line.get_xydata() for line in axes.lines if line.get_marker() == "None")
    assert across[:, 1].tolist() == [5.5, 5.5]
    # Of ten values, the second and the ninth bound the median with 97.9 %
    assert along.tolist() == [[1, 2], [1, 9]]


def test_fewer_than_six_runs_have_no_interval(axes):
    networks.strip(axes, losses([1, 2, 3, 4, 5]), "loss", ["rnn"])
    assert drawn(axes, "None")[:, 1].tolist() == [3, 3]


def test_a_diverged_run_is_a_cross_and_counts_as_the_worst(axes):
    networks.strip(axes, losses([1, 2, np.inf, np.nan, 3, 4, 5]), "loss", ["rnn"])
    assert sorted(drawn(axes, "o")[:, 1]) == [1, 2, 3, 4, 5]
    assert drawn(axes, "x")[:, 1].tolist() == [1, 1]
    assert drawn(axes, "None")[:, 1].tolist() == [4, 4, 1, 5]
    assert np.isfinite(axes.get_ylim()).all()


def test_a_diverged_run_is_a_cross_in_figures_of_reviewers_questions_too(axes):
    networks.places(axes, {"rnn": pd.Series([1, np.nan, 2])}, reviewers.BASELINES)
    assert drawn(axes, "o")[:, 1].tolist() == [1, 2]
    assert drawn(axes, "x")[:, 1].tolist() == [1]


def test_a_run_above_the_axis_is_a_cross_and_keeps_its_part_in_the_median(axes):
    networks.strip(axes, losses([1, 2, 30]), "loss", ["rnn"], top=10)
    assert sorted(drawn(axes, "o")[:, 1]) == [1, 2]
    assert drawn(axes, "x")[:, 1].tolist() == [1]
    assert drawn(axes, "None")[:, 1].tolist() == [2, 2]


def test_a_pair_is_the_first_column_filled_and_the_second_open_to_its_right(axes):
    table = losses([1, 2, 3]).assign(other=[7.0, 8, 9])
    networks.pair(axes, table, ("loss", "other"), ["rnn"], scale=10)
    first, second = (line for line in axes.lines if line.get_marker() == "o")
    assert first.get_ydata().tolist() == [10, 20, 30]
    assert second.get_ydata().tolist() == [70, 80, 90]
    assert first.get_xdata().max() < 0 < second.get_xdata().min()
    assert second.get_markerfacecolor() == "white" != first.get_markerfacecolor()


def test_what_passes_is_above_a_level_and_not_on_it():
    table = losses([0.1, 0.8, 0.9, 0.95])
    assert networks.passing(table, "loss", ["rnn", "lstm"], 0.8) == ["2/4", "0/0"]


def test_networks_that_nothing_is_said_of_have_not_learnt():
    table = losses([1, 2, 3])
    learnt = pd.Series({("rnn", 0): True, ("rnn", 1): False, ("lstm", 2): True})
    assert networks.learnt_only(table, learnt)["run"].tolist() == [0]


@pytest.mark.parametrize(("counts", "words"), [((1, 1), "1 run"), ((4, 2), "2 to 4 runs")])
def test_runs_are_counted_by_variant(counts, words):
    parts = [
        losses(range(n), variant=v) for n, v in zip(counts, (PUBLISHED, PROTOCOL), strict=True)
    ]
    assert networks.runs_of(pd.concat(parts)) == words


def test_a_ramp_that_never_comes_to_90_percent_is_later_than_all_others(axes):
    never = pd.DataFrame(
        {"interval": np.repeat([4, 6], 3), "time_to_90": [5, 7, np.nan, np.nan, np.nan, 8]}
    )
    measure_wait_go._range_of_times(axes, never, "black")
    middle, target, late = axes.lines
    assert middle.get_ydata()[0] == 7
    assert middle.get_ydata()[1] > measure_wait_go.LATEST
    assert target.get_ydata().tolist() == [4, 6]
    assert late.get_xdata().tolist() == [4, 6]


def test_titles_under_ablation_count_as_the_claim_does():
    """Run 0 loses its spread and keeps its rise; run 1 the reverse; run 2 has not learnt."""
    rows = [(0, 0, 1.0, 1.0), (0, 1, 0.4, 0.6), (1, 0, 1.0, 1.0), (1, 1, 0.6, 0.4)]
    rows += [(2, 0, 1.0, 1.0), (2, 1, 0.1, 0.9)]
    ablations = pd.DataFrame(rows, columns=["run", "component", "slope_spread", "rise"])
    held = ablations[ablations["component"] > 0]
    ablations = pd.concat(
        [
            ablations[ablations["component"] == 0].assign(hold="none"),
            held.assign(hold="zero"),
            held.assign(hold="initial", slope_spread=0.9, rise=0.9),
        ]
    ).assign(network="nm_rnn")
    trained = losses([1e-5, 1e-5, 1], "nm_rnn").rename(columns={"loss": "trained_loss"})
    spread, rise = measure_wait_go_signals._counts(ablations, trained)
    assert spread.endswith("1 of 2")
    assert rise.endswith("1 of 2")
    unlearnt = measure_wait_go_signals._counts(ablations, trained.assign(trained_loss=1.0))
    assert unlearnt == ("none has learnt",) * 2


def test_any_experiment_shows_the_losses_of_its_networks_phase_by_phase():
    def runs(phase, values):
        return losses(values, "mine").assign(phase=phase).rename(columns={"loss": "final_loss"})

    table = pd.concat([runs("retraining", [3.0, np.nan]), runs("training", [0.5, 2.0])])
    figure = experiment_losses.draw({"runs": table}, "my_experiment")
    first, second = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "$\\bf{A}$  my experiment, training",
        "$\\bf{B}$  my experiment, retraining",
    ]
    assert drawn(first, "o")[:, 1].tolist() == [0.5, 2.0]
    assert drawn(second, "o")[:, 1].tolist() == [3.0]
    assert len(drawn(second, "x")) == 1, "a diverged run is a cross"
    (legend,) = figure.legends
    assert legend.get_title().get_text() == "each dot is a run, 2 runs of each network"


def test_no_angle_fades_and_the_first_and_last_are_neighbours():
    rgb = ANGLES(np.arange(ANGLES.N))[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    assert np.ptp(luminance) < 0.02
    assert luminance.max() < 0.5
    steps = np.linalg.norm(np.diff(rgb, axis=0, append=rgb[:1]), axis=1)
    assert steps[-1] <= steps.max(initial=0, where=np.arange(ANGLES.N) < ANGLES.N - 1)


@pytest.fixture(scope="module")
def tables():
    """Tables of networks that are drawn and not trained, by path without the folder rnn/."""
    found = {
        "analysis/timing_references": timing.references(),
        "analysis/decay_errors": decay.decay_errors(1),
    }
    for variant in (PUBLISHED, PROTOCOL):
        for name, analysis, options in (
            ("measure_wait_go", timing.measure_wait_go, ()),
            ("ramp_theory", timing.measure_wait_go, ()),
            ("multitask", tasks.multitask, (20, 1)),
        ):
            folder = f"{name}_{variant}"
            made = of_trained(analysis, networks_of(folder), *options)
            found |= {f"{folder}/{table}": rows for table, rows in made.items()}
    trained = networks_of("element_finder")
    made = of_trained(finder.element_finder, trained, 50, 1)
    found |= {f"element_finder/{table}": rows for table, rows in made.items()}
    steps = [one.about | {"step": step, "mean_loss": 1.0} for one in trained for step in (1, 2)]
    return found | {"element_finder/losses": pd.DataFrame(steps).drop_duplicates()}


def figure_of(name, tables):
    found = index.get("figure", name)
    read = {
        table: pd.concat([tables[path.removeprefix("rnn/")] for path in paths], ignore_index=True)
        for table, paths in found.reads.items()
    }
    figure = found.load()(read)
    style.settle(figure)
    return figure


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_letters_its_panels_in_order_and_has_no_small_text(name, tables):
    figure = figure_of(name, tables)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    letters = sorted(title[5] for title in titles if title.startswith(r"$\bf{"))
    assert letters == list(ascii_uppercase[: len(letters)])
    assert len(letters) >= 5
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= 6


def with_one_more(table):
    """Return a table with the rows of a network that no figure knows, those of the RNN again."""
    if "network" not in table:
        return table
    return pd.concat([table, table[table["network"] == "rnn"].assign(network="my_network")])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_with_a_network_that_it_does_not_know(name, tables):
    figure = figure_of(name, {path: with_one_more(table) for path, table in tables.items()})
    if name in ("multitask", "element_finder"):
        words = {text.get_text() for text in figure.findobj(matplotlib.text.Text)}
        assert "my network" in words


def test_networks_that_are_not_known_come_last_by_their_names():
    names = ["my_b", "lstm", "my_a", "rnn", "nm_rnn_5_13_12"]
    assert networks.ordered(names) == ["nm_rnn_5_13_12", "rnn", "lstm", "my_a", "my_b"]
    assert networks.look("my_a") == ("my a", networks.OTHER)
    assert networks.look("nm_rnn_5_18_8")[0] == "NM-RNN 5, 18, 8"
    assert networks.look("nm_rnn_rank_6")[0] == "NM-RNN rank 6"


def test_the_overview_has_a_line_where_the_claims_say_that_a_network_has_learnt(tables):
    figure = figure_of("overview", tables)
    words = {
        (text.get_text(), float(text.xy[1]))
        for text in chain.from_iterable(axes.texts for axes in figure.axes)
    }
    chance = tables["element_finder/finder_losses"]["chance"].iloc[0]
    learnt = (paper2.LEARNT_TIMING, 100 * paper2.LEARNT_TASKS, paper2.LEARNT_FINDER * chance)
    assert {("learnt", level) for level in learnt} <= words
