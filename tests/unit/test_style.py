"""Two drawings of a figure are the same bytes, whatever a user has set."""

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.figure import Figure

from neuroswitch.figures import style
from neuroswitch.recipes import TRACKED
from neuroswitch.reporting import captions

FIGURES = Path(__file__).parents[2] / "paper_figures"
SCRIPT = 0.7
"""Size of an exponent or index in Matplotlib, as a share of that of the text that it stands in."""


def test_a_settled_figure_has_sizes_and_places_without_rounding():
    style.use()
    figure = Figure(figsize=(style.WIDTH, 3.3))
    parts = list(figure.subfigures(2, 1, height_ratios=(1.3, 1)))
    for part in parts:
        part.subplots(1, 3)[0].set_ylabel("a label that takes room")
    before = [axes.get_position().bounds for axes in figure.axes]
    style.settle(figure)
    assert np.all(figure.get_size_inches() % style.INCH == 0)
    for box in (*(p.bbox_relative for p in parts), *(a.get_position() for a in figure.axes)):
        assert np.all(np.array(box.bounds) % style.PLACE == 0)
    # Laid out, not merely rounded
    after = [axes.get_position().bounds for axes in figure.axes]
    assert np.abs(np.subtract(after, before)).max() > 0.01
    places = [axes.bbox.bounds for axes in figure.axes]
    figure.draw_without_rendering()
    assert [axes.bbox.bounds for axes in figure.axes] == places


def drawn(folder):
    """Draw a figure in every format, and return its bytes."""
    style.use()
    figure = Figure(figsize=(style.WIDTH, 2))
    axes = figure.subplots()
    axes.plot([3, 1, 4], label="$\\mu$")
    axes.set_xlabel("a label")
    axes.legend()
    paths = [folder / f"figure.{kind}" for kind in style.FORMATS]
    style.save(figure, map(str, paths), "a mark")
    return [path.read_bytes() for path in paths]


def test_what_a_user_has_set_for_matplotlib_changes_no_figure(tmp_path):
    settings = {
        "savefig.bbox": "tight",
        "text.usetex": True,
        "mathtext.fontset": "stix",
        "pdf.compression": 0,
        "svg.id": "mine",
    }
    with matplotlib.rc_context():
        expected = drawn(tmp_path)
        matplotlib.rcParams.update(settings)
        assert drawn(tmp_path) == expected


def test_fonts_of_a_machine_change_no_figure(tmp_path, monkeypatch):
    """Another font claims to be DejaVu Sans, and comes first in the cache of fonts."""
    fonts = font_manager.fontManager
    expected = drawn(tmp_path)
    foreign = tmp_path / "foreign.ttf"
    shutil.copy(font_manager.findfont("STIXGeneral"), foreign)
    ours = next(font for font in fonts.ttflist if font.name == "DejaVu Sans")
    claiming = dataclasses.replace(ours, fname=str(foreign), style="normal", weight=400)
    monkeypatch.setattr(fonts, "ttflist", [claiming, *fonts.ttflist])
    fonts._findfont_cached.cache_clear()
    assert drawn(tmp_path) == expected
    fonts._findfont_cached.cache_clear()


def test_figures_are_drawn_whatever_backend_a_user_has_named():
    library = os.pathsep.join(path for path in sys.path if path)
    subprocess.run(
        [sys.executable, "-c", "from neuroswitch.figures import style; style.use()"],
        env=os.environ | {"MPLBACKEND": "nonsense", "PYTHONPATH": library},
        check=True,
    )


def test_what_a_user_has_set_for_docutils_changes_no_caption(tmp_path, monkeypatch):
    text = tmp_path / "figure.rst"
    text.write_text('**A**\n\nA "quoted" word.\n\nBears on S1.\n', encoding="utf-8")
    expected = captions.read(text, {})
    settings = tmp_path / "docutils.conf"
    settings.write_text("[general]\nsmart_quotes: yes\n", encoding="utf-8")
    monkeypatch.setenv("DOCUTILSCONFIG", str(settings))
    assert captions.read(text, {}) == expected


def test_no_text_of_a_stored_figure_is_too_small():
    """Not below 6 points; an exponent is smaller than the number that it belongs to."""
    sizes = {
        (float(size), path.name)
        for path in (FIGURES / TRACKED).glob("*.svg")
        for size in re.findall(r"font-size: ([0-9.]+)px", path.read_text(encoding="utf-8"))
    }
    assert len({name for _, name in sizes}) > 20
    scripts = {round(SCRIPT * size, 2) for size, _ in sizes}
    assert min(each for each in sizes if each[0] not in scripts) >= (6, "")
