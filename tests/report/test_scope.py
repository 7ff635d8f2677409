"""The sentence on where a claim holds: numbers of the right rows, and no choice without reason."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuroswitch.reporting import render, scope
from tests.report.invented import TEXTS


def shares(**outcomes):
    """Return rows of table `scope`: all universes, and other shares at one level of a choice."""
    rows = [
        {"choice": "all", "universes": 200, "outcome": o, "share": s} for o, s in outcomes.items()
    ]
    level = [{"choice": "loss", "universes": 90, "outcome": o, "share": 0.99} for o in outcomes]
    return pd.DataFrame(level + rows).assign(claim="S4")


def choices(r2=0.5):
    return pd.DataFrame(
        {
            "claim": ["S4", "S4", "S5"],
            "choice": ["loss", "learning_rate", "width"],
            "total_effect": [0.1, 0.48, 0.9] if np.isfinite(r2) else np.nan,
            "r2": r2,
            "decided": r2 >= 0.1,
        }
    )


@pytest.mark.parametrize(
    ("r2", "why"),
    [
        (
            0.5,
            "the choice that decides most is the learning rate: it explains 48 % of the variance "
            "of the number's ranks, and all choices together 50 %",
        ),
        (0.05, "no choice is shown to change the number"),
        (np.nan, "they are too few to tell which choice decides it"),
    ],
)
def test_a_claim_says_where_it_holds_and_what_decides_it(r2, why):
    table = shares(**{"supported": 0.85, "contradicted": 0.01, "neither": 0.14, "not testable": 0})
    said = scope.of_gates(table, choices(r2))
    assert said == {
        "S4": "Of 200 universes, it is supported in 170 (85 %), contradicted in 2 (1 %) and "
        f"neither in 28 (14 %); {why}."
    }


def test_of_a_hundred_universes_a_count_is_a_share():
    table = shares(**{"supported": 0.45, "contradicted": 0.16, "neither": 0.39, "not testable": 0})
    said = scope.of_gates(table.assign(universes=100), choices())["S4"]
    counts = "it is supported in 45, contradicted in 16 and neither in 39; "
    assert said.startswith(f"Of 100 universes, {counts}")


def test_universes_in_which_a_claim_cannot_be_tested_are_told():
    table = shares(**{"supported": 0.5, "contradicted": 0.0, "neither": 0.2, "not testable": 0.3})
    said = scope.of_gates(table, choices())["S4"]
    assert said.startswith(
        "Of the 140 of 200 universes in which it can be tested, it is supported in 100 (71 %)"
    )
    never = shares(**{"supported": 0, "contradicted": 0, "neither": 0, "not testable": 1})
    assert scope.of_gates(never, choices())["S4"] == "It can be tested in none of 200 universes."


@pytest.mark.parametrize(
    ("p", "why"),
    [
        (
            0.01,
            "the choice that decides most is the momentum: it explains 30 % of the variance of "
            "the number's ranks",
        ),
        (0.2, "no choice is shown to change the number"),
    ],
)
def test_of_mnist_a_choice_decides_if_its_test_says_so(p, why):
    about = {"claim": "S17", "choice": "all"}
    table = pd.DataFrame([about | {"universes": 8, "supported": 2, "share": 0.25, "p": 0.2891}])
    found = pd.DataFrame({"choice": ["family", "momentum"], "share": [0.6, 0.3]})
    own = found.assign(claim="S17", p_adjusted=[0.5, p])
    sides = ["supported"] * 2 + ["contradicted"] * 5 + ["inconclusive", "not testable"]
    outcomes = pd.DataFrame({"claim": ["S17"] * 9 + ["S18"], "outcome": [*sides, "contradicted"]})
    said = (
        "Of 8 universes, the number is on the claim's side in 2, on the other side in 5 and on "
        "neither in 1 (sign test on the 7 that are on a side, p = 0.289)"
    )
    assert scope.of_mnist(table, own, outcomes) == {"S17": f"{said}; {why}."}
    never = table.assign(universes=0, share=np.nan)
    assert scope.of_mnist(never, own, outcomes) == {}


def test_the_summary_and_the_page_have_a_line_for_claims_with_a_scope_and_no_others(
    results, monkeypatch
):
    monkeypatch.chdir(results.folder)
    assert results.facts.scopes == {}
    assert "### Scope" not in render.summary(results.facts, TEXTS)
    told = replace(results.facts, scopes={"S4": "Over 200 universes: supported in 85 %."})
    assert "| S4 | Over 200 universes: supported in 85 %. |" in render.summary(told, TEXTS)
    page = render.page(told, TEXTS)
    assert page.count("Over 200 universes: supported in 85 %.") == 1
