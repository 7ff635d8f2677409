"""Where networks lie in parameter space (paper 1, section 2): PCA, distances, planes."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.schemas.gates import (
    COMPONENTS,
    CONDITION_KEY,
    DISTANCES,
    POINTS,
    TRAJECTORY,
    TRAJECTORY_SHARES,
)

AXES = 3
"""Principal components kept: the paper plots three."""

MAPPING = ["layers", "learning_rate"]
"""What networks of one map share."""

LARGEST = 1e100
"""Size of a parameter below which squared distances between networks are finite."""

PLANE = 2
"""Own principal components of a path: it is nearly planar (claim S12)."""

NETWORKS = {"trained": "final_parameters", "untrained": "initial_parameters"}
"""Networks that are mapped -> the column of their parameters; the untrained are the null."""


@declare.analysis(
    "mapping",
    reads={"runs": "gates/{experiment}/runs"},
    writes={
        "gates/{experiment}/components": COMPONENTS,
        "gates/{experiment}/points": POINTS,
        "gates/{experiment}/distances": DISTANCES,
    },
)
@declare.analysis(
    "mapping_reconstructed",
    reads={"runs": "gates/{experiment}/mapping/runs"},
    writes={
        "gates/{experiment}/mapping/components": COMPONENTS,
        "gates/{experiment}/mapping/points": POINTS,
        "gates/{experiment}/mapping/distances": DISTANCES,
    },
)
def map_networks(runs: pd.DataFrame, experiment: str) -> dict[str, pd.DataFrame]:
    """Return the tables `components`, `points` and `distances` of mapped networks.

    `runs` is a table of runs of unmodulated gates. PCA and distances are taken within one number
    of layers and one learning rate; trained networks and the same before training have PCs of
    their own. Networks that diverged are left out; where fewer than three are left, they have no
    rows.

    Raises
    ------
    NeuroswitchError : the runs hold no parameters
    """
    parts: dict[str, list[pd.DataFrame]] = {"components": [], "points": [], "distances": []}
    for (layers, rate), group in maps(runs):
        about = {"layers": layers, "learning_rate": rate}
        for networks, column in NETWORKS.items():
            parameters = np.stack(parameters_of(group[column]))
            components = fit_components(parameters)
            points = mapped_points(group, project(parameters, components))
            parts["components"].append(components.assign(**about, networks=networks))
            parts["points"].append(points.assign(**about, networks=networks))
        parts["distances"].append(and_or_distances(group).assign(**about))
    return {name: together(frames) for name, frames in parts.items()}


@declare.analysis(
    "trajectory",
    reads={
        "path": "gates/traces/{experiment}/example_path",
        "components": "gates/mapping_two_layers/components",
    },
    settings={"learning_rates": "gates.mapping_two_layers.learning_rate"},
    writes={
        "gates/traces/{experiment}/trajectory": TRAJECTORY,
        "gates/traces/{experiment}/trajectory_shares": TRAJECTORY_SHARES,
    },
)
def project_paths(
    path: pd.DataFrame, components: pd.DataFrame, learning_rates: list[float], experiment: str
) -> dict[str, pd.DataFrame]:
    """Return the tables `trajectory` and `trajectory_shares` of the paths of example runs.

    Each path is projected twice: on the three components of the mapped networks (trained, at the
    first of the mapping's learning rates) and on its own first two PCs. A path is that of one run
    through all its tasks: the points of f and f' have the same PCs.

    Parameters
    ----------
    path : table `example_path`
    components : of the mapped networks
    """
    chosen = {"networks": "trained", "learning_rate": learning_rates[0]}
    mapped = components[(components[list(chosen)] == chosen).all(axis=1)]
    keys = [*CONDITION_KEY, "run"]
    points, shares = [], []
    for values, of_run in path.groupby(keys, sort=False):
        parameters = np.stack(parameters_of(of_run["parameters"]))
        places = {"mapped": project(parameters, mapped), "own": on_own_components(parameters)}
        points.append(
            of_run.drop(columns="parameters").assign(
                **named(places["mapped"], "pc"), **named(places["own"], "own")
            )
        )
        run = dict(zip(keys, values, strict=True))
        for axes, coordinates in places.items():
            along = variance_shares(coordinates, parameters)
            numbered = {"component": np.arange(1, len(along) + 1), "share": along}
            shares.append(pd.DataFrame(numbered).assign(**run, axes=axes))
    return {
        "trajectory": pd.concat(points, ignore_index=True),
        "trajectory_shares": pd.concat(shares, ignore_index=True),
    }


@declare.analysis(
    "trajectory_reconstructed",
    reads={
        "path": "gates/{experiment}/traces/example_path",
        "components": "gates/{experiment}/mapping/components",
    },
    writes={
        "gates/{experiment}/traces/trajectory": TRAJECTORY,
        "gates/{experiment}/traces/trajectory_shares": TRAJECTORY_SHARES,
    },
)
def project_reconstructed_paths(
    path: pd.DataFrame, components: pd.DataFrame, experiment: str
) -> dict[str, pd.DataFrame]:
    """Return the tables of `project_paths`, for networks mapped at one rate with several depths."""
    alike = components[components["layers"] == path["layers"].iloc[0]]
    return project_paths(path, alike, alike["learning_rate"].unique().tolist(), experiment)


def on_own_components(points: np.ndarray) -> np.ndarray:
    """Return coordinates [points, 2] of points [points, n] on their own first two PCs."""
    coordinates: np.ndarray = PCA(PLANE, svd_solver="full").fit_transform(points)
    return coordinates


def variance_shares(coordinates: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Return the share of the variance of parameters that lies along each axis.

    Parameters
    ----------
    coordinates [points, axes] : on orthonormal axes
    parameters [points, n] : the same points in all directions

    Returns
    -------
    shares [axes] : 0 to 1; 0 for points that are all the same
    """
    total = parameters.var(axis=0).sum()
    along = coordinates.var(axis=0)
    return np.divide(along, total, out=np.zeros_like(along), where=total > 0)


def has_a_place(parameters: np.ndarray) -> np.ndarray:
    """Return which networks [...] have distances to others, of parameters [..., n].

    A network that diverged has none: its parameters are not finite, or on their way there.
    """
    within: np.ndarray = (np.abs(parameters) < LARGEST).all(axis=-1)
    return within


def together(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all frames; an empty frame where no network has a row."""
    # One without rows has no say in the columns and their types.
    found = [frame for frame in frames if len(frame)]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def parameters_of(vectors: pd.Series) -> list[np.ndarray]:
    """Return the parameters of each network, of a column of a table of runs or of a path.

    Raises
    ------
    NeuroswitchError : the runs hold no parameters
    """
    if not all(len(each) for each in vectors):
        raise NeuroswitchError(
            "distances between networks are made from their parameters, and these runs hold none: "
            "set `recorded_parameters: true` for their experiment, and train it again"
        )
    return vectors.tolist()


def placed(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of runs whose trained networks have distances to others.

    Raises
    ------
    NeuroswitchError : the runs hold no parameters
    """
    return runs[[bool(has_a_place(each)) for each in parameters_of(runs["final_parameters"])]]


def maps(runs: pd.DataFrame) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Yield (number of layers, learning rate) and runs of each map of networks.

    Those that diverged are left out, and a map with fewer networks than it has axes.

    Raises
    ------
    NeuroswitchError : the runs hold no parameters
    """
    for key, group in placed(runs).groupby(MAPPING):
        if len(group) >= AXES:
            yield key, group


def fit_components(parameters: np.ndarray) -> pd.DataFrame:
    """Return mean and first three PCs of mapped networks' parameters [networks, n].

    All networks take part, solved or not. One row for each component and parameter; component 0
    is the mean.
    """
    pca = PCA(AXES, svd_solver="full").fit(parameters)
    vectors = np.vstack([pca.mean_, pca.components_])
    component, parameter = np.indices(vectors.shape)
    return pd.DataFrame(
        {
            "component": component.ravel(),
            "explained": np.append(1.0, pca.explained_variance_ratio_)[component.ravel()],
            "parameter": parameter.ravel(),
            "value": vectors.ravel(),
        }
    )


def project(parameters: np.ndarray, components: pd.DataFrame) -> np.ndarray:
    """Return coordinates [points, 3] of parameters [points, n] on fitted components."""
    vectors = components.pivot(index="component", columns="parameter", values="value").to_numpy()
    projected: np.ndarray = (parameters - vectors[0]) @ vectors[1:].T
    return projected


def principal_coordinates(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first three principal coordinates of points of which distances alone are known.

    Of Euclidean distances these are the PCs. No points have other distances exactly: some
    eigenvalues are then below 0, and the variance is the sum of those above 0.

    Parameters
    ----------
    distances [n, n] : symmetric, 0 on the diagonal

    Returns
    -------
    coordinates [n, 3] : of each axis the entry that is largest in size is positive
    shares [3] : of the variance

    Source: classical scaling, Torgerson, Psychometrika 17 (1952).
    """
    squared = distances**2
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    largest, axes = values[::-1][:AXES], vectors[:, ::-1][:, :AXES]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), range(AXES)])
    return axes * np.sqrt(np.maximum(largest, 0)), largest / values[values > 0].sum()


def mapped_points(runs: pd.DataFrame, points: np.ndarray, prefix: str = "pc") -> pd.DataFrame:
    """Return gate, run and outcome of each mapped network, with its coordinates [runs, 3]."""
    identity = runs[["tasks", "run", "solved"]].rename(columns={"tasks": "gate"})
    return identity.assign(**named(points, prefix))


def named(points: np.ndarray, prefix: str) -> dict[str, np.ndarray]:
    """Return coordinates [points, axes] as columns, named by the prefix and counted from 1."""
    return {f"{prefix}{axis}": values for axis, values in enumerate(points.T, start=1)}


def and_or_distances(runs: pd.DataFrame) -> pd.DataFrame:
    """Return cosine and Euclidean distances between every AND and every OR network.

    Trained networks, the solved among them, and the same networks before training: the
    null, because distances concentrate by dimension alone. Empty without a network of each.
    """
    a, b = runs[runs["tasks"] == "AND"], runs[runs["tasks"] == "OR"]
    parts = []
    for networks, column in (
        ("trained", "final_parameters"),
        ("solved", "final_parameters"),
        ("untrained", "initial_parameters"),
    ):
        left, right = (side[side["solved"]] if networks == "solved" else side for side in (a, b))
        if left.empty or right.empty:
            continue
        x, y = (np.stack(parameters_of(side[column])) for side in (left, right))
        lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(y, axis=1)
        i, j = (
            grid.ravel()
            for grid in np.meshgrid(left["run"].to_numpy(), right["run"].to_numpy(), indexing="ij")
        )
        frame = pd.DataFrame(
            {
                "networks": networks,
                "and_run": i,
                "or_run": j,
                "cosine": (1 - x @ y.T / lengths).ravel(),
                "euclidean": np.linalg.norm(x[:, None] - y, axis=2).ravel(),
            }
        )
        parts.append(frame)
    return together(parts)
