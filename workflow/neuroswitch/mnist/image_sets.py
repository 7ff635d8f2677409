"""The sets of images: each declares itself, and is found by its name.

A set of your own is a function like these in a file that `extensions` names: its images are
28 x 28 float32 in [0, 1], and what they show is int64, 0 to 9. `data.load` checks both.
"""

from pathlib import Path

import numpy as np

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist.data import Digits
from neuroswitch.mnist.source_files import (
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    SourceFile,
    fault_of,
)


@declare.image_set
def mnist(folder: Path) -> tuple[Digits, Digits]:
    """Return MNIST, of the four files in a folder.

    Raises
    ------
    NeuroswitchError : a file is missing, or its length or checksum is not MNIST's
    """
    return _part(folder, TRAIN_IMAGES, TRAIN_LABELS), _part(folder, TEST_IMAGES, TEST_LABELS)


@declare.image_set
def digits(folder: Path) -> tuple[Digits, Digits]:
    """Return scikit-learn's 1797 digits of 8 x 8 pixels, the last 297 to test; they need no files.

    Each pixel becomes 3 x 3, and a border of 2 surrounds them.
    """
    from sklearn.datasets import load_digits

    bundle = load_digits()
    images = np.kron(bundle.images, np.ones((1, 3, 3))) / 16
    images = np.pad(images, ((0, 0), (2, 2), (2, 2))).astype(np.float32)
    everything = Digits(images, bundle.target.astype(np.int64))
    return everything[:1500], everything[1500:]


def _part(folder: Path, images: SourceFile, labels: SourceFile) -> Digits:
    pixels, shown = (checked_content(folder / file.name, file) for file in (images, labels))
    return Digits(
        read_images(folder / images.name, pixels).astype(np.float32) / np.float32(255),
        read_labels(folder / labels.name, shown),
    )


def read_images(path: Path, content: bytes) -> np.ndarray:
    """Return the images [images, 28, 28] of an IDX file's content, as uint8."""
    shape = _idx_shape(path, content, 3)
    return np.frombuffer(content, np.uint8, offset=16).reshape(shape)


def read_labels(path: Path, content: bytes) -> np.ndarray:
    """Return the labels [images] of an IDX file's content, as int64."""
    shape = _idx_shape(path, content, 1)
    return np.frombuffer(content, np.uint8, offset=8).reshape(shape).astype(np.int64)


def checked_content(path: Path, expected: SourceFile) -> bytes:
    """Return a file's content.

    Raises
    ------
    NeuroswitchError : it is missing, or its length or checksum is not MNIST's
    """
    try:
        content = path.read_bytes()
    except OSError as failure:
        raise NeuroswitchError(
            f"cannot read {path}: {failure.strerror}; the next `make reproduce` fetches it"
        ) from None
    if fault := fault_of(content, expected):
        raise NeuroswitchError(
            f"{path} {fault}; delete it, and the next `make reproduce` fetches it"
        )
    return content


def _idx_shape(path: Path, content: bytes, dimensions: int) -> tuple[int, ...]:
    header = np.frombuffer(content[: 4 * (dimensions + 1)], ">i4")
    shape = tuple(int(size) for size in header[1:])
    # An IDX file opens with two zero bytes, the type (8: unsigned byte) and the dimensions.
    if len(header) != dimensions + 1 or header[0] != 0x0800 + dimensions:
        raise NeuroswitchError(f"{path} is not an IDX file of {dimensions}-dimensional bytes")
    if len(content) != 4 * (dimensions + 1) + int(np.prod(shape)):
        raise NeuroswitchError(f"{path} does not hold the {shape} bytes that it announces")
    return shape
