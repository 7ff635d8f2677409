"""A set of images: each digit is a bright row, whose height tells it, in noise."""

import numpy as np

from neuroswitch import declare
from neuroswitch.mnist.data import Digits


@declare.image_set
def bars(folder):
    """Return 2000 images to train on and 500 to test on; they need no files."""
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 10, 2500)
    images = rng.uniform(0, 0.5, (2500, 28, 28)).astype(np.float32)
    images[np.arange(2500), 2 * digits + 4] = 1
    everything = Digits(images, digits)
    return everything[:2000], everything[2000:]
