"""Noise on inputs: many normal numbers at once."""

import numpy as np
import pytest
from scipy import stats

from neuroswitch.rnn.noise import normals

COUNT = 1 << 20


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_standard_normal_up_to_the_tails(seed):
    drawn = normals(np.random.default_rng(seed), (COUNT,)).astype(float)
    assert stats.kstest(drawn, "norm").pvalue > 1e-3
    for deviations in (2, 3, 4):
        expected = COUNT * 2 * stats.norm.sf(deviations)
        assert (np.abs(drawn) > deviations).sum() == pytest.approx(expected, abs=5 * expected**0.5)
    assert np.abs(drawn).max() < 5.8


@pytest.mark.parametrize("lag", [1, 15, 16, 17, 32, 600])
def test_numbers_do_not_depend_on_others(lag):
    """Neighbours are of two generators, the 16th is of the same pair, the 32nd of the next."""
    drawn = normals(np.random.default_rng(3), (COUNT,)).astype(float)
    for values in (drawn, drawn**2, np.abs(drawn)):
        assert abs(np.corrcoef(values[lag:], values[:-lag])[0, 1]) < 5 / COUNT**0.5


def test_numbers_are_those_of_the_words_of_xoshiro128():
    """The same in plain Python, word by word, from the words that the generator gives."""
    words = np.random.default_rng(4).integers(2**32, size=(4, 16), dtype=np.uint32)
    found = normals(np.random.default_rng(4), (6, 16))
    for lane in range(16):
        s = [int(word) for word in words[:, lane]]
        for row in (0, 2, 4):
            a, b = following(s), following(s)
            v = (b >> 8) / 2**24
            r = np.sqrt(-2 * np.log(((a >> 8) + 1) / 2**24))
            expected = r * np.sin(2 * np.pi * v), r * np.cos(2 * np.pi * v)
            np.testing.assert_allclose(found[row : row + 2, lane], expected, rtol=0, atol=4e-6)


def following(s):
    """Return the next word of xoshiro128++, and advance its four words."""

    def rotated(word, places):
        return (word << places | word >> 32 - places) & 0xFFFFFFFF

    result = (rotated((s[0] + s[3]) & 0xFFFFFFFF, 7) + s[0]) & 0xFFFFFFFF
    shifted = s[1] << 9 & 0xFFFFFFFF
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= shifted
    s[3] = rotated(s[3], 11)
    return result


def test_equal_generators_give_equal_numbers_of_any_shape():
    whole = normals(np.random.default_rng(5), (40, 7))
    assert whole.dtype == np.float32
    np.testing.assert_array_equal(
        normals(np.random.default_rng(5), (10, 4, 7)).ravel(), whole.ravel()
    )
    rng = np.random.default_rng(5)
    normals(rng, (3,))
    assert not np.isin(normals(rng, (40, 7)), whole).any()
    assert normals(rng, (0, 3)).shape == (0, 3)
