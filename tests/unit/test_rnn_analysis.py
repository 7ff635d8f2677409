"""What is measured on networks where the answer is known: made by hand, or computed plainly."""

from dataclasses import replace
from inspect import unwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from neuroswitch import schemas, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn import cost, evaluation
from neuroswitch.rnn.analysis import element_finder, file_trials, measure_wait_go, multitask
from neuroswitch.rnn.evaluation import Response
from neuroswitch.rnn.experiment import model_of
from neuroswitch.rnn.tasks import measure_wait_go as timing

RNN = settings.load(Path("config/laptop.yaml")).rnn
PHASES = ("training", "retraining")


def tables_of(name, runs=2, diverged=(), seed=0, experiment=None):
    """Made-up tables of runs and parameters: drawn networks; `diverged` ones hold NaN.

    Where the best is kept too, its parameters are half of the last ones.
    """
    experiment = experiment or RNN.experiment(name)
    rows, parts = [], []
    for network in experiment.networks:
        for run in range(runs):
            for phase in PHASES if experiment.retraining else PHASES[:1]:
                about = {"task": experiment.task, "variant": experiment.label}
                about |= {"network": network, "run": run, "phase": phase}
                lost = (network, run) in diverged
                rows.append(about | {"diverged_step": 5 * lost, "lowest_loss": 20.0 + run})
                model = model_of(experiment, network, phase)
                drawn = model.draw(np.random.default_rng([seed, run]))
                for array, values in drawn.items():
                    flat = np.full(values.size, np.nan) if lost else values.ravel()
                    frame = pd.DataFrame({"index": np.arange(len(flat)), "value": flat})
                    parts.append(frame.assign(name=array, kept="last", **about))
                    if experiment.protocol(network, phase).keep_best:
                        better = frame.assign(value=frame["value"] / 2)
                        parts.append(better.assign(name=array, kept="best", **about))
    return pd.DataFrame(rows), pd.concat(parts, ignore_index=True).sample(frac=1, random_state=0)


def networks_of(name, experiment=None, **options):
    experiment = experiment or RNN.experiment(name)
    return evaluation.networks(experiment, *tables_of(name, experiment=experiment, **options))


def of_trained(analysis, trained, *options):
    """Call an analysis with networks in the place of their tables."""
    return unwrap(analysis)(trained, *options)


@pytest.fixture(scope="module")
def timing_tables():
    trained = networks_of("measure_wait_go_one_protocol", diverged=[("nm_rnn", 1), ("lstm", 0)])
    trained += networks_of("ramp_theory_one_protocol")
    return of_trained(measure_wait_go.measure_wait_go, trained)


@pytest.fixture(scope="module")
def task_tables():
    trained = networks_of("multitask_one_protocol", diverged=[("rnn", 1)])
    return of_trained(multitask.multitask, trained, 40, 0)


@pytest.fixture(scope="module")
def finder_tables():
    trained = networks_of("element_finder", diverged=[("lstm", 1)])
    return of_trained(element_finder.element_finder, trained, 300, 0)


@pytest.mark.parametrize("made", ["timing_tables", "task_tables", "finder_tables"])
def test_every_table_has_the_columns_of_its_schema_and_unique_keys(made, request):
    for name, table in request.getfixturevalue(made).items():
        schema = schemas.of(f"rnn/any/{name}.parquet")
        assert set(table.columns) == {column.name for column in schema.columns}, name
        assert len(table) or name == "file_scores", name
        assert not table.duplicated(list(schema.key)).any(), name


def test_networks_come_out_of_the_tables_as_they_went_in():
    (first, *_) = networks_of("element_finder", runs=1)
    drawn = first.model.draw(np.random.default_rng([0, 0]))
    for name, values in drawn.items():
        np.testing.assert_array_equal(first.parameters[name].numpy(), values)
        assert first.parameters[name].dtype == torch.float64


def test_a_diverged_network_has_infinite_loss_and_no_correct_trial(
    timing_tables, task_tables, finder_tables
):
    def lost(table, network, run):
        return (table["network"] == network) & (table["run"] == run)

    losses = timing_tables["timing_losses"]
    gone = lost(losses, "nm_rnn", 1) | lost(losses, "lstm", 0)
    assert np.isinf(losses.loc[gone, ["trained_loss", "extrapolated_loss", "loss"]]).all(axis=None)
    assert np.isfinite(losses.loc[~gone, "loss"]).all()
    scores = task_tables["task_scores"]
    gone = lost(scores, "rnn", 1)
    assert (scores.loc[gone, ["correct_published", "correct_corrected"]] == 0).all(axis=None)
    assert np.isinf(scores.loc[gone, "loss"]).all()
    assert not lost(task_tables["task_encodings"], "rnn", 1).any()
    finder = finder_tables["finder_losses"]
    gone = lost(finder, "lstm", 1)
    assert gone.sum() == 2, "its best is lost as well"
    assert np.isinf(finder.loc[gone, "loss"]).all()
    assert np.isfinite(finder.loc[~gone, "loss"]).all()


@pytest.mark.parametrize(("diverged_step", "sound"), [(0, True), (101, True), (100, False)])
def test_the_best_of_a_diverged_network_is_tested_if_a_stretch_ended_before(diverged_step, sound):
    runs, parameters = tables_of("element_finder", runs=1)
    trained = evaluation.networks(
        RNN.experiment("element_finder"), runs.assign(diverged_step=diverged_step), parameters
    )
    found = {(one.kept, one.sound) for one in trained}
    assert found == {("last", diverged_step == 0), ("best", sound)}


def test_a_diverged_network_that_was_kept_at_a_restart_is_tested_and_another_is_not():
    for name, sound in (
        ("measure_wait_go_as_published", True),
        ("measure_wait_go_one_protocol", False),
    ):
        runs, parameters = tables_of(name, runs=1)
        trained = evaluation.networks(
            RNN.experiment(name), runs.assign(diverged_step=7), parameters
        )
        assert {one.sound for one in trained} == {sound}


def test_the_median_run_is_the_lower_of_two_and_never_a_diverged_one_if_it_can():
    assert evaluation.median_run(pd.Series({0: 3.0, 1: 1.0, 2: 2.0})) == 2
    assert evaluation.median_run(pd.Series({0: 3.0, 1: 1.0, 2: 2.0, 3: np.inf})) == 2


def test_an_example_is_the_run_of_the_median_score_where_it_can_be_looked_at():
    trained = networks_of("element_finder", runs=3, diverged=[("lstm", 2)])
    trained = evaluation.at_their_best(trained)
    about = pd.DataFrame([one.about for one in trained])
    table = about.assign(score=about["run"].map({0: 3.0, 1: 1.0, 2: 2.0}))
    table.loc[table["network"] == "rnn", "score"] *= -1
    chosen = evaluation.examples(trained, table.sample(frac=1, random_state=0), "score")
    expected = dict.fromkeys(RNN.experiment("element_finder").networks, 2)
    del expected["lstm"]
    assert {one.about["network"]: one.about["run"] for one in chosen} == expected
    table.loc[(table["network"] == "rnn") & (table["run"] == 1), "score"] = -2.5
    chosen = evaluation.examples(trained, table, "score")
    assert [one.about["run"] for one in chosen if one.about["network"] == "rnn"] == [1]


def test_tests_are_computed_on_one_thread_and_others_get_theirs_back():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with evaluation.one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_an_analysis_of_tables_is_that_of_the_networks_in_them():
    name = "ramp_theory_one_protocol"
    runs, parameters = tables_of(name)
    made = measure_wait_go.measure_wait_go(
        runs=runs, parameters=parameters, trained_as=RNN.depends_on(name), experiment=name
    )
    expected = of_trained(measure_wait_go.measure_wait_go, networks_of(name))
    assert set(made) == set(expected)
    pd.testing.assert_frame_equal(made["theory_fits"], expected["theory_fits"], check_exact=True)


def test_references_are_those_of_ramps_drawn_by_hand():
    table = measure_wait_go.references().set_index(["reference", "group"])["loss"]
    assert table["locked", "trained"] == pytest.approx(0.00095, abs=1e-5)
    assert table["locked", "extrapolated"] == pytest.approx(0.0114, abs=1e-4)
    assert table["clamped", "trained"] == pytest.approx(0, abs=1e-12)
    assert table["clamped", "extrapolated"] == pytest.approx(0.0057, abs=1e-4)


def test_losses_of_a_run_are_means_over_its_groups(timing_tables):
    by_interval, by_run = timing_tables["interval_losses"], timing_tables["timing_losses"]
    row = by_run[(by_run["network"] == "rnn") & (by_run["run"] == 1)].iloc[0]
    own = by_interval[(by_interval["network"] == "rnn") & (by_interval["run"] == 1)]
    trained = own["interval"].isin(timing.TRAINED)
    assert (own["group"] == np.where(trained, "trained", "extrapolated")).all()
    assert row["trained_loss"] == pytest.approx(own.loc[trained, "loss"].mean())
    assert row["extrapolated_loss"] == pytest.approx(own.loc[~trained, "loss"].mean())


def test_ramps_are_timed_at_nine_tenths_and_what_never_gets_there_has_no_time(monkeypatch):
    """A network that makes every ramp two steps late, by hand."""
    trials = measure_wait_go.TRIALS
    late = np.roll(trials.targets.astype(float), 2, axis=1)
    late[0] = -0.5
    monkeypatch.setattr(measure_wait_go, "respond", lambda network, trials: Response(late, {}))
    table = measure_wait_go.interval_losses(None)
    expected = np.ceil(0.9 * table["interval"]) + 2
    assert np.isnan(table["time_to_90"].iloc[0])
    np.testing.assert_array_equal(table["time_to_90"].iloc[1:], expected.iloc[1:])


def test_the_rise_of_an_ablation_is_that_of_its_ramps(timing_tables):
    ramps, held = timing_tables["ramps"], timing_tables["ablations"]
    key = ["network", "run", "component", "hold"]
    rising = ramps[(ramps["group"] == "trained") & (ramps["since_go"] >= 0)]
    by_ramp = rising.groupby([*key, "interval"])["output"]
    rise = (by_ramp.max() - by_ramp.first()).groupby(level=key).mean()
    both = held.set_index(key)["rise"].to_frame().join(rise.rename("expected"), how="inner")
    assert len(both) == 7
    np.testing.assert_allclose(both["rise"], both["expected"])


def test_holding_a_component_changes_the_output_and_nothing_else_is_held():
    (network,) = (
        one
        for one in networks_of("measure_wait_go_one_protocol", runs=1)
        if evaluation.modulated(one)
    )
    ramps = measure_wait_go.ramps(network)
    assert set(zip(ramps["component"], ramps["hold"], strict=True)) == {
        (0, "none"),
        *((k, hold) for k in (1, 2, 3) for hold in ("initial", "zero")),
    }
    intact = ramps.loc[ramps["component"] == 0, "output"].to_numpy()
    trials = measure_wait_go.TRIALS
    plain = evaluation.respond(network, trials).outputs[..., 0].ravel()
    np.testing.assert_array_equal(intact, plain)
    removed = network.parameters | {"V": network.parameters["V"].clone()}
    removed["V"][:, 1] = 0
    expected = evaluation.respond(replace(network, parameters=removed), trials).outputs[..., 0]
    held = ramps.loc[(ramps["component"] == 2) & (ramps["hold"] == "zero"), "output"]
    np.testing.assert_allclose(held.to_numpy(), expected.ravel(), atol=1e-12)


def test_signals_are_those_of_every_component_counted_from_1(timing_tables):
    table = timing_tables["timing_signals"]
    network = next(
        one for one in networks_of("measure_wait_go_one_protocol") if evaluation.modulated(one)
    )
    signals = evaluation.respond(network, measure_wait_go.TRIALS).states["s"]
    own = table[table["network"] == network.about["network"]]
    assert own["run"].unique().tolist() == [0]
    for component in (1, 2, 3):
        found = own.loc[own["component"] == component, "signal"]
        np.testing.assert_array_equal(found, signals[..., component - 1].ravel())
    assert set(own["component"]) == {1, 2, 3}


def test_the_signal_that_the_theory_requires_makes_the_target_ramp(timing_tables):
    """Held at it from go to the end of the ramp, the network's output is the target."""
    (network, *_) = networks_of("ramp_theory_one_protocol", runs=1)
    table = timing_tables["theory_signals"]
    table = table[(table["network"] == network.about["network"]) & (table["run"] == 0)]
    states = evaluation.respond(network, measure_wait_go.TRIALS).states
    left = torch.linalg.qr(network.parameters["U"]).Q[:, 0].numpy()
    right = network.model.gain * network.parameters["V"][:, 0].numpy()
    readout, bias = network.parameters["C"][0].numpy(), float(network.parameters["d"][0])
    for trial, interval in enumerate(measure_wait_go.INTERVALS):
        rows = table[table["interval"] == interval].sort_values("since_go")
        assert rows["since_go"].tolist() == list(range(1, interval + 1))
        go = measure_wait_go.GO[trial]
        rising = slice(go + 1, go + interval + 1)
        np.testing.assert_array_equal(rows["signal"], states["s"][trial, rising, 0])
        start, *ramp = measure_wait_go.TRIALS.targets[trial, go : go + interval + 1, 0]
        # The state at go, moved along l to where its output is that of the ramp.
        x = states["x"][trial, go]
        x = x + left * (start - bias - readout @ x) / (readout @ left)
        outputs = []
        for signal in rows["required"]:
            x = x + (-x + left * signal * (right @ x)) / network.model.tau_x
            outputs.append(readout @ x + bias)
        np.testing.assert_allclose(outputs, ramp, atol=1e-6)


def test_the_fit_of_the_theory_is_one_where_signals_agree_and_ignores_other_intervals():
    key = {"task": "t", "variant": "one_protocol", "network": "n", "run": 0}
    time = np.linspace(0, 1, 10)
    frames = [
        pd.DataFrame({"interval": interval, "group": group, "signal": time, "required": required})
        for interval, group, required in (
            (12, "trained", 2 * time + 1),
            (14, "trained", 2 * time + 1),
            (20, "extrapolated", -time),
        )
    ]
    fit = measure_wait_go.theory_fits(pd.concat(frames).assign(**key)).iloc[0]
    assert fit["correlation"] == pytest.approx(1)
    assert fit["interval_correlation"] == pytest.approx(1)
    assert fit["steps"] == 20


def test_scores_count_right_and_opposite_answers():
    test = multitask.trials_of("training", 200, 0)
    responses = {}
    for name, trials in test.items():
        outputs = trials.targets.astype(float)
        if name == "delay_anti":
            outputs[..., 1:] *= -1
        responses[name] = Response(outputs, {})
    table = multitask.scores(responses, test).set_index("subtask")
    assert (table["trials"] == 200).all()
    assert table.loc["delay_pro", "correct_corrected"] == 200
    assert table.loc["delay_anti", "correct_corrected"] == 0
    assert table.loc["delay_anti", "correct_published"] > 150
    assert table.loc["delay_pro", "loss"] == 0
    assert (table["misjudged"] == 0).all(), "an exact answer is right by both scores"


def test_misjudged_are_right_answers_that_the_published_score_calls_wrong():
    """Answers a twentieth of a turn past a quarter turn, from just before it."""
    (trials, *_) = multitask.trials_of("training", 400, 0).values()
    outputs = trials.targets.astype(float)
    target = trials.labels["target"]
    outputs[:, -1, 1], outputs[:, -1, 2] = np.sin(target + 0.2), np.cos(target + 0.2)
    table = multitask.scores({"delay_pro": Response(outputs, {})}, {"delay_pro": trials})
    past = np.cos(target) * np.cos(target + 0.2) < 0
    assert table["correct_corrected"].item() == 400
    assert table["misjudged"].item() == past.sum() > 0
    assert table["correct_published"].item() == 400 - past.sum()


def written(path, inputs):
    np.save(path, inputs)
    return path


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_trials_of_a_file_are_those_whose_inputs_were_written(tmp_path, noise):
    tasks = np.random.default_rng(0).permutation(np.repeat(np.arange(4), 25))
    drawn = multitask.task.draw(np.random.default_rng(1), 100, tasks, contexts=4)
    inputs = drawn.noisy(np.random.default_rng(2), noise).inputs.astype(float)
    found = file_trials.read(written(tmp_path / "inputs.npy", inputs))
    assert list(found) == list(multitask.task.TASKS)
    for index, (name, trials) in enumerate(found.items()):
        expected = drawn[tasks == index]
        channels = 7 if name == "memory_anti" else 6
        np.testing.assert_allclose(trials.inputs, inputs[tasks == index][..., :channels], rtol=1e-6)
        for label in ("task", "on", "off", "go"):
            np.testing.assert_array_equal(trials.labels[label], expected.labels[label], label)
        for label in ("theta", "target"):
            off = trials.labels[label] - expected.labels[label]
            # The mean over at least 6 steps of noise 0.1, four standard deviations.
            assert np.abs(np.angle(np.exp(1j * off))).max() < (0.17 if noise else 1e-6)
        np.testing.assert_allclose(trials.targets, expected.targets, atol=0.17 if noise else 1e-6)


def test_a_file_of_three_contexts_has_the_trained_tasks_alone(tmp_path):
    drawn = multitask.task.draw(np.random.default_rng(0), 30)
    found = file_trials.read(written(tmp_path / "inputs.npy", drawn.inputs))
    assert set(found) == set(multitask.task.TRAINED)
    assert sum(map(len, found.values())) == 30


def faulty(**changes):
    inputs = multitask.task.draw(np.random.default_rng(0), 6, np.arange(6) % 4, 4).inputs
    for channels, values in changes.values():
        inputs[2, :, channels] = values
    return inputs


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        (np.zeros((4, 90, 6)), r"shape \[4, 90, 6\]; expected .*\[trials, 100, 6 or 7\]"),
        (np.zeros((4, 100, 5)), r"shape \[4, 100, 5\]"),
        (np.zeros((100, 6)), r"shape \[100, 6\]"),
        (np.zeros((0, 100, 6)), r"shape \[0, 100, 6\]"),
        (np.full((4, 100, 6), np.nan), "expected finite numbers"),
        (np.full((4, 100, 6), "a"), "expected finite numbers"),
        (faulty(two=(slice(3, 7), 1)), r"1 of 6 trials have an unknown context, .* 2, counted"),
        (faulty(none=(slice(3, 7), 0)), "an unknown context"),
        (faulty(dark=(slice(1, 3), 0)), "1 of 6 trials have no stimulus"),
        (faulty(waiting=(0, 1)), "1 of 6 trials have no step of go"),
        (faulty(gone=(0, 0)), "1 of 6 trials have no step of go"),
    ],
)
def test_a_file_that_holds_no_trials_of_multitask_is_refused(tmp_path, inputs, fault):
    with pytest.raises(NeuroswitchError, match=fault):
        file_trials.read(written(tmp_path / "inputs.npy", inputs))


def test_a_file_that_is_no_array_is_refused(tmp_path):
    path = tmp_path / "inputs.npy"
    path.write_text("no array")
    with pytest.raises(NeuroswitchError, match=r"inputs\.npy is not readable .*config/README.md"):
        file_trials.read(path)


def test_networks_are_scored_on_a_file_as_on_the_trials_in_it(tmp_path):
    """The trials of the test, as a file: trained networks answer three tasks, retrained one."""
    trained = networks_of("multitask_one_protocol", runs=1)
    tests = {phase: multitask.trials_of(phase, 20, 0) for phase in PHASES}
    four = np.concatenate([trials.inputs for trials in tests["retraining"].values()])
    path = written(tmp_path / "inputs.npy", four)
    tables = of_trained(multitask.multitask, trained, 20, 0, str(path))
    key = ["network", "phase", "subtask"]
    filed, drawn = (tables[name].set_index(key) for name in ("file_scores", "task_scores"))
    assert {(phase, name) for _, phase, name in filed.index} == {
        *(("training", name) for name in multitask.task.TRAINED),
        ("retraining", "memory_anti"),
    }
    assert len(filed) == 4 * len(RNN.experiment("multitask_one_protocol").networks)
    drawn = drawn.loc[filed.index, filed.columns]
    pd.testing.assert_frame_equal(filed, drawn, rtol=1e-6)


def test_phases_have_their_tasks_and_share_the_trials_of_those_in_both():
    before, after = (multitask.trials_of(phase, 20, 0) for phase in PHASES)
    assert set(after) - set(before) == {"memory_anti"}
    for name in before:
        np.testing.assert_array_equal(before[name].inputs, after[name].inputs[..., :6])
        np.testing.assert_array_equal(before[name].targets, after[name].targets)


@pytest.mark.parametrize(
    ("experiment", "analysis", "table"),
    [
        ("multitask_one_protocol", multitask.multitask, "task_scores"),
        ("element_finder", element_finder.element_finder, "finder_losses"),
    ],
)
def test_a_network_is_tested_on_the_same_trials_whatever_else_is_tested(
    experiment, analysis, table
):
    trained = networks_of(experiment, runs=1)
    together, alone = (of_trained(analysis, some, 20, 0)[table] for some in (trained, trained[-1:]))
    key = [name for name in ("network", "phase", "variant", "subtask", "kept") if name in alone]
    own = together.merge(alone[key]).sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(
        own, alone.sort_values(key, ignore_index=True)[own.columns], check_exact=True
    )


def test_encoding_finds_the_ring_and_the_component_whose_sign_is_the_task():
    rng = np.random.default_rng(0)
    test = multitask.trials_of("training", 300, 0)
    responses = {}
    for name, trials in test.items():
        x = 0.01 * rng.standard_normal((300, 100, 8))
        theta, go = trials.labels["theta"], trials.labels["go"]
        last = np.minimum(trials.labels["off"], go) - 1
        x[np.arange(300), last, 0], x[np.arange(300), last, 1] = np.cos(theta), np.sin(theta)
        x[:, -1, 3] = 3 * rng.standard_normal(300)
        x[:, -1, 4] = 0.5 if name == "delay_anti" else -0.5
        responses[name] = Response(trials.targets, {"x": x})
    found = multitask.encoding(multitask.snapshots(responses, test), np.random.default_rng(1))
    assert found["ring_r2"] > 0.99
    assert found["shuffled_ring_r2"] < 0.02
    assert found["flip_accuracy"] < 0.7, "the sign of this component does not flip"
    assert found["one_polarity_accuracy"] == found["sign_accuracy"] == 1
    assert found["one_polarity_component"] == 2
    for name in ("delay_pro", "delay_anti"):
        responses[name].states["x"][:, -1, 4] = rng.standard_normal(300)
    shots = multitask.snapshots(responses, test)
    assert multitask.encoding(shots, np.random.default_rng(1))["sign_accuracy"] < 0.7
    for name, side in (("delay_pro", 1), ("delay_anti", -1)):
        turned = np.sin(test[name].labels["theta"] - 1)
        responses[name].states["x"][:, -1, 4] = side * np.sign(turned)
    shots = multitask.snapshots(responses, test)
    found = multitask.encoding(shots, np.random.default_rng(1))
    assert found["flip_accuracy"] > 0.97
    assert found["shuffled_flip_accuracy"] < 0.62
    assert found == multitask.encoding(shots, np.random.default_rng(1)), "seeded"


def test_every_network_that_is_sound_has_its_encoding(task_tables):
    encoded = task_tables["task_encodings"]
    assert set(encoded["network"]) == set(RNN.experiment("multitask_one_protocol").networks)
    assert encoded.drop(columns=evaluation.KEY).notna().all(axis=None)


@pytest.mark.parametrize(
    ("name", "analysis"),
    [
        ("multitask_one_protocol", multitask.multitask),
        ("element_finder", element_finder.element_finder),
    ],
)
def test_a_network_of_one_unit_has_every_table(name, analysis):
    """It has fewer PCs than the tables have columns for."""
    whole = RNN.experiment(name)
    one_unit = whole.networks["nm_rnn_5_18_8" if name == "element_finder" else "nm_rnn"]
    one_unit = one_unit.model_copy(update={"units": 1, "rank": 1, "modulators": 1})
    small = whole.model_copy(update={"networks": {"nm_rnn": one_unit}})
    tables = of_trained(analysis, networks_of(name, experiment=small, runs=1), 50, 0)
    for table, rows in tables.items():
        assert len(rows) or table == "file_scores", table
    shown = tables["task_states" if "task_states" in tables else "finder_states"]
    assert (shown[[column for column in shown if column.endswith("pc2")]] == 0).all(axis=None)


def test_the_element_finder_is_scored_with_its_last_and_its_best_parameters(finder_tables):
    losses = finder_tables["finder_losses"]
    assert (losses["lowest_loss"] == 20.0 + losses["run"]).all()
    np.testing.assert_allclose(losses["chance"], 110 / 3)
    kept = losses.set_index(["network", "run", "kept"])["loss"].unstack()
    assert set(kept.columns) == {"last", "best"}
    assert (kept["last"] != kept["best"])[np.isfinite(kept["last"])].all()
    assert set(losses["variant"]) == {"both"}


def test_all_but_the_losses_of_the_element_finder_is_of_the_best_parameters(finder_tables):
    """The last ones changed, every other table is the same; and the losses of the best are."""
    analysis = element_finder.element_finder
    other = [
        replace(one, parameters={name: 2 * a for name, a in one.parameters.items()})
        if one.kept == "last"
        else one
        for one in networks_of("element_finder", diverged=[("lstm", 1)])
    ]
    changed = of_trained(analysis, other, 300, 0)
    for name in ("finder_encodings", "finder_signals", "finder_states"):
        pd.testing.assert_frame_equal(changed[name], finder_tables[name], check_exact=True)
    before, after = (
        tables["finder_losses"].set_index(["network", "run", "kept"])["loss"].unstack()
        for tables in (finder_tables, changed)
    )
    pd.testing.assert_series_equal(before["best"], after["best"], check_exact=True)
    assert (before["last"] != after["last"]).any()


def test_where_the_best_is_not_kept_the_element_finder_looks_at_the_last():
    last = [one for one in networks_of("element_finder", runs=1) if one.kept == "last"]
    tables = of_trained(element_finder.element_finder, last, 200, 0)
    assert set(tables["finder_losses"]["kept"]) == {"last"}
    assert len(tables["finder_encodings"]) == 3


def test_encodings_of_the_element_finder_are_far_above_those_of_shuffled_labels(monkeypatch):
    """States that hold the value, and in mid-trial the query, by hand."""

    def respond(network, trials):
        rng = np.random.default_rng(0)
        query, value = (trials.labels[name][:, None] for name in ("query", "value"))
        x, z = (0.1 * rng.standard_normal((len(trials), 26, size)) for size in (8, 3))
        x[:, -1] += 0.1 * value * np.arange(8)
        z[:, 13] += query
        return Response(trials.targets, {"x": x, "z": z})

    monkeypatch.setattr(element_finder, "respond", respond)
    (network, *_) = networks_of("element_finder", runs=1)
    test = element_finder.task.draw(np.random.default_rng(0), 500)
    found = element_finder.encoding(network, test, 0).iloc[0]
    assert found["value_r2"] > 0.95
    assert found["query_silhouette"] > 0.9
    assert abs(found["shuffled_value_r2"]) < 0.02
    assert abs(found["shuffled_query_silhouette"]) < 0.05
    again = element_finder.encoding(network, test, 0).iloc[0]
    pd.testing.assert_series_equal(found, again, check_exact=True)


def test_signals_of_a_query_do_not_depend_on_the_value_before_it_is_seen(finder_tables):
    signals = finder_tables["finder_signals"]
    assert set(signals["query"]) == set(element_finder.SHOWN_QUERIES)
    assert signals["signal"].between(0, 1).all()
    first = signals[signals["step"] == 0]
    assert first["spread"].max() == pytest.approx(0, abs=1e-12)
    assert first.groupby(["network", "component"])["signal"].nunique().max() == 4


def test_every_network_is_timed_in_every_round_and_none_of_an_alternative():
    names = ("element_finder", "element_finder_leaky")
    times = cost.step_times({name: RNN.depends_on(name) for name in names}, 0)
    assert times.groupby("network").size().eq(cost.ROUNDS).all()
    assert set(times["network"]) == set(RNN.experiment("element_finder").networks)
    assert (times["milliseconds"] > 0).all()
