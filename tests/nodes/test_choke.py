"""Notes that end those before them: heard to the frame, without a click, whatever sound the next note has."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.session_harness import Stage
from waves.testing import RATE

FADE = round(0.005 * RATE)
SOUNDS = """\
open: {osc: {type: sqr, naive: true, freq: 0, amp: 0.5, duration: 9}}
hat: {osc: {type: sqr, naive: true, freq: 0, amp: 0.125, duration: 0.03}}
"""


def heard(tmp_path, play: str, seconds: float = 0.4, block: int = 512) -> np.ndarray:
    stage = Stage(tmp_path, f"{SOUNDS}my_sound: {{{play}}}\n")
    return stage.play(round(seconds * RATE), block)[:, 0]


@pytest.mark.parametrize(
    "play",
    ['play: "~ open ~ hat", cycle: 0.4, choke', "sequencer: {interval: 0.1, steps: [~, open, ~, hat], choke: on}"],
)
def test_a_note_ends_in_the_5_ms_after_the_next_one_of_another_sound(tmp_path, play):
    sound = heard(tmp_path, play)
    open_ends = round(0.3 * RATE)
    assert np.all(sound[round(0.1 * RATE) : open_ends] == 0.5) and not sound[: round(0.1 * RATE)].any()
    fading = sound[open_ends : open_ends + FADE] - 0.125
    assert np.allclose(fading, 0.5 * (1.0 - np.arange(1, FADE + 1) / FADE), atol=1e-12)
    assert np.all(sound[open_ends + FADE : open_ends + 2 * FADE] == 0.125)


def test_notes_that_begin_together_and_the_last_of_all_go_on(tmp_path):
    sound = heard(tmp_path, 'play: "[open,open:v.1] ~", nudge: "[0,.01]", cycle: 0.2, choke, repeat: 1', 1.0)
    assert np.all(sound[round(0.02 * RATE) :] == 1.0)


def test_a_note_that_chance_leaves_out_ends_nothing(tmp_path):
    always = heard(tmp_path, 'play: "open hat?0", cycle: 0.1, choke', 0.1)
    never = heard(tmp_path / "b", 'play: "open hat?1", cycle: 0.1, choke', 0.1)
    assert np.all(never == 0.5) and np.count_nonzero(always == 0.125) > 1000


def test_the_block_of_the_device_changes_nothing(tmp_path):
    play = 'play: "open*3 hat?", swing: 60%, nudge: "0 .003", cycle: 0.2, choke'
    first, second = (heard(tmp_path / str(block), play, 0.5, block) for block in (64, 1000))
    assert np.array_equal(first, second) and first.any()
