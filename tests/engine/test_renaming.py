"""Notes that sound go on when the sound that they play is wrapped, at any depth, with all that they remember."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.harness.session_harness import Stage

BLIP = "{osc: {freq: 300, amp: 0.3, attack: 0.01, release: 0.03, duration: 0.13}}"
ECHO = "{delay: {time: 0.02, feedback: 0.6, mix: 0.5, signal: {osc: {freq: 500, amp: 0.2, duration: 0.03}}}}"
HELD = "{envelope: {attack: 0.02, release: 0.05, gate: gate, end: true, signal: {osc: {freq: 200, amp: 0.3}}}}"
PLAIN = "my_sound: {sequencer: {interval: 0.06, voices: 4, steps: [note, ~, note, note]}}\n"
NESTED = "my_sound: {sequencer: {interval: 0.21, voices: 4, steps: [phrase]}}\n"
NESTED += "phrase: {sequencer: {interval: 0.06, repeat: 3, voices: 4, steps: [note], sync: start}}\n"
PIECES = {
    "a tone": (PLAIN, BLIP),
    "an echo": (PLAIN, ECHO),
    "a note that is held": (PLAIN, HELD),
    "notes of notes": (NESTED, BLIP),
    "echoes of notes": (NESTED, ECHO),
}
WRAPPED = "{mix: {a: %s}}"  # passes every bit on


@pytest.fixture
def live(tmp_path: Path) -> Iterator[list[Stage]]:
    made: list[Stage] = []
    yield made
    for one in made:
        one.stop()


@pytest.mark.parametrize("title", PIECES)
def test_notes_that_sound_go_on_when_their_sound_is_wrapped(live, tmp_path, title):
    text, sound = PIECES[title]
    live += [Stage(tmp_path / name, f"{text}note: {sound}\n") for name in ("edited", "alone")]
    edited, alone = live
    heard = [edited.play(6400)]
    edited.save(f"{text}note: {WRAPPED % sound}\n")
    heard += [edited.settle(), edited.play(20_000)]
    out, event = np.concatenate(heard), edited.events[-1]
    assert event.kind == "reloaded", event.text
    assert event.moved >= 1 and event.dropped == 0, event.text
    expected = alone.play(len(out))
    assert np.abs(expected[6400:6500]).max() > 0.01, "a note sounds at the edit"
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("noise", ["type: noise", "type: perlin, scale: 5", "type: wander, scale: 5"])
@pytest.mark.parametrize("place", ["b: %s", "a: {mix: {a: %s}}"], ids=["renamed", "moved"])
def test_randomness_goes_on_wherever_its_node_is_moved(live, tmp_path, noise, place):
    """And through later saves, whose text gives it another seed."""
    wild = f"{{osc: {{{noise}, amp: 0.3}}}}"
    before, after = (f"my_sound: {{mix: {{{one % wild}, c: {{osc: {{freq: 1}}}}}}}}\n" for one in ("a: %s", place))
    live += [Stage(tmp_path / name, before) for name in ("edited", "alone")]
    edited, alone = live
    heard = [edited.play(6400)]
    for text in (after, after.replace("freq: 1", "freq: 1 # slow")):
        edited.save(text)
        heard += [edited.settle(), edited.play(6400)]
    out = np.concatenate(heard)
    assert np.array_equal(out, alone.play(len(out)))


def test_what_begins_anew_has_the_seed_of_its_own_text(live, tmp_path):
    wild = "{osc: {type: noise, amp: 0.3}}"
    live += [Stage(tmp_path / name, f"my_sound: {{mix: {{{track}: {wild}}}}}\n") for name, track in ("ab", "bb")]
    edited, other = live
    edited.play(6400)
    edited.reload(f"my_sound: {{mix: {{b: {wild}}}}}\n")
    edited.play(6400)
    assert not np.array_equal(edited.play(640), other.play(640))
    edited.session.again()
    other.session.again()
    assert np.array_equal(edited.settle(), other.settle())
    assert np.array_equal(edited.play(6400), other.play(6400))
