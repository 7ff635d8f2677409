"""The networks by name, at the size a task asks for."""

import numpy as np

from neuroswitch.rnn.models.low_rank import LowRank
from neuroswitch.rnn.models.lstm import Lstm
from neuroswitch.rnn.models.model import START, Model
from neuroswitch.rnn.models.vanilla import Vanilla
from neuroswitch.settings.rnn import Network


def build(network: Network, channels: int, outputs: int, sensory: int) -> Model:
    """Return the model of a network for a task.

    Parameters
    ----------
    channels : inputs of the task
    sensory : those of them, the first, that the big network of an NM-RNN sees
    """
    gain = 1 / network.units if network.divided else 1.0
    if network.model == "lstm":
        return Lstm(network.units, channels, outputs)
    if network.model == "vanilla":
        return Vanilla(
            network.units,
            channels,
            outputs,
            gain=gain,
            readout_bias=network.readout_bias,
            tau_x=network.tau_x,
            narrow=network.narrow,
        )
    return LowRank(
        network.units,
        network.rank,
        channels,
        outputs,
        modulators=network.modulators,
        x_channels=sensory if network.modulators else None,
        feedback=network.feedback,
        gain=gain,
        orthonormal=network.orthonormal,
        linear=network.linear,
        readout_bias=network.readout_bias,
        tau_x=network.tau_x,
        tau_z=network.tau_z,
        narrow=network.narrow,
    )


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
