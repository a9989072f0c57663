"""Convolve: the convolution of SciPy with a response of any length, and how even the work of its blocks is."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import signal

from tests.harness.flushing import flushing
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.node import BLOCK
from waves.testing import RATE, Player, in_blocks, node
from waves.testing.kernel_player import ENTRY

Convolve = node("convolve")
CHANCE = np.random.default_rng(3)


def convolver(response: Any, sound: Any, compiled: bool = True, **given: Any) -> Player:
    file = [np.atleast_2d(np.asarray(response, np.float32))]
    return Player(Convolve, len(sound), compiled=compiled, **{"file": file, "signal": sound, "mix": 1.0, **given})


def expected(response: Any, sound: Any) -> Any:
    """The convolution with the response, made as loud as a single frame of 1."""
    response = np.asarray(response, np.float32).astype(float)
    return signal.fftconvolve(sound, response / np.sqrt(np.sum(response**2)))[: len(sound)]


@pytest.mark.parametrize("length", [1, 100, 512, 513, 700, 5000, 44_100])
def test_a_convolution_is_the_one_of_scipy(length):
    response, sound = CHANCE.normal(0, 0.1, length), CHANCE.normal(0, 0.3, 12_000)
    error = np.abs(convolver(response, sound).render() - expected(response, sound)).max()
    print(f"{length} frames: {error:.1e}")
    assert error < 1e-10


def test_a_stereo_response_has_two_sides_as_loud_as_they_are_to_each_other():
    response, sound = CHANCE.normal(0, 0.1, (2, 3000)) * [[1.0], [0.5]], CHANCE.normal(0, 0.3, 8000)
    left, right = (convolver(response, sound, channel=side).render() for side in (0, 1))
    np.testing.assert_allclose(left, expected(response[0], sound), atol=1e-12)
    louder = np.sqrt(np.sum(response[1].astype(np.float32) ** 2) / np.sum(response[0].astype(np.float32) ** 2))
    np.testing.assert_allclose(right, louder * expected(response[1], sound), atol=1e-7)


def test_noise_is_as_loud_behind_it_and_gain_and_mix_change_that():
    response, sound = 7.0 * np.exp(-np.arange(9000) / 2000.0) * CHANCE.normal(0, 1, 9000), CHANCE.normal(0, 0.3, 60_000)
    levels = {
        name: 20.0 * np.log10(np.std(convolver(response, sound, **given).render()[9000:]) / np.std(sound[9000:]))
        for name, given in {"alone": {}, "gain": {"gain": -12.0}, "mix": {"mix": 0.3}, "dry": {"mix": 0.0}}.items()
    }
    print(levels)
    for name, level in {"alone": 0.0, "gain": -12.0, "mix": 0.0}.items():
        assert levels[name] == pytest.approx(level, abs=0.5)
    assert levels["dry"] == pytest.approx(0.0, abs=1e-9)


def test_a_response_is_not_longer_than_what_can_be_played():
    constants = SimpleNamespace(file=[np.zeros((1, 101_000), np.float32)])
    with pytest.raises(ValueError, match="the response is 101 s long: 100 s at most"):
        Convolve.prepare(constants, 1000.0)


def test_a_silent_response_is_silence():
    assert not convolver(np.zeros(700), CHANCE.normal(0, 0.3, 3000)).render().any()


def test_blocks_of_a_convolution_do_not_matter():
    response, sound = CHANCE.normal(0, 0.1, (1, 1500)).astype(np.float32), CHANCE.normal(0, 0.3, 1300)
    first, *others = in_blocks(Convolve, 1300, file=[response], signal=sound, compiled=True)
    assert all(np.array_equal(other, first) for other in others)


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
