"""What the tests of the library share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session", autouse=True)
def _library_in_other_processes():
    """Let Python processes that a test starts find the library, as pytest itself does."""
    places = [str(Path("workflow").resolve()), str(Path.cwd())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(places))
        yield
