"""Slides: the pitch of a note comes from that of the note before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from waves.language.expression.builtin_names import note_frequency, semitones
from waves.language.model.models import Note
from waves.language.model.parameter_notation import read_number, read_word
from waves.language.model.vocabulary import CANONICAL_NAMES, SLID_FROM, SLIDE, SLIDES, canonical_name
from waves.language.patterns.together.combined import PITCH
from waves.language.patterns.together.started_words import StartedWord


def slid(notes: Sequence[StartedWord], sounds: Sequence[Note]) -> list[StartedWord]:
    """The notes of a pass, each that slides with the pitch of the one before; the first follows the last.

    Of several notes that begin together each comes from the one at its place from below, or from the highest. Notes
    without a pitch slide from nowhere, and none comes from them.
    """
    by_onset = sorted(notes, key=lambda one: (one.onset, _pitch(one, sounds) or 0.0))
    together = [list(several) for _, several in groupby(by_onset, key=lambda one: one.onset)]
    pitches = [[pitch for one in several if (pitch := _pitch(one, sounds))] for several in together]
    before = next((some for some in reversed(pitches) if some), [])
    found: list[StartedWord] = []
    for several, own in zip(together, pitches, strict=True):
        silent = len(several) - len(own)
        for k, one in enumerate(several):
            values = {key: value for key, value in one.values.items() if key not in SLIDES}
            if k >= silent and SLIDE in one.values:
                place = k - silent
                values[SLIDE] = one.values[SLIDE]
                values[SLID_FROM] = before[min(place, len(before) - 1)] if values[SLIDE] else own[place]
            found.append(one._replace(values=values))
        before = own or before
    return found


def _pitch(one: StartedWord, sounds: Sequence[Note]) -> float | None:
    """The frequency of a note; None where only its sound says it."""
    frequency = one.values.get(PITCH)
    for word in sounds[one.sound].words if frequency is None else ():
        if (read := read_word(word.text, CANONICAL_NAMES)) and read.value and canonical_name(read.name) == PITCH:
            frequency = note_frequency(read.value) or read_number(read.value)
    return frequency * semitones(one.semitones) if frequency else None
