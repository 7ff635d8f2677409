"""Try random modulators on trained networks, without training anything (O2).

Paper 1, section 5, suggests a small library of orthogonal neuromodulators, of which the right one
is chosen without changing a parameter.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from neuroswitch import declare, seeds
from neuroswitch.compilation import compiled
from neuroswitch.gates import networks
from neuroswitch.gates.outlook.chances import FRESH, NOTHING
from neuroswitch.gates.outlook.kernel import arrange, count_right, step
from neuroswitch.gates.tasks import INPUTS, truth
from neuroswitch.gates.training import Outcome, drawn_modulator, train_together
from neuroswitch.progress import Progress
from neuroswitch.schemas import outlook as schemas
from neuroswitch.settings.base import Modulator
from neuroswitch.settings.gates import Condition, Experiment, GatePrimary, GateSettings


@declare.training(
    "library",
    experiments="gates.libraries",
    script="train_outlook",
    writes={"gates/{experiment}/hits": schemas.HITS},
)
def train_library(
    settings: GateSettings, name: str, runs: Sequence[int], root_seed: int
) -> dict[str, pd.DataFrame]:
    """Train networks, and count the modulators that turn each into each wanted gate.

    A run's modulators are the same for all its networks, which start from the same parameters.
    Returns the table `hits`.
    """
    chosen = settings.libraries[name]
    progress = Progress(f"{name}, runs {runs[0]}-{runs[-1]}", len(chosen.width), "widths")
    wanted = {gate: truth(gate) for gate in chosen.wanted}
    period = settings.primary.period[0]
    rows: list[dict[str, Any]] = []
    with threadpool_limits(1):
        for width in chosen.width:
            trained = _trained(settings, name, width, runs, root_seed)
            for place, run in enumerate(runs):
                ends = np.stack([outcome.final[place] for outcome in trained.values()])
                solved = [bool(o.records.retrained_streak[-1, place] > 0) for o in trained.values()]
                for modulator in chosen.modulator:
                    rng = _stream(root_seed, width, run, modulator.family, modulator.scale)
                    about = {"width": width, "run": run} | modulator.model_dump()
                    tried = candidates(
                        rng, modulator, width, ends, chosen.candidates, settings.primary
                    )
                    found = _hits(tried, wanted, width, chosen.learning_rate, period)
                    for (tasks, good), of_network in zip(
                        zip(trained, solved, strict=True), found, strict=True
                    ):
                        rows += [
                            about | {"trained": tasks, "solved": good} | row for row in of_network
                        ]
                rng = _stream(root_seed, width, run, FRESH, 1.0)
                about = {"width": width, "run": run, "family": FRESH, "scale": 1.0}
                tried = drawn_anew(rng, width, chosen.candidates, settings.primary)
                (found_fresh,) = _hits(tried, wanted, width, chosen.learning_rate, period)
                rows += [about | {"trained": NOTHING, "solved": True} | row for row in found_fresh]
            progress.advance(1)
    return {"hits": pd.DataFrame(rows).assign(candidates=chosen.candidates)}


def candidates(
    rng: np.random.Generator,
    modulator: Modulator,
    width: int,
    ends: np.ndarray,
    count: int,
    primary: GatePrimary,
) -> np.ndarray:
    """Return each network under each of `count` random modulators [networks, count, parameters].

    `ends` [networks, parameters] are weights then biases; w' = M w and b' = b + v.
    """
    sizes, shift = (2, width, 1), (primary.bias_shift[0], primary.shift_distribution[0])
    tried = np.empty((len(ends), count, ends.shape[1]))
    for candidate in range(count):
        linear, moved = drawn_modulator(rng, sizes, modulator.family, modulator.scale, *shift)
        tried[:, candidate, : linear.size] = linear.apply(ends[:, : linear.size])
        tried[:, candidate, linear.size :] = ends[:, linear.size :] + moved
    return tried


def drawn_anew(
    rng: np.random.Generator, width: int, count: int, primary: GatePrimary
) -> np.ndarray:
    """Return `count` untrained networks [1, count, parameters]."""
    sizes = (2, width, 1)
    drawn = [
        np.concatenate(networks.initial_parameters(rng, sizes, primary.initialisation[0]))
        for _ in range(count)
    ]
    return np.stack(drawn)[None]


def _trained(
    settings: GateSettings, name: str, width: int, runs: Sequence[int], root_seed: int
) -> dict[str, Outcome]:
    """Return what became of the networks of a width, by what they were trained on."""
    chosen = settings.libraries[name]
    own = Experiment.model_validate(
        {
            "tasks": list(chosen.tasks),
            "runs": len(runs),
            "layers": 2,
            "width": width,
            "learning_rate": chosen.learning_rate,
            "cycles": chosen.cycles,
        }
    )
    conditions: list[Condition] = settings.model_copy(
        update={"experiments": {name: own}, "libraries": {}}
    ).conditions(name)
    return {
        condition.tasks: train_together([condition], runs, root_seed, np.array([condition.cycles]))[
            0
        ]
        for condition in conditions
    }


def _hits(
    tried: np.ndarray, wanted: dict[str, np.ndarray], width: int, rate: float, period: int
) -> Iterator[list[dict[str, Any]]]:
    """Yield for each network the candidates that give each wanted gate, at once and later."""
    for of_network in tried:
        weights, biases = (
            np.ascontiguousarray(part) for part in np.split(of_network, [3 * width], axis=1)
        )

        def count(target: np.ndarray, epochs: int, of=(weights, biases)) -> int:  # type: ignore[no-untyped-def]
            return int(solved_after(*of, INPUTS, target, rate, epochs).sum())

        yield [
            {"wanted": gate, "hits": count(target, 0), "hits_after": count(target, period)}
            for gate, target in wanted.items()
        ]


@compiled
def solved_after(weights, biases, inputs, target, rate, epochs):  # type: ignore[no-untyped-def]
    """Return which networks are right on all patterns after so many epochs [networks].

    Each trains alone, from weights [networks, n] and biases [networks, units], which stay.
    """
    right = np.zeros(len(weights), np.bool_)
    width = biases.shape[1] - 1
    inner = np.empty((inputs.shape[1] + 1, width))
    factor = np.ones(width)
    for k in range(len(weights)):
        arrange(weights[k], inner)
        bias = biases[k].copy()
        for _ in range(epochs):
            step(inner, bias, factor, inputs, target, rate, 1.0)
        right[k] = count_right(inner, bias, factor, inputs, target) == len(inputs)
    return right


def _stream(root_seed: int, width: int, run: int, family: str, scale: float) -> np.random.Generator:
    return seeds.generator(root_seed, "gates", "library", width, run, family, f"{scale:g}")
