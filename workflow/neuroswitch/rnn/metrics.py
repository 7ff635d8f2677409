"""What outputs and states are worth: losses, percent correct, ramps, and what states encode.

Leading axes `...` are free: seeds, models, ablations.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

ANGLE_TOLERANCE = np.pi / 10
FIXATION_THRESHOLD = 0.5

RAMP_MONOTONICITY = 0.9
RAMP_RISE = 0.5

SHUFFLES = 20
"""Random orders of labels that a null value is the mean of."""

ROUNDING = 1e-9
"""Relative spread below which slopes are equal."""


def trial_losses(outputs: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return each trial's weighted mean squared error, [..., trials].

    A test trial of Measure-Wait-Go has an interval of its own, so there it is also the loss of
    an interval. Where all trials have the same weights, the mean is the loss of training.

    Parameters
    ----------
    outputs [..., trials, steps, outputs], targets [trials, steps, outputs]
    weights : [trials, steps], not all 0 in a trial
    """
    errors = np.mean((outputs - targets) ** 2, axis=-1)
    losses: np.ndarray = np.sum(weights * errors, axis=-1) / np.sum(weights, axis=-1)
    return losses


def published_angle_error(sine: np.ndarray, cosine: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the absolute error as the authors scored it, in radians, [...]; nan at (0, 0).

    arctan(sine / cosine) of answer and target, neither unfolded nor wrapped: opposite answers
    are the same, and answers on either side of +-pi/2 are pi apart (ambiguity A38).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.abs(np.arctan(sine / cosine) - np.arctan(np.sin(target) / np.cos(target)))


def corrected_angle_error(sine: np.ndarray, cosine: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return the absolute angle between answer and target, in [0, pi], [...]; nan at (0, 0)."""
    difference = np.arctan2(sine, cosine) - target
    wrapped = np.abs((difference + np.pi) % (2 * np.pi) - np.pi)
    return np.where((sine == 0) & (cosine == 0), np.nan, wrapped)


ANGLE_ERRORS = {"published": published_angle_error, "corrected": corrected_angle_error}


def correct(
    outputs: np.ndarray, go: np.ndarray, target: np.ndarray, score: str = "corrected"
) -> np.ndarray:
    """Return which multitask trials are right, bool [..., trials].

    Right: the fixation output is above 0.5 at every step before go, and the angle answered at
    the last step is less than pi / 10 from the target.

    Parameters
    ----------
    outputs : [..., trials, steps, 3]: fixation, sine, cosine
    go : [trials], first step without fixation
    target : [trials], radians
    score : `published` or `corrected`, the angle error

    Raises KeyError for another score.

    Source: paper 2, multitask setting; ambiguity A38.
    """
    waiting = np.arange(outputs.shape[-2]) < go[:, None]
    held = np.all((outputs[..., 0] > FIXATION_THRESHOLD) | ~waiting, axis=-1)
    error = ANGLE_ERRORS[score](outputs[..., -1, 1], outputs[..., -1, 2], target)
    right: np.ndarray = held & (error < ANGLE_TOLERANCE)
    return right


@dataclass(frozen=True)
class Ramp:
    """The rise of an output from go to its peak; each [..., trials].

    slope : between a quarter and three quarters of the rise, per step; 0 where nothing rises
    rise : peak minus the output at go, >= 0
    monotonicity : rise over the total variation up to the peak, 0 to 1; 1 where it never falls
    """

    slope: np.ndarray
    rise: np.ndarray
    monotonicity: np.ndarray

    @property
    def survives(self) -> np.ndarray:
        """Whether it is still a ramp: monotone, and half as high as its target (A39)."""
        return (self.monotonicity >= RAMP_MONOTONICITY) & (self.rise >= RAMP_RISE)


def measure_ramp(outputs: np.ndarray, go: np.ndarray) -> Ramp:
    """Return slope, height and monotonicity of ramps, without use of the interval (A39).

    Parameters
    ----------
    outputs : [..., trials, steps]
    go : [trials], step of the go pulse
    """
    outputs = np.asarray(outputs, float)
    steps = np.arange(outputs.shape[-1])
    start = np.take_along_axis(outputs, np.broadcast_to(go, outputs.shape[:-1])[..., None], -1)
    after = np.where(steps >= go[:, None], outputs, start)
    peak = np.argmax(after, axis=-1)
    rise = np.max(after, axis=-1) - start[..., 0]
    # Up to the peak only: what an output does later is no part of the ramp.
    variation = np.sum(np.abs(np.diff(after)) * (steps[1:] <= peak[..., None]), axis=-1)
    duration = _crossing(after, start[..., 0] + 0.75 * rise) - _crossing(
        after, start[..., 0] + 0.25 * rise
    )
    rises = duration > 0
    return Ramp(
        np.divide(0.5 * rise, duration, out=np.zeros_like(rise), where=rises),
        rise,
        np.divide(rise, variation, out=np.zeros_like(rise), where=rises),
    )


def steps_until(outputs: np.ndarray, go: np.ndarray, level: float) -> np.ndarray:
    """Return the whole steps from go to the first output at a level or above, [..., trials].

    NaN where it never is. An output that is there at go already has 0.

    Parameters
    ----------
    outputs : [..., trials, steps]
    go : [trials], step of the go pulse
    """
    reached = (outputs >= level) & (np.arange(outputs.shape[-1]) >= go[:, None])
    steps: np.ndarray = np.where(reached.any(axis=-1), np.argmax(reached, axis=-1) - go, np.nan)
    return steps


def slope_correlation(slope: np.ndarray, interval: np.ndarray) -> np.ndarray:
    """Return the Pearson correlation [...] of slopes [..., trials] and intervals [trials].

    0 where all slopes are equal, up to rounding; about -0.98 for perfect ramps of trained
    intervals, whose slope is 1 / interval.
    """
    x = slope - slope.mean(axis=-1, keepdims=True)
    y = interval - interval.mean()
    spread = np.linalg.norm(x, axis=-1)
    differ = spread > ROUNDING * np.linalg.norm(slope, axis=-1)
    scale = spread * np.linalg.norm(y)
    return np.divide(x @ y, scale, out=np.zeros_like(scale), where=differ)


def principal_components(states: np.ndarray, count: int) -> np.ndarray:
    """Return coordinates [samples, count] of states [samples, units] on their first PCs.

    There are no more PCs than samples or units; coordinates on further ones are 0.
    """
    there = min(count, *states.shape)
    coordinates: np.ndarray = PCA(there, svd_solver="full").fit_transform(states)
    return np.pad(coordinates, ((0, 0), (0, count - there)))


def angle_r2(points: np.ndarray, angle: np.ndarray) -> float:
    """Return the share of the variance of (cos, sin) of an angle that points explain linearly.

    Parameters
    ----------
    points : [samples, dimensions], for example two PCs; more samples than dimensions + 1
    angle : [samples], radians, not all equal
    """
    return linear_r2(points, np.column_stack([np.cos(angle), np.sin(angle)]))


def linear_r2(points: np.ndarray, values: np.ndarray) -> float:
    """Return the share of the variance of values that points explain linearly, 0 to 1.

    Parameters
    ----------
    points : [samples, dimensions], more samples than dimensions + 1
    values : [samples] or [samples, columns], not all equal
    """
    centred = values - values.mean(axis=0)
    predictors = points - points.mean(axis=0)
    coefficients = np.linalg.lstsq(predictors, centred, rcond=None)[0]
    return float(1 - np.sum((centred - predictors @ coefficients) ** 2) / np.sum(centred**2))


def flip_accuracy(coordinates: np.ndarray, group: np.ndarray, angle: np.ndarray) -> float:
    """Return how often the sign of the best coordinate tells two groups apart, 0.5 to 1.

    The sign flips at an angle phi and half a turn on: a group has one sign for angles in
    [phi, phi + pi) and the other one elsewhere. Phi is free, the best in steps of 5 degrees, and so
    is the coordinate; the accuracy is balanced.

    Parameters
    ----------
    coordinates : [samples, coordinates], for example PCs
    group : bool [samples], for example anti; both groups occur
    angle : [samples], radians

    Raises ValueError where all samples are of one group.

    Source: paper 2, Figure 4D; general rebuttal, Figure E; ambiguity A57.
    """
    accuracies = []
    for phi in np.radians(np.arange(0, 180, 5)):
        flipped = np.where((angle - phi) % (2 * np.pi) < np.pi, 1.0, -1.0)
        accuracies.append(sign_accuracy(coordinates * flipped[:, None], group))
    return float(np.max(accuracies))


def sign_accuracy(
    coordinates: np.ndarray, group: np.ndarray, strata: np.ndarray | None = None
) -> np.ndarray:
    """Return how often the sign of one coordinate tells two groups apart, [coordinates], >= 0.5.

    The balanced accuracy of the better polarity; a coordinate of exactly 0 counts half.

    Parameters
    ----------
    coordinates : [samples, coordinates], for example PCs
    group : bool [samples], for example anti; both groups occur in every stratum
    strata : [samples], each with a polarity of its own, and accuracies averaged; `theta >= pi`
        is the paper's reading (ambiguity A40)

    Raises ValueError where a stratum holds one group only.
    """
    if strata is not None:
        parts = [strata == stratum for stratum in np.unique(strata)]
        return np.mean([sign_accuracy(coordinates[p], group[p]) for p in parts], axis=0)
    if group.all() or not group.any():
        raise ValueError("need samples of both groups; found one group only")
    signs = np.sign(coordinates)
    difference = signs[group].mean(axis=0) - signs[~group].mean(axis=0)
    accuracy: np.ndarray = 0.5 + np.abs(difference) / 4
    return accuracy


def silhouette(states: np.ndarray, group: np.ndarray) -> float:
    """Return the mean silhouette, -1 to 1, of states [samples, units] by group [samples] (A41)."""
    return float(silhouette_score(states, group))


def shuffled(
    measure: Callable[[np.ndarray], float], labels: np.ndarray, rng: np.random.Generator
) -> float:
    """Return the mean of a measure over SHUFFLES random orders of the labels [samples].

    It is what the measure is where states and labels have nothing to do with one another.
    """
    return float(np.mean([measure(rng.permutation(labels)) for _ in range(SHUFFLES)]))


def rank_correlation(coordinate: np.ndarray, value: np.ndarray) -> float:
    """Return Spearman's correlation, without its sign, which a PC has by convention only."""
    return float(abs(spearmanr(coordinate, value).statistic))


def _crossing(outputs: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return when outputs [..., steps] first reach levels [...], by linear interpolation."""
    reached = outputs >= level[..., None]
    step = np.maximum(np.argmax(reached, axis=-1), 1)
    before, at = (
        np.take_along_axis(outputs, index[..., None], -1)[..., 0] for index in (step - 1, step)
    )
    fraction = np.divide(level - before, at - before, out=np.zeros_like(level), where=at != before)
    crossing: np.ndarray = step - 1 + fraction
    return crossing
