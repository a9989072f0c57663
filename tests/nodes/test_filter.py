"""The filter: responses by FFT of the impulse response beside the analogue filter, and stability."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal

from tests.harness.at_rates import rendered
from tests.harness.command import waves
from tests.harness.session_harness import save
from tests.nodes.cases import SLOW, SOUND
from waves.testing import RATE, Player, laws, node

Filter = node("filter")
Draft = sys.modules[Filter.__module__].Draft
TYPES = ["lowpass", "highpass", "bandpass", "notch", "peak", "lowshelf", "highshelf", "allpass"]
SIZE = 1 << 17


def response(freqs, kind=Filter, **given):
    """Gain in dB at some frequencies."""
    impulse = np.zeros(SIZE)
    impulse[0] = 1.0
    spectrum = np.fft.rfft(Player(kind, SIZE, compiled=True, signal=impulse, **given).render())
    gains = np.interp(freqs, np.fft.rfftfreq(SIZE, 1 / RATE), np.abs(spectrum))
    return 20 * np.log10(np.maximum(gains, 1e-12))


def analogue(kind, quality, gain=0.0):
    """The analogue filter with its cutoff at 1: (numerator, denominator), the highest power of s first."""
    a = 10.0 ** (gain / 40.0)
    s2, s1, s0 = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
    bottom = s2 + s1 / quality + s0
    top = {
        "lowpass": s0, "highpass": s2, "bandpass": s1 / quality, "notch": s2 + s0,
        "allpass": s2 - s1 / quality + s0, "peak": s2 + s1 * a / quality + s0,
        "lowshelf": a * (s2 + s1 * np.sqrt(a) / quality + a * s0),
        "highshelf": a * (a * s2 + s1 * np.sqrt(a) / quality + s0),
    }[kind]  # fmt: skip
    bottom = {
        "peak": s2 + s1 / (a * quality) + s0,
        "lowshelf": a * s2 + s1 * np.sqrt(a) / quality + s0,
        "highshelf": s2 + s1 * np.sqrt(a) / quality + a * s0,
    }.get(kind, bottom)
    return top, bottom


def prototype(kind, cutoff, quality, gain=0.0):
    """The analogue filter through the bilinear transform with its middle kept in place: (b, a) for scipy."""
    warp = 2 * RATE * np.tan(np.pi * cutoff / RATE)
    powers = np.array([warp**-2, warp**-1, 1.0])
    top, bottom = analogue(kind, quality, gain)
    return signal.bilinear(top * powers, bottom * powers, RATE)


QUALITIES = {-1.0: 0.5, -0.5: 0.6035, 0.0: 0.707, 0.4: 0.707 + 9.293 * 0.16, 0.5: 0.707 + 9.293 / 4, 1.0: 10.0}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("cutoff", [30.0, 9000.0])
def test_a_draft_is_the_bilinear_transform_of_its_prototype(kind, cutoff):
    freqs = np.geomspace(40.0, 21500.0, 60)
    for peak, quality in QUALITIES.items():
        for gain in (-12.0, 9.0) if kind in ("peak", "lowshelf", "highshelf") else (0.0,):
            expected = signal.freqz(*prototype(kind, cutoff, quality, gain), freqs, fs=RATE)[1]
            # Above Q 1 the resonance of the plain types is paid for with level.
            paid = 10 * np.log10(max(quality, 1.0)) if kind in ("lowpass", "highpass", "bandpass") else 0.0
            levels = 20 * np.log10(np.maximum(np.abs(expected), 1e-12)) - paid
            heard = levels > -60.0
            found = response(freqs, Draft, type=kind, cutoff=cutoff, peak=peak, gain=gain)
            np.testing.assert_allclose(found[heard], levels[heard], atol=0.1)


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
@pytest.mark.parametrize("cutoff", [50.0, 440.0, 5000.0, 12000.0])
def test_the_cutoff_is_3_db_down_within_a_percent(kind, cutoff):
    freqs = cutoff * np.linspace(0.97, 1.03, 601)
    found = freqs[np.argmin(np.abs(response(freqs, type=kind, cutoff=cutoff) - 20 * np.log10(0.707)))]
    print(f"{kind} {cutoff} Hz: -3 dB at {found:.1f} Hz")
    assert found == pytest.approx(cutoff, rel=0.01)


def test_slopes_are_12_db_per_octave():
    low = response(np.array([1000.0, 2000.0]), cutoff=100.0)
    high = response(np.array([100.0, 200.0]), type="highpass", cutoff=2000.0)
    assert low[0] - low[1] == pytest.approx(12.0, abs=0.15)
    assert high[1] - high[0] == pytest.approx(12.0, abs=0.1)


def test_shelves_reach_their_gain():
    far = np.array([45.0, 15000.0])
    for gain in (-12.0, 6.0):
        given = {"cutoff": 800.0, "gain": gain}
        np.testing.assert_allclose(response(far, type="lowshelf", **given), [gain, 0.0], atol=0.1)
        np.testing.assert_allclose(response(far, type="highshelf", **given), [0.0, gain], atol=0.1)
        assert response(np.array([800.0]), type="peak", **given) == pytest.approx(gain, abs=0.02)


@pytest.mark.parametrize("kind", TYPES)
def test_it_is_stable_while_the_cutoff_moves_at_audio_rate(kind):
    noise = np.random.default_rng(1)
    sound = noise.uniform(-1.0, 1.0, SIZE)
    cutoff = np.where(noise.random(SIZE) < 0.5, 20.0, 30000.0)
    out = Player(Filter, SIZE, compiled=True, type=kind, signal=sound, cutoff=cutoff, peak=1.0).render()
    assert np.abs(out).max() < 50.0
    swept = 11000.0 + 10900.0 * np.sin(np.arange(SIZE) * 1.1)
    out = Player(Filter, SIZE, compiled=True, type=kind, signal=sound, cutoff=swept, peak=1.0).render()
    assert np.abs(out).max() < 50.0


def test_it_rings_out():
    impulse = np.zeros(SIZE)
    impulse[0] = 1.0
    out = Player(Filter, SIZE, compiled=True, signal=impulse, cutoff=200.0, peak=1.0).render()
    assert np.abs(out[44100:]).max() < 1e-9


@pytest.mark.parametrize("cutoff", [0.0002, 0.01, 0.3, 5.0])
def test_a_cutoff_below_what_is_heard_smooths_a_signal(cutoff):
    """The step response of two poles with a Q of 0.707, in closed form."""
    x = np.pi * cutoff * np.arange(1.0, SIZE) / RATE * np.sqrt(2.0)
    expected = 1.0 - np.exp(-x) * (np.cos(x) + np.sin(x))
    found = Player(Filter, SIZE, compiled=True, signal=np.ones(SIZE), cutoff=cutoff).render()
    np.testing.assert_allclose(found[1000:-1], expected[1000:], rtol=0.01, atol=1e-8)


def test_at_a_cutoff_of_0_all_stands_still():
    """What the lowpass has reached is held, and goes on from there; the highpass lets all that comes then through."""
    noise = np.random.default_rng(2).uniform(-1.0, 1.0, 3000)
    cutoff = np.repeat([500.0, 0.0, 500.0], 1000)
    for slope in (12, 24):
        low = Player(Filter, 3000, compiled=True, signal=noise, cutoff=cutoff, slope=slope).render()
        assert np.ptp(low[1001:2000]) < 1e-12 < abs(low[1500])
        assert np.ptp(low[2100:]) > 0.01
        high = Player(Filter, 3000, compiled=True, type="highpass", signal=noise, cutoff=cutoff, slope=slope).render()
        np.testing.assert_allclose(np.diff(high[1001:2000]), np.diff(noise[1001:2000]), atol=1e-9)


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_a_slope_of_24_is_an_analogue_filter_of_the_fourth_order(kind):
    """With `peak` at 0 that of Butterworth; at the cutoff its level is that of a slope of 12, for every resonance."""
    freqs = np.geomspace(40.0, 16_000.0, 60)
    for cutoff in (60.0, 1000.0, 5000.0, 12_000.0):
        expected = signal.freqs(*signal.butter(4, cutoff, kind, analog=True), worN=freqs)[1]
        levels = 20 * np.log10(np.abs(expected))
        heard = levels > -60.0
        found = response(freqs, type=kind, cutoff=cutoff, slope=24)
        np.testing.assert_allclose(found[heard], levels[heard], atol=0.3)
        for peak in (-1.0, 0.5, 1.0):
            given = {"type": kind, "cutoff": cutoff, "peak": peak}
            corner = [response(np.array([cutoff]), slope=slope, **given) for slope in (12, 24)]
            np.testing.assert_allclose(*corner, atol=0.3)


def test_a_bandpass_of_24_is_twice_the_one_of_12():
    freqs = np.geomspace(40.0, 15000.0, 60)
    for peak, quality in ((0.0, 0.707), (0.8, 0.707 + 9.293 * 0.64)):
        once = response(freqs, type="bandpass", cutoff=800.0, peak=peak) + 10 * np.log10(max(quality, 1.0))
        twice = response(freqs, type="bandpass", cutoff=800.0, peak=peak, slope=24) + 10 * np.log10(max(quality, 1.0))
        np.testing.assert_allclose(twice, 2.0 * once, atol=0.1)


def test_a_slope_is_12_or_24_and_24_of_three_types():
    with pytest.raises(ValidationError, match="'slope' is 12 or 24, not 18"):
        Filter(signal=None, cutoff=100.0, slope=18)
    with pytest.raises(ValidationError, match="'slope: 24' is for a lowpass, a highpass or a bandpass"):
        Filter(signal=None, type="notch", cutoff=100.0, slope=24)
    assert Filter(signal=None, type="highpass", cutoff=100.0, slope=24).slope == 24


WITHIN = {  # dB from the analogue filter up to 16 kHz, with a cutoff of up to 12 kHz and with one of 16 kHz
    **{"lowpass": (0.2, 0.2), "highpass": (0.2, 0.4), "bandpass": (0.2, 0.3), "notch": (0.2, 0.3), "peak": (0.2, 0.3)},
    **{"lowshelf": (0.3, 0.5), "highshelf": (0.3, 0.5)},
}
SIZE_OF_CURVES = 1 << 13
CURVE = np.geomspace(100.0, 16_000.0, 120)
WAVES = np.exp(-2j * np.pi * np.outer(np.arange(SIZE_OF_CURVES), CURVE / RATE))


def distance(kind, cutoff, peak, gain=0.0):
    """The largest distance from the analogue filter in dB, up to 16 kHz where that is above -60 dB."""
    top, bottom = analogue(kind, QUALITIES[peak], gain)
    s = 1j * CURVE / cutoff
    levels = 20 * np.log10(np.abs(np.polyval(top, s) / np.polyval(bottom, s)) + 1e-12)
    if kind in ("lowpass", "highpass", "bandpass"):
        levels -= 10 * np.log10(max(QUALITIES[peak], 1.0))  # the resonance is paid for with level
    impulse = np.eye(1, SIZE_OF_CURVES)[0]
    given = {"type": kind, "cutoff": cutoff, "peak": peak, "gain": gain}
    found = Player(Filter, impulse.size, compiled=True, signal=impulse, **given).render() @ WAVES
    return np.abs(20 * np.log10(np.abs(found) + 1e-12) - levels)[levels > -60.0].max()


def farthest(kind, cutoffs, peaks, gains):
    return max(distance(kind, cutoff, peak, gain) for cutoff in cutoffs for peak in peaks for gain in gains)


@pytest.mark.parametrize("kind", WITHIN)
def test_it_is_the_analogue_filter(kind):
    gains = (-24.0, 9.0) if "shelf" in kind or kind == "peak" else (0.0,)
    far = farthest(kind, (1000.0, 3000.0, 7000.0, 9500.0, 12_000.0), (-1.0, 0.0, 0.4, 1.0), gains)
    highest = farthest(kind, (16_000.0,), (-1.0, 0.0, 0.4, 1.0), gains)
    print(f"{kind}: {far:.2f} dB, with a cutoff of 16 kHz {highest:.2f} dB")
    assert far < WITHIN[kind][0] and highest < WITHIN[kind][1]


@pytest.mark.parametrize("kind", ["peak", "lowshelf", "highshelf"])
@pytest.mark.parametrize("cutoff", [1000.0, 12_000.0, 21_000.0])
def test_without_a_gain_a_peak_and_a_shelf_are_the_sound(kind, cutoff):
    noise = np.random.default_rng(3).uniform(-1.0, 1.0, 2000)
    for peak in (-1.0, 0.6, 1.0):
        out = Player(Filter, 2000, compiled=True, type=kind, signal=noise, cutoff=cutoff, peak=peak).render()
        np.testing.assert_allclose(out, noise, atol=1e-9)


def test_a_filter_that_stands_still_is_one_that_moves():
    """Its numbers are calculated once for a block; a block in which the last frame differs is the same up to there."""
    size = 4 * 64
    cutoff = np.full(size, 3000.0)
    for kind in TYPES:
        given = {"compiled": True, "type": kind, "signal": np.resize(SOUND, size), "peak": 0.6, "gain": 9.0}
        still = Player(Filter, size, cutoff=cutoff, **given).render()
        moved = cutoff.copy()
        moved[63::64] = np.nextafter(3000.0, 0.0)
        np.testing.assert_allclose(Player(Filter, size, cutoff=moved, **given).render(), still, atol=1e-13)


def test_a_cutoff_that_glides_leaves_no_steps():
    """A tone through it has its sidebands at the rate of the cutoff, and none at that of the blocks."""
    time = np.arange(SIZE) / RATE
    tone = np.sin(2 * np.pi * 3000.0 * time)
    for kind in ("lowpass", "highpass", "peak"):
        cutoff = 2000.0 + 1500.0 * np.sin(2 * np.pi * 0.5 * time)
        out = Player(Filter, SIZE, compiled=True, type=kind, signal=tone, cutoff=cutoff, peak=0.3, gain=12.0).render()
        levels = 20 * np.log10(np.abs(np.fft.rfft(out * signal.windows.blackmanharris(SIZE))) + 1e-15)
        freqs = np.fft.rfftfreq(SIZE, 1 / RATE)
        beside = [levels[np.abs(freqs - 3000.0 - at * RATE / 64) < 30.0].max() for at in (-2, -1, 1, 2)]
        print(f"{kind}: at the rate of the blocks {max(beside) - levels.max():.0f} dB")
        assert max(beside) - levels.max() < -130.0


def test_a_draft_keeps_every_law():
    given = {"signal": SOUND, "cutoff": 200.0 + 9000.0 * SLOW, "peak": SLOW}
    assert laws(Draft, **given) == []


def test_a_draft_is_what_it_was_and_good_is_the_analogue_filter(tmp_path):
    text = "%smy_sound: {filter: {%scutoff: 9000, signal: {osc: {type: saw, freq: 1000, amp: 0.3}}}}\n"
    sounds = []
    former = "settings: {sound: 1}\n"
    for given in (
        ("", "quality: draft, "),
        (former, ""),
        ("", ""),
        ("", "quality: best, "),
        (former, "quality: good, "),
    ):
        save(tmp_path, text % given)
        sounds.append(rendered(tmp_path, RATE, 0.5)[:, 0])
    draft, kept, good, *same = sounds
    np.testing.assert_array_equal(kept, draft)
    for sound in same:
        np.testing.assert_array_equal(sound, good)
    at = round(16_000 * 20_000 / RATE)
    before, after = (
        20 * np.log10(np.abs(np.fft.rfft(sound[2000:22_000] * np.hanning(20_000)))[at - 3 : at + 4].max())
        for sound in (draft, good)
    )
    assert after - before == pytest.approx(8.23, abs=0.2)  # the analogue filter at 16 kHz, and its bilinear transform


@pytest.mark.long
def test_a_draft_is_compiled_by_another_process(tmp_path, monkeypatch):
    """Its kernel is that of a helper file."""
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "cache"))
    (tmp_path / "waves.yaml").write_text("my_sound: {filter: {quality: draft, cutoff: 900, signal: {osc: {}}}}\n")
    done = waves(tmp_path, "render", "-o", "a.wav", "--duration", "0.2")
    assert done.returncode == 0, done.stderr
