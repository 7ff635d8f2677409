"""The reconstructed setting: trained by fresh runs, and set beside what the paper reports."""

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from neuroswitch import index, keeping, provenance, schemas, settings, versions
from neuroswitch.figures import figure2, figure3, figure4, reconstructed, style
from neuroswitch.gates import geometry, neighbours, rates, tables
from neuroswitch.gates.experiment import representative
from neuroswitch.gates.multiverse.conditions import conditions, lengthened
from neuroswitch.gates.multiverse.confirmation import confirm
from neuroswitch.gates.multiverse.priors import CONFIRMATION
from neuroswitch.gates.multiverse.universe import train_universe
from neuroswitch.gates.scope import comparison
from neuroswitch.gates.training import record_schedule, train
from tests.unit.invented_multiverse import SMALL

ROOT = 7
RUNS, MAPPED = 8, 6

NEAR = replace(SMALL, universe=1_000_003, width=3, scale=0.1)
FRESH = replace(NEAR, universe=CONFIRMATION)


@pytest.fixture(scope="module")
def gates():
    config = settings.merged(settings.DEFAULT, {})
    config["gates"]["primary"]["recorded_cycles"] = 10
    config["gates"]["confirmations"] = {"reconstructed": {"runs": RUNS, "mapped": MAPPED}}
    return settings.validate(config).gates


def nearest(universe):
    return pd.DataFrame([asdict(universe)])


@pytest.fixture(scope="module")
def made(gates):
    return confirm(gates, "reconstructed", nearest(NEAR), ROOT, threads=1)


def test_tables_are_those_of_the_conditions_trained_by_hand(made):
    of = conditions(FRESH, stable_cycles=50)
    wanted = {
        "pairs": of["pairs"],
        "periods_equal_cycles": of["periods_equal_cycles"],
        "unmodulated": of["unmodulated"],
        "budget": [lengthened(FRESH, 50)],
        "periods_equal_epochs": of["periods_equal_epochs"],
    }
    for folder, own in wanted.items():
        for table, of_condition in (
            ("runs", tables.runs),
            ("tasks", tables.tasks),
            ("history", tables.history),
        ):
            if f"{folder}/{table}" not in made:
                continue
            by_hand = [
                of_condition(c, train(c, range(RUNS), ROOT, record_schedule(c.cycles, 10)))
                for c in own
            ]
            by_hand = pd.concat(by_hand)
            if table == "runs":
                by_hand = tables.without_parameters(by_hand)
            found = made[f"{folder}/{table}"]
            order = [n for n in ("tasks", "period", "run", "cycle", "task_index") if n in found]
            both = (frame.sort_values(order, ignore_index=True) for frame in (found, by_hand))
            pd.testing.assert_frame_equal(*both)
    mapped = made["mapping/runs"]
    assert mapped.groupby(["layers", "tasks"]).size().to_dict() == {
        (layers, gate): MAPPED for layers in (2, 4) for gate in ("AND", "OR", "XOR", "NOR")
    }
    assert set(mapped["learning_rate"]) == {0.7}


def test_runs_are_fresh(made):
    """They share no start with the runs by which the universe was chosen, nor with another's."""
    chosen = train_universe(NEAR, RUNS, ROOT, stable_cycles=50)
    starts = {"mapping_two_layers": made["mapping/runs"].query("layers == 2")["initial_parameters"]}
    # Of the others no parameters are stored; their tables are those of networks trained by hand.
    of = conditions(FRESH, stable_cycles=50)
    for name in ("pairs", "unmodulated"):
        own = [train(c, range(RUNS), ROOT, record_schedule(c.cycles, 2)) for c in of[name]]
        starts[name] = pd.Series([network for outcome in own for network in outcome.initial])
    for name, one in starts.items():
        other = chosen.read(f"gates/{name}/runs")["initial_parameters"]
        assert not np.isin(np.stack(one.tolist()), np.stack(other.tolist())).any()


def test_examples_are_of_median_speed_at_the_usual_period_and_the_same_at_others(made):
    for tasks, folder in (("AND/OR", "pairs"), ("AND/XOR", "pairs"), ("AND", "unmodulated")):
        runs = made[f"{folder}/runs"]
        example = representative(runs[runs["tasks"] == tasks])
        epochs = made["traces/example_epochs"]
        own = epochs[epochs["tasks"] == tasks]
        assert set(own["run"]) == {example}
        assert set(own["period"]) == ({3, 5, 30} if tasks == "AND/OR" else {own["period"].iloc[0]})
        path = made["traces/example_path"]
        last = path[(path["tasks"] == tasks) & (path["period"] == runs["period"].iloc[0])].iloc[-1]
        if tasks == "AND":
            alone = conditions(FRESH, stable_cycles=50)["unmodulated"][0]
            again = train(alone, [example], ROOT, record_schedule(alone.cycles, 2))
            np.testing.assert_array_equal(last["parameters"], again.final[0])


def test_every_table_that_is_declared_is_made_and_fits_its_schema(made, tmp_path):
    declared = index.get("training", "confirmation").writes
    names = {path.partition("{experiment}/")[2] for path in declared}
    assert names == set(made)
    paths = {name: tmp_path / f"gates/reconstructed/{name}.parquet" for name in names}
    schemas.write_all(made, paths, {})
    for name, path in paths.items():
        assert len(schemas.read(path)) == len(made[name])


def test_it_trains_again_only_where_another_universe_is_nearest(gates, made, tmp_path):
    read = str(tmp_path / "gates/multiverse/nearest.parquet")
    paths = {
        name: tmp_path / f"gates/reconstructed/{name}.parquet" for name in ("setting", "pairs/runs")
    }

    def place(universe, version):
        footer = {"seed": ROOT, "version": version}
        schemas.write_all({"nearest": nearest(universe)}, {"nearest": read}, footer)

    def kept(of=gates, root_seed=ROOT):
        return keeping.kept("confirmation", of, "reconstructed", root_seed, paths, [read])

    place(NEAR, "of 100 universes")
    assert kept() == {}
    own = versions.of_training(
        index.get("training", "confirmation"), gates, ROOT, "reconstructed", ["of 100 universes"]
    )
    described = gates.described("reconstructed")
    schemas.write_all(made, paths, provenance.of_training(described, ROOT, own, 1, inputs=[read]))
    # Written again, of more universes, the nearest is the same.
    place(NEAR, "of 200 universes")
    assert kept().keys() == paths.keys()
    assert len(kept()["pairs/runs"]) == len(made["pairs/runs"])
    longer = gates.confirmations["reconstructed"].model_copy(update={"runs": RUNS + 1})
    more = gates.model_copy(update={"confirmations": {"reconstructed": longer}})
    assert kept(more) == kept(root_seed=ROOT + 1) == {}
    place(replace(NEAR, learning_rate=0.31), "of 200 universes")
    assert kept() == {}


# ---- Beside the paper


@pytest.fixture(scope="module")
def compared(made):
    universes = nearest(NEAR).assign(peak_3=0.17, and_xor=0.25, first_30=2.0)
    return comparison.compare(
        made["setting"],
        made["pairs/runs"],
        made["periods_equal_cycles/runs"],
        made["periods_equal_cycles/tasks"],
        made["unmodulated/runs"],
        universes,
        "reconstructed",
    ).set_index("quantity")


def test_rates_and_peaks_are_those_of_the_runs(made, compared):
    peaks = made["periods_equal_cycles/tasks"].query("period == 30").groupby("run")
    assert compared.loc["peak_30", "value"] == peaks["peak_last_tenth"].mean().median()
    runs = made["pairs/runs"]
    solved = runs.loc[runs["tasks"] == "AND/XOR", "solved"]
    assert compared.loc["and_xor", ["value", "n"]].tolist() == [solved.mean(), RUNS]
    low, high = compared.loc["and_xor", ["low", "high"]]
    assert low < solved.mean() < high
    firsts = made["periods_equal_cycles/runs"].query("period == 5")["first_retrained_cycle"]
    assert (firsts > 0).all()
    assert compared.loc["first_10", "value"] == firsts.median()
    assert compared.loc["epochs_10", "value"] == 10 * firsts.median()


def test_the_report_and_the_nearest_universe_stand_beside(compared):
    assert compared.loc["peak_3", ["reported_low", "reported_high", "nearest"]].tolist() == [
        0.15,
        0.15,
        0.17,
    ]
    assert compared.loc["xor_alone", ["reported_low", "reported_high"]].tolist() == [0.3, 0.9]
    assert compared.loc["first_30", "nearest"] == 2
    assert compared.loc["epochs_30", ["reported_low", "nearest"]].isna().all()


# ---- Figures


@pytest.fixture(scope="module")
def tables_of_figures(made, compared):
    mapped = geometry.map_networks(made["mapping/runs"], "reconstructed")
    mapped |= neighbours.neighbours(made["mapping/runs"], ROOT, "reconstructed")
    projected = geometry.project_reconstructed_paths(
        made["traces/example_path"], mapped["components"], "reconstructed"
    )
    return mapped | {
        "setting": made["setting"],
        "comparison": compared.reset_index(),
        "trajectory": projected["trajectory"],
        "shares": projected["trajectory_shares"],
        "switched_epochs": made["traces/example_epochs"],
        "history": made["periods_equal_cycles/history"],
        "unmodulated_history": made["unmodulated/history"],
        "success": rates.success_rates(made["pairs/runs"], "reconstructed"),
        "success_against_cycles": rates.success_against_cycles(
            made["pairs/history"], "reconstructed"
        ),
        "longer_success": rates.success_against_cycles(made["budget/history"], "reconstructed"),
    }


@pytest.mark.parametrize(
    ("name", "module"), [("figure2", figure2), ("figure3", figure3), ("figure4", figure4)]
)
def test_figures_are_drawn_of_the_setting_that_they_name(name, module, tables_of_figures):
    declared = index.get("figure", f"{name}_reconstructed")
    read = {table: tables_of_figures[table] for table in declared.reads}
    figure = module.draw_reconstructed(read)
    figure.draw_without_rendering()
    (line,) = [text.get_text() for text in figure.texts if "setting" in text.get_text()]
    for words in ("3 hidden units", "period 5", "learning rate 0.3", "mapping 0.7", "0.1, one for"):
        assert words in line


def test_a_setting_is_told_in_words():
    own = nearest(replace(NEAR, bias_shift=0.0, shared_modulator=True, shared_start=True))
    text = reconstructed.described(own.iloc[0])
    for words in ("no v", "one for all runs", "also of the mapping", "full batch"):
        assert words in text


def test_the_longest_setting_fits_below_the_panels():
    long = {"width": 16, "loss": "mean_squared_error", "batch": "single", "scale": 0.0123}
    long |= {"learning_rate": 0.0012, "mapping_rate": 0.0034, "shared_start": True}
    long |= {"period": 10, "bias_shift": 0.5}
    figure = Figure(figsize=(style.WIDTH, 2), layout="constrained")
    figure.subplots()
    reconstructed.named(figure, nearest(replace(NEAR, **long)))
    figure.draw_without_rendering()
    box = figure._supxlabel.get_window_extent()
    assert 0 < box.x0 < box.x1 < figure.bbox.x1


def test_the_loss_is_named_as_it_is(tables_of_figures):
    history = tables_of_figures["history"]
    epochs = tables_of_figures["switched_epochs"]
    other = {
        "history": history.assign(loss="cross_entropy"),
        "switched_epochs": epochs.assign(loss="cross_entropy"),
    }
    read = {
        name: tables_of_figures[name] for name in index.get("figure", "figure3_reconstructed").reads
    }
    panels = figure3.draw_reconstructed(read | other).axes
    labels = {axes.get_ylabel() for axes in panels}
    assert "loss (cross-entropy)" in labels
    assert not any("MSE" in label for label in labels)


def test_the_peaks_of_the_paper_are_in_the_panels_of_their_periods(tables_of_figures):
    declared = index.get("figure", "figure3_reconstructed")
    read = {name: tables_of_figures[name] for name in declared.reads}
    panels = figure3.draw_reconstructed(read).axes
    drawn = [
        [line.get_ydata()[0] for line in axes.lines if line.get_linestyle() == "--"]
        for axes in panels
        if axes.get_ylabel().startswith("loss after")
    ]
    assert drawn == [[], [0.15], [0.2]], "the paper says nothing of the usual period"


def test_the_captions_name_the_tables_that_say_the_numbers():
    for name in ("figure2", "figure3", "figure4"):
        text = Path(f"workflow/report/{name}_reconstructed.rst").read_text(encoding="utf-8")
        assert "`comparison`" in text
        assert text.strip().endswith("X6.")
