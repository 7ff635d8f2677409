"""The multiverse of MNIST: what paper 1, section 4, leaves open, drawn all at once, many times.

`priors` draws universes, `experiment` trains them, `judgement` judges claims S17 and S18 in each,
and `scope` says where they hold and which choices decide.
"""
