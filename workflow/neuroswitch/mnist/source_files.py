"""MNIST's four files, as published. This imports no NumPy: the rules read the names."""

import hashlib
from dataclasses import dataclass


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


def fault_of(content: bytes, expected: SourceFile) -> str:
    """Return how bytes differ from one of MNIST's files; empty where they are that file."""
    if len(content) != expected.size:
        return f"has {len(content)} bytes where {expected.size} are expected"
    found = hashlib.sha256(content).hexdigest()
    if found != expected.sha256:
        return f"has SHA-256 {found} where {expected.sha256} is expected"
    return ""
