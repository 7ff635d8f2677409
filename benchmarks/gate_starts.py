"""What runs of a condition start from, drawn for the peers that train all runs at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from neuroswitch import modulation, seeds
from neuroswitch.gates import networks
from neuroswitch.gates.training import modulator, orders
from neuroswitch.settings.gates import Condition


@dataclass(frozen=True)
class Starts:
    """Every array has runs as its first axis."""

    runs: np.ndarray  # [runs], their numbers
    weights: np.ndarray  # [runs, n_w]
    biases: np.ndarray  # [runs, n_b]
    matrix: np.ndarray  # [runs, n_w, n_w], M
    pull_back: np.ndarray  # [runs, n_w, n_w], P
    shift: np.ndarray  # [runs, n_b], v
    orders: np.ndarray  # [runs, epochs or 0], the row of ORDERS that an epoch shows patterns in

    def parts(self, count: int) -> "list[Starts]":
        """Return the runs in so many parts."""
        columns = [np.array_split(getattr(self, field.name), count) for field in fields(self)]
        return [Starts(*arrays) for arrays in zip(*columns, strict=True)]


def draw(condition: Condition, runs: Sequence[int], root_seed: int) -> Starts:
    """Draw what `neuroswitch.gates.training` draws for the same runs."""
    sizes = networks.layer_sizes(condition.layers, condition.width)
    drawn = []
    for run in runs:
        rng = seeds.generator(root_seed, "gates", condition.stream, run, "parameters")
        parameters = networks.initial_parameters(rng, sizes, condition.initialisation)
        linear, shift = modulator(condition, run, root_seed)
        pull_back = modulation.pull_back_matrix(linear, condition.pullback)
        order = orders(condition, run, root_seed) if condition.batch != "full" else []
        drawn.append((run, *parameters, modulation.matrix(linear), pull_back, shift, order))
    return Starts(*map(np.array, zip(*drawn, strict=True)))
