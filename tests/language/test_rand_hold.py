"""`RAND_HOLD`: how long `rand()` keeps its value, changed while it plays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed
from tests.harness.session_harness import FADE, Player, compose, composer_for, save
from waves.engine.compiler import kernel_cache
from waves.engine.plan.plan import needed_kernels

LEVEL = "{osc: {type: cos, freq: 0, amp: %s}}"
PIECE = f"""\
my_sound:
  mix:
    rest: {{filter: {{cutoff: 300 + 200 * sin(9 * t), signal: {{osc: {{type: saw, freq: 90, amp: 0.3}}}}}}}}
    steps: {{osc: {{freq: {{automation: {{interval: 0.01, steps: ["rand(200, 400)"]}}}}, amp: 0.1}}}}
    dice: {{track: {{out: 3, signal: {LEVEL % "rand()"}}}}}
    beat: {{track: {{out: 5, signal: {{sequencer: {{interval: 0.1, steps: [long]}}}}}}}}
long: {{osc: {{type: cos, freq: 0, amp: rand(), duration: 0.1}}}}
"""


def changes(sound: np.ndarray[Any, Any]) -> list[int]:
    """Frames at which the value is another."""
    return [int(k) + 1 for k in np.flatnonzero(np.diff(sound))]


@pytest.mark.parametrize("hold", [1, 50, 500, 2048, 2**31])
def test_it_holds_as_long_as_is_set(tmp_path, hold):
    """From the start of the piece, and for the whole of a note; with blocks of any size."""
    save(tmp_path, PIECE)
    graph = compose(composer_for(tmp_path, CHANNELS=6, RAND_HOLD=hold)).graph
    assert not kernel_cache.missing(needed_kernels(graph))
    sound = Player(graph, channels=6).play(20_000)
    assert changes(sound[:, 2]) == list(range(hold, 20_000, hold))
    assert changes(sound[:, 4]) == list(range(4410, 20_000, 4410)), "once per note"
    np.testing.assert_array_equal(Player(graph, channels=6).play(20_000, 37), sound)


def test_a_change_is_for_what_draws_and_the_rest_is_bit_equal(tmp_path):
    save(tmp_path, PIECE)
    composer = composer_for(tmp_path, CHANNELS=6)
    graph = compose(composer).graph
    playing, alone = Player(graph, channels=6), Player(graph, channels=6)
    sound = playing.play(6400)
    composer.configure(composer.settings.model_copy(update={"RAND_HOLD": 500}))
    plan = playing.offer(compose(composer).graph)
    assert plan.transition
    assert len(plan.transition.changed) == 1, "the amplitude of the dice, and not that of the voices"
    sound = np.concatenate([sound, playing.play(20_000)])
    np.testing.assert_array_equal(sound[:, :2], alone.play(26_400)[:, :2])
    after = 6400 + FADE + 64
    assert changes(sound[after:, 2]) == [k - after for k in range(after, 26_400) if k % 500 == 0]
    assert sound[6399, 2] == sound[6464, 2], "the value that is held stays until it is drawn anew"


@pytest.mark.parametrize("steps", ["[long]", "[many]"], ids=["notes", "notes of notes"])
def test_each_note_draws_numbers_of_its_own(tmp_path, steps):
    """Although all voices are one sound, and take turns."""
    many = "many: {sequencer: {interval: 0.1, repeat: 2, sync: start, steps: [long]}}\n"
    piece = f"my_sound: {{sequencer: {{interval: 0.2, steps: {steps}}}}}\n"
    save(tmp_path, piece + many + PIECE[PIECE.index("long:") :].replace("0.1}}", "0.09}}"))
    sound = Player(compose(composer_for(tmp_path, RAND_HOLD=2**31)).graph).play(20 * 8820)[:, 0]
    every = 8820 if steps == "[long]" else 4410
    drawn = [float(sound[k + 1000]) for k in range(0, len(sound), every)]
    assert len(set(drawn)) == len(drawn) >= 20 and 0.2 < np.mean(drawn) < 0.8


def test_a_changed_setting_is_replayed(stage):
    live = stage(PIECE.replace("out: 3", "volume: 0.2").replace("out: 5", "volume: 0.2"), keeps=True)
    heard = [live.play(5003)]
    live.composer.configure(live.composer.settings.model_copy(update={"RAND_HOLD": 77}))
    live.session.changed([live.folder / "config.py"])
    heard += [live.settle(), live.play(20_000)]
    sound = np.concatenate(heard)
    np.testing.assert_array_equal(replayed(log_of(live), len(sound)), sound)
    unchanged = Player(compose(composer_for(live.folder)).graph).play(len(sound))
    assert not np.array_equal(sound[9000:], unchanged[9000:])
