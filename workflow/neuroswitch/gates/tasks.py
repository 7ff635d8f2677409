"""The logic gates: two inputs in {0, 1}, one output, four patterns (paper 1, section 2)."""

import numpy as np

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
"""[patterns, inputs]"""

TRUTH = {
    "AND": np.array([0, 0, 0, 1], dtype=float),
    "OR": np.array([0, 1, 1, 1], dtype=float),
    "XOR": np.array([0, 1, 1, 0], dtype=float),
    "NOR": np.array([1, 0, 0, 0], dtype=float),
}
"""Gate name -> outputs [patterns]"""
