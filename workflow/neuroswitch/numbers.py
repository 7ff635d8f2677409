"""Numbers as texts print them: three digits, with their unit."""

from typing import Any

import numpy as np


def number(value: Any) -> str:
    """Return a value as a report prints it: three digits, and nothing for what is missing.

    >>> number(0.31415), number(12345.6), number(float("nan")), number(200), number(float("-inf"))
    ('0.314', '12300', '', '200', '-∞')
    """
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, float):
        if np.isinf(value):
            return "∞" if value > 0 else "-∞"
        digits = np.format_float_positional(value, precision=3, fractional=False, trim="-")
        return digits if 1e-4 <= abs(value) < 1e7 or value == 0 else f"{value:.2e}"
    return str(value)


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit; shares are percentages, and their differences points.

    >>> quantity(0.9823, "%"), quantity(-0.2, "points"), quantity(35.0, "epochs"), quantity(2.5, "")
    ('98.2 %', '-20.0 percentage points', '35 epochs', '2.5')
    """
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return f"{'-' if value < 0 else ''}∞ {unit}".strip()
    percent = round(100 * value, 1) + 0.0  # never -0.0
    if unit == "%":
        return f"{percent:.1f} %"
    if unit == "points":
        return f"{percent:+.1f} percentage points"
    return f"{number(float(value))} {unit}".strip()
