"""Interpolation against that of SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicHermiteSpline
from scipy.interpolate import lagrange as polynomial

from tests.harness.compiled_code import each
from waves.dsp import interpolation

PART = np.linspace(0.0, 1.0, 101)
FOUR = np.random.default_rng(7).standard_normal((20, 4))
PLACES = np.array([-1.0, 0.0, 1.0, 2.0])


@pytest.mark.parametrize("frames", FOUR)
def test_each_is_the_curve_of_that_name(frames):
    a, b, c, d = frames
    slopes = [(c - a) / 2.0, (d - b) / 2.0]
    np.testing.assert_allclose(each(interpolation.linear, b, c, PART), b + PART * (c - b), atol=1e-14)
    expected = CubicHermiteSpline([0.0, 1.0], [b, c], slopes)(PART)
    np.testing.assert_allclose(each(interpolation.hermite, *frames, PART), expected, atol=1e-13)
    expected = polynomial(PLACES, frames)(PART)
    np.testing.assert_allclose(each(interpolation.lagrange, *frames, PART), expected, atol=1e-13)


@pytest.mark.parametrize(("name", "degree"), [("hermite", 2), ("lagrange", 3)])
def test_it_is_exact_for_a_polynomial(name, degree):
    found = each(getattr(interpolation, name), *PLACES**degree, PART)
    np.testing.assert_allclose(found, PART**degree, atol=1e-14)
