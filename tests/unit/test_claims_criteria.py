"""Every criterion on samples where it must hold, must fail, and must stay undecided."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuroswitch.claims import criteria
from neuroswitch.claims.criteria import CRITERIA, Untestable
from neuroswitch.claims.judging import verdict
from neuroswitch.errors import NeuroswitchError

WORDS = {"holds": "reproduced", "undecided": "direction only", "fails": "not reproduced"}
NOISE = np.random.default_rng(0).standard_normal(40)


def sample(**groups):
    return pd.DataFrame(groups)


def points(spread, runs=30, seed=1):
    """Return points (gate, run) on three axes, around centres one apart."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product([["AND", "OR", "XOR"], range(runs)])
    centres = np.repeat(np.eye(3), runs, axis=0)
    return pd.DataFrame(centres + spread * rng.standard_normal((3 * runs, 3)), index=index)


def distances(spread, runs=25, seed=2):
    """Return distances of networks that lie along a line, 10 apart from those of the columns."""
    left, right = np.random.default_rng(seed).standard_normal((2, runs))
    return pd.DataFrame(10 + spread * np.add.outer(left, right))


def votes(told, false, runs=40):
    """Return votes in which XOR is told `told` of the time, the other gates half of the time."""
    gates = ["AND", "OR", "XOR"]
    index = pd.MultiIndex.from_product([gates, range(runs)])
    frame = pd.DataFrame(0.0, index=index, columns=gates)
    frame.loc[("AND", slice(0, runs // 2 - 1)), "AND"] = 1.0
    frame.loc[("OR", slice(0, runs // 2 - 1)), "OR"] = 1.0
    frame.loc[("XOR", slice(0, round(told * runs) - 1)), "XOR"] = 1.0
    for other in ("AND", "OR"):
        frame.loc[(other, slice(0, round(false * runs) - 1)), "XOR"] = 1.0
    return frame


def sizes(level, slope, noise=0.01, runs=8, seed=3):
    """Return accuracies [runs x hidden size], linear in log10 of the size."""
    steps = np.log10([10.0, 100.0, 1000.0])
    runs_noise = noise * np.random.default_rng(seed).standard_normal((runs, 3))
    return pd.DataFrame(level + slope * steps + runs_noise, columns=["1", "2", "3"])


COUNTS = sample(**{"1": [10], "2": [100], "3": [1000]})

CASES = {
    "rate": lambda k: {
        "runs": sample(a=np.arange(100) < {"holds": 70, "undecided": 53, "fails": 50}[k]),
        "above": 0.5,
    },
    "median": lambda k: {
        "values": sample(a=NOISE + {"holds": -2, "undecided": -0.1, "fails": 1}[k]),
        "below": 0.1,
    },
    "median_within": lambda k: {
        "values": sample(
            a={"holds": 1, "undecided": 1.09, "fails": 0.5}[k]
            + {"holds": 0.01, "undecided": 0.2, "fails": 0.01}[k] * (NOISE - np.median(NOISE))
        ),
        "low": 0.9,
        "high": 1.1,
    },
    "median_difference": lambda k: {
        "left": sample(a=100 * NOISE),
        "right": sample(
            b=100 * NOISE
            + {"holds": 2, "undecided": 0.05, "fails": -2}[k]
            + NOISE[::-1]
            - np.median(NOISE)
        ),
        "below": 0,
    },
    "mean_difference": lambda k: {
        "left": sample(a=np.arange(100) < {"holds": 60, "undecided": 31, "fails": 30}[k]),
        "right": sample(b=np.arange(100) < 30),
        "above": 0,
    },
    "difference_of_medians": lambda k: {
        "left": sample(a=5 * NOISE + {"holds": 1, "undecided": 0, "fails": -1}[k]),
        "right": sample(b=5 * NOISE + {"holds": 0, "undecided": 0.3, "fails": 0}[k] * NOISE[::-1]),
        "above": {"holds": 0, "undecided": -0.3, "fails": 0}[k],
    },
    "spread_of_medians": lambda k: {
        "values": sample(
            a=NOISE,
            b=NOISE + {"holds": 0.01, "undecided": 0, "fails": 1}[k],
            c=(NOISE[::-1] if k == "undecided" else NOISE),
        ),
        "at_most": 0.1,
    },
    "median_ratio": lambda k: {
        "left": sample(a={"holds": 24, "undecided": 8.16, "fails": 4}[k] + 0.8 * NOISE),
        "right": sample(b=4 + 0.004 * NOISE),
        "above": 2,
    },
    "median_over_percentile": lambda k: {
        "values": sample(a=NOISE + {"holds": 5, "undecided": 1.6, "fails": 0}[k]),
        "reference": sample(b=np.random.default_rng(7).standard_normal(60)),
        "percentile": 95,
        "above": 0,
    },
    "ratio_of_variation": lambda k: {
        "left": distances({"holds": 0.5, "undecided": 0.97, "fails": 2}[k]),
        "right": distances(1, seed=2 if k != "undecided" else 4),
        "below": 1,
    },
    "ratio_of_volumes": lambda k: {
        "left": points({"holds": 0.1, "undecided": 0.29, "fails": 1}[k]),
        "right": points(0.3, seed=1 if k != "undecided" else 5),
        "below": 1,
    },
    "balanced_accuracy": lambda k: {
        "votes": votes(*{"holds": (1, 0), "undecided": (0.55, 0), "fails": (0.3, 0.3)}[k]),
        "gate": "XOR",
        "over": "others",
        "above": 0,
    },
    "best_mean_difference": lambda k: {
        "left": sizes({"holds": 0.4, "undecided": 0.499, "fails": 0.6}[k], 0.1),
        "right": sizes(0.5, 0.1, seed=4),
        "below": 0,
    },
    "slope_difference": lambda k: {
        "left": sizes(0.5, {"holds": 0.05, "undecided": 0.098, "fails": 0.2}[k]),
        "right": sizes(0.5, 0.1, seed=4),
        "left_sizes": COUNTS,
        "right_sizes": COUNTS,
        "below": 0,
    },
}


def judged(name, given):
    if "rng" in CRITERIA[name].__code__.co_varnames[: CRITERIA[name].__code__.co_argcount]:
        given = given | {"rng": np.random.default_rng(0)}
    return CRITERIA[name](**given)


@pytest.mark.parametrize("outcome", WORDS)
@pytest.mark.parametrize("name", CASES)
def test_a_criterion_holds_stays_undecided_and_fails(name, outcome):
    (found,) = judged(name, CASES[name](outcome))
    assert verdict(found, calibrated=False) == WORDS[outcome], found
    assert found.low <= found.value <= found.high
    assert found.n > 0


@pytest.mark.parametrize(("level", "nearer"), [(0.95, 0.9), (1.05, 1.1), (0.5, 0.9), (9, 1.1)])
def test_a_range_is_compared_at_its_nearer_end(level, nearer):
    values = sample(a=level + 0.01 * NOISE)
    (found,) = judged("median_within", {"values": values, "low": 0.9, "high": 1.1})
    assert found.null == nearer
    assert found.holds == found.decided == (found.margin > 0) == (0.9 < level < 1.1)


def test_findings_rank_by_verdict_and_then_by_margin():
    """What holds and is decided is best; what fails is worst, most of all without a number."""
    best_to_worst = [
        sample(a=np.full(9, 3.0)),
        sample(a=np.full(9, 2.0)),
        sample(a=np.full(5, 9.0)),
        sample(a=np.full(9, -1.0)),
        sample(a=np.full(9, -2.0)),
        sample(a=np.full(9, np.nan)),
    ]
    found = [judged("median", {"values": values, "above": 0})[0] for values in best_to_worst]
    assert sorted(found, key=lambda finding: finding.rank, reverse=True) == found
    nothing = replace(found[0], holds=False, margin=np.nan)
    assert nothing.rank == found[-1].rank < found[-2].rank


def test_every_criterion_has_its_cases():
    others = {"rate_contains", "described", "share_of_cells"}
    assert CASES.keys() | others == CRITERIA.keys()


@pytest.mark.parametrize(
    ("successes", "word"), [(300, "calibrated"), (320, "calibrated"), (400, "not reproduced")]
)
def test_a_reported_rate_is_calibrated_at_best(successes, word):
    (found,) = criteria.rate_contains(sample(a=np.arange(1000) < successes), reported=0.30)
    assert verdict(found, calibrated=True) == word
    assert np.isnan(found.null)
    assert (found.label, found.n, found.value) == ("a", 1000, successes / 1000)
    assert found.margin == pytest.approx(-abs(successes / 1000 - 0.30))


def test_the_share_of_cells_counts_those_that_reach_the_first_rate():
    rates = sample(**{"AND/OR": [1.0, 0.95, 0.9, 0.5], "AND/XOR": [0.3, 0.9, 0.2, 0.3]})
    asked = {"given": "AND/OR", "then": "AND/XOR", "low": 0.2, "high": 0.4}
    (found,) = criteria.share_of_cells(rates, given_at_least=0.9, **asked)
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)
    assert (found.holds, found.decided, found.margin, found.interval) == (True, False, 0, "none")
    with pytest.raises(Untestable, match="no cell"):
        criteria.share_of_cells(rates, given_at_least=1.1, **asked)


def test_what_is_described_has_its_median_and_interval_and_is_asked_nothing():
    left, right = judged("described", {"values": sample(a=NOISE, b=NOISE + 9)})
    (asked,) = judged("median", {"values": sample(a=NOISE), "above": 0})
    assert (left.value, left.low, left.high) == (asked.value, asked.low, asked.high)
    assert right.value == pytest.approx(left.value + 9)
    for found in (left, right):
        assert (found.holds, found.decided, found.margin, found.n) == (True, False, 0, 40)
        assert np.isnan(found.null)


def test_balanced_accuracy_is_the_mean_of_both_rates():
    (found,) = judged(
        "balanced_accuracy",
        {"votes": votes(0.8, 0.1), "gate": "XOR", "over": "chance", "above": 0.5},
    )
    assert found.value == pytest.approx((0.8 + 0.9) / 2)


def test_variation_and_volume_are_those_of_numpy():
    left, right = distances(0.5), distances(1)
    (found,) = judged("ratio_of_variation", {"left": left, "right": right, "below": 1})
    of = [side.to_numpy().std() / side.to_numpy().mean() for side in (left, right)]
    assert found.value == pytest.approx(of[0] / of[1])
    narrow = {"left": left[left.columns[:7]], "right": right, "below": 1}
    assert judged("ratio_of_variation", narrow)[0].n == 7, "of the columns, which are fewer"
    left, right = points(0.1), points(0.3)
    (found,) = judged("ratio_of_volumes", {"left": left, "right": right, "below": 1})
    filled = []
    for side in (left, right):
        total = np.sqrt(side.to_numpy().var(axis=0).sum())
        gates = [np.sqrt(side.loc[g].to_numpy().var(axis=0).sum()) for g in ("AND", "OR", "XOR")]
        filled.append(np.prod(np.array(gates) / total) ** (1 / 3))
    assert found.value == pytest.approx(filled[0] / filled[1])


@pytest.mark.parametrize("name", ["median_difference", "mean_difference", "difference_of_medians"])
def test_runs_are_paired_by_name_and_resampled_together(name):
    """Runs differ a thousand times more than the two sides do: only pairs can tell them apart."""
    left = sample(a=1000 * NOISE)
    right = sample(b=1000 * NOISE + 1).sample(frac=1, random_state=0)
    (found,) = judged(name, {"left": left, "right": right, "below": 0})
    assert found.value == pytest.approx(-1)
    assert (found.low, found.high) == pytest.approx((-1, -1))
    assert found.decided
    unpaired = right.set_axis(left.index)
    (found,) = judged(name, {"left": left, "right": unpaired, "below": 0})
    assert not found.decided


def test_only_runs_of_both_sides_are_compared():
    left, right = sample(a=np.zeros(10)), sample(b=np.ones(6)).set_axis(range(4, 10))
    (found,) = judged("median_difference", {"left": left, "right": right, "below": 0})
    assert found.n == 6
    apart = {"left": left, "right": right.set_axis(range(20, 26)), "below": 0}
    with pytest.raises(Untestable, match="no run"):
        judged("median_difference", apart)


def test_groups_of_one_name_are_compared_or_one_group_with_each():
    left, right = sample(a=np.zeros(8), b=np.ones(8)), sample(a=np.ones(8), b=np.zeros(8))
    found = judged("median_difference", {"left": left, "right": right, "below": 0})
    assert {f.label: f.value for f in found} == {"a": -1, "b": 1}
    found = judged("median_difference", {"left": sample(c=np.zeros(8)), "right": right, "below": 0})
    assert {f.label: f.value for f in found} == {"c - a": -1, "c - b": 0}
    lowest = {"left": sample(c=np.zeros(8)), "right": right, "against": "lowest", "below": 0}
    assert [f.label for f in judged("median_difference", lowest)] == ["c - b"]
    unlike = {"left": left, "right": sample(c=np.zeros(8), d=np.zeros(8)), "below": 0}
    with pytest.raises(NeuroswitchError, match="do not match: a, b with c, d"):
        judged("median_difference", unlike)


@pytest.mark.parametrize("runs", [1, 2, 5, 6])
def test_fewer_than_six_runs_reproduce_nothing(runs):
    (found,) = judged("median", {"values": sample(a=np.full(runs, 5.0)), "above": 0})
    assert verdict(found, False) == ("reproduced" if runs >= 6 else "direction only")
    assert (found.interval, np.isnan(found.low)) == (
        ("none", True) if runs == 1 else ("bootstrap", False)
    )


def test_runs_without_spread_have_an_interval_without_width():
    (found,) = judged("median", {"values": sample(a=np.full(9, 0.5)), "above": 0.5})
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)
    assert verdict(found, False) == "not reproduced"
    (found,) = judged("median", {"values": sample(a=np.full(9, 0.5)), "at_least": 0.5})
    assert verdict(found, False) == "reproduced"


def test_a_loss_that_is_infinite_is_larger_than_all_others():
    losses = np.array([1.0] * 4 + [np.inf] * 6)
    (found,) = judged("median", {"values": sample(a=losses), "below": 2})
    assert found.value == np.inf
    assert verdict(found, False) == "not reproduced"
    sound = sample(b=np.zeros(10))
    pair = {"left": sample(a=losses), "right": sound}
    (found,) = judged("median_difference", pair | {"above": 0})
    assert found.value == np.inf
    assert verdict(found, False) == "reproduced"
    (found,) = judged("difference_of_medians", pair | {"below": 0})
    assert verdict(found, False) == "not reproduced"


@pytest.mark.parametrize("bound", [{"above": -1}, {"below": 1}])
@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_a_difference_that_is_no_number_counts_against_the_claim(bound, hole):
    """NaN on either side, and infinity on both: neither side can be called smaller."""
    left = sample(a=np.full(10, hole))
    right = sample(b=np.full(10, np.inf))
    (found,) = judged("median_difference", {"left": left, "right": right, **bound})
    assert verdict(found, False) == "not reproduced"
    (found,) = judged("median", {"values": sample(a=np.full(10, np.nan)), **bound})
    assert verdict(found, False) == "not reproduced"


def test_a_run_without_an_outcome_is_a_failure():
    runs = pd.DataFrame({"a": [True] * 6 + [np.nan] * 4}, dtype=object)
    (found,) = criteria.rate(runs, above=0.5)
    assert (found.value, found.n) == (0.6, 10)


def test_a_mean_needs_finite_numbers_and_equal_groups():
    left = sizes(0.5, 0.1)
    with pytest.raises(Untestable, match="finite"):
        judged("best_mean_difference", {"left": left * np.nan, "right": left, "below": 0})
    with pytest.raises(Untestable, match="differ in their groups: 1, 2, 3 and 1, 2"):
        judged("best_mean_difference", {"left": left, "right": left[["1", "2"]], "below": 0})


def test_a_criterion_needs_one_bound():
    with pytest.raises(
        NeuroswitchError, match="one of above, below, at_least and at_most; found 2"
    ):
        criteria.rate(sample(a=[True]), above=0, below=1)
