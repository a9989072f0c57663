"""The oscillator: pitch, shapes, aliases, ranges, ends, and the noises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from waves.testing import RATE, Player, level, node, spectrum_db

Osc = node("osc")
SHAPES = {
    "sin": lambda p: np.sin(2 * np.pi * p),
    "cos": lambda p: np.cos(2 * np.pi * p),
    "tri": lambda p: 2 / np.pi * np.arcsin(np.sin(2 * np.pi * p)),
    "sqr": lambda p: np.where(p % 1.0 < 0.5, 1.0, -1.0),
    "saw": lambda p: 2.0 * ((p + 0.5) % 1.0) - 1.0,
    "ramp": lambda p: 1.0 - 2.0 * ((p + 0.5) % 1.0),
}


def played(seconds=1.0, **given):
    return Player(Osc, round(seconds * RATE), compiled=True, **given).render()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("freq", [7.3, -7.3])
def test_slow_shapes_are_the_exact_ones_from_phase_0(shape, freq):
    phase = freq * np.arange(44100) / RATE
    apart = np.abs(phase * 2.0 - np.rint(phase * 2.0)) > 1e-9  # on an edge either side is right
    np.testing.assert_allclose(played(type=shape, freq=freq)[apart], SHAPES[shape](phase)[apart], atol=1e-8)


def test_pitch_is_exact_over_a_minute():
    """A third of a millicent off would show as 1 % of a turn."""
    freq, seconds = 987.654321, 60
    player = Player(Osc, round(seconds * RATE), compiled=True, freq=freq)
    player.render()
    turns = freq * seconds
    off = (player.state.phase - turns % 1.0 + 0.5) % 1.0 - 0.5
    cents = 1200.0 * np.log2(1.0 + off / turns)
    print(f"pitch after 60 s: {cents:.1e} cent")
    assert abs(cents) < 1e-4


def test_phase_is_added_in_radians_per_sample():
    bend = 2.0 * np.sin(np.arange(44100) / 100.0)
    expected = np.sin(2 * np.pi * 440.0 * np.arange(44100) / RATE + bend)
    np.testing.assert_allclose(played(freq=440.0, phase=bend), expected, atol=1e-8)


def test_a_moving_frequency_is_integrated():
    freq = np.linspace(0.0, 2000.0, 44100)
    phase = np.concatenate([[0.0], np.cumsum(freq[:-1])]) / RATE
    np.testing.assert_allclose(played(freq=freq), np.sin(2 * np.pi * phase), atol=1e-7)


@pytest.mark.parametrize(("shape", "most"), [("saw", -60.0), ("ramp", -60.0), ("sqr", -60.0), ("tri", -80.0)])
@pytest.mark.parametrize("freq", [1234.5, 5000.0, 9000.0])
def test_aliases_are_inaudible_below_10_khz(shape, most, freq):
    """Everything that is no partial, relative to the fundamental; naive shapes have it above -25 dB."""
    sound = played(3.0, type=shape, freq=freq, pulse_width=0.3)
    levels = spectrum_db(sound)
    place = np.arange(levels.size) * RATE / sound.size
    between = (np.abs(place - freq * np.rint(place / freq)) > 20.0) & (place < 10000.0)
    found = levels[between].max() - level(sound, freq)
    print(f"{shape} {freq} Hz: strongest alias {found:.1f} dB")
    assert found < most


def aliases(sound, freq, base):
    """Power of all that is no multiple of `base`, in dB re the partial at `freq`: below 10 kHz, and below 20 kHz."""
    power = np.abs(np.fft.rfft((sound - sound.mean()) * signal.windows.kaiser(sound.size, 26.0, sym=False))) ** 2
    place = np.arange(power.size) * RATE / sound.size
    lobe = 12.0 * RATE / sound.size  # Hz, half the main lobe of the window
    between = (np.abs(place - base * np.rint(place / base)) > lobe) & (place > 20.0)
    own = power[np.abs(place - freq) <= lobe].sum()
    return [10.0 * np.log10(power[between & (place < limit)].sum() / own) for limit in (10_000.0, 20_000.0)]


def modulated(kind, freq):
    """What moves: the phase by a sine of the same frequency, or the width by one of an eighth of it."""
    time = np.arange(MEASURED + SKIPPED) / RATE
    if kind == "width":
        return freq / 8.0, {"pulse_width": 0.5 + 0.4 * np.sin(2 * np.pi * freq / 8.0 * time)}
    return freq, {"phase": kind * np.sin(2 * np.pi * freq * time)}


MEASURED, SKIPPED = 1 << 17, 8192  # frames
MOVED = [
    ("saw", 2.0, 1000.0, (-64.1, -35.0)),
    ("saw", 2.0, 2000.0, (-57.9, -38.7)),
    ("saw", 6.0, 1000.0, (-52.0, -26.8)),
    ("ramp", 2.0, 1000.0, (-64.1, -35.0)),
    ("sqr", 2.0, 1000.0, (-63.0, -36.4)),
    ("sqr", 2.0, 2000.0, (-56.2, -35.1)),
    ("tri", 2.0, 1000.0, (-74.8, -44.5)),
    ("tri", 2.0, 2000.0, (-64.4, -38.3)),
    ("sqr", "width", 1000.0, (-72.4, -40.3)),
    ("sqr", "width", 2000.0, (-72.3, -38.3)),
]
MARGIN = 2.0  # dB


@pytest.mark.parametrize(("shape", "kind", "freq", "measured"), MOVED)
def test_a_moving_phase_or_width_aliases_no_more_than_the_slope_of_the_whole_phase_must(shape, kind, freq, measured):
    """Placed by the slope of `freq` alone the same steps have up to 50 dB more, none less than 4 dB."""
    freq = (round(freq * MEASURED / RATE / 8.0) | 1) * 8.0 * RATE / MEASURED
    base, moving = modulated(kind, freq)
    sound = played((MEASURED + SKIPPED) / RATE, type=shape, freq=freq, **moving)
    found = aliases(sound[SKIPPED:], freq, base)
    print(f"{shape} {kind} at {freq:.0f} Hz: {found[0]:.1f} dB, {found[1]:.1f} dB")
    assert found[0] < measured[0] + MARGIN and found[1] < measured[1] + MARGIN


@pytest.mark.parametrize("shape", ["saw", "ramp", "sqr", "tri"])
def test_a_phase_that_moves_evenly_is_a_frequency(shape):
    steady = played(type=shape, freq=1234.5)
    ramp = 2.0 * np.pi * 1000.0 * np.arange(44100) / RATE
    np.testing.assert_allclose(played(type=shape, freq=234.5, phase=ramp)[5:], steady[5:], atol=1e-6)


@pytest.mark.parametrize("shape", ["saw", "ramp", "sqr", "tri"])
def test_a_jump_of_the_phase_is_a_jump_to_the_other_phase_and_nothing_else(shape):
    late = np.arange(44100) // 777 % 2 == 1
    either = [played(type=shape, freq=441.0, phase=phase) for phase in (0.0, 1.0)]
    jumping = played(type=shape, freq=441.0, phase=np.where(late, 1.0, 0.0))
    np.testing.assert_allclose(jumping, np.where(late, either[1], either[0]), atol=1e-9)


@pytest.mark.parametrize("shape", ["saw", "ramp", "sqr", "tri"])
def test_whatever_moves_nothing_overshoots(shape):
    noise = np.random.default_rng(4)
    wild = signal.lfilter([0.02], [1.0, -0.98], noise.standard_normal(44100)) * 20.0
    width = 0.5 + 0.5 * np.sin(np.arange(44100) / 40.0)
    for freq in (0.0, 100.0, 3000.0, 12000.0):
        sound = played(type=shape, freq=freq, phase=wild, pulse_width=width)
        assert np.abs(sound).max() <= 1.0 + 1e-7


def test_the_smoothing_costs_3_db_at_10_khz():
    sound = played(3.0, type="saw", freq=1000.0)
    for partial, price in ((1, 0.03), (5, 0.74), (10, 2.99), (15, 6.88)):
        ideal = 20 * np.log10(2 / np.pi / partial)
        lost = ideal - level(sound, 1000.0 * partial)
        print(f"{partial} kHz: -{lost:.2f} dB")
        assert lost == pytest.approx(price, abs=0.02)
        assert lost == pytest.approx(-80.0 * np.log10(np.sinc(1000.0 * partial / RATE)), abs=0.01)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("freq", [0.0, 3.0, 30.0, 440.0, 5000.0, 15000.0, 22050.0, 1e5])
def test_range_is_never_overshot(shape, freq):
    sound = played(type=shape, freq=freq, pulse_width=0.1, range=[200.0, 2000.0])
    assert sound.min() >= 200.0 - 1e-7 and sound.max() <= 2000.0 + 1e-7


def test_range_is_inverted_by_its_order_and_moves_per_sample():
    low = np.linspace(5.0, 7.0, 44100)
    expected = low + (1.0 - low) * (0.5 + 0.5 * np.sin(2 * np.pi * np.arange(44100) / RATE))
    np.testing.assert_allclose(played(range=[low, 1.0]), expected, atol=1e-9)


def test_pulse_width_is_the_high_part():
    for width in (0.0, 0.1, 0.5, 0.9, 1.0):
        for freq in (10.0, 441.0):
            sound = played(type="sqr", freq=freq, pulse_width=width)
            assert sound.mean() == pytest.approx(2.0 * width - 1.0, abs=1e-3)


def test_no_frequency_stands_still():
    assert np.ptp(played(type="saw", freq=0.0)) == 0.0


def test_naive_keeps_its_edges():
    moving = 3.0 * np.sin(np.arange(44100) / 5.0)
    for phase in (0.0, moving):
        assert set(np.unique(played(type="sqr", freq=5000.0, phase=phase, naive=True))) == {-1.0, 1.0}
    assert len(np.unique(played(type="sqr", freq=4999.0))) > 100


def test_it_fades_in_and_out_and_ends():
    player = Player(Osc, 44100, compiled=True, type="cos", freq=0.0, attack=0.1, release=0.2, duration=0.5)
    sound = player.render()
    assert player.ended
    assert sound[0] == 0.0 and sound[4410] == sound[13229] == pytest.approx(1.0, abs=1e-10)
    assert not sound[22050:].any() and 0.0 < sound[22049] < 1e-3
    half = (1 - np.exp(-2.5)) / (1 - np.exp(-5))
    assert sound[2205] == pytest.approx(half) and sound[17640] == pytest.approx(1 - half)


def test_noise_is_white_and_gaussian():
    sound = played(10.0, type="noise")
    density = signal.welch(sound, nperseg=256)[1][2:-2]
    print(f"noise: sigma {sound.std():.4f}, kurtosis {stats.kurtosis(sound):+.4f}, density within "
          f"{10 * np.log10(density.max() / density.min()):.2f} dB")  # fmt: skip
    assert stats.kstest(sound, "norm").statistic < 1.63 / np.sqrt(sound.size)
    assert sound.std() == pytest.approx(1.0, abs=0.005) and abs(stats.kurtosis(sound)) < 0.03
    assert density.max() / density.min() < 1.25


def test_noise_is_its_seed():
    one, again, other = (played(type="noise", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    shifts = signal.correlate(one, other, method="fft") / one.size
    assert np.abs(shifts).max() < 6.0 / np.sqrt(one.size)


def test_perlin_and_wander_move_as_fast_as_scale_says():
    for shape in ("perlin", "wander"):
        slow, fast = (played(20.0, type=shape, scale=scale) for scale in (2.0, 20.0))
        assert np.abs(fast).max() <= 1.0 and fast.std() > 0.2
        ratio = np.abs(np.diff(fast[::441])).mean() / np.abs(np.diff(slow[::441])).mean()
        assert ratio > 2.5, shape
