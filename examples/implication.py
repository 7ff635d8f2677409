"""A gate: the second input follows from the first."""

from neuroswitch import declare


@declare.gate
def IMPLIES(a, b):
    """Whenever the first input is 1, so is the second."""
    return a <= b
