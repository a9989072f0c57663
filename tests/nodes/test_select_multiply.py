"""Select and multiply: paths that are heard without jumps, sums of copies, and what a save keeps of them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.at_rates import rendered
from tests.harness.session_harness import save
from waves.node_types.builtin.mixing import Selected
from waves.testing import RATE, Player

FRAMES = 3000


def selected(test, crossfade=0.0, signals=(1.0, 2.0), keys=(0.0, 1.0)):
    arrays = {"numbers": np.array([*keys, np.inf])}
    given = {"test": np.asarray(test, float), "signals": list(signals), "keys": keys, "crossfade": crossfade}
    return Player(Selected, len(test), arrays=arrays, **given).render()


def test_the_path_whose_name_is_the_number_is_heard_and_silence_without_one():
    np.testing.assert_array_equal(selected([0, 1, 1, 0, 2, 0.5, 1]), [1, 2, 2, 1, 0, 0, 2])
    np.testing.assert_array_equal(selected([2.5, 0, np.nan, np.inf], keys=(2.5, 0.0)), [1, 2, 2, 2])


def test_another_path_begins_without_a_jump_and_is_itself_after_the_crossfade():
    rng = np.arange(FRAMES)
    one, two = np.sin(rng / 30.0), 3.0 + np.cos(rng / 70.0)
    test = np.where(rng < 1500, 0.0, 1.0)
    heard = selected(test, 0.005, [one, two])
    np.testing.assert_array_equal(heard[:1500], one[:1500])
    jump = abs(two[1500] - one[1499])
    assert jump > 2.0 and np.abs(np.diff(heard)).max() < jump * 6.91 / (0.005 * RATE) + 1.0 / 30.0
    left = (heard - two)[1500:] / (one[1499] - two[1500])
    np.testing.assert_allclose(left[:200], 1000.0 ** (-np.arange(200) / (0.005 * RATE)), atol=1e-9)
    np.testing.assert_allclose(heard[-500:], two[-500:], atol=1e-6)
    bare = selected(test, 0.0, [one, two])
    np.testing.assert_array_equal(bare, np.where(test == 1.0, two, one))


@pytest.mark.parametrize("block", [1, 7, 63])
def test_blocks_of_a_selection_do_not_matter(block):
    arrays = {"numbers": np.array([0.0, 1.0, np.inf])}
    test = np.where(np.arange(500) // 90 % 2 == 0, 0.0, 1.0)
    given = {"test": test, "signals": [np.arange(500.0), 3.0], "keys": (0.0, 1.0), "crossfade": 0.001}
    whole, parts = (Player(Selected, 500, arrays=arrays, compiled=True, **given).render(block=b) for b in (64, block))
    np.testing.assert_array_equal(whole, parts)


def test_copies_add_up_and_draw_their_own_numbers(tmp_path):
    save(tmp_path, "my_sound: {multiply: {number: 3, signal: {osc: {type: cos, freq: 0, amp: i / n / 10}}}}\n")
    np.testing.assert_allclose(rendered(tmp_path, 44_100, 0.01)[:, 0], 0.2, atol=1e-12)
    save(tmp_path, "my_sound: {multiply: {items: [1, 2 ** 2], signal: {osc: {type: cos, freq: 0, amp: item / 50}}}}\n")
    np.testing.assert_allclose(rendered(tmp_path, 44_100, 0.01)[:, 0], 0.1, atol=1e-12)
    save(tmp_path, "my_sound: {multiply: {number: 2, signal: {osc: {type: cos, freq: 0, amp: rand() * i * 0.1}}}}\n")
    both = rendered(tmp_path, 44_100, 0.4)[:, 0]
    save(tmp_path, "my_sound: {multiply: {number: 1, signal: {osc: {type: cos, freq: 0, amp: rand() * i * 0.1}}}}\n")
    one = rendered(tmp_path, 44_100, 0.4)[:, 0]
    assert len(set((both - one).tolist())) > 3 and not np.allclose(both, 3.0 * one)


def test_a_hold_draws_anew_for_each_value(tmp_path):
    """Faster than `rand()` alone, which keeps a value for 46 ms; the values are those of one stream, each once."""
    save(
        tmp_path, "my_sound: {osc: {type: cos, freq: 0, amp: {hold: {trigger: floor(t * 100), signal: rand() / 2}}}}\n"
    )
    heard = rendered(tmp_path, 44_100, 0.5)[:, 0]
    at = np.flatnonzero(np.diff(heard)) + 1
    assert len(set(heard.tolist())) == 50 and np.abs(np.diff(at) - 441).max() <= 1
