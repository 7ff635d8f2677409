"""Facts as text: the page, one file that needs no other, and the summary in Markdown."""

import base64
import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from neuroswitch.claims.outcomes import OUTCOMES
from neuroswitch.numbers import number
from neuroswitch.reporting import facts, method
from neuroswitch.reporting.facts import Facts
from neuroswitch.reporting.templates import cell

SYMBOLS = {
    "supported": "●",
    "typical": "◆",
    "occurs": "◈",
    "not specific": "◐",
    "inconclusive": "○",
    "not found": "◇",
    "contradicted": "×",
    "not testable": "–",
}
"""Outcome -> what stands for it in a matrix: no outcome is told by colour alone."""

METHOD = "method.txt.j2"

PIXELS = 1200
"""Width of the images that the page holds, as WebP without loss, so that it stays small.

Not SVG, whose letters would need the fonts of the reader's machine.
"""


def page(content: Facts, templates: Path) -> str:
    """Return the report as one HTML page that refers to no other file.

    Raises
    ------
    OSError : a figure's image is missing
    """
    environment = _environment(templates, autoescape=True)
    return environment.get_template("report.html.j2").render(
        facts=content,
        method=method.paragraphs(templates / METHOD, content.origin.seeds),
        style=Markup((templates / "report.css").read_text(encoding="utf-8")),
        script=Markup((templates / "report.js").read_text(encoding="utf-8")),
        images={figure.name: _image(figure.files) for figure in content.figures},
    )


def summary(content: Facts, templates: Path) -> str:
    """Return REPRODUCTION.md: verdicts first, then how they came about, in the usual sections."""
    environment = _environment(templates, autoescape=False)
    return environment.get_template("reproduction.md.j2").render(
        facts=content, method=method.paragraphs(templates / METHOD, content.origin.seeds)
    )


def _environment(templates: Path, autoescape: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=autoescape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        number=number,
        estimate=facts.estimate,
        interval=facts.interval_of,
        probability=facts.probability,
        said=facts.said,
        words=facts.words,
        symbol=SYMBOLS.__getitem__,
        cell=cell,
    )
    environment.globals.update(symbols=SYMBOLS, outcomes=OUTCOMES, anchor=facts.anchor)
    return environment


def _image(files: tuple[str, ...]) -> dict[str, Any] | None:
    """Return a figure's image as a data address, with its size; None where it has none."""
    path = next((name for name in files if name.endswith(".png")), None)
    if path is None:
        return None
    with Image.open(path) as original:
        size = PIXELS, round(original.height * PIXELS / original.width)
        small = original.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", lossless=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"address": f"data:image/webp;base64,{data}", "width": size[0], "height": size[1]}
