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
            "the choice that decides most is learning rate "
            "(48 % of the variance of its number's rank)",
        ),
        (0.05, "no open choice is shown to decide where it holds"),
        (np.nan, "too few universes to tell what decides it"),
    ],
)
def test_a_claim_says_where_it_holds_and_what_decides_it(r2, why):
    table = shares(**{"supported": 0.85, "contradicted": 0.01, "neither": 0.14, "not testable": 0})
    said = scope.of_gates(table, choices(r2))
    assert said == {
        "S4": f"Over 200 universes: supported in 170 (85 %), contradicted in 2 (1 %); {why}."
    }


def test_universes_in_which_a_claim_cannot_be_tested_are_told():
    table = shares(**{"supported": 0.5, "contradicted": 0.0, "neither": 0.2, "not testable": 0.3})
    said = scope.of_gates(table, choices())["S4"]
    assert said.startswith(
        "Over the 140 of 200 universes in which it can be tested: supported in 100 (71 %)"
    )
    never = shares(**{"supported": 0, "contradicted": 0, "neither": 0, "not testable": 1})
    assert scope.of_gates(never, choices())["S4"] == "In none of 200 universes can it be tested."


@pytest.mark.parametrize(
    ("p", "why"),
    [
        (
            0.01,
            "the choice that decides most is momentum (30 % of the variance of its number's rank)",
        ),
        (0.2, "no open choice is shown to decide where it holds"),
    ],
)
def test_of_mnist_a_choice_decides_if_its_test_says_so(p, why):
    about = {"claim": "S17", "choice": "all"}
    table = pd.DataFrame([about | {"universes": 8, "supported": 2, "share": 0.25, "p": 0.2891}])
    found = pd.DataFrame({"choice": ["family", "momentum"], "share": [0.6, 0.3]})
    own = found.assign(claim="S17", p_adjusted=[0.5, p])
    on_side = "the number is on the claim's side in 2 (25 %; sign test, p = 0.289)"
    assert scope.of_mnist(table, own) == {"S17": f"Over 8 universes: {on_side}; {why}."}
    never = table.assign(universes=0, share=np.nan)
    assert scope.of_mnist(never, own) == {}


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
