"""The fixed affine transformation (M, v) that switches a network: w' = M w, b' = b + v.

Nothing here is ever trained (paper 1, section 1.2). A family draws M once a run; every
family applies M, M^T and M^-1 in its own structure, so that none of them inverts a matrix
it could solve with or transpose. Vectors have shape [..., n], batch dimensions first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.linalg import lapack

from neuroswitch import declare, index
from neuroswitch.errors import NeuroswitchError

if TYPE_CHECKING:
    from jaxtyping import Float

    Weights = Float[np.ndarray, "*batch n"]

Shapes = Sequence[tuple[int, int]]
"""(out, in) of each weight matrix, in the order in which they are flattened."""

CONDITION_WARNING = 1 / np.sqrt(np.finfo(float).eps)
"""Above this condition number M^-1 M w keeps fewer than half the digits of w."""

LOW_RANK = 2
"""Rank of the low-rank family's departure from the identity."""


class LinearMap(Protocol):
    """An invertible matrix M [n, n], applied without forming it where structure allows."""

    @property
    def size(self) -> int:
        """Return n."""

    def apply(self, w: Weights) -> Weights:
        """Return M w."""

    def apply_transpose(self, w: Weights) -> Weights:
        """Return M^T w."""

    def solve(self, w: Weights) -> Weights:
        """Return M^-1 w."""

    def solve_transpose(self, w: Weights) -> Weights:
        """Return M^-T w."""

    def singular_values(self) -> Float[np.ndarray, " values"]:
        """Return singular values of M, the largest and the smallest among them."""


@dataclass(frozen=True)
class Dense:
    """Any matrix [n, n]; solves by LU factors, computed once."""

    matrix: np.ndarray

    # LAPACK is called itself: what SciPy and NumPy check around it takes twice as long as the small
    # matrices of a thousand runs.
    @cached_property
    def _factors(self) -> tuple[np.ndarray, np.ndarray]:
        lower_upper, pivots, _ = lapack.dgetrf(self.matrix)
        return lower_upper, pivots

    @property
    def size(self) -> int:
        return len(self.matrix)

    def apply(self, w: np.ndarray) -> np.ndarray:
        return w @ self.matrix.T

    def apply_transpose(self, w: np.ndarray) -> np.ndarray:
        return w @ self.matrix

    def solve(self, w: np.ndarray) -> np.ndarray:
        return self._solved(w, transposed=False)

    def solve_transpose(self, w: np.ndarray) -> np.ndarray:
        return self._solved(w, transposed=True)

    def _solved(self, w: np.ndarray, transposed: bool) -> np.ndarray:
        columns = w.reshape(-1, w.shape[-1]).T
        solution, _ = lapack.dgetrs(*self._factors, columns, trans=int(transposed))
        return solution.T.reshape(w.shape)

    def singular_values(self) -> np.ndarray:
        _, values, _, _ = lapack.dgesdd(self.matrix, compute_uv=0)
        return values


@dataclass(frozen=True)
class Orthogonal:
    """scale * Q with Q orthogonal [n, n]: the inverse is the transpose over scale^2."""

    basis: np.ndarray
    scale: float

    @property
    def size(self) -> int:
        return len(self.basis)

    def apply(self, w: np.ndarray) -> np.ndarray:
        return self.scale * (w @ self.basis.T)

    def apply_transpose(self, w: np.ndarray) -> np.ndarray:
        return self.scale * (w @ self.basis)

    def solve(self, w: np.ndarray) -> np.ndarray:
        return (w @ self.basis) / self.scale

    def solve_transpose(self, w: np.ndarray) -> np.ndarray:
        return (w @ self.basis.T) / self.scale

    def singular_values(self) -> np.ndarray:
        return np.array([abs(self.scale)])


@dataclass(frozen=True)
class Diagonal:
    """A gain a weight [n]; equal gains make it the scalar family."""

    gains: np.ndarray

    @property
    def size(self) -> int:
        return len(self.gains)

    def apply(self, w: np.ndarray) -> np.ndarray:
        return self.gains * w

    def apply_transpose(self, w: np.ndarray) -> np.ndarray:
        return self.gains * w

    def solve(self, w: np.ndarray) -> np.ndarray:
        return w / self.gains

    def solve_transpose(self, w: np.ndarray) -> np.ndarray:
        return w / self.gains

    def singular_values(self) -> np.ndarray:
        return np.abs(self.gains)


@dataclass(frozen=True)
class SignedPermutation:
    """(M w)[i] = signs[i] * w[order[i]]: the cheapest orthogonal matrix."""

    order: np.ndarray
    signs: np.ndarray

    @property
    def size(self) -> int:
        return len(self.order)

    def apply(self, w: np.ndarray) -> np.ndarray:
        return self.signs * w[..., self.order]

    def apply_transpose(self, w: np.ndarray) -> np.ndarray:
        result = np.empty_like(w)
        result[..., self.order] = self.signs * w
        return result

    def solve(self, w: np.ndarray) -> np.ndarray:
        return self.apply_transpose(w)

    def solve_transpose(self, w: np.ndarray) -> np.ndarray:
        return self.apply(w)

    def singular_values(self) -> np.ndarray:
        return np.ones(1)


@dataclass(frozen=True)
class LowRankPlusIdentity:
    """M = I + left right^T, left and right [n, rank]; solves by the Woodbury identity."""

    left: np.ndarray
    right: np.ndarray

    @property
    def _core(self) -> np.ndarray:
        return np.eye(self.left.shape[1]) + self.right.T @ self.left

    @property
    def size(self) -> int:
        return len(self.left)

    def apply(self, w: np.ndarray) -> np.ndarray:
        return w + (w @ self.right) @ self.left.T

    def apply_transpose(self, w: np.ndarray) -> np.ndarray:
        return w + (w @ self.left) @ self.right.T

    def solve(self, w: np.ndarray) -> np.ndarray:
        return w - (w @ self.right) @ np.linalg.inv(self._core).T @ self.left.T

    def solve_transpose(self, w: np.ndarray) -> np.ndarray:
        return w - (w @ self.left) @ np.linalg.inv(self._core) @ self.right.T

    def singular_values(self) -> np.ndarray:
        # M is the identity off span(left, right) and maps that span into itself.
        span, _ = np.linalg.qr(np.hstack([self.left, self.right]))
        inside = np.linalg.svd(span.T @ self.apply(span.T).T, compute_uv=False)
        return inside if span.shape[1] == span.shape[0] else np.append(inside, 1.0)


@dataclass(frozen=True)
class PerLayer:
    """Each weight matrix multiplied from the left, W_l' = M_l W_l, M_l [out, out]."""

    layers: tuple[LinearMap, ...]
    shapes: tuple[tuple[int, int], ...]

    @property
    def size(self) -> int:
        return sum(out * fan_in for out, fan_in in self.shapes)

    def apply(self, w: np.ndarray) -> np.ndarray:
        return self._each(w, [layer.apply for layer in self.layers])

    def apply_transpose(self, w: np.ndarray) -> np.ndarray:
        return self._each(w, [layer.apply_transpose for layer in self.layers])

    def solve(self, w: np.ndarray) -> np.ndarray:
        return self._each(w, [layer.solve for layer in self.layers])

    def solve_transpose(self, w: np.ndarray) -> np.ndarray:
        return self._each(w, [layer.solve_transpose for layer in self.layers])

    def singular_values(self) -> np.ndarray:
        return np.concatenate([layer.singular_values() for layer in self.layers])

    def _each(
        self, w: np.ndarray, maps: Sequence[Callable[[np.ndarray], np.ndarray]]
    ) -> np.ndarray:
        ends = np.cumsum([out * fan_in for out, fan_in in self.shapes])
        pieces = []
        for piece, (out, fan_in), mapping in zip(
            np.split(w, ends[:-1], axis=-1), self.shapes, maps, strict=True
        ):
            # A map acts on the last axis; M_l mixes the rows (outputs) of W_l.
            columns = piece.reshape(*w.shape[:-1], out, fan_in).swapaxes(-1, -2)
            pieces.append(mapping(columns).swapaxes(-1, -2).reshape(*w.shape[:-1], -1))
        return np.concatenate(pieces, axis=-1)


def condition_number(linear: LinearMap) -> float:
    """Return the 2-norm condition number of M; infinite for a singular M."""
    values = linear.singular_values()
    return float(values.max() / values.min()) if values.min() > 0 else np.inf


def matrix(linear: LinearMap) -> Float[np.ndarray, "n n"]:
    """Return M itself [n, n] of a map over per-run weight vectors."""
    return linear.apply(np.eye(linear.size)).T


def pull_back_matrix(linear: LinearMap, pull_back: str) -> Float[np.ndarray, "n n"]:
    """Return the matrix [n, n] that carries a step taken in f' back to f.

    `inverse` is the paper's de-transformation M^-1 (Algorithm 1); `transpose` is the
    gradient of the joint loss, M^T. They agree for orthogonal M alone.
    """
    carry = {"inverse": linear.solve, "transpose": linear.apply_transpose}[pull_back]
    return carry(np.eye(linear.size)).T


Family = Callable[[np.random.Generator, Shapes, float], LinearMap]
"""Draws a matrix M for weight matrices of given shapes, at a scale."""


@declare.family
def near_identity(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """I + scale G / sqrt(n), G standard normal."""
    n = _weights(shapes)
    return Dense(np.eye(n) + scale * rng.standard_normal((n, n)) / np.sqrt(n))


@declare.family
def gaussian(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """scale G / sqrt(n), G standard normal."""
    n = _weights(shapes)
    return Dense(scale * rng.standard_normal((n, n)) / np.sqrt(n))


@declare.family
def uniform(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """scale U, entries of U uniform in [0, 1)."""
    n = _weights(shapes)
    return Dense(scale * rng.random((n, n)))


@declare.family
def orthogonal(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """scale Q, Q uniform (Haar) over the orthogonal group."""
    n = _weights(shapes)
    basis, upper = np.linalg.qr(rng.standard_normal((n, n)))
    # Signs of R's diagonal made positive: the QR of a Gaussian matrix is Haar only then.
    return Orthogonal(basis * np.sign(np.diag(upper)), scale)


@declare.family
def diagonal(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """A gain 1 + scale g for each weight, g standard normal."""
    return Diagonal(1 + scale * rng.standard_normal(_weights(shapes)))


@declare.family
def scalar(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """One positive gain exp(scale g) for all weights: the gain control of earlier work."""
    return Diagonal(np.full(_weights(shapes), np.exp(scale * rng.standard_normal())))


@declare.family
def low_rank(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """I + scale L R^T / sqrt(n rank): as far from I as near_identity, in LOW_RANK directions."""
    n = _weights(shapes)
    left, right = rng.standard_normal((2, n, LOW_RANK))
    return LowRankPlusIdentity(scale / np.sqrt(n * LOW_RANK) * left, right)


@declare.family
def signed_permutation(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """A random permutation with random signs; its scale is 1."""
    n = _weights(shapes)
    return SignedPermutation(rng.permutation(n), rng.choice([-1.0, 1.0], n))


@declare.family
def per_layer(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """near_identity for each layer, over its outputs: W_l' = M_l W_l."""
    return _each_layer(near_identity, rng, shapes, scale)


@declare.family
def per_layer_orthogonal(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """orthogonal for each layer, over its outputs."""
    return _each_layer(orthogonal, rng, shapes, scale)


@declare.family
def per_layer_signed_permutation(
    rng: np.random.Generator, shapes: Shapes, scale: float
) -> LinearMap:
    """signed_permutation for each layer, over its outputs."""
    return _each_layer(signed_permutation, rng, shapes, scale)


@declare.family
def per_layer_diagonal(rng: np.random.Generator, shapes: Shapes, scale: float) -> LinearMap:
    """diagonal for each layer, over its outputs: a gain for each unit."""
    return _each_layer(diagonal, rng, shapes, scale)


INSTEAD = {
    "near_identity": "per_layer",
    "gaussian": "low_rank",
    "uniform": "diagonal",
    "orthogonal": "per_layer_orthogonal",
}
"""Family that holds a matrix [n, n] -> the family to use instead for many weights."""

DENSE_LIMIT = 4096
"""Largest n of a family that holds a matrix [n, n], which takes 16 n^2 bytes with its factors."""


def draw(rng: np.random.Generator, family: str, shapes: Shapes, scale: float) -> LinearMap:
    """Draw the matrix M of one run for weight matrices of the given shapes.

    Raises
    ------
    NeuroswitchError : no family has the name, it is dense and n is above DENSE_LIMIT, or what it
        returns is no map of n weights
    """
    draw_one: Family = index.get("family", family).load()
    n = _weights(shapes)
    if n > DENSE_LIMIT and _is_dense(draw_one, shapes, scale):
        raise NeuroswitchError(
            f"family {family!r} over {n} weights needs {16 * n**2 / 1e9:.3g} GB for M and its "
            f"factors, and {DENSE_LIMIT} weights are the most it is drawn for; "
            f"use {INSTEAD.get(family, 'per_layer')!r}, whose cost does not grow with n^2"
        )
    drawn = draw_one(rng, shapes, scale)
    if not hasattr(drawn, "solve") or drawn.size != n:
        held: Any = getattr(drawn, "matrix", drawn)
        found = f"{type(drawn).__name__} of shape {np.shape(held)}"
        raise NeuroswitchError(
            f"family {family!r} returned {found}; a network of {n} weights needs a map of as many, "
            f"such as Dense(M) with M of shape {(n, n)}"
        )
    return drawn


def _is_dense(family: Family, shapes: Shapes, scale: float) -> bool:
    """Return whether a family holds a matrix [n, n], as its draw for the smallest layers tells."""
    smallest = family(np.random.default_rng(0), [(1, 1)] * len(shapes), scale)
    return isinstance(smallest, Dense | Orthogonal)


def _each_layer(
    family: Family, rng: np.random.Generator, shapes: Shapes, scale: float
) -> LinearMap:
    layers = tuple(family(rng, [(out, 1)], scale) for out, _ in shapes)
    return PerLayer(layers, tuple(shapes))


def _weights(shapes: Shapes) -> int:
    return sum(out * fan_in for out, fan_in in shapes)
