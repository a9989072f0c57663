"""Sounds of a pattern: the words of its steps in, the sounds that each of them starts out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from waves.language.expression.builtin_names import note_frequency
from waves.language.model.harmony.chords import ChordError
from waves.language.model.models import Note, Place, StepWord
from waves.language.model.parameter_notation import read_number, read_word
from waves.language.model.patterned.lane_values import DRUM_GRID, read_text
from waves.language.model.patterned.pattern_names import PatternNames, is_name
from waves.language.model.pitched.pitch_words import names_of_chord
from waves.language.model.step_notation import FILE_OF_FOLDER, NodeReader, read_sound_of_step, read_steps
from waves.language.model.vocabulary import CANONICAL_NAMES
from waves.language.patterns import syntax
from waves.language.patterns.syntax import Call, Pattern, Rest, Stack, Word, words_of

DRUMS = {"bd": "kick", "sn": "snare", "sd": "snare", "hh": "hat", "oh": "open", "cp": "clap", "lt": "tom"}

WITH_SIGNS = re.compile(r"[\[<{]|[^\s*/@!(?%,]+(?:[*/@!?%]|\((?!\s*[\d.]+\s*\)))")
TIMES = re.compile(r"[x×](\d{1,3})|(\d{1,3})[x×]")
SIGNED = re.compile(r"([^\s*/@!(?%]+)(.*)")

Started = dict[str, list[tuple[int, Note]]]
"""For each word the numbers of the sounds that it starts, with the sounds."""


def has_signs(entry: Any) -> bool:
    """Whether an entry of a list is a pattern: a group, or a word with signs, which may be given values."""
    return isinstance(entry, str) and bool(WITH_SIGNS.match(entry.strip()))


def is_group(reader: NodeReader, entry: Any) -> bool:
    """Whether an entry of a list is a pattern: one with signs, or the name of one."""
    return has_signs(entry) or is_name(reader, entry)


def names_in_steps(reader: NodeReader) -> PatternNames:
    """The names in the steps of a pattern."""
    return PatternNames(reader, entry=in_a_text, use="steps")


def in_a_text(entry: str) -> str:
    """An entry of a list as it stands in a text.

    hat*2 v.5    hat:v.5*2
    """
    if entry.strip()[:1] in ("[", "<", "{"):
        return entry
    parts = []
    for part in re.split(r",(?![^(<\[{]*[)>\]}])", entry):
        first, *given = part.split() or [""]
        match = SIGNED.fullmatch(first)
        name, signs = (match[1], match[2]) if match else (first, "")
        parts.append(":".join([name, *given]) + signs)
    return parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"


def sounds_of_list(
    reader: NodeReader, data: list[Any], place: Place, has_files: bool = False
) -> tuple[Pattern, list[Note], Started]:
    """A list of steps as a pattern; its sounds, and those of each word. A word of a plain entry is a number."""
    plain = read_steps(reader, [None if is_group(reader, entry) else entry for entry in data], place)
    sounds: list[Note] = []
    started: Started = {}
    found: list[tuple[Fraction, Pattern]] = []
    for k, entry in enumerate(data):
        if is_group(reader, entry):
            steps, own, by_word = _group(reader, in_a_text(entry), place.below(k), has_files)
            found += steps
            for word, several in by_word.items():
                started[word] = [(len(sounds) + number, sound) for number, sound in several]
            sounds += own
            continue
        words: list[Pattern] = []
        for sound in plain[k] if k < len(plain) else ():
            words.append(Word(str(len(sounds)), k))
            started[str(len(sounds))] = [(len(sounds), sound)]
            sounds.append(sound)
        found.append((Fraction(1), Rest() if not words else words[0] if len(words) == 1 else Stack(tuple(words), k)))
    return syntax.Sequence(tuple(found)), sounds, started


def _group(
    reader: NodeReader, text: str, place: Place, has_files: bool
) -> tuple[tuple[tuple[Fraction, Pattern], ...], list[Note], Started]:
    """The steps of an entry that is a pattern, each with its weight, and its sounds."""
    pattern = read_text(reader, text, place, False, names_in_steps(reader), alone=False)
    if pattern is None:
        return (), [], {}
    sounds, started = sounds_of_text(reader, pattern, place, has_files)
    one = isinstance(pattern, syntax.Sequence) and len({id(step) for _, step in pattern.steps}) == 1
    steps = pattern.steps if one and isinstance(pattern, syntax.Sequence) else ((Fraction(1), pattern),)
    return steps, sounds, started


def sounds_of_text(
    reader: NodeReader, steps: Pattern, place: Place, has_files: bool = False
) -> tuple[list[Note], Started]:
    """The sounds of a pattern, each once, and for each word the numbers of those that it starts.

    `has_files`: whether a lane says which file of a folder plays, so that the name of the folder is a sound.
    """
    sounds: list[Note] = []
    by_word: Started = {}
    words = words_of(steps)
    if slip := _no_sounds(reader, words):
        reader.problem(reader.place_of_word(words[0], place), *slip, column=words[0].column)
        return [], {}
    before = ""
    for word in words:
        if word.text not in by_word:
            by_word[word.text] = []
            told, at = len(reader.findings), reader.place_of_word(word, place)
            for note in _notes(reader, without_call(word), before, at, has_files):
                if isinstance(word, Call) and len(reader.findings) == told:
                    check_call(reader, word, at)
                by_word[word.text].append((len(sounds), note))
                sounds.append(note)
        name = word.text.partition(":")[0]
        if reader.vocabulary.find(name, reader.inside) or reader.vocabulary.is_samples(name, reader.inside):
            before = name
    return sounds, by_word


def without_call(word: Word) -> Word:
    """The sound of a word, without the call that it is given: `hat:v=rand(.3,1)` is `hat`."""
    if isinstance(word, Call) and (sound := word.before.rpartition(":")[0]):
        return Word(sound, word.column, source=word.source)
    return word


def check_call(reader: NodeReader, call: Call, place: Place) -> None:
    """Report a word that a call chooses from and that is neither a number nor a note."""
    for one in call.arguments:
        if read_number(one.text) is None and note_frequency(one.text) is None and call.name == "choose":
            reader.problem(place, f"'{one.text}' is no number and no note", column=one.column)


def _no_sounds(reader: NodeReader, words: Sequence[Word]) -> tuple[str, str] | None:
    """The sentence and the suggestion for a pattern of notes or numbers alone, where sounds belong."""
    texts = [word.text for word in words]
    heads = [text.partition(":")[0] for text in texts]
    if not texts or any(reader.vocabulary.find(text, reader.inside) for text in texts):
        return None
    if any(reader.vocabulary.is_samples(head, reader.inside) for head in heads):
        return None
    others = sorted(reader.vocabulary.sounds - {reader.inside})
    player = "pluck" if "pluck" in others or not others else others[0]
    listed = " ".join(texts[:8])
    if all(note_frequency(text) for text in texts):
        return "these are notes, and nothing says which sound plays them", f"'play: {player}, note: \"{listed}\"'"
    if all(read_number(text) is not None for text in texts):
        meant = f"'play: {player}, note: \"{listed}\", scale: c major'"
        return "these are numbers, and nothing says which sound plays them", meant
    if len(texts) == 1 and DRUM_GRID.fullmatch(texts[0]) and len(texts[0]) > 1:
        return "this is a rhythm, and nothing says which sound plays it", f"'rhythm: \"{texts[0]}\"'"
    return None


def _notes_of_chord(word: StepWord) -> list[StepWord]:
    """The notes of a chord that a sound is given, none for another word. Raises ChordError."""
    return [StepWord(name, word.column) for name in names_of_chord(word.text)]


def _notes(reader: NodeReader, word: Word, before: str, place: Place, has_files: bool = False) -> Iterator[Note]:
    """The sounds that a word starts together; `before`: the last sound before it."""
    parts = [StepWord(match[0], word.column + match.start()) for match in re.finditer(r"[^:]+", word.text)]
    if not parts:
        reader.problem(place, f"there is no sound '{word.text}'", column=word.column)
        return
    first, *others = parts
    try:
        others = [each for one in others for each in _notes_of_chord(one) or [one]]
    except ChordError as error:
        chord = next(one for one in others if "'" in one.text)
        reader.problem(place, error.sentence, error.meant, column=chord.column)
        return
    known = reader.vocabulary.find(first.text, reader.inside)
    if before and not known and (times := TIMES.fullmatch(word.text)):
        sentence, count = f"'{word.text}' is no sound: '*' plays a step several times", times[1] or times[2]
        reader.problem(place, sentence, f"'{before}*{count}'", column=first.column)
        return
    samples = reader.vocabulary.is_samples(first.text, reader.inside)
    if not known and not samples and before and (note_frequency(first.text) or read_word(first.text, CANONICAL_NAMES)):
        if note_frequency(first.text):
            sentence = f"'{first.text}' is a note: in a text it follows its sound after a colon"
        else:
            sentence = f"'{first.text}' is no sound: in a text what a sound is given follows a colon"
        reader.problem(place, sentence, f"'{before}:{word.text}'", column=first.column)
        return
    if not known and others and FILE_OF_FOLDER.fullmatch(f"{first.text}:{others[0].text}"):
        first = StepWord(f"{first.text}:{others[0].text}", first.column)
        del others[0]
    elif not known and not samples and (meant := DRUMS.get(first.text)) in reader.vocabulary.sounds:
        reader.problem(place, f"there is no sound '{first.text}'", f"'{meant}'", column=first.column)
        return
    if not known and not samples and has_files and ":" not in first.text and re.fullmatch(r"\w[\w.-]*", first.text):
        for note in read_sound_of_step(reader, StepWord(f"{first.text}:0", first.column), tuple(others), place):
            yield replace(note, words=note.words[1:])
        return
    pitches = [one for one in others if note_frequency(one.text)]
    rest = [one for one in others if one not in pitches]
    for words in [tuple(one for one in others if one is pitch or one in rest) for pitch in pitches] or [tuple(rest)]:
        yield from read_sound_of_step(reader, first, words, place)
