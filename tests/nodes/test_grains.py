"""Grains: onset, length, pitch and level of a grain and of many, what they read, and that nothing is a click."""

from __future__ import annotations

import time

import numpy as np
import pytest
import soundfile

from tests.harness.at_rates import rendered
from tests.harness.session_harness import save
from waves.problem import Problems
from waves.testing import RATE, Player, node

Grains = node("grains")
SECOND = round(RATE)
NOISE = np.random.default_rng(7).standard_normal((1, 2 * SECOND)).astype(np.float32)
LAST = NOISE.shape[1] - 1
ONES = np.ones((1, SECOND), np.float32)
ALONG = np.arange(SECOND)  # as time goes


def played(frames=SECOND, **given):
    return Player(Grains, frames, compiled=True, **({"jitter": 0.0} | given)).render()


def in_db(sound):
    return 20.0 * np.log10(np.sqrt(np.mean(sound[:, SECOND // 4 :] ** 2)))


def test_a_grain_has_its_onset_its_length_and_its_window():
    """50 in a second are 882 frames apart; of a file of ones each is a Hann window of 441 frames."""
    left, right = played(file=[ONES], density=50.0, length=0.01)
    window = np.zeros(882)
    window[:441] = np.sin(np.pi * np.arange(441) / 441.0) ** 2
    np.testing.assert_allclose(left, np.tile(window, 50), atol=1e-9)
    assert (left == right).all()


@pytest.mark.parametrize("density", [20.0, 160.0])
def test_a_position_that_moves_as_time_does_gives_the_file_itself(density):
    """Two windows at a time add up to 1; sixteen are eight times that, and so much softer."""
    sound = played(file=[NOISE], position=ALONG / LAST, density=density)
    np.testing.assert_allclose(sound[0][5000:], NOISE[0][5000:SECOND], atol=1e-6)


def test_at_another_speed_it_is_what_sample_plays():
    """Grains that lie on one another add up to what is read, between the frames too: the aliases are the same."""
    sound = played(file=[NOISE], position=0.75 * ALONG / LAST, pitch=12.0 * np.log2(0.75))
    sample = Player(node("sample"), SECOND, compiled=True, file=[NOISE], speed=0.75).render()
    np.testing.assert_allclose(sound[0][5000:], sample[5000:], atol=1e-6)


def test_what_would_fold_back_is_taken_away_60_db():
    """Tones of 14 kHz and above, an octave higher, would lie above 28 kHz."""
    tone = 0.5 * np.sin(2.0 * np.pi * 14_000.0 * np.arange(2 * SECOND) / RATE)[None].astype(np.float32)
    sound = played(file=[tone], position=ALONG / LAST, pitch=12.0, jitter=1.0)
    assert in_db(sound) < in_db(tone) - 60.0


@pytest.mark.parametrize("pitch", [-24.0, -5.0, 7.0, 19.0])
def test_the_pitch_is_within_a_cent(pitch):
    tone = np.sin(2.0 * np.pi * 440.0 * np.arange(8 * SECOND) / RATE)[None].astype(np.float32)
    grain = played(file=[tone], pitch=pitch, length=1.0, density=1.0)[0]
    spectrum = np.abs(np.fft.rfft(grain, 1 << 20))
    found = np.argmax(spectrum) * RATE / (1 << 20)
    cents = 1200.0 * np.log2(found / 440.0) - 100.0 * pitch
    print(f"{cents:.2f} cents")
    assert abs(cents) < 1.0


@pytest.mark.long
def test_the_level_is_even_at_any_density():
    """From where grains fill the time on, by chance and as they lie in the file, it is that of the file within 1 dB."""
    for density in (30.0, 100.0, 300.0, 1000.0):
        for jitter, length in ((0.0, 0.1), (1.0, 0.1), (1.0, 0.25)):
            sound = played(file=[NOISE], position=ALONG / LAST, density=density, jitter=jitter, length=length)
            away = in_db(sound) - in_db(NOISE)
            print(f"density {density:g}, jitter {jitter:g}, length {length:g}: {away:+.2f} dB")
            assert abs(away) < 1.0


def test_no_step_is_larger_than_those_of_the_windows():
    """Of ones a grain steps by pi / length at most; a density that goes from 0 to 1,000 and a length that moves too."""
    density = 1000.0 * np.linspace(0.0, 1.0, SECOND) ** 2
    length = 0.02 + 0.01 * np.sin(np.arange(SECOND) / 700.0)
    for jitter in (0.0, 1.0):
        sound = played(file=[ONES], density=density, length=length, jitter=jitter, spread=jitter)
        overlap = np.maximum(density * 0.03, 1.0)
        allowed = np.sqrt(2.0) * (overlap + 2.0) / np.sqrt(np.maximum(0.375 * overlap, 1.0)) * np.pi / (0.01 * RATE)
        assert (np.abs(np.diff(sound)) < allowed[1:]).all()
        assert np.abs(sound).max() > 0.9


def test_a_signal_is_heard_later_and_what_is_frozen_goes_on():
    tone = np.where(ALONG < SECOND // 2, np.sin(2.0 * np.pi * 300.0 * ALONG / RATE), 0.0)
    given = {"signal": [tone], "memory": 0.4, "position": 0.25}
    now, late = played(signal=[tone])[0], played(**given)[0]
    np.testing.assert_allclose(now[5000:], tone[4991:-9], atol=1e-9)  # half a sinc later
    np.testing.assert_allclose(late[10_000:], tone[10_000 - 4419 : -4419], atol=1e-9)
    frozen = played(**given, freeze=ALONG > 15_000, jitter=1.0)[0]
    parts = [np.std(part) for part in np.split(frozen[20_100:], 6)]
    print(parts)
    assert min(parts) > 0.35 and max(parts) < 1.0
    assert np.abs(np.diff(frozen)).max() < 4.0 * np.abs(np.diff(tone[:1000])).max()


def test_jitter_moves_an_onset_by_a_distance_at_most_and_spread_keeps_the_power_of_a_grain():
    """Ten grains of ones in a second, each alone: a Hann window, left and right on a circle."""
    left, right = played(2 * SECOND, file=[ONES], density=10.0, length=0.002, jitter=1.0, spread=1.0, seed=2)
    power = left**2 + right**2
    tops = np.flatnonzero((power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:]) & (power[1:-1] > 0.9 * power.max()))
    away = tops / 4410.0 - np.round(tops / 4410.0)
    assert 16 <= tops.size <= 20 and np.ptp(tops / 4410.0 - np.arange(tops.size)) > 0.5 and np.abs(away).max() > 0.2
    assert np.diff(tops).max() <= 2 * 4410 + 2
    assert np.ptp(power[tops + 1]) < 0.02 * power.max()
    sides = left[tops + 1] / right[tops + 1]
    assert sides.min() < 0.5 and sides.max() > 2.0


def test_there_are_so_many_at_a_time_and_chance_is_by_the_seed():
    given = {"file": [NOISE], "density": 1000.0, "length": 1.0, "jitter": 1.0, "spread": 1.0}
    dense = Player(Grains, SECOND, compiled=True, seed=3, **given)
    sound = dense.render()
    assert 120 <= dense.state.active <= 128
    again, other = played(2000, seed=3, **given), played(2000, seed=4, **given)
    assert (again == sound[:, :2000]).all() and (again != other).any()


def test_a_file_shorter_than_a_grain_is_a_shorter_grain():
    left = played(2000, file=[ONES[:, :101]], density=10.0)[0]
    np.testing.assert_allclose(left[:101], np.sin(np.pi * np.arange(101) / 100.0) ** 2, atol=1e-9)
    assert (left[101:] == 0.0).all()


@pytest.mark.parametrize("written", ["density: 4", "file: a.wav, signal: {osc: {}}"])
def test_one_source_is_given(tmp_path, written):
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 44_100)
    save(tmp_path, f"my_sound: {{grains: {{{written}}}}}\n")
    with pytest.raises(Problems) as found:
        rendered(tmp_path, RATE, 0.1, "my_sound")
    assert "'grains' needs either 'file' or 'signal'" in str(found.value.problems[0])


@pytest.mark.timing
@pytest.mark.parametrize(("pitch", "most"), [(0.0, 40.0), (12.0, 60.0)])
def test_a_grain_costs_so_many_ns_a_frame(pitch, most):
    """Of a hundred at once; the least of several runs."""
    player = Player(
        Grains, 2 * SECOND, compiled=True, file=[NOISE], density=1000.0, length=0.1, position=0.3, pitch=pitch
    )
    player.render(6400)
    costs = []
    for _ in range(8):
        begin = time.process_time()
        player.render(3840)
        costs.append((time.process_time() - begin) * 1e9 / 3840 / 100)
    print(f"pitch {pitch:g}: {min(costs):.1f} ns")
    assert min(costs) < most
