"""What the tests share."""

import os

import pytest
from xdist.scheduler import LoadScopeScheduling

from neuroswitch.rnn import evaluation
from neuroswitch.settings.gates import Condition

CHAINS = {
    "staleness": "staleness",
    "habits": "others",
    "report": "others",
    "examples": "others",
    "archive": "others",
}
"""File of tests of the pipeline -> its chain; those of the first chain are not named here."""


class PipelinesTogether(LoadScopeScheduling):
    """Tests of the pipeline in three chains, and first; any other test wherever there is room.

    Those of a chain are made ready together. xdist's own groups say the same, and its version 3.8
    does not find them with pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        folder, _, test = nodeid.partition("workflow/test_")
        if folder != "tests/":
            return nodeid
        return f"pipeline, {CHAINS.get(test.partition('.py')[0], 'first')}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return PipelinesTogether(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One process more than there are cores, because tests of the pipeline often wait."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Hold libraries to one thread: tests run side by side, and more would fight over the cores."""
    with evaluation.one_thread():
        yield


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
            "shared_modulator": False,
            "pullback": "inverse",
            "bias_shift": 0.5,
            "shift_distribution": "normal",
            "stable_cycles": 50,
            "stream": "test",
        }
        return Condition(**(values | changes))

    return make
