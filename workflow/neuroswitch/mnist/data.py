"""The images: MNIST, read from its four files, and the two tasks made of its ten digits."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from neuroswitch.errors import NeuroswitchError


@dataclass(frozen=True)
class SourceFile:
    """One of MNIST's files, not compressed: its name, length in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


TRAIN_IMAGES = SourceFile(
    "train-images-idx3-ubyte",
    47_040_016,
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
)
TRAIN_LABELS = SourceFile(
    "train-labels-idx1-ubyte",
    60_008,
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
)
TEST_IMAGES = SourceFile(
    "t10k-images-idx3-ubyte",
    7_840_016,
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
)
TEST_LABELS = SourceFile(
    "t10k-labels-idx1-ubyte",
    10_008,
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)


@dataclass(frozen=True)
class Digits:
    """Images [images, 28, 28] float32 in [0, 1] and what they show, [images] 0 to 9."""

    images: np.ndarray
    digits: np.ndarray

    def __len__(self) -> int:
        return len(self.digits)

    def __getitem__(self, part: slice) -> "Digits":
        return Digits(self.images[part], self.digits[part])


def split_tasks(digits: np.ndarray, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the task, 0 or 1, and the label, 0 to 4, of each digit.

    `halves`: digits 0-4 and 5-9, labelled digit mod 5. `parity`: even and odd digits,
    labelled by half the digit, rounded down.
    """
    if split == "halves":
        return digits // 5, digits % 5
    return digits % 2, digits // 2


def load(
    dataset: str, folder: Path, train_images: int, test_images: int, held_out: str
) -> tuple[Digits, Digits]:
    """Return the images to train on and those to test on.

    Parameters
    ----------
    dataset : `mnist`, or `digits`: scikit-learn's 1797 digits of 8 x 8 pixels, enlarged
    folder : where MNIST's four files are
    train_images, test_images : how many to keep of each part, from its start
    held_out : `test`, or `validation`: the last `test_images` of the training images take the
        place of the test images and are not trained on

    Raises
    ------
    NeuroswitchError : a file is missing or its checksum is wrong, or there are fewer images
    """
    train, test = _bundled_digits() if dataset == "digits" else _mnist(folder)
    for part, name, wanted in ((train, "training", train_images), (test, "test", test_images)):
        if len(part) < wanted:
            raise NeuroswitchError(
                f"{wanted} {name} images of {dataset} are configured, and there are {len(part)}"
            )
    train, test = train[:train_images], test[:test_images]
    if held_out == "validation":
        if test_images >= train_images:
            raise NeuroswitchError(
                f"{test_images} images cannot be held out of {train_images} for validation"
            )
        return train[:-test_images], train[-test_images:]
    return train, test


def minibatches(
    tasks: np.ndarray, batch_size: int, rng: np.random.Generator
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Shuffle each task's images into minibatches, as many of one task as of the other.

    Every image comes once. The larger task fills its minibatches to `batch_size` as evenly
    as possible; those of the smaller task hold a few images fewer.

    Parameters
    ----------
    tasks [images] : 0 or 1

    Returns
    -------
    for each task: order [images of the task], positions in `tasks`; and bounds
        [minibatches + 1], minibatch k being order[bounds[k] : bounds[k + 1]]
    """
    members = [np.flatnonzero(tasks == task) for task in (0, 1)]
    count = -(-max(len(m) for m in members) // batch_size)
    if any(len(m) < count for m in members):
        raise NeuroswitchError(
            f"{len(members[0])} and {len(members[1])} images of the tasks do not fill "
            f"{count} minibatches each; use more images or larger minibatches"
        )
    return [
        (rng.permutation(m), np.arange(count + 1, dtype=np.int64) * len(m) // count)
        for m in members
    ]


def phases(count: int, period: int) -> Iterator[slice]:
    """Yield the minibatches of each phase: `period` at a time, the last phase what is left."""
    for first in range(0, count, period):
        yield slice(first, min(first + period, count))


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
            f"cannot read {path}: {failure.strerror}; run the rule fetch_mnist"
        ) from None
    if fault := fault_of(content, expected):
        raise NeuroswitchError(f"{path} {fault}; delete it and run the rule fetch_mnist")
    return content


def fault_of(content: bytes, expected: SourceFile) -> str:
    """Return how bytes differ from one of MNIST's files; empty where they are that file."""
    if len(content) != expected.size:
        return f"has {len(content)} bytes where {expected.size} are expected"
    found = hashlib.sha256(content).hexdigest()
    if found != expected.sha256:
        return f"has SHA-256 {found} where {expected.sha256} is expected"
    return ""


def _mnist(folder: Path) -> tuple[Digits, Digits]:
    images = [
        read_images(folder / file.name, checked_content(folder / file.name, file))
        for file in (TRAIN_IMAGES, TEST_IMAGES)
    ]
    labels = [
        read_labels(folder / file.name, checked_content(folder / file.name, file))
        for file in (TRAIN_LABELS, TEST_LABELS)
    ]
    train, test = (
        Digits(i.astype(np.float32) / np.float32(255), d)
        for i, d in zip(images, labels, strict=True)
    )
    return train, test


def _bundled_digits() -> tuple[Digits, Digits]:
    """Return scikit-learn's digits: each pixel 3 x 3, with a border of 2; the last 297 to test."""
    from sklearn.datasets import load_digits

    bundle = load_digits()
    images = np.kron(bundle.images, np.ones((1, 3, 3))) / 16
    images = np.pad(images, ((0, 0), (2, 2), (2, 2))).astype(np.float32)
    everything = Digits(images, bundle.target.astype(np.int64))
    return everything[:1500], everything[1500:]


def _idx_shape(path: Path, content: bytes, dimensions: int) -> tuple[int, ...]:
    header = np.frombuffer(content[: 4 * (dimensions + 1)], ">i4")
    shape = tuple(int(size) for size in header[1:])
    # An IDX file opens with two zero bytes, the type (8: unsigned byte) and the dimensions.
    if len(header) != dimensions + 1 or header[0] != 0x0800 + dimensions:
        raise NeuroswitchError(f"{path} is not an IDX file of {dimensions}-dimensional bytes")
    if len(content) != 4 * (dimensions + 1) + int(np.prod(shape)):
        raise NeuroswitchError(f"{path} does not hold the {shape} bytes that it announces")
    return shape
