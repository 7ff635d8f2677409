"""Texts with `{{ }}` in them, filled in; a name that nothing was given for is an error."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, TemplateError

from neuroswitch.errors import NeuroswitchError


def fill(path: Path, **names: Any) -> str:
    """Return the text of a file, filled in with names: values, or functions that a text calls.

    Raises
    ------
    NeuroswitchError : a name is missing, the text is malformed, or a function refuses; it names
        the file
    """
    environment = Environment(undefined=StrictUndefined, autoescape=False)
    try:
        return environment.from_string(path.read_text(encoding="utf-8")).render(**names)
    except (TemplateError, NeuroswitchError) as failure:
        raise NeuroswitchError(f"{path}: {failure}") from None
