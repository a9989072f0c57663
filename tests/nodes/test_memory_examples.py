"""The examples with rings and buffers: a physical fact of each, and how even the work of their blocks is."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from scipy import signal

from tests.harness.flushing import flushing
from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.node import BLOCK
from waves.node_types.library.library import load_library
from waves.node_types.library.preparation import KnownParameters
from waves.testing import RATE, Player, laws
from waves.testing.kernel_player import ENTRY

TYPES = load_library(NODES, EXAMPLE_NODES)
RATE_FRAMES = round(RATE)
CHANCE = np.random.default_rng(3)


def convolver(response: Any, sound: Any, compiled: bool = True, **given: Any) -> Player:
    kind, files = TYPES["convolve"], [np.asarray(response, np.float32).reshape(1, -1)]
    arrays = kind.prepare(KnownParameters(file=files), RATE)
    rows = {name: np.ascontiguousarray(array[0] if array.ndim == 2 else array) for name, array in arrays.items()}
    return Player(kind, len(sound), compiled=compiled, arrays=rows, file=files, signal=sound, **given)


@pytest.mark.parametrize("length", [1, 100, 512, 513, 700, 5000, 44_100])
def test_a_convolution_is_the_one_of_numpy(length):
    response, sound = CHANCE.normal(0, 0.1, length).astype(np.float32), CHANCE.normal(0, 0.3, 12_000)
    heard = convolver(response, sound).render()
    expected = np.convolve(sound, response)[: sound.size]
    error = np.abs(heard - expected).max() / np.abs(expected).max()
    print(f"{length} frames: {error:.1e}")
    assert error < 1e-13


def test_blocks_of_a_convolution_do_not_matter_and_python_does_the_same():
    response, sound = CHANCE.normal(0, 0.1, 1500), CHANCE.normal(0, 0.3, 1300)
    whole = convolver(response, sound).render()
    for block in (1, 7, 63):
        assert np.array_equal(convolver(response, sound).render(block=block), whole)
    plain = convolver(response, sound, compiled=False).render()
    np.testing.assert_allclose(plain, whole, atol=1e-12)


@pytest.mark.timing
@pytest.mark.parametrize("seconds", [0.3, 1.0, 3.0])
def test_no_block_of_a_convolution_costs_twice_the_mean(seconds):
    """The shortest time of each of the blocks of a partition."""
    blocks = 400
    player = convolver(CHANCE.normal(0, 0.1, round(seconds * RATE)), CHANCE.normal(0, 0.3, blocks * BLOCK))
    row = player._row(0, player.frames)  # the call alone: Python around it would hide a peak
    words, entry = row.words(), ENTRY(kernel_cache.address(NodeKernel(player.kind)))
    shortest = np.full(4, np.inf)
    with flushing():
        for _ in range(5):
            for k in range(blocks):
                begun = time.perf_counter()
                entry(words.ctypes.data, k * BLOCK, BLOCK)
                shortest[k % 4] = min(shortest[k % 4], time.perf_counter() - begun)
    print(f"{seconds} s: {shortest.mean() / BLOCK * 1e9:.0f} ns a frame, worst {shortest.max() / shortest.mean():.2f}")
    assert shortest.max() < 2.0 * shortest.mean()


@pytest.mark.parametrize(
    ("onsets", "rotation", "pattern"), [(3, 0, "x..x..x."), (5, 0, "x.x.xx.x"), (3, 1, ".x..x..x")]
)
def test_onsets_are_as_even_as_can_be(onsets, rotation, pattern):
    """The patterns of Bjorklund, but for where they begin."""
    given = {"position": np.arange(8000) / 1000.0, "onsets": onsets, "steps": 8, "rotation": rotation}
    heard = np.flatnonzero(Player(TYPES["euclid"], 8000, compiled=True, **given).render())
    found = "".join("x" if 1000 * k in heard else "." for k in range(8))
    assert (found + found).find(pattern) >= 0 and len(heard) == onsets


def test_what_is_picked_is_as_likely_as_its_weight():
    pulses = np.tile([1.0, 0.0], 20_000)
    values, weights = [1.0, 2.0, 3.0], [3.0, 1.0, 0.0]
    heard = Player(TYPES["pick"], pulses.size, compiled=True, values=values, weights=weights, trigger=pulses).render()
    assert set(heard) == {1.0, 2.0} and np.mean(heard == 1.0) == pytest.approx(0.75, abs=0.01)
    alike = Player(TYPES["pick"], pulses.size, compiled=True, values=values, weights=[], trigger=pulses).render()
    assert np.mean(alike == 3.0) == pytest.approx(1 / 3, abs=0.01)


def test_grains_overlap_to_a_level_of_their_own():
    """Windows half as long as their distance add up to 1: grains of a constant are the constant."""
    arrays = {"audio": np.ones(RATE_FRAMES, np.float32)}
    given = {"density": 40.0, "size": 0.05, "position": 0.5, "file": [arrays["audio"].reshape(1, -1)]}
    left, right = Player(TYPES["grains"], 22_050, compiled=True, arrays=arrays, **given).render()[:, 4410:]
    np.testing.assert_allclose(left, np.sqrt(0.5), atol=0.002)
    assert np.array_equal(left, right)


@pytest.mark.parametrize("decay", [0.5, 2.0])
def test_a_reverb_falls_by_60_db_in_its_decay(decay):
    """Below 2 kHz: lines that are read on a straight line between frames take from the treble."""
    click = np.zeros(round(1.5 * decay * RATE))
    click[:100] = CHANCE.normal(0, 1.0, 100)
    player = Player(
        TYPES["reverb"], click.size, compiled=True, signal=[click, click], decay=decay, damping=0.0, mix=1.0
    )
    left, right = signal.sosfilt(signal.butter(4, 2000.0, fs=RATE, output="sos"), player.render())
    energy = np.cumsum(left[::-1] ** 2)[::-1]
    level = 10.0 * np.log10(energy / energy[0])
    first, last = np.argmax(level < -10.0), np.argmax(level < -40.0)
    found = 2.0 * (last - first) / RATE
    alike = np.corrcoef(left[4410:], right[4410:])[0, 1]
    print(f"decay {found:.3f} s of {decay}, left and right {alike:.2f} alike")
    assert found == pytest.approx(decay, rel=0.05) and abs(alike) < 0.3


NOISE = CHANCE.normal(0, 0.3, 700)
SLOW = 0.5 + 0.5 * np.sin(np.arange(NOISE.size) / 50.0)
PULSES = np.where(np.arange(NOISE.size) // 150 % 2 == 0, 1.0, 0.0)
RESPONSE = CHANCE.normal(0, 0.1, (1, 600)).astype(np.float32)
CASES: dict[str, dict[str, Any]] = {
    "reverb": {"signal": [NOISE, 0.5 * NOISE], "decay": 0.5 + SLOW, "size": 0.1},
    "convolve": {"file": [RESPONSE], "signal": NOISE, "mix": 0.5},
    "grains": {"file": [RESPONSE], "density": 2000.0, "size": 0.005, "position": 0.5 * SLOW},
    "euclid": {"position": np.arange(NOISE.size) / 40.0, "onsets": 5.0, "steps": 8.0},
    "pick": {"values": [1.0, SLOW, 3.0], "weights": [1.0, 2.0, SLOW], "trigger": PULSES},
}


@pytest.mark.parametrize("name", CASES)
def test_every_law_is_kept(name):
    assert laws(TYPES[name], **CASES[name]) == []
