"""The images of a set, and the two tasks made of their ten digits."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError


@dataclass(frozen=True)
class Digits:
    """Images [images, 28, 28] float32 in [0, 1] and what they show, [images] 0 to 9."""

    images: np.ndarray
    digits: np.ndarray

    def __len__(self) -> int:
        return len(self.digits)

    def __getitem__(self, part: slice) -> "Digits":
        return Digits(self.images[part], self.digits[part])


def order_of(split: str, rng: np.random.Generator) -> np.ndarray:
    """Return the ten digits [10]: the five of task 0, then the five of task 1.

    `halves`: digits 0-4 and 5-9. `parity`: even and odd digits. `random`: drawn from `rng`.
    """
    if split == "random":
        return rng.permutation(10)
    digits = np.arange(10)
    return digits if split == "halves" else np.concatenate([digits[::2], digits[1::2]])


def split_tasks(
    digits: np.ndarray, order: np.ndarray, outputs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the task, 0 or 1, and the label of each digit.

    Parameters
    ----------
    order [10] : the digits of task 0, then those of task 1
    outputs : 5, which both tasks share: the label is the place of the digit in its task, 0 to 4;
        or 10: the label is the digit
    """
    places = np.argsort(order)[digits]
    return places // 5, places % 5 if outputs == 5 else digits


def load(
    dataset: str, folder: Path, train_images: int, test_images: int, held_out: str
) -> tuple[Digits, Digits]:
    """Return the images to train on and those to test on.

    Parameters
    ----------
    dataset : name of an image set
    folder : where its files are, if it has any
    train_images, test_images : how many to keep of each part, from its start
    held_out : `test`, or `validation`: the last `test_images` of the training images take the
        place of the test images and are not trained on

    Raises
    ------
    NeuroswitchError : the set cannot be read, is not as it has to be, or has fewer images
    """
    train, test = _checked(dataset, index.get("image_set", dataset).load()(folder))
    for part, name, wanted in ((train, "training", train_images), (test, "test", test_images)):
        if len(part) < wanted:
            raise NeuroswitchError(
                f"{wanted} {name} images of {dataset} are configured, and there are {len(part)}; "
                f"lower mnist.{'train' if name == 'training' else name}_images"
            )
    train, test = train[:train_images], test[:test_images]
    if held_out == "validation":
        if test_images >= train_images:
            raise NeuroswitchError(
                f"{test_images} images cannot be held out of {train_images} for validation; "
                "lower mnist.test_images"
            )
        return train[:-test_images], train[-test_images:]
    return train, test


def _checked(dataset: str, parts: Any) -> tuple[Digits, Digits]:
    """Return what an image set returned, if training can use it."""
    found = [type(part).__name__ for part in (parts if isinstance(parts, tuple) else [parts])]
    if found != [Digits.__name__] * 2:
        raise NeuroswitchError(
            f"the image set {dataset} has to return two Digits, to train on and to test on, and "
            f"returned {', '.join(found)}"
        )
    train, test = (
        Digits(np.ascontiguousarray(part.images), np.ascontiguousarray(part.digits))
        for part in parts
    )
    for name, part in (("training", train), ("test", test)):
        if fault := _fault(part.images, part.digits):
            raise NeuroswitchError(f"the {name} part of the image set {dataset}: {fault}")
    return train, test


def _fault(images: np.ndarray, digits: np.ndarray) -> str:
    """Return what is wrong with a part of a set; empty where nothing is."""
    if images.dtype != np.float32 or images.ndim != 3 or images.shape[1:] != (28, 28):
        return (
            "images have to be float32 of shape (images, 28, 28), and are "
            f"{images.dtype} of shape {images.shape}"
        )
    if digits.dtype != np.int64 or digits.shape != (len(images),):
        return (
            f"digits have to be int64 of shape ({len(images)},), one for each image, and are "
            f"{digits.dtype} of shape {digits.shape}"
        )
    if not ((images >= 0) & (images <= 1)).all():
        return f"pixels have to lie in [0, 1], and lie in [{images.min()}, {images.max()}]"
    if not np.isin(digits, range(10)).all():
        return f"digits have to be 0 to 9, and are {digits.min()} to {digits.max()}"
    return ""


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
    """Yield the minibatches of each phase: `period` at a time, the last phase what is left.

    A period of 0 is all of them.
    """
    step = period or count
    for first in range(0, count, step):
        yield slice(first, min(first + step, count))
