"""From runs to the table and the figure; the interval; and what M may cost."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuroswitch import modulation, schemas, seeds, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.figures import figure5, style
from neuroswitch.mnist import accuracy, networks
from neuroswitch.mnist.strategies import architecture_of
from neuroswitch.schemas.mnist import CONDITION_KEY
from neuroswitch.settings.mnist import MnistCondition
from neuroswitch.statistics import FEWEST, bootstrap_interval

CONDITION = list(CONDITION_KEY)


@pytest.fixture(scope="module")
def config():
    """Return settings with as many seeds as an interval needs."""
    laptop = settings.load(Path("config/laptop.yaml")).mnist
    return laptop.model_copy(update={"primary": laptop.primary.model_copy(update={"runs": FEWEST})})


@pytest.fixture(scope="module")
def runs(config):
    """Made-up runs of every experiment, as training writes them down."""
    rng = np.random.default_rng(0)
    made = {}
    for name in config.experiments:
        rows = [
            condition.model_dump()
            | {
                "run": run,
                "parameters": networks.parameter_count(architecture_of(condition)),
                "network_parameters": networks.parameter_count(architecture_of(condition)),
                "final_accuracy": rng.uniform(0.4, 0.6),
                "final_zero_shot_accuracy": rng.uniform(0.2, 0.4),
                "best_accuracy": rng.uniform(0.6, 0.8),
                "best_epoch": 1,
                "best_zero_shot_accuracy": rng.uniform(0.4, 0.6),
                "diverged_epoch": int(run == config.choice(name, "runs") - 1),
                "condition_number": 2.0,
            }
            for condition in config.conditions(name)
            for run in range(config.choice(name, "runs"))
        ]
        made[name] = pd.DataFrame(rows)
    return made


@pytest.fixture(scope="module")
def table(runs):
    return accuracies(runs)


def accuracies(runs):
    """Return the accuracies of every experiment as one table."""
    return pd.concat(
        [accuracy.accuracies(frame, 0, name) for name, frame in runs.items()], ignore_index=True
    )


def sizes_of(table):
    return table[table["experiment"] == "sizes"]


def test_every_condition_has_its_mean_and_its_runs(config, runs, table):
    assert len(table) == 2 * sum(len(config.conditions(name)) for name in config.experiments)
    expected = table["experiment"].map(lambda name: config.choice(name, "runs"))
    assert (table["runs"] == expected).all()
    assert (table["diverged"] == 1).all()
    first = runs["sizes"].iloc[:FEWEST]
    row = table[(table["experiment"] == "sizes") & (table["notion"] == "zero_shot")].iloc[0]
    assert row["accuracy"] == pytest.approx(first["final_zero_shot_accuracy"].mean())
    assert row["best"] == pytest.approx(first["best_zero_shot_accuracy"].mean())


def test_intervals_are_those_of_means_of_seeds_drawn_by_one_stream(runs, table):
    """Of every condition in any order of its rows: what seeds share is drawn together."""
    values = runs["sizes"].iloc[:FEWEST][["final_zero_shot_accuracy", "best_zero_shot_accuracy"]]
    chosen = seeds.generator(0, "bootstrap", "mnist").integers(FEWEST, size=(10_000, FEWEST))
    means = values.to_numpy()[chosen].mean(axis=1)
    expected = np.quantile(means, [0.025, 0.975], axis=0).T.ravel()
    row = table[(table["experiment"] == "sizes") & (table["notion"] == "zero_shot")].iloc[0]
    found = row[["low", "high", "best_low", "best_high"]].to_numpy(float)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    shuffled = {name: frame.sample(frac=1, random_state=1) for name, frame in runs.items()}
    again = accuracies(shuffled)
    key = ["experiment", "notion", *CONDITION]
    pd.testing.assert_frame_equal(
        again.sort_values(key, ignore_index=True), table.sort_values(key, ignore_index=True)
    )


def test_tables_are_written_and_read_by_the_room_they_lie_in(runs, table, tmp_path):
    for name, frame in (("sizes/accuracy", table), ("sizes/runs", runs["sizes"])):
        path = tmp_path / "mnist" / f"{name}.parquet"
        schemas.write_all({path.stem: frame}, {path.stem: str(path)}, {})
        assert len(schemas.read(path)) == len(frame)
    assert schemas.of("results/laptop/gates/pairs/runs.parquet").name == "gate runs"
    assert schemas.of("/home/mnist/results/laptop/gates/pairs/runs.parquet").name == "gate runs"
    assert schemas.of("results/laptop/mnist/sizes/runs.parquet").name == "mnist runs"


def test_conditions_have_the_columns_of_their_table():
    assert list(MnistCondition.model_fields) == CONDITION


def test_strategies_that_are_not_modulated_are_not_multiplied_by_modulators(config):
    changed = config.model_copy(
        update={
            "primary": config.primary.model_copy(
                update={"pullback": ["inverse", "transpose"], "bias_shift": [0.0, 0.5]}
            )
        }
    )
    found = [c.strategy for c in changed.conditions("sizes") if c.hidden == 1]
    assert sorted(found) == ["extra_input", *["neuromodulated"] * 4, "no_signal", "separate"]


@pytest.mark.parametrize("kind", style.FORMATS)
def test_figure_5_is_drawn_twice_to_the_same_bytes(runs, table, tmp_path, kind):
    for name in ("one", "other"):
        figure = figure5.draw({"accuracy": sizes_of(table), "runs": runs["sizes"]})
        style.save(figure, [str(tmp_path / f"{name}.{kind}")], "a mark")
    assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"other.{kind}").read_bytes()


@pytest.mark.parametrize(("dataset", "said"), [("digits", "scikit-learn digits"), ("bars", "bars")])
def test_figure_5_names_images_that_are_not_mnist(runs, table, dataset, said):
    changed = sizes_of(table).assign(dataset=dataset)
    figure = figure5.draw({"accuracy": changed, "runs": runs["sizes"]})
    assert said in figure.axes[0].get_ylabel()


def test_strategies_of_equally_many_parameters_lie_side_by_side(runs, table):
    accuracy = sizes_of(table)
    (axes, _) = figure5.draw({"accuracy": accuracy, "runs": runs["sizes"]}).axes
    drawn = [set(container.lines[0].get_xdata()) for container in axes.containers]
    assert len(drawn) == len(figure5.STRATEGIES)
    assert not set.intersection(*drawn[:2]), "modulated and extra input"
    modulated = accuracy.loc[accuracy["strategy"] == figure5.MODULATED, "parameters"]
    assert max(drawn[0]) == pytest.approx(modulated.max(), rel=0.05)


def test_a_network_without_an_error_is_on_the_axis(runs, table):
    perfect = runs["sizes"].assign(final_accuracy=1.0)
    (axes, _) = figure5.draw({"accuracy": sizes_of(table), "runs": perfect}).axes
    assert min(line.get_ydata().min() for line in axes.lines if len(line.get_ydata()) > 2) == 0.5


def test_a_seed_that_fails_where_most_learn_is_counted():
    accuracy = {
        1: [0.3, 0.4, 0.5],
        3: [0.97, 0.6, 0.98],
        8: [0.98, 0.981, 0.95],
        9: [0.99, 0.94, 0.5],
    }
    runs = pd.DataFrame(
        [
            {"hidden": hidden, "parameters": 100 * hidden, "final_accuracy": value}
            for hidden, values in accuracy.items()
            for value in values
        ]
    )
    found = figure5.failures(runs, "final_accuracy").set_index("hidden")
    # At 1 unit none learns; at 8 the worst error is 2.5 times the median, at 9 8.3 times.
    assert found["failed"].to_dict() == {3: 1, 9: 1}
    assert found["lowest"].to_dict() == {3: 0.6, 9: 0.5}


# The interval


def test_bootstrap_interval_of_a_mean_approaches_the_normal_one():
    values = np.random.default_rng(1).standard_normal((2, 400))
    low, high = bootstrap_interval(values, np.random.default_rng(2))
    half = 1.96 * values.std(axis=-1) / np.sqrt(400)
    np.testing.assert_allclose(low, values.mean(-1) - half, atol=0.01)
    np.testing.assert_allclose(high, values.mean(-1) + half, atol=0.01)


def test_bootstrap_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(3)
    low, high = bootstrap_interval(rng.exponential(size=(1000, 40)), rng, draws=500)
    covered = np.mean((low <= 1) & (high >= 1))
    assert 0.88 < covered < 0.96


def test_bootstrap_resamples_runs_together():
    """Pairs stay pairs: two rows that differ by a constant have intervals that do."""
    values = np.random.default_rng(4).random(12)
    low, high = bootstrap_interval(np.stack([values, values + 3]), np.random.default_rng(5))
    np.testing.assert_allclose([low[1] - low[0], high[1] - high[0]], 3)


def test_bootstrap_is_seeded():
    one, other = (bootstrap_interval(np.arange(9.0), np.random.default_rng(6)) for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("runs", "known"), [(1, False), (5, False), (6, True)])
def test_an_interval_of_few_runs_is_not_known(runs, known):
    ends = bootstrap_interval(np.zeros((2, runs)), np.random.default_rng(0))
    assert np.isfinite(ends).tolist() == [[known, known]] * 2


@pytest.mark.parametrize("values", [[], 1.0, [1.0, np.nan]])
def test_bootstrap_refuses_what_has_no_interval(values):
    with pytest.raises(ValueError, match="finite values of at least one run"):
        bootstrap_interval(values, np.random.default_rng(0))


# What M may cost


@pytest.mark.parametrize(("family", "instead"), modulation.INSTEAD.items())
def test_a_dense_family_refuses_many_weights_and_names_another(family, instead):
    shapes = networks.weight_shapes(10, 5, "all")
    with pytest.raises(
        NeuroswitchError, match=rf"{family}. over 9114 weights needs .* GB.*{instead}"
    ):
        modulation.draw(np.random.default_rng(0), family, shapes, 1.0)
    linear = modulation.draw(np.random.default_rng(0), instead, shapes, 1.0)
    w = np.random.default_rng(1).standard_normal(linear.size)
    np.testing.assert_allclose(linear.solve(linear.apply(w)), w, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("inner", ["orthogonal", "signed_permutation"])
def test_orthogonal_families_by_layer_are_undone_by_their_transpose(inner):
    shapes = networks.weight_shapes(3, 5, "all")
    linear = modulation.draw(np.random.default_rng(0), f"per_layer_{inner}", shapes, 1.0)
    w = np.random.default_rng(1).standard_normal(linear.size)
    np.testing.assert_allclose(linear.apply_transpose(linear.apply(w)), w, atol=1e-12)
    assert modulation.condition_number(linear) == 1
    assert np.linalg.norm(linear.apply(w) - w) > 0.5 * np.linalg.norm(w)


def test_families_by_layer_over_the_gates_draw_what_they_drew():
    """Adding families must not change the numbers of one that has results."""
    shapes = [(8, 2), (1, 8)]
    rng = np.random.default_rng(0)
    linear = modulation.draw(rng, "per_layer", shapes, 0.5)
    expected = np.random.default_rng(0)
    for layer, (out, _) in zip(linear.layers, shapes, strict=True):
        noise = expected.standard_normal((out, out))
        np.testing.assert_array_equal(layer.matrix, np.eye(out) + 0.5 * noise / np.sqrt(out))
