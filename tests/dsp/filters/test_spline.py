"""Reading by a B-spline: exact levels at whole places, its loss between them, and its images, by the closed form."""

from __future__ import annotations

import numpy as np
import pytest

from waves.dsp.filters.spline import POLE, prepared, read, weighed
from waves.node_types.library.machine_types import Ring

TURNS = np.array([0.01, 0.1134, 0.2268, 0.3401])  # per frame: 0.44, 5, 10 and 15 kHz at 44.1 kHz


def response(part: float) -> np.ndarray:
    """The response to tones of `TURNS` that are prepared, and read between two frames."""
    state = np.zeros(2)
    ring = Ring(np.zeros(64))
    impulse = []
    for x in np.eye(1, 50)[0]:
        ring.push(prepared(x, state))
        impulse.append(read(ring, 3.0 + part))
    return np.array(impulse) @ np.exp(-2j * np.pi * np.outer(np.arange(50), TURNS))


def test_at_whole_places_every_tone_keeps_its_level():
    assert np.abs(response(0.0)) == pytest.approx(1.0, abs=1e-12)


def test_between_two_frames_little_is_lost():
    loss = -20.0 * np.log10(np.abs(response(0.5)))
    print("dB", loss)
    assert (loss >= 0.0).all() and (loss[1:] < [0.01, 0.16, 1.31]).all()


def test_at_low_frequencies_it_is_early_by_0_42_frames():
    late = -np.angle(response(0.3)[0]) / (2.0 * np.pi * TURNS[0])
    assert late == pytest.approx(2.0 + 0.3 + 2.0 * POLE / (1.0 - POLE), abs=0.01)


def test_what_a_moving_place_adds_are_the_images_of_the_spline():
    """The response as a function of the place is a Fourier series whose first partials are the images."""
    parts = np.arange(8) / 8.0
    moved = np.stack([response(part) * np.exp(2j * np.pi * TURNS * part) for part in parts])
    images = np.abs(np.fft.fft(moved, axis=0)) / 8.0
    beside = 20.0 * np.log10(np.sqrt((images[1:] ** 2).sum(0)) / images[0])
    print("dB", beside)
    assert (beside[1:] < [-70.7, -42.4, -22.9]).all()


def test_the_weights_add_up_to_one():
    for part in (0.0, 0.25, 0.5, 1.0):
        assert weighed(1.0, 1.0, 1.0, 1.0, part) == pytest.approx(1.0, abs=1e-15)
        assert weighed(-1.0, 0.0, 1.0, 2.0, part) == pytest.approx(part, abs=1e-15)
