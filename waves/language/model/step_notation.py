"""Reads the steps of a sequence: which sounds begin, and what each of them is given.

null  ~               a rest
kick                  the sound `kick`
kick v.5 f80          with parameters; a token that reads as a note, `c2`, is the note
kick, hat v.2         together; so is the list [kick, hat v.2]
bd:3                  file 3 of the folder `samples/bd`, counted from 0
{osc: {freq: 200}}    a node
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, Protocol

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import NodeModel, Note, Place, StepToken, Use
from waves.language.model.vocabulary import Vocabulary
from waves.node import Node
from waves.node_types.library.parameters import written

REST = "~"
WORD = re.compile(r"\S+")
FILE_OF_FOLDER = re.compile(r"([^\s:]+):(\d+)")
GIVEN = re.compile(r"([^\W\d]+)([-+]?(?:\d+\.?\d*|\.\d+))")
ASSIGNED = re.compile(r"([^\W\d]\w*)=(\S+)")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")

Steps = tuple[tuple[Note, ...], ...]


class StepReader(Protocol):
    """What the notation needs of the validation around it."""

    vocabulary: Vocabulary
    inside: str
    """Name of the sound that the steps are written in."""

    def problem(self, place: Place, sentence: str, suggestion: str = "", *, column: int = 0) -> None: ...

    def node(self, data: Any, place: Place) -> NodeModel | Use | None: ...

    def parameters(self, name: str, kind: type[Node], given: Any, place: Place) -> NodeModel | None: ...


def read_steps(reader: StepReader, data: Any, place: Place) -> Steps:
    """The sounds of each step; what is wrong is reported to the reader, and left out."""
    if isinstance(data, str):
        sentence = "text here is a pattern, which cannot be played: write the steps as a list"
        reader.problem(place, sentence, _listed(data))
        return ()
    if not isinstance(data, list):
        reader.problem(place, f"expected a list of steps, got {written(data)}")
        return ()
    if not data:
        reader.problem(place, "expected at least one step")
    return tuple(tuple(_step(reader, item, place.below(i), True)) for i, item in enumerate(data))


def _listed(text: str) -> str:
    words = text.split()
    return f"'[{', '.join(words)}]'" if 0 < len(words) <= 8 else ""


def _step(reader: StepReader, data: Any, place: Place, outer: bool) -> Iterator[Note]:
    """The sounds that begin together."""
    match data:
        case None:
            return
        case str():
            yield from _text(reader, data, place)
        case dict() if data:
            if model := reader.node(data, place):
                yield Note(model.id or model.name, model, place, data=data)
        case list() if outer and data:
            for i, item in enumerate(data):
                yield from _step(reader, item, place.below(i), False)
        case bool() | int() | float():
            reader.problem(place, f"a number is no sound: quote a name like that, '\"{written(data)}\"'")
        case list():
            reader.problem(place, "sounds together stand in one list, which has at least one")
        case _:
            reader.problem(place, f"expected a step, got {written(data)}")


def _text(reader: StepReader, text: str, place: Place) -> Iterator[Note]:
    """Sounds in string notation, with commas between them."""
    if text.strip() == REST:
        return
    start = 0
    for part in text.split(","):
        words = [StepToken(match[0], start + match.start()) for match in WORD.finditer(part)]
        if words:
            yield from _sound(reader, words[0], tuple(words[1:]), place)
        else:
            empty = "a step is empty: a rest is null or '~'"
            sentence = empty if not text.strip() else "there is no sound beside the comma"
            reader.problem(place, sentence, column=start)
        start += len(part) + 1


def _sound(reader: StepReader, word: StepToken, tokens: tuple[StepToken, ...], place: Place) -> Iterator[Note]:
    name = word.text
    if match := FILE_OF_FOLDER.fullmatch(name):
        folder, number = match.groups()
        data = {"sample": {"file": f"samples/{folder}", "chop": 0}}
        if model := reader.node(data, place):
            yield Note(f"{folder}:", model, place, (StepToken(f"chop={number}", word.column), *tokens))
        return
    found = reader.vocabulary.find(name, reader.inside)
    if isinstance(found, type):
        if model := reader.parameters(name, found, {}, place):
            yield Note(name, model, place, tokens)
    elif found:
        yield Note(name, Use(name, place), place, tokens)
    else:
        reader.problem(place, f"there is no sound '{name}'", reader.vocabulary.near(name), column=word.column)


Report = Callable[[str, str, str], None]
"""Takes a sentence, a suggestion, and a level."""


def read_token(
    text: str, sound: str, known: Collection[str], sounds: Collection[str], report: Report
) -> tuple[str, float] | None:
    """The name and value that a token gives to a sound that takes `known`; None when that is a problem."""
    if match := ASSIGNED.fullmatch(text):
        value = float(match[2]) if NUMBER.fullmatch(match[2]) else note_frequency(match[2])
        if value is None:
            report(f"expected a number or a note after '{match[1]}=', got '{match[2]}'", "", "error")
            return None
        return match[1], value
    match = GIVEN.fullmatch(text)
    freq = note_frequency(text)
    if match and (match[1] in known or freq is None):
        if freq is not None:
            meant = f"'{match[1]}={match[2]}'"
            report(f"'{text}' is the parameter '{match[1]}' of '{sound}' here, not a note", meant, "warning")
        return match[1], float(match[2])
    if freq is not None:
        return "freq", freq
    together = f"'{sound}, {text}' (together)" if text in sounds else ""
    report(f"'{text}' gives no number: a parameter is written 'v.5' or 'v=.5'", together, "error")
    return None


__all__ = ["NodeModel", "Note", "Steps", "read_steps", "read_token"]
