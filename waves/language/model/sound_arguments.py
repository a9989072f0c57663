"""Sounds on the command line, in the notation of steps:

    hat v.4          the sound `hat` with `v: .4`, as one argument or as two
    bass freq=110    a parameter belongs to the sound before it; its value is written as in waves.yaml
    bass c2          a word that reads as a note is the note

A word that could be either is a sound if there is one of that name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from waves.language.model.parameter_notation import ASSIGNED, read_numbered, read_word
from waves.language.model.piece import Piece
from waves.language.model.vocabulary import names_of_value
from waves.language.text.document import read_document
from waves.node_types.library.parameters import accepted
from waves.problem import Problem, Problems, did_you_mean

DEFAULT = "my_sound"
NO_SOUND = f"there is no sound in the files of the piece: one is '{DEFAULT}: {{osc: {{freq: 220, amp: 0.2}}}}'"

Sounds = list[tuple[str, dict[str, Any]]]


class UsageProblem(Problems):
    """A mistake on the command line."""

    def __init__(self, sentence: str, suggestion: str = ""):
        super().__init__(Problem(sentence, suggestion=suggestion))


def refusal(problems: list[Problem], sounds: Sequence[str | tuple[str, Mapping[str, Any]]]) -> Problems:
    """The problems of some sounds; a UsageProblem where all errors are of parameters that the arguments give them."""
    given = tuple(f"{one[0]}.{name}." for one in sounds if not isinstance(one, str) for name in one[1])
    errors = [one for one in problems if one.level == "error"]
    refused = Problems(problems)
    if errors and all(one.mark is None and f"{one.path}.".startswith(given) for one in errors):
        refused = UsageProblem("")
        Problems.__init__(refused, errors)
    return refused


def read_sounds(arguments: Sequence[str], piece: Piece) -> Sounds:
    """The named sounds, each with its parameters; `my_sound` if none is named.

    Raises UsageProblem, and Problems for a piece without any sound.
    """
    sounds: Sounds = []
    for argument in arguments:
        for word in _words(argument, piece):
            if word in piece.sounds:
                sounds.append((word, {}))
            elif parameter := _parameter(word, sounds, piece):
                sounds[-1][1].update([parameter])
            else:
                raise _unknown(word, sounds, piece)
    if sounds:
        return sounds
    if DEFAULT in piece.sounds:
        return [(DEFAULT, {})]
    if not piece.sounds:
        raise Problems(Problem(NO_SOUND))
    raise UsageProblem(f"there is no sound '{DEFAULT}'; name one of: {', '.join(piece.sounds)}")


def _words(argument: str, piece: Piece) -> list[str]:
    """The words of an argument; a name, and an assignment with spaces in its value, are one."""
    if argument in piece.sounds or ASSIGNED.fullmatch(argument):
        return [argument]
    words = argument.split()
    if not words:
        raise UsageProblem("an argument is empty: expected a sound")
    return words


def _parameter(word: str, sounds: Sounds, piece: Piece) -> tuple[str, Any] | None:
    """The name and value that a word gives to the last sound; None when it is not a parameter of it."""
    known = parameters_of(piece, sounds[-1][0]) if sounds else set()
    parameter = read_word(word, known)
    if parameter is None:
        return None
    form, name, text = parameter
    if form == "assigned":
        if not sounds:
            raise UsageProblem(f"'{word}' has no sound before it that it belongs to")
        return name, _value(word, name, text)
    if form == "number" and name in known:
        return name, float(text)
    other = next((other for other in names_of_value(name) if other in known), None)
    return (other, text) if other else None


def _value(word: str, name: str, text: str) -> Any:
    """A value as it would be read behind `name:` in a file."""
    try:
        return read_document(f"{name}: {text}", word).entries[name].data
    except Problems as error:
        raise UsageProblem(f"'{word}': {error.problems[0].sentence}", error.problems[0].suggestion) from None


def _unknown(word: str, sounds: Sounds, piece: Piece) -> UsageProblem:
    """The problem of a word that is neither a sound nor a parameter."""
    sentence = f"there is no sound '{word}'"
    if sounds and read_numbered(word):
        sentence += f", and '{sounds[-1][0]}' has no parameter of that name"
    return UsageProblem(sentence, did_you_mean(word, piece.sounds))


def parameters_of(piece: Piece, sound: str) -> set[str]:
    """Names of the parameters of a sound: those of its top node, and of what that stands around."""
    names: set[str] = set()
    for node in piece.nodes_at_top(piece.sounds[sound].root):
        names |= {*accepted(node.kind), *node.free}
    return names
