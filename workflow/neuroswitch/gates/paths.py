"""Shapes of paths through parameter space (paper 1, section 3)."""

import numpy as np


def plane_share(path: np.ndarray) -> float:
    """Return the share of a path's variance in its own first two PCs.

    path [points, n]; 1 for a planar path, and for one that does not move.
    """
    centred = path - path.mean(axis=0)
    variances = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    total = variances.sum()
    return float(variances[:2].sum() / total) if total > 0 else 1.0
