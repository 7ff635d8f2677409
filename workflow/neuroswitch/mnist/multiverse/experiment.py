"""Train universes of a multiverse: every strategy and size in each, and how each network ended."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd

from neuroswitch import declare
from neuroswitch.keeping import NOTHING, known_and_missing
from neuroswitch.mnist import data
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.experiment import summary, train_all
from neuroswitch.mnist.multiverse.priors import Universe, universe
from neuroswitch.schemas import mnist as schemas
from neuroswitch.settings.base import UNMODULATED
from neuroswitch.settings.mnist import (
    EXTRA_INPUT,
    MODULATED,
    NO_SIGNAL,
    MnistCondition,
    MnistSettings,
    entry,
    modulation,
)
from neuroswitch.source import content_version

STRATEGIES = (MODULATED, EXTRA_INPUT, NO_SIGNAL)
"""What a universe trains; the two of the paper, and the control that is not told the task."""


@declare.training(
    "mnist_multiverse",
    experiments="mnist.multiverses",
    script="train_mnist",
    writes={
        "mnist/{experiment}/universes": schemas.UNIVERSES,
        "mnist/{experiment}/networks": schemas.NETWORKS,
    },
)
def train_multiverse(
    settings: MnistSettings,
    name: str,
    numbers: Sequence[int],
    root_seed: int,
    folder: Path,
    checkpoint: Checkpoint,
    kept: Mapping[str, pd.DataFrame] = NOTHING,
) -> dict[str, pd.DataFrame]:
    """Train the networks of some universes.

    Parameters
    ----------
    numbers : of the universes; what becomes of one depends on its number, the configuration of a
        universe and the root seed alone
    folder : where the files of the image set are, if it has any
    checkpoint : as of `mnist.experiment.train_experiment`
    kept : the same tables, of universes that are not trained again

    Returns
    -------
    the tables `universes` and `networks`
    """
    known, missing = known_and_missing(kept, numbers)
    if not missing:
        return known
    multiverse = settings.multiverses[name]
    drawn = [universe(number, root_seed) for number in missing]
    if known:
        # A checkpoint tells runs by their position among those of the job, which are fewer now.
        checkpoint = replace(checkpoint, version=content_version(checkpoint.version, missing))
    jobs = [
        (condition, run)
        for each in drawn
        for condition in conditions(each, settings, name)
        for run in range(multiverse.runs)
    ]
    parts = data.load(
        settings.dataset, folder, multiverse.train_images, multiverse.test_images, "test"
    )
    label = f"MNIST {name}, universes {numbers[0]}-{numbers[-1]}"
    results = train_all(label, jobs, parts, root_seed, checkpoint)
    networks = pd.DataFrame([summary(*job, r) for job, r in zip(jobs, results, strict=True)])
    of_universe = len(jobs) // len(drawn)
    networks["universe"] = [each.universe for each in drawn for _ in range(of_universe)]
    images = {
        "dataset": settings.dataset,
        "train_images": multiverse.train_images,
        "test_images": multiverse.test_images,
    }
    trained = {
        "universes": pd.DataFrame([images | asdict(each) for each in drawn]),
        "networks": networks[schemas.NETWORKS.names],
    }
    return {
        table: pd.concat([known[table], frame], ignore_index=True) if known else frame
        for table, frame in trained.items()
    }


def conditions(universe: Universe, settings: MnistSettings, name: str) -> list[MnistCondition]:
    """Return what a universe trains: every strategy at every size of a multiverse.

    Networks of one seed and size start alike and see the same minibatches; networks of different
    universes share nothing.
    """
    multiverse = settings.multiverses[name]
    own = {
        MODULATED: modulation(
            universe.family,
            universe.scale,
            universe.layers,
            universe.pullback,
            universe.bias_shift,
        ),
        EXTRA_INPUT: entry(universe.extra_input_at),
        NO_SIGNAL: entry(UNMODULATED),
    }
    return [
        MnistCondition(
            dataset=settings.dataset,
            split=universe.split,
            outputs=universe.outputs,
            train_images=multiverse.train_images,
            test_images=multiverse.test_images,
            held_out="test",
            strategy=strategy,
            hidden=hidden,
            learning_rate=universe.learning_rate,
            momentum=universe.momentum,
            batch_size=settings.primary.batch_size,
            period=universe.period,
            epochs=universe.epochs,
            stream=f"universe {universe.universe}",
            **own[strategy],
        )
        for strategy in STRATEGIES
        for hidden in multiverse.hidden
    ]
