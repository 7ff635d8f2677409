"""Texts with `{{ }}` in them, filled in, and cells of tables in Markdown.

A name that nothing was given for is an error.
"""

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

from neuroswitch.errors import NeuroswitchError


def fill(path: Path, **names: Any) -> str:
    """Return the text of a file, filled in with the values of names.

    Raises
    ------
    NeuroswitchError : a name is missing or the text is malformed; the error names the file
    """
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    try:
        return environment.from_string(path.read_text(encoding="utf-8")).render(**names)
    except TemplateError as failure:
        raise NeuroswitchError(f"{path}: {failure}") from None


def cell(text: Any) -> str:
    """Return a text that fits into a cell of a Markdown table.

    >>> cell("a | b")
    'a \\\\| b'
    """
    return " ".join(str(text).split()).replace("|", "\\|")
