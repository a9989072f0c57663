"""Spawn: a sound at the frame of each trigger, voices beside each other, gates and thresholds; what a mistake says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.harness.session_harness import Player as Piece
from tests.harness.session_harness import compose, composer_for, save
from waves.problem import Problems
from waves.testing import RATE, Player, node

Spawn = node("spawn")
PULSES = np.zeros(1000)
PULSES[[0, 100, 101, 102, 130, 700]] = 0.7


def started(**given):
    player = Player(Spawn, 1000, compiled=True, **{"trigger": PULSES} | given)
    player.render()
    return player.notes


def played(folder: Path, text: str, frames: int = 20_000):
    save(folder, text)
    return Piece(compose(composer_for(folder), "a").graph).play(frames)[:, 0].astype(float)


def test_a_note_begins_with_each_rise():
    assert [frame for frame, *_ in started()] == [0, 100, 130, 700]
    assert started(threshold=0.8) == []
    assert all(length == 2**52 for _, length, _ in started())
    assert [length for _, length, _ in started(length=0.01)] == [441] * 4


def test_a_sound_begins_at_its_frame_and_sounds_beside_those_before(tmp_path):
    trigger = "{osc: {type: sqr, freq: 20, naive: true}}"  # rises at 0, 0.05, 0.1 …
    text = (
        f"a: {{spawn: {{trigger: {trigger}, signal: tone}}}}\ntone: {{osc: {{type: cos, freq: 0, duration: 0.08}}}}\n"
    )
    frame = np.arange(20_000)
    expected = sum(((frame >= k * 2205) & (frame < k * 2205 + 3528)).astype(float) for k in range(10))
    out = played(tmp_path, text)
    late = np.abs(out - expected) > 1e-6
    assert np.count_nonzero(late) <= 20 and not (late[1:] & late[:-1]).any()  # a square wave may rise a frame later


def test_an_inline_sound_and_its_gate(tmp_path):
    """As in the grammar: a node in place of the name of a sound; the gate falls after `length`."""
    voice = "{envelope: {gate: gate, attack: 0, release: 0.001, end: true, signal: 1}}"
    trigger = "{osc: {type: sqr, freq: 4, naive: true}}"
    out = played(tmp_path, f"a: {{spawn: {{trigger: {trigger}, length: 0.05, signal: {voice}}}}}\n")
    assert out[2000] == pytest.approx(1.0, abs=1e-6) and out[2500] == pytest.approx(0.0, abs=1e-6)
    assert out[11025 + 2000] == pytest.approx(1.0, abs=1e-6)


def test_the_oldest_voice_is_taken(tmp_path):
    trigger = "{osc: {type: sqr, freq: 20, naive: true}}"
    tone = "{osc: {type: cos, freq: 0, duration: 9}}"
    out = played(tmp_path, f"a: {{spawn: {{trigger: {trigger}, voices: 2, signal: {tone}}}}}\n")
    assert out[round(0.04 * RATE)] == 1.0 and out[round(0.09 * RATE)] == 2.0
    assert out[round(0.09 * RATE) :: 2205] == pytest.approx(2.0, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: {spawn: {signal: tone}}", "waves.yaml:1:5: a.spawn: 'spawn' needs 'trigger'"),
        ("a: {spawn: {trigger: 1}}", "waves.yaml:1:5: a.spawn: 'spawn' needs 'signal'"),
        ("a: {spawn: {trigger: 1, signal: tune}}", "did you mean 'tone'?"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path, text, sentence):
    save(tmp_path, f"{text}\ntone: {{osc: {{}}}}\n")
    with pytest.raises(Problems) as found:
        compose(composer_for(tmp_path), "a")
    assert sentence in str(found.value)
