"""Pieces with patterns of Python that were given without a process, and the sounds that they start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.harness.session_harness import shipped
from waves.language.model.models import notes_of
from waves.language.model.piece import Piece, read_piece
from waves.language.patterns.told.forms import read_notes
from waves.language.patterns.told.python_pattern import PythonPattern, PythonPatterns
from waves.language.text.document import read_document
from waves.patterns import Pattern
from waves.python_patterns.cycle_book import RecordedBook

SOUNDS = """\
kick: {osc: {freq: [150, 50], amp: [0.8 * v, 0], duration: 0.2}}
hat: {osc: {type: noise, amp: [0.2 * v, 0], duration: 0.04}}
pluck: {osc: {type: tri, freq: note, amp: [0.5 * v, 0], duration: 0.4}}
"""
Given = Mapping[int, list[tuple[object, object, object]]]


def read(
    part: str, python: Mapping[str, Pattern | Given] = {}, patterns: str = "{}", lines: Sequence[str] = ("x",)
) -> Piece:
    text = f"my_sound: {part}\npatterns: {patterns}\n{SOUNDS}"
    found = {}
    for name, one in python.items():
        form, book = (one.form, None) if isinstance(one, Pattern) else (None, None)
        if not isinstance(one, Pattern):
            given = {cycle: read_notes(list(several)) for cycle, several in one.items()}
            book = RecordedBook(name, {k: given.get(k, ()) for k in range(16)}, given)
        found[name] = PythonPattern(name, "patterns/a.py", 1, [*lines], "", form, book)
    return read_piece([read_document(text, "waves.yaml")], shipped(), python=PythonPatterns(found))


def played(piece: Piece, cycles: int = 12) -> list[tuple[object, ...]]:
    """The sounds of some cycles: sound, onset, length, values."""
    sound = piece.sounds["my_sound"]
    assert not sound.findings, [str(one.problem()) for one in sound.findings]
    (made,) = sound.root.patterns.values()
    names = [note.name for note in notes_of(sound.root)]
    found = []
    if made.pages:
        found = [one for cycle in range(cycles) for one in made.pages.cycle(cycle)]
    for one in made.notes:
        found += [one._replace(onset=one.onset + before) for before in range(0, cycles, one.cycles)]
    told = ((one.onset, names[one.sound], one.length, sorted(one.values.items())) for one in found)
    return sorted(one for one in told if one[0] < cycles)
