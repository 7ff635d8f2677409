"""The public functions of the package itself."""

from pathlib import Path

from neuroswitch import declarations, index
from neuroswitch.errors import NeuroswitchError, nearest


def extend(*paths: str | Path) -> None:
    """Add what Python files declare to what this package has.

    A file that was edited is read again. Where something is wrong with one of the files, none of
    them is added.

    Parameters
    ----------
    paths : of files, or of folders with files; each file declares something by the decorators of
        `neuroswitch.declare`: families of modulators, gates, image sets, tasks, models, analyses,
        figures or claims

    Raises
    ------
    NeuroswitchError : a path does not exist or is not Python, two files have one name, or a file
        declares nothing, a name that is already in use, or something in a way that cannot be read

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> import neuroswitch
    >>> file = '''
    ... from neuroswitch import declare
    ...
    ... @declare.gate
    ... def IMPLIES(a, b):
    ...     return a <= b
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "implication.py"
    ...     _ = path.write_text(file, encoding="utf-8")
    ...     neuroswitch.extend(path)
    ...     runs = neuroswitch.gates.train("IMPLIES", runs=2, cycles=5)
    >>> runs["tasks"].tolist()
    ['IMPLIES', 'IMPLIES']
    """
    index.retract(paths)
    try:
        index.extend(paths)
        # What is wrong with a file is said here, and not where something is looked up.
        index.all_of("gate")
    except NeuroswitchError:
        index.retract(paths)
        raise


def names(kind: str) -> list[str]:
    """Return the names of everything of a kind, of this package and of extensions.

    Parameters
    ----------
    kind : "family" (of modulators), "gate", "image_set", "task" or "model" (of recurrent
        networks), "analysis", "figure" or "claim"

    Raises
    ------
    NeuroswitchError : there is no such kind

    Examples
    --------
    >>> import neuroswitch
    >>> neuroswitch.names("gate")[:4]
    ['AND', 'OR', 'XOR', 'NOR']
    >>> "near_identity" in neuroswitch.names("family")
    True
    """
    if kind not in declarations.KINDS:
        raise NeuroswitchError(f"there is no kind {kind!r}; {nearest(kind, declarations.KINDS)}")
    return list(index.all_of(kind))
