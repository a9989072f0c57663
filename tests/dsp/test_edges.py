"""Band-limited steps and corners against the spline that they are made of, and the partials of what they smooth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import BSpline

from tests.harness.compiled_code import each
from waves.dsp import edges
from waves.testing import spectrum_db

FRAMES = 1 << 15
ORDER = np.arange(1, 10)


def test_edges_and_corners_are_those_of_the_cubic_b_spline():
    spline = BSpline.basis_element(np.arange(-2.0, 3.0))
    smoothed, ramp = spline.antiderivative(1), spline.antiderivative(2)
    for distance in np.linspace(0.0, 1.99, 50):
        assert edges.step_tail(distance) == pytest.approx(1.0 - smoothed(distance), abs=1e-12)
        assert edges.corner_tail(distance) == pytest.approx(ramp(-distance), abs=1e-12)
    assert edges.step_tail(2.5) == edges.corner_tail(2.5) == 0.0


@pytest.mark.parametrize(
    ("shape", "partials", "below"),
    [
        ("saw", 2.0 / np.pi / ORDER, -60.0),
        ("square", 4.0 / np.pi / ORDER * (ORDER % 2), -60.0),
        ("triangle", 8.0 / np.pi**2 / ORDER**2 * (ORDER % 2), -80.0),
    ],
)
def test_partials_are_those_of_the_shape_seen_through_the_spline(shape, partials, below):
    """The spline is four times the mean of one frame: its response is sinc^4, without aliases below 10 kHz."""
    step = 1871.0 / FRAMES  # 2518 Hz
    phase = np.arange(FRAMES) * step % 1.0
    given = [phase, 0.5, step, 0.0] if shape == "square" else [phase, step, 0.0]
    spectrum = spectrum_db(each(getattr(edges, shape), *given))
    places = 1871 * ORDER[1871 * ORDER < FRAMES // 2]
    expected = partials[: places.size] * np.sinc(places / FRAMES) ** 4
    heard = expected > 0.0
    np.testing.assert_allclose(spectrum[places[heard]], 20.0 * np.log10(expected[heard]), atol=0.01)
    apart = np.abs(np.arange(spectrum.size) - 1871 * np.rint(np.arange(spectrum.size) / 1871)) > 20
    audible = np.arange(spectrum.size) < 10_000 / 44_100 * FRAMES
    print(f"{shape}: aliases {spectrum[apart & audible].max():.1f} dB")
    assert spectrum[apart & audible].max() < below


def test_slower_shapes_are_sharp():
    phase = np.linspace(0.0, 1.0, 101)[:-1]
    assert each(edges.saw, phase, 1e-4, 1e-3) == pytest.approx(2.0 * phase - 1.0)
    assert each(edges.square, phase, 0.3, 1e-4, 1e-3) == pytest.approx(np.where(phase < 0.3, 1.0, -1.0))
    assert each(edges.triangle, phase, 1e-4, 1e-3) == pytest.approx(1.0 - 4.0 * np.abs(phase - 0.5))
