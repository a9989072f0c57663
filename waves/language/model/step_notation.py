"""Steps of a sequence: the sounds that begin, and the parameters that each of them is given.

null  ~               a rest
kick                  the sound `kick`
kick v.5 f80          with parameters; a word that reads as a note, `c2`, is the note
kick, hat v.2         together; so is the list [kick, hat v.2]
bd:3                  file 3 of the folder `samples/bd`, counted from 0; `bd` is file 0
{osc: {freq: 200}}    a node
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from waves.language.expression.builtin_names import (
    NOTE,
    PITCH_CLASS,
    flat_meant,
    german_note,
    note_above,
    note_frequency,
    note_of_midi,
    resembles_note,
)
from waves.language.expression.other_forms import midi_meant
from waves.language.expression.tokenizer import digits_meant
from waves.language.model.models import NodeModel, Note, Place, StepWord, Use, WrittenParameter
from waves.language.model.parameter_notation import (
    ParameterWord,
    number_word,
    read_apart,
    read_number,
    read_numbered,
    read_word,
)
from waves.language.model.scalar_validation import ScalarValidator
from waves.language.model.step_slips import fraction_slip, step_slip
from waves.language.model.suggestions import call_or_repeat_meant, lacks_commas, quoted, word_meant
from waves.language.model.vocabulary import GRAMMAR_TYPES, MOST_STRENGTH, REST, canonical_name
from waves.node import Node
from waves.node_types.library.parameters import written

REST_ELSEWHERE = frozenset(("-", ".", "_", "rest", "r", "pause", "silence", "none", "nil", "nothing", "silent"))
WORD = re.compile(r"(?:[^\s(]|\([^)]*\)?)+")
TRANSPOSED = re.compile(rf"({NOTE})([+-]\d{{1,2}})")
CHORD = re.compile(r"([a-gA-G][#b]?)(?:maj|min|m|M|dim|aug|sus|add)\d*")
WITH_LEVEL = re.compile(r"([^\s:]+):(\d*\.\d+)")
OTHER_NOTATION = re.compile(r"[<\[]*(\w+)([*!?@(>\]].*)?")
FILE_OF_FOLDER = re.compile(r"([^\s:]+):(\d+)")

Steps = tuple[tuple[Note, ...], ...]


class NodeReader(ScalarValidator, ABC):
    """The part of the validation that steps need: it reads nodes, and they stand in steps again."""

    played = ""
    """The last sound that a step named."""

    @abstractmethod
    def node(self, data: dict[str, Any], place: Place) -> NodeModel | Use | None:
        """One node."""

    @abstractmethod
    def parameters(
        self, name: str, kind: type[Node], given: Mapping[str, WrittenParameter], place: Place
    ) -> NodeModel | None:
        """A node of a type, from its parameters as written."""


def read_steps(reader: NodeReader, data: Any, place: Place) -> Steps:
    """The sounds of each step; mistakes are reported to the reader, and left out."""
    if isinstance(data, str):
        if re.match(r"-[^\W\d]", data):
            reader.problem(place, "write a space after '-'")
            return ()
        sentence = "a pattern stands only where its sequencer is written: write a list here"
        data = data if "[" in data else data.rstrip("]} ")
        reader.problem(place, sentence, as_list(reader, data))
        return ()
    if not isinstance(data, list):
        reader.problem(place, f"expected a list of steps, got {written(data)}")
        return ()
    if not data:
        reader.problem(place, "expected at least one step")
    if len(data) == 1 and isinstance(data[0], str) and (meant := as_list(reader, data[0])) and lacks_commas(data[0]):
        reader.problem(place, "a comma separates the steps", meant)
        return ()
    if any(isinstance(item, str) and ";" in item for item in data) and (
        meant := as_list(reader, ";".join(REST if item is None else str(item) for item in data), ";")
    ):
        reader.problem(place, "a comma separates the steps, not ';'", meant)
        return ()
    for i, (before, item) in enumerate(pairwise(data), 1):
        if slip := fraction_slip(before, item, reader.vocabulary.sounds):
            reader.problem(place.below(i - 1), slip.sentence, slip.suggestion, column=slip.column)
            return ()
    return tuple(tuple(_step(reader, item, place.below(i), True)) for i, item in enumerate(data))


def read_step(reader: NodeReader, data: Any, place: Place) -> Steps:
    """One step, as it stands in a list of steps; mistakes are reported to the reader, and left out."""
    return (tuple(_step(reader, data, place, True)),)


def as_list(reader: NodeReader, text: str, sign: str = ",") -> str:
    """A short text as the list of its words or of its parts between signs, in quotes; nothing if one is no step."""
    words = [part.strip() for part in text.split(sign)] if sign in text else text.split()
    known = all(word == REST or reader.vocabulary.find(word.partition(" ")[0], reader.inside) for word in words)
    return f"'[{', '.join(words)}]'" if 0 < len(words) <= 8 and known else ""


def _step(reader: NodeReader, data: Any, place: Place, outer: bool) -> Iterator[Note]:
    """The sounds that begin together; `outer`: not in the list of a step, which holds no further lists."""
    match data:
        case None:
            return
        case str():
            yield from _text(reader, data, place)
        case dict() if data:
            if meant := word_meant(data, reader.vocabulary, reader.inside):
                reader.problem(
                    place.below(*data).at_key(), "a sound with a parameter is one text in a step, without ':'", meant
                )
            elif model := reader.node(data, place):
                yield Note(model.id or model.name, model, place, data=data)
        case list() if outer and data:
            for i, item in enumerate(data):
                yield from _step(reader, item, place.below(i), False)
        case bool() | int() | float() if written(data) in reader.vocabulary.sounds:
            reader.problem(place, f"a number is not a sound: quote a name like that, '\"{written(data)}\"'")
        case bool():
            reader.problem(place, f"'{written(data)}' is not a sound: a step is a sound, and a rest is '~'")
        case int() | float():
            reader.problem(place, "a number is not a sound: a step is a sound, and a rest is '~'")
        case [] if outer:
            reader.problem(place, "an empty list is a rest, as null and '~' are", level="warning")
        case list():
            reader.problem(place, "a list inside a step holds at least one sound, and no further list")
        case _:
            reader.problem(place, f"expected a step, got {written(data)}")


def _text(reader: NodeReader, text: str, place: Place) -> Iterator[Note]:
    """The sounds of a text, with commas between them."""
    if text.strip() == REST:
        return
    if slip := step_slip(text, reader.vocabulary.sounds, place):
        reader.problem(place, slip.sentence, slip.suggestion, column=slip.column)
        return
    for start, words in step_words(text):
        if words:
            yield from read_sound_of_step(reader, words[0], tuple(words[1:]), place)
        else:
            sentence = (
                "there is no sound beside the comma" if text.strip() else "a step is empty: a rest is null or '~'"
            )
            reader.problem(place, sentence, column=start)


def step_words(text: str) -> Iterator[tuple[int, list[StepWord]]]:
    """For each sound of a text the column where its part begins, and its words: its name and its parameters."""
    for start, part in _parts(text):
        yield start, [StepWord(match[0], start + match.start()) for match in WORD.finditer(part)]


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """The parts of a text between its commas, each with its column; a comma in brackets is part of a word."""
    start, depth = 0, 0
    for column, letter in enumerate(text):
        depth = max(0, depth + (letter == "(") - (letter == ")"))
        if letter == "," and not depth:
            yield start, text[start:column]
            start = column + 1
    yield start, text[start:]


def read_sound_of_step(
    reader: NodeReader, first: StepWord, words: tuple[StepWord, ...], place: Place
) -> Iterator[Note]:
    """The note of a sound: its name is the first word, parameters are the others."""
    name = first.text
    match = FILE_OF_FOLDER.fullmatch(name)
    if match or reader.vocabulary.is_samples(name, reader.inside):
        folder, number = match.groups() if match else (name, "")
        words = (StepWord(f"chop={number}", first.column), *words) if number else words
        if model := reader.node({"sample": {"file": f"samples/{folder}", "chop": 0}}, place):
            yield Note(f"{folder}:", model, place, words)
        return
    kind = reader.vocabulary.find(name, reader.inside)
    if kind:
        reader.played = name
    if isinstance(kind, type):
        if model := reader.parameters(name, kind, {}, place):
            yield Note(name, model, place, words)
    elif kind:
        yield Note(name, Use(name, place), place, words)
    else:
        reader.problem(place, *_unknown(reader, name, place), column=first.column)


def _unknown(reader: NodeReader, name: str, place: Place) -> tuple[str, str]:
    """The sentence for a step whose first word is no sound, and the suggestion."""
    known = reader.vocabulary.sounds
    if name.lower() in REST_ELSEWHERE:
        return f"'{name}' is not a sound: a rest is '~'", "'~'"
    if note_frequency(name) or resembles_note(name):
        note = name if note_frequency(name) else german_note(name)
        example = f"'{reader.played} {note}'" if reader.played and note else ""
        what = "is a note" if note == name else "is not a note: notes go from c0 to g10"
        return f"'{name}' {what}, and a step begins with the name of the sound that plays it", example
    if (match := WITH_LEVEL.fullmatch(name)) and match[1] in known:
        return f"there is no sound '{name}'", f"'{match[1]} {number_word('v', match[2])}'"
    if meant := call_or_repeat_meant(name, known, place):
        return f"there is no sound '{name}': behind a sound stand its parameters only", meant
    if (sound := name.removesuffix(":")) != name and sound in known:
        return f"there is no sound '{name}': its parameters follow without ':'", f"'{sound}'"
    if ":" in name and not name.startswith(":"):
        folder = name.partition(":")[0]
        return f"there is no sound '{name}': the files of a folder are counted from 0, as '{folder}:0'", ""
    if (match := OTHER_NOTATION.fullmatch(name)) and match[1] in known:
        return f"there is no sound '{name}': behind a sound stand its parameters only", ""
    if name in GRAMMAR_TYPES:
        return reader.vocabulary.unknown(name)
    return reader.vocabulary.no_sound(name)


def words_of_note(words: Sequence[StepWord], known: Collection[str]) -> Iterator[tuple[StepWord, str]]:
    """The words behind a sound whose parameters are `known`, each with the word meant where one is written apart.

    (c2, v, 0.4)    (c2, ""), (v, "v.4")
    """
    rest = list(words)
    while rest:
        count, meant = read_apart([word.text for word in rest], known)
        yield rest[0], meant
        del rest[: count or 1]


Report = Callable[[str, str, str], None]
"""Takes a sentence, a suggestion, and a level."""


def read_parameter(
    text: str, sound: str, known: Collection[str], sounds: Collection[str], report: Report
) -> tuple[str, float] | None:
    """The name and value that a word gives to a sound whose parameters are `known`; None after a report of an error."""
    word = read_word(text, known)
    frequency = note_frequency(text)
    if match := TRANSPOSED.fullmatch(text):
        report(f"'{text}' is not a note: a step has no sums", quoted(note_above(match[1], int(match[5]))), "error")
        return None
    if CHORD.fullmatch(text) and not (word and word.name in known):
        example = f"'{sound} c4, {sound} eb4, {sound} g4'"
        report(f"'{text}' is not a note: a chord is several sounds, as {example} for c minor", "", "error")
        return None
    if word and word.form == "note":
        if frequency is not None:
            _warn_of_flat(text, "", report)
            return word.name, frequency
        word = read_numbered(text)  # beyond c0 to g10: `a10` can only be the parameter `a`
    if word and word.form == "number":
        if frequency is not None:
            meant = f"'{word.name}={word.value}'"
            report(f"'{text}' is the parameter '{word.name}' of '{sound}' here, not a note", meant, "warning")
        _warn_of_strength(text, word, report)
        return word.name, _finite(text, float(word.value), report)
    if word and word.value:
        number = read_number(word.value)
        value = note_frequency(word.value) if number is None else number
        if value is None:
            report(f"only a number or a note stands after '{word.name}=' in a step, not '{word.value}'", "", "error")
            return None
        _warn_of_flat(word.value, f"{word.name}=", report)
        _warn_of_strength(text, word, report)
        return word.name, _finite(text, value, report)
    if (number := read_number(text)) is not None:
        meant = number_word("v", text) if 0.0 <= number <= 1.0 else note_of_midi(number)
        meant = meant or (f"{_pitch(known)}={text}" if number >= 20.0 else "")  # Hz; a low one is a file: `hat:3`
        report(f"'{text}' does not say what it sets: a number has the name of its parameter", quoted(meant), "error")
        return None
    if (match := OTHER_NOTATION.fullmatch(text)) and match[2] and match[1] in sounds:
        sentence = f"'{text}' is given to '{sound}' here: entries of a list are parted by commas"
        report(sentence, f"'\"{sound} {text}\"'", "error")
        return None
    if note := midi_meant(text):
        report(f"'{text}' is no parameter: a note is written by its name", note, "error")
        return None
    if PITCH_CLASS.fullmatch(text):
        report(f"'{text}' gives no pitch: a note has an octave", f"'{text}4'", "error")
        return None
    if meant := digits_meant(text):
        sentence = f"'{text}' has a letter where a digit is meant, and a number has the name of its parameter"
        report(sentence, f"'{_pitch(known)}={meant}'", "error")
        return None
    together = f"'{sound}, {text}' (together)" if text in sounds else ""
    report(f"'{text}' gives no number: a parameter is written 'v.5' or 'v=.5'", together, "error")
    return None


def _warn_of_strength(text: str, word: ParameterWord, report: Report) -> None:
    """Warn of a strength far above 1."""
    number = read_number(word.value)
    if canonical_name(word.name) == "velocity" and number is not None and number > MOST_STRENGTH:
        meant = f"'{word.name}.{word.value}'" if re.fullmatch(r"\d\d?", word.value) else ""
        report(f"'{text}' is {number:g} times the usual strength, which goes from 0 to 1", meant, "warning")


def _warn_of_flat(note: str, before: str, report: Report) -> None:
    """Warn of a note that is another one in German; `before` is what stands before it in its word."""
    if flat := flat_meant(note):
        report(f"'{note}' is e sharp, which is f: e flat is written otherwise", f"'{before}{flat}'", "warning")


def _pitch(known: Collection[str]) -> str:
    """The parameter that a number without a name probably sets."""
    return next((name for name in ("note", "freq", "v", *known) if name in known), "note")


def _finite(text: str, value: float, report: Report) -> float:
    """The value of a word, 1 after a report of one that is too large for a number."""
    if math.isfinite(value):
        return value
    report(f"'{text if len(text) <= 40 else text[:37] + '...'}' is too large", "", "error")
    return 1.0
