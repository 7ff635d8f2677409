"""The decorators by which a part of this project, or of a user's extension, declares itself.

They change nothing: `neuroswitch.index` finds them in the source, without importing it, so every
argument is a literal, or the name of one, or the name of a schema. What is declared:

`family`      of matrices M
`gate`        a logic gate
`image_set`   images of ten digits
`task`        of recurrent networks
`model`       a recurrent network
`analysis`    makes tables from other tables
`figure`      draws tables
`claim`       judges something by tables
`training`    makes the tables of experiments, and `judgement` the verdicts; both are this project's
              alone, because a script or a rule is written for each
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

Declared = TypeVar("Declared", bound=Callable[..., Any])

Reads = Mapping[str, str | Sequence[str]]
"""Name of a table -> where it lies below results/<scale>/, without ending. Several paths are read
as one table, row after row. `{experiment}` stands for any experiment of the section that the path
begins with: gates, mnist or rnn."""


def family(declared: Declared) -> Declared:
    """Declare a family of matrices M by its function's name: `f(rng, shapes, scale)`.

    `shapes` are (outputs, inputs) of each layer's weights, of which there are n in all. What is
    returned is an invertible map of n weights, `modulation.LinearMap`, such as `Dense(M)`; all that
    is random in it comes from `rng`.

    >>> from neuroswitch import declare
    >>> @declare.family
    ... def halved(rng, shapes, scale): ...
    """
    return declared


def gate(declared: Declared) -> Declared:
    """Declare a logic gate by its function's name: `f(a, b)` of 0 or 1 returns a truth value."""
    return declared


def image_set(declared: Declared) -> Declared:
    """Declare a set of images by its function's name: `f(folder)`.

    It returns two `mnist.data.Digits`, to train on and to test on. `folder` is the configuration's
    `mnist.folder`.
    """
    return declared


def task(name: str) -> Callable[[Declared], Declared]:
    """Declare a task of recurrent networks, a subclass of `rnn.tasks.Task`."""
    return _unchanged


def model(name: str) -> Callable[[Declared], Declared]:
    """Declare a recurrent network, a subclass of `rnn.models.Model`."""
    return _unchanged


def training(
    name: str,
    *,
    experiments: str,
    script: str,
    writes: Mapping[str, Any],
    reads: Reads | None = None,
    chunks: bool = True,
) -> Callable[[Declared], Declared]:
    """Declare what trains a group of experiments, and its tables.

    Parameters
    ----------
    experiments : section and group of the configuration, such as "gates.traces"
    script : in workflow/scripts/, without ending, which the rule `train_<name>` runs
    writes : path of a table, with `{experiment}` -> its schema
    reads : tables on which it depends what is trained; the script reads them
    chunks : a job trains some of the runs, and the tables of all jobs are gathered; otherwise one
        job trains an experiment whole
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
    """Declare what makes tables from other tables.

    The function gets each table of `reads` and each value of `settings` by name, and the name of
    the `experiment` where a path has `{experiment}`. It returns a table, or a mapping from the last
    part of each path in `writes` to its table.

    Parameters
    ----------
    writes : path of a table -> its schema; with `{experiment}` where one that is read has it
    settings : name -> place in the configuration, such as "gates.mapping_two_layers.learning_rate"
    of : only experiments whose configuration has these values are analysed, such as
        {"task": "multitask"}
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
    """Declare what draws a figure: `f(tables, **settings)` returns a figure of Matplotlib.

    `tables` maps the names in `reads` to tables. A figure that reads tables of `{experiment}` is
    drawn for each experiment whose key `figure` names it, and is given its name as `experiment`.

    Parameters
    ----------
    page : what is returned is not a figure of Matplotlib, but the text of a page
    """
    return _unchanged


def claim(
    name: str,
    *,
    statement: str,
    criterion: str,
    reads: Reads,
    paper: int = 0,
    place: str = "",
    reported: str = "",
    variants: Sequence[str] = (),
    thresholds: Mapping[str, float] | None = None,
) -> Callable[[Declared], Declared]:
    """Declare what judges a claim.

    The function gets the tables of `reads` by name and the thresholds by name. If it asks for them,
    it also gets a generator `rng` for what it resamples, and the `variant`. It returns or yields
    the parts of the claim, which the functions of `neuroswitch.claims.parts` make; the worst one
    decides.

    Parameters
    ----------
    name : a capital letter and a number, such as "E1"; S, N, X, R and O are those of this project
    criterion : when the claim is supported, in words, with the {name} of a threshold where it
        stands
    paper : 1 or 2; 3 for a question beyond them; or 0 for a hypothesis of one's own
    place, reported : where the claim is made, and what is reported there
    variants : each is judged by itself, by the paths in which it stands for `{variant}`
    thresholds : numbers that the function is given by name
    """
    return _unchanged


def judgement(name: str, *, writes: Mapping[str, Any]) -> Callable[[Declared], Declared]:
    """Declare what makes verdicts of tables, whichever the claims read."""
    return _unchanged


def _unchanged(declared: Declared) -> Declared:
    return declared
