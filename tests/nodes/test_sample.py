"""The sample player: exact places, pitch against a resampler, regions, loops, folders, and the end."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from pydantic import ValidationError

from tests.harness.kernel_player import RATE, Player, in_blocks, node
from tests.nodes.cases import sample_arrays

Sample = node("sample")
CUT = round(0.003 * RATE)  # frames
noise = np.random.default_rng(4)
FILE = (noise.integers(-(1 << 23), 1 << 23, 3000) / (1 << 23)).astype(np.float32)  # 24 bits


def player(frames, *files, **given):
    arrays = sample_arrays(*(np.atleast_2d(file) for file in files or [FILE]))
    return Player(Sample, frames, compiled=True, arrays=arrays, **given)


def played(frames, *files, **given):
    return player(frames, *files, **given).render()


def sines(freqs, frames):
    t = np.arange(frames) / RATE
    return np.sum([np.sin(2 * np.pi * f * t + f) for f in freqs], axis=0) / len(freqs) / 2


def test_unity_speed_is_the_file_to_the_bit_and_then_the_end():
    one = player(4000)
    sound = one.render()
    np.testing.assert_array_equal(sound[:3000], FILE)
    assert not sound[3000:].any() and one.ended


def test_a_loop_repeats_without_a_seam():
    np.testing.assert_array_equal(played(10000, loop=True), np.tile(FILE, 4)[:10000])
    part = played(5000, loop=True, start=0.2, end=0.5)
    np.testing.assert_array_equal(part, np.tile(FILE[600:1500], 6)[:5000])
    circle = np.sin(2 * np.pi * np.arange(300) / 300)
    places = round(0.37 * 2**24) / 2**24 * np.arange(20000)
    found = played(20000, circle, loop=True, speed=0.37)
    np.testing.assert_allclose(found, np.sin(2 * np.pi * places / 300), atol=1e-6)


@pytest.mark.parametrize(("ratio", "most"), [(0.5, -70.0), (0.9, -70.0), (1.2, -70.0)])
def test_other_speeds_agree_with_a_resampler(ratio, most):
    """Against soxr's best quality, for partials up to 4 kHz: what is wrong, in dB below the sound."""
    file = sines([220.0, 700.0, 1900.0, 4000.0], 60000)
    expected = soxr.resample(file, RATE, RATE / ratio, "VHQ")
    found = played(40000, file, speed=ratio)
    middle = slice(5000, 35000)
    error = 20 * np.log10((found - expected[:40000])[middle].std() / expected[middle].std())
    print(f"speed {ratio}: error {error:.1f} dB")
    assert error < most


@pytest.mark.parametrize("speed", [1.0, -1.0, 0.31, 4.0])
def test_a_cut_inside_a_file_fades_for_3_ms_and_the_file_itself_does_not(speed):
    """A level of 1, so that what is heard is the fade."""
    flat, count = np.ones(30000), round(15000 / abs(speed))
    for start, end in ((0.25, 0.75), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5 + 60 / 30000)):
        sound = played(count + 100, flat, start=start, end=end, speed=speed)
        heard = np.flatnonzero(sound)
        assert not sound[round((end - start) * 30000 / abs(speed)) + 1 :].any()
        first, last = (start > 0.0, end < 1.0) if speed > 0.0 else (end < 1.0, start > 0.0)
        width = min(CUT, (end - start) * 30000 / abs(speed) / 2)
        assert np.abs(np.diff(sound[: heard[-1] + 1])).max() <= 1.0 / width + 1e-6
        assert sound.max() > 1.0 - 2.0 / width
        assert sound[heard[0]] == 1.0 if not first else sound[heard[0]] <= 2.0 / width
        assert sound[heard[-1]] == 1.0 if not last else sound[heard[-1]] <= 1.1 / width


def test_a_cut_is_the_file_between_its_fades_whatever_the_blocks():
    given = {"arrays": sample_arrays(FILE[None]), "start": 0.2, "end": 0.9}
    first, *others = in_blocks(Sample, 2300, **given)
    np.testing.assert_array_equal(first[CUT + 1 : 2100 - CUT], FILE[600 + CUT + 1 : 2700 - CUT])
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_pitch_follows_freq_and_base_freq():
    file = sines([1000.0], 60000)
    twice = played(20000, file, freq=440.0, base_freq=220.0)
    np.testing.assert_array_equal(twice, played(20000, file, speed=2.0))
    assert np.abs(np.fft.rfft(twice * np.hanning(20000))).argmax() == round(2000 * 20000 / RATE)


def test_backwards_begins_at_the_end():
    np.testing.assert_array_equal(played(3000, speed=-1.0), FILE[::-1])
    np.testing.assert_array_equal(played(3000, speed=-1.0, end=0.5)[CUT:1500], FILE[1499 - CUT :: -1])
    looped = played(7000, speed=-1.0, loop=True)
    np.testing.assert_array_equal(looped, np.tile(FILE[::-1], 3)[:7000])


def test_offset_moves_what_is_read_and_not_the_playhead():
    one = player(1000, offset=100 / RATE)
    np.testing.assert_allclose(one.render(), FILE[100:1100], atol=1e-6)
    assert one.state.last_playhead_position == 1000.0


def test_a_chop_restarts_the_playhead_and_keeps_the_total():
    files = [FILE[:500], FILE[500:1200], FILE[1200:2000]]
    chop = np.repeat([0.0, 2.7, 99.0], 192)
    one = player(576, *files, chop=chop)
    sound = one.render()
    np.testing.assert_array_equal(sound[:192], files[0][:192])
    np.testing.assert_array_equal(sound[192:], files[2][:384])
    assert one.state.total_samples_rendered == 576
    assert (one.state.last_playhead_position, one.state.current_chop_index) == (384.0, 2)


def test_a_chop_never_sounds_of_its_neighbours():
    loud, silent = np.ones(100), np.zeros(100)
    assert not played(1000, loud, silent, loud, chop=1.0, loop=True, speed=0.77).any()
    assert not played(250, loud, silent, loud, chop=1.0, speed=-0.4).any()


def test_duration_ends_the_node_not_the_loop():
    one = player(10000, loop=True, duration=5000 / RATE)
    sound = one.render()
    assert one.ended and sound[4999] == FILE[1999] and not sound[5000:].any()


def test_a_start_above_the_end_is_refused_where_both_are_known():
    with pytest.raises(ValidationError, match="'start' lies after 'end', 0.5 after 0.25"):
        Sample(file="a.wav", start=0.5, end=0.25)
    Sample(file="a.wav", start=0.5, end=None)
    swapped = played(900, loop=True, start=np.full(900, 0.5), end=0.25)
    np.testing.assert_array_equal(swapped, np.tile(FILE[750:1500], 2)[:900])


def test_files_of_one_and_two_channels_go_together():
    stereo = np.stack([FILE, -FILE])
    arrays = Sample.prepare(type("Constants", (), {"file": [FILE[None], stereo]}), RATE)
    assert arrays["pairs"].shape == (2, 6000) and list(arrays["offsets"]) == [0, 3000, 6000]
    rows = [{**arrays, "pairs": row} for row in arrays["pairs"]]
    left, right = (Player(Sample, 3000, arrays=row, chop=1.0).render() for row in rows)
    np.testing.assert_array_equal(left, -right)


def test_loud_files_keep_their_peaks():
    np.testing.assert_allclose(played(3000, FILE * 100.0), FILE * 100.0, atol=1e-5)
    assert not played(100, np.zeros((1, 0))).any()
