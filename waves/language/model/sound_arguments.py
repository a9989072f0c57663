"""Reads sounds from the command line: each argument is one sound in string notation.

    hat v.4          the sound `hat` with `v: .4`, as one argument or as two
    bass freq=110    a parameter belongs to the sound before it, its value is written as in waves.yaml
    bass c2          a token that reads as a note is the note

A word that could be either is a sound if there is one of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from waves.language.model.models import NodeModel, Use
from waves.language.model.piece import Piece
from waves.language.text.document import read_document
from waves.node_types.library.parameters import accepted
from waves.problem import Problem, Problems, did_you_mean

DEFAULT = "my_sound"
KEY = re.compile(r"([^\W\d]\w*)=(.*)", re.DOTALL)
TOKEN = re.compile(r"([^\W\d]+)([-+]?(?:\d+\.?\d*|\.\d+))")
NOTE = re.compile(r"[a-gA-G][#sb]?(?:10|[0-9])")
ONE_VALUE = (("freq", "f", "note"), ("amp", "a"), ("velocity", "vel", "v"))
"""Names of one value each: a token that the sound does not know under its own is given under another."""

Sounds = list[tuple[str, dict[str, Any]]]


class UsageProblem(Problems):
    """What was written on the command line cannot be meant."""

    def __init__(self, sentence: str, suggestion: str = ""):
        super().__init__(Problem(sentence, suggestion=suggestion))


def read_sounds(arguments: Sequence[str], piece: Piece) -> Sounds:
    """The sounds that are named, each with its parameters; `my_sound` if none is. Raises UsageProblem."""
    sounds: Sounds = []
    for argument in arguments:
        for word in _words(argument, piece):
            if word in piece.sounds:
                sounds.append((word, {}))
            elif found := _parameter(word, sounds, piece):
                sounds[-1][1].update([found])
            else:
                raise _unknown(word, sounds, piece)
    if sounds:
        return sounds
    if DEFAULT in piece.sounds:
        return [(DEFAULT, {})]
    if not piece.sounds:
        raise UsageProblem("there is no sound in waves.yaml")
    raise UsageProblem(f"there is no sound '{DEFAULT}'; name one of: {', '.join(piece.sounds)}")


def _words(argument: str, piece: Piece) -> list[str]:
    if argument in piece.sounds or KEY.fullmatch(argument):
        return [argument]
    words = argument.split()
    if not words:
        raise UsageProblem("an argument is empty: expected a sound")
    return words


def _parameter(word: str, sounds: Sounds, piece: Piece) -> tuple[str, Any] | None:
    """The name and value that a word gives to the last sound; None when it is no parameter of it."""
    if match := KEY.fullmatch(word):
        if not sounds:
            raise UsageProblem(f"'{word}' has no sound before it that it belongs to")
        return match[1], _value(word, *match.groups())
    if not sounds:
        return None
    known = set(accepted_by(piece, sounds[-1][0]))
    match = TOKEN.fullmatch(word)
    if match and match[1] in known:
        return match[1], float(match[2])
    name, value = ("freq", word) if NOTE.fullmatch(word) else match.groups() if match else ("", "")
    names = next((names for names in ONE_VALUE if name in names), ())
    taken = next((other for other in names if other in known), None)
    return (taken, value) if taken else None


def _value(word: str, name: str, text: str) -> Any:
    """A value as it would be read behind `name:` in a file."""
    try:
        return read_document(f"{name}: {text}", word).entries[name].data
    except Problems as found:
        raise UsageProblem(f"'{word}': {found.problems[0].sentence}", found.problems[0].suggestion) from None


def _unknown(word: str, sounds: Sounds, piece: Piece) -> UsageProblem:
    sentence = f"there is no sound '{word}'"
    if sounds and TOKEN.fullmatch(word):
        sentence += f", and '{sounds[-1][0]}' has no parameter of that name"
    return UsageProblem(sentence, did_you_mean(word, piece.sounds))


def accepted_by(piece: Piece, sound: str) -> Iterator[str]:
    """The parameters of a sound: those of its top node, and the names of contexts around that."""
    seen: set[str] = set()
    model: Any = piece.sounds[sound].root
    while model is not None:
        if isinstance(model, Use):
            if model.name in seen:
                return
            seen.add(model.name)
            model = piece.sounds[model.name].root
        elif isinstance(model, NodeModel):
            yield from accepted(model.kind)
            yield from model.free
            model = model.signals.get("signal") if model.kind.pass_through else None
        else:
            return
