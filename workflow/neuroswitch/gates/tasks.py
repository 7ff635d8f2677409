"""The logic gates: two inputs in {0, 1}, one output, four patterns (paper 1, section 2)."""

import numpy as np

from neuroswitch import declare, index

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
"""[patterns, inputs]"""


@declare.gate
def AND(a: int, b: int) -> bool:
    """Both inputs are 1."""
    return a + b == 2


@declare.gate
def OR(a: int, b: int) -> bool:
    """An input is 1."""
    return a + b > 0


@declare.gate
def XOR(a: int, b: int) -> bool:
    """One input is 1, and the other is 0."""
    return a != b


@declare.gate
def NOR(a: int, b: int) -> bool:
    """No input is 1."""
    return a + b == 0


def truth(gate: str) -> np.ndarray:
    """Return the outputs [patterns] of a gate, each 0 or 1.

    Raises
    ------
    NeuroswitchError : no gate has the name
    """
    rule = index.get("gate", gate).load()
    return np.array([bool(rule(int(a), int(b))) for a, b in INPUTS], dtype=float)
