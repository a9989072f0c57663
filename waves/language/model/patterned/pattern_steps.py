"""Steps that are written as a pattern, with their lanes: texts in, the sounds and the notes of a pass out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any
from zlib import crc32

from waves.language.expression.builtin_names import german_note, note_frequency, note_of_midi
from waves.language.model.models import Note, PatternPass, Place, StartedWord, StepWord, WrittenParameter
from waves.language.model.parameter_notation import read_number, read_word
from waves.language.model.step_notation import FILE_OF_FOLDER, NodeReader, Steps, read_sound_of_step
from waves.language.model.vocabulary import CANONICAL_NAMES, canonical_name
from waves.language.patterns.lanes import STEPS, make_pass
from waves.language.patterns.passes import PatternNote
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import (
    Choice,
    Pattern,
    PatternError,
    Stack,
    Word,
    words_of,
)
from waves.language.patterns.syntax import (
    Sequence as Steps_,
)
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean

LANES = {"note": "freq", "v": "velocity", "vel": "velocity", "velocity": "velocity"}
"""The lanes, each with the value that it gives to the sounds."""

STRENGTHS = dict(zip("ppp pp p mp mf f ff fff".split(), (0.1, 0.2, 0.3, 0.45, 0.6, 0.75, 0.9, 1.0), strict=True))
LATER = frozenset(
    (
        *("rhythm", "sound", "with", "fill", "length", "accent", "choke", "slide", "scale", "octave", "tuning"),
        *("voicing", "around", "chord", "midi", "freq", "n", "pan", "every", "fast", "slow", "hurry", "rev"),
        *("palindrome", "iter", "shift", "nudge", "ply", "ratchet", "also", "off", "echo", "stut", "jux", "chunk"),
        *("inside", "sometimes", "some_cycles", "degrade", "chance", "when", "mask", "restart", "shuffle", "scramble"),
        *("arp", "strum", "invert", "octaves", "transpose", "shift_scale", "chop", "striate", "fit", "swing", "groove"),
        *("humanise", "seed", "chance_loop", "pick", "of", "do", "during", "grid", "slices", "slice", "struct"),
    )
)
"""Names that have a meaning beside a pattern in a later release."""

SIGN = re.compile(r"[*/@!?<>{}|()\[\]]")
DRUM_GRID = re.compile(r"[xX.\-|\s]*[xX][.\-xX|\s]*")
PITCH_CLASS = re.compile(r"[a-gA-G](?:#|b|s)?")
DRUMS = {"bd": "kick", "sn": "snare", "sd": "snare", "hh": "hat", "oh": "open", "cp": "clap", "lt": "tom"}


def pass_of_list(steps: Steps) -> PatternPass:
    """The notes of a list that fills a cycle, each step a share of it."""
    places = [Fraction(step, len(steps)) for step, sounds in enumerate(steps) for _ in sounds]
    length = Fraction(1, max(len(steps), 1))
    notes = (StartedWord(number, onset, length, {}, 1.0, 0) for number, onset in enumerate(places))
    return PatternPass(1, Fraction(len(steps)), tuple(notes))


def read_pattern(
    reader: NodeReader, called: str, data: str, place: Place, lanes: Mapping[str, WrittenParameter]
) -> tuple[Steps, PatternPass | None]:
    """The sounds of a pattern, and its notes; mistakes are reported to the reader.

    `called`: the node as it is written.
    """
    patterns: dict[str, tuple[Pattern, Place]] = {}
    if (steps := _read(reader, data, place)) is None:
        return (), None
    patterns[STEPS] = steps, place
    sound = next((word.text.partition(":")[0] for word in words_of(steps)), "")
    for name, (value, at) in lanes.items():
        lane = _lane(reader, called, name, value, at, sound)
        if lane is None:
            continue
        if (key := LANES[name]) in patterns:
            reader.problem(at.at_key(), f"'{name}' is given twice: '{key}' is the same")
        else:
            patterns[key] = lane, at
    sounds, notes_of_word = _sounds(reader, steps, place)
    values = {key: _values(reader, key, *pattern) for key, pattern in patterns.items() if key != STEPS}
    structure = steps
    try:
        trees = {key: pattern for key, (pattern, _) in patterns.items()}
        made = make_pass(trees, crc32(str(place).encode()))
        structure = trees[made.structure]
        width = _width(structure)
        made = make_pass(trees, crc32(str(place).encode()), width.denominator) if width.denominator > 1 else made
    except PatternError as error:
        _report(reader, error, place, data)
        return (), None
    for key, words in made.unheard.items():
        if key != STEPS:
            _warn_of_unheard(reader, words, patterns[key][1], [note.onset for note in made.notes], sound)
    started = tuple(_started(note, notes_of_word, values) for note in made.notes)
    notes = tuple(one for several in started for one in several)
    return (tuple(sounds),), PatternPass(
        made.cycles, width, notes, {key: at for key, (_, at) in patterns.items() if key != STEPS}
    )


def _read(reader: NodeReader, text: str, place: Place, fractions: bool = False) -> Pattern | None:
    try:
        return read(text, fractions)
    except PatternError as error:
        _report(reader, error, place, text)
        return None


def _report(reader: NodeReader, error: PatternError, place: Place, text: str) -> None:
    meant = f"'{error.meant}'" if error.meant and len(error.meant) <= 80 else ""
    reader.problem(place, error.sentence, meant, column=error.column)


def _width(pattern: Pattern) -> Fraction:
    """The steps of the top level of a pattern, with their weights."""
    match pattern:
        case Stack():
            return _width(pattern.layers[0])
        case Choice():
            return _width(pattern.alternatives[0])
        case Steps_():
            return pattern.weight
    return Fraction(1)


def _sounds(reader: NodeReader, steps: Pattern, place: Place) -> tuple[list[Note], dict[str, list[tuple[int, Note]]]]:
    """The sounds of a pattern, each once, and for each word the numbers of those that it starts."""
    sounds: list[Note] = []
    by_word: dict[str, list[tuple[int, Note]]] = {}
    words = words_of(steps)
    if slip := _no_sounds(reader, words):
        reader.problem(place, *slip, column=words[0].column)
        return [], {}
    before = ""
    for word in words:
        if word.text not in by_word:
            by_word[word.text] = []
            for note in _notes(reader, word, before, place):
                by_word[word.text].append((len(sounds), note))
                sounds.append(note)
        if reader.vocabulary.find(name := word.text.partition(":")[0], reader.inside):
            before = name
    return sounds, by_word


def _no_sounds(reader: NodeReader, words: Sequence[Word]) -> tuple[str, str] | None:
    """The sentence and the suggestion for a pattern of notes or numbers alone, where sounds belong."""
    texts = [word.text for word in words]
    if not texts or any(reader.vocabulary.find(text, reader.inside) for text in texts):
        return None
    others = sorted(reader.vocabulary.sounds - {reader.inside})
    player = "pluck" if "pluck" in others or not others else others[0]
    if all(note_frequency(text) for text in texts):
        listed = " ".join(texts[:8])
        return "these are notes, and nothing says which sound plays them", f"'play: {player}, note: \"{listed}\"'"
    if all(read_number(text) is not None for text in texts):
        return "these are numbers, and nothing says which sound plays them", ""
    if len(texts) == 1 and DRUM_GRID.fullmatch(texts[0]) and len(texts[0]) > 1:
        return "a rhythm of 'x' and '.' is a lane, which comes with a later release: write the steps", ""
    return None


def _notes(reader: NodeReader, word: Word, before: str, place: Place) -> Iterator[Note]:
    """The sounds that a word starts together; `before`: the last sound before it."""
    parts = [StepWord(match[0], word.column + match.start()) for match in re.finditer(r"[^:]+", word.text)]
    if not parts:
        reader.problem(place, f"there is no sound '{word.text}'", column=word.column)
        return
    first, *others = parts
    if chord := next((one for one in parts if "'" in one.text), None):
        reader.problem(place, f"'{chord.text}' is a chord: this comes with a later release", column=chord.column)
        return
    known = reader.vocabulary.find(first.text, reader.inside)
    if not known and before and (note_frequency(first.text) or read_word(first.text, CANONICAL_NAMES)):
        if note_frequency(first.text):
            sentence = f"'{first.text}' is a note: in a text it follows its sound after a colon"
        else:
            sentence = f"'{first.text}' is no sound: in a text what a sound is given follows a colon"
        reader.problem(place, sentence, f"'{before}:{word.text}'", column=first.column)
        return
    if not known and others and FILE_OF_FOLDER.fullmatch(f"{first.text}:{others[0].text}"):
        first = StepWord(f"{first.text}:{others[0].text}", first.column)
        del others[0]
    elif not known and (meant := DRUMS.get(first.text)) in reader.vocabulary.sounds:
        reader.problem(place, f"there is no sound '{first.text}'", f"'{meant}'", column=first.column)
        return
    pitches = [one for one in others if note_frequency(one.text)]
    rest = [one for one in others if one not in pitches]
    for words in [tuple(one for one in others if one is pitch or one in rest) for pitch in pitches] or [tuple(rest)]:
        yield from read_sound_of_step(reader, first, words, place)


def _lane(reader: NodeReader, called: str, name: str, value: Any, at: Place, sound: str) -> Pattern | None:
    """The pattern of a lane; None after a report."""
    if name in LATER:
        reader.problem(at.at_key(), f"'{name}' beside a pattern comes with a later release")
    elif name not in LANES:
        sentence = f"'{name}' is no setting of '{called}', and '{sound}' has no parameter of that name"
        meant = did_you_mean(name, ["interval", "cycle", "repeat", "legato", "voices", *LANES])
        sentence = sentence if meant else f"'{name}' is no lane of a pattern yet: these are 'note' and 'v'"
        reader.problem(at.at_key(), sentence, meant)
    elif isinstance(value, str):
        return _read(reader, value, at, fractions=True)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        return Steps_(((Fraction(1), Word(str(value), 0)),))
    else:
        reader.problem(at, f"expected a pattern, got {written(value)}")
    return None


def _values(reader: NodeReader, key: str, pattern: Pattern, at: Place) -> dict[str, float]:
    """The number that each word of a lane is."""
    values: dict[str, float] = {}
    for word in words_of(pattern):
        if word.text in values:
            continue
        number = _pitch(reader, word, at) if key == "freq" else _strength(reader, word, at)
        values[word.text] = 1.0 if number is None else number
    return values


def _pitch(reader: NodeReader, word: Word, at: Place) -> float | None:
    text = word.text
    if (found := note_frequency(text)) or (PITCH_CLASS.fullmatch(text) and (found := note_frequency(f"{text}4"))):
        return found
    sentence, meant = f"there is no note '{text}': notes are a to g", ""
    number = read_number(text)
    notes = text.split(".")
    if number is not None:
        sentence, meant = "a number in 'note' is a degree and needs a 'scale', which comes with a later release", ""
        meant = f"'{note}'" if (note := note_of_midi(number)) else ""
    elif "'" in text:
        sentence = f"'{text}' is a chord: this comes with a later release"
    elif len(notes) > 1 and all(note_frequency(note) for note in notes):
        sentence, meant = f"'{text}' is one word: notes are parted by spaces", f"'{' '.join(notes)}'"
    elif german := german_note(text):
        meant = f"'{german}'"
    reader.problem(at, sentence, meant, column=word.column)
    return None


def _strength(reader: NodeReader, word: Word, at: Place) -> float | None:
    number = read_number(word.text)
    if number is None and (match := re.fullmatch(r"(-?\d+)/(\d+)", word.text)) and int(match[2]):
        number = int(match[1]) / int(match[2])
    number = STRENGTHS.get(word.text) if number is None else number
    if number is None:
        meant = did_you_mean(word.text, list(STRENGTHS))
        reader.problem(at, f"'{word.text}' is no strength: a number, or ppp to fff", meant, column=word.column)
    return number


def _started(
    note: PatternNote, sounds: Mapping[str, list[tuple[int, Note]]], lanes: Mapping[str, Mapping[str, float]]
) -> Iterator[StartedWord]:
    """The sounds that a note of the pattern starts; what a step itself is given wins over a lane."""
    values = {key: lanes[key][word.text] for key, word in note.words.items() if key != STEPS}
    for number, sound in sounds.get(note.words[STEPS].text, ()):
        read_words = (read_word(word.text, CANONICAL_NAMES) for word in sound.words)
        own = {canonical_name(word.name) for word in read_words if word}
        free = {key: value for key, value in values.items() if key not in own}
        yield StartedWord(number, note.onset, note.length, free, note.chance, note.draw)


def _warn_of_unheard(
    reader: NodeReader, words: Sequence[Word], at: Place, onsets: Sequence[Fraction], sound: str
) -> None:
    """Warn of values of a lane that no onset reads."""
    listed = " and ".join(f"'{word.text}'" for word in words[:4])
    places = sorted({onset % 1 for onset in onsets})
    shown = " and ".join(map(str, places[:4])) + (" …" if len(places) > 4 else "")
    are = "is" if len(words) == 1 else "are"
    sentence = f"{listed} {are} never heard: the steps have onsets at {shown}"
    reader.problem(at, sentence, f"'play: {sound}'", "warning", words[0].column)
