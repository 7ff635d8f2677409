"""Every peer of the gates trains the same runs: equal final parameters, or nothing is timed."""

from itertools import product

import numpy as np
import pytest

from benchmarks import batched_gates, gates, jax_gates
from benchmarks.gate_starts import draw
from neuroswitch.errors import NeuroswitchError
from neuroswitch.gates.training import train

RUNS, CYCLES = range(3, 8), 20
ALL_RUNS = [jax_gates.train_of, batched_gates.train_of]


def short(width, **changes):
    return gates.condition_of(width).model_copy(update={"cycles": CYCLES} | changes)


def ours(condition):
    return train(condition, RUNS, gates.SEED, np.array([condition.cycles])).final


def test_timed_are_the_runs_of_figure_4_as_the_paper_trains_them():
    condition = gates.condition_of(4)
    assert (condition.width, condition.epochs) == (4, 10_000)
    assert (condition.layers, condition.batch) == (2, "full")
    assert condition.loss == "mean_squared_error"


@pytest.mark.parametrize("pullback", ["inverse", "transpose"])
@pytest.mark.parametrize(
    ("train_of", "width", "batch"),
    [*product(ALL_RUNS, gates.WIDTHS, ["full"]), *product(ALL_RUNS[:1], gates.WIDTHS, ["single"])],
)
def test_a_peer_comes_to_our_final_parameters(train_of, width, batch, pullback):
    condition = short(width, batch=batch, pullback=pullback, learning_rate=0.5)
    theirs = train_of(condition)(draw(condition, RUNS, gates.SEED))
    np.testing.assert_allclose(theirs, ours(condition), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("train_of", [*ALL_RUNS, gates.plain_loop_of])
@pytest.mark.parametrize("change", [{"pullback": "transpose"}, {"bias_shift": 0.4}, {"period": 9}])
def test_the_comparison_would_notice_another_training(train_of, change):
    condition = short(4, learning_rate=0.5)
    other = condition.model_copy(update=change)
    theirs = train_of(other)(draw(other, RUNS, gates.SEED))
    with pytest.raises(NeuroswitchError, match=r"^PEER does not come to our numbers: .* up to"):
        gates.agree("PEER", ours(condition)[: len(theirs)], theirs, relative=1e-7, absolute=1e-9)


def test_parts_of_runs_are_the_runs():
    starts = draw(short(4, batch="single"), RUNS, gates.SEED)
    parts = starts.parts(2)
    assert [list(part.runs) for part in parts] == [[3, 4, 5], [6, 7]]
    for name in ("weights", "pull_back", "shift", "orders"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(starts, name))


@pytest.mark.parametrize("threads", [1, 2])
def test_every_ratio_says_what_it_is_against(threads):
    condition = short(4)
    rows = gates.measure(condition, 6, threads)["gates"]
    expected = ["JAX, jitted, vmap over runs", "PyTorch, all runs in one tensor"]
    if threads == 1:
        expected.append("PyTorch loop, one run after another")
    assert [row["peer"] for row in rows] == expected
    for row in rows:
        assert row["peer_over_ours"] == row["peer_us"] / row["ours_us"]
        assert row["runs"] == 6
