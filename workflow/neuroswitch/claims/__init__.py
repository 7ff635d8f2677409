"""The claims of both papers, and the verdict that the tables give on each. Public: `judge`.

`catalogue` holds what config/claims.yaml says, `selection` takes rows from tables, `criteria`
judges numbers, `alternatives` says what the ledger would have read instead, and `judging` puts
them together.
"""

from neuroswitch.lazy import offered

__getattr__, __dir__ = offered(__name__, {"judge": "neuroswitch.claims.library"})
