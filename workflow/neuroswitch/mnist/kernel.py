"""The compiled training of a small convolutional network, on one thread.

Convolution 3 x 3 (1 + channels -> 8), ReLU, max pooling 2 x 2, convolution 3 x 3 (8 -> 16), ReLU,
max pooling 2 x 2, linear 784 + bits -> hidden, ReLU, linear hidden -> outputs, softmax
cross-entropy. What a network is told of its task, its contexts, are bits beside the features or
constant channels beside the image.

Images are taken one by one. Channels come last, and the compiler makes vectors of the loops over
them. The four sums of a pool, a and b above, c and d below, are kept in four arrays, so that each
weight is loaded once for four pixels. Reals are float32 or float64, and all arrays C-contiguous.
Nothing here checks a bound: `networks` does, and is the way in.
"""

# mypy: ignore-errors

import math
from collections import namedtuple

import numpy as np

from neuroswitch.compilation import compiled, disjoint, named

SIDE = 28
CHANNELS_1 = 8
CHANNELS_2 = 16
POOLS_1 = 14
POOLS_2 = 7
FEATURES = POOLS_2 * POOLS_2 * CHANNELS_2
INSIDE = POOLS_1 * CHANNELS_1  # numbers in a row of what the first convolution is pooled to
PIXELS = POOLS_1 * INSIDE  # and in all rows
ROW = INSIDE + 2 * CHANNELS_1  # the same with the border that the second sees

Architecture = namedtuple("Architecture", "hidden bits channels outputs")
Architecture.__doc__ = """Sizes of a network: units of the hidden layer, contexts that join the
features, contexts that are constant channels beside the image, and output units."""

Parameters = namedtuple(
    "Parameters",
    "conv1_weight conv1_bias conv2_weight conv2_bias "
    "fc1_weight fc1_context fc1_bias fc2_weight fc2_bias",
)


@compiled
def split(vector, architecture):
    """View the parameter vector as `Parameters`.

    `conv1_weight (1 + channels, rows, columns, channels_1)`, the image first,
    `conv2_weight (channels_2, rows, columns, channels_1)`,
    `fc1_weight (hidden, features)`, `fc1_context (hidden, bits)`,
    `fc2_weight (outputs, hidden)`; features are channels last.
    """
    hidden, bits, channels, outputs = architecture
    conv1_bias = 9 * CHANNELS_1 * (1 + channels)
    conv2_weight = conv1_bias + CHANNELS_1
    conv2_bias = conv2_weight + 9 * CHANNELS_1 * CHANNELS_2
    fc1_weight = conv2_bias + CHANNELS_2
    fc1_context = fc1_weight + hidden * FEATURES
    fc1_bias = fc1_context + hidden * bits
    fc2_weight = fc1_bias + hidden
    fc2_bias = fc2_weight + outputs * hidden
    return Parameters(
        vector[:conv1_bias].reshape(1 + channels, 3, 3, CHANNELS_1),
        vector[conv1_bias:conv2_weight],
        vector[conv2_weight:conv2_bias].reshape(CHANNELS_2, 3, 3, CHANNELS_1),
        vector[conv2_bias:fc1_weight],
        vector[fc1_weight:fc1_context].reshape(hidden, FEATURES),
        vector[fc1_context:fc1_bias].reshape(hidden, bits),
        vector[fc1_bias:fc2_weight],
        vector[fc2_weight:fc2_bias].reshape(outputs, hidden),
        vector[fc2_bias : fc2_bias + outputs],
    )


# Layers, forward


@disjoint
def start_sums(biases, sums):
    """Set each of four sums to the bias of its channel."""
    a, b, c, d = sums
    for k in range(len(biases)):
        a[k] = b[k] = c[k] = d[k] = biases[k]


def convolution(pools, channels):
    """Return the compiled convolution to `channels`, pooled to `pools` x `pools`."""

    @disjoint
    @named(f"convolve_to_{channels}")
    def convolve(inputs, weight, sums):
        """Add to four `sums (pools * pools * channels,)`, one for each pixel of a pool.

        `inputs (2 pools + 2, 2 pools + 2, planes)`, `weight (planes, 3, 3, channels)`. Eight
        channels at a time leave room for the weights in the registers of every processor.
        """
        a, b, c, d = sums
        for plane in range(len(weight)):
            for first in range(0, channels, 8):
                for row in range(pools):
                    for column in range(pools):
                        y, x = 2 * row, 2 * column
                        at = channels * (pools * row + column) + first
                        for k in range(8):
                            sum_a, sum_b, sum_c, sum_d = a[at + k], b[at + k], c[at + k], d[at + k]
                            for i in range(3):
                                for j in range(3):
                                    tap = weight[plane, i, j, first + k]
                                    sum_a += tap * inputs[y + i, x + j, plane]
                                    sum_b += tap * inputs[y + i, x + j + 1, plane]
                                    sum_c += tap * inputs[y + i + 1, x + j, plane]
                                    sum_d += tap * inputs[y + i + 1, x + j + 1, plane]
                            a[at + k], b[at + k], c[at + k], d[at + k] = sum_a, sum_b, sum_c, sum_d

    return convolve


convolve_1 = convolution(POOLS_1, CHANNELS_1)
convolve_2 = convolution(POOLS_2, CHANNELS_2)


@disjoint
def pool_relu(sums, pooled, winner):
    """Fill `pooled` with the largest of four sums or zero, `winner` with which it is, 0 to 3."""
    a, b, c, d = sums
    zero = pooled.dtype.type(0)
    for k in range(len(pooled)):
        best, place = a[k], 0
        if b[k] > best:
            best, place = b[k], 1
        if c[k] > best:
            best, place = c[k], 2
        if d[k] > best:
            best, place = d[k], 3
        pooled[k] = best if best > zero else zero
        winner[k] = place


@disjoint
def add_product(weight, features, parts, sums):
    """Add `weight (n, 784)` times `features (784,)` to `sums (n,)`; `parts (112,)` is scratch.

    The order of additions is the same whatever the width of the processor's vectors.
    """
    for n in range(len(sums)):
        for k in range(INSIDE):
            part = weight[n, k] * features[k]
            for first in range(INSIDE, FEATURES, INSIDE):
                part += weight[n, first + k] * features[first + k]
            parts[k] = part
        for k in range(16):
            part = parts[k]
            for first in range(16, INSIDE, 16):
                part += parts[first + k]
            sums[n] += part


# Layers, backward


@disjoint
def add_hidden_gradient(features, slope, weight, gradient, feature_slope):
    """Add to `gradient (hidden, 784)`; fill `feature_slope (784,)` from `slope (hidden,)`."""
    feature_slope[:] = 0
    for n in range(len(slope)):
        if slope[n] != 0:
            for k in range(FEATURES):
                gradient[n, k] += slope[n] * features[k]
                feature_slope[k] += slope[n] * weight[n, k]


@disjoint
def list_alive(features, alive):
    """Fill `alive` with where `features` are above zero, and return how many are.

    A list costs less than the mispredicted branches of testing each feature where it is used.
    """
    count = 0
    for k in range(len(features)):
        alive[count] = k
        count += features[k] > 0
    return count


@disjoint
def add_gradient_2(pixels, weight, alive, slope, winner, gradient, bias_gradient, pixel_slope):
    """Go back through the second convolution, from the features `alive (n,)` alone.

    Only the window of the winner of a pool has a gradient: a quarter of all, and fewer with ReLU.
    `pixels (2048,)`, `weight (16, 3, 24)`, `slope (784,)`, `winner (784,)`. Add to
    `gradient (16, 3, 24)` and `bias_gradient (16,)`; fill `pixel_slope (2048,)`.
    """
    pixel_slope[:] = 0
    for feature in alive:
        scale, place = slope[feature], winner[feature]
        pool, channel = feature // CHANNELS_2, feature % CHANNELS_2
        y = 2 * (pool // POOLS_2) + (place >> 1)
        x = 2 * (pool % POOLS_2) + (place & 1)
        first = y * ROW + x * CHANNELS_1
        bias_gradient[channel] += scale
        for i in range(3):
            for k in range(3 * CHANNELS_1):
                gradient[channel, i, k] += scale * pixels[first + i * ROW + k]
                pixel_slope[first + i * ROW + k] += scale * weight[channel, i, k]


@disjoint
def unpool_relu(pixels, slope, winner, sums, totals):
    """Go back from `slope (2048,)` to four sums: the winner's, where `pixels (2048,)` are alive.

    Fill `totals (112,)` with sums over rows.
    """
    a, b, c, d = sums
    totals[:] = 0
    zero = slope.dtype.type(0)
    for row in range(POOLS_1):
        for k in range(INSIDE):
            at, padded = row * INSIDE + k, (row + 1) * ROW + CHANNELS_1 + k
            scale = slope[padded] if pixels[padded] > zero else zero
            totals[k] += scale
            a[at] = scale if winner[at] == 0 else zero
            b[at] = scale if winner[at] == 1 else zero
            c[at] = scale if winner[at] == 2 else zero
            d[at] = scale if winner[at] == 3 else zero


@disjoint
def add_gradient_1(inputs, left, right, gradient):
    """Add to `gradient (planes, 3, 3, 8)` what two neighbouring sums of all pools contribute.

    `left` and `right (1568,)` are their slopes, `inputs (rows, 30, planes)` begin with their row.
    """
    for plane in range(len(gradient)):
        for i in range(3):
            for j in range(3):
                for row in range(POOLS_1):
                    for k in range(CHANNELS_1):
                        at = row * INSIDE + k
                        sum_left = sum_right = gradient.dtype.type(0)
                        for x in range(POOLS_1):
                            scale = left[at + x * CHANNELS_1]
                            sum_left += scale * inputs[2 * row + i, 2 * x + j, plane]
                            scale = right[at + x * CHANNELS_1]
                            sum_right += scale * inputs[2 * row + i, 2 * x + j + 1, plane]
                        gradient[plane, i, j, k] += sum_left + sum_right


# The whole network

Workspace = namedtuple(
    "Workspace",
    "taps biases_1 biases_2 inputs sums_1 pooled winner_1 pixels pixel_slope sums_2 features "
    "winner_2 slope alive parts hidden hidden_slope logits",
)


@compiled
def make_workspace(p):
    """Return arrays for the activations and gradients of an image, and what they start from."""
    dtype = p.fc1_bias.dtype
    taps = np.empty((CHANNELS_1, 3, 3, CHANNELS_2), dtype)
    for k in range(CHANNELS_2):
        for plane in range(CHANNELS_1):
            taps[plane, :, :, k] = p.conv2_weight[k, :, :, plane]
    biases_1, biases_2 = np.empty(PIXELS, dtype), np.empty(FEATURES, dtype)
    biases_1.reshape(-1, CHANNELS_1)[:] = p.conv1_bias
    biases_2.reshape(-1, CHANNELS_2)[:] = p.conv2_bias
    four_1, four_2 = np.empty((4, PIXELS), dtype), np.empty((4, FEATURES), dtype)
    return Workspace(
        taps=taps,
        biases_1=biases_1,
        biases_2=biases_2,
        inputs=np.zeros((SIDE + 2, SIDE + 2, len(p.conv1_weight)), dtype),
        sums_1=(four_1[0], four_1[1], four_1[2], four_1[3]),
        pooled=np.empty(PIXELS, dtype),
        winner_1=np.empty(PIXELS, np.uint32),
        pixels=np.zeros((POOLS_1 + 2) * ROW, dtype),
        pixel_slope=np.empty((POOLS_1 + 2) * ROW, dtype),
        sums_2=(four_2[0], four_2[1], four_2[2], four_2[3]),
        features=np.empty(FEATURES, dtype),
        winner_2=np.empty(FEATURES, np.uint32),
        slope=np.empty(FEATURES, dtype),
        alive=np.empty(FEATURES + 1, np.uint32),
        parts=np.empty(INSIDE, dtype),
        hidden=np.empty_like(p.fc1_bias),
        hidden_slope=np.empty_like(p.fc1_bias),
        logits=np.empty_like(p.fc2_bias),
    )


@compiled
def forward(p, image, context, w):
    """Compute `logits (outputs,)` from `image (28, 28)` and `context (bits + channels,)`."""
    bits = p.fc1_context.shape[1]
    for y in range(SIDE):
        for x in range(SIDE):
            w.inputs[y + 1, x + 1, 0] = image[y, x]
    for plane in range(1, len(p.conv1_weight)):
        w.inputs[1:-1, 1:-1, plane] = context[bits + plane - 1]
    start_sums(w.biases_1, w.sums_1)
    convolve_1(w.inputs, p.conv1_weight, w.sums_1)
    pool_relu(w.sums_1, w.pooled, w.winner_1)
    for y in range(POOLS_1):
        for k in range(INSIDE):
            w.pixels[(y + 1) * ROW + CHANNELS_1 + k] = w.pooled[y * INSIDE + k]
    start_sums(w.biases_2, w.sums_2)
    convolve_2(w.pixels.reshape(POOLS_1 + 2, -1, CHANNELS_1), w.taps, w.sums_2)
    pool_relu(w.sums_2, w.features, w.winner_2)
    for n in range(len(w.hidden)):
        w.hidden[n] = p.fc1_bias[n]
        for k in range(bits):
            w.hidden[n] += context[k] * p.fc1_context[n, k]
    add_product(p.fc1_weight, w.features, w.parts, w.hidden)
    for label in range(len(w.logits)):
        w.logits[label] = p.fc2_bias[label]
    for n in range(len(w.hidden)):
        w.hidden[n] = max(w.hidden[n], 0)
        for label in range(len(w.logits)):
            w.logits[label] += p.fc2_weight[label, n] * w.hidden[n]


@compiled
def softmax_cross_entropy(logits, label):
    """Return the loss, and turn `logits (outputs,)` into its gradient."""
    largest = logits.max()
    shifted = logits[label] - largest
    norm = logits.dtype.type(0)
    for k in range(len(logits)):
        logits[k] = math.exp(logits[k] - largest)
        norm += logits[k]
    for k in range(len(logits)):
        logits[k] /= norm
    logits[label] -= 1
    return math.log(norm) - shifted


@compiled
def backward(p, context, g, w):
    """Add to the gradients `g` those of an image, whose `logits (outputs,)` are gradients now."""
    w.hidden_slope[:] = 0
    for label in range(len(w.logits)):
        g.fc2_bias[label] += w.logits[label]
        for n in range(len(w.hidden)):
            g.fc2_weight[label, n] += w.logits[label] * w.hidden[n]
            w.hidden_slope[n] += w.logits[label] * p.fc2_weight[label, n]
    for n in range(len(w.hidden)):
        if w.hidden[n] == 0:
            w.hidden_slope[n] = 0
        g.fc1_bias[n] += w.hidden_slope[n]
        for k in range(p.fc1_context.shape[1]):
            g.fc1_context[n, k] += context[k] * w.hidden_slope[n]
    if not w.hidden_slope.any():
        return  # all below have none either
    add_hidden_gradient(w.features, w.hidden_slope, p.fc1_weight, g.fc1_weight, w.slope)
    alive = w.alive[: list_alive(w.features, w.alive)]
    weight = p.conv2_weight.reshape(CHANNELS_2, 3, -1)
    gradient = g.conv2_weight.reshape(CHANNELS_2, 3, -1)
    add_gradient_2(
        w.pixels, weight, alive, w.slope, w.winner_2, gradient, g.conv2_bias, w.pixel_slope
    )
    unpool_relu(w.pixels, w.pixel_slope, w.winner_1, w.sums_1, w.parts)
    for k in range(INSIDE):
        g.conv1_bias[k % CHANNELS_1] += w.parts[k]
    a, b, c, d = w.sums_1
    add_gradient_1(w.inputs, a, b, g.conv1_weight)
    add_gradient_1(w.inputs[1:], c, d, g.conv1_weight)


@compiled
def batch_gradient(vector, images, contexts, labels, batch, architecture, gradient):
    """Return the mean loss over `batch (images,)`, and fill `gradient (parameters,)`.

    `vector (parameters,)`, `images (all images, 28, 28)`,
    `contexts (all images, bits + channels)`, `labels (all images,)`.
    """
    gradient[:] = 0
    p = split(vector, architecture)
    g = split(gradient, architecture)
    w = make_workspace(p)
    loss = 0.0
    for image in batch:
        forward(p, images[image], contexts[image], w)
        loss += softmax_cross_entropy(w.logits, labels[image])
        for k in range(len(w.logits)):
            w.logits[k] /= len(batch)
        backward(p, contexts[image], g, w)
    return loss / len(batch)


@compiled
def train(
    vector, velocity, images, contexts, labels, order, bounds, architecture, learning_rate, momentum
):
    """Take a step of gradient descent with momentum on each minibatch, in place.

    The velocity becomes `momentum` times itself plus the gradient, and the step is the learning
    rate times the velocity, downhill.

    Minibatch k is `order[bounds[k] : bounds[k + 1]]`. Return `losses (minibatches,)`, the mean
    loss of each before its step. A loss that is not finite is the last, and takes no step.

    `vector (parameters,)`, `velocity (parameters,)`, `order (images,)`,
    `bounds (minibatches + 1,)`.
    """
    rate, kept = vector.dtype.type(learning_rate), vector.dtype.type(momentum)
    losses, gradient = np.empty(len(bounds) - 1), np.empty_like(vector)
    for step in range(len(losses)):
        batch = order[bounds[step] : bounds[step + 1]]
        losses[step] = batch_gradient(
            vector, images, contexts, labels, batch, architecture, gradient
        )
        if not np.isfinite(losses[step]):
            return losses[: step + 1]
        for k in range(len(vector)):
            velocity[k] = kept * velocity[k] + gradient[k]
            vector[k] -= rate * velocity[k]
    return losses


@compiled
def predict(vector, images, contexts, architecture):
    """Return the most likely class of every image, `(images,)`.

    `vector (parameters,)`, `images (images, 28, 28)`, `contexts (images, bits + channels)`.
    """
    p = split(vector, architecture)
    w = make_workspace(p)
    classes = np.empty(len(images), np.int64)
    for image in range(len(images)):
        forward(p, images[image], contexts[image], w)
        classes[image] = w.logits.argmax()
    return classes
