"""The primitives for vectors of 16 lanes as names of a module, for code that is written by hand."""

from typing import Any

from neuroswitch.rnn.algebra import primitives
from neuroswitch.rnn.batch import WIDTHS

LANES = WIDTHS[0]

_primitives = primitives(LANES)


def __getattr__(name: str) -> Any:
    return getattr(_primitives, name)
