"""What claims take from tables, on tables so small that the numbers are known."""

import numpy as np
import pandas as pd
import pytest

from neuroswitch.claims import paper1, paper2, samples
from neuroswitch.claims.statistics import Untestable
from neuroswitch.errors import NeuroswitchError

RNG = np.random.default_rng
RUNS = pd.DataFrame(
    {
        "tasks": ["AND/OR", "AND/OR", "AND", "AND"],
        "run": [0, 1, 0, 1],
        "period": [10, 10, 10, 10],
        "cycle": [3, 0, 7, 2],
        "condition": [5.0, 15.0, 20.0, 30.0],
    }
)


def test_rows_are_selected_by_values_lists_and_patterns():
    assert samples.select(RUNS, tasks="AND", run=1)["cycle"].tolist() == [2]
    assert samples.select(RUNS, run=[1, 0])["cycle"].tolist() == [3, 0, 7, 2]
    assert samples.select(RUNS, tasks="AND/*")["cycle"].tolist() == [3, 0]


@pytest.mark.parametrize(
    "wanted", [{"tasks": "XOR"}, {"run": [0, 2]}, {"tasks": "X*"}, {"tasks": "AND", "cycle": 3}]
)
def test_rows_that_do_not_occur_leave_a_claim_untestable(wanted):
    with pytest.raises(Untestable, match=next(reversed(wanted))):
        samples.select(RUNS, **wanted)


def test_a_sample_has_one_number_for_each_run_in_their_order():
    alone = samples.select(RUNS, tasks="AND").iloc[::-1]
    assert samples.by_run(alone, "cycle").to_dict() == {0: 7, 1: 2}
    assert samples.by_run(alone, "cycle").index.tolist() == [0, 1]


def test_a_run_with_two_numbers_is_refused():
    with pytest.raises(NeuroswitchError, match="one cycle of each run, and run 0 has several"):
        samples.by_run(RUNS, "cycle")


def test_epochs_count_every_task_of_a_cycle_and_never_is_infinite():
    both, alone = (samples.select(RUNS, tasks=tasks) for tasks in ("AND/OR", "AND"))
    assert samples.cycles_until(both, "cycle").tolist() == [3, np.inf]
    assert samples.epochs_until(both, "cycle").tolist() == [60, np.inf]
    assert samples.epochs_until(alone, "cycle").tolist() == [70, 20]


def test_the_nearest_gate_is_a_runs_own_and_a_missing_distance_stays_missing():
    ends = pd.DataFrame({"run": [0, 0, 1, 1], "distance": [3.0, 2.0, 1.0, np.nan]})
    near = samples.nearest(ends, "distance")
    assert near[0] == 2
    assert np.isnan(near[1])


def test_a_share_is_of_all_trials_of_a_run():
    scores = pd.DataFrame({"run": [0, 0, 1], "right": [1, 9, 3], "trials": [10, 30, 4]})
    assert samples.correct_share(scores, "right").to_dict() == {0: 0.25, 1: 0.75}


def test_groups_are_kept_by_their_median():
    kept = samples.with_median_above(RUNS, "tasks", "condition", 10)
    assert kept["tasks"].unique().tolist() == ["AND"]
    with pytest.raises(Untestable, match="condition above 25"):
        samples.with_median_above(RUNS, "tasks", "condition", 25)


def test_conditions_that_must_agree_or_differ_are_compared():
    both, alone = (samples.select(RUNS, tasks=tasks) for tasks in ("AND/OR", "AND"))
    samples.require_same(["period"], both, alone)
    samples.require_different(["tasks"], both, alone)
    with pytest.raises(Untestable, match="differs in tasks: AND, AND/OR"):
        samples.require_same(["period", "tasks"], both, alone)
    with pytest.raises(Untestable, match="the same period"):
        samples.require_different(["tasks", "period"], both, alone)


@pytest.mark.parametrize(
    ("spreads", "rises", "flat", "survives"),
    [
        ([0.39, 0.7], [0.5, 0.9], 1, 1),  # below half of 0.8, with one of two components
        ([0.41, 0.7], [0.5, 0.9], 0, 1),
        ([0.39, 0.7], [0.5, 0.39], 1, 0),  # with the other one a ramp is lost
    ],
)
def test_an_ablation_destroys_slopes_and_spares_ramps_in_one_network(
    spreads, rises, flat, survives
):
    """Beside the network that has learnt there is one that has not, and counts for nothing."""
    ablations = pd.DataFrame(
        {
            "network": "nm_rnn",
            "run": 0,
            "component": [0, 1, 2, 1, 2],
            "hold": ["none", "zero", "zero", "initial", "initial"],
            "slope_spread": [0.8, *spreads, 0.8, 0.8],
            "rise": [0.8, *rises, 0.8, 0.8],
        }
    )
    ablations = pd.concat([ablations, ablations.assign(run=1, slope_spread=0.8)])
    losses = pd.DataFrame({"network": "nm_rnn", "run": [0, 1], "trained_loss": [0.0009, 0.001]})
    found = list(paper2.ablation_destroys_the_change_of_slope(ablations, losses, 0.5, 0.5))
    shares = {part.label: part.estimate.value for part in found if "set to 0" in part.label}
    assert shares == {
        "slopes and rises, s_k set to 0": flat * survives,
        "slopes alone, s_k set to 0": flat,
        "rises alone, s_k set to 0": survives,
    }
    assert [part.estimate.n for part in found if part.role == "example"] == [1]
    assert found[0].estimate.value == 0.5, "how many have learnt"


@pytest.mark.parametrize("order", [0.5, 1.0, 2.0])
def test_the_order_of_an_error_is_taken_between_the_smallest_steps(order):
    step = np.tile([0.4, 0.1, 0.2], 3)
    runs = np.repeat([0, 1, 2], 3)
    error = np.where(step == 0.4, 1e3, (1 + runs) * step**order)
    errors = pd.DataFrame({"run": runs, "step": step, "error": error})
    found = list(paper2.components_decay_as_the_theory_says(errors, 0.9, 1.1))
    assert [part.estimate.value for part in found] == pytest.approx([order, order])
    assert all(part.estimate.right for part in found) == (order == 1.0)


@pytest.mark.parametrize(
    ("successes", "outcome"),
    [(300, "supported"), (234, "supported"), (150, "inconclusive"), (950, "contradicted")],
)
def test_a_rate_is_compared_with_30_percent_of_10_30_and_100_runs(successes, outcome):
    runs = pd.DataFrame(
        {
            "tasks": "AND/XOR",
            "solved": np.arange(1000) < successes,
            "stable_success": False,
            "zero_shot_success": False,
        }
    )
    decisive = next(paper1.and_xor_succeeds_in_about_30_percent(runs, 0.3))
    assert decisive.outcome == outcome
    assert decisive.rule == "not told apart from 30 % of 10, 30 or 100 runs"
