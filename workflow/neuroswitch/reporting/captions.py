"""Captions of the figures: what each shows, its n and interval, and the claims it bears on.

They are the files that Snakemake's own report takes: reStructuredText with `{{ }}` filled in. Their
first line is the title, and their last one names the claims. A title begins with the paper that it
is about, and with the figure that it redraws: "Paper 1, Figure 3: ..."; or it begins with "Beyond
the papers: ".
"""

import html
import re
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docutils.core import publish_parts

from neuroswitch.claims.outcomes import LETTERS
from neuroswitch.errors import NeuroswitchError
from neuroswitch.recipes import DRAWING, Recipe
from neuroswitch.reporting import code, templates

CLAIM = re.compile(rf"\b[{LETTERS}]\d+\b")
RANGE = re.compile(rf"\b([{LETTERS}])(\d+) to [{LETTERS}]?(\d+)\b")
BEARS_ON = "Bears on "
PLACE = re.compile(r"(?:Paper (\d)(?:, Figure (\d+))?|Beyond the papers): ")


@dataclass(frozen=True)
class Caption:
    """Title and claims of a figure, and its text as HTML and as plain text.

    paper, number : the paper that it is about, 3 for beyond them, 0 for none; and the figure that
        it redraws, 0 for none
    """

    title: str
    html: str
    text: str
    claims: tuple[str, ...]

    @property
    def paper(self) -> int:
        return self._place[0]

    @property
    def number(self) -> int:
        return self._place[1]

    @property
    def _place(self) -> tuple[int, int]:
        found = PLACE.match(self.title)
        return (int(found[1] or 3), int(found[2] or 0)) if found else (0, 0)


def of_figure(recipe: Recipe, folder: Path, config: Any) -> Caption:
    """Return the caption of a figure: of its file, or what its function says that it draws.

    Raises
    ------
    NeuroswitchError : as `read`
    """
    path = folder / f"{recipe.rule.removeprefix(DRAWING)}.rst"
    return read(path, config) if path.exists() else of_docstring(recipe)


def of_docstring(recipe: Recipe) -> Caption:
    """Return the caption of a figure that has no file: the first words of its function."""
    drawing = code.of(*recipe.function)
    text = " ".join((drawing.docstring if drawing else "").split("\n\n")[0].split())
    return Caption(recipe.figure.replace("_", " "), html.escape(text), text, ())


def read(path: Path, config: Any) -> Caption:
    """Return the caption in a file; `config` is what it calls `snakemake.config`.

    Raises
    ------
    NeuroswitchError : it is missing, has no title or names no claims
    """
    if not path.exists():
        raise NeuroswitchError(f"{path} does not exist; every figure has a caption there")
    filled = templates.fill(path, snakemake=SimpleNamespace(config=config))
    title, *paragraphs = [" ".join(part.split()) for part in filled.strip().split("\n\n")]
    if not paragraphs or not paragraphs[-1].startswith(BEARS_ON):
        raise NeuroswitchError(
            f"{path} must be a title, paragraphs, and a last one that begins with {BEARS_ON!r}"
        )
    *body, last = paragraphs
    # Else docutils would follow settings of the user, such as ~/.docutils
    settings = {"report_level": 5, "_disable_config": True}
    parts = publish_parts("\n\n".join(body), writer="html5", settings_overrides=settings)
    return Caption(title.strip("*"), parts["body"], " ".join(body), claims_in(last))


def claims_in(text: str) -> tuple[str, ...]:
    """Return the claims that a text names, in its order; "S1 to S3" names three.

    >>> claims_in("Bears on S1 to S3 and X1.")
    ('S1', 'S2', 'S3', 'X1')
    """

    def spelled(match: re.Match[str]) -> str:
        letter, first, last = match.groups()
        return ", ".join(f"{letter}{number}" for number in range(int(first), int(last) + 1))

    return tuple(dict.fromkeys(CLAIM.findall(RANGE.sub(spelled, text))))
