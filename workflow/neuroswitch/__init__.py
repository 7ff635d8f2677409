"""Replication of two papers on task switching by neuromodulation.

docs/library.md lists what is public, with examples; everything else may change. Nothing is
imported before it is used.
"""

from neuroswitch.lazy import offered

__getattr__, __dir__ = offered(
    __name__,
    {
        "NeuroswitchError": "neuroswitch.errors",
        "claims": "",
        "extend": "neuroswitch.library",
        "gates": "",
        "modulators": "",
        "names": "neuroswitch.library",
        "rnn": "",
        "tables": "",
    },
)
