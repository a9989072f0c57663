"""String: pitch, decay, the levels of the partials that a pick leaves, plucks in a row, a bow, other sounds."""

from __future__ import annotations

import numpy as np
import pytest

from waves.testing import RATE, Player, level, node

String = node("string")


def plucked(seconds, rate=RATE, **given):
    return Player(String, round(seconds * rate), compiled=True, rate=rate, **given).render()


def pitch(sound, near, rate):
    """The frequency in Hz of the partial near a frequency: the mean advance of its phase, filtered alone."""
    spectrum = np.fft.fft(sound * np.hanning(sound.size))
    place = round(near * sound.size / rate)
    alone = np.zeros_like(spectrum)
    alone[place - 8 : place + 9] = spectrum[place - 8 : place + 9]
    part = np.fft.ifft(alone)[sound.size // 4 : -sound.size // 4]
    turns = np.unwrap(np.angle(part)) / 2.0 / np.pi
    return float(np.polyfit(np.arange(part.size), turns, 1, w=np.abs(part))[0]) * rate


@pytest.mark.parametrize("rate", [22_050.0, 44_100.0, 96_000.0])
def test_a_string_is_in_tune_and_falls_by_60_db_in_its_decay(rate):
    worst = 0.0
    for freq, damping in ((20.0, 0.5), (110.0, 0.0), (441.7, 1.0), (1760.0, 0.5), (4000.0, 1.0)):
        sound = plucked(0.9, rate, freq=freq, decay=3.0, damping=damping)[round(0.1 * rate) :]
        sound *= 10.0 ** (np.arange(sound.size) / rate)  # held where it falls by 60 dB in 3 s
        worst = max(worst, abs(1200.0 * np.log2(pitch(sound, freq, rate) / freq)))
        half = sound.size // 2
        first, second = (level(part, freq, rate) for part in (sound[:half], sound[half : 2 * half]))
        assert second - first == pytest.approx(0.0, abs=0.15)  # of 8 dB
    print(f"{rate:g}: {worst:.4f} cent")
    assert worst < 0.01


def test_the_partials_have_the_levels_of_a_string_that_was_plucked_there():
    """sin(pi n pick) / n for a pick of no width; an edge of `width` takes the spectrum of a Hann window from them."""
    freq, place = 100.0, 0.3
    sound = plucked(0.5, freq=freq, pick=place, strike=1.0, damping=0.0, decay=100.0)[4410:][:13_230]
    spectrum = 2.0 * np.abs(np.fft.rfft(sound))[30::30] / sound.size
    n = np.arange(1, 100)
    narrow = 1e-4 * freq * n
    wanted = 2.0 / np.pi / n * np.abs(np.sin(np.pi * n * place) * np.sinc(narrow) / (1.0 - narrow**2))
    there = n % 10 != 0
    apart = 20.0 * np.log10(spectrum[: n.size][there] / wanted[there])
    print(f"within {np.abs(apart).max():.3f} dB, missing ones below {spectrum[9:99:10].max():.1e}")
    assert np.abs(apart).max() < 0.2
    assert spectrum[9:99:10].max() < 1e-4


def test_damping_is_how_much_faster_the_treble_falls():
    def falls(near, damping):
        sound = plucked(0.5, freq=441.0, decay=20.0, damping=damping, pick=0.13, strike=1.0)
        first, later = (level(sound[round(at * RATE) :][:4410], near) for at in (0.05, 0.3))
        return (first - later) / 0.25  # dB per s

    assert falls(441.0, 0.3) == pytest.approx(3.0, rel=0.02)
    assert falls(14_994.0, 0.0) == pytest.approx(3.0, rel=0.02)
    assert falls(14_994.0, 0.3) == pytest.approx(3.0 * 1000.0**0.3, rel=0.1)


def test_a_pluck_stops_what_rings_without_a_click():
    trigger = np.where(np.arange(22_050) % 3000 < 100, 1.0, 0.0)
    given = {"freq": 310.0, "decay": 60.0, "damping": 0.3}
    sound, once = plucked(0.5, trigger=trigger, **given), plucked(0.5, **given)
    assert np.abs(sound).max() < 1.05 * np.abs(once).max()
    np.testing.assert_allclose(sound[:3000], once[:3000], atol=1e-12)
    assert np.abs(np.diff(sound, 2)).max() < 1.5 * np.abs(np.diff(once, 2)).max()
    rest = sound[18_400:19_400] - once[400:1400]
    print(f"what rang is left at {20.0 * np.log10(rest.std() / once[400:1400].std()):.1f} dB")
    assert rest.std() < 0.6 * once[400:1400].std()


def test_a_pitch_that_glides_is_no_click():
    """Of a string with hardly more than its lowest partial nothing is heard far above it."""
    freq = np.linspace(200.0, 400.0, 44_100)
    sound = plucked(1.0, freq=freq, damping=1.0, decay=20.0, strike=0.0)[11_025:]
    spectrum = np.abs(np.fft.rfft(sound * np.blackman(sound.size)))
    high = 10.0 * np.log10((spectrum[4000:] ** 2).sum() / (spectrum**2).sum())
    print(f"above 5 kHz {high:.1f} dB")
    assert high < -60.0


def test_a_string_without_trigger_and_signal_ends_when_it_is_silent():
    player = Player(String, 22_050, compiled=True, decay=0.1, amp=0.3)
    sound = player.render()
    last = np.flatnonzero(sound)[-1]
    print(f"it ends after {last / RATE:.3f} s")
    assert player.ended and 0.2 < last / RATE < 0.28


def test_a_sound_sets_a_string_into_motion_and_is_as_loud():
    noise = np.random.default_rng(4).standard_normal(44_100)
    sound = plucked(1.0, signal=noise, freq=441.0, decay=1.0, damping=0.0)[22_050:]
    assert 20.0 * np.log10(sound.std()) == pytest.approx(0.0, abs=1.5)
    assert not plucked(0.1, signal=np.zeros(4410)).any()


@pytest.mark.parametrize("rate", [44_100.0, 96_000.0])
def test_a_bowed_string_is_in_tune_and_speaks_within_a_tenth_of_a_second(rate):
    """With each force and speed: it is the saw of a string that sticks and slips once a period."""
    worst = latest = 0.0
    for freq in (98.0, 196.0, 440.0, 659.3, 1046.5):
        for force, speed, place in ((0.0, 1.0, 0.1), (0.5, 0.02, 0.12), (1.0, 0.3, 0.14)):
            sound = plucked(0.8, rate, freq=freq, bow=speed, force=force, pick=place)
            held = sound[round(0.4 * rate) :]
            worst = max(worst, abs(1200.0 * np.log2(pitch(held, freq, rate) / freq)))
            begin = sound[round(0.1 * rate) :][: round(6.0 * rate / freq)]
            first, later = (level(part, freq, rate) for part in (begin, held))
            latest = max(latest, later - first if freq > 190.0 else 0.0)
            assert later - 20.0 * np.log10(speed) == pytest.approx(-5.5, abs=1.5)
            assert level(held, 2.0 * freq, rate) - later == pytest.approx(-6.5, abs=1.3)
            assert np.abs(sound).max() < 1.3 * speed
    print(f"{rate:g}: {worst:.2f} cents, 0.1 s after the bow {latest:.1f} dB below what it becomes")
    assert worst < 1.0 and latest < 3.0


def test_a_bow_on_a_string_of_few_frames_stays_on_it():
    """At the highest pitches of a low rate a tenth of the string is less than a frame."""
    for freq in (1500.0, 2000.0, 3000.0):
        held = plucked(0.4, 22_050.0, freq=freq, bow=1.0, pick=0.1)[4410:]
        assert level(held, freq, 22_050.0) > -20.0
        assert abs(1200.0 * np.log2(pitch(held, freq, 22_050.0) / freq)) < 30.0


def test_a_bowed_string_has_no_mean():
    """What the bow pulls to one side is taken out of what is heard."""
    sound = plucked(1.5, freq=293.7, bow=1.0, pick=0.12)[-22_050:]
    assert abs(sound.mean()) < 0.003 * np.sqrt(np.mean(sound**2))


def test_a_bow_that_is_lifted_leaves_the_string_ringing_and_one_that_swells_is_no_click():
    speed = np.clip(np.linspace(0.0, 2.0, 44_100), 0.0, 1.0)
    speed[33_075:] = 0.0
    sound = plucked(1.0, freq=220.0, decay=1.0, bow=speed)
    after = [level(sound[at : at + 4410], 220.0) for at in (33_100, 37_510)]
    assert after[0] - after[1] == pytest.approx(6.0, abs=1.0)  # of 60 dB in a second
    assert np.abs(sound).max() < 1.3 and np.abs(sound[:2205]).max() < 0.15
    jumps = np.abs(np.diff(sound))
    assert jumps[33_000:33_500].max() < 1.05 * jumps[25_000:33_000].max()
