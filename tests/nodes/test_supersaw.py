"""The supersaw: the pitches of its saws, their sides, aliases, level and beginnings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from tests.harness.aliases import MEASURED, SKIPPED, aliases
from waves.testing import RATE, Player, node, spectrum_db

Supersaw = node("supersaw")
COUNT = 1 << 17


def played(frames, **given):
    return Player(Supersaw, frames, compiled=True, **given).render()


@pytest.mark.parametrize("rate", [22_050, 44_100, 96_000])
def test_the_saws_lie_where_they_are_said_to(rate):
    left, right = played(COUNT, freq=1000.0, detune=2.0, spread=0.0, sample_rate=rate)
    np.testing.assert_array_equal(left, right)
    spectrum = spectrum_db(left)
    found = signal.find_peaks(spectrum[: round(1200 * COUNT / rate)], height=-30.0, distance=20)[0] * rate / COUNT
    bent = (np.arange(1, 4) / 3.0) ** 1.5
    semitones = 2.0 * np.concatenate([-bent[::-1], [0.0], 0.97 * bent])
    np.testing.assert_allclose(found, 1000.0 * 2.0 ** (semitones / 12.0), atol=rate / COUNT)


@pytest.mark.parametrize("wanted", [100.0, 2000.0, 8000.0])
def test_aliases_lie_below_those_of_osc(wanted):
    freq = (round(wanted * MEASURED / RATE) | 1) * RATE / MEASURED
    found = aliases(played(MEASURED + SKIPPED, freq=freq, detune=0.0, voices=2)[0][SKIPPED:], freq, freq)
    print(f"{freq:.0f} Hz: {found[0]:.1f} dB, {found[1]:.1f} dB")
    assert found[0] < -80.0 and found[1] < -70.0


def test_one_saw_is_that_of_osc():
    """Its steps too, but for where it begins."""
    one = played(44_100, freq=441.0, voices=1)[0]
    osc = Player(node("osc"), 44_100, compiled=True, freq=441.0, type="saw").render()
    apart = [np.abs(np.fft.rfft(sound[4100:])) for sound in (one, osc)]
    np.testing.assert_allclose(apart[0][400::400][:40], apart[1][400::400][:40], rtol=2e-3)


@pytest.mark.parametrize("voices", [1, 2, 4, 7, 16])
def test_it_is_as_loud_as_one_saw_and_as_loud_on_both_sides(voices):
    """Whatever `spread` is."""
    for spread in (0.0, 1.0):
        sound = played(1 << 18, freq=220.0, voices=voices, detune=0.5, spread=spread, amp=0.5)
        power = np.mean(sound**2, axis=1)
        louder = 10.0 * np.log10(power.mean() / (0.25 / 3.0))
        print(
            f"{voices} saws, spread {spread:g}: {louder:+.2f} dB, left {10.0 * np.log10(power[0] / power[1]):+.2f} dB"
        )
        assert abs(louder) < 0.8
        assert abs(10.0 * np.log10(power[0] / power[1])) < 1.2
        assert (np.corrcoef(sound)[0, 1] > 0.999) == (spread == 0.0 or voices == 1)


def test_each_seed_and_each_note_begins_otherwise():
    first, other = (played(400, seed=seed)[0] for seed in (1, 2))
    assert np.abs(first - other).max() > 0.1
    assert (played(400, seed=1)[0] == first).all()
    player = Player(Supersaw, 800, compiled=True, seed=1)
    again = [player.render(400)[0].copy()]
    player.begin_note()
    player.record["note"] = 1
    again.append(player.render(400)[0])
    assert (again[0] == first).all() and np.abs(again[1] - first).max() > 0.1
