"""Shapes of paths through parameter space (paper 1, section 3)."""

import numpy as np


def plane_share(path: np.ndarray) -> float:
    """Return the share of a path's variance in its own first two PCs.

    path [points, n]; 1 for a planar path, and for one that does not move; NaN for one that is not
    finite.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        centred = path - path.mean(axis=0)
        products = centred.T @ centred
    if not np.isfinite(products).all():
        return np.nan
    variances = np.linalg.eigvalsh(products)[::-1]
    total = variances.sum()
    return float(variances[:2].sum() / total) if total > 0 else 1.0
