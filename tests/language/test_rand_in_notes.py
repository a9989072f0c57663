"""`rand()` in a sound that a step starts: drawn once, with the start of the note."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed
from tests.harness.session_harness import Player, compose, composer_for, save

STEP = 22_050  # frames; ten holds of a `rand()` outside of notes
LEVEL = '{osc: {type: cos, freq: 0, amp: "%s", duration: 0.5}}'
SOUNDS = f"""\
plain: {LEVEL % "rand(0.1, 0.9)"}
given: {{context: {{note: 0.5, v: 1, signal: {LEVEL % "note * v"}}}}}
outer: {{given: {{note: "rand([0.1, 0.2, 0.3, 0.4])"}}}}
line: {{osc: {{type: cos, freq: 0, amp: ["rand()", "rand()"], duration: 0.5}}}}
round: {{sequencer: {{interval: 0.25, repeat: 2, sync: start, steps: [short]}}}}
short: {{osc: {{type: cos, freq: 0, amp: "rand(0.1, 0.9)", duration: 0.25}}}}
"""
FORMS = {
    "of the sound": ("plain", 1),
    "given by the step": ('{given: {note: "rand(0.1, 0.9)"}}', 1),
    "chosen from a list": ('{given: {note: "rand([0.1, 0.2, 0.4, 0.8])"}}', 1),
    "compared": ("{given: {v: rand() > 0.5}}", 1),
    "in the sound's own use of another": ("outer", 1),
    "in a node": (LEVEL % "rand()", 1),
    "in a part of a mix": (f"{{mix: {{a: {LEVEL % 'rand()'}}}}}", 1),
    "in a sequence of the step": ("round", 2),
    "beside another one": ('[{given: {note: "rand(0.1, 0.9)"}}, plain]', 1),
}


def piece(step: str) -> str:
    return f"my_sound: {{sequencer: {{interval: 0.5, steps: [{step}]}}}}\n{SOUNDS}"


def played(folder, text, frames, block=64):
    save(folder, text)
    return Player(compose(composer_for(folder)).graph).play(frames, block)[:, 0]


@pytest.mark.parametrize("form", FORMS)
def test_a_note_draws_once(tmp_path, form):
    step, notes = FORMS[form]
    sound = played(tmp_path, piece(step), 40 * STEP)
    levels = sound.reshape(-1, STEP // notes)
    np.testing.assert_array_equal(levels, np.broadcast_to(levels[:, :1], levels.shape))
    assert len(set(levels[:, 0])) == (2 if form == "compared" else 4 if "list" in form or "use" in form else 40 * notes)
    np.testing.assert_array_equal(played(tmp_path, piece(step), 4 * STEP, 37), sound[: 4 * STEP])


def test_a_line_between_drawn_values_is_straight(tmp_path):
    sound = played(tmp_path, piece("line"), 4 * STEP).reshape(4, STEP)
    lines = np.linspace(sound[:, 0], sound[:, -1], STEP, axis=1)
    np.testing.assert_allclose(sound, lines, atol=1e-6)
    assert len(set(sound[:, 0])) == len(set(sound[:, -1])) == 4


def test_what_moves_beside_a_drawn_number_moves(tmp_path):
    sound = played(tmp_path, piece(LEVEL % "rand(0.1, 0.9) * t"), 4 * STEP).reshape(4, STEP)
    time = np.arange(STEP) / 44_100
    drawn = sound[:, -1] / time[-1]
    np.testing.assert_allclose(sound, drawn[:, None] * time, atol=1e-6)
    assert len(set(drawn)) == 4


def test_notes_of_one_chord_and_stolen_voices_draw_numbers_of_their_own(tmp_path):
    """A note of 0.5 s each 0.1 s in two voices: what a third note takes fades out with the value it had."""
    text = piece('{given: {note: "rand(0.1, 0.9)"}}').replace("interval: 0.5", "interval: 0.1, voices: 2")
    sound = played(tmp_path, text, 20 * 4410)
    levels = sound.reshape(-1, 4410)[:, 1000:]  # after the fade of 5 ms
    np.testing.assert_allclose(levels, np.broadcast_to(levels[:, :1], levels.shape), atol=1e-15)
    assert len(set(levels[:, 0])) == 20
    alone = played(tmp_path, text.replace("voices: 2", "voices: 1"), 20 * 4410).reshape(-1, 4410)[:, 1000]
    assert len(set(alone)) == 20
    long = played(tmp_path, text.replace("voices: 2", "voices: 7"), 20 * 4410).reshape(-1, 4410)[0, 1000]
    assert long == levels[0, 0] and alone[0] == levels[0, 0]
    both = played(tmp_path, piece("[plain, plain]"), 20 * STEP).reshape(-1, STEP)[:, 0]
    one = played(tmp_path, piece("plain"), 20 * STEP).reshape(-1, STEP)[:, 0]
    assert not np.isclose(both, 2 * one).any()


def test_outside_of_a_step_it_is_held_and_not_restarted_by_notes(tmp_path):
    """A name bound around the sequencer is one signal for all notes."""
    around = f"my_sound: {{context: {{k: rand(), signal: {{sequencer: {{interval: 0.5, steps: [{LEVEL % 'k'}]}}}}}}}}"
    notes = played(tmp_path, around, 20 * 2048)
    held = notes.reshape(20, 2048)
    np.testing.assert_array_equal(held, np.broadcast_to(held[:, :1], held.shape))
    assert len(set(held[:, 0])) == 20


def test_live_is_offline_is_replayed_and_untouched_by_another_track(stage):
    dice = '{sequencer: {interval: 0.05, steps: [{given: {note: "rand(0.1, 0.9)", v: rand() > 0.3}}]}}'
    text = f"my_sound: {{mix: {{dice: {dice}, tone: {{osc: {{freq: 220, amp: 0.0}}}}}}}}\n{SOUNDS}"
    live = stage(text, keeps=True)
    heard = [live.play(5003)]
    live.save(text.replace("freq: 220", "freq: 330"))
    heard += [live.settle(), live.play(20_000)]
    sound = np.concatenate(heard)
    np.testing.assert_array_equal(replayed(log_of(live), len(sound)), sound)
    np.testing.assert_array_equal(Player(compose(composer_for(live.folder)).graph).play(len(sound)), sound)
