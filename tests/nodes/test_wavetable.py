"""The wavetable: what aliases, its waves against their partials, how it morphs, and what it reads."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from scipy import signal

from tests.harness.aliases import MEASURED, SKIPPED, aliases
from tests.harness.at_rates import rendered
from tests.harness.session_harness import save
from waves.problem import Problems
from waves.testing import RATE, Player, node, spectrum_db

Wavetable = node("wavetable")
COUNT = 1 << 15
PULSE = np.eye(1, 2048)
SINES = np.sin(2.0 * np.pi * np.outer([1, 2, 3], np.arange(2048)) / 2048.0)


def played(frames, **given):
    return Player(Wavetable, frames, compiled=True, **given).render()


@pytest.mark.parametrize("wave", ["saw", "sqr", "1 -1 1 0.3 -0.7"])
def test_aliases_lie_below_90_db(wave):
    for wanted in (30.0, 86.0, 1000.0, 3001.0, 8000.0):
        freq = (round(wanted * MEASURED / RATE) | 1) * RATE / MEASURED
        found = aliases(played(MEASURED + SKIPPED, table=wave, freq=freq)[SKIPPED:], freq, freq)
        print(f"{wave}, {freq:.0f} Hz: {found[0]:.1f} dB, {found[1]:.1f} dB")
        assert max(found) < -110.0


def test_aliases_of_a_wave_with_all_partials_alike_lie_below_90_db_of_the_whole():
    for wanted in (55.0, 110.0, 1000.0):
        freq = (round(wanted * MEASURED / RATE) | 1) * RATE / MEASURED
        sound = played(MEASURED + SKIPPED, file=PULSE, freq=freq)[SKIPPED:]
        whole = 10.0 * np.log10(20_000.0 / freq)  # of so many partials, re one
        found = max(aliases(sound, freq, freq)) - whole
        print(f"{freq:.0f} Hz: {found:.1f} dB")
        assert found < -90.0


@pytest.mark.parametrize("freq", [43.0, 441.0, 3000.0])
def test_a_wave_has_its_partials_up_to_20_khz(freq):
    """A saw has 2 / (pi k), at every pitch: nothing is lost where a table of fewer partials begins."""
    place = round(freq * COUNT / RATE)
    found = spectrum_db(played(COUNT, table="saw", freq=place * RATE / COUNT))
    order = np.arange(1, int(20_000.0 * COUNT / RATE / place) + 1)
    wanted = 20.0 * np.log10(2.0 / np.pi / order)
    away = found[place * order] - wanted
    print(f"{freq:g} Hz: {np.abs(away).max():.4f} dB in {order.size} partials")
    assert np.abs(away).max() < 0.01 if freq > 1000.0 else np.abs(away[:40]).max() < 0.05


def test_points_are_a_wave_with_a_line_from_each_to_the_next():
    """0 1 0 -1 is a triangle: partial n has 8 / (pi n)^2, n odd."""
    freq = 41 * RATE / COUNT
    found = np.abs(np.fft.rfft(played(COUNT, table="0 1 0 -1", freq=freq))) * 2.0 / COUNT
    number = np.arange(1, 20)
    np.testing.assert_allclose(found[41 * number], 8.0 / (np.pi * number) ** 2 * (number % 2), atol=1e-4)


def test_a_glide_from_one_table_to_the_next_is_its_partials_and_nothing_else_up_to_17_khz():
    """The tables change at 689 Hz, where what one has more than the other lies above half the rate."""
    freq = np.linspace(688.0, 690.2, 8192)
    phase = 2.0 * np.pi * np.concatenate([[0.0], np.cumsum(freq[:-1])]) / RATE
    time = np.linspace(-1.0, 1.0, freq.size)
    turns = [wave(k * phase) for k in range(1, 28) for wave in (np.sin, np.cos)]
    basis = np.stack([turn * time**power for turn in turns for power in range(3)], 1)[800:-800]
    audible = signal.firwin(511, 17_600.0, fs=RATE, window=("kaiser", 12.0))
    sound = np.convolve(played(freq.size, table="saw", freq=freq), audible, "same")[800:-800]
    left = np.abs(sound - basis @ np.linalg.lstsq(basis, sound)[0]).max()
    print(f"besides the partials {20.0 * np.log10(left):.1f} dB")
    assert left < 1e-5


def test_the_position_mixes_neighbours_and_reaches_the_last():
    file = SINES.ravel()[None]
    still = [played(2000, file=file, freq=441.0, position=place) for place in (0.0, 0.5, 1.0, 0.25, 2.0, np.nan)]
    for order, sound in enumerate(still[:3], 1):
        found = 2.0 * np.abs(np.fft.rfft(sound[1000:])) / 1000.0
        assert found[10 * order] == pytest.approx(1.0, abs=1e-4)
        assert np.delete(found, 10 * order).max() < 1e-4
    np.testing.assert_allclose(still[3], 0.5 * (still[0] + still[1]), atol=1e-6)
    assert (still[4] == still[2]).all() and (still[5] == still[0]).all()


@pytest.mark.parametrize("rate", [22_050, 48_000, 96_000])
def test_a_wave_is_the_same_at_every_rate(rate):
    kept = 2.0 * np.abs(np.fft.rfft(played(rate, table="saw", freq=500.0, sample_rate=rate)))[:9001:500] / rate
    np.testing.assert_allclose(kept[1:], 2.0 / np.pi / np.arange(1, kept.size), rtol=0.01)


@pytest.mark.parametrize("size", [600, 1000, 2048, 4095])
def test_a_file_is_read_as_it_is_whatever_its_rate(tmp_path, size):
    """One wave of any length, or waves of 2,048 frames."""
    wave = 0.5 * np.sin(2.0 * np.pi * np.arange(size) / size)
    soundfile.write(tmp_path / "one.wav", np.stack([wave, 0.0 * wave], 1), 96_000, "FLOAT")
    save(tmp_path, "my_sound: {wavetable: {file: one.wav, freq: 441}}\n")
    sound = rendered(tmp_path, RATE, 0.1, "my_sound")[1000:2000, 0]
    found = 2.0 * np.abs(np.fft.rfft(sound)) / 1000.0
    assert found[10] == pytest.approx(0.5, abs=1e-4) and np.delete(found, 10).max() < 1e-4


WRONG = {
    "table: sin / saws": "`table` knows sin, saw, sqr, tri, and waves of two points or more, not 'saws'",
    "table: sin / 1": "`table` knows sin, saw, sqr, tri, and waves of two points or more, not '1'",
    "file: long.wav": "a wavetable has 2048 frames for each wave, or is one wave of up to 8192 frames",
    "file: many.wav": "a wavetable has 256 waves at most, this has 257",
}


@pytest.mark.parametrize("written", WRONG)
def test_what_is_no_wavetable_is_told(tmp_path, written):
    soundfile.write(tmp_path / "long.wav", np.zeros(10_000), 44_100)
    soundfile.write(tmp_path / "many.wav", np.zeros(257 * 2048), 44_100)
    save(tmp_path, f"my_sound: {{wavetable: {{{written}}}}}\n")
    with pytest.raises(Problems) as found:
        rendered(tmp_path, RATE, 0.1, "my_sound")
    assert WRONG[written] in str(found.value.problems[0])
