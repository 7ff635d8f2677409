"""What the tests of the library share."""

import os
import sys
from pathlib import Path

import pytest

from neuroswitch import declarations, extensions, index, source


def read_anew():
    """Read all source again, as another process would: in one, a file is read once."""
    for cached in (
        *(index._everything, declarations.declared_in, declarations.parsed),
        *(source.code_hash, source.script_hash),
        *(source.reached, source._imports, source._substance_of),
    ):
        cached.cache_clear()


@pytest.fixture
def extend(tmp_path):
    """Return what writes files of a user's and lets them join ours, until the test ends."""

    def written(folder=tmp_path, **sources):
        folder.mkdir(exist_ok=True)
        for name, text in sources.items():
            (folder / f"{name}.py").write_text(text, encoding="utf-8")
        index.extend([folder])
        return [folder / f"{name}.py" for name in sources]

    yield written
    extensions._joined.clear()
    for name in [name for name in sys.modules if name.startswith(extensions.EXTENSIONS)]:
        del sys.modules[name]
    read_anew()


@pytest.fixture(scope="session", autouse=True)
def _library_in_other_processes():
    """Let Python processes that a test starts find the library, as pytest itself does."""
    places = [str(Path("workflow").resolve()), str(Path.cwd())]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(places))
        yield
