"""Exponentials, logarithms, powers and tanh against those of NumPy, compiled and as plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.compiled_code import each
from waves.dsp import powers

WIDE = np.linspace(-690.0, 690.0, 20_011)
SMALL = np.concatenate([np.geomspace(1e-12, 1.0, 2_000), -np.geomspace(1e-12, 1.0, 2_000)])
POSITIVE = np.concatenate([np.geomspace(1e-299, 1e299, 10_000), np.linspace(0.5, 2.0, 10_000), 1.0 + SMALL[:1000]])
RELATIVE = {
    "exp2": (powers.exp2, np.exp2, WIDE, 1e-15),
    "exp": (powers.exp, np.exp, np.concatenate([WIDE, SMALL]), 1e-13),
    "expm1": (powers.expm1, np.expm1, np.concatenate([WIDE, SMALL, np.linspace(-3.0, 3.0, 10_000)]), 1e-13),
    "tanh": (powers.tanh, np.tanh, np.concatenate([WIDE, SMALL, np.linspace(-10.0, 10.0, 10_000)]), 5e-15),
    "log2": (powers.log2, np.log2, POSITIVE, 1e-15),
    "log": (powers.log, np.log, POSITIVE, 1e-15),
}


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
@pytest.mark.parametrize("name", RELATIVE)
def test_the_error_is_below_its_bound(name, compiled):
    function, exact, x, bound = RELATIVE[name]
    found = each(function, x) if compiled else np.array([function(float(one)) for one in x])
    expected = exact(x.astype(np.longdouble))
    error = np.abs(found - expected)
    least = 0.5 if name.startswith("log") else 1e-300
    away = float((error / np.maximum(np.abs(expected), least)).max())
    print(f"{name}: {away:.1e}")
    assert away < bound


def test_logarithms_of_numbers_near_1_keep_their_digits():
    x = 1.0 + SMALL[np.abs(SMALL) < 0.29]
    np.testing.assert_allclose(each(powers.log2, x), np.log2(x.astype(np.longdouble)).astype(float), rtol=1e-15)


def test_powers_are_below_the_bound_of_their_exponent():
    base, x = np.meshgrid(np.geomspace(1e-6, 1e6, 101), np.linspace(-20.0, 20.0, 101))
    base, x = base.ravel(), x.ravel()
    found, expected = each(powers.power, base, x), np.power(base, x)
    assert (np.abs(found / expected - 1.0) < (4.0 + np.abs(x * np.log2(base))) * 5e-16).all()
    assert powers.power(0.5, 3.0) == pytest.approx(0.125, rel=1e-15)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_exact_places_and_held_ends(compiled):
    def at(function, *x):
        return each(function, np.array(x)).tolist() if compiled else [function(one) for one in x]

    assert at(powers.exp2, 0.0, 1.0, -3.0) == [1.0, 2.0, 0.125]
    assert at(powers.log2, 1.0, 4.0, 0.125) == [0.0, 2.0, -3.0]
    assert at(powers.tanh, 0.0, np.inf, -np.inf, np.nan) == [0.0, 1.0, -1.0, -1.0]
    assert at(powers.exp2, np.nan, np.inf) == pytest.approx([2.0**-1000, 2.0**1000], rel=1e-11)
    assert at(powers.exp, -np.inf, 800.0) == pytest.approx([2.0**-1000, 2.0**1000], rel=1e-11)
    assert at(powers.expm1, 0.0, -np.inf, np.nan) == [0.0, -1.0, -1.0]
    assert at(powers.log2, 0.0, -1.0, np.nan) == pytest.approx([np.log2(1e-300)] * 3, rel=1e-11)
