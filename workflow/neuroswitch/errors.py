"""The one exception a user is meant to read."""

import difflib
from collections.abc import Iterable


class NeuroswitchError(Exception):
    """Says what was expected, what was found, where, and what to do."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the known word closest to `word`, or the whole list."""
    known = sorted(known)
    match = difflib.get_close_matches(word.lower(), [k.lower() for k in known], n=1)
    if match:
        original = next(k for k in known if k.lower() == match[0])
        return f"did you mean {original!r}?"
    return "known: " + ", ".join(known)
