"""Kick, snare, hat and clap: pitch, decay, spectrum and hands, and strikes that follow each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from waves.testing import RATE, Player, level, node, spectrum_db

DRUMS = {name: node(name) for name in ("kick", "snare", "hat", "clap")}


def struck(name, seconds, rate=RATE, **given):
    return Player(DRUMS[name], round(seconds * rate), compiled=True, rate=rate, **given).render()


def fall(sound, first, last, rate=RATE):
    """dB per s between two times, of the power in 10 ms."""
    size = round(0.01 * rate)
    parts = sound[round(first * rate) : round(last * rate)]
    power = (parts[: parts.size // size * size].reshape(-1, size) ** 2).mean(axis=1)
    return -10.0 * np.polyfit(np.arange(power.size) * size / rate, np.log10(power), 1)[0]


def centroid(sound):
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((power * np.arange(power.size)).sum() / power.sum() * RATE / sound.size)


@pytest.mark.parametrize("rate", [22_050.0, 44_100.0, 96_000.0])
def test_a_kick_is_a_sine_whose_pitch_falls_to_its_own(rate):
    """The phase is the sum of a pitch that falls in semitones by 60 dB in its time."""
    sound = struck("kick", 1.0, rate, freq=55.0, decay=2.0, sweep=24.0, time=0.2, snap=0.0)
    time = np.arange(sound.size) / rate
    pitch = 55.0 * 2.0 ** (2.0 * 10.0 ** (-3.0 * time / 0.2))
    phase = (np.cumsum(pitch) - pitch) / rate
    wanted = 10.0 ** (-1.5 * time) * np.sin(2.0 * np.pi * phase)
    np.testing.assert_allclose(sound[200:], wanted[200:], atol=1e-6)
    rises = np.flatnonzero(np.diff(np.signbit(sound[round(0.4 * rate) :].astype(float))))
    settled = sound[round(0.4 * rate) :]
    places = rises - settled[rises] / (settled[rises + 1] - settled[rises])
    away = 1200.0 * np.log2(rate / (2.0 * np.diff(places).mean()) / 55.0)
    print(f"{rate:g}: {away:.3f} cent")
    assert abs(away) < 1.0


@pytest.mark.parametrize("freq", [60.0, 400.0, 1000.0])
def test_the_drive_of_a_kick_has_no_aliases_and_leaves_the_decay(freq):
    size = 1 << 15
    at = round(freq * size / RATE)
    given = {"freq": at * RATE / size, "sweep": 0.0, "snap": 0.0, "drive": 36.0}
    spectrum = spectrum_db(struck("kick", 2.0 * size / RATE, decay=30.0, **given)[size:])
    away = np.abs(np.arange(spectrum.size) - at * np.rint(np.arange(spectrum.size) / at))
    print(f"{freq:g} Hz: aliases {spectrum[away > 12].max() - spectrum.max():.1f} dB")
    assert spectrum[away > 12].max() - spectrum.max() < -80.0
    assert fall(struck("kick", 0.6, decay=0.5, **given), 0.1, 0.5) == pytest.approx(120.0, rel=0.03)


@pytest.mark.parametrize("name", DRUMS)
def test_a_drum_falls_by_60_db_in_its_decay_and_ends(name):
    sounds = [Player(DRUMS[name], 28_000, compiled=True, decay=0.4, seed=seed) for seed in range(6)]
    power = np.sqrt(sum(player.render() ** 2 for player in sounds))
    found = fall(power, 0.08, 0.38)
    print(f"{name}: {found:.1f} dB per s")
    assert found == pytest.approx(150.0, rel=0.08 if name == "snare" else 0.04)
    assert all(player.ended for player in sounds)


def test_a_snare_has_two_pitches_and_wires_that_tone_makes_brighter():
    sound = struck("snare", 0.5, freq=200.0, decay=2.0, snap=0.0)[4410:]
    spectrum = spectrum_db(sound)
    peaks = signal.find_peaks(spectrum, height=spectrum.max() - 40.0)[0] * RATE / sound.size
    np.testing.assert_allclose(peaks, [200.0, 366.0], atol=3.0)
    centres = [centroid(struck("snare", 0.3, tone=tone, snap=1.0)) for tone in (0.0, 0.5, 1.0)]
    print("centroids", *(f"{centre:.0f} Hz" for centre in centres))
    assert 1500.0 < centres[0] < 0.7 * centres[1] < 0.5 * centres[2]
    assert centroid(struck("snare", 0.3, snap=0.0)) < 300.0


def test_a_hat_has_partials_of_its_pairs_alone_and_tone_makes_it_brighter():
    size = 1 << 15
    sound = struck("hat", 1.5, freq=800.0, metal=1.0, decay=10.0, tone=0.0)[4410:][:size]
    spectrum = spectrum_db(sound)
    bins = np.arange(spectrum.size) * RATE / size
    far = np.full(bins.size, np.inf)
    for carrier, mover in zip((6.65, 8.57, 10.93), (1.71, 2.183, 1.271), strict=True):
        for number in range(-14, 15):
            far = np.minimum(far, np.abs(bins - abs(800.0 * (carrier + number * mover))))
    print(f"others below {spectrum[far > 20.0].max() - spectrum.max():.1f} dB")
    assert spectrum[far > 20.0].max() - spectrum.max() < -60.0
    assert level(sound, 800.0 * (8.57 + 2.183)) > spectrum.max() - 10.0
    centres = [centroid(struck("hat", 0.2, tone=tone)) for tone in (0.0, 0.5, 1.0)]
    print("centroids", *(f"{centre:.0f} Hz" for centre in centres))
    assert 6000.0 < centres[0] < centres[1] - 500.0 < centres[2] - 1000.0


@pytest.mark.parametrize("rate", [22_050.0, 44_100.0])
def test_no_partial_of_a_hat_folds_back_however_high_it_is(rate):
    size = 1 << 14
    for freq in (800.0, 1500.0, 2500.0, 4000.0):
        sound = struck("hat", 1.0, rate, freq=freq, metal=1.0, decay=10.0, tone=0.0)[2000:][:size]
        spectrum = spectrum_db(sound)
        bins = np.arange(spectrum.size) * rate / size
        far = np.full(bins.size, np.inf)
        for carrier, mover in zip((6.65, 8.57, 10.93), (1.71, 2.183, 1.271), strict=True):
            for number in range(-14, 15):
                far = np.minimum(far, np.abs(bins - abs(freq * (carrier + number * mover))))
        if spectrum.max() > -60.0:
            assert spectrum[far > 0.002 * rate].max() - spectrum.max() < -45.0, (rate, freq)


def test_each_hand_of_a_clap_is_heard_at_its_time():
    given = {"hands": 5, "time": 0.02, "snap": 0.8, "decay": 0.1}
    power = sum(struck("clap", 0.3, seed=seed, **given) ** 2 for seed in range(40))
    smooth = np.convolve(power, np.ones(44) / 44.0)[: power.size]
    peaks = signal.find_peaks(smooth, height=0.3 * smooth.max(), distance=441)[0] / RATE
    print("hands at", *(f"{1000.0 * peak:.1f} ms" for peak in peaks))
    np.testing.assert_allclose(peaks, 0.02 * np.arange(5) + 0.0012, atol=0.0012)


@pytest.mark.parametrize("name", DRUMS)
def test_a_strike_in_the_middle_of_a_sound_is_no_click(name):
    """It begins within 0.3 ms, from where the sound before was."""
    trigger = np.where((np.arange(13_230) % 3100) < 50, 1.0, 0.0)
    given = {"decay": 3.0, "trigger": trigger, "seed": 3}
    sound, once = struck(name, 0.3, **given), struck(name, 0.3, **{**given, "trigger": None})
    again = np.abs(np.diff(sound, 2)).max() / np.abs(np.diff(once, 2)).max()
    print(f"{name}: bends {again:.2f} times as much as one strike")
    assert again < 2.0
    assert np.abs(sound).max() < 2.0 * np.abs(once).max()
