"""Element finder: the first number of a sequence says which of those after it to answer with.

The paper's sequences have 25 elements; tasks of other lengths are this project's.
"""

from typing import ClassVar

import numpy as np

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.rnn.tasks.trials import Trials

ELEMENTS = 25
"""Of the paper's sequences."""

VALUES = np.arange(-10, 11)
"""What an element can be, each equally likely."""

CHANNELS = 1
OUTPUTS = 1

CHANCE = float(np.var(VALUES))
"""Expected loss of the constant 0, the best answer without knowledge of the sequence."""


def draw(
    rng: np.random.Generator,
    trials: int,
    query: int | None = None,
    count: int = ELEMENTS,
) -> Trials:
    """Return sequences: the query, then the elements; the target is the element at the query.

    Fixing the query changes no other number that is drawn. Labels: `query`, 0 to
    `count` - 1, and `value`, the element it points to. Only the last step has weight.

    Parameters
    ----------
    query : index of the element asked for, counted from 0; drawn uniformly where None
    count : elements of a sequence

    Raises NeuroswitchError where the query is outside its range.

    Source: paper 2, element finder task; ambiguity A37.
    """
    if query is not None and not 0 <= query < count:
        raise NeuroswitchError(f"query must be 0 to {count - 1}; found {query}")
    queries = rng.integers(count, size=trials)
    elements = rng.choice(VALUES, (trials, count))
    if query is not None:
        queries[:] = query
    values = elements[np.arange(trials), queries]

    targets = np.zeros((trials, 1 + count, OUTPUTS), np.float32)
    targets[:, -1, 0] = values
    weights = np.zeros((trials, 1 + count), np.float32)
    weights[:, -1] = 1
    inputs = np.column_stack([queries, elements]).astype(np.float32)[..., None]
    return Trials(inputs, targets, weights, {"query": queries, "value": values})


@declare.task("element_finder")
class ElementFinder(Task):
    """Sequences of any query and elements."""

    ELEMENTS: ClassVar[int] = ELEMENTS
    STEPS, CHANNELS, OUTPUTS = 1 + ELEMENTS, CHANNELS, OUTPUTS

    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        return draw(rng, trials, count=self.ELEMENTS)


@declare.task("element_finder_10")
class ElementFinder10(ElementFinder):
    """Sequences of 10 elements."""

    ELEMENTS = 10
    STEPS = 1 + ELEMENTS


@declare.task("element_finder_50")
class ElementFinder50(ElementFinder):
    """Sequences of 50 elements."""

    ELEMENTS = 50
    STEPS = 1 + ELEMENTS


@declare.task("element_finder_100")
class ElementFinder100(ElementFinder):
    """Sequences of 100 elements."""

    ELEMENTS = 100
    STEPS = 1 + ELEMENTS
