"""Run an experiment of the configuration: every network, some of its runs, as tables."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import declare, seeds
from neuroswitch.progress import Progress
from neuroswitch.rnn.checkpoint import Checkpoint
from neuroswitch.rnn.models import build, widened
from neuroswitch.rnn.models.model import Model, Sweep
from neuroswitch.rnn.models.sweep import DifferentiatedSweep
from neuroswitch.rnn.sampling import batches
from neuroswitch.rnn.tasks import task_of
from neuroswitch.rnn.training import State, train
from neuroswitch.schemas import rnn as schemas
from neuroswitch.settings.rnn import RnnExperiment, RnnSettings, Training

PHASES = ("training", "retraining")


@dataclass(frozen=True)
class Outcome:
    """What became of a network in a phase."""

    network: str
    run: int
    phase: str
    model: Model
    protocol: Training
    state: State


@declare.training(
    "rnn",
    experiments="rnn.experiments",
    script="train_rnn",
    writes={
        "rnn/{experiment}/runs": schemas.RUNS,
        "rnn/{experiment}/losses": schemas.LOSSES,
        "rnn/{experiment}/parameters": schemas.PARAMETERS,
    },
)
def train_experiment(
    settings: RnnSettings,
    name: str,
    runs: Sequence[int],
    root_seed: int,
    threads: int,
    folder: Path,
    version: str,
) -> dict[str, pd.DataFrame]:
    """Train some runs of every network of an experiment, through every phase.

    Parameters
    ----------
    folder : of the checkpoints, which are continued from if they are of this version

    Returns
    -------
    the tables `runs`, `losses` and `parameters`
    """
    experiment: RnnExperiment = settings.experiment(name)
    jobs = [(network, run) for run in runs for network in experiment.networks]
    protocols = [
        experiment.protocol(network, phase) for network in experiment.networks for phase in PHASES
    ]
    steps = len(runs) * sum(protocol.steps for protocol in protocols if protocol)
    progress = Progress(f"RNN {name}, runs {runs[0]}-{runs[-1]}", steps, "steps")
    train_one = partial(_train_one, settings, name, root_seed, folder, version, progress)
    # BLAS has only small matrices here, and threads of its own would fight with ours for cores.
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        outcomes = [outcome for part in pool.map(train_one, jobs) for outcome in part]
    about = {"task": experiment.task, "variant": experiment.label}
    return {
        "runs": pd.DataFrame([about | _run(outcome) for outcome in outcomes]),
        "losses": pd.concat([_losses(o) for o in outcomes], ignore_index=True).assign(**about),
        "parameters": pd.concat([_parameters(o) for o in outcomes], ignore_index=True).assign(
            **about
        ),
    }


def model_of(experiment: RnnExperiment, network: str, phase: str) -> Model:
    """Return the model of a network in a phase."""
    return build(experiment.networks[network], task_of(experiment.task, phase))


def record_schedule(steps: int, count: int) -> np.ndarray:
    """Return at most `count` steps to record, evenly spaced, the last one included."""
    return np.unique(np.rint(np.linspace(0, steps, count + 1)[1:]).astype(int))


def _train_one(
    settings: RnnSettings,
    name: str,
    root_seed: int,
    folder: Path,
    version: str,
    progress: Progress,
    job: tuple[str, int],
) -> list[Outcome]:
    """Train one network through its phases, each from the end of the one before."""
    experiment: RnnExperiment = settings.experiment(name)
    network, run = job
    outcomes: list[Outcome] = []
    for phase in PHASES:
        protocol = experiment.protocol(network, phase)
        if protocol is None:
            continue
        model = model_of(experiment, network, phase)
        checkpoint = Checkpoint(folder / f"{network}-{run}-{phase}.npz", version)
        state = checkpoint.load()
        if state is None:
            state = State.beginning(_start(model, outcomes, experiment, run, root_seed))
        if state.steps:
            progress.advance(state.steps)
        recorded = record_schedule(protocol.steps, settings.choice(name, "recorded_steps"))

        def pause(state: State, steps: int, checkpoint: Checkpoint = checkpoint) -> None:
            checkpoint.save(state)
            progress.advance(steps)

        if state.steps < protocol.steps and not state.diverged_step:
            state = train(
                model,
                _sweep(settings, model, task_of(experiment.task, phase).STEPS),
                protocol,
                batches(experiment.task, phase, protocol, run, root_seed),
                state,
                recorded,
                pause,
            )
            checkpoint.save(state, now=True)
        if untrained := protocol.steps - state.steps:
            progress.advance(untrained)
        outcomes.append(Outcome(network, run, phase, model, protocol, state))
    return outcomes


def _start(
    model: Model, before: list[Outcome], experiment: RnnExperiment, run: int, root_seed: int
) -> np.ndarray:
    """Return the parameters a phase starts from."""
    if before:
        return widened(before[-1].state.vector, before[-1].model, model)
    rng = seeds.generator(root_seed, "rnn", experiment.task, "parameters", run)
    return model.flatten(model.draw(rng))


def _sweep(settings: RnnSettings, model: Model, steps: int) -> Sweep:
    if settings.engine == "torch":
        return DifferentiatedSweep(model, settings.device, np.float32)
    return model.sweep(steps, np.float32)


def _run(outcome: Outcome) -> dict[str, object]:
    state, stages = outcome.state, outcome.protocol.stages
    freed = [outcome.model.mask(stage.trained) for stage in stages]
    return {
        "network": outcome.network,
        "run": outcome.run,
        "phase": outcome.phase,
        "parameters": outcome.model.size,
        "freed_parameters": int(np.any(freed, axis=0).sum()),
        "steps": state.steps,
        "diverged_step": state.diverged_step,
        "final_loss": state.losses[-1][2],
        "lowest_loss": state.lowest_loss,
    }


def _losses(outcome: Outcome) -> pd.DataFrame:
    frame = pd.DataFrame(outcome.state.losses, columns=["step", "loss", "mean_loss"])
    return frame.assign(network=outcome.network, run=outcome.run, phase=outcome.phase)


def _parameters(outcome: Outcome) -> pd.DataFrame:
    vectors = {"last": outcome.state.vector}
    if outcome.protocol.keep_best:
        vectors["best"] = outcome.state.kept
    parts = [
        pd.DataFrame(
            {"name": name, "index": np.arange(values.size), "value": values.ravel()}
        ).assign(kept=kept)
        for kept, vector in vectors.items()
        for name, values in outcome.model.views(vector).items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame.assign(network=outcome.network, run=outcome.run, phase=outcome.phase)
