"""The claims of both papers, and the verdict that the tables give on each.

`catalogue` holds what config/claims.yaml says, `selection` takes rows from tables, `criteria`
judges numbers, `alternatives` says what the ledger would have read instead, and `judge` puts them
together.
"""
