"""Image sets declare themselves: ours and a user's are found, checked and trained on alike."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neuroswitch import extensions, settings
from neuroswitch.errors import NeuroswitchError
from neuroswitch.graph import Graph
from neuroswitch.mnist import data, image_sets
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.experiment import train_experiment
from tests.unit.conftest import read_anew

BARS = '''
"""Bars: the digit is the place of a bright row."""

import numpy as np

from neuroswitch import declare
from neuroswitch.mnist.data import Digits


@declare.image_set
def bars(folder):
    digits = np.arange(60, dtype=np.int64) % 10
    images = np.zeros((60, 28, 28), np.float32)
    images[np.arange(60), 2 * digits + 4] = 1
    everything = Digits(images, digits)
    return everything[:40], everything[40:]
'''


@pytest.fixture
def bars(extend):
    """A file of a user's that declares a set of images."""
    (file,) = extend(my_images=BARS)
    return file


def version(dataset):
    read_anew()
    return Graph(config(dataset)).recipe("results/smoke/mnist/sizes/runs.parquet").version


def config(dataset):
    loaded = settings.load(Path("config/laptop.yaml"), Path("config/smoke.yaml"))
    mnist = loaded.mnist.model_dump() | {"dataset": dataset, "train_images": 40, "test_images": 20}
    return settings.validate(loaded.model_dump() | {"mnist": mnist})


def test_a_set_of_ones_own_is_trained_on(bars, tmp_path):
    chosen = config("bars").mnist
    checkpoint = Checkpoint(tmp_path / "checkpoint.npz", "1")
    tables = train_experiment(chosen, "sizes", [0], 7, tmp_path, checkpoint)
    assert set(tables["runs"]["dataset"]) == {"bars"}
    assert (tables["runs"]["diverged_epoch"] == 0).all()
    assert len(tables["curves"]) == 2 * sum(c.epochs for c in chosen.conditions("sizes"))


def test_results_depend_on_the_file_of_their_set(bars):
    before = version("bars")
    assert before != version("digits")
    bars.write_text(BARS + "\n# why\n", encoding="utf-8")
    assert version("bars") == before
    bars.write_text(BARS.replace("+ 4", "+ 5"), encoding="utf-8")
    assert version("bars") != before


def test_results_depend_on_a_set_wherever_its_file_lies(bars, tmp_path):
    before = version("bars")
    moved = tmp_path / "elsewhere" / bars.name
    moved.parent.mkdir()
    extensions._joined["my_images"] = bars.rename(moved)
    assert version("bars") == before


def test_a_set_that_nobody_declares_is_an_error_with_a_near_match():
    with pytest.raises(NeuroswitchError, match=r"no image set is called 'digit'; did you mean 'di"):
        config("digit")


def test_the_configuration_is_read_without_numpy():
    code = (
        "import sys; from pathlib import Path; from neuroswitch import settings;"
        "settings.load(Path('config/laptop.yaml')); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


GOOD = Digits(np.zeros((3, 28, 28), np.float32), np.arange(3))


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (GOOD, r"has to return two Digits.* returned Digits"),
        ((GOOD.images, GOOD.digits), r"returned ndarray, ndarray"),
        ((GOOD, Digits(GOOD.images * np.nan, GOOD.digits)), r"the test part .*lie in \[nan, nan\]"),
        ((Digits(GOOD.images + 255, GOOD.digits), GOOD), r"the training part .*\[255.0, 255.0\]"),
        ((Digits(GOOD.images.astype(float), GOOD.digits), GOOD), r"float32 .* are float64"),
        ((Digits(GOOD.images[:, None], GOOD.digits), GOOD), r"shape \(3, 1, 28, 28\)"),
        ((Digits(GOOD.images, GOOD.digits[:2]), GOOD), r"int64 of shape \(3,\).*int64 .*\(2,\)"),
        ((Digits(GOOD.images, GOOD.digits.astype("u1")), GOOD), r"are uint8"),
        ((Digits(GOOD.images, GOOD.digits + 8), GOOD), r"0 to 9, and are 8 to 10"),
    ],
)
def test_what_a_set_returns_is_checked(monkeypatch, returned, said):
    monkeypatch.setattr(image_sets, "digits", lambda folder: returned)
    with pytest.raises(NeuroswitchError, match=said):
        data.load("digits", Path(), 1, 1, "test")


def test_the_order_of_pixels_in_memory_does_not_matter(monkeypatch):
    turned = Digits(np.asfortranarray(GOOD.images), GOOD.digits)
    monkeypatch.setattr(image_sets, "digits", lambda folder: (turned, turned))
    train, _ = data.load("digits", Path(), 3, 1, "test")
    assert train.images.flags.c_contiguous
