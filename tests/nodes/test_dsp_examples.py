"""The examples that are made of `waves.dsp`: a physical fact of each, and the laws of every kernel."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import signal

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.node_types.library.library import load_library
from waves.testing import RATE, Player, laws, spectrum_db

TYPES = load_library(NODES, EXAMPLE_NODES)
FRAMES = 1024
SOUND = np.random.default_rng(5).standard_normal(FRAMES)
SLOW = 0.5 + 0.5 * np.sin(np.arange(FRAMES) / 50.0)


def tables(shapes):
    return TYPES["wavetable"].prepare(SimpleNamespace(file=None, shapes=shapes), RATE)


def played(name, seconds, **given):
    return Player(TYPES[name], round(seconds * RATE), compiled=True, **given).render()


def test_a_supersaw_has_seven_pitches_and_no_aliases():
    count = 1 << 17
    left, right = played("supersaw", count / RATE, freq=1000.0, detune=1.0, spread=1.0)
    spectrum = spectrum_db(left + right)
    wanted = 1000.0 * np.array([0.88997687, 0.93711561, 0.98047644, 1.0, 1.01991221, 1.06216538, 1.10745242])
    places = signal.find_peaks(spectrum[: round(1300 * count / RATE)], height=-40.0, distance=20)[0]
    np.testing.assert_allclose(places * RATE / count, wanted, atol=0.5)
    slow = spectrum_db(played("supersaw", count / RATE, freq=3000.0, detune=0.0, spread=0.0)[0])
    bins = np.arange(slow.size) * RATE / count
    between = (np.abs(bins - 3000.0 * np.rint(bins / 3000.0)) > 30.0) & (bins < 10_000.0)
    print(f"aliases {slow[between].max() - slow.max():.1f} dB")
    assert slow[between].max() - slow.max() < -60.0


def test_a_wavetable_is_the_shape_without_aliases_and_its_two_ends():
    count = 1 << 15
    for word, place in (("saw", 2231), ("sqr", 741)):  # bins, of 3003 and 997 Hz
        sound = played("wavetable", count / RATE, freq=place * RATE / count, arrays=tables(word))
        spectrum = spectrum_db(sound)
        away = np.abs(np.arange(spectrum.size) - place * np.rint(np.arange(spectrum.size) / place))
        print(f"{word}: aliases {spectrum[away > 20].max():.1f} dB")
        assert spectrum[away > 20].max() < -100.0
        assert spectrum[place] == pytest.approx(20.0 * np.log10((2.0 if word == "saw" else 4.0) / np.pi), abs=0.01)
    ends = [played("wavetable", 0.1, freq=100.0, morph=x, arrays=tables("sin / 0 1 0 -1")) for x in (0.0, 0.5, 1.0)]
    assert np.abs(ends[0] - np.sin(2.0 * np.pi * 100.0 / RATE * np.arange(ends[0].size))).max() < 1e-5
    np.testing.assert_allclose(ends[1], 0.5 * (ends[0] + ends[2]), atol=1e-7)


def test_the_shapes_of_a_wavetable_are_words_and_numbers():
    with pytest.raises(ValueError, match="`shapes` knows sin, tri, saw, sqr and numbers, not 'saws'"):
        tables("sin / saws")


CASES = {
    "supersaw": {"freq": 400.0 + 9000.0 * SLOW, "detune": SLOW, "spread": 1.0 - SLOW, "amp": SLOW},
    "wavetable": {"freq": 100.0 + 9000.0 * SLOW, "morph": SLOW, "amp": SLOW, "arrays": tables("sin / saw / 0 1")},
}


@pytest.mark.parametrize("name", CASES)
def test_every_law_is_kept(name):
    assert np.abs(Player(TYPES[name], FRAMES, compiled=True, **CASES[name]).render()).max() > 0.01
    assert laws(TYPES[name], **CASES[name]) == []
