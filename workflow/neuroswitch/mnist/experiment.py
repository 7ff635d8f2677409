"""Run an experiment of the configuration: every condition, some of its runs, as tables."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from neuroswitch import declare
from neuroswitch.mnist import data, networks
from neuroswitch.mnist.checkpoint import Checkpoint
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.strategies import TASKS, architecture_of
from neuroswitch.mnist.training import RunResult, RunState, train_run
from neuroswitch.progress import Progress
from neuroswitch.schemas import mnist as schemas
from neuroswitch.settings.mnist import MnistCondition, MnistSettings


@declare.training(
    "mnist",
    experiments="mnist.experiments",
    script="train_mnist",
    writes={
        "mnist/{experiment}/curves": schemas.CURVES,
        "mnist/{experiment}/runs": schemas.RUNS,
    },
)
def train_experiment(
    settings: MnistSettings,
    name: str,
    runs: Sequence[int],
    root_seed: int,
    folder: Path,
    checkpoint: Checkpoint,
) -> dict[str, pd.DataFrame]:
    """Train some runs of every condition of an experiment.

    Parameters
    ----------
    folder : where the files of the image set are, if it has any
    checkpoint : continued from if it fits, written after every epoch, and left for the caller
        to remove once the tables are safe

    Returns
    -------
    the tables `curves` (a row for each run, epoch and task) and `runs`
    """
    jobs = [(condition, run) for condition in settings.conditions(name) for run in runs]
    parts = data.load(
        settings.dataset,
        folder,
        settings.train_images,
        settings.test_images,
        settings.choice(name, "held_out"),
    )
    label = f"MNIST {name}, runs {runs[0]}-{runs[-1]}"
    results = list(zip(jobs, train_all(label, jobs, parts, root_seed, checkpoint), strict=True))
    return {
        "curves": pd.concat([_curves(c, run, r) for (c, run), r in results], ignore_index=True),
        "runs": pd.DataFrame([summary(c, run, r) for (c, run), r in results]),
    }


def train_all(
    label: str,
    jobs: Sequence[tuple[MnistCondition, int]],
    parts: tuple[Digits, Digits],
    root_seed: int,
    checkpoint: Checkpoint,
) -> list[RunResult]:
    """Train runs one after another, each a condition with the number of a seed.

    Parameters
    ----------
    label : what the lines of progress begin with
    parts : images to train on, and images to test on
    checkpoint : continued from if it fits, written after every epoch
    """
    progress = Progress(label, sum(condition.epochs for condition, _ in jobs), "epochs")
    done, begun = checkpoint.load()
    progress.advance(sum(c.epochs for c, _ in jobs[: len(done)]) + (begun.epochs if begun else 0))
    for condition, run in jobs[len(done) :]:

        def after_epoch(state: RunState) -> None:
            checkpoint.save(done, state)
            progress.advance(1)

        result = train_run(condition, run, root_seed, *parts, start=begun, after_epoch=after_epoch)
        if untrained := condition.epochs - result.state.epochs:
            progress.advance(untrained)
        done.append(result)
        begun = None
    return done


def _curves(condition: MnistCondition, run: int, result: RunResult) -> pd.DataFrame:
    scores = result.state.scores
    return pd.DataFrame(
        {
            "run": run,
            "epoch": [score.epoch for score in scores],
            "task": [score.task for score in scores],
            "zero_shot_accuracy": [score.zero_shot for score in scores],
            "retrained_accuracy": [score.retrained for score in scores],
            "loss": [score.loss for score in scores],
        }
    ).assign(**condition.model_dump())


def summary(condition: MnistCondition, run: int, result: RunResult) -> dict[str, object]:
    """Return how a run ended: its row of the table `runs`."""
    own = networks.parameter_count(architecture_of(condition))
    both = pd.DataFrame(
        [(s.epoch, s.zero_shot, s.retrained) for s in result.state.scores],
        columns=["epoch", "zero_shot", "retrained"],
    )
    means = both.groupby("epoch").mean()
    return {
        **condition.model_dump(),
        "run": run,
        "parameters": own * (len(TASKS) if condition.strategy == "separate" else 1),
        "network_parameters": own,
        "final_accuracy": means["retrained"].iloc[-1],
        "final_zero_shot_accuracy": means["zero_shot"].iloc[-1],
        "best_accuracy": means["retrained"].max(),
        "best_epoch": int(means["retrained"].idxmax()),
        "best_zero_shot_accuracy": means["zero_shot"].max(),
        "diverged_epoch": result.state.diverged_epoch,
        "condition_number": result.condition_number,
    }
