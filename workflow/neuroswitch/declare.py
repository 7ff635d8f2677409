"""The decorators by which a part of this project, or of a user's extension, declares itself.

They change nothing: `neuroswitch.index` finds them in the source, without importing it, so every
argument is a literal, or the name of one, or the name of a schema. What is declared:

`family`      draws a matrix M: `f(rng, shapes, scale)`
`gate`        a function of two inputs, each 0 or 1
`image_set`   `f(folder)` returns images to train on and images to test on
`task`        of recurrent networks: a subclass of `rnn.tasks.Task`
`model`       a recurrent network: a subclass of `rnn.models.Model`
`training`    makes the tables of an experiment
`analysis`    makes tables of other tables
`figure`      draws tables
`claim`       judges something by tables
`judgement`   makes the verdicts of all claims
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Declared = TypeVar("Declared", bound=Callable[..., Any])

Reads = Mapping[str, str | Sequence[str]]
"""Name of a table -> where it lies below results/<scale>/, without ending. Several paths are read
as one table, row after row. `{experiment}` stands for any experiment of the section."""


def family(declared: Declared) -> Declared:
    """Declare a family of matrices M by its function's name.

    >>> from neuroswitch import declare
    >>> @declare.family
    ... def halved(rng, shapes, scale): ...
    """
    return declared


def gate(declared: Declared) -> Declared:
    """Declare a logic gate by its function's name."""
    return declared


def image_set(declared: Declared) -> Declared:
    """Declare a set of images by its function's name."""
    return declared


def task(name: str) -> Callable[[Declared], Declared]:
    """Declare a task of recurrent networks."""
    return _unchanged


def model(name: str) -> Callable[[Declared], Declared]:
    """Declare a recurrent network."""
    return _unchanged


def training(
    name: str, *, experiments: str, script: str, writes: Mapping[str, Any]
) -> Callable[[Declared], Declared]:
    """Declare what trains a group of experiments, and its tables.

    Parameters
    ----------
    experiments : section and group of the configuration, such as "gates.sweeps"
    script : of the rule `train_<name>`
    writes : path of a table, with `{experiment}` -> its schema
    """
    return _unchanged


def analysis(
    name: str,
    *,
    writes: Mapping[str, Any],
    reads: Reads | None = None,
    settings: Mapping[str, str] | None = None,
    of: Mapping[str, str] | None = None,
    always: bool = False,
    costly: bool = False,
) -> Callable[[Declared], Declared]:
    """Declare what makes tables of tables.

    The function gets each table of `reads` and each value of `settings` by name, `experiment` too
    where the paths have it, and returns a table, or a mapping of the last words of `writes` to
    tables.

    Parameters
    ----------
    writes : path of a table -> its schema
    settings : name -> place in the configuration, such as "gates.mapping_two_layers.learning_rate"
    of : keys of an experiment and their values, where not every experiment can be analysed
    always : every experiment is analysed, whether or not a figure or a claim reads the tables
    costly : on a cluster it is a job of its own, and not a matter of seconds
    """
    return _unchanged


def figure(
    name: str,
    *,
    reads: Reads,
    settings: Mapping[str, str] | None = None,
    page: bool = False,
) -> Callable[[Declared], Declared]:
    """Declare what draws a figure: `f(tables, **settings)` returns it.

    A figure that reads tables of `{experiment}` is drawn for each experiment whose key `figure`
    names it.

    Parameters
    ----------
    page : what is returned is not a figure of Matplotlib, but the text of a page
    """
    return _unchanged


def claim(
    name: str,
    *,
    statement: str,
    quantity: str,
    criterion: str,
    reads: Reads,
    place: str = "",
    reported: str = "",
) -> Callable[[Declared], Declared]:
    """Declare what judges a claim of a user's own: `f(**tables, rng)` returns a list of findings.

    Functions of `neuroswitch.claims.criteria` make them; the worst one decides.

    Parameters
    ----------
    name : a letter and a number, such as "E1"; S, N and X are those of this project
    quantity : what the numbers are, with their unit
    criterion : when the claim holds, in words
    place, reported : where the claim is made, and what is reported there
    """
    return _unchanged


def judgement(name: str, *, writes: Mapping[str, Any]) -> Callable[[Declared], Declared]:
    """Declare what makes verdicts of tables, whichever the claims read."""
    return _unchanged


def _unchanged(declared: Declared) -> Declared:
    return declared
