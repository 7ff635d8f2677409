"""The figure of the multiverse says what its tables hold."""

import numpy as np
import pandas as pd
import pytest

from neuroswitch.figures import multiverse
from neuroswitch.gates.scope import choices, reconstruction, shares, together
from neuroswitch.schemas.scope import DECIDING
from tests.unit import invented_multiverse as invented


def tables_of(universes, undecided=("S1",)):
    second = invented.universes(20, seed=5).assign(universe=np.arange(1_000_000, 1_000_020))
    outcomes = invented.outcomes(invented.parts(universes))
    claims = list(outcomes["claim"].unique())
    rows = [(claim, choice) for claim in claims for choice in choices.CHOICES]
    deciding = pd.DataFrame(rows, columns=["claim", "choice"])
    decided = ~deciding["claim"].isin(undecided)
    effect = np.where(
        (deciding["choice"] == "width") & deciding["claim"].isin(["S1", "S16"]), 0.62, 0.01
    )
    deciding = deciding.assign(
        label="", importance=2 * effect, total_effect=effect, universes=len(universes)
    ).assign(r2=np.where(decided, 0.7, 0.03), decided=decided)
    assert set(deciding) == {column.name for column in DECIDING.columns}
    found = together.together(universes, outcomes)
    found["together"].loc[0, "p_adjusted"] = 0.01
    return {
        "scope": shares.scope(universes, outcomes),
        "deciding": deciding,
        **found,
        **reconstruction.reconstruct(
            universes, reconstruction.accepted_universes(universes), second
        ),
    }


@pytest.fixture(scope="module")
def tables():
    return tables_of(invented.universes(300))


@pytest.fixture(scope="module")
def panels(tables):
    figure = multiverse.draw(tables)
    figure.draw_without_rendering()
    return figure.axes


def rows_of(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def texts_at(axes, row):
    return [text.get_text() for text in axes.texts if text.get_position()[1] == row]


def test_claims_stand_in_one_order_the_most_widely_supported_first(panels, tables):
    scope = tables["scope"]
    whole = scope[(scope["choice"] == "all") & (scope["outcome"] == "supported")]
    share = whole.set_index("claim")["share"]
    order = [label.split()[-1] for label in rows_of(panels[0])]
    assert (np.diff(share[order]) <= 0).all()
    assert set(order) == set(share.index)
    assert rows_of(panels[1]) == rows_of(panels[2]) == order


def test_bars_end_at_a_hundred_and_say_their_share(panels, tables):
    row = next(k for k, label in enumerate(rows_of(panels[0])) if label.endswith("S16"))
    scope = tables["scope"]
    own = scope[(scope["choice"] == "all") & (scope["claim"] == "S16")].set_index("outcome")
    bars = [bar[row] for bar in panels[0].containers]
    widths = [100 * own.loc[outcome, "share"] for outcome in multiverse.OUTCOMES]
    np.testing.assert_allclose([bar.get_width() for bar in bars], widths)
    assert bars[-1].get_x() + bars[-1].get_width() == pytest.approx(100)
    assert texts_at(panels[0], row)[0] == f"{widths[0]:.0f}"


def test_a_claim_that_is_not_decided_is_hatched_and_has_no_numbers_but_r2(panels):
    axes, order = panels[1], rows_of(panels[1])
    assert texts_at(axes, order.index("S16")) == ["62", "70"]
    assert texts_at(axes, order.index("S1")) == ["3"]
    hatched = [patch.get_y() + 0.5 for patch in axes.patches if patch.get_hatch()]
    assert hatched == [order.index("S1")]


def test_a_pair_is_full_where_it_is_not_chance_and_crossed_where_it_never_holds(panels, tables):
    pairs = tables["together"]
    axes, order = panels[2], rows_of(panels[2])
    drawn = {
        (round(p.get_x() + p.get_width() / 2), round(p.get_y() + p.get_height() / 2)): p.get_width()
        for p in axes.patches
    }
    crossed = {(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines}
    for pair in pairs.itertuples():
        place = tuple(sorted((order.index(pair.claim), order.index(pair.other))))
        beyond = pair.p_adjusted < 0.05
        assert (drawn[place] > 0.5) == beyond
        assert (place in crossed) == (pair.both == 0)
    assert {width > 0.5 for width in drawn.values()} == {True, False}


def test_sets_have_a_dot_for_each_claim_and_their_number_of_universes(panels, tables):
    (axes,) = [axes for axes in panels if "largest sets" in axes.get_title(loc="left")]
    order = rows_of(panels[1])
    first = tables["largest_sets"].sort_values("rank").iloc[0]
    dots = [line for line in axes.lines if line.get_ydata()[0] == 0]
    held = {order[line.get_xdata()[0]] for line in dots if line.get_color() == multiverse.HELD}
    assert held == set(first["claims"].split())
    assert texts_at(axes, 0) == [str(first["universes"])]


def test_every_level_of_every_choice_is_drawn_once(panels, tables):
    posterior = tables["posterior"]
    bars = [bar for axes in panels for bar in axes.patches if axes in panels[-4:]]
    np.testing.assert_allclose(
        sorted(bar.get_width() for bar in bars), sorted(100 * posterior["prior"])
    )
    labels = [label for axes in panels[-4:] for label in rows_of(axes)]
    assert len(labels) == len(posterior) + posterior["choice"].nunique()


def test_four_universes_can_be_drawn():
    universes = invented.universes(4)
    tables = tables_of(universes, undecided=[])
    few = tables["deciding"].assign(total_effect=np.nan, r2=np.nan, decided=False)
    nothing = tables["largest_sets"].head(0)
    figure = multiverse.draw(tables | {"deciding": few, "largest_sets": nothing})
    figure.draw_without_rendering()
    assert {text.get_text() for text in figure.axes[1].texts} == {"–"}
