"""Element finder: the first number of a sequence says which of the next 25 to answer with."""

import numpy as np

from neuroswitch import declare
from neuroswitch.errors import NeuroswitchError
from neuroswitch.rnn.tasks.task import Task
from neuroswitch.rnn.tasks.trials import Trials

ELEMENTS = 25
VALUES = np.arange(-10, 11)
"""What an element can be, each equally likely."""

STEPS = 1 + ELEMENTS
CHANNELS = 1
OUTPUTS = 1

CHANCE = float(np.var(VALUES))
"""Expected loss of the constant 0, the best answer without knowledge of the sequence."""


def draw(
    rng: np.random.Generator, trials: int, query: int | None = None, value: int | None = None
) -> Trials:
    """Return sequences: the query, then 25 elements; the target is the element at the query.

    Fixing the query or the value changes no other number that is drawn. Labels: `query`, 0 to
    24, and `value`, the element it points to. Only the last step has weight.

    Parameters
    ----------
    query : index of the element asked for, counted from 0; drawn uniformly where None
    value : what the element asked for is; drawn like the others where None

    Raises NeuroswitchError where the query or the value is outside its range.

    Source: paper 2, element finder task; ambiguity A37.
    """
    if query is not None and not 0 <= query < ELEMENTS:
        raise NeuroswitchError(f"query must be 0 to {ELEMENTS - 1}; found {query}")
    if value is not None and value not in VALUES:
        raise NeuroswitchError(f"value must be {VALUES[0]} to {VALUES[-1]}; found {value}")
    trial = np.arange(trials)
    queries = rng.integers(ELEMENTS, size=trials)
    elements = rng.choice(VALUES, (trials, ELEMENTS))
    if query is not None:
        queries[:] = query
    if value is not None:
        elements[trial, queries] = value
    values = elements[trial, queries]

    targets = np.zeros((trials, STEPS, OUTPUTS), np.float32)
    targets[:, -1, 0] = values
    weights = np.zeros((trials, STEPS), np.float32)
    weights[:, -1] = 1
    inputs = np.column_stack([queries, elements]).astype(np.float32)[..., None]
    return Trials(inputs, targets, weights, {"query": queries, "value": values})


@declare.task("element_finder")
class ElementFinder(Task):
    """Sequences of any query and elements."""

    STEPS, CHANNELS, OUTPUTS = STEPS, CHANNELS, OUTPUTS

    def draw(self, rng: np.random.Generator, trials: int) -> Trials:
        return draw(rng, trials)
