"""Notes as values: what their methods give, what they refuse, and the way to another process and back."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest

from waves.notes import Note, NoteError, pack, unpack

NOTE = Note("play", 0)


def test_a_note_is_moved_raised_and_given_values_without_changing_it():
    note = NOTE.later(1).later(Fraction(1, 3), seconds=0.01).raised(7).raised(-12).with_length(0.5).with_values(v=0.2)
    assert (note.onset, note.seconds, note.semitones, note.length) == (Fraction(4, 3), 0.01, -5, 0.5)
    assert note.values == {"v": 0.2} and note.with_values(pan=1.0).values == {"v": 0.2, "pan": 1.0}
    assert Note("play", 0) == NOTE


def test_a_ratchet_fills_the_length_of_its_note():
    strokes = NOTE.later(2).with_length(Fraction(1, 2)).repeated(3)
    assert [stroke.onset for stroke in strokes] == [2, 2 + Fraction(1, 6), 2 + Fraction(1, 3)]
    assert {stroke.length for stroke in strokes} == {Fraction(1, 6)}
    assert NOTE.repeated(0) == []


def test_what_is_made_of_a_note_with_chance_shares_its_draw_and_all_else_does_not():
    together = NOTE.with_chance(0.5).repeated(4)
    assert len({stroke.draw for stroke in together}) == 1
    apart = [stroke.with_chance(0.5) for stroke in NOTE.repeated(4)]
    other = [NOTE.raised(k).with_chance(0.5) for k in range(1, 4)]
    louder = NOTE.with_values(v=0.5).with_chance(0.5)
    assert len({note.draw for note in [*together[:1], *apart[1:], *other, louder]}) == 8


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: NOTE.later(seconds=-0.1), "the delay of a note is 0 to 10 s, not -0.1"),
        (lambda: NOTE.later(float("nan")), "the onset of a note is -1e+06 to 1e+06 steps, not nan"),
        (lambda: NOTE.with_length(-1), "the length of a note is 0 to 1000 steps, not -1"),
        (lambda: NOTE.with_chance(1.5), "the chance of a note is 0 to 1, not 1.5"),
        (lambda: NOTE.raised(1000), "the pitch of a note is -240 to 240 semitones, not 1000"),
        (lambda: NOTE.with_length("long"), "the length of a note is a number, not 'long'"),
        (lambda: NOTE.with_values(v="loud"), "the value of 'v' in a note is a number, not 'loud'"),
        (lambda: NOTE.with_values(v=float("inf")), "the value of 'v' in a note is a finite number, not inf"),
        (lambda: NOTE.repeated(65), "a note is repeated 0 to 64 times, not 65"),
        (lambda: NOTE.repeated(2.5), "a note is repeated 0 to 64 times, not 2.5"),
    ],
)
def test_a_number_out_of_range_is_refused_in_a_sentence(make, sentence):
    with pytest.raises(NoteError, match=f"^{re.escape(sentence)}$"):
        make()


def test_notes_are_the_same_in_another_process():
    notes = [NOTE, NOTE.later(Fraction(1, 3), seconds=1).raised(0.5).with_values(v=1).with_chance(0.1), NOTE.later(0.7)]
    assert unpack(json.loads(json.dumps(pack(notes)))) == notes


@pytest.mark.parametrize(
    "data", [[[]], [["play", "0", 0, 1, 0, 0, {}, 1, 0]], [[1, 0, 0, 1, 0, 0, {}, 1, 0]], 3, ["x"]]
)
def test_what_is_no_note_is_refused(data):
    with pytest.raises((TypeError, ValueError)):
        unpack(data)


@pytest.mark.parametrize("notes", [3, None, [1], [[NOTE]]])
def test_only_lists_of_notes_can_be_started(notes):
    with pytest.raises(TypeError, match=r"`build.start` takes a list of notes, not"):
        pack(notes)
