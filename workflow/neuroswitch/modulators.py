"""Modulators: a fixed random matrix M that acts on all weights of a network, w' = M w."""

from collections.abc import Sequence

import numpy as np

from neuroswitch import modulation
from neuroswitch.errors import NeuroswitchError
from neuroswitch.modulation import LinearMap, condition_number

__all__ = ["LinearMap", "condition_number", "draw"]


def draw(
    family: str = "near_identity",
    *,
    shapes: Sequence[tuple[int, int]],
    scale: float = 1.0,
    seed: int | np.random.Generator = 0,
) -> LinearMap:
    """Draw a matrix M for the weights of a network.

    Parameters
    ----------
    family : one of `neuroswitch.names("family")`
    shapes : (outputs, inputs) of each weight matrix; w holds them one after another, row by row
    scale : of the family; of near_identity, M = I + scale G / sqrt(n) with G standard normal
    seed : of the draw, or a generator that draws it

    Returns
    -------
    M [n, n], n weights, with the methods `apply` (M w), `apply_transpose` (M^T w), `solve` (M^-1 w)
    and `solve_transpose` (M^-T w) for w of shape [..., n], `size` (n) and `singular_values`. Every
    family applies M in its own structure and solves instead of inverting.

    Raises
    ------
    NeuroswitchError : no family has the name, a shape is impossible, or M would not fit in memory

    Source: paper 1, section 1.2; families beyond the paper's are this project's.

    Examples
    --------
    >>> import numpy as np
    >>> import neuroswitch
    >>> M = neuroswitch.modulators.draw(shapes=[(8, 2), (1, 8)], scale=0.5, seed=1)
    >>> w = np.linspace(-1, 1, M.size)
    >>> bool(np.allclose(M.solve(M.apply(w)), w))
    True
    >>> 1 < neuroswitch.modulators.condition_number(M) < 1000
    True
    """
    if not shapes or min(min(shape) for shape in shapes) < 1:
        raise NeuroswitchError(
            f"shapes are (outputs, inputs) of each weight matrix, 1 or more each; found {shapes}"
        )
    return modulation.draw(np.random.default_rng(seed), family, list(shapes), scale)
