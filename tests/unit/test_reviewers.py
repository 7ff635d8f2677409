"""What reviewers asked of paper 2: chosen rates, restored tasks, gradients, pushes, ranks."""

from dataclasses import replace
from inspect import unwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from neuroswitch import schemas, seeds, settings
from neuroswitch.claims import reviewers
from neuroswitch.claims.outcomes import decide, worst
from neuroswitch.claims.statistics import below
from neuroswitch.costs import Job, size_of
from neuroswitch.reporting import captions
from neuroswitch.rnn.analysis import bridge, fading, multitask, pushes, restoring, testing
from neuroswitch.rnn.analysis.measure_wait_go import IS_TRAINED, TRIALS
from neuroswitch.rnn.evaluation import Trained, respond
from neuroswitch.rnn.experiment import model_of, train_experiment
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.switched import Switched
from neuroswitch.rnn.models.vanilla import Vanilla
from neuroswitch.rnn.stepping import started, starts, steps
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.tasks.trials import Trials
from neuroswitch.settings.rnn import RateSearch, RnnExperiment, RnnPrimary, RnnSettings
from tests.unit.test_rnn_analysis import networks_of
from tests.unit.test_rnn_training import protocol

CONFIG = Path("config")
SCALES = ("smoke", "laptop", "paper")
MATCHED = {
    "reviewers_timing": (1059, 0.01),
    "reviewers_multitask": (1786, 0.01),
    "reviewers_element_finder": (497, 0.03),
}
"""Experiment -> trained parameters of the published NM-RNN, and how far ranks may be from it."""

MODELS = {
    "nm_rnn": LowRank(7, 2, 3, 2, modulators=3, x_channels=2),
    "nm_rnn_feedback": LowRank(6, 2, 3, 1, modulators=3, feedback=True, orthonormal=False),
    "rnn": Vanilla(5, 3, 2),
    "lstm": Lstm(4, 3, 2),
}


def rates_of(**options):
    """Return settings of an experiment of two networks whose learning rates are chosen."""
    made = RnnExperiment(
        task="measure_wait_go",
        variant="one_protocol",
        networks={
            "nm_rnn": {"model": "low_rank", "units": 6, "rank": 2, "modulators": 3},
            "frozen": {"model": "low_rank", "units": 6, "rank": 2, "like": "part"},
        },
        training=protocol((20, 0.5)),
        trainings={"part": protocol((20, 0.5, "inputs_and_readout"))},
        search=RateSearch(learning_rates=[1e-5, 0.01, 3.0], runs=2, steps=15),
    )
    primary = RnnPrimary(runs=3, runs_per_job=3, recorded_steps=5, test_trials=10)
    made = made.model_copy(update=options)
    return RnnSettings(
        engine="compiled", device="cpu", primary=primary, experiments={"short": made}
    )


def trained(settings, runs, folder):
    return train_experiment(settings, "short", runs, 0, 1, folder, "v")


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    return trained(rates_of(), range(3), tmp_path_factory.mktemp("searched"))


def test_each_network_is_trained_at_the_rate_whose_held_out_runs_have_the_lowest_loss(
    searched, tmp_path
):
    rates = searched["rates"]
    assert len(rates) == 6
    assert (rates["runs"] == 2).all()
    assert (rates["steps"] == 15).all()
    for network, own in rates.groupby("network"):
        (chosen,) = own.loc[own["chosen"], "learning_rate"]
        assert own.set_index("learning_rate")["loss"].idxmin() == chosen
        fixed = rates_of(search=None)
        plain = fixed.experiments["short"].at_rates({network: chosen})
        fixed = fixed.model_copy(update={"experiments": {"short": plain}})
        alone = trained(fixed, range(3), tmp_path / network)["parameters"]
        mine = searched["parameters"]
        mine = mine[mine["network"] == network]
        pd.testing.assert_frame_equal(mine.reset_index(drop=True), alone, check_exact=True)


def test_the_held_out_runs_are_not_those_that_are_judged(searched, tmp_path):
    """Their losses are those of runs 3 and 4, trained plainly."""
    made = rates_of(
        search=None, networks={"nm_rnn": rates_of().experiments["short"].networks["nm_rnn"]}
    )
    made = made.model_copy(
        update={"experiments": {"short": made.experiments["short"].at_rates({"nm_rnn": 0.01}, 15)}}
    )
    made = made.model_copy(
        update={"primary": made.primary.model_copy(update={"recorded_steps": 10})}
    )
    ends = trained(made, range(3, 5), tmp_path)["runs"]["final_loss"]
    own = searched["rates"].set_index(["network", "learning_rate"])["loss"]
    np.testing.assert_allclose(own["nm_rnn", 0.01], ends.median(), rtol=0)


def test_rates_are_written_by_the_job_of_the_first_run_alone(searched, tmp_path):
    first = trained(rates_of(), range(1), tmp_path / "a")
    second = trained(rates_of(), range(1, 3), tmp_path / "b")
    pd.testing.assert_frame_equal(first["rates"], searched["rates"])
    assert second["rates"].empty
    for name in ("runs", "parameters"):
        key = [c for c in schemas.of(f"rnn/any/{name}").key if c in searched[name]]
        joined = pd.concat([first[name], second[name]]).sort_values(key, ignore_index=True)
        whole = searched[name].sort_values(key, ignore_index=True)
        pd.testing.assert_frame_equal(joined, whole, check_exact=True)


def test_the_steps_of_a_search_are_counted(searched):
    assert rates_of().experiments["short"].search_steps == 2 * 3 * 2 * 15
    whole = settings.load(CONFIG / "laptop.yaml")
    experiment = whole.rnn.experiment("reviewers_timing")
    work = size_of(whole, Job("rnn", "reviewers_timing", 2)).work
    assert work == 2 * len(experiment.networks) * 1500 + experiment.search_steps


def test_a_reservoir_stays_as_it_was_drawn_bit_by_bit(searched):
    model = model_of(rates_of().experiments["short"], "frozen", "training")
    table = searched["parameters"].query("network == 'frozen' and run == 1").set_index("name")
    rng = seeds.generator(0, "rnn", "measure_wait_go", "parameters", 1)
    vector = model.flatten(model.draw(rng))
    for name, before in model.views(vector).items():
        same = np.array_equal(table.loc[[name], "value"].to_numpy(), before.ravel())
        assert same == (name in ("U", "V", "x0")), name
    freed = searched["runs"].query("network == 'frozen'")["freed_parameters"]
    assert (freed == model.size - 6 * (2 + 2)).all()


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", list(MATCHED))
def test_ranks_have_as_many_parameters_as_the_published_network(scale, name):
    made = settings.load(CONFIG / "laptop.yaml", CONFIG / f"{scale}.yaml").rnn.experiment(name)
    wanted, tolerance = MATCHED[name]
    for network in made.networks:
        if network.startswith("nm_rnn_rank_"):
            model = model_of(made, network, "training")
            assert f"_{model.rank}" in network
            assert abs(model.size - wanted) <= tolerance * wanted, network


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", list(MATCHED))
def test_networks_that_are_compared_have_as_many_parameters_within_six_percent(scale, name):
    made = settings.load(CONFIG / "laptop.yaml", CONFIG / f"{scale}.yaml").rnn.experiment(name)
    for network in made.networks:
        if "reservoir" not in network:
            size = model_of(made, network, "training").size
            assert abs(size - MATCHED[name][0]) <= 0.06 * MATCHED[name][0], network


def test_a_reservoir_with_a_modulator_has_the_recurrence_of_that_without_one():
    made = settings.load(CONFIG / "laptop.yaml").rnn.experiment("reviewers_multitask")
    drawn = [
        model_of(made, network, "training").draw(np.random.default_rng(0))
        for network in ("modulated_reservoir", "reservoir", "nm_rnn_rank_3")
    ]
    for name in ("U", "V"):
        np.testing.assert_array_equal(drawn[0][name], drawn[1][name])
        np.testing.assert_array_equal(drawn[0][name], drawn[2][name])


@pytest.mark.parametrize("modulates", ["recurrence+inputs", "recurrence+outputs", "outputs+inputs"])
def test_a_signal_scales_each_of_its_targets_as_a_plain_loop_does(modulates):
    model = LowRank(6, 2, 3, 2, modulators=4, modulates=modulates, tau_x=2.0, tau_z=5.0)
    rng = np.random.default_rng(3)
    p = model.draw(rng)
    inputs = rng.standard_normal((7, 3))
    rollout = model.rollout(
        {name: torch.from_numpy(a) for name, a in p.items()}, torch.from_numpy(inputs[None])
    )
    counts = {"recurrence": 2, "inputs": 3, "outputs": 2}
    assert p["A"].shape == (sum(counts[name] for name in modulates.split("+")), 4)
    Q = np.linalg.qr(p["U"])[0]
    x, z = p["x0"], p["z0"]
    for t, u in enumerate(inputs):
        z = z + (p["W_zz"] @ np.tanh(z) + p["B_zu"] @ u - z) / 5
        s = 1 / (1 + np.exp(-(p["A"] @ z + p["c"])))
        scale = {name: np.ones(count) for name, count in counts.items()}
        for name in modulates.split("+"):
            scale[name], s = s[: counts[name]], s[counts[name] :]
        drive = Q @ (scale["recurrence"] * (p["V"].T @ np.tanh(x)))
        x = x + (drive + p["B_xu"] @ (scale["inputs"] * u) - x) / 2
        y = scale["outputs"] * (p["C"] @ x) + p["d"]
        np.testing.assert_allclose(rollout.outputs[0, t].numpy(), y, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_step_by_step_a_network_does_what_it_does_at_once(model):
    rng = np.random.default_rng(0)
    parameters = {name: torch.from_numpy(a) for name, a in model.draw(rng).items()}
    inputs = torch.from_numpy(rng.standard_normal((9, 3)))
    whole = model.rollout(parameters, inputs[None])
    for t, (states, output) in enumerate(steps(model, parameters, inputs)):
        torch.testing.assert_close(output, whole.outputs[0, t])
        for name, state in states.items():
            torch.testing.assert_close(state, whole.states[name][0, t])
    assert set(states) == set(starts(model))


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_gradients_by_a_state_are_those_of_finite_differences(model):
    rng = np.random.default_rng(1)
    parameters = {name: torch.from_numpy(a) for name, a in model.draw(rng).items()}
    shapes = (1, 8, model.channels), (1, 8, model.outputs)
    trial = Trials(*(rng.standard_normal(s) for s in shapes), np.ones((1, 8)))
    norms = fading.gradient_norms(model, parameters, trial)
    inputs, target = torch.from_numpy(trial.inputs[0]), trial.targets[0, -1]
    after = 3
    states = [s for s, _ in steps(model, parameters, inputs)][after]

    def loss(name, unit, change):
        moved = {key: value.clone() for key, value in states.items()}
        moved[name][unit] += change
        begun = started(model, parameters, moved)
        output = model.rollout(begun, inputs[None, after + 1 :]).outputs[0, -1].numpy()
        return ((output - target) ** 2).sum()

    for name, state in states.items():
        slopes = [
            (loss(name, unit, 1e-5) - loss(name, unit, -1e-5)) / 2e-5 for unit in range(len(state))
        ]
        np.testing.assert_allclose(norms[name][after], np.linalg.norm(slopes), rtol=1e-6)
        assert len(norms[name]) == 7


def test_gradients_of_a_network_without_recurrence_fade_by_its_leak():
    """Then x_t+1 = (1 - 1 / tau) x_t + inputs: a step multiplies every gradient by 1 - 1 / tau."""
    model = Vanilla(5, 3, 1, tau_x=4.0)
    parameters = {
        name: torch.from_numpy(a) for name, a in model.draw(np.random.default_rng(2)).items()
    }
    parameters["W"] = torch.zeros_like(parameters["W"])
    about = {"task": "measure_wait_go", "variant": "any", "network": "rnn", "run": 0}
    network = Trained(about, "training", "last", model, parameters, True, 0.0)
    tables = unwrap(fading.fading)([network], 0)
    rates = tables["fading_rates"].set_index("when")
    np.testing.assert_allclose(rates.loc["end", "rate"], -np.log(1 - 1 / 4), rtol=1e-9)
    assert rates.loc["start", "rate"] != rates.loc["end", "rate"]


def pushed(name="measure_wait_go_one_protocol"):
    return networks_of(name, runs=1)


@pytest.mark.parametrize("which", ["nm_rnn", "rnn", "lstm"])
def test_no_push_changes_nothing_and_a_push_is_what_a_plain_loop_gives(which):
    (network,) = [one for one in pushed() if one.about["network"] == which]
    response = respond(network, TRIALS)
    trial = int(np.flatnonzero(IS_TRAINED)[1])
    middle = int(TRIALS.labels["go"][trial] + TRIALS.labels["interval"][trial] // 2)
    rng = np.random.default_rng(0)
    names = [name for name in starts(network.model) if name != "z"]
    direction = {name: rng.standard_normal(response.states[name].shape[-1]) for name in names}
    same = pushes.changed(network, response.states, trial, 0.0, direction)
    assert np.isnan(same[: middle + 1]).all()
    np.testing.assert_allclose(same[middle + 1 :], response.outputs[trial, middle + 1 :])
    if which != "rnn":
        return
    p = {name: values.numpy() for name, values in network.parameters.items()}
    x = response.states["x"][trial, middle]
    x = x + 0.3 * np.linalg.norm(x) * direction["x"]
    moved = pushes.changed(network, response.states, trial, 0.3, direction)
    for t in range(middle + 1, len(moved)):
        drive = network.model.gain * p["W"] @ np.tanh(x) + p["B"] @ TRIALS.inputs[trial, t]
        x = x + (drive - x) / network.model.tau_x
        np.testing.assert_allclose(moved[t], p["C"] @ x + p["d"], rtol=1e-9)


def test_larger_pushes_leave_larger_errors_and_z_is_not_pushed():
    networks = pushed()
    table = unwrap(pushes.pushes)(networks, 0)
    for _, own in table.groupby("network"):
        assert (np.diff(own.sort_values("size")["error"]) > 0).all()
    assert set(table.columns) == {column.name for column in schemas.of("rnn/a/pushes").columns}
    assert (table["pushed"] == pushes.DIRECTIONS * IS_TRAINED.sum()).all()


@pytest.fixture(scope="module")
def retrained():
    """Return networks after training and retraining, and their scores before anything is restored.

    Retraining is made up: it moves the parameters of the input pathway, and widens them.
    """
    found = networks_of("multitask_one_protocol", runs=1)
    before = {one.about["network"]: one for one in found if one.phase == "training"}
    networks = list(before.values())
    for one in found:
        if one.phase == "retraining":
            own = dict(before[one.about["network"]].parameters)
            path = restoring._pathway(one.model)
            moved = {name: one.parameters[name] + 1 for name in path}
            networks.append(replace(one, parameters=own | moved))
    scores = unwrap(multitask.multitask)(networks, 30, 0)["task_scores"]
    return networks, scores


def test_the_old_pathway_gives_the_answers_of_before_exactly(retrained):
    networks, scores = retrained
    table = unwrap(restoring.restoring)(networks, scores, 30, 0)
    assert set(table.columns) == {column.name for column in schemas.of("rnn/a/restored").columns}
    assert table["identical"].all()
    assert (table["correct_restored"] == table["correct_before"]).all()
    freed = {
        one.about["network"]: int(one.model.mask("input_pathway").sum())
        for one in networks
        if one.phase == "training"
    }
    assert (table["restored_numbers"] == table["network"].map(freed)).all()


def test_where_no_network_was_retrained_nothing_is_restored(retrained):
    networks, scores = retrained
    first = [one for one in networks if one.phase == "training"]
    assert unwrap(restoring.restoring)(first, scores, 30, 0).empty


def test_what_retraining_did_to_other_parameters_is_found(retrained):
    networks, scores = retrained
    spoilt = [
        replace(one, parameters=one.parameters | {"C": one.parameters["C"] * (1 + 1e-15)})
        if one.phase == "retraining"
        else one
        for one in networks
    ]
    assert not unwrap(restoring.restoring)(spoilt, scores, 30, 0)["identical"].any()


def test_the_smallest_rank_is_the_first_whose_median_is_there():
    rng = np.random.default_rng(0)
    values = {rank: pd.Series(np.full(8, loss)) for rank, loss in ((1, 3.0), (2, 0.5), (4, 0.2))}
    assert reviewers.smallest_rank(values, below(1), rng).value == 2
    assert reviewers.smallest_rank(values, below(0.1), rng).value == np.inf


def test_steps_until_a_loss_are_infinite_where_it_never_comes():
    losses = pd.DataFrame(
        {"run": [0, 0, 0, 1, 1, 1], "step": [1, 2, 3] * 2, "mean_loss": [5, 1, 0.5, 5, 4, 3]}
    )
    assert reviewers.steps_until(losses, 2).tolist() == [2, np.inf]


def test_what_an_lstm_carries_is_its_c():
    rates = pd.DataFrame(
        {
            "network": ["lstm", "lstm", "nm_rnn", "nm_rnn"],
            "state": ["x", "c", "x", "z"],
            "when": "end",
            "rate": [1.0, 2.0, 3.0, 4.0],
        }
    )
    assert reviewers.carried(rates)["end"]["rate"].tolist() == [2.0, 3.0]


def timing(rank_1, modulated, reservoir, **others):
    """Return made-up losses and scores; what is given are the median loss and the accuracy."""
    medians = {f"nm_rnn_rank_{rank}": (2e-4, 0.98) for rank in (3, 4)}
    medians |= {"nm_rnn_rank_1": rank_1, "nm_rnn_rank_2": rank_1}
    medians |= {"modulated_reservoir": modulated, "reservoir": reservoir}
    return made_up(medians | others)


def made_up(medians):
    """Return tables of losses, of scores and of runs of networks with such medians."""
    rng = np.random.default_rng(0)
    losses, scores, runs = [], [], []
    for network, (loss, accuracy) in medians.items():
        about = pd.DataFrame({"network": network, "run": range(12)})
        noise = rng.uniform(0.98, 1.02, 12)
        losses.append(about.assign(trained_loss=loss * noise, extrapolated_loss=loss * noise))
        right = np.minimum(1000 * accuracy * noise, 1000).astype(int)
        scores.append(about.assign(correct_corrected=right, trials=1000))
        runs.append(about.assign(freed_parameters=100))
    return [pd.concat(each, ignore_index=True) for each in (losses, scores, runs)]


GOOD, BAD = (3e-4, 0.96), (5e-3, 0.4)


@pytest.mark.parametrize(
    ("modulated", "reservoir", "outcome"),
    [(GOOD, BAD, "supported"), (BAD, GOOD, "contradicted"), (GOOD, GOOD, "inconclusive")],
)
def test_reservoirs_are_judged_against_both(modulated, reservoir, outcome):
    losses, scores, runs = timing(BAD, modulated, reservoir)
    rng = np.random.default_rng(0)
    parts = list(reviewers.modulator_alone_is_enough(losses, scores, runs, runs, 0.9, 0.00095, rng))
    assert worst(decide({"R1": parts})["R1"]).outcome == outcome


@pytest.mark.parametrize(("lower", "outcome"), [(BAD, "supported"), ((1e-4, 1.0), "contradicted")])
def test_lower_ranks_are_judged_against_rank_three(lower, outcome):
    losses, scores, _ = timing(lower, GOOD, BAD)
    finder = finder_of(losses)
    rng = np.random.default_rng(0)
    parts = list(reviewers.rank_three_is_enough(losses, scores, finder, 0.00095, 0.9, rng))
    assert worst(decide({"R3": parts})["R3"]).outcome == outcome


def finder_of(losses):
    return losses.assign(kept="best", loss=losses["trained_loss"], chance=36.67)


def outcome_of(parts):
    return worst(decide({"R": list(parts)})["R"]).outcome


BETTER, EQUAL, WORSE = (1e-4, 0.95), (2e-4, 0.8), (5e-3, 0.4)


@pytest.mark.parametrize(
    ("others", "better", "above"),
    [
        (BETTER, "supported", "contradicted"),
        (WORSE, "contradicted", "supported"),
        (EQUAL, "inconclusive", "inconclusive"),
    ],
)
def test_other_networks_are_judged_by_the_side_on_which_they_are(others, better, above):
    rng = np.random.default_rng(0)
    names = [*reviewers.SIGNALS, *reviewers.GATED, "tsuda_2_50", "rnn", "lstm"]
    losses, scores, _ = made_up({"nm_rnn_rank_3": EQUAL} | dict.fromkeys(names, others))
    assert outcome_of(reviewers.unlimited_signals_are_better(losses, scores, rng)) == better
    assert outcome_of(reviewers.nm_rnn_is_above_fixed_factors(scores, rng)) == above
    finder = finder_of(losses)
    judged = reviewers.nm_rnn_is_above_gated_networks(losses, scores, finder, rng)
    assert outcome_of(judged) == above
    scaled = {"nm_rnn_rank_8": (2e-4, 1), "lstm": BETTER} | dict.fromkeys(reviewers.ALSO, others)
    finder = finder_of(made_up(scaled)[0])
    assert outcome_of(reviewers.scaling_inputs_and_outputs_helps(finder, rng)) == better


def switched(**options):
    return Switched(7, 6, 3, gain=1 / 7, sensory=3, tau_x=4.0, **options)


@pytest.mark.parametrize(
    "family", ["orthogonal", "near_identity", "signed_permutation", "diagonal"]
)
def test_fixed_matrices_multiply_the_weights_of_each_context_as_a_plain_loop_does(family):
    model = switched(family=family)
    p = model.draw(np.random.default_rng(0))
    tensors = {name: torch.from_numpy(a) for name, a in p.items()}
    inputs = np.random.default_rng(1).standard_normal((9, 6))
    for context in range(3):
        inputs[:, 3:] = np.eye(3)[context]
        outputs = model.rollout(tensors, torch.from_numpy(inputs[None])).outputs[0].numpy()
        M = {name: Ms[context] for name, Ms in model.matrices.items()}
        x = p["x0"]
        for t, u in enumerate(inputs[:, :3]):
            drive = M["W"] @ p["W"] @ np.tanh(x) / 7 + M["B"] @ p["B"] @ u
            x = x + (drive - x) / 4
            np.testing.assert_allclose(outputs[t], M["C"] @ p["C"] @ x + p["d"], rtol=1e-9)
        own = model.in_context(tensors, context)
        plain = model.plain.rollout(own, torch.from_numpy(inputs[None, :, :3])).outputs[0]
        np.testing.assert_allclose(plain.numpy(), outputs, rtol=1e-9)
    for Ms in model.matrices.values():
        np.testing.assert_array_equal(Ms[0], np.eye(len(Ms[0])))
        assert not np.allclose(Ms[1], Ms[2])


def test_a_further_context_leaves_the_matrices_of_the_others():
    before, after = switched(), replace(switched(), channels=9)
    for name, Ms in before.matrices.items():
        np.testing.assert_array_equal(Ms, after.matrices[name][: before.contexts])
    assert (after.contexts, after.size) == (6, before.size)


def network_with_matrices(seed):
    """Return a network without recurrence, which answers with what was shown if M is the identity.

    With gains M of which some are negative, it answers with other angles.
    """
    model = Switched(3, 6, 3, sensory=3, family="diagonal", scale=2.0, modulator_seed=seed)
    parameters = {name: torch.eye(3, dtype=torch.float64) for name in "BC"}
    parameters |= {
        "W": torch.zeros(3, 3, dtype=torch.float64),
        "d": torch.tensor([5.0, 0.0, 0.0], dtype=torch.float64),  # Fixation is always held.
        "x0": torch.zeros(3, dtype=torch.float64),
    }
    about = {"task": "multitask", "variant": "any", "network": "switched", "run": seed}
    return Trained(about, "training", "last", model, parameters, True, 0.0)


def test_the_first_matrices_with_most_right_answers_are_chosen_and_tested_on_other_trials(
    monkeypatch,
):
    monkeypatch.setattr(bridge, "TRIED", (1, 4, 8))
    network = network_with_matrices(3)
    shown, test = (
        bridge.task.draw(np.random.default_rng(seed), 60, 3, contexts=4) for seed in (0, 1)
    )
    wider = replace(network.model, channels=6 + 8)
    right = [bridge.correct(network, wider, candidate, shown) for candidate in range(8)]
    table = bridge.of_network(network, shown, test)
    best = [right.index(max(right[:tried])) for tried in (1, 4, 8)]
    assert len(set(best)) == 3, "the same matrices are chosen, however many there are"
    assert table["chosen"].tolist() == best
    answered = [bridge.correct(network, wider, candidate, test) for candidate in best]
    assert table["correct"].tolist() == answered
    assert (table["trials"] == 60).all()


def test_a_candidate_answers_as_the_network_would_in_a_further_context():
    network = network_with_matrices(1)
    trials = bridge.task.draw(np.random.default_rng(0), 40, 3, contexts=4)
    wider = replace(network.model, channels=6 + 5)
    for candidate in range(5):
        inputs = np.concatenate([trials.inputs[..., :3], np.zeros((40, 100, 8), np.float32)], -1)
        inputs[..., 3 + 3 + candidate] = 1
        whole = replace(network, model=wider)
        answered = respond(whole, replace(trials, inputs=inputs))
        known = multitask.scores({"memory_anti": answered}, {"memory_anti": trials})
        assert bridge.correct(network, wider, candidate, trials) == known["correct_corrected"][0]


@pytest.mark.parametrize("length", reviewers.LENGTHS)
def test_sequences_of_another_length_ask_for_any_of_their_elements(length):
    task = task_of("element_finder" if length == 25 else f"element_finder_{length}")
    trials = task.checked(task.draw(np.random.default_rng(0), 4000))
    query = trials.labels["query"]
    assert set(query) == set(range(length))
    np.testing.assert_array_equal(
        trials.inputs[np.arange(4000), 1 + query, 0], trials.targets[:, -1, 0]
    )
    assert (trials.weights.sum(axis=1) == 1).all()


def test_the_loss_over_chance_is_that_of_the_best_constant():
    """A network that answers a constant has a loss that no other constant is below."""
    test = task_of("element_finder_10").draw(np.random.default_rng(0), 300)
    chance = testing.constant_loss(test)
    answers = test.targets[:, -1, 0]
    assert chance == pytest.approx(answers.var())
    others = [((answers - value) ** 2).mean() for value in np.linspace(-3, 3, 61)]
    assert chance <= min(others)


def lengths_of(nm_rnn, rnn):
    """Return a table of losses over chance; given is the loss of each network, of a chance of 1."""
    rng = np.random.default_rng(0)
    rows = [
        pd.DataFrame(
            {"network": network, "run": range(12), "steps": 1 + length, "chance": 2.0}
        ).assign(loss=2 * loss * rng.uniform(0.98, 1.02, 12))
        for length in reviewers.LENGTHS
        for network, loss in (("nm_rnn", nm_rnn), ("rnn", rnn), ("lstm", 0.5))
    ]
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize(
    ("nm_rnn", "rnn", "outcome"),
    [(0.3, 0.6, "supported"), (0.6, 0.3, "contradicted"), (0.4, 0.4, "inconclusive")],
)
def test_lengths_are_judged_each_by_itself(nm_rnn, rnn, outcome):
    table = lengths_of(nm_rnn, rnn)
    rng = np.random.default_rng(0)
    assert outcome_of(reviewers.nm_rnn_is_better_at_every_length(table, rng)) == outcome
    share = reviewers.of_length(table, 50)["lstm"]
    assert share.median() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize(
    ("fixed", "outcome"),
    [(0.96, "supported"), (0.7, "contradicted")],
)
def test_fixed_matrices_are_judged_against_the_bound_and_the_nm_rnn(fixed, outcome):
    names = [*reviewers.SWITCHED, "rnn", "xdg", "tsuda_2_50"]
    _, scores, _ = made_up({"nm_rnn_rank_3": (0, 0.96)} | dict.fromkeys(names, (0, fixed)))
    chosen = scores.assign(tried=1, correct=scores["correct_corrected"])
    rng = np.random.default_rng(0)
    judged = reviewers.fixed_matrices_are_enough(scores, chosen, 0.9, 0.05, rng)
    assert outcome_of(judged) == outcome


def test_a_network_that_no_claim_names_is_shown_by_its_name():
    """One more network in an experiment has numbers beside those that are judged."""
    rng = np.random.default_rng(0)
    names = ("nm_rnn", "lr_rnn", "rnn", "lstm", "my_network")
    about = pd.concat([pd.DataFrame({"network": name, "run": range(12)}) for name in names])
    about = about.assign(task="measure_wait_go", variant="one_protocol")
    tested = lengths_of(0.3, 0.6)
    tested = pd.concat([tested, tested[tested["network"] == "rnn"].assign(network=names[-1])])
    rates = pd.concat(
        about.assign(task=task, when=when, state="x", rate=rng.random(len(about)))
        for task in ("measure_wait_go", "multitask")
        for when in ("start", "end")
    )
    training = about.assign(step=5, mean_loss=1e-5)
    times = about.assign(milliseconds=1.0)
    losses = about.assign(trained_loss=1e-5)
    pushed = about.assign(size=reviewers.PUSH, error=rng.random(len(about)))
    for parts, label in (
        (
            reviewers.nm_rnn_is_better_at_every_length(tested, rng),
            "loss over chance, my network, 25 elements",
        ),
        (
            reviewers.nm_rnn_classifies_sequences(about.assign(dataset="mnist", accuracy=0.9), rng),
            "accuracy, my network",
        ),
        (
            reviewers.gradients_fade_slowly(rates, training, times, 0.00095, rng),
            "processor time, my network",
        ),
        (
            reviewers.ramps_withstand_pushes(pushed, losses, 6, reviewers.PUSH, 0.00095, rng),
            "my network, networks that have learnt",
        ),
    ):
        assert label in {part.label for part in parts}


def test_the_caption_names_the_questions():
    config = yaml.safe_load((CONFIG / "laptop.yaml").read_text(encoding="utf-8"))
    caption = captions.read(Path("workflow/report/reviewers.rst"), config)
    assert caption.paper == 3
    assert caption.claims == tuple(f"R{number}" for number in range(1, 12))
