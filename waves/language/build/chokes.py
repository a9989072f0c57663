"""Notes that end those before them: the onsets of a part in, what each of its pools ends out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from waves.notes import Note, Time


def onsets_of(notes: Iterable[Note], steps: int) -> dict[Time, float]:
    """The onsets of all notes of a part in a pass, in the order of time, with the seconds by which the first is late.

    Notes that begin together do not end each other, however late each is.
    """
    found: dict[Time, float] = {}
    for note in notes:
        onset = note.onset % steps
        found[onset] = min(found.get(onset, note.seconds), note.seconds)
    return dict(sorted(found.items()))


def endings(onsets: Mapping[Time, float], notes: Sequence[Note], steps: int) -> dict[Time, float]:
    """The onsets of a part that end notes of one pool: the first after each of these notes.

    Of eight steps `open` has 2 and 3, `hat` 0, 4 and 6: `open` is ended at 3 and at 4, `hat` at 2, 6 and 0.
    """
    own = {note.onset % steps for note in notes}
    found: dict[Time, float] = {}
    sounds = False
    for onset, seconds in [*onsets.items(), *onsets.items()]:  # twice, as the pass goes round
        if sounds:
            found[onset] = seconds
        sounds = onset in own
    return found
