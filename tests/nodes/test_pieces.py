"""Shuffle and invert: which pieces play, and in which direction; no clicks where they meet."""

from __future__ import annotations

import numpy as np
import pytest

from waves.testing import RATE, Player, node

Shuffle, Invert = node("shuffle"), node("invert")
SIZE = 100  # frames of a piece
COUNT = 400  # pieces
numbers = np.repeat(np.arange(COUNT), SIZE) + np.tile(np.arange(SIZE) / SIZE, COUNT)
"""Of each frame the number of its piece, and how far it is inside."""


def pieces(**given):
    """The pieces that are heard, shape (pieces, frames)."""
    given = {"signal": [numbers], "size": SIZE / RATE, "crossfade": 0.0, "invert": 0.0} | given
    return Player(Shuffle, numbers.size, compiled=True, **given).render().reshape(COUNT, SIZE)


def test_each_piece_is_played_once_but_for_those_of_the_start():
    played = np.floor(pieces()[:, SIZE // 2]).astype(int)
    later = played[20:]
    assert len(set(later)) == later.size
    assert set(range(20, COUNT - 14)) <= {*played}
    ages = np.arange(20, COUNT) - later
    print(f"age of a piece: {ages.mean():.2f} on average, {ages.max()} at most")
    assert (ages >= 1).all() and ages.max() <= 13 and (np.diff(later) != 1).mean() > 0.7


def test_a_piece_is_whole_forwards_or_backwards():
    whole = pieces(invert=0.4)[1:]
    forwards, backwards = np.arange(SIZE) / SIZE, np.arange(SIZE)[::-1] / SIZE
    inside = whole - np.floor(whole[:, SIZE // 2])[:, None]
    turned = np.abs(inside - backwards).max(axis=1) < np.abs(inside - forwards).max(axis=1)
    for piece, is_turned in zip(inside, turned, strict=True):
        np.testing.assert_allclose(piece, backwards if is_turned else forwards, atol=1e-9)
    assert turned.mean() == pytest.approx(0.4, abs=0.08)


def test_the_order_is_that_of_its_seed_and_of_chunks():
    order = pieces(seed=5)
    assert np.array_equal(order, pieces(seed=5)) and not np.array_equal(order, pieces(seed=6))
    assert np.array_equal(order[:40], pieces(seed=5, size=1.0, chunks=COUNT, duration=COUNT * SIZE / RATE)[:40])


def test_both_channels_are_shuffled_alike():
    left, right = Player(Shuffle, numbers.size, compiled=True, signal=[numbers, -numbers], size=SIZE / RATE).render()
    np.testing.assert_allclose(right, -left, atol=1e-9)


def test_a_piece_is_inverted_one_size_later():
    out = Player(Invert, numbers.size, compiled=True, signal=[numbers], size=SIZE / RATE, crossfade=0.0).render()
    expected = numbers.reshape(COUNT, SIZE)[:-1, ::-1].ravel()
    np.testing.assert_allclose(out[:SIZE], numbers[:SIZE], atol=1e-12)  # there is nothing before
    np.testing.assert_allclose(out[SIZE:], expected, atol=1e-9)


@pytest.mark.parametrize("kind", [Shuffle, Invert])
def test_no_piece_begins_with_a_click(kind):
    wave = np.sin(2 * np.pi * 200.0 * np.arange(40_000) / RATE)
    bends = [
        np.abs(np.diff(Player(kind, 40_000, compiled=True, signal=[wave], size=0.0213, **given).render(), 2)).max()
        for given in ({}, {"crossfade": 0.0})
    ]
    print(f"{kind.__name__}: bend {bends[0]:.1e}, without a crossfade {bends[1]:.1e}")
    assert bends[0] < 0.03 < 0.3 < bends[1]


@pytest.mark.parametrize("rate", [44100.0, 96000.0])
def test_a_size_is_seconds_at_every_rate(rate):
    frames = round(0.01 * rate)
    ramp = np.arange(5 * frames, dtype=float)
    out = Player(Invert, ramp.size, compiled=True, signal=[ramp], size=0.01, crossfade=0.0, rate=rate).render()
    np.testing.assert_allclose(out[frames : 2 * frames], ramp[:frames][::-1], atol=1e-6)
