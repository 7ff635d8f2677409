"""Recurrent networks and their tasks (paper 2). Public: `train`, `load`, `trials`, `respond`."""

from neuroswitch.lazy import offered

__getattr__, __dir__ = offered(
    __name__, dict.fromkeys(("load", "respond", "train", "trials"), "neuroswitch.rnn.library")
)
