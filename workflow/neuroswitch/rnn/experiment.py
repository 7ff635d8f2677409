"""Run an experiment of the configuration: every network, some of its runs, as tables."""

import logging
from collections.abc import Callable, Sequence
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
from neuroswitch.rnn.sampling import batches, streams
from neuroswitch.rnn.tasks import Task, task_of
from neuroswitch.rnn.training import State, train
from neuroswitch.schemas import rnn as schemas
from neuroswitch.settings.rnn import RnnExperiment, RnnSettings, Training

log = logging.getLogger(__name__)

PHASES = ("training", "retraining")

TENTHS = 10
"""Recorded steps of a short training: its loss is the mean over the last tenth of it."""


@dataclass(frozen=True)
class Outcome:
    """What became of a network in a phase."""

    network: str
    run: int
    phase: str
    model: Model
    protocol: Training
    state: State


@dataclass(frozen=True)
class Chunk:
    """Some runs of an experiment, which one job trains.

    Attributes
    ----------
    label : what the lines of progress begin with
    held_out : first of the runs that only choose learning rates
    folder, version : of the checkpoints, which are continued from if they are of this version
    """

    label: str
    runs: Sequence[int]
    held_out: int
    recorded_steps: int
    root_seed: int
    threads: int
    folder: Path
    version: str


@declare.training(
    "rnn",
    experiments="rnn.experiments",
    script="train_rnn",
    writes={
        "rnn/{experiment}/runs": schemas.RUNS,
        "rnn/{experiment}/losses": schemas.LOSSES,
        "rnn/{experiment}/parameters": schemas.PARAMETERS,
        "rnn/{experiment}/rates": schemas.RATES,
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
    the tables `runs`, `losses`, `parameters` and `rates`; the last has rows if learning rates are
    chosen, and the first run is among these
    """
    experiment: RnnExperiment = settings.experiment(name)
    chunk = Chunk(
        f"RNN {name}",
        runs,
        settings.count(name),
        settings.choice(name, "recorded_steps"),
        root_seed,
        threads,
        folder,
        version,
    )
    rates, outcomes = train_networks(
        experiment,
        chunk,
        partial(task_of, experiment.task),
        partial(_sweep, settings.engine, settings.device),
    )
    about = {"task": experiment.task, "variant": experiment.label}
    return {
        "runs": pd.DataFrame([about | _run(outcome) for outcome in outcomes]),
        "losses": pd.concat([_losses(o) for o in outcomes], ignore_index=True).assign(**about),
        "parameters": pd.concat([_parameters(o) for o in outcomes], ignore_index=True).assign(
            **about
        ),
        "rates": rates.assign(**about),
    }


def train_networks(
    experiment: RnnExperiment,
    chunk: Chunk,
    task_in: Callable[[str], Task],
    sweep_of: Callable[[Model, int], Sweep],
) -> tuple[pd.DataFrame, list[Outcome]]:
    """Train some runs of every network, through every phase, at learning rates that are chosen.

    Parameters
    ----------
    task_in : phase -> the task
    sweep_of : model, steps of a trial -> what computes the model's loss and gradient

    Returns
    -------
    the table of learning rates, which has rows if some are chosen and the first run is among
    these; and what became of each network, run and phase
    """
    runs = chunk.runs
    jobs = [(network, run) for run in runs for network in experiment.networks]
    protocols = [
        experiment.protocol(network, phase) for network in experiment.networks for phase in PHASES
    ]
    steps = len(runs) * sum(protocol.steps for protocol in protocols if protocol)
    steps += experiment.search_steps
    progress = Progress(f"{chunk.label}, runs {runs[0]}-{runs[-1]}", steps, "steps")
    train_one = partial(_train_one, chunk, task_in, sweep_of, progress)
    # BLAS has only small matrices here, and threads of its own would fight with ours for cores.
    with threadpool_limits(1), ThreadPoolExecutor(chunk.threads) as pool:
        rates = pd.DataFrame(columns=schemas.RATES.names)
        if experiment.search:
            # Every job finds the same, from the same held-out runs.
            found = _tried(experiment, chunk, pool, train_one)
            experiment = experiment.at_rates(chosen_rates(found))
            rates = found if 0 in runs else rates
        train_run = partial(train_one, experiment, chunk.recorded_steps, chunk.folder)
        outcomes = [outcome for part in pool.map(train_run, jobs) for outcome in part]
    return rates, outcomes


def compiled_sweep(model: Model, steps: int) -> Sweep:
    """Return the compiled passes of a model in single precision, for trials of so many steps."""
    return model.sweep(steps, np.float32)


def model_of(experiment: RnnExperiment, network: str, phase: str) -> Model:
    """Return the model of a network in a phase."""
    return build(experiment.networks[network], task_of(experiment.task, phase))


def record_schedule(steps: int, count: int) -> np.ndarray:
    """Return at most `count` steps to record, evenly spaced, the last one included."""
    return np.unique(np.rint(np.linspace(0, steps, count + 1)[1:]).astype(int))


def chosen_rates(rates: pd.DataFrame) -> dict[str, float]:
    """Return the learning rate that a table of rates says was chosen for each network."""
    chosen = rates[rates["chosen"]]
    return dict(zip(chosen["network"], chosen["learning_rate"], strict=True))


def _tried(
    experiment: RnnExperiment,
    chunk: Chunk,
    pool: ThreadPoolExecutor,
    train_one: Callable[..., list[Outcome]],
) -> pd.DataFrame:
    """Return the loss of short trainings at each learning rate, and which is chosen (A165)."""
    search = experiment.search
    assert search is not None, "the experiment has one"
    held_out = range(chunk.held_out, chunk.held_out + search.runs)
    jobs = [(network, run) for network in experiment.networks for run in held_out]
    parts = []
    for rate in search.learning_rates:
        tried = experiment.at_rates(dict.fromkeys(experiment.networks, rate), search.steps)
        short = tried.model_copy(update={"retraining": None})
        train_run = partial(train_one, short, TENTHS, chunk.folder / f"rate-{rate:g}")
        ends = [(one.network, one.state.losses[-1][2]) for (one,) in pool.map(train_run, jobs)]
        frame = pd.DataFrame(ends, columns=["network", "loss"]).fillna(np.inf)
        median = frame.groupby("network", as_index=False)["loss"].median()
        parts.append(median.assign(learning_rate=rate, runs=len(held_out), steps=search.steps))
    rates = pd.concat(parts).sort_values(["network", "learning_rate"], ignore_index=True)
    best = rates.groupby("network")["loss"].idxmin()
    return rates.assign(chosen=rates.index.isin(best))


def _train_one(
    chunk: Chunk,
    task_in: Callable[[str], Task],
    sweep_of: Callable[[Model, int], Sweep],
    progress: Progress,
    experiment: RnnExperiment,
    recorded_steps: int,
    folder: Path,
    job: tuple[str, int],
) -> list[Outcome]:
    """Train one network through its phases, each from the end of the one before."""
    network, run = job
    outcomes: list[Outcome] = []
    for phase in PHASES:
        protocol = experiment.protocol(network, phase)
        if protocol is None:
            continue
        task = task_in(phase)
        model = build(experiment.networks[network], task)
        checkpoint = Checkpoint(folder / f"{network}-{run}-{phase}.npz", chunk.version)
        state = checkpoint.load()
        if state is None:
            state = State.beginning(_start(model, outcomes, experiment, run, chunk.root_seed))
        if state.steps:
            progress.advance(state.steps)
        recorded = record_schedule(protocol.steps, recorded_steps)

        def pause(state: State, steps: int, checkpoint: Checkpoint = checkpoint) -> None:
            checkpoint.save(state)
            progress.advance(steps)

        if state.steps < protocol.steps and not state.diverged_step:
            state = train(
                model,
                sweep_of(model, task.STEPS),
                protocol,
                batches(task, protocol, streams(experiment.task, phase, run, chunk.root_seed)),
                state,
                recorded,
                pause,
            )
            checkpoint.save(state, now=True)
        if untrained := protocol.steps - state.steps:
            progress.advance(untrained)
        if state.diverged_step:
            log.warning(
                "run %d of %s on %s stopped: its loss is not finite from step %d on; the table "
                "marks it as diverged",
                run,
                network,
                experiment.task,
                state.diverged_step,
            )
        outcomes.append(Outcome(network, run, phase, model, protocol, state))
    return outcomes


def _start(
    model: Model, before: list[Outcome], experiment: RnnExperiment, run: int, root_seed: int
) -> np.ndarray:
    """Return the parameters a phase starts from."""
    if before:
        return widened(before[-1].state.vector, before[-1].model, model)
    return drawn(model, experiment.task, run, root_seed)


def drawn(model: Model, task: str, run: int, root_seed: int) -> np.ndarray:
    """Return the parameters [parameters] that the training of a run starts from."""
    return model.flatten(model.draw(seeds.generator(root_seed, "rnn", task, "parameters", run)))


def _sweep(engine: str, device: str, model: Model, steps: int) -> Sweep:
    if engine == "torch":
        return DifferentiatedSweep(model, device, np.float32)
    return compiled_sweep(model, steps)


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
    recorded = [(step, mean) for step, _, mean in outcome.state.losses]
    frame = pd.DataFrame(recorded, columns=["step", "mean_loss"])
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
