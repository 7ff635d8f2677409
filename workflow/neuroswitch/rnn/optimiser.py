"""AdamW on a parameter vector, with gradients clipped one by one."""

import numpy as np

from neuroswitch.compilation import compiled

FIRST_DECAY, SECOND_DECAY = 0.9, 0.999


@compiled
def update(vector, gradient, first, second, steps, trained, rate, clip, decay, epsilon):  # type: ignore[no-untyped-def]
    """Take one step in place.

    vector, gradient, first, second [parameters] : first and second are Adam's moments
    steps : steps taken since the moments were 0, this one included
    trained [parameters] : the others stay as they are, decay included
    clip : largest absolute value of a gradient

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), Algorithm 2.
    """
    first_share = 1 - FIRST_DECAY**steps
    second_share = 1 - SECOND_DECAY**steps
    for i in range(len(vector)):
        if trained[i]:
            g = gradient[i]
            g = clip if g > clip else g
            g = -clip if g < -clip else g
            m = FIRST_DECAY * first[i] + (1 - FIRST_DECAY) * g
            v = SECOND_DECAY * second[i] + (1 - SECOND_DECAY) * g * g
            first[i] = m
            second[i] = v
            step = (m / first_share) / (np.sqrt(v / second_share) + epsilon)
            vector[i] -= rate * (step + decay * vector[i])
