"""Patterns in Python, for the files in `patterns/` of a piece.

    from waves.patterns import mini, notes, pattern, stack

    PATTERN = mini("kick*2 [~ snare]").every(4, "fast 2")

    @pattern
    def riff(cycle, random):
        "A line that climbs."
        top = 60 + cycle % 8
        return notes([(k / 8, 1 / 8, {"sound": "pluck", "midi": top + random.choice((0, 3, 7))}) for k in range(8)])

What a file gives a name at its top level is a pattern of the piece by that name: `play: riff`. One that is called
`pattern` or `PATTERN` has the name of its file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Never

from waves.language.model.models import Origin, Place, WrittenParameter
from waves.language.model.patterned.chain_reader import ChainReader
from waves.language.model.scalar_validation import ScalarValidator
from waves.language.model.vocabulary import Vocabulary
from waves.language.patterns.chains import has_transform
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import MOST_STEPS, PatternError
from waves.language.patterns.told.forms import LARGEST, packed_notes, read_notes, time_of

__all__ = ["Pattern", "PatternMistake", "alternate", "mini", "notes", "pattern", "sequence", "silence", "stack"]

CHANGES_NOTES = ("transpose", "shift_scale", "nudge", "invert", "jux", "humanise", "striate", "fit")
"""Transforms that change notes and not only their times: they stand beside `play`."""
CHANGES_A_NOTE = "'{}' changes notes, and a pattern with a name changes their times alone: write it beside 'play'"

NO_FUNCTIONS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (inspect.isclass, "a pattern is a function, and not a class"),
    (inspect.iscoroutinefunction, "a pattern is a function without 'async'"),
    (inspect.isasyncgenfunction, "a pattern is a function without 'async'"),
    (inspect.isgeneratorfunction, "a pattern gives all notes of its cycle at once: 'return' a list, not 'yield'"),
)
"""Other callables, each with the sentence that refuses it."""
Number = int | float | Fraction | str
"""A number, or a pattern of numbers as a text: `"<1 2>"`."""
Change = str | Mapping[str, Any] | Sequence[Any]
"""A change: a word as `"rev"`, a word and its number as `"fast 2"`, keys as `{"fast": 2, "rev": None}`; a list."""


class PatternMistake(ValueError):
    """A mistake in a pattern: one sentence."""


class Pattern:
    """A pattern. It never changes: each method returns another one.

    The methods are the transforms of a pattern in waves.yaml, under the same names and with the same meaning.
    """

    __slots__ = ("form",)
    form: Any
    """The pattern as plain data."""

    def __init__(self, form: Any):
        object.__setattr__(self, "form", form)

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError("a pattern cannot be changed: its methods return another one")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError("a pattern cannot be changed: its methods return another one")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self.form == other.form

    def __hash__(self) -> int:
        return hash(repr(self.form))

    def __repr__(self) -> str:
        return f"Pattern({self.form!r})"

    def fast(self, number: Number) -> Pattern:
        """So many times as fast."""
        return self._with("fast", _number(number))

    def slow(self, number: Number) -> Pattern:
        """So many times as slow."""
        return self._with("slow", _number(number))

    def rev(self, number: Number = 1) -> Pattern:
        """Each cycle backwards, where the number is not 0."""
        return self._with("rev", _number(number))

    def palindrome(self) -> Pattern:
        """Forwards and backwards in turn."""
        return self._with("palindrome", 1)

    def shift(self, time: Number) -> Pattern:
        """Later by a time in cycles, below 0 earlier."""
        return self._with("shift", _number(time))

    def iter(self, number: Number) -> Pattern:
        """Begins 1/number later with each cycle; below 0 the other way."""
        return self._with("iter", _number(number))

    def ply(self, number: Number) -> Pattern:
        """Each note so many times in its length."""
        return self._with("ply", _number(number))

    def also(self, time: Number, change: Change) -> Pattern:
        """A copy that is later by the time, changed, on top."""
        return self._with("also", {_number(time): _change(change)})

    def echo(self, times: int = 3, time: Number = "1/8", change: Change | None = None) -> Pattern:
        """Each note so many times in all, each later by the time, and changed once more by what is given."""
        more = {} if change is None else {"with": _change(change)}
        return self._with("echo", {"times": times, "time": _number(time), **more})

    def every(self, number: int | str, change: Change) -> Pattern:
        """A change in the last of so many cycles; `"1:4"` is the first of four."""
        return self._with("every", {_number(number): _change(change)})

    def chunk(self, number: Number, change: Change) -> Pattern:
        """A change in one of so many parts of the cycle, the next in each cycle."""
        return self._with("chunk", {_number(number): _change(change)})

    def inside(self, number: Number, change: Change) -> Pattern:
        """A change as if a cycle were so many cycles."""
        return self._with("inside", {_number(number): _change(change)})

    def restart(self, pattern: Number) -> Pattern:
        """Begins its cycle anew at each `x`."""
        return self._with("restart", _number(pattern))

    def shuffle(self, number: Number) -> Pattern:
        """So many parts of the cycle in random order."""
        return self._with("shuffle", _number(number))

    def scramble(self, number: Number) -> Pattern:
        """So many parts of the cycle, each of them drawn."""
        return self._with("scramble", _number(number))

    def sometimes(self, probability: Number, change: Change) -> Pattern:
        """A change for each note with a probability."""
        return self._with("sometimes", {_number(probability): _change(change)})

    def some_cycles(self, probability: Number, change: Change) -> Pattern:
        """A change for whole cycles with a probability."""
        return self._with("some_cycles", {_number(probability): _change(change)})

    def degrade(self, probability: Number = 0.5) -> Pattern:
        """Leaves out notes with a probability."""
        return self._with("degrade", _number(probability))

    def chance(self, probability: Number) -> Pattern:
        """The probability with which a note stays."""
        return self._with("chance", _number(probability))

    def mask(self, pattern: Number) -> Pattern:
        """Lets through where it is on: `"1 0"`."""
        return self._with("mask", _number(pattern))

    def do(self, change: Change) -> Pattern:
        """A list of transforms, one after another."""
        return self._with("do", _change(change))

    ratchet, off, stut = ply, also, echo

    def __getattr__(self, name: str) -> Never:
        if name in CHANGES_NOTES:
            raise PatternMistake(CHANGES_A_NOTE.format(name))
        raise AttributeError(f"there is no transform '{name}'", name=name, obj=self)

    def _with(self, name: str, value: Any) -> Pattern:
        _check_transform(name, value)
        return Pattern({"of": self.form, "by": {name: value}})


class PatternFunction:
    """A function that gives the pattern of each cycle, as `@pattern` makes it."""

    __slots__ = ("function", "takes_random")

    def __init__(self, function: Callable[..., Any]):
        for is_other, sentence in NO_FUNCTIONS:
            if is_other(function):
                raise PatternMistake(sentence)
        names = [*inspect.signature(function).parameters]
        if names not in (["cycle"], ["cycle", "random"]):
            listed = ", ".join(names) or "none"
            raise PatternMistake(f"the arguments of a pattern are 'cycle', or 'cycle, random', and not {listed}")
        if not isinstance(getattr(function, "__name__", None), str):
            raise PatternMistake("a pattern is a function with a name")
        self.function, self.takes_random = function, len(names) == 2

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    def __call__(self, cycle: int, random: Any = None) -> Any:
        return self.function(cycle, random) if self.takes_random else self.function(cycle)


def pattern(function: Callable[..., Any]) -> PatternFunction:
    """Make a function of the cycle a pattern.

    It is given the number of the cycle, from 0, and with a second argument `random` a `random.Random` that begins with
    the seed of the piece, the name and the cycle. It returns a Pattern, a text for `mini` or a list for `notes`: what
    counts is that cycle of it.
    """
    return PatternFunction(function)


def mini(text: str) -> Pattern:
    """The pattern of a text in the notation of waves.yaml: `mini("kick*2 [~ snare]")`."""
    if not isinstance(text, str):
        raise PatternMistake(f"'mini' takes a text, not a {type(text).__name__}")
    try:
        read(text, fractions=True)
    except PatternError as error:
        meant = f"; did you mean '{error.meant}'?" if error.meant else ""
        raise PatternMistake(f"column {error.column + 1} of the pattern: {error.sentence}{meant}") from None
    return Pattern(text)


def notes(several: Iterable[tuple[Any, Any, Any]]) -> Pattern:
    """Notes, each with its onset and its length in cycles, and what it plays.

    What it plays is a word or a number of the lane that uses it, a sound as `"bass:c2:v.5"`, or values by name:
    `{"sound": "bass", "note": "c2", "v": 0.5}`, with `midi` or `freq` in place of `note`. A time is a Fraction, or a
    number that stands for the nearest fraction with a denominator up to 5,040. A note is 4 cycles long at most.
    """
    try:
        return Pattern({"notes": packed_notes(read_notes(list(several)))})
    except PatternError as error:
        raise PatternMistake(error.sentence) from None


def stack(*patterns: Pattern | str) -> Pattern:
    """Patterns together."""
    return _several("stack", patterns)


def sequence(*patterns: Pattern | str) -> Pattern:
    """Patterns one after another in a cycle, each the same part of it."""
    return _several("sequence", patterns)


def alternate(*patterns: Pattern | str) -> Pattern:
    """One of the patterns in each cycle, in turn."""
    return _several("alternate", patterns)


silence = Pattern(None)
"""A pattern in which nothing begins."""


def as_pattern(value: Any) -> Pattern:
    """The pattern that a function may return: one, a text, or a list of notes. Raises PatternMistake."""
    if isinstance(value, Pattern):
        return value
    if isinstance(value, str):
        return mini(value)
    if isinstance(value, list | tuple):
        return notes(value)
    what = "nothing" if value is None else f"a {type(value).__name__}"
    raise PatternMistake(f"a pattern, a text or a list of notes is returned, and not {what}")


def _several(kind: str, patterns: Sequence[Pattern | str]) -> Pattern:
    if not patterns:
        raise PatternMistake(f"'{kind}' takes one pattern or more")
    if kind != "stack" and len(patterns) > MOST_STEPS:
        raise PatternMistake(f"'{kind}' takes {MOST_STEPS:,} patterns at most, not {len(patterns):,}")
    return Pattern({kind: [as_pattern(one).form for one in patterns]})


def _number(number: Number) -> int | str:
    if isinstance(number, str):
        return number
    if isinstance(number, int) and not isinstance(number, bool) and abs(number) <= LARGEST:
        return number
    try:
        return str(time_of(number, "a number"))
    except PatternError as error:
        raise PatternMistake(error.sentence) from None


def _change(change: Change | Number | None) -> Any:
    """A change as plain data."""
    if isinstance(change, Mapping):
        return {_number(key) if not isinstance(key, str) else key: _change(one) for key, one in change.items()}
    if isinstance(change, str | None):
        return change
    return [_change(one) for one in change] if isinstance(change, Sequence) else _number(change)


def _check_transform(name: str, value: Any) -> None:
    """Raise PatternMistake for a transform that cannot be."""
    reader = ScalarValidator(Vocabulary({}, frozenset()), "")
    chain = ChainReader(reader).chain({name: WrittenParameter(value, Place(Origin(name)))})
    if (other := next((one for one in CHANGES_NOTES if has_transform(chain, one)), None)) is not None:
        raise PatternMistake(CHANGES_A_NOTE.format(other))
    for finding in reader.findings:
        meant = f"; did you mean {finding.suggestion}?" if finding.suggestion else ""
        raise PatternMistake(f"{finding.sentence}{meant}")
