"""The Hadamard transform against the matrix of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import hadamard as matrix

from waves.dsp.hadamard import hadamard
from waves.engine.native.entry import jit


@pytest.mark.parametrize("transform", [hadamard, jit(hadamard)], ids=["plain", "compiled"])
@pytest.mark.parametrize("size", [1, 2, 4, 8, 16, 32])
def test_it_is_the_matrix_in_place_and_its_own_inverse(size, transform):
    state = np.random.default_rng(size).standard_normal(size + 5)
    before = state.copy()
    transform(state, size, 3)
    np.testing.assert_allclose(state[3 : 3 + size], matrix(size) @ before[3 : 3 + size] / np.sqrt(size), atol=1e-14)
    assert (state[:3] == before[:3]).all() and (state[3 + size :] == before[3 + size :]).all()
    assert np.sum(state**2) == pytest.approx(np.sum(before**2), rel=1e-15 * size)
    transform(state, size, 3)
    np.testing.assert_allclose(state, before, atol=1e-14)
