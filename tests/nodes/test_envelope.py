"""The envelope: exact ends, gates and triggers to the frame, and times that change without a click."""

from __future__ import annotations

import numpy as np
import pytest

from waves.testing import RATE, Player, node

Envelope = node("envelope")


def at(count):
    """Seconds of so many frames."""
    return count / RATE


def rising(x):
    return (1 - np.exp(-5 * np.asarray(x))) / (1 - np.exp(-5))


def player(frames, **given):
    return Player(Envelope, frames, compiled=True, **given)


def test_segments_are_exact_to_the_frame_and_nothing_is_dropped():
    one = player(2000, attack=at(100), decay=at(200), sustain=0.5, release=at(300), duration=at(1000))
    level = one.render()
    np.testing.assert_allclose(level[:101], rising(np.arange(101) / 100), atol=1e-9)
    np.testing.assert_allclose(level[100:301], 1 - 0.5 * rising(np.arange(201) / 200), atol=1e-9)
    assert (level[300:701] == 0.5).all()
    np.testing.assert_allclose(level[700:1001], 0.5 * (1 - rising(np.arange(301) / 300)), atol=1e-9)
    assert level[999] > 0.0 and not level[1000:].any() and one.ended


def test_without_an_end_it_holds_for_ever():
    one = player(5000, attack=at(10))
    assert (one.render()[10:] == 1.0).all() and not one.ended


def test_sustain_duration_comes_before_duration():
    level = player(1000, sustain_duration=at(50), release=at(10), duration=at(900)).render()
    assert (level[:50] == 1.0).all() and level[60:].max() == 0.0


def test_a_release_that_does_not_fit_begins_right_after_the_attack_and_takes_what_is_left():
    level = player(800, attack=at(100), decay=at(50), release=at(500), duration=at(400)).render()
    np.testing.assert_allclose(level[:101], rising(np.arange(101) / 100), atol=1e-9)
    np.testing.assert_allclose(level[100:401], 1 - rising(np.arange(301) / 300), atol=1e-9)
    assert not level[400:].any()


def test_a_decay_that_does_not_fit_is_left_where_it_is():
    level = player(800, attack=at(100), decay=at(400), sustain=0.2, release=at(100), duration=at(400)).render()
    expected = 1 - 0.8 * rising(np.arange(200) / 400)
    np.testing.assert_allclose(level[100:300], expected, atol=1e-9)
    np.testing.assert_allclose(level[300:401], expected[-1] * (1 - rising(np.arange(101) / 100)), atol=1e-9)


def test_gate_opens_and_closes_to_the_frame():
    gate = np.zeros(2000)
    gate[101:777] = 1.0
    one = player(2000, gate=gate, attack=at(50), release=at(200), end=False)
    level = one.render()
    assert not level[:102].any() and level[102] > 0.0 and level[151] == 1.0
    assert level[777] == 1.0 and level[778] < 1.0 and level[976] > 0.0 and level[977] == 0.0
    assert not one.ended


def test_end_follows_the_gate_unless_it_is_given():
    assert Envelope().end is True
    assert Envelope(gate=None).end is False
    assert Envelope(gate=None, end=True).end is True
    gate = np.zeros(400)
    gate[50:100] = 1.0
    assert player(400, gate=gate, release=at(10), end=True).render()[109] > 0.0
    ends = player(400, gate=gate, release=at(10), end=True)
    ends.render()
    assert ends.ended


def test_a_trigger_starts_anew_from_the_present_level():
    trigger = np.zeros(1000)
    trigger[[64, 301]] = 1.0
    times = {"attack": at(100), "sustain_duration": at(50), "release": at(400)}
    level = player(1000, trigger=trigger, end=False, **times).render()
    assert not level[:65].any() and level[164] == 1.0
    before = level[300]
    assert 0.1 < before < 0.9
    expected = level[301] + (1.0 - level[301]) * rising(np.arange(101) / 100)
    np.testing.assert_allclose(level[301:402], expected, atol=1e-9)
    assert abs(level[301] - before) < 0.03


def test_times_and_gates_never_click():
    """Whatever changes on the way, the level moves no faster than the fastest fade does."""
    noise = np.random.default_rng(2)
    gate = np.repeat(noise.random(80) < 0.5, 97).astype(float)
    fades = ("attack", "decay", "release")
    times = {name: np.repeat(noise.uniform(200, 900, 40), 194) / RATE for name in fades}
    level = player(gate.size, gate=gate, sustain=0.6, end=False, **times).render()
    assert np.abs(np.diff(level)).max() <= 5.0 / (1 - np.exp(-5)) / 200 * 1.001


def test_it_shapes_a_signal():
    sound = np.random.default_rng(1).standard_normal(500)
    shape = player(500, attack=at(300)).render()
    np.testing.assert_array_equal(player(500, attack=at(300), signal=sound).render(), shape * sound)


@pytest.mark.parametrize("seconds", [0.07, 0.29, 0.001, 1.1])
def test_whole_times_take_their_whole_number_of_frames(seconds):
    frames = round(seconds * RATE)
    level = player(frames + 10, attack=seconds).render()
    assert level[frames - 1] < 1.0 and level[frames] == 1.0
