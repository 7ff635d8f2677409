"""What the tests share."""

import pytest

from neuroswitch.settings.gates import Condition


@pytest.fixture
def condition():
    """Make a small condition, with anything in it replaced."""

    def make(**changes) -> Condition:
        values = {
            "tasks": "AND/OR",
            "layers": 2,
            "width": 8,
            "learning_rate": 0.05,
            "period": 3,
            "cycles": 12,
            "loss": "mean_squared_error",
            "batch": "full",
            "initialisation": "torch",
            "family": "near_identity",
            "scale": 0.5,
            "pullback": "inverse",
            "bias_shift": 0.5,
            "stable_cycles": 50,
            "stream": "test",
        }
        return Condition(**(values | changes))

    return make
