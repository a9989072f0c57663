"""The filter: responses by FFT of the impulse response against the analogue prototype, and stability."""

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
TYPES = ["lowpass", "highpass", "bandpass", "notch", "peak", "lowshelf", "highshelf", "allpass"]
SIZE = 1 << 17


def response(freqs, **given):
    """Gain in dB at some frequencies."""
    impulse = np.zeros(SIZE)
    impulse[0] = 1.0
    spectrum = np.fft.rfft(Player(Filter, SIZE, compiled=True, signal=impulse, **given).render())
    gains = np.interp(freqs, np.fft.rfftfreq(SIZE, 1 / RATE), np.abs(spectrum))
    return 20 * np.log10(np.maximum(gains, 1e-12))


def prototype(kind, cutoff, quality, gain=0.0):
    """Analogue prototype through the bilinear transform with its middle kept in place: (b, a) for scipy."""
    a = 10.0 ** (gain / 40.0)
    warp = 2 * RATE * np.tan(np.pi * cutoff / RATE)
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
    powers = np.array([warp**-2, warp**-1, 1.0])
    return signal.bilinear(top * powers, bottom * powers, RATE)


QUALITIES = {-1.0: 0.5, -0.5: 0.6035, 0.0: 0.707, 0.5: 0.707 + 9.293 / 4, 1.0: 10.0}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("cutoff", [30.0, 1000.0, 9000.0, 20000.0])
def test_every_type_is_its_prototype_for_every_resonance(kind, cutoff):
    freqs = np.geomspace(40.0, 21500.0, 60)
    for peak, quality in QUALITIES.items():
        for gain in (-12.0, 9.0) if kind in ("peak", "lowshelf", "highshelf") else (0.0,):
            expected = signal.freqz(*prototype(kind, cutoff, quality, gain), freqs, fs=RATE)[1]
            # Above Q 1 the resonance of the plain types is paid for with level.
            paid = 10 * np.log10(max(quality, 1.0)) if kind in ("lowpass", "highpass", "bandpass") else 0.0
            levels = 20 * np.log10(np.maximum(np.abs(expected), 1e-12)) - paid
            heard = levels > -60.0
            found = response(freqs, type=kind, cutoff=cutoff, peak=peak, gain=gain)
            np.testing.assert_allclose(found[heard], levels[heard], atol=0.1)


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
@pytest.mark.parametrize("cutoff", [50.0, 440.0, 5000.0, 15000.0])
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
        assert response(np.array([800.0]), type="peak", **given) == pytest.approx(gain, abs=0.01)


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
@pytest.mark.parametrize("cutoff", [60.0, 1000.0, 9000.0])
def test_a_slope_of_24_is_a_butterworth_filter_of_the_fourth_order(kind, cutoff):
    """With `peak` at 0; at the cutoff its level is that of a slope of 12, for every resonance."""
    freqs = np.geomspace(40.0, 21500.0, 60)
    expected = signal.freqz(*signal.butter(4, cutoff, kind, fs=RATE), freqs, fs=RATE)[1]
    levels = 20 * np.log10(np.maximum(np.abs(expected), 1e-12))
    heard = levels > -80.0
    found = response(freqs, type=kind, cutoff=cutoff, slope=24)
    np.testing.assert_allclose(found[heard], levels[heard], atol=0.1)
    for peak in (-1.0, 0.6, 1.0):
        corner = [response(np.array([cutoff]), type=kind, cutoff=cutoff, peak=peak, slope=slope) for slope in (12, 24)]
        np.testing.assert_allclose(*corner, atol=0.1)


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


Best = sys.modules[Filter.__module__].Best
PLAIN = {
    "lowpass": (lambda s, q: 1.0),
    "highpass": (lambda s, q: s * s),
    "bandpass": (lambda s, q: s / q),
    "notch": (lambda s, q: s * s + 1.0),
}
WITHIN = {"lowpass": 0.2, "highpass": 0.5, "bandpass": 0.5, "notch": 0.4}  # dB


def distance(kind, cutoff, peak, **given):
    """The largest distance from the analogue filter in dB, up to 16 kHz where that is above -60 dB, of a notch -20."""
    freqs = np.geomspace(40.0, 16_000.0, 120)
    quality, s = QUALITIES[peak], 1j * freqs / cutoff
    levels = 20 * np.log10(np.abs(PLAIN[kind](s, quality) / (s * s + s / quality + 1.0)) + 1e-12)
    if kind != "notch":
        levels -= 10 * np.log10(max(quality, 1.0))  # the resonance is paid for with level
    impulse = np.eye(1, SIZE // 4)[0]
    spectrum = np.fft.rfft(
        Player(Best, impulse.size, compiled=True, type=kind, signal=impulse, cutoff=cutoff, peak=peak, **given).render()
    )
    found = 20 * np.log10(np.abs(np.interp(freqs, np.fft.rfftfreq(impulse.size, 1 / RATE), np.abs(spectrum))))
    return np.abs(found - levels)[levels > (-20.0 if kind == "notch" else -60.0)].max()


@pytest.mark.parametrize("kind", PLAIN)
@pytest.mark.parametrize("peak", QUALITIES)
def test_the_best_quality_is_the_analogue_filter(kind, peak):
    far = [distance(kind, cutoff, peak) for cutoff in (300.0, 1000.0, 3000.0, 6000.0, 9000.0, 12_000.0)]
    highest = distance(kind, 16_000.0, peak)
    print(f"{kind}, Q {QUALITIES[peak]:.2f}: {max(far):.2f} dB, with a cutoff of 16 kHz {highest:.2f} dB")
    assert max(far) < WITHIN[kind] and highest < (1.0 if kind == "highpass" else WITHIN[kind])


@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_the_best_quality_of_24_is_an_analogue_filter_of_the_fourth_order(kind):
    freqs = np.geomspace(40.0, 16_000.0, 120)
    impulse = np.eye(1, SIZE // 4)[0]
    for cutoff in (500.0, 5000.0, 12_000.0):
        expected = signal.freqs(*signal.butter(4, cutoff, kind, analog=True), worN=freqs)[1]
        spectrum = np.fft.rfft(
            Player(Best, impulse.size, compiled=True, type=kind, signal=impulse, cutoff=cutoff, slope=24).render()
        )
        found = np.interp(freqs, np.fft.rfftfreq(impulse.size, 1 / RATE), np.abs(spectrum))
        heard = np.abs(expected) > 1e-3
        assert np.abs(20 * np.log10(found[heard] / np.abs(expected[heard]))).max() < 0.5


def test_the_best_quality_keeps_every_law_and_stands_still_at_0():
    for kind in PLAIN:
        given = {"type": kind, "signal": SOUND, "cutoff": 200.0 + 9000.0 * SLOW, "peak": SLOW}
        steep = {"slope": 24, "cutoff": 900.0, "peak": 0.3}
        assert laws(Best, **given) == [] == laws(Best, **given | (steep if kind != "notch" else {}))
    cutoff = np.repeat([500.0, 0.0], 1000)
    low = Player(Best, 2000, compiled=True, signal=np.resize(SOUND, 2000), cutoff=cutoff).render()
    assert np.ptp(low[1001:]) < 1e-6 < abs(low[1500])


def test_a_filter_of_the_best_quality_plays_it(tmp_path):
    text = "my_sound: {filter: {quality: %s, cutoff: 9000, signal: {osc: {type: saw, freq: 1000, amp: 0.3}}}}\n"
    sounds = []
    for word in ("good", "best"):
        save(tmp_path, text % word)
        sounds.append(rendered(tmp_path, RATE, 0.5)[:, 0])
    partials = [np.abs(np.fft.rfft(sound[2000:22_000] * np.hanning(20_000))) for sound in sounds]
    at = round(16_000 * 20_000 / RATE)
    good, best = (20 * np.log10(one[at - 3 : at + 4].max()) for one in partials)
    assert best - good == pytest.approx(8.23, abs=0.1)  # the analogue filter at 16 kHz, and its bilinear transform
    with pytest.raises(ValidationError, match="'quality: best' is for a lowpass, a highpass, a bandpass or a notch"):
        Filter(signal=0.0, cutoff=900.0, type="peak", quality="best")


def test_the_best_quality_is_compiled_by_another_process(tmp_path, monkeypatch):
    """Its kernel is that of a helper file."""
    monkeypatch.setenv("WAVES_CACHE", str(tmp_path / "cache"))
    (tmp_path / "waves.yaml").write_text("my_sound: {filter: {quality: best, cutoff: 900, signal: {osc: {}}}}\n")
    done = waves(tmp_path, "render", "-o", "a.wav", "--duration", "0.2")
    assert done.returncode == 0, done.stderr
