"""Map, follow and hold against closed forms and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import signal

from waves.testing import RATE, Player, node

Map, Follow, Hold = node("map"), node("follow"), node("hold")
SWING = np.linspace(-3.0, 3.0, 2000)


def played(kind, frames, **given):
    return Player(kind, frames, compiled=True, **given).render()


def mapped(**given):
    return played(Map, SWING.size, **{"signal": SWING, "to": [2.0, 5.0], **given})


def test_a_map_is_the_line_through_both_ends_and_goes_on_outside():
    np.testing.assert_allclose(mapped(), 2.0 + 3.0 * SWING, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(mapped(**{"from": [-2.0, 2.0]}), 3.5 + 0.75 * SWING, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(mapped(to=[5.0, 2.0]), 5.0 - 3.0 * SWING, rtol=1e-13, atol=1e-13)


def test_a_map_by_ratios_has_equal_semitones_for_equal_steps():
    found = mapped(to=[220.0, 440.0], type="exponential")
    np.testing.assert_allclose(found, 220.0 * 2.0**SWING, rtol=1e-13)
    below = mapped(to=[-0.1, -10.0], type="exponential")
    np.testing.assert_allclose(below, -0.1 * 100.0**SWING, rtol=1e-13)
    for to in ([0.0, 440.0], [-1.0, 1.0]):
        np.testing.assert_array_equal(mapped(to=to, type="exponential"), mapped(to=to))


def test_a_map_is_held_between_the_ends_of_clip_alone():
    assert (mapped().min(), mapped().max()) == (-7.0, 11.0)
    np.testing.assert_allclose(mapped(clip=[2.0, 5.0]), np.clip(2.0 + 3.0 * SWING, 2.0, 5.0), rtol=1e-13)


def test_a_map_from_nothing_is_in_the_middle_and_hostile_ends_do_no_harm():
    assert (mapped(**{"from": [1.0, 1.0]}) == 3.5).all()
    assert np.isfinite(mapped(**{"from": [0.0, 1e-300]})).all()
    assert np.isfinite(mapped(to=[1.0, 1e300], type="exponential")).all()


def test_pairs_have_two_values():
    for given in ({"to": [1.0]}, {"to": [0.0, 1.0], "clip": [1.0, 2.0, 3.0]}, {"to": [0.0, 1.0], "from": [1.0]}):
        with pytest.raises(ValidationError, match="expected two values, the lowest and the highest, got"):
            Map(signal=None, **given)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_a_level_makes_63_percent_of_a_rise_in_attack_and_of_a_fall_in_release(rate):
    """The same at every rate: the closed form 1 - exp(-t / time), whatever the rate is."""
    half = rate // 2
    sound = np.concatenate([np.ones(half), np.zeros(half)])
    level = Player(Follow, 2 * half, compiled=True, signal=[sound], attack=0.02, release=0.1, rate=rate).render()
    times = np.arange(1, half + 1) / rate
    np.testing.assert_allclose(level[:half], 1.0 - np.exp(-times / 0.02), atol=1e-9)
    np.testing.assert_allclose(level[half:], level[half - 1] * np.exp(-times / 0.1), atol=1e-9)


def test_a_level_of_steady_times_is_the_filter_of_scipy():
    noise = np.random.default_rng(2).uniform(-1.0, 1.0, 4000)
    keep = math.exp(-1.0 / (0.01 * RATE))
    expected = signal.lfilter([1.0 - keep], [1.0, -keep], np.abs(noise))
    found = played(Follow, 4000, signal=[noise, 0.5 * noise], attack=0.01, release=0.01)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    power = played(Follow, 4000, signal=[noise], attack=0.01, release=0.01, type="rms")
    np.testing.assert_allclose(power**2, signal.lfilter([1.0 - keep], [1.0, -keep], noise**2), atol=1e-9)


def test_a_level_is_that_of_the_loudest_channel_below_1_within_its_range():
    tone = 0.5 * np.sin(2.0 * np.pi * 441.0 * np.arange(44_100) / RATE)
    level = played(Follow, tone.size, signal=[tone, -tone], attack=0.0, release=1.0, range=[2.0, 4.0])[-4410:]
    assert level.min() > 2.0 + 2.0 * 0.4975 and level.max() == pytest.approx(3.0, abs=1e-9)
    assert played(Follow, 4410, signal=[9.0 * np.ones(4410)], attack=0.0)[-1] == pytest.approx(1.0, abs=1e-9)
    rms = played(Follow, tone.size, signal=[tone], attack=0.2, release=0.2, type="rms")[-4410:]
    np.testing.assert_allclose(rms, 0.5 / math.sqrt(2.0), rtol=0.01)


def held(trigger):
    values = np.arange(1.0, len(trigger) + 1.0)
    return played(Hold, len(trigger), signal=values, trigger=np.array(trigger, float)).tolist()


def test_a_value_is_taken_at_the_start_and_where_the_trigger_changes():
    assert held([0, 0, 0, 1, 1, 1, 0, 0, 0]) == [1, 1, 1, 4, 4, 4, 7, 7, 7]
    assert held([3, 3, 4, 4, 5, 5, 1, 1]) == [1, 1, 3, 3, 5, 5, 7, 7]  # a number that counts
    assert held([0, 0, 1, 0, 0, 0, 1, 0]) == [1, 1, 3, 3, 3, 3, 7, 7]  # a tick is one change
    assert held([1, 0, 0, 0]) == [1, 1, 1, 1]
    assert held([-1, -1, 1, -1, -1]) == [1, 1, 3, 3, 3]


def test_a_value_is_held_for_ever_without_a_trigger_and_never_bad():
    assert (played(Hold, 500, signal=SWING[:500]) == -3.0).all()
    bad = np.where(np.arange(400) == 200, np.nan, 2.0)
    assert (played(Hold, 400, signal=bad, trigger=np.arange(400.0)) == 2.0).all()
