"""Windows against those of SciPy, and their side lobes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.signal import windows as scipy

from tests.harness.compiled_code import each
from waves.dsp import windows

SIZE = 512
PHASE = np.arange(SIZE) / SIZE
NUTTALL = [0.355768, 0.487396, 0.144232, 0.012604]
EXPECTED = {
    "hann": scipy.hann(SIZE, sym=False),
    "blackman": scipy.blackman(SIZE, sym=False),
    "nuttall": scipy.general_cosine(SIZE, NUTTALL, sym=False),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_the_window_of_that_name(name):
    np.testing.assert_allclose(each(getattr(windows, name), PHASE), EXPECTED[name], atol=4e-11)


@pytest.mark.parametrize("slope", [0.01, 0.2, 0.5])
def test_tukey(slope):
    expected = scipy.tukey(SIZE + 1, 2.0 * slope)[:-1]
    np.testing.assert_allclose(each(windows.tukey, PHASE, slope), expected, atol=1e-10)


@pytest.mark.parametrize(("name", "lobes", "width"), [("blackman", -58.0, 3), ("nuttall", -93.0, 4)])
def test_side_lobes(name, lobes, width):
    spectrum = np.abs(np.fft.rfft(each(getattr(windows, name), PHASE), 64 * SIZE))
    level = 20.0 * np.log10(spectrum / spectrum[0] + 1e-12)
    assert level[64 * width :].max() < lobes


def test_they_are_0_at_their_ends_and_outside_and_1_in_the_middle():
    for window in (windows.hann, windows.blackman, windows.nuttall, lambda phase: windows.tukey(phase, 0.3)):
        ends = [window(phase) for phase in (0.0, 1.0, -3.0, 7.0, math.nan, math.inf, -math.inf)]
        assert ends == pytest.approx([0.0] * 7, abs=1e-10)
        assert window(0.5) == pytest.approx(1.0, abs=1e-10)


def test_two_hann_windows_half_a_window_apart_add_up_to_1():
    np.testing.assert_allclose(each(windows.hann, PHASE) + each(windows.hann, (PHASE + 0.5) % 1.0), 1.0, atol=4e-11)
