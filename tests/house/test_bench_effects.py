"""The measures of effects say what they should of sounds whose figures are known; what cannot run is one line."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from bench.peers import effect_probes as probes
from bench.peers import effects
from bench.peers.effect_patches import OURS, PEERS
from bench.peers.works import RATE


def test_the_echoes_of_noise_are_dense_and_those_of_clicks_are_not():
    noise = np.random.default_rng(1).standard_normal(RATE)
    assert probes.echo_density(noise) == pytest.approx(1.0, abs=0.05)
    sparse = np.where(np.arange(RATE) % 441 == 0, 1.0, 0.0)
    assert probes.echo_density(sparse) < 0.1


def test_a_mode_that_rings_stands_above_noise():
    noise = np.random.default_rng(2).standard_normal(2 * RATE)
    tone = np.sin(2.0 * np.pi * 1000.0 / RATE * np.arange(noise.size))
    assert probes.ringing(noise) < 12.0 < 15.0 < probes.ringing(noise + 0.1 * tone)


def test_a_decay_and_its_modes_are_counted():
    """20 modes between 970 and 1030 Hz and as many around 3 kHz, each of which falls by 60 dB in 2 s."""
    chance = np.random.default_rng(3)
    time = np.arange(5 * RATE) / RATE
    sound = np.zeros(time.size)
    for centre in (1000.0, 3000.0):
        for freq in centre + 3.0 * (np.arange(20) - 9.5):
            sound += np.sin(2.0 * np.pi * (freq + chance.uniform(-0.8, 0.8)) * time + chance.uniform(0.0, 6.3))
    sound *= 10.0 ** (-3.0 * time / 2.0)
    assert probes.decay_time(sound) == pytest.approx(2.0, rel=0.05)
    assert probes.modal_density(sound) == pytest.approx(20 / 60, abs=0.02)


def test_aliases_are_found_beside_the_overtones():
    tone = probes.tone()
    odd = np.sin(2.0 * np.pi * 7000.0 / RATE * np.arange(tone.size))
    assert probes.worst_alias(tone + 0.1 * tone**3) < -120.0
    assert probes.worst_alias(tone + 0.01 * odd) == pytest.approx(-40.0, abs=0.2)


def test_the_bilinear_transform_is_far_from_the_analogue_filter():
    """In closed form at 16 kHz, where it is furthest."""
    filtered = signal.lfilter(*signal.butter(2, probes.CUTOFF, fs=RATE), probes.click(0.5))
    bent = probes.CUTOFF * np.tan(np.pi * probes.HIGHEST / RATE) / np.tan(np.pi * probes.CUTOFF / RATE)
    levels = [float(probes.db(probes.lowpass(np.array(1j * freq)))) for freq in (bent, probes.HIGHEST)]
    assert probes.distance(filtered, probes.lowpass) == pytest.approx(levels[1] - levels[0], abs=0.01)
    assert probes.distance(probes.click(0.5), lambda s: np.ones(s.size)) == 0.0


def test_a_curve_is_found_whatever_the_gain_behind_it():
    tones = probes.stairs().reshape(len(probes.LEVELS), -1)
    over = np.maximum(np.array(probes.LEVELS) - probes.THRESHOLD, 0.0)
    for ratio, wanted in ((probes.RATIO, 0.0), (2.0, 20.0 * (0.5 - 1.0 / probes.RATIO))):
        gains = 10.0 ** (-over * (1.0 - 1.0 / ratio) / 20.0)
        assert probes.off_the_curve(3.0 * (tones * gains[:, None]).ravel()) == pytest.approx(wanted, abs=1e-3)


def test_the_wave_between_the_frames_is_seen():
    between = np.sin(np.pi / 2.0 * np.arange(RATE) + np.pi / 4.0) * np.hanning(RATE)
    assert probes.over(between) == pytest.approx(-probes.CEILING, abs=0.05)


def test_what_is_not_installed_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(effects, "ours", lambda probe, given: probe.sound)
    (table,) = effects.measure()
    assert capsys.readouterr().out.splitlines()[0] == "scsynth is left out: scsynth is not installed"
    assert [figure.cells[3] for figure in table.figures] == [""] * len(table.figures)
    assert set(OURS) == set(PEERS) == set(probes.PROBES)
