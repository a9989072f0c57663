"""Names of `patterns`: a word in the text of a pattern in, the pattern that it stands for out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Sequence_
from fractions import Fraction
from functools import partial
from typing import Any, Literal

from waves.language.model.models import Finding, Origin, Place, WrittenParameter
from waves.language.model.patterned.chain_reader import ChainReader, is_transform
from waves.language.model.patterned.told_words import words_in_lane, words_in_steps
from waves.language.model.scalar_validation import ScalarValidator
from waves.language.model.vocabulary import Vocabulary
from waves.language.patterns.calls.call_notation import called_elsewhere
from waves.language.patterns.chains import Chain
from waves.language.patterns.line import PLAIN, number_of
from waves.language.patterns.reader import Reader
from waves.language.patterns.syntax import (
    Pattern,
    PatternError,
    Pick,
    Rest,
    Sequence,
    Source,
    When,
    Where,
    words_of,
)
from waves.language.patterns.together.combined import STEPS
from waves.language.patterns.told.forms import FormReader
from waves.language.patterns.told.python_pattern import PythonPattern
from waves.language.patterns.told.told_notes import ToldWord, What, asked, told
from waves.language.patterns.transforms import Transformed
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean

PICK, OF = "pick", "of"
MOST_NAMES = 1_000
MOST_PICKED = 16

QUOTED = re.compile(r"'([A-Za-z_]\w{2,})'")
CALLED_IN = {"note": "choose(c4,e4)", "chord": "choose(Am,F)", "midi": "rand(48,72)", "freq": "rand(200,800)"}
"""Calls in lanes in which one without brackets gives nothing that is heard."""

Own = Callable[[str], bool]
"""Whether a word has a meaning of its own in a lane, so that it is no name."""
Whole = Callable[[str, Source], Pattern | None]
"""The pattern of a text that is read in a way of its own as a whole, as a line of `x` and `.`; else None."""
Entry = Callable[[str], str]
"""An entry of a list as it stands in a text."""


Use = Literal["steps", "lane", "number", "nothing"]
"""The meaning of the words of a pattern: sounds, values of a lane, numbers of a transform; or nothing uses them."""


def no_grid(text: str, source: Source) -> Pattern | None:
    """No text is read in a way of its own."""
    return None


class PatternNames:
    """The names that may stand in one text; where they stand decides what their words are."""

    def __init__(
        self,
        reader: ScalarValidator,
        own: Own = lambda _: False,
        whole: Whole = no_grid,
        entry: Entry = str,
        use: Use = "lane",
    ):
        self.reader, self.own, self.whole, self.entry = reader, own, whole, entry
        self.use = use

    def named(self, word: str, column: int, reader: Reader) -> Pattern | None:
        """The pattern of a word that is a name; None for another word. Raises PatternError."""
        name = word.partition(":")[0]
        if self.own(word) or name in self.reader.vocabulary.sounds:
            return None
        if lost := self.reader.vocabulary.lost_patterns.get(name):
            self.reader.looked[name] = "lost"
            place = Place(Origin("patterns"))
            self.reader.findings += [Finding(place, one.sentence, known=one) for one in lost]
            return Rest()
        value = self.reader.pattern_called(name, self.use == "lane")
        if value is None:
            return None
        if name != word:
            raise PatternError(f"'{name}' is a pattern: values follow its sounds", column, name)
        if name in reader.inside:
            self.refuse_circle(name, column, reader)
        return self.value(value.data, (name,), column, reader)

    def refuse_circle(self, name: str, column: int, reader: Reader) -> None:
        """Raise PatternError for a name that leads to itself: at the word that closes the circle, the same for all."""
        circle = [*reader.inside[reader.inside.index(name) :]]
        order = list(self.reader.vocabulary.patterns)
        first = min(circle, key=order.index)
        if first != reader.inside[0] and reader.inside[0] != "":
            again = Reader(first, names=self, inside=("",))
            self.named(first, 0, again)
        start = circle.index(first)
        shown = ", ".join([*circle[start:], *circle[:start], first])
        raise PatternError(f"'{first}' is made of itself: {shown}", column)

    def value(self, data: Any, source: Source, column: int, reader: Reader) -> Pattern:
        """The pattern of a value below a name. Raises PatternError."""
        if isinstance(data, str | int | float) and not isinstance(data, bool):
            if (found := self.whole(str(data), source)) is not None:
                return found
            return reader.within(str(data), source, column)
        if isinstance(data, PythonPattern):
            return self.of_python(data, source, column, reader)
        if isinstance(data, list) and data:
            return self.steps(data, source, column, reader)
        if isinstance(data, dict) and (STEPS in data or PICK in data):
            return self.changed(data, source, column, reader)
        raise self.refused(data, source)

    def of_python(self, one: PythonPattern, source: Source, column: int, reader: Reader) -> Pattern:
        """The pattern that a file of Python gives a name."""
        words = words_in_steps if self.use == "steps" else words_in_lane

        def tried(what: What) -> Sequence_[ToldWord]:
            return () if self.use == "nothing" else words(what, one.name)

        if one.book is None:
            text = partial(self.value, source=source, column=column, reader=reader)
            return FormReader(text, partial(self.chain, source, reader), partial(told, words=tried), reader.stack).tree(
                one.form
            )
        if self.use == "number":
            sentence = f"'{one.name}' is a function of Python, and numbers of transforms and 'pick' are known before"
            raise PatternError(sentence, column)
        known: set[str] = set()

        def later(what: What) -> Sequence_[ToldWord]:
            try:
                found = words(what, one.name)
            except PatternError:
                return ()
            return [word for word in found if word.text in known or (self.use == "lane" and self.own(word.text))]

        pattern = asked(one.book, tried, later)
        known |= {word.text for word in words_of(pattern)}
        return pattern

    def chain(self, source: Source, reader: Reader, transforms: Mapping[str, Any]) -> Chain:
        """The transforms of a pattern of Python, at the place of its name."""
        place = self.reader.vocabulary.patterns[str(source[0])].place
        numbers = PatternNames(self.reader, is_number, use="number")
        chains = ChainReader(self.reader, numbers, reader.key(str(source[0])), reader.counts.transforms)
        found = chains.chain({name: WrittenParameter(value, place) for name, value in transforms.items()})
        reader.counts.transforms = chains.count
        return found

    def steps(self, data: list[Any], source: Source, column: int, reader: Reader) -> Pattern:
        """The entries of a list one after another, those of a list in it together."""
        found: list[tuple[Fraction, Pattern]] = []
        for k, one in enumerate(data):
            at = (*source, k)
            if one is None:
                found.append((Fraction(1), Rest()))
            elif isinstance(one, list) and one:
                layers = [self.entry_of(each, (*at, j), column, reader) for j, each in enumerate(one)]
                found.append((Fraction(1), reader.stack(layers)))
            else:
                found.append((Fraction(1), self.entry_of(one, at, column, reader)))
        return Sequence(tuple(found))

    def entry_of(self, data: Any, source: Source, column: int, reader: Reader) -> Pattern:
        """One entry of a list."""
        return self.one_of(self.entry(data) if isinstance(data, str) else data, source, column, reader)

    def changed(self, data: dict[str, Any], source: Source, column: int, reader: Reader) -> Pattern:
        """A mapping: steps and their transforms, or patterns of which one is picked."""
        name, *below = source
        place = self.reader.vocabulary.patterns[str(name)].place.below(*below)
        pattern, chain = self.mapping(data, place, source, column, reader)
        return Transformed(pattern, chain) if chain else pattern

    def mapping(
        self, data: dict[str, Any], place: Place, source: Source, column: int, reader: Reader
    ) -> tuple[Pattern, tuple[Any, ...]]:
        """The pattern of a mapping at a place, and the transforms beside it."""
        numbers = PatternNames(self.reader, is_number, use="number")
        chains = ChainReader(self.reader, numbers, reader.key(str(source[0])), reader.counts.transforms)
        given: dict[str, WrittenParameter] = {}
        for key, value in data.items():
            if is_transform(str(key)):
                given[str(key)] = WrittenParameter(value, place.below(key))
            elif key not in (STEPS, PICK, OF):
                chains.unknown(str(key), place.below(key).at_key())
        if PICK in data:
            pattern: Pattern = self.picked(data, place, source, column, reader)
        else:
            pattern = self.value(data[STEPS], (*source, STEPS), column, reader)
        chain = chains.chain(given)
        reader.counts.transforms = chains.count
        return pattern, chain

    def whole_of(self, data: dict[str, Any], place: Place) -> tuple[Pattern, tuple[Any, ...]] | None:
        """The pattern of a mapping that stands in place of a text; None after a report."""
        try:
            return self.mapping(data, place, ("",), 0, Reader("", names=self))
        except PatternError as error:
            report_pattern(self.reader, error, place)
            return None

    def picked(self, data: dict[str, Any], place: Place, source: Source, column: int, reader: Reader) -> Pattern:
        """The pattern of `{pick: 0, of: [beat, fill]}`."""
        several = data.get(OF)
        if data[PICK] in ("section", "$section") and isinstance(several, dict):
            return self.by_section(several, source, column, reader)
        if not isinstance(several, list) or not 1 <= len(several) <= MOST_PICKED:
            sentence = f"'pick' takes one of a list: 'of' has 1 to {MOST_PICKED} patterns"
            raise PatternError(sentence, 0, "of: [beat, fill]", source)
        reader.names = numbers = PatternNames(self.reader, is_number, use="number")
        try:
            number = numbers.value(data[PICK], (*source, PICK), column, reader)
        finally:
            reader.names = self
        for word in words_of(number):
            if not PLAIN.fullmatch(word.text):
                sentence = f"'{word.text}' is no number: 'pick' is a number, or a pattern of numbers"
                raise PatternError(sentence, word.column, "", word.source)
        return Pick(tuple(self.one_of(one, (*source, OF, k), column, reader) for k, one in enumerate(several)), number)

    def one_of(self, data: Any, source: Source, column: int, reader: Reader) -> Pattern:
        """One of the patterns of which one is picked."""
        if isinstance(data, list):
            raise self.refused(data, source)
        return self.value(data, source, column, reader)

    def by_section(self, several: dict[str, Any], source: Source, column: int, reader: Reader) -> Pattern:
        """The pattern of `{pick: section, of: {verse: beat}}`: each in its section, silence in all others."""
        if not 1 <= len(several) <= MOST_PICKED:
            sentence = f"'of' has the patterns of 1 to {MOST_PICKED} sections"
            raise PatternError(sentence, 0, "of: {verse: beat}", source)
        layers: list[Pattern] = []
        for name, one in several.items():
            pattern = self.one_of(one, (*source, OF, name), column, reader)
            layers.append(Where(pattern, When(sections=frozenset((str(name),)))))
        return reader.stack(layers)

    @staticmethod
    def refused(data: Any, source: Source) -> PatternError:
        """The mistake of a value that is no pattern."""
        if data is None or data in ([], {}):
            return PatternError(f"'{source[0]}' has no pattern", 0, "", source)
        if isinstance(data, dict) and len(data) == 1 and (near := did_you_mean(str(next(iter(data))), (STEPS, PICK))):
            return PatternError("a mapping that is a pattern has 'steps'", 0, near.strip("'"), source)
        return PatternError(f"expected a pattern, got {written(data)}", 0, "", source)


def is_number(text: str) -> bool:
    """Whether a word of a transform is a number, or a letter for on or off."""
    try:
        number_of(text)
    except (ValueError, ZeroDivisionError):
        return False
    return True


def is_name(reader: ScalarValidator, entry: Any) -> bool:
    """Whether an entry of a list is the name of a pattern."""
    if not isinstance(entry, str):
        return False
    word = entry.strip().partition(" ")[0].partition(":")[0]
    return word not in reader.vocabulary.sounds and reader.pattern_called(word) is not None


def check_patterns(vocabulary: Vocabulary) -> list[Finding]:
    """The mistakes in `patterns` itself: in names, and in the signs of their texts, whether they are used or not."""
    reader = ScalarValidator(vocabulary, "patterns")
    names = PatternNames(reader, use="nothing")
    for k, (name, (_, place)) in enumerate(vocabulary.patterns.items()):
        if k == MOST_NAMES:
            reader.problem(place.at_key(), f"more than {MOST_NAMES:,} names of patterns")
            break
        if not name.isidentifier():
            reader.problem(place.at_key(), f"'{name}' cannot be a word of a pattern: letters, digits and '_' can")
            continue
        try:
            names.named(name, 0, Reader(name, names=names))
        except PatternError as error:
            report_pattern(reader, error, place)
    return reader.findings


def told_of_names(reader: ScalarValidator, told: int, pattern: Pattern, lane: str, at: Place) -> None:
    """Tell mistakes in the words of a lane, the findings since `told`, as those of its names where they are that.

    A name of a pattern of other things is one mistake, at the name; a word like a name, or like a call, means that.
    """
    found = [one for one in reader.findings[told:] if one.level == "error"]
    words = {word.text for word in words_of(pattern)}
    names = {"".join(map(str, word.source[:1])) for word in words_of(pattern)}
    is_other = len(found) >= len(words) and not all(one.suggestion for one in found)
    if is_other and len(words) > 1 and len(names) == 1 and (name := names.pop()):
        reader.findings[told:] = [Finding(at, f"'{name}' is no pattern for '{lane}': {found[0].sentence}")]
        return
    for k, one in enumerate(reader.findings[told:], told):
        word = QUOTED.search(one.sentence)
        if word and one.level == "error" and (not one.suggestion or one.suggestion.startswith("'patterns:")):
            meant = called_in(lane, word[1]) or did_you_mean(word[1], reader.vocabulary.patterns) or one.suggestion
            reader.findings[k] = one._replace(suggestion=meant)


def called_in(lane: str, word: str) -> str:
    """The call that a word alone means in a lane, in quotes; an empty string for any other word."""
    call = called_elsewhere(word, "")
    numbers = CALLED_IN.get(lane, "")
    return call and f"'{numbers or call}'"


def report_pattern(reader: ScalarValidator, error: PatternError, place: Place) -> None:
    """Report a mistake in the text of a pattern, which stands at a place, or in what its names stand for."""
    meant = f"'{error.meant}'" if error.meant and len(error.meant) <= 80 else ""
    reader.problem(reader.place_of(error.source or (), place), error.sentence, meant, column=error.column)
