"""The documentation builds without a warning, its examples run, and it needs no network to read."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

NEEDED = ("sphinx", "myst_nb", "furo", "sphinx_copybutton", "polars")


@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in NEEDED),
    reason="docs/requirements.txt is not installed; `make docs` does it",
)
def test_pages_are_built_without_a_warning_and_load_nothing(tmp_path):
    """One test, because tests are spread over processes and would each build the pages."""
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-q", "-b", "html"]
    built = subprocess.run([*command, "docs", tmp_path], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    pages = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.html")}
    assert {path.stem for path in Path("docs").glob("*.md")} <= set(pages)
    for name, text in pages.items():
        assert "made:" not in text, f"{name} has a part that is not filled"
        loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(https?:[^\"]+)", text)
        assert not loaded, name
    assert re.search(r"\d% of 50 runs succeed", pages["condition"])
    assert re.search(r"\d% of 20 runs succeed", pages["extending"])
    assert pages["notebook"].count("<img") >= 2
    assert "success, %" in pages["tables"]
