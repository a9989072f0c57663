"""The examples that are made of `waves.dsp`: a physical fact of each, and the laws of every kernel."""

from __future__ import annotations

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


CASES = {
    "supersaw": {"freq": 400.0 + 9000.0 * SLOW, "detune": SLOW, "spread": 1.0 - SLOW, "amp": SLOW},
}


@pytest.mark.parametrize("name", CASES)
def test_every_law_is_kept(name):
    assert np.abs(Player(TYPES[name], FRAMES, compiled=True, **CASES[name]).render()).max() > 0.01
    assert laws(TYPES[name], **CASES[name]) == []
