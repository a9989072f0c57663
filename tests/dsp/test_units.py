"""Decibels and semitones against their definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp import units


def test_decibels():
    level = np.linspace(-200.0, 200.0, 1001)
    factor = 10.0 ** (level / 20.0)
    np.testing.assert_allclose(each(units.db_to_factor, level), factor, rtol=1e-14)
    np.testing.assert_allclose(each(units.factor_to_db, factor), level, rtol=1e-14, atol=1e-14)
    assert [units.factor_to_db(x) for x in (0.0, -1.0, math.nan)] == pytest.approx([-6000.0] * 3)
    assert 0.0 < units.db_to_factor(math.nan) < 1e-300


def test_semitones():
    interval = np.linspace(-120.0, 120.0, 1001)
    factor = 2.0 ** (interval / 12.0)
    np.testing.assert_allclose(each(units.semitones_to_factor, interval), factor, rtol=1e-14)
    np.testing.assert_allclose(each(units.factor_to_semitones, factor), interval, rtol=1e-14, atol=1e-14)
    assert units.semitones_to_factor(12.0) == 2.0 and units.factor_to_semitones(2.0) == 12.0
