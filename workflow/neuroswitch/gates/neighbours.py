"""Nearest neighbours in parameter space: do gates separate, and where do switched runs end?"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

NEIGHBOURS = 5
FOLDS = 10
AXES = ["pc1", "pc2", "pc3"]
MAPPING = ["layers", "learning_rate"]


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


def end_distances(
    runs: Mapping[str, pd.DataFrame], mapped: pd.DataFrame, condition: list[str]
) -> pd.DataFrame:
    """Return how far switched networks are from the nearest mapped network of each gate.

    Euclidean, in the space of all parameters, of f after the last cycle and before the first;
    infinite for a network that diverged.

    Parameters
    ----------
    runs : tables of runs by experiment; conditions whose layers and width no mapped network has
        are left out
    mapped : table of runs of mapped networks
    condition : columns that tell conditions apart
    """
    parts = []
    clusters = [
        (key, np.stack(group["final_parameters"].tolist()))
        for key, group in mapped.groupby([*MAPPING, "width", "tasks"])
    ]
    for experiment, table in runs.items():
        for _, group in table.groupby(condition, sort=False):
            shape = tuple(group.iloc[0][["layers", "width"]])
            for (layers, rate, width, gate), ends in clusters:
                if shape == (layers, width):
                    kept = [*condition, "run", "retrained_success", "zero_shot_success"]
                    parts.append(
                        group[kept].assign(
                            experiment=experiment,
                            mapping_rate=rate,
                            gate=gate,
                            distance=_nearest(group["final_parameters"], ends),
                            start_distance=_nearest(group["initial_parameters"], ends),
                        )
                    )
    return pd.concat(parts, ignore_index=True)


def _nearest(parameters: pd.Series, ends: np.ndarray) -> np.ndarray:
    """Return the distance of each network to the nearest of some; infinite if not finite."""
    points = np.stack(parameters.tolist())
    sound = np.isfinite(points).all(axis=1)
    distances = np.full(len(points), np.inf)
    if sound.any():
        search = NearestNeighbors(n_neighbors=1).fit(ends)
        distances[sound] = search.kneighbors(points[sound])[0][:, 0]
    return distances
