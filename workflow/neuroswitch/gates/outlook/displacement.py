"""Where the fixed transformation moves a network, beside the way from an AND to an OR network (O4).

Paper 1, section 2, expects that a random transformation does not land in the distribution of angles
and distances between AND and OR networks.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuroswitch import declare
from neuroswitch.gates import symmetry
from neuroswitch.gates.geometry import parameters_of, placed
from neuroswitch.gates.networks import layer_sizes
from neuroswitch.gates.training import modulator
from neuroswitch.schemas.outlook import DISPLACEMENTS
from neuroswitch.settings.gates import Condition

CENTRAL = (0.025, 0.975)
"""Quantiles of the mapped networks' lengths, and of their angles, that count as among them."""

COORDINATES = ("raw", "symmetry")


@declare.analysis(
    "displacements",
    reads={"runs": "gates/pairs/runs", "mapped": "gates/mapping_two_layers/runs"},
    settings={
        "root_seed": "seed",
        "mapping_rates": "gates.mapping_two_layers.learning_rate",
    },
    writes={"gates/pairs/displacements": DISPLACEMENTS},
)
def displacements(
    runs: pd.DataFrame, mapped: pd.DataFrame, root_seed: int, mapping_rates: list[float]
) -> pd.DataFrame:
    """Return length and angle of the way between two networks, of three kinds of pairs.

    `mapped`: an AND and an OR network that were trained alone, of one run number; `switched`: f and
    f' of an AND/OR run that ends solved; `random`: a mapped AND network and what an (M, v) of the
    switched runs makes of it. Mapped networks have the first learning rate of the mapping and are
    solved. All parameters take part, biases too.

    Raises
    ------
    NeuroswitchError : runs of either table hold no parameters
    """
    alone = placed(mapped)
    alone = alone[(alone["learning_rate"] == mapping_rates[0]) & alone["solved"]]
    and_networks, or_networks = (
        alone[alone["tasks"] == gate].set_index("run")["final_parameters"] for gate in ("AND", "OR")
    )
    both = and_networks.index.intersection(or_networks.index)
    every = runs[runs["tasks"] == "AND/OR"].set_index("run")
    every = every.assign(final_parameters=parameters_of(every["final_parameters"]))
    switched = every.loc[every["solved"], "final_parameters"]
    condition = _condition(every.iloc[0])
    transformed = {
        what: {
            number: _transformed(network, condition, number, root_seed)
            for number, network in networks.items()
            if number in every.index
        }
        for what, networks in (("switched", switched), ("random", and_networks))
    }
    pairs = {
        "mapped": (and_networks[both], or_networks[both]),
        "switched": (switched, pd.Series(transformed["switched"])),
        "random": (and_networks, pd.Series(transformed["random"])),
    }
    sizes = layer_sizes(condition.layers, condition.width)
    parts = []
    for coordinates in COORDINATES:
        found = {}
        for what, (one, other) in pairs.items():
            known = one.index.intersection(other.index)
            if len(known):
                x, y = (np.stack(networks[known].tolist()) for networks in (one, other))
                found[what] = pd.DataFrame(
                    {"what": what, "run": known, **ways(x, y, coordinates, sizes)}
                )
        if "mapped" not in found:
            return pd.DataFrame()
        usual = found["mapped"][["length", "angle"]].quantile(list(CENTRAL))
        for frame in found.values():
            within = [frame[name].between(*usual[name]) for name in usual]
            parts.append(frame.assign(coordinates=coordinates, inside=np.all(within, axis=0)))
    return pd.concat(parts, ignore_index=True)


def ways(
    x: np.ndarray, y: np.ndarray, coordinates: str, sizes: tuple[int, ...]
) -> Mapping[str, np.ndarray]:
    """Return `length` and `angle` (degrees) [pairs] from each network of x to that of y.

    Modulo symmetry, both are of the balanced networks with matched units, in which the distance is
    smallest.

    Parameters
    ----------
    x, y [pairs, parameters] : weights then biases
    """
    if coordinates == "symmetry":
        x, y = symmetry.balance(x, sizes), symmetry.balance(y, sizes)
        length = np.array(
            [
                symmetry.distances(one[None], other[None], sizes)[0, 0]
                for one, other in zip(x, y, strict=True)
            ]
        )
    else:
        length = np.linalg.norm(x - y, axis=1)
    squares = (x**2).sum(axis=1), (y**2).sum(axis=1)
    # The law of cosines: matching changes the order of units, and no length of a network.
    cosine = (squares[0] + squares[1] - length**2) / (2 * np.sqrt(squares[0] * squares[1]))
    return {"length": length, "angle": np.degrees(np.arccos(np.clip(cosine, -1, 1)))}


def _transformed(network: np.ndarray, condition: Condition, run: int, root_seed: int) -> np.ndarray:
    """Return what M and v of a run make of a network's weights, then biases."""
    linear, shift = modulator(condition, run, root_seed)
    n = len(network) - len(shift)
    return np.concatenate([linear.apply(network[:n]), network[n:] + shift])


def _condition(row: pd.Series) -> Condition:
    """Return the condition of a row of runs."""
    return Condition.model_construct(**{name: row[name] for name in Condition.model_fields})
