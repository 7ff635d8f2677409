"""Facts as text: the page, one file that needs no other, and the summary in Markdown."""

import base64
import gzip
import io
import os
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from neuroswitch import store
from neuroswitch.claims.outcomes import OUTCOMES
from neuroswitch.numbers import number
from neuroswitch.reporting import facts, method
from neuroswitch.reporting.facts import Facts, Stored
from neuroswitch.reporting.papers import PAPERS
from neuroswitch.reporting.templates import cell
from neuroswitch.schemas.columns import VECTOR

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

EMBEDDED = 100_000
"""Bytes of CSV up to which the page holds a whole table, compressed; it links to larger ones."""


def page(content: Facts, templates: Path) -> str:
    """Return the report as one HTML page, which loads nothing.

    Its links to tables, figures and code are relative to results/<scale>/report/, where it lies.

    Raises
    ------
    OSError : a figure's image is missing
    """
    environment = _environment(templates, autoescape=True)
    environment.filters["file"] = partial(os.path.relpath, start=f"results/{content.scale}/report")
    return environment.get_template("report.html.j2").render(
        facts=content,
        method=method.paragraphs(templates / METHOD, content.origin.seeds),
        style=Markup((templates / "report.css").read_text(encoding="utf-8")),
        script=Markup((templates / "report.js").read_text(encoding="utf-8")),
        labels={figure.name: figure.label for figure in content.figures},
        images={figure.name: _image(figure.files) for figure in content.figures},
        whole={table.path: _csv(table) for table in content.tables},
        limit=EMBEDDED,
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
    environment.globals.update(
        symbols=SYMBOLS, outcomes=OUTCOMES, papers=PAPERS, anchor=facts.anchor
    )
    return environment


def _image(files: tuple[str, ...]) -> dict[str, Any] | None:
    """Return a figure's image as a data address, with its size; None where it has none.

    It is WebP of 256 colours, half as large as PNG, and no difference is seen. It is not SVG, whose
    letters would need the fonts of the reader's machine.
    """
    path = next((name for name in files if name.endswith(".png")), None)
    if path is None:
        return None
    buffer = io.BytesIO()
    with Image.open(path) as original:
        width, height = original.size
        few = original.convert("RGB").quantize(256).convert("RGB")
        few.save(buffer, "WEBP", lossless=True)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"address": f"data:image/webp;base64,{data}", "width": width, "height": height}


def _csv(table: Stored) -> str:
    """Return a whole table as CSV, compressed, in base64; empty where the page only links to it."""
    # A cell takes two bytes or more: what is far too large is not even read.
    if 2 * table.rows * len(table.schema.columns) > EMBEDDED:
        return ""
    frame = store.content(Path(table.path)).to_pandas()
    vectors = [column.name for column in table.schema.columns if column.type == VECTOR]
    # NumPy would leave out the middle of a long vector
    frame[vectors] = frame[vectors].map(lambda values: values.tolist())
    text = frame.to_csv(index=False).encode()
    # Without the time of day, so that equal tables give equal pages
    return "" if len(text) > EMBEDDED else base64.b64encode(gzip.compress(text, mtime=0)).decode()
