"""All choices that paper 1 leaves open at once: universes, and the claims judged in each.

`priors` says what a universe is and draws it, `conditions` what it trains, `universe` trains and
analyses it, `judgement` judges the claims in it, `summary` writes down its numbers, and
`experiment` makes the tables of many.
"""
