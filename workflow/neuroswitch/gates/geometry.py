"""Where networks lie in parameter space (paper 1, section 2): PCA, distances, planes."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA

from neuroswitch import declare
from neuroswitch.schemas.gates import COMPONENTS, DISTANCES, POINTS, TRAJECTORY

AXES = 3
"""Principal components kept: the paper plots three."""


@declare.analysis(
    "mapping",
    reads={"runs": "gates/{experiment}/runs"},
    writes={
        "gates/{experiment}/components": COMPONENTS,
        "gates/{experiment}/points": POINTS,
        "gates/{experiment}/distances": DISTANCES,
    },
)
def map_networks(runs: pd.DataFrame, experiment: str) -> dict[str, pd.DataFrame]:
    """Return the tables `components`, `points` and `distances` of mapped networks.

    `runs` is a table of runs of unmodulated gates; PCA and distances are taken within one number
    of layers and one learning rate.
    """
    parts: dict[str, list[pd.DataFrame]] = {"components": [], "points": [], "distances": []}
    for (layers, rate), group in runs.groupby(["layers", "learning_rate"]):
        components = fit_components(group)
        for name, frame in (
            ("components", components),
            ("points", mapped_points(group, components)),
            ("distances", and_or_distances(group)),
        ):
            parts[name].append(frame.assign(layers=layers, learning_rate=rate))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


@declare.analysis(
    "trajectory",
    reads={
        "path": "gates/traces/{experiment}/example_path",
        "components": "gates/mapping_two_layers/components",
    },
    settings={"learning_rates": "gates.mapping_two_layers.learning_rate"},
    writes={"gates/traces/{experiment}/trajectory": TRAJECTORY},
)
def project_path(
    path: pd.DataFrame, components: pd.DataFrame, learning_rates: list[float], experiment: str
) -> pd.DataFrame:
    """Return a table of parameters with its vectors replaced by coordinates pc1 to pc3.

    The components are those of the first of the mapping's learning rates.
    """
    mapped = components[components["learning_rate"] == learning_rates[0]]
    points = project(np.stack(path["parameters"].tolist()), mapped)
    return path.drop(columns="parameters").assign(**_coordinates(points))


def fit_components(runs: pd.DataFrame) -> pd.DataFrame:
    """Return mean and first three PCs of the final parameters of some mapped networks.

    All runs take part, solved or not. One row for each component and parameter; component 0
    is the mean.
    """
    parameters = np.stack(runs["final_parameters"].tolist())
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


def mapped_points(runs: pd.DataFrame, components: pd.DataFrame) -> pd.DataFrame:
    """Return each mapped network's coordinates on the components."""
    points = project(np.stack(runs["final_parameters"].tolist()), components)
    identity = runs[["tasks", "run", "solved"]].rename(columns={"tasks": "gate"})
    return identity.assign(**_coordinates(points))


def and_or_distances(runs: pd.DataFrame) -> pd.DataFrame:
    """Return cosine and Euclidean distances between every AND and every OR network.

    Trained networks, the solved among them, and the same networks before training: the
    null, because distances concentrate by dimension alone.
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
        x, y = (np.stack(side[column].tolist()) for side in (left, right))
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
    return pd.concat(parts, ignore_index=True)


def _coordinates(points: np.ndarray) -> dict[str, np.ndarray]:
    return dict(zip(("pc1", "pc2", "pc3"), points.T, strict=True))
