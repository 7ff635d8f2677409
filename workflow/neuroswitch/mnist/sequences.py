"""Sequential MNIST: recurrent networks that see an image row by row, and name its digit (R9)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist import data
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.data import Digits
from neuroswitch.rnn.experiment import Chunk, Outcome, compiled_sweep, train_networks
from neuroswitch.rnn.tasks import Task, Trials
from neuroswitch.schemas import mnist as schemas
from neuroswitch.schemas.rnn import RATES
from neuroswitch.settings.mnist import MnistSettings

SIDE = 28
"""Rows of an image, and pixels of a row."""

DIGITS = 10


@declare.task("digit_rows")
class DigitRows(Task):
    """Images of digits: a row of pixels at each step, and after the last row the digit, one-hot.

    It draws from images that it is given: only experiments of `mnist.sequences` train on it.
    """

    STEPS, CHANNELS, OUTPUTS = SIDE, SIDE, DIGITS

    def __init__(self, shown: Digits | None = None) -> None:
        self.shown = shown

    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        """Return images drawn with replacement."""
        if self.shown is None:
            raise NeuroswitchError(
                "the task digit_rows draws from images, which experiments of rnn do not have; "
                "train on it by an experiment of mnist.sequences"
            )
        return rows_of(self.shown, rng.integers(len(self.shown), size=trials))


def rows_of(shown: Digits, chosen: np.ndarray) -> Trials:
    """Return images as trials. The last step alone has weight; label: `digit`."""
    digits = shown.digits[chosen]
    targets = np.zeros((len(chosen), SIDE, DIGITS), np.float32)
    targets[np.arange(len(chosen)), -1, digits] = 1
    weights = np.zeros((len(chosen), SIDE), np.float32)
    weights[:, -1] = 1
    return Trials(shown.images[chosen], targets, weights, {"digit": digits})


@declare.training(
    "sequences",
    experiments="mnist.sequences",
    script="train_mnist",
    writes={
        "mnist/{experiment}/classified": schemas.CLASSIFIED,
        "mnist/{experiment}/rates": RATES,
    },
)
def train_sequences(
    settings: MnistSettings,
    name: str,
    runs: Sequence[int],
    root_seed: int,
    folder: Path,
    checkpoint: Checkpoint,
) -> dict[str, pd.DataFrame]:
    """Train some runs of every network of an experiment, and test them on the test images.

    Parameters
    ----------
    folder : where the files of the image set are, if it has any
    checkpoint : in a folder of its name lie those of the networks, which are continued from

    Returns
    -------
    the tables `classified` and `rates`, of which the second has rows if the first run is among
    these
    """
    experiment = settings.sequences[name]
    shown, test = data.load(
        settings.dataset, folder, settings.train_images, settings.test_images, "test"
    )
    chunk = Chunk(
        f"MNIST {name}",
        runs,
        settings.count(name),
        recorded_steps=1,
        root_seed=root_seed,
        threads=1,
        folder=checkpoint.path.with_suffix(""),
        version=checkpoint.version,
    )
    rates, outcomes = train_networks(
        experiment, chunk, lambda phase: DigitRows(shown), compiled_sweep
    )
    about = {"task": experiment.task, "variant": experiment.label}
    of_images = {
        "dataset": settings.dataset,
        "train_images": settings.train_images,
        "test_images": settings.test_images,
    }
    return {
        "classified": pd.DataFrame(
            [about | of_images | _classified(outcome, test) for outcome in outcomes]
        ),
        "rates": rates.assign(**about),
    }


def _classified(outcome: Outcome, test: Digits) -> dict[str, object]:
    state = outcome.state
    return {
        "network": outcome.network,
        "run": outcome.run,
        "parameters": outcome.model.size,
        "learning_rate": outcome.protocol.stages[-1].learning_rate,
        "steps": state.steps,
        "final_loss": state.losses[-1][2],
        "diverged_step": state.diverged_step,
        "accuracy": accuracy(outcome, test) if not state.diverged_step else 1 / DIGITS,
    }


def accuracy(outcome: Outcome, test: Digits) -> float:
    """Return the share of images whose largest output, after the last row, is that of the digit."""
    model = outcome.model
    views = model.views(outcome.state.vector.astype(float))
    parameters = {name: torch.from_numpy(values) for name, values in views.items()}
    with torch.no_grad():
        outputs = model.rollout(parameters, torch.from_numpy(test.images.astype(float))).outputs
    return float((outputs[:, -1].argmax(dim=-1).numpy() == test.digits).mean())
