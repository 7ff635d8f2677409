"""The documentation builds without a warning, its examples run, and it needs no network to read."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

BUILT = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("sphinx", "myst_nb", "furo", "polars")),
    reason="docs/requirements.txt is not installed; `make docs` does it",
)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the folder of the built pages."""
    folder = tmp_path_factory.mktemp("pages")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run([*command, "docs", folder], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return folder


def texts(pages):
    return {path.stem: path.read_text(encoding="utf-8") for path in pages.glob("*.html")}


@BUILT
def test_every_page_is_built_and_no_part_is_left_unfilled(pages):
    sources = {path.stem for path in Path("docs").glob("*.md")}
    built = texts(pages)
    assert sources <= set(built)
    assert not [name for name, text in built.items() if "made:" in text]


@BUILT
def test_a_page_loads_nothing_from_the_network(pages):
    for name, text in texts(pages).items():
        loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(https?:[^\"]+)", text)
        assert not loaded, name


@BUILT
def test_examples_have_run(pages):
    built = texts(pages)
    assert re.search(r"\d% of 50 runs succeed", built["condition"])
    assert built["notebook"].count("<img") >= 2
    assert "success, %" in built["tables"]
