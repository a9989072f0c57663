"""The oscillator: pitch, shapes, aliases, ranges, ends, and the noises."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal, stats

from tests.harness.aliases import MEASURED, SKIPPED, aliases
from waves.testing import RATE, Player, level, node

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


def modulated(kind, freq):
    """What moves: the phase by a sine of the same frequency, or the width by one of an eighth of it."""
    time = np.arange(MEASURED + SKIPPED) / RATE
    if kind == "width":
        return freq / 8.0, {"pulse_width": 0.5 + 0.4 * np.sin(2 * np.pi * freq / 8.0 * time)}
    return freq, {"phase": kind * np.sin(2 * np.pi * freq * time)}


SETTLED = 32  # frames after which a step is smoothed
OVER = 0.28  # part of a step that it goes beyond its end, at a narrow pulse
BOUNDS = {"draft": (-65.0, -50.0), "good": (-80.0, -70.0), "best": (-95.0, -90.0)}
"""dB by quality: aliases below 10 kHz and below 20 kHz, re the fundamental."""


@pytest.mark.parametrize("quality", BOUNDS)
@pytest.mark.parametrize(("shape", "width"), [("saw", 0.5), ("ramp", 0.5), ("sqr", 0.5), ("sqr", 0.1), ("tri", 0.5)])
def test_aliases_lie_below_the_bound_of_the_quality(quality, shape, width):
    """Naive shapes have more than -25 dB."""
    for wanted in (100.0, 1000.0, 2000.0, 5000.0, 8000.0):
        freq = (round(wanted * MEASURED / RATE) | 1) * RATE / MEASURED
        given = {"type": shape, "freq": freq, "pulse_width": width, "quality": quality}
        found = aliases(played((MEASURED + SKIPPED) / RATE, **given)[SKIPPED:], freq, freq)
        print(f"{quality}, {shape} {width}, {freq:.0f} Hz: {found[0]:.1f} dB, {found[1]:.1f} dB")
        assert found[0] < BOUNDS[quality][0] and found[1] < BOUNDS[quality][1]


MOVED = [
    ("saw", 2.0, 1000.0, (-83.0, -79.0)),
    ("saw", 2.0, 2000.0, (-64.0, -61.0)),
    ("saw", 6.0, 1000.0, (-76.0, -71.0)),
    ("ramp", 2.0, 1000.0, (-83.0, -79.0)),
    ("sqr", 2.0, 1000.0, (-83.0, -79.0)),
    ("sqr", 2.0, 2000.0, (-63.0, -61.0)),
    ("tri", 2.0, 1000.0, (-61.0, -55.0)),
    ("tri", 2.0, 2000.0, (-48.0, -42.0)),
    ("sqr", "width", 1000.0, (-94.0, -88.0)),
    ("sqr", "width", 2000.0, (-92.0, -84.0)),
]


@pytest.mark.parametrize(("shape", "kind", "freq", "measured"), MOVED)
def test_edges_lie_where_the_whole_phase_meets_them(shape, kind, freq, measured):
    """Placed by `freq` alone the same steps have up to 70 dB more."""
    freq = (round(freq * MEASURED / RATE / 8.0) | 1) * 8.0 * RATE / MEASURED
    base, moving = modulated(kind, freq)
    sound = played((MEASURED + SKIPPED) / RATE, type=shape, freq=freq, **moving)
    found = aliases(sound[SKIPPED:], freq, base)
    print(f"{shape} {kind} at {freq:.0f} Hz: {found[0]:.1f} dB, {found[1]:.1f} dB")
    assert found[0] < measured[0] and found[1] < measured[1]


@pytest.mark.parametrize("shape", ["saw", "ramp", "sqr", "tri"])
def test_a_phase_that_moves_evenly_is_a_frequency(shape):
    steady = played(type=shape, freq=1234.5)
    ramp = 2.0 * np.pi * 1000.0 * np.arange(44100) / RATE
    np.testing.assert_allclose(played(type=shape, freq=234.5, phase=ramp)[SETTLED:], steady[SETTLED:], atol=1e-6)


@pytest.mark.parametrize("shape", ["saw", "ramp", "sqr", "tri"])
def test_a_jump_of_the_phase_is_a_jump_to_the_other_phase_and_nothing_else(shape):
    late = np.arange(44100) // 777 % 2 == 1
    either = [played(type=shape, freq=441.0, phase=phase) for phase in (0.0, 1.0)]
    jumping = played(type=shape, freq=441.0, phase=np.where(late, 1.0, 0.0))
    settled = np.arange(44100) % 777 >= SETTLED
    np.testing.assert_allclose(jumping[settled], np.where(late, either[1], either[0])[settled], atol=1e-9)
    assert np.abs(jumping).max() < 1.0 + 4.0 * OVER


@pytest.mark.parametrize("quality", BOUNDS)
def test_a_step_begins_on_its_frame_and_goes_beyond_its_end(quality):
    for shape, freq in (("sqr", 441.0), ("saw", 441.0), ("ramp", 100.0), ("sqr", 5000.0)):
        over = (np.abs(played(type=shape, freq=freq, quality=quality)).max() - 1.0) / 2.0
        print(f"{quality}, {shape} {freq:.0f} Hz: {100 * over:.1f} % of the step")
        assert 0.05 < over < OVER
    sound = played(type="sqr", freq=441.0, quality=quality)
    assert (sound[:50] == 1.0).all() and sound[54] < -0.5


@pytest.mark.parametrize("shape", ["sqr", "saw", "ramp", "tri"])
def test_there_is_no_mean_but_that_of_the_shape(shape):
    for freq in (100.0, 1000.0, 7350.0):
        assert abs(played(2.0, type=shape, freq=freq)[44100:].mean()) < 1e-4


@pytest.mark.parametrize(("quality", "most"), [("draft", 2.5), ("good", 0.5), ("best", 0.2)])
@pytest.mark.parametrize("shape", ["saw", "tri"])
def test_partials_up_to_15_khz_keep_their_level(quality, most, shape):
    sound = played(3.0, type=shape, freq=1000.0, quality=quality)
    for partial in (1, 5, 11, 15):
        ideal = 20 * np.log10(2 / np.pi / partial if shape == "saw" else 8 / np.pi**2 / partial**2)
        lost = ideal - level(sound[22050:], 1000.0 * partial)
        print(f"{quality}, {shape}, {partial} kHz: -{lost:.2f} dB")
        assert -0.1 < lost < most


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("freq", [0.0, 3.0, 15.0, 440.0, 5000.0, 15000.0, 22050.0, 1e5])
def test_flat_parts_lie_at_the_ends_of_a_range(shape, freq):
    """Below 20 Hz nothing goes beyond them, above steps do."""
    sound = played(type=shape, freq=freq, pulse_width=0.1, range=[200.0, 2000.0])
    beyond = 0.0 if freq < 20.0 or shape in ("sin", "cos") else 1800.0 * OVER
    assert sound.min() >= 200.0 - beyond - 1e-7 and sound.max() <= 2000.0 + beyond + 1e-7
    if shape == "sqr" and freq == 440.0:
        assert np.median(sound) == pytest.approx(200.0, abs=2.0)


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
