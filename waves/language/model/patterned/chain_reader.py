"""Reads transforms of a pattern: keys and values as written in, a chain out; every mistake is reported at its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from waves.language.model.models import Place, WrittenParameter
from waves.language.model.patterned.transform_table import FORMS, OTHER_NAMES, TransformForm
from waves.language.model.scalar_validation import ScalarValidator
from waves.language.model.vocabulary import OF_STRUDEL
from waves.language.patterns.chains import Chain, Transform
from waves.language.patterns.line import number_of
from waves.language.patterns.reader import Names, read
from waves.language.patterns.syntax import Pattern, PatternError, Sequence, Word, words_of
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean

MOST_TRANSFORMS = 64  # of one pattern
PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")
ONE_OF = re.compile(r"(\d+):(\d+)")
Rows = tuple[tuple[str, Any, TransformForm], ...]
ECHO: Rows = (
    ("times", 3, TransformForm("", least=1, most=64, is_whole=True, example="3")),
    ("time", "1/8", TransformForm("", least=-16, most=16, example="1/8")),
    ("v", 0.6, TransformForm("", least=0, most=2, example="0.6")),
)
HUMANISE: Rows = (
    ("time", "0.008", TransformForm("", least=0, most=Fraction(1, 4), example="ms(8)")),
    ("v", 0, TransformForm("", least=0, most=Fraction(1, 2), example="0.1")),
)

ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def is_transform(name: str) -> bool:
    """Whether a key beside a pattern is a transform."""
    return name in FORMS or name in OTHER_NAMES


class ChainReader:
    """Reads the transforms of one pattern and of its lanes."""

    def __init__(self, reader: ScalarValidator, names: Names | None = None, inside: str = "", count: int = 0):
        """`names`: those in its numbers. `inside`: the name of the pattern that is changed. `count`: the transforms of
        the patterns that it is a part of.
        """
        self.reader, self.names, self.inside = reader, names, inside
        self.count = count
        self.keys: Counter[str] = Counter()

    def chain(self, given: Mapping[str, WrittenParameter]) -> Chain:
        """The chain of some keys, in their order; what is wrong is left out after a report."""
        return tuple(one for name, (data, place) in given.items() for one in self.transform(name, data, place))

    def transform(self, name: str, data: Any, place: Place) -> Chain:
        """The chain of one key; none after a report."""
        name = OTHER_NAMES.get(name, name)
        form = FORMS[name]
        self.count += 1
        if self.count > MOST_TRANSFORMS:
            if self.count == MOST_TRANSFORMS + 1:
                self.reader.problem(place.at_key(), f"a pattern has at most {MOST_TRANSFORMS} transforms")
            return ()
        match form.form:
            case "list":
                return self.function(data, place) or ()
            case "echo":
                return self.echo(data, place)
            case "humanise":
                return self.humanise(data, place)
            case "function":
                chain = self.function(data, place)
                return (Transform(name, constant(Fraction(1)), chain, self.key(name)),) if chain else ()
            case "chained":
                return self.chained(name, form, data, place)
        if data is None and form.default is not None:
            return (Transform(name, constant(form.default), key=self.key(name)),)
        numbers = self.numbers(name, form, data, place)
        return (Transform(name, numbers, key=self.key(name)),) if numbers else ()

    def key(self, name: str) -> str:
        """A name for draws: the transform with its count."""
        self.keys[name] += 1
        return f"{self.inside} {name} {self.keys[name]}".lstrip()

    def function(self, data: Any, place: Place) -> Chain | None:
        """A transform as a value: a word, a word and its argument, a mapping, or a list; None after a report."""
        if isinstance(data, str):
            return self.word(data, place)
        if isinstance(data, list):
            chains = [self.function(one, place.below(k)) for k, one in enumerate(data)]
            return None if None in chains else tuple(one for chain in chains for one in chain or ())
        if isinstance(data, dict) and data:
            found: list[Transform] = []
            for name, value in data.items():
                if not is_transform(str(name)):
                    self.unknown(str(name), place.below(name).at_key())
                    return None
                found += self.transform(str(name), value, place.below(name))
            return tuple(found)
        self.reader.problem(place, f"expected a transform, got {written(data)}", "'rev'")
        return None

    def word(self, text: str, place: Place) -> Chain | None:
        """A word, or a word and its argument."""
        name, _, argument = text.strip().partition(" ")
        if not is_transform(name):
            self.unknown(name, place)
            return None
        return self.transform(name, argument.strip() or None, place)

    def unknown(self, name: str, place: Place) -> None:
        """Report a word that is no transform."""
        if what := self.played(name):
            is_fill = "every" in place.path
            instead = fill_shown(name, str(place.path[-1])) if is_fill else f'"<hat {name}>" or "[hat|{name}]"'
            sentence = f"'{name}' is a {what}, and no transform: it takes its turns in the text, as {instead}"
            self.reader.problem(place, sentence)
            return
        self.reader.problem(
            place, f"there is no transform '{name}'", OF_STRUDEL.get(name) or did_you_mean(name, [*FORMS, *OTHER_NAMES])
        )

    def played(self, name: str) -> str:
        """The word for what a name plays; empty for one that plays nothing."""
        is_pattern = self.reader.pattern_called(name) is not None
        return "pattern" if is_pattern else "sound" if name in self.reader.vocabulary.sounds else ""

    def chained(self, name: str, form: TransformForm, data: Any, place: Place) -> Chain:
        """A transform with what is done, behind its number."""
        if isinstance(data, dict) and len(data) == 1 and is_transform(str(next(iter(data)))):
            data = [data]  # a transform as a mapping
        if isinstance(data, str) and (meant := self.parted_meant(data)):
            self.reader.problem(place, f"'{name}' has a ':' between the number and what is done", meant)
            return ()
        if not isinstance(data, dict):
            if form.default is not None and data is not None:
                chain = self.function(data, place)
                return (Transform(name, constant(form.default), chain, self.key(name)),) if chain else ()
            self.reader.problem(place.at_key(), *self.without_chain(name, form, data))
            return ()
        found: list[Transform] = []
        for key, value in data.items():
            at = place.below(key)
            which: tuple[Pattern, ...] = ()
            number: Any = key
            if value is None and (meant := self.parted_meant(str(key))):
                self.reader.problem(at.at_key(), f"'{name}' has a ':' between the number and what is done", meant)
                continue
            if name == "every" and (match := ONE_OF.fullmatch(str(key))):
                if not 1 <= int(match[1]) <= int(match[2]):
                    self.reader.problem(at.at_key(), f"'every' counts from 1 to {match[2]}", f"'{{1:{match[2]}: …}}'")
                    continue
                which, number = (constant(Fraction(match[1])),), int(match[2])
            numbers = self.numbers(name, form, number, at.at_key())
            if value is None:
                self.reader.problem(at.at_key(), f"'{name}' says what is done", f"'{{{key}: rev}}'")
            elif numbers and (chain := self.function(value, at)):
                found.append(Transform(name, numbers, chain, self.key(name), which))
        return tuple(found)

    @staticmethod
    def parted_meant(text: str) -> str:
        """The number and what is done that a text means, in quotes, or an empty string.

        4 fast 2    '{4: fast 2}'
        """
        number, _, done = text.strip().partition(" ")
        is_done = is_transform(done.strip().partition(" ")[0]) and re.fullmatch(r"[\d.:/%]+", number)
        return f"'{{{number}: {done.strip()}}}'" if is_done else ""

    @staticmethod
    def without_chain(name: str, form: TransformForm, data: Any) -> tuple[str, str]:
        """The sentence and the suggestion for a number alone."""
        number = data if isinstance(data, int | float | str) and not isinstance(data, bool) else form.example
        meant = f"'{{{number}: rev}}'"
        if name == "every" and isinstance(number, int) and number > 0:
            return f"'every' says what happens in each {ORDINALS.get(number, f'{number}th')} cycle", meant
        return f"'{name}' is a number and what is done", meant

    def echo(self, data: Any, place: Place) -> Chain:
        """The copies of each note, with their number, time and factor."""
        data = {} if data is None else data
        numbers = self.named("echo", data, place, ECHO, "{times: 3, time: 1/8, v: .6}", ("with",))
        if numbers is None:
            return ()
        chain = self.function(data["with"], place.below("with")) if "with" in data else ()
        return (Transform("echo", numbers[0], chain, self.key("echo"), numbers[1:]),) if chain is not None else ()

    def humanise(self, data: Any, place: Place) -> Chain:
        """Chance in time and strength, with the spread of both."""
        data = {} if data is None else data
        numbers = self.named("humanise", data, place, HUMANISE, "{time: ms(8), v: .1}", ())
        return (Transform("humanise", numbers[0], (), self.key("humanise"), numbers[1:]),) if numbers else ()

    def named(
        self, name: str, data: Any, place: Place, rows: Rows, example: str, further: tuple[str, ...]
    ) -> tuple[Pattern, ...] | None:
        """The numbers of a transform that is written as a mapping; None after a report. `further`: its other keys."""
        if not isinstance(data, dict):
            self.reader.problem(place, f"expected a mapping, got {written(data)}", f"'{example}'")
            return None
        known = [*(key for key, _, _ in rows), *further]
        for key in data:
            if key not in known:
                near = did_you_mean(str(key), known)
                self.reader.problem(place.below(key).at_key(), f"'{name}' has no parameter '{key}'", near)
                return None
        numbers: list[Pattern] = []
        for key, default, form in rows:
            value = data.get(key, default)
            found = self.numbers(key, form, value, place.below(key) if key in data else place)
            if found and len(words_of(found)) != 1:
                self.reader.problem(place.below(key), f"'{key}' of '{name}' is one number", f"'{form.example}'")
                return None
            numbers += [found] if found else []
        return tuple(numbers) if len(numbers) == len(rows) else None

    def numbers(self, name: str, form: TransformForm, data: Any, place: Place) -> Pattern | None:
        """The numbers of a transform: one, or a pattern of them; None after a report."""
        shown = f"'{form.example}'" if form.example else ""
        if isinstance(data, bool):
            data = int(data)
        if data is None or not isinstance(data, str | int | float):
            shown = self.cycles_meant(name, form, data) or shown
            self.reader.problem(place, f"'{name}' takes a number or a pattern, not {written(data)}", shown)
            return None
        text = str(data)
        if match := PERCENT.fullmatch(text.strip()):
            return self.within(name, form, constant(Fraction(match[1]) / 100), place)
        try:
            pattern = read(text, True, self.names)
        except PatternError as error:
            meant = f"'{error.meant}'" if error.meant else ""
            at = self.reader.place_of(error.source or (), place)
            self.reader.problem(at, error.sentence, meant, column=error.column)
            return None
        return self.within(name, form, pattern, place)

    def cycles_meant(self, name: str, form: TransformForm, data: Any) -> str:
        """The pattern that a list of numbers may mean, one in each cycle, in quotes; an empty string for none."""
        if not isinstance(data, list) or len(data) < 2 or not all(isinstance(one, str | int | float) for one in data):
            return ""
        text = f"<{' '.join(map(str, data))}>"
        try:
            numbers = [number_of(word.text) for word in words_of(read(text, True, self.names))]
        except (PatternError, ValueError, ZeroDivisionError):
            return ""
        return "" if any(self.slip(name, form, number) for number in numbers) else f"'\"{text}\"'"

    def within(self, name: str, form: TransformForm, pattern: Pattern, place: Place) -> Pattern | None:
        """The numbers, if they lie where they must; None after a report."""
        for word in words_of(pattern):
            try:
                number = number_of(word.text)
            except (ValueError, ZeroDivisionError):
                sentence = f"'{word.text}' is no number, and one stands after '{name}'"
                self.reader.problem(self.reader.place_of_word(word, place), sentence, column=word.column)
                return None
            is_one = isinstance(pattern, Sequence) and len(words_of(pattern)) == 1 and not word.source
            slip = self.slip(name, form, number, is_one)
            if slip:
                at = place.at_key() if is_one else self.reader.place_of_word(word, place)
                self.reader.problem(at, *slip, column=0 if at.key else word.column)
                return None
        return pattern

    @staticmethod
    def slip(name: str, form: TransformForm, number: Fraction, is_one: bool = False) -> tuple[str, str] | None:
        """The sentence and the suggestion for a number that lies where it must not, else None.

        `is_one`: it is the only one, and may be a percentage.
        """
        if form.above and number <= form.least:
            return f"nothing would be heard: '{name}' is above 0", "'1'"
        if form.is_whole and number.denominator != 1:
            return f"'{name}' is a whole number", f"'{max(round(number), 1)}'"
        if name == "iter" and number == 0:
            return "'iter' is not 0", "'4'"
        if name == "every" and number < 1:
            return "'every' counts from 1", "'{1: rev}'"
        if name == "nudge" and number < 0:
            return "'nudge' is from 0 on: earlier is 'shift', in cycles", "'shift: -1/64'"
        if form.most == 1 and form.least == 0 and not 0 <= number <= 1:
            meant = f"'{float(number / 100):g}'" if is_one and 1 < number <= 100 else ""
            return f"'{name}' lies between 0 and 1", meant
        if number < form.least:
            return f"'{name}' is at least {float(form.least):,g}", ""
        if number > form.most:
            return f"'{name}' is at most {float(form.most):,g}", ""
        return None


def fill_shown(name: str, cycles: str) -> str:
    """A pattern with a fill, as an example in a sentence; without a number of cycles each fourth."""
    cycles = cycles if cycles.isdigit() else "4"
    return f"\"hat%!fill, [{name}]%fill\" beside 'fill: {cycles}'"


def constant(number: Fraction) -> Pattern:
    """The pattern of one number."""
    return Sequence(((Fraction(1), Word(str(number), 0)),))
