"""Random streams: each depends on the root seed and on its own name, and on nothing else."""

import numpy as np
import pytest

from neuroswitch import seeds

NAMES = [
    (0, "gates", 1, "weights"),
    (1, "gates", 1, "weights"),
    (0, "gates", 2, "weights"),
    (0, "gates", "1", "weights"),
    (0, "gates", 1, "weight", "s"),
    (0, "gates", "weights", 1),
    (0,),
]


def test_every_name_has_a_stream_of_its_own_and_always_the_same():
    first = {name: seeds.generator(*name).standard_normal(200) for name in NAMES}
    for name in reversed(NAMES):
        np.testing.assert_array_equal(seeds.generator(*name).standard_normal(200), first[name])
    correlation = np.corrcoef(list(first.values())) - np.eye(len(NAMES))
    # Four standard errors of the correlation of 200 independent pairs.
    assert np.abs(correlation).max() < 4 / np.sqrt(200)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ((0, "gates", "switching", 0, "parameters"), [940, 549, 835]),
        ((7, "rnn", "multitask", "training", 3, "fresh", 12), [564, 704, 923]),
    ],
)
def test_the_streams_are_those_that_the_stored_tables_were_made_with(name, drawn):
    """Another way from a name to a stream would change every stored number."""
    assert seeds.generator(*name).integers(1000, size=3).tolist() == drawn
