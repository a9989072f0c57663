"""Analog: partials and aliases of hard sync, feedback, the sub-oscillator, and how far the pitch strays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import jv

from tests.harness.aliases import MEASURED, SKIPPED, aliases
from waves.testing import RATE, Player, node

Analog = node("analog")
TONE = (round(1000.0 * MEASURED / RATE) | 1) * RATE / MEASURED  # Hz, an odd number of periods
SHAPES = {
    "sin": lambda p: np.sin(2.0 * np.pi * p),
    "tri": lambda p: 2.0 / np.pi * np.arcsin(np.sin(2.0 * np.pi * p)),
    "sqr": lambda p: np.where(p % 1.0 < 0.5, 1.0, -1.0),
    "saw": lambda p: 2.0 * (p % 1.0) - 1.0,
}


def played(frames=MEASURED + SKIPPED, **given):
    return Player(Analog, frames, compiled=True, **given).render()


def partials(sound, freq, count, rate=RATE):
    """Amplitudes of the first partials of a sound with whole periods."""
    spectrum = np.abs(np.fft.rfft(sound)) * 2.0 / sound.size
    return spectrum[np.rint(np.arange(1, count + 1) * freq * sound.size / rate).astype(int)]


@pytest.mark.parametrize(
    ("shape", "sync"),
    [("saw", 1.0), ("saw", 5.3), ("sqr", 2.5), ("tri", 5.3), ("sin", 1.7), ("sin", 5.3), ("sin", 7.9), ("sin", 17.7)],
)
def test_aliases_of_hard_sync_lie_below_80_and_70_db(shape, sync):
    """Re the lowest partial, in 1 kHz; and all partials up to 10 kHz are those of a period that begins anew."""
    sound = played(freq=TONE, sync=sync, type=shape)[SKIPPED:]
    found = aliases(sound, TONE, TONE)
    print(f"{shape} {sync}: {found[0]:.1f} dB, {found[1]:.1f} dB")
    assert found[0] < -80.0 and found[1] < -70.0
    period = SHAPES[shape](sync * (np.arange(1 << 16) + 0.5) / (1 << 16))
    exact = np.abs(np.fft.rfft(period))[1:11] * 2.0 / period.size
    np.testing.assert_allclose(partials(sound, TONE, 10), exact, rtol=0.02, atol=3e-4)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_feedback_gives_the_partials_of_its_series(rate):
    """Of sin(x + b sin(x + …)) partial n is 2 J(n, n b) / (n b), at any rate; the mean of two frames takes a little."""
    sound = played(3 * rate, freq=50.0, type="sin", feedback=0.8, rate=rate)[rate:]
    number = np.arange(1, 9)
    exact = 2.0 * jv(number, 0.8 * number) / (0.8 * number)
    np.testing.assert_allclose(partials(sound, 50.0, 8, rate), exact, rtol=0.03)


def test_the_sub_oscillator_is_a_square_an_octave_below():
    """At twice the level beside a sine its partials are 4 / (pi n), n odd, and it has no aliases."""
    sound = played(freq=2.0 * TONE, type="sin", sub=2.0)[SKIPPED:]
    alone = sound - played(freq=2.0 * TONE, type="sin")[SKIPPED:]
    np.testing.assert_allclose(partials(alone, TONE, 5)[::2], 8.0 / np.pi / np.array([1, 3, 5]), rtol=0.01)
    assert aliases(sound, TONE, TONE)[1] < -90.0


def test_the_pitch_strays_by_the_drift_at_most_and_another_way_with_another_seed():
    ways = []
    for seed in (1, 2):
        sound = played(20 * 44_100, freq=441.0, type="sin", drift=20.0, seed=seed)
        ups = np.flatnonzero((sound[:-1] < 0.0) & (sound[1:] >= 0.0))
        crossings = ups - sound[ups] / (sound[ups + 1] - sound[ups])
        ways.append(1200.0 * np.log2(RATE / 441.0 / np.diff(crossings[1:])))
        print(f"cents: {ways[-1].min():.1f} to {ways[-1].max():.1f}")
        assert 12.0 < np.abs(ways[-1]).max() < 20.1 and abs(ways[-1].mean()) < 6.0
    assert np.abs(ways[0][:8000] - ways[1][:8000]).max() > 10.0


def test_without_what_it_adds_it_is_the_saw_of_osc_half_a_turn_on():
    osc = Player(node("osc"), 8000, compiled=True, type="saw", freq=1234.5, quality="best").render()
    later = played(8000 + 50, freq=1234.5)
    spectra = [np.abs(np.fft.rfft(one[50:8000] * np.hanning(7950))) for one in (osc, later)]
    np.testing.assert_allclose(spectra[1][200:2000], spectra[0][200:2000], atol=0.02 * spectra[0].max())
