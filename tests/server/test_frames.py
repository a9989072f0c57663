"""Sound and levels as clients draw them."""

from __future__ import annotations

import numpy as np
import pytest

from waves.server import frames

RATE = 44100.0


def tone(freq: float, amp: float = 1.0, count: int = 4096, phase: float = 0.0) -> np.ndarray:
    time = np.arange(count) / RATE
    return np.column_stack([amp * np.sin(2 * np.pi * freq * time + phase)] * 2).astype(np.float32)


def test_a_frame_says_what_it_is():
    rows = np.arange(6.0).reshape(2, 3)
    data = frames.packed(frames.METERS, 12345.0, rows)
    assert frames.HEADER.unpack(data[:12]) == (3, 2, 3, 12345.0)
    assert np.array_equal(np.frombuffer(data[12:], "<f4").reshape(2, 3), rows)


@pytest.mark.parametrize("phase", [0.0, 1.0, 4.0])
def test_a_steady_tone_stands_still_in_the_scope(phase):
    shown = frames.scope(tone(440.0, phase=phase))
    assert shown.shape == (2, frames.SCOPE_FRAMES)
    assert 0.0 <= shown[0, 0] <= 2 * np.pi * 440.0 / RATE
    assert np.abs(shown[0] - frames.scope(tone(440.0))[0]).max() < 0.07


@pytest.mark.parametrize("sound", [np.zeros((4096, 2)), np.ones((4096, 2)), np.zeros((0, 2)), np.zeros((100, 1))])
def test_the_scope_shows_what_there_is(sound):
    assert frames.scope(sound).shape == (sound.shape[1], frames.SCOPE_FRAMES)


@pytest.mark.parametrize("freq", [50.0, 440.0, 5000.0, 15_000.0])
@pytest.mark.parametrize("amp", [1.0, 0.01])
def test_the_spectrum_has_a_tone_in_its_band_at_its_level(freq, amp):
    levels = frames.spectrum(tone(freq, amp), RATE)[0]
    edges = np.geomspace(frames.LOWEST, frames.HIGHEST, frames.BANDS + 1)
    loudest = int(np.argmax(levels))
    width = RATE / 4096
    assert edges[loudest] - width <= freq <= edges[loudest + 1] + width
    expected = 20 * np.log10(amp) + 10 * np.log10(2)  # both channels
    assert levels[loudest] == pytest.approx(expected, abs=1.6)  # a Hann window between two bins


def test_the_spectrum_of_silence_is_the_floor():
    assert np.all(frames.spectrum(np.zeros((4096, 2)), RATE) == frames.FLOOR)


def test_a_lower_rate_has_no_bands_above_it():
    assert np.isfinite(frames.spectrum(tone(440.0), 22050.0)).all()
