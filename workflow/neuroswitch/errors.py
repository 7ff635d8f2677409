"""The one exception a user is meant to read."""

import difflib
from collections.abc import Iterable


class NeuroswitchError(Exception):
    """Says what was expected, what was found, where, and what to do."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint naming the known word closest to `word`, or the whole list."""
    known = sorted(known)
    match = close_match(word, known)
    return f"did you mean {match!r}?" if match else "known: " + (", ".join(known) or "none")


def close_match(word: str, known: Iterable[str], similarity: float = 0.6) -> str | None:
    """Return the known word closest to `word`, at least as similar as said; None: none is.

    Similarity is that of difflib, from 0 to 1; capitals do not count.
    """
    lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower(), lower, n=1, cutoff=similarity)
    return lower[found[0]] if found else None
