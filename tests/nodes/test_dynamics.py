"""Compress, duck, gate, transient and limit: levels against closed forms, times, and what must not happen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import signal

from tests.harness.engine_harness import Rig, mix
from tests.harness.engine_harness import node as tree_node
from waves.testing import RATE, Player, level, node

CHANCE = np.random.default_rng(9)


def played(name: str, sound: Any, **given: Any) -> np.ndarray[Any, Any]:
    """The channels of a node and what it gives beside them."""
    frames = len(sound[0]) if isinstance(sound, list) else len(sound)
    return Player(node(name), frames, compiled=True, signal=sound, **given).render()


def sine(freq: float, seconds: float, amp: float = 1.0, rate: float = RATE) -> np.ndarray[Any, Any]:
    return amp * np.sin(2.0 * np.pi * freq / rate * np.arange(round(seconds * rate)))


def db(factor: Any) -> Any:
    return 20.0 * np.log10(np.maximum(factor, 1e-12))


def steps(*levels: float, seconds: float = 0.5, rate: float = RATE) -> np.ndarray[Any, Any]:
    """A constant that has one level in dB after the other."""
    return np.repeat(10.0 ** (np.array(levels) / 20.0), round(seconds * rate))


def when(values: np.ndarray[Any, Any], share: float, rate: float = RATE) -> float:
    """Seconds after which a share of the way from the first to the last value is made."""
    way = (values - values[0]) / (values[-1] - values[0])
    return float(np.argmax(way >= share)) / rate


def true_peak(sound: np.ndarray[Any, Any]) -> float:
    """The highest level in dB of the wave between the frames, read at 16 places."""
    return float(db(np.abs(signal.resample_poly(sound, 16, 1, window=("kaiser", 12.0))).max()))


# ---- compress


@pytest.mark.parametrize(("ratio", "knee"), [(4.0, 6.0), (2.0, 0.0), (1e9, 20.0)])
@pytest.mark.parametrize("freq", [70.0, 997.0])
def test_a_tone_is_compressed_as_the_curve_says(ratio, knee, freq):
    """The curve of Giannoulis, Massberg and Reiss, 2012, for the peaks of a sine: within 0.1 dB."""
    for given in (-40.0, -27.0, -22.0, -20.0, -17.0, -12.0, 0.0):
        over = given + 20.0
        wanted = given
        if 2.0 * abs(over) <= knee and knee > 0.0:
            wanted = given + (1.0 / ratio - 1.0) * (over + knee / 2.0) ** 2 / (2.0 * knee)
        elif over > 0.0:
            wanted = -20.0 + over / ratio
        sound = sine(freq, 0.4, 10.0 ** (given / 20.0))
        heard, reduction = played("compress", sound, ratio=ratio, knee=knee, gain=0.0)
        found = db(np.sqrt(2.0 * np.mean(heard[-round(0.1 * RATE) :] ** 2)))
        assert found == pytest.approx(wanted, abs=0.1)
        assert reduction[-1] == pytest.approx(wanted - given, abs=0.1)


def test_attack_and_release_are_the_times_for_63_percent():
    """At any rate; the release begins when the last 10 ms are soft."""
    for rate in (44_100.0, 96_000.0):
        sound = steps(-60.0, -6.0, -60.0, rate=rate)
        player = Player(node("compress"), sound.size, compiled=True, rate=rate, signal=sound, attack=0.02, release=0.08)
        reduction = np.split(player.render()[1], 3)
        assert reduction[1][-1] == pytest.approx(-10.5, abs=1e-3)
        assert when(reduction[1], 0.632, rate) == pytest.approx(0.02, abs=2e-4)
        # the way back is that of the release, seen through the attack: 1 - (4 exp(-t / 80) - exp(-t / 20)) / 3
        assert when(reduction[2], 0.632, rate) == pytest.approx(0.1025 + 0.00875, abs=0.002)


def test_a_low_tone_keeps_its_wave():
    """Overtones of 80 Hz, compressed by 15 dB with a short release: a textbook detector has -40 dB."""
    heard = played("compress", sine(80.0, 1.2), release=0.05, gain=0.0)[0][-44_100:]
    overtones = max(level(heard, 80.0 * n) for n in range(2, 12)) - level(heard, 80.0)
    print(f"overtones {overtones:.1f} dB")
    assert overtones < -80.0


def test_with_lookahead_the_sound_is_late_and_its_beginning_is_soft_already():
    click = np.zeros(2000)
    click[100:] = 0.5
    at_once = played("compress", click, gain=0.0, attack=0.001)[0]
    heard = played("compress", click, gain=0.0, attack=0.001, lookahead=0.004)[0]
    late = round(0.004 * RATE)
    assert np.flatnonzero(at_once)[0] == 100 and np.flatnonzero(heard)[0] == 100 + late
    assert db(at_once[100] / 0.5) > -1.0 and db(heard[100 + late] / 0.5) == pytest.approx(-10.5, abs=0.25)
    dry = played("compress", click, mix=0.0, lookahead=0.004)[0]
    assert np.array_equal(dry[late:], click[:-late])


@pytest.mark.parametrize("threshold", [-10.0, -20.0, -40.0])
@pytest.mark.parametrize("amp", [0.05, 0.3])
def test_without_a_gain_a_sound_stays_as_loud(threshold, amp):
    """Hits of noise that fall by 60 dB in a third of a second: within 2 dB, and when it has begun within 1 dB."""
    hits = amp * CHANCE.standard_normal(4 * 44_100) * np.tile(10.0 ** (-9.0 * np.arange(14_700) / 44_100), 12)
    heard = played("compress", hits, threshold=threshold)[0]
    apart, later = (db(np.sqrt(np.mean(heard[k:] ** 2) / np.mean(hits[k:] ** 2))) for k in (0, 44_100))
    print(f"threshold {threshold}, {amp}: {apart:.2f} dB, after the first second {later:.2f} dB")
    assert abs(apart) < 2.0 and abs(later) < 1.0


def test_a_key_is_measured_in_place_of_the_signal_and_moves_all_channels_alike():
    sound = [sine(220.0, 1.0, 0.1), sine(330.0, 1.0, 0.05)]
    left, right, reduction = played("compress", sound, key=[steps(-60.0, -8.0), np.zeros(44_100)])
    assert np.array_equal(left[:20_000], sound[0][:20_000]) and reduction[-1] == pytest.approx(-9.0, abs=0.01)
    np.testing.assert_allclose(left / 10.0 ** (reduction / 20.0), sound[0], atol=1e-12)
    np.testing.assert_allclose(right / 10.0 ** (reduction / 20.0), sound[1], atol=1e-12)


def test_an_edit_of_a_key_or_a_gain_is_no_click():
    """A tone that is compressed by 10 dB: as it plays, its second difference tells each step."""

    def piece(**given: Any) -> Any:
        tone = tree_node("tone", "osc", freq=220.0, amp=0.5)
        return mix(a=tree_node("c", "compress", signal=tone, **{"threshold": -30.0, **given}))

    rig = Rig(piece())
    settled = rig.play(44_100)[-4410:, 0]
    for given in ({"gain": -12.0}, {"gain": 0.0, "ratio": 20.0}, {}, {"lookahead": 0.01}, {"key": 0.0}):
        rig.offer(piece(**given))
        heard = rig.play(8820)[:, 0]
        assert np.abs(np.diff(heard, 2)).max() < 4.0 * np.abs(np.diff(settled, 2)).max()


# ---- duck


def test_a_sound_ducks_by_the_level_of_the_key_and_by_its_depth_at_most():
    key = steps(-60.0, -25.0, -6.0)
    heard, reduction = played("duck", np.ones(key.size), key=key, depth=12.0)
    found = [float(part[-1]) for part in np.split(reduction, 3)]
    assert found == pytest.approx([0.0, -5.0, -12.0], abs=0.01)
    np.testing.assert_allclose(db(heard), reduction, atol=1e-9)
    assert when(np.split(reduction, 3)[1], 0.632) == pytest.approx(0.005, abs=1e-4)
    back = played("duck", np.ones(key.size), key=key[::-1].copy(), release=0.05, attack=0.0)[1][44_100:]
    assert when(back, 0.632) == pytest.approx(0.05 + 0.00875, abs=0.0015)


# ---- gate


def test_a_gate_opens_at_its_threshold_and_closes_after_its_hold():
    sound = steps(-60.0, -39.0, -45.0, -47.0, -39.0)
    heard, opened = played("gate", sound, hold=0.1, release=0.02)
    parts = np.split(opened, 5)
    assert parts[0].max() == pytest.approx(1e-3, rel=1e-9), "closed, at -60 dB"
    assert when(parts[1], 0.632) == pytest.approx(0.001, abs=5e-5)
    assert parts[2].min() > 0.999, "it closes 6 dB lower"
    closes = np.argmax(parts[3] < 0.999) / RATE
    assert closes == pytest.approx(0.1, abs=1e-3)
    falls = parts[3][round((0.1 + 0.02) * RATE)]
    assert falls == pytest.approx(1e-3 + (1.0 - 1e-3) * np.exp(-1.0), rel=0.01)
    np.testing.assert_array_equal(heard, opened * sound)


def test_a_gate_does_not_flutter_with_a_low_tone_that_fades():
    tone = sine(50.0, 3.0) * 10.0 ** (-1.0 * np.arange(3 * 44_100) / 44_100)
    opened = played("gate", tone, threshold=-20.0, range=-80.0)[1]
    assert np.count_nonzero(np.diff(opened > 0.5)) == 2, "once open, once closed"
    ahead = played("gate", tone, threshold=-20.0, lookahead=0.01)[0]
    assert ahead[441:900] == pytest.approx(tone[:459], abs=2e-3)


# ---- transient


@pytest.mark.parametrize("amp", [1.0, 0.01])
def test_beginnings_and_ends_are_changed_by_their_gain_and_nothing_between(amp):
    burst = np.concatenate([np.zeros(2000), sine(500.0, 0.6, amp), sine(500.0, 0.3, amp * 0.1)])
    heard, gain = played("transient", burst, attack=9.0, sustain=-12.0)
    assert gain[:2000].max() == 0.0
    assert gain[2000:2200].max() == pytest.approx(9.0, abs=0.5)
    steady, after = gain[2000 + 20_000 : 2000 + 26_000], gain[28_460 + 3000 :]
    assert np.abs(steady).max() < 0.1
    assert after.min() == pytest.approx(-10.3, abs=0.5), "the level is a tenth of what goes on: 0.86 of the way"
    np.testing.assert_allclose(heard, burst * 10.0 ** (gain / 20.0), atol=1e-12)


def test_a_pulse_of_each_gain_is_louder_or_softer_by_it():
    hit = np.concatenate([np.zeros(500), sine(200.0, 0.3) * np.exp(-np.arange(13_230) / 1500.0)])
    for attack in (-24.0, -6.0, 6.0, 24.0):
        heard = played("transient", hit, attack=attack)[0]
        found = db(np.abs(heard[500:720]).max() / np.abs(hit[500:720]).max())
        assert found == pytest.approx(attack, abs=0.15 * abs(attack))


# ---- limit

LOUD = {
    "pink": 2.0 * signal.lfilter(*signal.butter(1, 500.0, fs=RATE), CHANCE.standard_normal(44_100)),
    "noise": 0.7 * CHANCE.standard_normal(44_100),
    "saw": 1.5 * signal.sawtooth(2.0 * np.pi * 110.0 / RATE * np.arange(44_100)),
    "between": 1.5 * np.sin(np.pi / 2.0 * np.arange(44_100) + np.pi / 4.0) * np.linspace(0.2, 1.0, 44_100),
    "high": 1.5 * np.sin(2.0 * np.pi * 9731.0 / RATE * np.arange(44_100)),
    "hits": 3.0 * CHANCE.standard_normal(44_100) * np.tile(np.exp(-np.arange(4410) / 300.0), 10),
}


@pytest.mark.parametrize("name", LOUD)
def test_no_frame_passes_the_ceiling_and_with_true_peak_no_wave(name):
    plain = played("limit", [LOUD[name], 0.5 * LOUD[name]])
    assert np.abs(plain).max() <= 10.0 ** (-1.0 / 20.0)
    whole = played("limit", [LOUD[name], 0.5 * LOUD[name]], true_peak=True)
    peaks = true_peak(plain[0]), true_peak(whole[0])
    print(f"{name}: {peaks[0]:.2f} dBTP, with true_peak {peaks[1]:.2f} dBTP")
    assert peaks[1] < -0.9
    np.testing.assert_allclose(whole[1], 0.5 * whole[0], atol=1e-12)
    if name in ("pink", "high"):
        assert peaks[0] < 0.5


def test_what_is_below_the_ceiling_is_only_late():
    sound = [0.85 * CHANCE.uniform(-1.0, 1.0, 5000), 0.5 * CHANCE.uniform(-1.0, 1.0, 5000)]
    for true, late in ((False, 64), (True, 72)):
        soft = [0.5 * one for one in sound] if true else sound
        heard = played("limit", soft, true_peak=true)
        np.testing.assert_allclose(heard[:, late:], np.array(soft)[:, :-late], atol=1e-14)


def test_the_gain_comes_back_in_the_release_and_the_ceiling_follows():
    sound = np.concatenate([np.full(22_050, 2.0), np.full(44_100, 0.2)])
    heard = played("limit", sound, ceiling=-6.0, gain=6.0, release=0.2)
    assert heard[22_000] == pytest.approx(10.0 ** (-6.0 / 20.0), rel=1e-6)
    gain = heard[22_050 + 64 :] / 0.2
    assert when(gain, 0.632) == pytest.approx(0.2, rel=0.05) and gain[-1] == pytest.approx(10.0**0.3, rel=0.01)
    moved = played("limit", np.full(44_100, 2.0), ceiling=np.linspace(-1.0, -30.0, 44_100))
    assert (np.abs(moved) <= 10.0 ** (np.linspace(-1.0, -30.0, 44_100) / 20.0) * 1.002).all()
