"""The compiled training of a small convolutional network, on one thread.

Convolution 3 x 3 (1 + channels -> 8), ReLU, max pooling 2 x 2, convolution 3 x 3 (8 -> 16), ReLU,
max pooling 2 x 2, linear 784 + bits -> hidden, ReLU, linear hidden -> outputs, softmax
cross-entropy. What a network is told of its task, its contexts, are bits beside the features or
constant channels beside the image.

Channels are the vector lanes: activations are stored channels last, 8 after the first
convolution and 16 after the second. The backward pass visits the winners of the max pooling
only, a quarter of the positions, because the gradient is zero everywhere else.

All parameters live in one vector, laid out by `split`. Arrays of reals are C-contiguous and of
one type, float32 or float64. The loads and stores check neither that nor any bound:
`networks` does, and is the way in.
"""

# mypy: ignore-errors

import math
from collections import namedtuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from neuroswitch.compilation import compiled

SIDE = 28
CHANNELS_1 = 8
CHANNELS_2 = 16
POOLED_1 = 14
POOLED_2 = 7
FEATURES = POOLED_2 * POOLED_2 * CHANNELS_2
PIXEL_ROW = 16 * CHANNELS_1
BLOCK = 32

# Vectors of lanes


class Vector(types.Type):
    """Numba type of a SIMD register of equal scalars."""

    def __init__(self, dtype, lanes):
        self.dtype = dtype
        self.lanes = lanes
        super().__init__(name=f"Vector({dtype}, {lanes})")


@register_model(Vector)
class VectorModel(models.PrimitiveModel):
    """Represent a `Vector` as an LLVM vector."""

    def __init__(self, manager, vector):
        scalar = manager.lookup(vector.dtype).get_value_type()
        super().__init__(manager, vector, ir.VectorType(scalar, vector.lanes))


def element_pointer(context, builder, array_type, array, index_type, index):
    """Return a pointer to one element, without bounds or sign checks."""
    array = context.make_array(array_type)(context, builder, array)
    indices = [
        context.cast(builder, value, kind, types.intp)
        for value, kind in zip(cgutils.unpack_tuple(builder, index), index_type, strict=True)
    ]
    return cgutils.get_item_pointer(context, builder, array_type, array, indices, wraparound=False)


def splat(builder, scalar, lanes):
    """Return an LLVM vector with `scalar` in every lane."""
    vector = ir.VectorType(scalar.type, lanes)
    one = builder.insert_element(
        ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0)
    )
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
    return builder.shuffle_vector(one, one, zeros)


def make_load(lanes):
    """Return an intrinsic that loads `lanes` contiguous elements."""

    @intrinsic
    def load(typing_context, array, index):
        vector = Vector(array.dtype, lanes)

        def generate(context, builder, signature, arguments):
            pointer = element_pointer(context, builder, array, arguments[0], index, arguments[1])
            data = context.get_value_type(vector)
            size = context.get_abi_sizeof(data.element)
            return builder.load(builder.bitcast(pointer, data.as_pointer()), align=size)

        return vector(array, index), generate

    return load


def make_broadcast(lanes):
    """Return an intrinsic that copies one element into `lanes` lanes."""

    @intrinsic
    def broadcast(typing_context, array, index):
        def generate(context, builder, signature, arguments):
            pointer = element_pointer(context, builder, array, arguments[0], index, arguments[1])
            return splat(builder, builder.load(pointer), lanes)

        return Vector(array.dtype, lanes)(array, index), generate

    return broadcast


def make_fill(lanes):
    """Return an intrinsic that copies a scalar into `lanes` lanes."""

    @intrinsic
    def fill(typing_context, scalar):
        def generate(context, builder, signature, arguments):
            return splat(builder, arguments[0], lanes)

        return Vector(scalar, lanes)(scalar), generate

    return fill


load8, load16 = make_load(8), make_load(16)
broadcast8, broadcast16 = make_broadcast(8), make_broadcast(16)
fill8, fill16 = make_fill(8), make_fill(16)


@intrinsic
def store(typing_context, array, index, vector):
    """Store the lanes of `vector` from `array[index]` on."""

    def generate(context, builder, signature, arguments):
        pointer = element_pointer(context, builder, array, arguments[0], index, arguments[1])
        data = arguments[2].type
        size = context.get_abi_sizeof(data.element)
        builder.store(arguments[2], builder.bitcast(pointer, data.as_pointer()), align=size)
        return context.get_dummy_value()

    return types.void(array, index, vector), generate


@intrinsic
def fma(typing_context, factor, other, addend):
    """Return `factor * other + addend`, rounded once, lane by lane."""

    def generate(context, builder, signature, arguments):
        name = f"llvm.fma.v{addend.lanes}f{addend.dtype.bitwidth}"
        data = arguments[2].type
        function = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(data, [data] * 3), name
        )
        return builder.call(function, arguments)

    return addend(factor, other, addend), generate


@intrinsic
def where_greater(typing_context, left, right, chosen, otherwise):
    """Return `chosen` in the lanes where `left > right`, else `otherwise`."""

    def generate(context, builder, signature, arguments):
        condition = builder.fcmp_ordered(">", arguments[0], arguments[1])
        return builder.select(condition, arguments[2], arguments[3])

    return chosen(left, right, chosen, otherwise), generate


@intrinsic
def where_equal(typing_context, left, right, chosen, otherwise):
    """Return `chosen` in the lanes where integers are equal, else `otherwise`."""

    def generate(context, builder, signature, arguments):
        condition = builder.icmp_signed("==", arguments[0], arguments[1])
        return builder.select(condition, arguments[2], arguments[3])

    return chosen(left, right, chosen, otherwise), generate


@intrinsic
def total(typing_context, vector):
    """Return the sum of all lanes, added pairwise."""

    def generate(context, builder, signature, arguments):
        value = arguments[0]
        lanes = vector.lanes
        while lanes > 1:
            lanes //= 2
            halves = [
                builder.shuffle_vector(
                    value,
                    value,
                    ir.Constant(
                        ir.VectorType(ir.IntType(32), lanes),
                        list(range(start, start + lanes)),
                    ),
                )
                for start in (0, lanes)
            ]
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return vector.dtype(vector), generate


# Parameters

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


# Convolutions, forward


@compiled
def pad_image(image, padded):
    """Copy `image (28, 28)` inside the zero border of `padded (30, 30)`.

    Each row is two vectors of 16, which overlap.
    """
    for row in range(SIDE):
        store(padded, (row + 1, 1), load16(image, (row, 0)))
        store(padded, (row + 1, SIDE - 15), load16(image, (row, SIDE - 16)))


@compiled
def max_of_four(a, b, c, d, index_a, index_b, index_c, index_d):
    """Return the largest of four vectors and the index of the first largest."""
    index = where_greater(b, a, index_b, index_a)
    best = where_greater(b, a, b, a)
    index = where_greater(c, best, index_c, index)
    best = where_greater(c, best, c, best)
    index = where_greater(d, best, index_d, index)
    best = where_greater(d, best, d, best)
    return best, index


@compiled
def conv1_forward(padded, weight, bias, pixels, winner):
    """Convolve, pool and rectify one image with its constant channels.

    `padded (1 + channels, 30, 30)`, `weight (1 + channels, 3, 3, 8)`, `bias (8,)`.
    Fill the inside of `pixels (16, 16, 8)`, and `winner (14, 14, 8)`:
    which pixel of the 2 x 2, 0 to 3, is the largest.
    """
    zero = fill8(weight.dtype.type(0))
    index_a = fill8(np.int32(0))
    index_b = fill8(np.int32(1))
    index_c = fill8(np.int32(2))
    index_d = fill8(np.int32(3))
    for row in range(POOLED_1):
        for column in range(POOLED_1):
            a = b = c = d = load8(bias, (0,))
            for plane in range(len(padded)):
                for i in range(3):
                    for j in range(3):
                        y, x = 2 * row + i, 2 * column + j
                        tap = load8(weight, (plane, i, j, 0))
                        a = fma(tap, broadcast8(padded, (plane, y, x)), a)
                        b = fma(tap, broadcast8(padded, (plane, y, x + 1)), b)
                        c = fma(tap, broadcast8(padded, (plane, y + 1, x)), c)
                        d = fma(tap, broadcast8(padded, (plane, y + 1, x + 1)), d)
            best, index = max_of_four(a, b, c, d, index_a, index_b, index_c, index_d)
            best = where_greater(best, zero, best, zero)
            store(pixels, (row + 1, column + 1, 0), best)
            store(winner, (row, column, 0), index)


@compiled
def conv2_forward(pixels, weight, bias, features, winner):
    """Convolve, pool and rectify the output of the first convolution.

    `pixels (16, 16, 8)`, `weight (3, 3, 8, 16)`, `bias (16,)`.
    Fill `features (784,)`, and `winner (784,)`:
    where in the flat pixels starts the 3 x 3 window that is the largest.
    """
    zero = fill16(weight.dtype.type(0))
    for row in range(POOLED_2):
        for column in range(POOLED_2):
            a = b = c = d = load16(bias, (0,))
            for i in range(3):
                for j in range(3):
                    y, x = 2 * row + i, 2 * column + j
                    for k in range(CHANNELS_1):
                        tap = load16(weight, (i, j, k, 0))
                        a = fma(tap, broadcast16(pixels, (y, x, k)), a)
                        b = fma(tap, broadcast16(pixels, (y, x + 1, k)), b)
                        c = fma(tap, broadcast16(pixels, (y + 1, x, k)), c)
                        d = fma(tap, broadcast16(pixels, (y + 1, x + 1, k)), d)
            start = 2 * row * PIXEL_ROW + 2 * column * CHANNELS_1
            best, index = max_of_four(
                a,
                b,
                c,
                d,
                fill16(np.int32(start)),
                fill16(np.int32(start + CHANNELS_1)),
                fill16(np.int32(start + PIXEL_ROW)),
                fill16(np.int32(start + PIXEL_ROW + CHANNELS_1)),
            )
            position = (row * POOLED_2 + column) * CHANNELS_2
            best = where_greater(best, zero, best, zero)
            store(features, (position,), best)
            store(winner, (position,), index)


# Convolutions, backward


@compiled
def load_window(rows, start, row_size):
    """Return the nine vectors of a 3 x 3 window of the flat `rows`.

    The window begins at `start`, and its rows are `row_size` apart.
    """
    middle = start + row_size
    last = middle + row_size
    return (
        load8(rows, (start,)),
        load8(rows, (start + 8,)),
        load8(rows, (start + 16,)),
        load8(rows, (middle,)),
        load8(rows, (middle + 8,)),
        load8(rows, (middle + 16,)),
        load8(rows, (last,)),
        load8(rows, (last + 8,)),
        load8(rows, (last + 16,)),
    )


@compiled
def store_window(rows, start, row_size, window):
    """Store nine vectors where `load_window` loads them."""
    middle = start + row_size
    last = middle + row_size
    store(rows, (start,), window[0])
    store(rows, (start + 8,), window[1])
    store(rows, (start + 16,), window[2])
    store(rows, (middle,), window[3])
    store(rows, (middle + 8,), window[4])
    store(rows, (middle + 16,), window[5])
    store(rows, (last,), window[6])
    store(rows, (last + 8,), window[7])
    store(rows, (last + 16,), window[8])


@compiled
def broadcast_window(padded, y, x):
    """Return the nine values of a 3 x 3 window of `padded`, each in 8 lanes."""
    return (
        broadcast8(padded, (y, x)),
        broadcast8(padded, (y, x + 1)),
        broadcast8(padded, (y, x + 2)),
        broadcast8(padded, (y + 1, x)),
        broadcast8(padded, (y + 1, x + 1)),
        broadcast8(padded, (y + 1, x + 2)),
        broadcast8(padded, (y + 2, x)),
        broadcast8(padded, (y + 2, x + 1)),
        broadcast8(padded, (y + 2, x + 2)),
    )


@compiled
def add_scaled(scale, window, sums):
    """Return the nine vectors `scale * window + sums`."""
    return (
        fma(scale, window[0], sums[0]),
        fma(scale, window[1], sums[1]),
        fma(scale, window[2], sums[2]),
        fma(scale, window[3], sums[3]),
        fma(scale, window[4], sums[4]),
        fma(scale, window[5], sums[5]),
        fma(scale, window[6], sums[6]),
        fma(scale, window[7], sums[7]),
        fma(scale, window[8], sums[8]),
    )


@compiled
def relu_backward(features, slope, bias_gradient):
    """Zero `slope (784,)` where `features (784,)` is zero.

    Add what is left to `bias_gradient (16,)`.
    """
    zero = fill16(features.dtype.type(0))
    one = fill16(features.dtype.type(1))
    bias = load16(bias_gradient, (0,))
    for position in range(0, FEATURES, CHANNELS_2):
        alive = where_greater(load16(features, (position,)), zero, load16(slope, (position,)), zero)
        store(slope, (position,), alive)
        bias = fma(alive, one, bias)
    store(bias_gradient, (0,), bias)


@compiled
def list_nonzero(slope, channel, positions):
    """Fill `positions (49,)` with where one channel of `slope (784,)` is nonzero.

    Return how many there are. Listing them first costs less
    than the mispredicted branches of testing each where it is used.
    """
    count = 0
    for position in range(channel, FEATURES, CHANNELS_2):
        positions[count] = position
        count += slope[position] != 0
    return count


@compiled
def conv2_backward(pixels, weight, slope, winner, positions, weight_gradient, pixel_gradient):
    """Add the gradients of the second convolution for one image.

    `pixels (2048,)`, `weight (1152,)`, `slope (784,)`, `winner (784,)`;
    `positions (49,)` is scratch.
    Add to `weight_gradient (1152,)` and to `pixel_gradient (2048,)`.
    """
    for channel in range(CHANNELS_2):
        first = channel * 9 * CHANNELS_1
        taps = load_window(weight, first, 3 * CHANNELS_1)
        sums = load_window(weight_gradient, first, 3 * CHANNELS_1)
        for k in range(list_nonzero(slope, channel, positions)):
            scale = broadcast8(slope, (positions[k],))
            start = winner[positions[k]]
            window = load_window(pixels, start, PIXEL_ROW)
            sums = add_scaled(scale, window, sums)
            window = load_window(pixel_gradient, start, PIXEL_ROW)
            window = add_scaled(scale, taps, window)
            store_window(pixel_gradient, start, PIXEL_ROW, window)
        store_window(weight_gradient, first, 3 * CHANNELS_1, sums)


@compiled
def conv1_relu_backward(pixels, slope, bias_gradient):
    """Zero `slope (16, 16, 8)` where `pixels (16, 16, 8)` is zero.

    Add what is left inside the border to `bias_gradient (8,)`.
    """
    zero = fill8(pixels.dtype.type(0))
    one = fill8(pixels.dtype.type(1))
    bias = load8(bias_gradient, (0,))
    for row in range(1, POOLED_1 + 1):
        for column in range(1, POOLED_1 + 1):
            place = (row, column, 0)
            alive = where_greater(load8(pixels, place), zero, load8(slope, place), zero)
            store(slope, place, alive)
            bias = fma(alive, one, bias)
    store(bias_gradient, (0,), bias)


@compiled
def conv1_backward(padded, slope, winner, weight_gradient):
    """Add the gradient of the first convolution's weights for one plane of one image.

    `padded (30, 30)`, `slope (16, 16, 8)` after its ReLU, `winner (14, 14, 8)`.
    Add to `weight_gradient (72,)`.
    """
    zero = fill8(weight_gradient.dtype.type(0))
    sums = load_window(weight_gradient, 0, 3 * CHANNELS_1)
    for row in range(POOLED_1):
        for column in range(POOLED_1):
            alive = load8(slope, (row + 1, column + 1, 0))
            index = load8(winner, (row, column, 0))
            for offset in range(4):
                scale = where_equal(index, fill8(np.int32(offset)), alive, zero)
                y, x = 2 * row + offset // 2, 2 * column + offset % 2
                sums = add_scaled(scale, broadcast_window(padded, y, x), sums)
    store_window(weight_gradient, 0, 3 * CHANNELS_1, sums)


# Linear layers


@compiled
def hidden_forward(features, contexts, count, p, hidden):
    """Compute `hidden (images, hidden)` from `features (images, 784)`.

    The first `count` rows are images, and `contexts (images, bits)`
    joins their features. Rows up to the next multiple of 4 are overwritten.
    """
    units = len(p.fc1_bias)
    zero = fill16(features.dtype.type(0))
    for first in range(0, count, 4):
        for unit in range(units):
            a = b = c = d = zero
            for k in range(0, FEATURES, 16):
                weight = load16(p.fc1_weight, (unit, k))
                a = fma(weight, load16(features, (first, k)), a)
                b = fma(weight, load16(features, (first + 1, k)), b)
                c = fma(weight, load16(features, (first + 2, k)), c)
                d = fma(weight, load16(features, (first + 3, k)), d)
            hidden[first, unit] = total(a)
            hidden[first + 1, unit] = total(b)
            hidden[first + 2, unit] = total(c)
            hidden[first + 3, unit] = total(d)
    for image in range(count):
        for unit in range(units):
            value = hidden[image, unit] + p.fc1_bias[unit]
            for k in range(contexts.shape[1]):
                value += contexts[image, k] * p.fc1_context[unit, k]
            hidden[image, unit] = max(value, 0)


@compiled
def output_forward(hidden, p, logits):
    """Compute `logits (outputs,)` of one image from `hidden (hidden,)`."""
    for label in range(len(logits)):
        logits[label] = p.fc2_bias[label]
    for unit in range(len(hidden)):
        for label in range(len(logits)):
            logits[label] += p.fc2_weight[label, unit] * hidden[unit]


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
def output_backward(hidden, context, slope, p, gradient, hidden_slope):
    """Add the gradients of both linear layers but `fc1_weight`, for one image.

    `hidden (hidden,)`, `context (bits,)`, `slope (outputs,)`.
    Fill `hidden_slope (hidden,)`.
    """
    for unit in range(len(hidden)):
        hidden_slope[unit] = 0
    for label in range(len(slope)):
        scale = slope[label]
        gradient.fc2_bias[label] += scale
        for unit in range(len(hidden)):
            gradient.fc2_weight[label, unit] += scale * hidden[unit]
            hidden_slope[unit] += scale * p.fc2_weight[label, unit]
    for unit in range(len(hidden)):
        if hidden[unit] == 0:
            hidden_slope[unit] = 0
        gradient.fc1_bias[unit] += hidden_slope[unit]
        for k in range(len(context)):
            gradient.fc1_context[unit, k] += context[k] * hidden_slope[unit]


@compiled
def feature_backward(hidden_slope, weight, count, slope):
    """Fill `slope (images, 784)` from `hidden_slope (images, hidden)`.

    `weight (hidden, 784)`. Rows up to the next multiple of 4 are overwritten.
    """
    zero = fill16(weight.dtype.type(0))
    for first in range(0, count, 4):
        for k in range(0, FEATURES, 16):
            a = b = c = d = zero
            for unit in range(len(weight)):
                row = load16(weight, (unit, k))
                a = fma(row, broadcast16(hidden_slope, (first, unit)), a)
                b = fma(row, broadcast16(hidden_slope, (first + 1, unit)), b)
                c = fma(row, broadcast16(hidden_slope, (first + 2, unit)), c)
                d = fma(row, broadcast16(hidden_slope, (first + 3, unit)), d)
            store(slope, (first, k), a)
            store(slope, (first + 1, k), b)
            store(slope, (first + 2, k), c)
            store(slope, (first + 3, k), d)


@compiled
def hidden_weight_backward(features, hidden_slope, count, gradient):
    """Add to `gradient (hidden, 784)` the gradient of the hidden weights.

    `features (images, 784)`, `hidden_slope (images, hidden)`.
    """
    for k in range(0, FEATURES, 112):
        for unit in range(len(gradient)):
            g0 = load16(gradient, (unit, k))
            g1 = load16(gradient, (unit, k + 16))
            g2 = load16(gradient, (unit, k + 32))
            g3 = load16(gradient, (unit, k + 48))
            g4 = load16(gradient, (unit, k + 64))
            g5 = load16(gradient, (unit, k + 80))
            g6 = load16(gradient, (unit, k + 96))
            for image in range(count):
                scale = broadcast16(hidden_slope, (image, unit))
                g0 = fma(scale, load16(features, (image, k)), g0)
                g1 = fma(scale, load16(features, (image, k + 16)), g1)
                g2 = fma(scale, load16(features, (image, k + 32)), g2)
                g3 = fma(scale, load16(features, (image, k + 48)), g3)
                g4 = fma(scale, load16(features, (image, k + 64)), g4)
                g5 = fma(scale, load16(features, (image, k + 80)), g5)
                g6 = fma(scale, load16(features, (image, k + 96)), g6)
            store(gradient, (unit, k), g0)
            store(gradient, (unit, k + 16), g1)
            store(gradient, (unit, k + 32), g2)
            store(gradient, (unit, k + 48), g3)
            store(gradient, (unit, k + 64), g4)
            store(gradient, (unit, k + 80), g5)
            store(gradient, (unit, k + 96), g6)


# The whole network

Workspace = namedtuple(
    "Workspace",
    "taps padded pixels winner_1 pixel_slope features winner_2 slope "
    "positions contexts hidden hidden_slope logits",
)


@compiled
def make_workspace(architecture, dtype):
    """Return the arrays that hold the activations of a block of images."""
    hidden, bits, channels, outputs = architecture
    return Workspace(
        np.zeros(1152, dtype).reshape(3, 3, CHANNELS_1, CHANNELS_2),
        np.zeros(BLOCK * (1 + channels) * 900, dtype).reshape(BLOCK, 1 + channels, 30, 30),
        np.zeros(BLOCK * 2048, dtype).reshape(BLOCK, 16, 16, CHANNELS_1),
        np.zeros(BLOCK * 1568, np.int32).reshape(BLOCK, POOLED_1, POOLED_1, CHANNELS_1),
        np.zeros(2048, dtype),
        np.zeros(BLOCK * FEATURES, dtype).reshape(BLOCK, FEATURES),
        np.zeros(BLOCK * FEATURES, np.int32).reshape(BLOCK, FEATURES),
        np.zeros(BLOCK * FEATURES, dtype).reshape(BLOCK, FEATURES),
        np.zeros(POOLED_2 * POOLED_2, np.int64),
        np.zeros(BLOCK * bits, dtype).reshape(BLOCK, bits),
        np.zeros(BLOCK * hidden, dtype).reshape(BLOCK, hidden),
        np.zeros(BLOCK * hidden, dtype).reshape(BLOCK, hidden),
        np.zeros(outputs, dtype),
    )


@compiled
def forward(p, images, contexts, block, w):
    """Compute the hidden layer of the images that `block (images,)` indexes.

    `images (all images, 28, 28)`, `contexts (all images, bits + channels)`.
    """
    bits, planes = w.contexts.shape[1], w.padded.shape[1]
    for i in range(len(block)):
        pad_image(images[block[i]], w.padded[i, 0])
        for plane in range(1, planes):
            w.padded[i, plane, 1:-1, 1:-1] = contexts[block[i], bits + plane - 1]
        conv1_forward(w.padded[i], p.conv1_weight, p.conv1_bias, w.pixels[i], w.winner_1[i])
        conv2_forward(w.pixels[i], w.taps, p.conv2_bias, w.features[i], w.winner_2[i])
        for k in range(bits):
            w.contexts[i, k] = contexts[block[i], k]
    hidden_forward(w.features, w.contexts, len(block), p, w.hidden)


@compiled
def loss_and_slope(p, labels, block, batch_size, gradient, w):
    """Return the sum of the losses of `block (images,)`, and go back one layer.

    `labels (all images,)`. Fill the slope of the hidden layer,
    and add the gradients of all but `fc1_weight` and the convolutions.
    """
    loss = 0.0
    for i in range(len(block)):
        output_forward(w.hidden[i], p, w.logits)
        loss += softmax_cross_entropy(w.logits, labels[block[i]])
        for k in range(len(w.logits)):
            w.logits[k] /= batch_size
        output_backward(w.hidden[i], w.contexts[i], w.logits, p, gradient, w.hidden_slope[i])
    return loss


@compiled
def backward(p, count, gradient, w):
    """Add the gradients of `fc1_weight` and of what is below, for `count` images."""
    hidden_weight_backward(w.features, w.hidden_slope, count, gradient.fc1_weight)
    feature_backward(w.hidden_slope, p.fc1_weight, count, w.slope)
    planes = w.padded.shape[1]
    conv1_gradient = gradient.conv1_weight.reshape(planes, -1)
    conv2_gradient = gradient.conv2_weight.reshape(-1)
    conv2_weight = p.conv2_weight.reshape(-1)
    pixel_slope = w.pixel_slope.reshape(16, 16, CHANNELS_1)
    for i in range(count):
        relu_backward(w.features[i], w.slope[i], gradient.conv2_bias)
        w.pixel_slope[:] = 0
        conv2_backward(
            w.pixels[i].reshape(-1),
            conv2_weight,
            w.slope[i],
            w.winner_2[i],
            w.positions,
            conv2_gradient,
            w.pixel_slope,
        )
        conv1_relu_backward(w.pixels[i], pixel_slope, gradient.conv1_bias)
        for plane in range(planes):
            conv1_backward(w.padded[i, plane], pixel_slope, w.winner_1[i], conv1_gradient[plane])


@compiled
def set_taps(weight, taps):
    """Copy `weight (16, 3, 3, 8)` into `taps (3, 3, 8, 16)`."""
    for channel in range(CHANNELS_2):
        for i in range(3):
            for j in range(3):
                for k in range(CHANNELS_1):
                    taps[i, j, k, channel] = weight[channel, i, j, k]


@compiled
def batch_gradient(vector, images, contexts, labels, batch, architecture, gradient, w):
    """Return the mean loss over `batch (images,)`, and fill `gradient (parameters,)`.

    `vector (parameters,)`, `images (all images, 28, 28)`,
    `contexts (all images, bits + channels)`, `labels (all images,)`;
    `w` comes from `make_workspace`.
    """
    gradient[:] = 0
    p = split(vector, architecture)
    g = split(gradient, architecture)
    set_taps(p.conv2_weight, w.taps)
    loss = 0.0
    for start in range(0, len(batch), BLOCK):
        block = batch[start : start + BLOCK]
        forward(p, images, contexts, block, w)
        loss += loss_and_slope(p, labels, block, len(batch), g, w)
        backward(p, len(block), g, w)
    return loss / len(batch)


@compiled
def train(
    vector,
    velocity,
    gradient,
    images,
    contexts,
    labels,
    order,
    bounds,
    architecture,
    learning_rate,
    momentum,
    losses,
    w,
):
    """Take a step of gradient descent with momentum on each minibatch, in place.

    The velocity becomes `momentum` times itself plus the gradient, and the step is the learning
    rate times the velocity, downhill.

    Minibatch k is `order[bounds[k] : bounds[k + 1]]`, and `losses (minibatches,)` receives
    its mean loss before the step. A loss that is not finite ends the training there, before
    its step. Return how many steps were taken.

    `vector (parameters,)`, `velocity (parameters,)`, `gradient (parameters,)` is scratch,
    `order (images,)`, `bounds (minibatches + 1,)`; `w` comes from `make_workspace`.
    """
    rate, kept = vector.dtype.type(learning_rate), vector.dtype.type(momentum)
    for step in range(len(losses)):
        batch = order[bounds[step] : bounds[step + 1]]
        losses[step] = batch_gradient(
            vector, images, contexts, labels, batch, architecture, gradient, w
        )
        if not np.isfinite(losses[step]):
            return step
        for k in range(len(vector)):
            velocity[k] = kept * velocity[k] + gradient[k]
            vector[k] -= rate * velocity[k]
    return len(losses)


@compiled
def predict(vector, images, contexts, architecture, classes, w):
    """Fill `classes (images,)` with the most likely class of every image.

    `vector (parameters,)`, `images (images, 28, 28)`,
    `contexts (images, bits + channels)`; `w` comes from `make_workspace`.
    """
    p = split(vector, architecture)
    set_taps(p.conv2_weight, w.taps)
    everything = np.arange(len(images))
    for start in range(0, len(images), BLOCK):
        block = everything[start : start + BLOCK]
        forward(p, images, contexts, block, w)
        for i in range(len(block)):
            output_forward(w.hidden[i], p, w.logits)
            classes[block[i]] = w.logits.argmax()
