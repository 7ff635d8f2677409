"""The claims of both papers, and the verdict that the tables give on each. Public: `judge`.

`paper1`, `paper2`, `ours`, `beyond` and `reviewers` have a function for each claim, which yields
`parts`. `samples` takes runs from tables, `statistics` tests them, `outcomes` decides,
`alternatives` says what the ledger would have read instead, and `judging` puts them together.
"""

from neuroswitch.lazy import offered

__getattr__, __dir__ = offered(__name__, {"judge": "neuroswitch.claims.library"})
