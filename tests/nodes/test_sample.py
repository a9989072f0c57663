"""The sample player: exact places, pitch against a resampler, regions, loops, folders, and the end."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from pydantic import ValidationError

from tests.harness.beside import beside, level_of
from waves.testing import RATE, Player, in_blocks, node

Sample = node("sample")
CUT = round(0.003 * RATE)  # frames
noise = np.random.default_rng(4)
FILE = (noise.integers(-(1 << 23), 1 << 23, 3000) / (1 << 23)).astype(np.float32)  # 24 bits


def player(frames, *files, **given):
    return Player(Sample, frames, compiled=True, file=list(files or [FILE]), **given)


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


def test_amp_is_a_factor_and_1_changes_no_bit():
    amp = np.linspace(-1.0, 2.0, 3000)
    np.testing.assert_array_equal(played(3000, amp=amp), FILE.astype(float) * amp)
    np.testing.assert_array_equal(played(3000, loop=True, speed=0.7, amp=1.0), played(3000, loop=True, speed=0.7))


def test_a_loop_repeats_without_a_seam():
    np.testing.assert_array_equal(played(10000, loop=True), np.tile(FILE, 4)[:10000])
    part = played(5000, loop=True, start=0.2, end=0.5)
    np.testing.assert_array_equal(part[CUT:], np.tile(FILE[600:1500], 6)[CUT:5000])
    circle = np.sin(2 * np.pi * np.arange(300) / 300)
    places = round(0.37 * 2**24) / 2**24 * np.arange(20000)
    found = played(20000, circle, loop=True, speed=0.37)
    np.testing.assert_allclose(found, np.sin(2 * np.pi * places / 300), atol=1e-5)


def test_the_seam_of_a_loop_that_fits_stays_as_it_is_to_the_bit():
    """A tone of whole turns, 16 bits, silence, and noise, which has no seam to hear."""
    tone = np.rint(16000 * np.sin(2 * np.pi * np.arange(8820) / 441)) / 32768
    for file in (tone, np.zeros(8820), np.tile(FILE, 3)[:8820]):
        np.testing.assert_array_equal(played(30000, file, loop=True), np.tile(file, 4)[:30000])


def test_a_loop_shorter_than_50_ms_is_a_tone_with_its_edge():
    ramp = np.arange(-1024, 1024) / 2048
    np.testing.assert_array_equal(played(20000, ramp, loop=True), np.tile(ramp, 10)[:20000])
    slow = played(20000, ramp, loop=True, speed=0.5)
    assert np.abs(np.diff(slow)).max() < 0.05


BROKEN = np.sin(2 * np.pi * 441 * np.arange(10037) / RATE) / 2  # ends in mid-wave
PAD = np.sin(2 * np.pi * 220 * np.arange(20000) / RATE) / 2


@pytest.mark.parametrize(
    ("file", "given"),
    [
        (BROKEN, {}),
        (BROKEN, {"speed": -1.0}),
        (BROKEN, {"speed": 0.7}),
        (PAD, {"start": 0.1, "end": 0.6789}),
        (BROKEN, {"overlap": 0.02}),
        (BROKEN, {"overlap": 0.02, "speed": -1.0}),
        (BROKEN, {"overlap": 9.0}),
        (BROKEN, {"offset": 0.01}),
    ],
)
def test_a_loop_does_not_step_at_its_seam(file, given):
    sound = played(40000, file, loop=True, **given)
    inside = np.abs(np.diff(file)).max()
    bare = np.abs(np.diff(played(40000, file, loop=True, **given | {"overlap": 0.0}))[CUT:]).max()
    assert bare > 5.0 * inside, "there is a seam to be softened"
    assert np.abs(np.diff(sound)[CUT:]).max() < 1.5 * inside and np.abs(sound).max() < 0.75


def test_the_seam_leaves_the_length_of_a_loop_and_the_first_pass_alone():
    one = player(30000, BROKEN, loop=True)
    sound = one.render()
    expected = np.tile(np.float32(BROKEN), 3)[:30000]
    changed = np.flatnonzero(np.abs(sound - expected) > 1e-6)
    assert all(10037 * n <= k < 10037 * n + CUT for k in changed for n in [k // 10037]) and changed[0] >= 10037
    assert one.state.last_playhead_position == 30000 - 2 * 10037


def test_overlap_fades_the_end_of_a_loop_into_its_start():
    """Passes begin `overlap` before the one before has ended, with equal power; the first begins as the file does."""
    sound, count = played(10000, loop=True, overlap=0.01), 441
    np.testing.assert_array_equal(sound[: 3000 - count], FILE[:-count])
    x = np.arange(count) / count
    np.testing.assert_allclose(
        sound[3000 - count : 3000], np.sqrt(1 - x) * FILE[-count:] + np.sqrt(x) * FILE[:count], atol=1e-6
    )
    np.testing.assert_array_equal(sound[3000 : 6000 - 2 * count], FILE[count:-count])


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("name", ["offset", "chop"])
def test_a_jump_of_what_is_read_does_not_step(name, loop):
    files = [PAD, PAD * 0.9, PAD * 0.8]
    jumps = np.floor(np.arange(15000) / 3200)
    sound = played(15000, *files, loop=loop, **{name: jumps * 0.0123 if name == "offset" else jumps % 3})
    assert np.abs(np.diff(sound)).max() < 1.5 * np.abs(np.diff(PAD)).max()


def test_an_offset_that_swings_moves_what_is_read_as_ever():
    """A vibrato of 5 ms is no jump, and neither is a jump of less than half a millisecond."""
    t = np.arange(15000) / RATE
    offset = 0.005 * np.sin(2 * np.pi * 6 * t)
    found = played(15000, PAD, loop=True, start=0.0, end=1.0, offset=offset + 0.01)
    expected = np.sin(2 * np.pi * 220 * (t + offset + 0.01)) / 2
    np.testing.assert_allclose(found, expected, atol=1e-4)


BOUNDS = {"draft": (-62.0, -60.0), "good": (-88.0, -93.0), "best": (-115.0, -105.0)}
"""dB by quality, of a tone of 5 and of 10 kHz."""


@pytest.mark.parametrize("quality", BOUNDS)
@pytest.mark.parametrize("speed", [0.3, 0.749, 0.99, -0.99])
def test_up_to_speed_1_a_tone_stays_pure(quality, speed):
    for freq, most in zip((5000.0, 10_000.0), BOUNDS[quality], strict=True):
        file = np.sin(2 * np.pi * freq / RATE * np.arange(40_000)) / 2
        found = beside(played(34_000, file, speed=speed, quality=quality)[500:33_268], freq * abs(speed))
        print(f"{quality}, {freq:.0f} Hz at speed {speed}: {found:.1f} dB")
        assert found < most


@pytest.mark.parametrize("quality", BOUNDS)
@pytest.mark.parametrize("speed", [1.5, 2.0, 3.3, 4.0, 8.0, -8.0])
def test_above_speed_1_nothing_folds(quality, speed):
    """What would lie from half the rate on is not heard below 18 kHz, and what lies below 10 kHz keeps its level."""
    for heard in (26_100.0, 30_000.0, 40_000.0, 60_000.0, 150_000.0):
        freq = heard / abs(speed)
        if freq < 22_000.0:
            file = np.sin(2 * np.pi * freq / RATE * np.arange(8_000 * abs(speed))) / 2
            found = 20 * np.log10(played(7_000, file, speed=speed, quality=quality)[300:].std() * np.sqrt(8))
            print(f"{quality}, {heard:.0f} Hz at speed {speed}: {found:.1f} dB")
            assert found < (-36.0 if quality == "draft" else -60.0)
    file = np.sin(2 * np.pi * 10_000.0 / abs(speed) / RATE * np.arange(8_000 * abs(speed)))
    lost = level_of(played(7_000, file, speed=speed, quality=quality)[300:], 10_000.0)
    print(f"{quality}, 10 kHz at speed {speed}: {lost:.2f} dB")
    assert lost == pytest.approx(0.0, abs=0.1)


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
    flat, count, near_1 = np.ones(30000), round(15000 / abs(speed)), pytest.approx(1.0, abs=1e-4)
    for start, end in ((0.25, 0.75), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5 + 60 / 30000)):
        sound = played(count + 100, flat, start=start, end=end, speed=speed)
        heard = np.flatnonzero(sound)
        assert not sound[round((end - start) * 30000 / abs(speed)) + 1 :].any()
        first, last = (start > 0.0, end < 1.0) if speed > 0.0 else (end < 1.0, start > 0.0)
        width = min(CUT, (end - start) * 30000 / abs(speed) / 2)
        assert np.abs(np.diff(sound[: heard[-1] + 1])).max() <= 1.0 / width + 1e-6
        assert sound.max() > 1.0 - 2.0 / width
        assert sound[heard[0]] == near_1 if not first else sound[heard[0]] <= 2.0 / width
        assert sound[heard[-1]] == near_1 if not last else sound[heard[-1]] <= 1.1 / width


def test_a_cut_is_the_file_between_its_fades_whatever_the_blocks():
    given = {"file": [FILE], "start": 0.2, "end": 0.9}
    first, *others = in_blocks(Sample, 2300, **given)
    np.testing.assert_array_equal(first[CUT + 1 : 2100 - CUT], FILE[600 + CUT + 1 : 2700 - CUT])
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_pitch_follows_freq_and_base_freq():
    file = sines([1000.0], 60000)
    twice = played(20000, file, freq=440.0, base_freq=220.0)
    np.testing.assert_array_equal(twice, played(20000, file, speed=2.0))
    assert np.abs(np.fft.rfft(twice * np.hanning(20000))).argmax() == round(2000 * 20000 / RATE)


def test_of_files_with_pitches_the_nearest_one_is_played_at_the_pitch():
    """The file is chosen by the ratio to `freq` as it begins, and stays; `chop` counts those of its pitch."""
    files = [FILE[:900], FILE[1000:1900], FILE[1500:2400], FILE[2000:2900]]
    given = {"file_pitches": [110.0, 220.0, 220.0, 440.0]}
    for freq, chop, number, speed in ((110.0, 0.0, 0, 1.0), (170.0, 1.0, 2, 170 / 220), (1e4, 5.0, 3, 1e4 / 440)):
        expected = played(576, files[number], speed=1.0, freq=speed, base_freq=1.0)
        np.testing.assert_array_equal(played(576, *files, freq=freq, chop=chop, **given), expected)
    glide = np.linspace(120.0, 460.0, 576)
    expected = played(576, files[0], freq=glide, base_freq=110.0)
    np.testing.assert_array_equal(played(576, *files, freq=glide, chop=0.0, **given), expected)
    np.testing.assert_array_equal(played(500, *files, chop=2.0, **given), files[2][:500])


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
    np.testing.assert_array_equal(sound[192 + CUT :], files[2][CUT:384])
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
    np.testing.assert_array_equal(swapped[CUT:], np.tile(FILE[750:1500], 2)[CUT:900])


def test_files_of_one_and_two_channels_go_together():
    stereo = np.stack([FILE, -FILE])
    arrays = Sample.prepare(type("Constants", (), {"file": [FILE[None], stereo], "quality": "good"}), RATE)
    assert arrays["audio"].shape == (2, 6000) and list(arrays["offsets"]) == [0, 3000, 6000]
    rows = [{**arrays, "audio": row} for row in arrays["audio"]]
    left, right = (Player(Sample, 3000, arrays=row, chop=1.0).render() for row in rows)
    np.testing.assert_array_equal(left, -right)


def test_loud_files_keep_their_peaks():
    np.testing.assert_allclose(played(3000, FILE * 100.0), FILE * 100.0, atol=1e-5)
    assert not played(100, np.zeros((1, 0))).any()


STEPS = np.repeat(np.arange(1, 9) / 16, 1000)  # eight levels


def test_a_slice_is_its_part_of_the_region_and_the_next_begins_where_it_ends():
    for k in (0, 3, 7, 8, -1):
        found = played(1200, STEPS, slices=8, slice=float(k))
        assert np.all(found[CUT + 1 : 999 - CUT] == (k % 8 + 1) / 16) and not found[1000:].any()
    np.testing.assert_array_equal(played(3000, slices=3, slice=1.0), played(3000, start=1 / 3, end=2 / 3))
    inside = played(2000, STEPS, slices=2, slice=1.0, start=0.25, end=0.75)
    assert np.all(inside[CUT + 1 : 990] == 5 / 16) and np.all(inside[1010 : 1999 - CUT] == 6 / 16)


def test_another_slice_begins_without_a_step():
    slices = np.repeat([0.0, 5.0, 2.0], 640)
    found = played(1920, STEPS, slices=8, slice=slices)
    assert np.abs(np.diff(found)).max() < 0.5 / CUT * 2.0
    middles = [found[640 * k + 400] for k in range(3)]
    assert middles == [1 / 16, 6 / 16, 3 / 16]


def test_reverse_is_a_speed_below_0():
    np.testing.assert_array_equal(played(3500, reverse=1.0, speed=0.9), played(3500, speed=-0.9))


def test_a_loop_with_a_place_of_its_own_comes_after_what_is_before_it():
    wave = np.sin(2 * np.pi * 441 * np.arange(20000) / RATE) / 2
    found = played(40000, wave, loop=True, loop_start=0.5, loop_end=0.95)  # 90 periods
    np.testing.assert_array_equal(found[:19000], wave.astype(np.float32)[:19000])
    np.testing.assert_allclose(found[19000:37000], np.tile(wave[10000:19000], 2), atol=1e-6)
    level = np.linspace(0.0, 0.5, 20000)
    faded = played(40000, level, loop=True, loop_start=0.5, loop_end=0.9, overlap=0.05)
    assert np.abs(np.diff(faded)).max() < 0.02  # of equal power; without it 0.2
