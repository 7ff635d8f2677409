"""A family of matrices M: the weights are reflected at a random plane, which is its own inverse."""

import numpy as np

from neuroswitch import declare
from neuroswitch.modulation import Dense


@declare.family
def reflection(rng, shapes, scale):
    """Reflect at a plane through the origin; there is no scale to choose."""
    normal = rng.standard_normal(sum(outputs * inputs for outputs, inputs in shapes))
    return Dense(np.eye(len(normal)) - 2 * np.outer(normal, normal) / (normal @ normal))
