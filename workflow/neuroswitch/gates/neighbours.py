"""Nearest neighbours in parameter space: do gates separate, and where do switched runs end?"""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from neuroswitch import declare
from neuroswitch.schemas.gates import CONDITION_KEY, END_DISTANCES, END_SPACINGS, NEIGHBOUR_VOTES

NEIGHBOURS = 5
FOLDS = 10
AXES = ["pc1", "pc2", "pc3"]
MAPPING = ["layers", "learning_rate"]


@declare.analysis(
    "neighbours",
    reads={"points": "gates/{experiment}/points", "runs": "gates/{experiment}/runs"},
    writes={
        "gates/{experiment}/neighbour_votes": NEIGHBOUR_VOTES,
        "gates/{experiment}/end_spacings": END_SPACINGS,
    },
)
def neighbours(
    points: pd.DataFrame, runs: pd.DataFrame, experiment: str
) -> dict[str, pd.DataFrame]:
    """Return the tables `neighbour_votes` and `end_spacings` of mapped networks."""
    return {"neighbour_votes": neighbour_votes(points), "end_spacings": end_spacings(runs)}


def neighbour_votes(points: pd.DataFrame) -> pd.DataFrame:
    """Return whether each mapped network's neighbours in PC 1-3 take it for each gate.

    Each gate is told from the rest by a classifier of its own, the majority of the 5 nearest
    networks, cross-validated in 10 folds with equal shares of both classes. `points` is the
    table of that name. A gate with fewer than 10 networks has as many folds as networks.
    """
    parts = []
    for key, group in points.groupby(MAPPING):
        for target in group["gate"].unique():
            is_target = (group["gate"] == target).to_numpy()
            folds = StratifiedKFold(min(FOLDS, is_target.sum(), (~is_target).sum()))
            votes = cross_val_predict(
                KNeighborsClassifier(NEIGHBOURS), group[AXES].to_numpy(), is_target, cv=folds
            )
            parts.append(
                group[["gate", "run"]].assign(
                    **dict(zip(MAPPING, key, strict=True)), target=target, vote=votes
                )
            )
    return pd.concat(parts, ignore_index=True)


def end_spacings(mapped: pd.DataFrame) -> pd.DataFrame:
    """Return each mapped network's distance to the nearest other one of its gate.

    Euclidean, in the space of all parameters. `mapped` is a table of runs of mapped networks,
    all with as many parameters; a gate with a single network has no row.
    """
    parts = []
    for key, group in mapped.groupby([*MAPPING, "tasks"]):
        if len(group) > 1:
            parameters = np.stack(group["final_parameters"].tolist())
            # Asked without points, the search leaves each network itself out.
            distance = NearestNeighbors(n_neighbors=1).fit(parameters).kneighbors()[0][:, 0]
            about = dict(zip(("layers", "mapping_rate", "gate"), key, strict=True))
            parts.append(group[["run"]].assign(**about, spacing=distance))
    return pd.concat(parts, ignore_index=True)


@declare.analysis(
    "end_distances",
    reads={
        "runs": "gates/{experiment}/runs",
        "mapped": ["gates/mapping_two_layers/runs", "gates/mapping_four_layers/runs"],
    },
    writes={"gates/{experiment}/end_distances": END_DISTANCES},
)
def end_distances(runs: pd.DataFrame, mapped: pd.DataFrame, experiment: str) -> pd.DataFrame:
    """Return how far switched networks are from the nearest mapped network of each gate.

    Euclidean, in the space of all parameters, of f after the last cycle and before the first;
    infinite for a network that diverged.

    Parameters
    ----------
    runs : of an experiment; conditions whose layers and width no mapped network has are left out
    mapped : runs of mapped networks
    """
    parts = []
    clusters = [
        (key, np.stack(group["final_parameters"].tolist()))
        for key, group in mapped.groupby([*MAPPING, "width", "tasks"])
    ]
    for _, group in runs.groupby(list(CONDITION_KEY), sort=False):
        shape = tuple(group.iloc[0][["layers", "width"]])
        for (layers, rate, width, gate), ends in clusters:
            if shape == (layers, width):
                kept = [*CONDITION_KEY, "run", "retrained_success", "zero_shot_success"]
                parts.append(
                    group[kept].assign(
                        experiment=experiment,
                        mapping_rate=rate,
                        gate=gate,
                        distance=_nearest(group["final_parameters"], ends),
                        start_distance=_nearest(group["initial_parameters"], ends),
                    )
                )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _nearest(parameters: pd.Series, ends: np.ndarray) -> np.ndarray:
    """Return the distance of each network to the nearest of some; infinite if not finite."""
    points = np.stack(parameters.tolist())
    sound = np.isfinite(points).all(axis=1)
    distances = np.full(len(points), np.inf)
    if sound.any():
        search = NearestNeighbors(n_neighbors=1).fit(ends)
        distances[sound] = search.kneighbors(points[sound])[0][:, 0]
    return distances
