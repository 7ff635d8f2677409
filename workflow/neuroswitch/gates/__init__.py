"""Logic gates in one network (paper 1, sections 2 and 3). Public: `train`."""

from neuroswitch.lazy import offered

__getattr__, __dir__ = offered(__name__, {"train": "neuroswitch.gates.library"})
