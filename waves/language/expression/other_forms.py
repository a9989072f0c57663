"""Forms of expressions in other programs, and how each is written here."""

from __future__ import annotations

import re

from waves.language.expression.builtin_names import FUNCTIONS, note_of_midi

NUMBER_BEHIND = re.compile(r"(?P<name>[^\W\d]\w*)\s*(?P<number>[-+]?(?:\d+\.?\d*|\.\d+))")
OF_MIDI = re.compile(r"(?:midi|mtof|midicps|midi_to_hz|note)\((\d{1,3})\)", re.IGNORECASE)


def call_meant(name: str, whole: str) -> str:
    """The call that the name of a function without brackets means in the expression `whole`, in quotes, or nothing.

    db -3    'db(-3)'
    rand     'rand()'
    """
    if (match := NUMBER_BEHIND.fullmatch(whole.strip())) and match["name"] == name and FUNCTIONS[name][0] <= 1:
        return f"'{name}({match['number']})'"
    return f"'{name}()'" if not FUNCTIONS[name][0] else ""


def midi_meant(text: str) -> str:
    """The note that `midi(60)` is, in quotes, or an empty string."""
    match = OF_MIDI.fullmatch(text.strip())
    note = note_of_midi(int(match[1])) if match else ""
    return f"'{note}'" if note else ""
