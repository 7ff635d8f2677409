"""Nearest neighbours of networks: do gates separate, and where do switched runs end?

Distances are Euclidean, between coordinates of three kinds: `raw`, all parameters; `pcs`, PC 1-3
of the mapped networks; `symmetry`, modulo the symmetries of hidden units (`gates/symmetry.py`).
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from neuroswitch import declare, seeds
from neuroswitch.gates import geometry, symmetry
from neuroswitch.gates.networks import layer_sizes
from neuroswitch.schemas.gates import (
    CONDITION_KEY,
    END_DISTANCES,
    END_SPACINGS,
    NEIGHBOUR_VOTES,
    SEPARATION,
    SYMMETRIC_POINTS,
)

NEIGHBOURS = 5
SHUFFLES = 100

MEASURES: Mapping[str, Callable[[np.ndarray, np.ndarray, tuple[int, ...]], np.ndarray]] = {
    "raw": lambda x, y, sizes: cdist(x, y),
    "symmetry": symmetry.distances,
}
"""Kind of coordinates in all parameters -> distances [n, m] of networks x [n, parameters] to y."""


@declare.analysis(
    "neighbours",
    reads={"runs": "gates/{experiment}/runs"},
    settings={"root_seed": "seed"},
    writes={
        "gates/{experiment}/neighbour_votes": NEIGHBOUR_VOTES,
        "gates/{experiment}/end_spacings": END_SPACINGS,
        "gates/{experiment}/separation": SEPARATION,
        "gates/{experiment}/symmetric_points": SYMMETRIC_POINTS,
    },
    costly=True,
)
@declare.analysis(
    "neighbours_reconstructed",
    reads={"runs": "gates/{experiment}/mapping/runs"},
    settings={"root_seed": "seed"},
    writes={
        "gates/{experiment}/mapping/neighbour_votes": NEIGHBOUR_VOTES,
        "gates/{experiment}/mapping/end_spacings": END_SPACINGS,
        "gates/{experiment}/mapping/separation": SEPARATION,
        "gates/{experiment}/mapping/symmetric_points": SYMMETRIC_POINTS,
    },
    costly=True,
)
def neighbours(runs: pd.DataFrame, root_seed: int, experiment: str) -> dict[str, pd.DataFrame]:
    """Return the tables of what distances among mapped networks tell.

    `runs` is a table of runs of unmodulated gates. Networks are compared within one number of
    layers and one learning rate, trained, solved or not. Those that diverged are left out; where
    fewer than three are left, they have no rows.

    Raises
    ------
    NeuroswitchError : the runs hold no parameters
    """
    names = ("neighbour_votes", "end_spacings", "separation", "symmetric_points")
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in names}
    for (layers, rate), group in geometry.maps(runs):
        distances = distances_among(group)
        spaces = {name: distances[name] for name in MEASURES}
        rng = seeds.generator(root_seed, "gates", experiment, "shuffled gates", int(layers), rate)
        about = {"layers": layers, "learning_rate": rate}
        for name, frame in (
            ("neighbour_votes", neighbour_votes(group, distances, rng)),
            ("separation", separation(group["tasks"], spaces)),
            ("symmetric_points", symmetric_points(group, distances["symmetry"])),
        ):
            parts[name].append(frame.assign(**about))
        spacings = end_spacings(group, spaces)
        parts["end_spacings"].append(spacings.assign(layers=layers, mapping_rate=rate))
    return {name: geometry.together(frames) for name, frames in parts.items()}


def distances_among(runs: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return distances [runs, runs] among trained networks of one size, by kind of coordinates.

    Symmetric, and 0 on the diagonal. `runs` is a table of runs.
    """
    parameters = np.stack(geometry.parameters_of(runs["final_parameters"]))
    points = geometry.project(parameters, geometry.fit_components(parameters))
    return {
        "raw": cdist(parameters, parameters),
        "pcs": cdist(points, points),
        "symmetry": symmetry.distances_among(parameters, _sizes(runs)),
    }


def neighbour_votes(
    runs: pd.DataFrame, distances: Mapping[str, np.ndarray], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the gate that most of each network's 5 nearest other networks have.

    Of gates that equally many have, it is the one with the smaller summed distance. The null:
    gates shuffled among the networks 100 times, the same times in all coordinates.

    Parameters
    ----------
    runs : table of runs of mapped networks
    distances : kind of coordinates -> distances [runs, runs] in the order of `runs`
    """
    names, gates = np.unique(runs["tasks"], return_inverse=True)
    shuffled = rng.permuted(np.tile(gates, (SHUFFLES, 1)), axis=1)
    parts = []
    for coordinates, apart in distances.items():
        others = _without_itself(apart)
        nearest = others.argsort(axis=1, kind="stable")[:, : min(NEIGHBOURS, len(runs) - 1)]
        away = np.take_along_axis(others, nearest, axis=1)
        vote = _majority(gates[nearest], away, len(names))
        null = _majority(shuffled[:, nearest], away, len(names)) == shuffled
        parts.append(
            pd.DataFrame(
                {
                    "coordinates": coordinates,
                    "gate": names[gates],
                    "run": runs["run"].to_numpy(),
                    "vote": names[vote],
                    "right": vote == gates,
                    "right_shuffled": null.mean(axis=0),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def end_spacings(runs: pd.DataFrame, distances: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return each mapped network's distance to the nearest other one of its gate.

    Parameters are those of `neighbour_votes`. A gate with a single network has no row.
    """
    gates = runs["tasks"].to_numpy()
    parts = []
    for coordinates, apart in distances.items():
        alike = np.where(gates[:, None] == gates, _without_itself(apart), np.inf)
        frame = pd.DataFrame(
            {
                "coordinates": coordinates,
                "gate": gates,
                "run": runs["run"].to_numpy(),
                "spacing": alike.min(axis=1),
            }
        )
        parts.append(frame[np.isfinite(frame["spacing"])])
    return pd.concat(parts, ignore_index=True)


def separation(gates: pd.Series, distances: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return how far the clusters of gates lie apart, and how flat the space is they lie in.

    The mean silhouette of the networks, -1 to 1 (Rousseeuw, J. Comput. Appl. Math. 20, 1987), and
    the share of variance in the first three principal coordinates.

    Parameters
    ----------
    gates [networks] : names
    distances : kind of coordinates -> distances [networks, networks]

    Returns
    -------
    Empty for one gate alone, and for gates with one network each: a silhouette needs others.
    """
    if not 1 < gates.nunique() < len(gates):
        return pd.DataFrame()
    return pd.DataFrame(
        [
            {
                "coordinates": coordinates,
                "silhouette": silhouette_score(apart, gates, metric="precomputed"),
                "explained": geometry.principal_coordinates(apart)[1].sum(),
            }
            for coordinates, apart in distances.items()
        ]
    )


def symmetric_points(runs: pd.DataFrame, distances: np.ndarray) -> pd.DataFrame:
    """Return each mapped network's principal coordinates modulo symmetry.

    `runs` is a table of runs of mapped networks, `distances` [runs, runs] are modulo symmetry.
    """
    points, _ = geometry.principal_coordinates(distances)
    return geometry.mapped_points(runs, points, prefix="sc")


@declare.analysis(
    "end_distances",
    reads={
        "runs": "gates/{experiment}/runs",
        "mapped": ["gates/mapping_two_layers/runs", "gates/mapping_four_layers/runs"],
    },
    writes={"gates/{experiment}/end_distances": END_DISTANCES},
)
def end_distances(
    runs: pd.DataFrame,
    mapped: pd.DataFrame,
    experiment: str,
    kinds: Sequence[str] = tuple(MEASURES),
) -> pd.DataFrame:
    """Return how far switched networks are from the nearest mapped network of each gate.

    Between all parameters, raw and modulo symmetry, of f after the last cycle and before the first;
    infinite for a network that diverged.

    Parameters
    ----------
    runs : of an experiment; conditions whose layers and width no mapped network has are left out
    mapped : runs of mapped networks; those that diverged are left out
    kinds : of coordinates

    Raises
    ------
    NeuroswitchError : runs of either table hold no parameters
    """
    parts = []
    clusters = [
        (key, np.stack(geometry.parameters_of(group["final_parameters"])))
        for key, group in geometry.placed(mapped).groupby([*geometry.MAPPING, "width", "tasks"])
    ]
    for _, group in runs.groupby(list(CONDITION_KEY), sort=False):
        sizes = _sizes(group)
        for (layers, rate, width, gate), ends in clusters:
            if sizes == layer_sizes(layers, width):
                kept = [*CONDITION_KEY, "run", "solved"]
                for coordinates in kinds:
                    parts.append(
                        group[kept].assign(
                            experiment=experiment,
                            mapping_rate=rate,
                            coordinates=coordinates,
                            gate=gate,
                            distance=_nearest(group["final_parameters"], ends, coordinates, sizes),
                            start_distance=_nearest(
                                group["initial_parameters"], ends, coordinates, sizes
                            ),
                        )
                    )
    return geometry.together(parts)


def _sizes(runs: pd.DataFrame) -> tuple[int, ...]:
    """Return the units of each layer of networks of one size."""
    layers, width = runs.iloc[0][["layers", "width"]]
    return layer_sizes(layers, width)


def _nearest(
    parameters: pd.Series, ends: np.ndarray, coordinates: str, sizes: tuple[int, ...]
) -> np.ndarray:
    """Return the distance of each network to the nearest of some; infinite if it has no place."""
    points = np.stack(geometry.parameters_of(parameters))
    sound = geometry.has_a_place(points)
    distances = np.full(len(points), np.inf)
    distances[sound] = MEASURES[coordinates](points[sound], ends, sizes).min(axis=1)
    return distances


def _without_itself(distances: np.ndarray) -> np.ndarray:
    """Return distances [n, n] in which no network is near itself."""
    return np.where(np.eye(len(distances), dtype=bool), np.inf, distances)


def _majority(gates: np.ndarray, distances: np.ndarray, count: int) -> np.ndarray:
    """Return the gate [...] that most neighbours have; at a tie, that of smaller summed distance.

    Parameters
    ----------
    gates [..., neighbours] : numbers from 0 to below `count`
    distances : of the neighbours, of a shape that broadcasts to that of `gates`
    """
    of_gate = gates[..., None] == np.arange(count)
    votes = of_gate.sum(axis=-2)
    summed = (of_gate * distances[..., None]).sum(axis=-2)
    leading = votes == votes.max(axis=-1, keepdims=True)
    return np.where(leading, summed, np.inf).argmin(axis=-1)
