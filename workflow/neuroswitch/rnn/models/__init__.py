"""The recurrent networks: each is a class of a file of its own, which declares it."""

from dataclasses import fields, replace

import numpy as np

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError, nearest
from neuroswitch.rnn.models.model import START, Model, Rollout
from neuroswitch.rnn.tasks import Task
from neuroswitch.settings.rnn import Network

__all__ = ["START", "Model", "Rollout", "build", "widened"]


def build(network: Network, task: Task) -> Model:
    """Return the model of a network for a task.

    Raises
    ------
    NeuroswitchError : no model has the name, or it has no such option
    """
    kind: type[Model] = index.get("model", network.model).load()
    own = {field.name for field in fields(kind)} - {"channels", "outputs", *Network.model_fields}
    for option in network.options:
        if option not in own:
            raise NeuroswitchError(
                f"options: the model {network.model!r} has none called {option!r}; "
                f"{nearest(option, own)}"
            )
    return replace(kind.of(network, task), **network.options)


def widened(vector: np.ndarray, model: Model, wider: Model) -> np.ndarray:
    """Return the parameters for a model that sees one more channel, whose weights are START.

    Source: paper 2, appendix: the new context's column starts at 0.1.
    """
    old = model.views(vector)
    parameters = {}
    for name, shape in wider.shapes.items():
        missing = shape[-1] - old[name].shape[-1]
        column = np.full((*shape[:-1], missing), START, vector.dtype)
        parameters[name] = np.concatenate([old[name], column], axis=-1)
    return wider.flatten(parameters, vector.dtype)
