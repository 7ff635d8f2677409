"""Measure-Wait-Go: losses by interval, example ramps, signals, ablations, the theory of rank 1."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import torch

from neuroswitch import declare
from neuroswitch.rnn import metrics, theory
from neuroswitch.rnn.evaluation import (
    KEY,
    NETWORKS,
    Response,
    Trained,
    examples,
    gathered,
    losses,
    modulated,
    of_networks,
    respond,
)
from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.tasks import measure_wait_go as task
from neuroswitch.schemas import rnn as schemas

TRIALS = task.test_trials(sorted(task.TRAINED + task.EXTRAPOLATED))
INTERVALS, GO = TRIALS.labels["interval"], TRIALS.labels["go"]
IS_TRAINED = np.isin(INTERVALS, task.TRAINED)
GROUP = np.where(IS_TRAINED, "trained", "extrapolated")
GROUPS = {"trained": IS_TRAINED, "extrapolated": ~IS_TRAINED}

INTACT = (0, "none")
"""Component and hold of a network that nothing is done to."""


@declare.analysis(
    "measure_wait_go",
    of={"task": "measure_wait_go"},
    always=True,
    costly=True,
    reads=NETWORKS,
    settings={"trained_as": "rnn.{experiment}"},
    writes={
        "rnn/{experiment}/interval_losses": schemas.INTERVAL_LOSSES,
        "rnn/{experiment}/timing_losses": schemas.TIMING_LOSSES,
        "rnn/{experiment}/ramps": schemas.RAMPS,
        "rnn/{experiment}/timing_signals": schemas.TIMING_SIGNALS,
        "rnn/{experiment}/ablations": schemas.ABLATIONS,
        "rnn/{experiment}/theory_signals": schemas.THEORY_SIGNALS,
        "rnn/{experiment}/theory_fits": schemas.THEORY_FITS,
    },
)
@of_networks("last")
def measure_wait_go(trained: Sequence[Trained]) -> dict[str, pd.DataFrame]:
    """Return every table of the task; the trials of its test are fixed (ambiguity A31)."""
    by_interval = gathered(interval_losses, trained)
    by_run = run_losses(by_interval)
    chosen = examples(trained, by_run, "loss")
    signalled = [n for n in trained if n.sound and modulated(n) and not _theory_holds(n)]
    simple = [n for n in trained if n.sound and _theory_holds(n)]
    signals = gathered(theory_signals, simple)
    return {
        "interval_losses": by_interval,
        "timing_losses": by_run,
        "ramps": gathered(ramps, chosen),
        "timing_signals": gathered(signals_of, [n for n in chosen if modulated(n)]),
        "ablations": gathered(ablations, signalled),
        "theory_signals": signals,
        "theory_fits": theory_fits(signals),
    }


def interval_losses(network: Trained) -> pd.DataFrame:
    """Return of every interval the loss of the test, and when the ramp is at 90 % (A58)."""
    response = respond(network, TRIALS)
    level = task.LOW + task.NEARLY * (task.HIGH - task.LOW)
    return pd.DataFrame(
        {
            "interval": INTERVALS,
            "group": GROUP,
            "loss": losses(response, TRIALS),
            "time_to_90": metrics.steps_until(response.outputs[..., 0], GO, level),
        }
    )


def run_losses(by_interval: pd.DataFrame) -> pd.DataFrame:
    """Return each run's mean loss over trained, extrapolated and all intervals."""
    keys = by_interval.groupby(KEY, sort=False)["loss"]
    groups = by_interval.groupby([*KEY, "group"], sort=False)["loss"].mean().unstack()
    return groups.add_suffix("_loss").assign(loss=keys.mean()).reset_index()


@declare.analysis(
    "timing_references", writes={"rnn/analysis/timing_references": schemas.TIMING_REFERENCES}
)
def references() -> pd.DataFrame:
    """Return the losses of two answers that need no network, for each group of intervals.

    locked : every ramp has the mean trained length; clamped : it has the nearest trained one
    """
    lengths = {
        "locked": np.full(len(INTERVALS), np.mean(task.TRAINED)),
        "clamped": np.clip(INTERVALS, min(task.TRAINED), max(task.TRAINED)),
    }
    rows = []
    for name, length in lengths.items():
        answers = task.ramp(GO, length)[..., None]
        loss = metrics.trial_losses(answers, TRIALS.targets, TRIALS.weights)
        rows += [
            {"reference": name, "group": group, "loss": loss[part].mean()}
            for group, part in GROUPS.items()
        ]
    return pd.DataFrame(rows)


def ramps(network: Trained) -> pd.DataFrame:
    """Return the outputs of a network, intact and with each component of its signal held."""
    parts = []
    for (component, hold), response in _held(network):
        frame = _over_steps(output=response.outputs[..., 0], target=TRIALS.targets[..., 0])
        parts.append(frame.assign(component=component, hold=hold))
    return pd.concat(parts, ignore_index=True)


def signals_of(network: Trained) -> pd.DataFrame:
    """Return s(t) of every component and interval."""
    signals = respond(network, TRIALS).states["s"]
    return pd.concat(
        [
            _over_steps(signal=signals[..., k]).assign(component=k + 1)
            for k in range(signals.shape[-1])
        ],
        ignore_index=True,
    )


def ablations(network: Trained) -> pd.DataFrame:
    """Return what holding a component does to the ramps of the trained intervals (A39)."""
    rows = []
    for (component, hold), response in _held(network):
        outputs = response.outputs[IS_TRAINED, :, 0]
        ramp = metrics.measure_ramp(outputs, GO[IS_TRAINED])
        correlation = metrics.slope_correlation(ramp.slope, INTERVALS[IS_TRAINED])
        rows.append(
            {
                "component": component,
                "hold": hold,
                "slope_correlation": float(correlation),
                "slope_spread": ramp.slope.std(),
                "intervals": len(ramp.slope),
                "surviving": int(ramp.survives.sum()),
                "rise": ramp.rise.mean(),
            }
        )
    return pd.DataFrame(rows)


def theory_signals(network: Trained) -> pd.DataFrame:
    """Return the trained signal, and the one that the target ramp requires, from go to its end."""
    model, p = network.model, network.parameters
    assert isinstance(model, LowRank)
    states = respond(network, TRIALS).states
    left = torch.linalg.qr(p["U"]).Q[:, 0].numpy() if model.orthonormal else p["U"][:, 0].numpy()
    parts = []
    for trial, (go, interval) in enumerate(zip(GO, INTERVALS, strict=True)):
        required = theory.required_signal(
            TRIALS.targets[trial, None, go : go + interval + 1, 0].astype(float),
            states["x"][trial, None, go],
            left,
            model.gain * p["V"][:, 0].numpy(),
            p["C"][0].numpy(),
            float(p["d"][0]),
            model.tau_x,
        )
        rising = slice(go + 1, go + interval + 1)
        parts.append(
            pd.DataFrame(
                {
                    "interval": interval,
                    "group": GROUP[trial],
                    "since_go": np.arange(1, interval + 1),
                    "signal": states["s"][trial, rising, 0],
                    "required": required[0],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def theory_fits(signals: pd.DataFrame) -> pd.DataFrame:
    """Return each run's correlation of trained and required signal, over trained intervals.

    All steps of all trained ramps together, and the mean of those of the intervals alone.
    """
    if signals.empty:
        return pd.DataFrame(columns=[*KEY, "correlation", "interval_correlation", "steps"])
    rows = []
    for key, group in signals[signals["group"] == "trained"].groupby(KEY, sort=False):
        alone = [_correlation(part) for _, part in group.groupby("interval")]
        rows.append(
            dict(zip(KEY, key, strict=True))
            | {
                "correlation": _correlation(group),
                "interval_correlation": np.mean(alone),
                "steps": len(group),
            }
        )
    return pd.DataFrame(rows)


def _theory_holds(network: Trained) -> bool:
    model = network.model
    return isinstance(model, LowRank) and model.linear and model.rank == 1


def _held(network: Trained) -> Iterator[tuple[tuple[int, str], Response]]:
    """Yield the response of a network as it is, then with each component held in turn."""
    intact = respond(network, TRIALS)
    yield INTACT, intact
    if not modulated(network) or _theory_holds(network):
        return
    first = torch.from_numpy(intact.states["s"][:, 0])
    for component in range(first.shape[1]):
        for hold, value in (("initial", first[:, component]), ("zero", 0.0)):
            yield (component + 1, hold), respond(network, TRIALS, {component: value})


def _over_steps(**values: np.ndarray) -> pd.DataFrame:
    """Return arrays [trials, steps] as columns, one row for each interval and step."""
    steps = np.tile(np.arange(task.STEPS), len(INTERVALS))
    return pd.DataFrame(
        {
            "interval": np.repeat(INTERVALS, task.STEPS),
            "group": np.repeat(GROUP, task.STEPS),
            "step": steps,
            "since_go": steps - np.repeat(GO, task.STEPS),
        }
        | {name: array.ravel() for name, array in values.items()}
    )


def _correlation(frame: pd.DataFrame) -> float:
    """Return Pearson's correlation; 0 where either signal is constant or not finite."""
    both = frame[["signal", "required"]].to_numpy()
    if not np.isfinite(both).all() or (np.ptp(both, axis=0) == 0).any():
        return 0.0
    return float(np.corrcoef(both.T)[0, 1])
