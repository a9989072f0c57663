"""Loudness after ITU-R BS.1770, against its table, SciPy and the levels of tones that EBU Tech 3341 gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from waves.loudness import FLOOR, IntegratedLoudness, Loudness, TruePeak, impulse_response, k_weighting

RATES = [44_100.0, 48_000.0, 96_000.0]
BLOCK = 1470


def tone(rate: float, seconds: float, dbfs: float, freq: float = 997.0, channels: int = 2) -> np.ndarray:
    """A sine, `dbfs` its peak, float32 as the output has it."""
    wave = 10 ** (dbfs / 20) * np.sin(2 * np.pi * freq * np.arange(round(seconds * rate)) / rate)
    return np.column_stack([wave] * channels).astype(np.float32)


def measured(rate: float, frames: np.ndarray, block: int = BLOCK) -> Loudness:
    meter = Loudness(rate, frames.shape[1])
    for at in range(0, len(frames), block):
        meter.add(frames[at : at + block])
    return meter


def test_the_filters_are_those_of_the_standard():
    shelf, high_pass = k_weighting(48_000.0)
    head = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585]
    assert shelf == pytest.approx(head, abs=1e-12)
    assert high_pass == pytest.approx([1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621], abs=1e-12)


@pytest.mark.parametrize("rate", RATES)
def test_a_tone_in_both_channels_has_the_level_of_its_peak(rate):
    """997 Hz at -18 dBFS: -3.01 dB for the mean power of a sine, +3.01 dB for two channels, 0 dB of K-weighting."""
    meter = measured(rate, tone(rate, 4.0, -18.0))
    assert meter.momentary == pytest.approx(-18.0, abs=0.02)
    assert meter.short_term == pytest.approx(-18.0, abs=0.02)


@pytest.mark.parametrize("rate", RATES)
def test_one_channel_at_full_scale_is_3_lufs_lower(rate):
    sound = tone(rate, 1.0, 0.0)
    sound[:, 1] = 0.0
    assert measured(rate, sound).momentary == pytest.approx(-3.01, abs=0.02)
    assert measured(rate, sound[:, :1]).momentary == pytest.approx(-3.01, abs=0.02)


@pytest.mark.parametrize("rate", RATES)
def test_each_window_has_its_length(rate):
    """EBU Tech 3341: what is over for as long as a window counts no more, and half of a window is 3 dB less."""
    meter = measured(rate, tone(rate, 3.0, -20.0))
    meter.add(np.zeros((round(0.2 * rate), 2)))
    assert meter.momentary == pytest.approx(-23.0, abs=0.1)
    meter.add(np.zeros((round(0.3 * rate), 2)))
    assert meter.momentary < -60.0 and meter.short_term == pytest.approx(-20.8, abs=0.1)
    meter.add(np.zeros((round(1.0 * rate), 2)))
    assert meter.short_term == pytest.approx(-23.0, abs=0.1)
    meter.add(np.zeros((round(2.0 * rate), 2)))
    assert meter.momentary == meter.short_term == FLOOR


@pytest.mark.parametrize("rate", [22_050.0, *RATES, 192_000.0])
def test_a_hop_with_the_one_before_is_all_of_the_filter(rate):
    """Noise, against both filters over the whole of it."""
    sound = np.random.default_rng(1).normal(0.0, 0.1, (round(0.4 * rate), 2))
    weighted = sound
    for b0, b1, b2, a1, a2 in k_weighting(rate):
        weighted = lfilter([b0, b1, b2], [1.0, a1, a2], weighted, axis=0)
    expected = -0.691 + 10 * np.log10(np.sum(np.mean(weighted**2, axis=0)))
    assert measured(rate, sound, block=1000).momentary == pytest.approx(expected, abs=1e-4)
    assert np.abs(impulse_response(rate, round(0.1 * rate))[-100:]).max() < 1e-8


@pytest.mark.parametrize("block", [1, 441, 4410, 44_100])
def test_the_blocks_do_not_matter(block):
    sound = tone(44_100.0, 1.0, -6.0, freq=50.0)
    assert measured(44_100.0, sound, block).momentary == measured(44_100.0, sound).momentary


def test_silence_is_the_floor():
    assert Loudness(44_100.0, 2).momentary == Loudness(44_100.0, 2).short_term == FLOOR


def integrated(rate: float, *parts: np.ndarray) -> float:
    meter = IntegratedLoudness(rate, parts[0].shape[1])
    for part in parts:
        meter.add(part)
    return meter.end()


def test_the_loudness_of_a_file_leaves_out_what_is_soft():
    """EBU Tech 3341, cases 3 and 4 with shorter tones: within 0.1 LU."""
    rate = 48_000.0
    loud, soft, silent = tone(rate, 25.0, -23.0), tone(rate, 1.0, -36.0), tone(rate, 1.0, -72.0)
    assert integrated(rate, soft, loud, soft) == pytest.approx(-23.0, abs=0.1)
    assert integrated(rate, silent, soft, loud, soft, silent) == pytest.approx(-23.0, abs=0.1)


def test_a_file_shorter_than_a_block_is_as_loud_as_with_silence_behind_it():
    short = tone(44_100.0, 0.2, -20.0)
    assert integrated(44_100.0, short) == pytest.approx(-23.0, abs=0.1)
    assert integrated(44_100.0, 0.0 * short) == FLOOR
    assert integrated(44_100.0, short[:0]) == FLOOR


@pytest.mark.parametrize("turn", [0.125, 0.3])
def test_a_peak_between_the_frames_is_found(turn):
    """A quarter of the rate: its frames lie beside its peak. It is found within 0.1 dB."""
    at = np.arange(40_000)
    wave = 0.5 * np.sin(2.0 * np.pi * (0.25 * at + turn)) * np.hanning(len(at))
    meter = TruePeak(2)
    for frames in np.array_split(np.column_stack([0.5 * wave, wave]), 7):
        meter.add(frames)
    assert np.abs(wave).max() < 0.48
    assert 20.0 * np.log10(meter.end() / 0.5) == pytest.approx(0.0, abs=0.1)
