"""Slips in the text of a step: of the comma and the quote, and values that the sound does not use."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from waves.language.expression.builtin_names import german_note, note_frequency
from waves.language.model.models import Place
from waves.language.model.parameter_notation import number_word, read_number, read_numbered
from waves.language.model.suggestions import is_item_in_brackets
from waves.language.model.vocabulary import REST

WORD = re.compile(r"\S+")
FRACTION = re.compile(r"(?<!\S)([^\W\d]+=?-?\d+),(\d+)(?!\S)")  # behind a sound
MOST_STEPS = 8  # in a suggestion
STRENGTH_ELSEWHERE = frozenset(("vol", "volume", "gain", "level", "velo", "strength", "db"))


class Slip(NamedTuple):
    """A sentence, a suggestion in quotes, and the column in the text from 0."""

    sentence: str
    suggestion: str
    column: int


def step_slip(text: str, sounds: Collection[str], place: Place) -> Slip | None:
    """The slip in the text of a step, None where there is none.

    hat v.2"           'hat v.2'
    bass d2 ~ bass     'bass d2, ~, bass', in a list in [ ]
    bass v0,6          'v0.6'
    """
    for quote in "\"'":
        if text.rstrip().endswith(quote) and text.count(quote) == 1:
            column = text.index(quote)
            sentence = f"no quote is open for this {quote}: delete it, or write one before the text"
            return Slip(sentence, f"'{text[:column].rstrip()}'", column)
    if slip := _fraction(text, sounds):
        return slip
    in_brackets = is_item_in_brackets(place, text)
    starts = [0]
    for match in WORD.finditer(text):
        before = text[: match.start()].split()
        if before and (REST in (match[0], before[-1]) or (in_brackets and _is_sound(match[0], sounds))):
            starts.append(match.start())
    steps = [text[first:last].strip() for first, last in zip(starts, [*starts[1:], len(text)], strict=True)]
    if len(steps) == 1 or any(step.endswith(",") for step in steps):
        return None
    if not in_brackets:
        return Slip("a rest is a step of its own", "", starts[1])
    known = all(step == REST or step.split()[0].partition(":")[0] in sounds for step in steps)
    meant = f"'{', '.join(steps)}'" if known and len(steps) <= MOST_STEPS else ""
    return Slip("a comma is missing: each sound and each rest is a step of its own", meant, 0)


def fraction_slip(before: object, item: object, sounds: Collection[str]) -> Slip | None:
    """The slip in two items of a list in [ ] that are one text with a comma in a number, None where they are not.

    bass d2 v0, 6    'v0.6'
    """
    if type(item) is not int or item < 0 or str(item) in sounds or not isinstance(before, str):
        return None
    text = f"{before},{item}"
    slip = _fraction(text, sounds)
    return slip if slip and text.endswith(text[slip.column :].split()[0]) else None


def _fraction(text: str, sounds: Collection[str]) -> Slip | None:
    """The last number with a comma in the text of a step, which is no sound of that number."""
    slip = None
    for match in FRACTION.finditer(text):
        if text[: match.start()].strip() and match[2] not in sounds:
            sentence = "a comma ends the sound here; a fraction has a point"
            slip = Slip(sentence, f"'{match[1]}.{match[2]}'", match.start())
    return slip


def _is_sound(word: str, sounds: Collection[str]) -> bool:
    """Whether a word behind a sound is another sound and no parameter."""
    return word in sounds and not note_frequency(word) and not read_numbered(word)


def unused_meant(text: str, key: str, sound: str) -> tuple[str, str]:
    """The sentence for a word of a step that gives a value `key` which its sound does not use, and the suggestion."""
    if german := german_note(text):
        return f"'{text}' is not a note: notes go from c0 to g10", f"'{german}'"
    number = text.removeprefix(key).removeprefix("=")
    meant = f"'{number_word('v', number)}'" if key in STRENGTH_ELSEWHERE and read_number(number) is not None else ""
    return f"'{sound}' has no parameter '{key}'", meant


def changes_nothing(text: str, key: str, sound: str, has_amp: bool) -> str:
    """The sentence for a word of a step that gives a value of a note `key` which its sound does not use.

    `has_amp`: whether the sound has a parameter `amp`.
    """
    sentence = f"'{text}' changes nothing: '{sound}' does not use it"
    if key == "freq":
        return f"{sentence}, as 'freq: note' in it would"
    if has_amp:
        return f"{sentence}, as 'amp: 0.5 * {key[0]}' in it would"
    return f"{sentence}, as 'track: {{volume: {key[0]}, signal: …}}' around it would"
