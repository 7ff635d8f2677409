"""From parts to outcomes: directions, nulls, Holm's correction, and how often all of it errs."""

import numpy as np
import pytest

from neuroswitch.claims import outcomes, parts, statistics
from neuroswitch.claims.parts import Null, Part
from neuroswitch.claims.statistics import Bound, Estimate, above

HALF = above(0.5)


def part(value: float, p: float, null: float | None = None, tests: int = 1) -> Part:
    """Return a part with a two-sided p-value; `null` is the one-sided p of going beyond it."""
    sides = (p / 2, 1 - p / 2) if value > 0 else (1 - p / 2, p / 2)
    estimate = Estimate(value, value - 1, value + 1, "bootstrap", 10, Bound(0, True), *sides)
    control = None if null is None else Null("shuffled", 0, -1, 1, null)
    return Part("judged", "a number", estimate, null=control, tests=tests)


def outcomes_of(*given: Part) -> list[str]:
    return [each.outcome for each in outcomes.decide({"S1": given})["S1"]]


@pytest.mark.parametrize(
    ("value", "p", "null", "expected"),
    [
        (1, 0.01, None, "supported"),
        (1, 0.06, None, "inconclusive"),
        (-1, 0.06, None, "inconclusive"),
        (-1, 0.01, None, "contradicted"),
        (0, 0.01, None, "inconclusive"),
        (1, 0.01, 0.3, "not specific"),
        (1, 0.01, 0.001, "supported"),
        (-1, 0.01, 0.3, "contradicted"),
    ],
)
def test_a_part_is_on_a_side_or_undecided(
    value: float, p: float, null: float | None, expected: str
) -> None:
    assert outcomes_of(part(value, p, null)) == [expected]


def test_a_claim_takes_the_worst_of_its_parts() -> None:
    decided = outcomes.decide({"S1": [part(1, 0.001), part(-1, 0.001), part(1, 0.5)]})["S1"]
    assert [each.outcome for each in decided] == ["supported", "contradicted", "inconclusive"]
    assert outcomes.worst(decided).outcome == "contradicted"
    assert outcomes.worst([decided[0], decided[2]]).outcome == "inconclusive"


def test_one_wrong_part_of_several_counts_as_so_many_tests() -> None:
    assert outcomes_of(part(1, 0.001), part(-1, 0.03))[1] == "inconclusive"
    assert outcomes_of(part(-1, 0.03)) == ["contradicted"]


def test_the_best_of_several_counts_as_so_many_tests() -> None:
    assert outcomes_of(part(1, 0.03, tests=1)) == ["supported"]
    assert outcomes_of(part(1, 0.03, tests=2)) == ["inconclusive"]


def test_holms_correction_is_over_the_claims_of_a_paper() -> None:
    given = {
        "S1": [part(1, 0.01)],
        "S2": [part(1, 0.02)],
        "S3": [part(1, 0.03)],
        "S4": [part(1, 0.6)],
    }
    decided = outcomes.decide(given)
    assert [decided[name][0].p_adjusted for name in given] == pytest.approx([0.04, 0.06, 0.06, 0.6])
    assert [decided[name][0].outcome for name in given] == [
        "supported",
        "inconclusive",
        "inconclusive",
        "inconclusive",
    ]
    assert outcomes.decide({"S1": [part(1, 0.03)]})["S1"][0].outcome == "supported"


def test_parts_of_a_claim_need_no_correction_for_each_other() -> None:
    """All of them must be supported, so that the largest p-value decides alone."""
    assert outcomes_of(*[part(1, 0.04)] * 5) == ["supported"] * 5


@pytest.mark.parametrize(
    ("shown", "null", "expected"),
    [
        (19, None, "typical"),
        (10, None, "occurs"),
        (0, None, "not found"),
        (10, 0, "occurs"),
        (3, 0, "not found"),
        (19, 18, "not specific"),
        (19, 4, "typical"),
    ],
)
def test_an_example_is_typical_occurs_or_is_not_found(
    shown: int, null: int | None, expected: str
) -> None:
    control = None if null is None else ("shuffled", np.arange(20) < null)
    found = parts.example("networks", np.arange(20) < shown, "{value}", control)
    assert outcomes_of(found) == [expected]


def test_three_networks_say_nothing_about_how_often_an_example_occurs() -> None:
    for shown in (0, 3):
        found = parts.example("networks", np.arange(3) < shown, "{value}")
        assert outcomes_of(found) == ["inconclusive"]
    assert outcomes_of(parts.example("networks", np.ones(4), "{value}")) == ["typical"]


def why(part: Part, **others: Part) -> str:
    decided = outcomes.decide({"S1": [part]} | {name: [other] for name, other in others.items()})
    return outcomes.why_undecided(decided["S1"][0])


def test_too_few_networks_are_counted() -> None:
    rng = np.random.default_rng(0)
    medians = statistics.difference_of_medians([4, 5, 6], [1, 2, 3], above(0), rng)
    assert why(parts.judged("a", medians, "")) == "3 networks against 3: too few to decide"
    few = parts.judged("a", statistics.rate([1] * 5, HALF), "")
    assert why(few) == "5 networks: too few to decide"
    assert why(parts.judged("a", statistics.rate([1, 0, 1, 0, 1, 0, 1], HALF), "")) == ""
    assert why(parts.example("a", [True], "")) == "1 network: too few to decide"
    assert why(parts.example("a", [True] * 4, "")) == ""
    others = {f"S{number}": part(1, 0.9) for number in range(2, 19)}
    nine = parts.judged("a", statistics.rate([1] * 9, HALF), "")
    assert why(nine) == ""
    assert why(nine, **others).startswith("9 networks: too few to decide after the correction")


def test_a_part_of_a_claim_that_nothing_decides_is_corrected_too() -> None:
    undecided = {f"S{number}": [part(1, 1.0)] for number in range(2, 6)}
    decided = outcomes.decide({"S1": [part(1, 1.0), part(1, 0.02)]} | undecided)["S1"]
    assert decided[1].p_adjusted == pytest.approx(0.1)
    assert decided[1].outcome == "inconclusive"


def test_an_interval_that_excludes_the_bound_of_an_undecided_part_is_explained() -> None:
    flags = [True] * 16 + [False] * 4
    rate = parts.judged("a", statistics.rate(flags, HALF), "")
    assert rate.estimate.low > 0.5
    assert why(rate) == ""
    undecided = {f"S{number}": part(1, 0.9) for number in range(2, 9)}
    assert why(rate, **undecided).endswith("many claims: p = 0.0945")
    same = parts.judged("a", statistics.rate(flags[5:], HALF), "")
    assert same.estimate.low < 0.5
    assert why(same, **undecided) == ""


def test_what_stands_beside_decides_nothing() -> None:
    decided = outcomes.decide({"S1": [part(1, 0.001), parts.beside("x", part(-1, 0.001).estimate)]})
    assert [each.outcome for each in decided["S1"]] == ["supported", ""]
    assert outcomes.worst(decided["S1"]).outcome == "supported"


def test_without_any_effect_no_claim_of_a_paper_is_decided_in_95_of_100_papers() -> None:
    """Twenty claims of one or three parts each, all exactly on their thresholds."""
    rng = np.random.default_rng(5)
    wrong, papers = 0, 300
    of_count = [statistics.rate(np.arange(100) < k, HALF) for k in range(101)]
    for _ in range(papers):
        claims = {
            f"S{k}": [
                Part("judged", "", of_count[rng.binomial(100, 0.5)]) for _ in range(1 + 2 * (k % 2))
            ]
            for k in range(20)
        }
        decided = outcomes.decide(claims)
        words = {outcomes.worst(each).outcome for each in decided.values()}
        wrong += bool(words & {"supported", "contradicted"})
    assert wrong / papers <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / papers)
