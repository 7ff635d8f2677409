"""Sequential MNIST: images as trials, and networks that classify them."""

from pathlib import Path

import numpy as np
import pytest

from neuroswitch import schemas, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist import data
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.sequences import DigitRows, rows_of, train_sequences

SMALL = {
    "runs": 2,
    "networks": {
        "nm_rnn": {"model": "low_rank", "units": 30, "rank": 3, "modulators": 4, "tau_x": 2},
        "lstm": {"model": "lstm", "units": 8},
    },
    "training": {"stages": [{"steps": 150, "learning_rate": 0.01}], "batch": 32},
    "search": {"learning_rates": [0.0001, 0.01], "runs": 1, "steps": 30},
}


@pytest.fixture(scope="module")
def config():
    """Return settings of few images of scikit-learn's digits, and of small networks."""
    whole = settings.load(Path("config/laptop.yaml"))
    sequential = whole.mnist.sequences["sequential"]
    content = sequential.model_dump(exclude_none=True) | SMALL
    return whole.mnist.model_copy(
        update={
            "dataset": "digits",
            "train_images": 1000,
            "test_images": 250,
            "sequences": {"sequential": type(sequential).model_validate(content)},
        }
    )


def tables(config, runs, folder, seed=1):
    checkpoint = Checkpoint(folder / "checkpoint.npz", "a version")
    return train_sequences(config, "sequential", runs, seed, folder, checkpoint)


@pytest.fixture(scope="module")
def trained(config, tmp_path_factory):
    return tables(config, range(2), tmp_path_factory.mktemp("trained"))


def test_a_trial_is_an_image_and_ends_with_its_digit():
    shown, _ = data.load("digits", Path(), 50, 10, "test")
    trials = rows_of(shown, np.array([4, 0, 4]))
    np.testing.assert_array_equal(trials.inputs, shown.images[[4, 0, 4]])
    np.testing.assert_array_equal(trials.targets[:, -1].argmax(axis=1), shown.digits[[4, 0, 4]])
    assert (trials.targets.sum(axis=(1, 2)) == 1).all()
    assert (trials.weights == (np.arange(28) == 27)).all()


def test_images_are_drawn_with_replacement_and_again_by_an_equal_generator():
    shown, _ = data.load("digits", Path(), 20, 10, "test")
    first, second = (DigitRows(shown).draw(np.random.default_rng(5), 300) for _ in range(2))
    np.testing.assert_array_equal(first.inputs, second.inputs)
    assert len(np.unique(first.inputs, axis=0)) == 20


def test_networks_learn_to_classify_and_the_tables_are_whole(trained, tmp_path):
    paths = {name: tmp_path / f"results/x/mnist/sequential/{name}.parquet" for name in trained}
    schemas.write_all(trained, paths, {})
    classified = schemas.read(paths["classified"])
    assert len(classified) == 4
    assert (classified["accuracy"] > 0.3).all()
    assert set(classified["learning_rate"]) == {0.01}, "the larger rate learns in so few steps"
    assert len(trained["rates"]) == 4


def test_runs_are_the_same_in_chunks(trained, config, tmp_path):
    alone = tables(config, [1], tmp_path)
    whole = trained["classified"]
    expected = whole[whole["run"] == 1].reset_index(drop=True)
    assert alone["classified"].equals(expected)
    assert alone["rates"].empty, "the first run's job writes them"


def test_a_killed_job_goes_on_from_the_checkpoints_of_its_networks(trained, config, tmp_path):
    tables(config, range(2), tmp_path)
    kept = list(tmp_path.rglob("*.npz"))
    assert len(kept) == 2 * 2 + 2 * 2
    again = tables(config, range(2), tmp_path)
    assert again["classified"].equals(trained["classified"])


def test_without_images_the_task_says_what_trains_on_it():
    with pytest.raises(NeuroswitchError, match=r"mnist\.sequences"):
        DigitRows().draw(np.random.default_rng(0), 3)


@pytest.mark.parametrize(
    "change",
    [{"task": "multitask"}, {"retraining": {"stages": [{"steps": 1, "learning_rate": 0.1}]}}],
)
def test_sequences_are_of_images_alone(change):
    content = settings.load(Path("config/laptop.yaml")).model_dump(mode="json")
    content["mnist"]["sequences"]["sequential"] |= change
    with pytest.raises(NeuroswitchError, match=r"sequences\.sequential: the task is"):
        settings.validate(content)
