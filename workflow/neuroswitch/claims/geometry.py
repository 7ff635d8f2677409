"""What clusters of networks look like, as statistics that can be resampled network by network."""

from collections.abc import Sequence

import numpy as np


def variation(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return the coefficient of variation [draws] of distances between resampled networks.

    Parameters
    ----------
    matrix : [rows, columns], the distance of each network of one gate to each of another
    rows, columns : [draws, networks], indexes of those that were drawn
    """
    counts = [
        _counts(drawn, size) for drawn, size in zip((rows, columns), matrix.shape, strict=True)
    ]
    total = rows.shape[1] * columns.shape[1]
    mean, square = (
        np.sum((counts[0] @ power) * counts[1], axis=1) / total for power in (matrix, matrix**2)
    )
    deviation: np.ndarray = np.sqrt(np.maximum(square - mean**2, 0)) / mean
    return deviation


def spread(points: np.ndarray) -> np.ndarray:
    """Return the standard deviation [draws] of points [draws, networks, axes].

    It is the root of the summed variances of the coordinates.
    """
    deviation: np.ndarray = np.sqrt(points.var(axis=1).sum(axis=-1))
    return deviation


def mean_spread(gates: Sequence[np.ndarray], relative: bool) -> np.ndarray:
    """Return the geometric mean [draws] over gates of the spread within a gate.

    Parameters
    ----------
    gates : of each gate its points [draws, networks, axes]
    relative : divided by the spread of all points together
    """
    total = spread(np.concatenate(gates, axis=1)) if relative else 1.0
    mean: np.ndarray = np.exp(np.mean([np.log(spread(points) / total) for points in gates], axis=0))
    return mean


def _counts(drawn: np.ndarray, size: int) -> np.ndarray:
    """Return how often each of `size` networks was drawn, [draws, size]."""
    draws = len(drawn)
    cells = drawn.astype(int) + size * np.arange(draws)[:, None]
    return np.bincount(cells.ravel(), minlength=draws * size).reshape(draws, size)
