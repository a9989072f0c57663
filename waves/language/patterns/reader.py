"""Reads the text of a pattern into its tree, by recursive descent.

text = seq {"," seq} | seq {"|" seq}
seq  = part {" . " part}      part = step {" " step}
step = (atom {sign}) | "~" | "-" | "_" | "!"
atom = word | "[" text "]" | "<" text ">" | "{" text "}" ["%" arg] | int ".." int
sign = "*" arg | "/" arg | "@" num | "!" [int] | "(" arg "," arg ["," arg] ")" | "?" [num] | "%" condition
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from waves.language.patterns.calls.call_notation import CALLS
from waves.language.patterns.euclid import not_opened
from waves.language.patterns.signs import Counts, SignReader
from waves.language.patterns.syntax import (
    CLOSING,
    DEEPEST,
    MOST_LETTERS,
    MOST_REPEATS,
    MOST_STEPS,
    Chance,
    Choice,
    Fast,
    Pattern,
    PatternError,
    Rest,
    Sequence,
    Source,
    Stack,
    Tie,
    Turn,
    Where,
    Word,
    closed,
)

WORD = re.compile(r"[^\s*/@!(?%\[\]<>{},|)]+(?:/(?=[A-Za-z])[^\s*/@!(?%\[\]<>{},|)]+)*")
FRACTION = re.compile(r"-?\d+/\d+(?![.\w])")
RANGE = re.compile(r"(-?\d+)\s*\.\.\s*(-?\d+)(?![^\s*/@!(?%\[\]<>{},|)])")
DOT = re.compile(r"\.(?=[\s,|\]>}]|$)")
DRUM_GRID = re.compile(r"[xX.\-]*[xX][xX.\-]*")
TIE = re.compile(r"_(?![^\s,|\]>}*/@!(?%])")
SIGNS = "*/@(?%"


@dataclass(slots=True)
class Step:
    """A step while its sequence is read."""

    pattern: Pattern
    weight: Fraction = Fraction(1)
    repeats: int = 1
    held: bool = False
    """Whether its weight is written."""


class Names(Protocol):
    """The names that stand for patterns."""

    def named(self, word: str, column: int, reader: Reader) -> Pattern | None:
        """The pattern of a word that a reader has met; None for one that is no name. Raises PatternError."""


@dataclass
class Reader(SignReader):
    """Reads one text from left to right; `at` is the next column."""

    text: str
    fractions: bool = False
    """Whether `1/8` is a number."""
    names: Names | None = None
    source: Source = ()
    inside: tuple[str, ...] = ()
    """The names that led to this text."""
    outer: int = 0
    """The column of the first of them."""
    at: int = 0
    depth: int = 0
    counts: Counts = field(default_factory=Counts)
    last: Pattern | None = None
    """The pattern of the last name."""
    before: Turn | Where | Chance | None = None

    def whole(self, alone: bool = True) -> Pattern:
        """The pattern of the whole text; `alone`: whether a text that is only a name is the text of that name.

        Otherwise it is that text in brackets. Raises PatternError.
        """
        try:
            if len(self.text) > MOST_LETTERS:
                raise PatternError(f"a pattern has at most {MOST_LETTERS:,} letters, not {len(self.text):,}", 0)
            self.counts.letters += len(self.text)
            parts, sign = self.parts("")
        except PatternError as error:
            error.source = self.source if error.source is None else error.source
            raise
        if alone and self.last and len(parts) == 1 and [step for _, step in parts[0].steps] == [self.last]:
            return self.last
        return self.together(parts, sign)

    def within(self, text: str, source: Source, column: int) -> Pattern:
        """The pattern of another text, for which a name in this column stands. Raises PatternError."""
        outer = self.outer if self.inside else column
        if self.counts.letters + len(text) > MOST_LETTERS:
            sentence = f"with what its names stand for this pattern has more than {MOST_LETTERS:,} letters"
            raise PatternError(sentence, outer, "", ())
        if self.depth >= DEEPEST:
            raise PatternError(f"brackets and names are at most {DEEPEST} deep", outer, "", ())
        inside = (*self.inside, *(str(name) for name in source[:1] if name))
        return Reader(text, self.fractions, self.names, source, inside, outer, 0, self.depth + 1, self.counts).whole()

    def together(self, parts: list[Sequence], sign: str) -> Pattern:
        """The parts of a text as one pattern."""
        if len(parts) == 1:
            return parts[0]
        return self.choice(parts) if sign == "|" else self.stack(parts)

    def stack(self, layers: list[Pattern] | list[Sequence]) -> Pattern:
        """Patterns together."""
        if len(layers) == 1:
            return layers[0]
        self.counts.stacks += 1
        return Stack(tuple(layers), self.counts.stacks)

    def choice(self, parts: list[Pattern] | list[Sequence]) -> Choice:
        """One of several patterns in each cycle."""
        return Choice(tuple(parts), self.key("|"))

    def key(self, written: str) -> str:
        """A name for draws: what is written, with its count among equal ones."""
        keys = self.counts.keys
        keys[written] += 1
        return f"{written} {keys[written]}"

    def parts(self, opened: str) -> tuple[list[Sequence], str]:
        """The sequences up to the end of a group, and the sign between them; `opened`: its bracket."""
        begin, sign = self.at - 1, ""
        found: list[Sequence] = []
        while True:
            start, sequence = self.at, self.sequence()
            end = self.text[self.at : self.at + 1]
            if sequence is None:
                self.empty(opened, begin, start, end, bool(found), sign)
            else:
                found.append(sequence)
            if end not in (",", "|") or not end:
                break
            if sign and end != sign:
                raise PatternError(
                    f"'{sign}' and '{end}' stand in one group: give one of them a '[ ]' of its own", self.at
                )
            sign = end
            self.at += 1
        if end == CLOSING.get(opened, ""):
            self.at += len(end)
            return found, sign
        if not end:
            raise PatternError(f"this '{opened}' is never closed", begin, closed(self.text))
        if opened:
            sentence = f"'{end}' cannot close the '{opened}' in column {begin + 1} of the pattern"
            raise PatternError(sentence, self.at, CLOSING[opened])
        meant = (self.text[: self.at] + self.text[self.at + 1 :]).strip()
        raise PatternError(f"this '{end}' closes nothing", self.at, meant)

    def empty(self, opened: str, begin: int, start: int, end: str, later: bool, sign: str) -> None:
        """Raise PatternError for a sequence without steps."""
        if not opened and end and end not in ",|":
            return  # a bracket that closes nothing
        if later or (end in (",", "|") and end):
            column, which = (start - 1, sign) if later else (self.at, end)
            meant = (self.text[:column].rstrip() + self.text[column + 1 :]).strip()
            sentence = (
                "there is no sound beside the comma" if which == "," else f"there is nothing beside the '{which}'"
            )
            raise PatternError(sentence, column, meant)
        if not opened:
            raise PatternError("the pattern is empty: a rest is '~'", 0, "~")
        if not end:
            raise PatternError(f"this '{opened}' is never closed", begin, closed(self.text.rstrip() + "~"))
        if end == CLOSING[opened]:
            meant = self.text[:begin] + "~" + self.text[self.at + 1 :]
            raise PatternError("this group is empty: a rest is '~'", begin, meant)

    def sequence(self) -> Sequence | None:
        """Steps up to a comma, a '|', a closing bracket or the end; None without one."""
        start = self.at
        groups: list[list[Step]] = [[]]
        dot = 0
        while self.space() and self.text[self.at] not in ",|]>}":
            if DOT.match(self.text, self.at):
                if not groups[-1]:
                    raise PatternError("there is nothing between the dots: a rest is '~'", self.at)
                dot = self.at
                groups.append([])
                self.at += 1
            else:
                self.step(groups[-1])
        count = sum(step.repeats for group in groups for step in group)
        if count > MOST_STEPS:
            raise PatternError(f"{count:,} steps in a group: {MOST_STEPS:,} at most", start)
        if len(groups) == 1:
            return self.joined(groups[0]) if groups[0] else None
        if not groups[-1]:
            raise PatternError("there is nothing after the dot: a rest is '~'", dot)
        return Sequence(tuple((Fraction(1), self.joined(group)) for group in groups))

    @staticmethod
    def joined(steps: list[Step]) -> Sequence:
        """The sequence of some steps."""
        return Sequence(tuple((step.weight, step.pattern) for step in steps for _ in range(step.repeats)))

    def space(self) -> bool:
        """Skip white space; whether anything follows."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at < len(self.text)

    def step(self, steps: list[Step]) -> None:
        """Read one step, or what lengthens or repeats the one before it."""
        start, letter = self.at, self.text[self.at]
        if letter == "!" and not self.text[start + 1 : start + 2].isdigit():
            if not steps:
                raise PatternError("there is no step before this '!' that it could repeat", start)
            self.at += 1
            if steps[-1].repeats >= MOST_REPEATS:
                raise PatternError(f"a step is repeated at most {MOST_REPEATS:,} times", start)
            last = steps[-1]
            steps.append(Step(last.pattern, last.weight, 1, last.held))
            self.ends_here("!")
            return
        if letter in f"{SIGNS}!" or letter == ")":
            if letter == ")":
                raise PatternError("this ')' closes nothing", start, not_opened(self.text, start))
            if not steps:
                raise PatternError(f"there is no step before this '{letter}'", start)
            meant = self.text[:start].rstrip() + self.text[start:]
            raise PatternError("a sign follows its step without a space", start, meant)
        if TIE.match(self.text, start):
            self.at += 1
            if self.text[self.at : self.at + 1] in tuple("*/@!(?%"):
                raise PatternError("'_' lengthens the step before it, and takes no sign", self.at)
            if not steps:
                steps.append(Step(Tie()))
            elif isinstance(steps[-1].pattern, Tie):
                steps[-1].weight += 1
            else:
                last = steps[-1]
                if last.repeats > 1:  # only the last of them is longer
                    last.repeats -= 1
                    steps.append(last := Step(last.pattern, last.weight, 1, last.held))
                last.weight += 1
            return
        self.at = start
        step = Step(self.atom())
        self.signs(step, start)
        steps.append(step)

    def ends_here(self, what: str) -> None:
        """Raise PatternError unless a step ends at this column."""
        if self.at < len(self.text) and not re.match(r"[\s,|\]>}]", self.text[self.at]):
            raise PatternError(f"a space is missing after '{what}'", self.at)

    def atom(self) -> Pattern:
        """A word, a group or a range."""
        start, letter = self.at, self.text[self.at]
        if letter in CLOSING:
            return self.group(letter)
        if match := RANGE.match(self.text, start):
            return self.range(int(match[1]), int(match[2]), match)
        match = FRACTION.match(self.text, start) if self.fractions else None
        match = match or WORD.match(self.text, start)
        assert match  # every other letter was met before
        self.at = match.end()
        if match[0] in "~-":
            return Rest()
        if any(quote in match[0] for quote in '"“”‘’„'):
            raise PatternError("a quotation mark inside a pattern", start)
        if ".." in match[0] and not DRUM_GRID.fullmatch(match[0]):
            raise PatternError("a range has whole numbers on both sides, as in '0 .. 3'", start)
        if self.fractions and match[0] in CALLS and self.text[self.at : self.at + 1] != "(":
            return self.call(match[0], start)
        if self.names and (named := self.names.named(match[0], start, self)):
            self.last = named
            return named
        return Word(match[0], start, source=self.source)

    def range(self, first: int, last: int, match: re.Match[str]) -> Pattern:
        """Whole numbers, both ends, in one step."""
        self.at = match.end()
        count = abs(last - first) + 1
        if count > MOST_REPEATS:
            raise PatternError(f"'{match[0]}' are {count:,} numbers: {MOST_REPEATS:,} at most", match.start())
        numbers = range(first, last + 1) if first <= last else range(first, last - 1, -1)
        return Sequence(
            tuple((Fraction(1), Word(str(number), match.start(), source=self.source)) for number in numbers)
        )

    def group(self, opened: str) -> Pattern:
        """The pattern between two brackets."""
        if self.depth >= DEEPEST:
            raise PatternError(f"brackets are at most {DEEPEST} deep", self.at)
        self.depth += 1
        self.at += 1
        before, self.before = self.before, None
        parts, sign = self.parts(opened)
        self.before = before
        self.depth -= 1
        if opened == "[":
            return self.together(parts, sign)
        turns = Fraction(1)
        if opened == "{":
            turns = parts[0].weight
            if self.text[self.at : self.at + 1] == "%":
                self.at += 1
                steps = self.argument("%")
                paced: list[Pattern] = [Fast(Fast(part, part.weight, slow=True), steps) for part in parts]
                return self.choice(paced) if sign == "|" else self.stack(paced)
        turning: list[Pattern] = [part if turns == part.weight else Fast(part, turns / part.weight) for part in parts]
        return self.choice(turning) if sign == "|" else self.stack(turning)


def read(text: str, fractions: bool = False, names: Names | None = None, alone: bool = True) -> Pattern:
    """Pattern of a text. `fractions`: whether `1/8` is a number; `alone`: see `Reader.whole`. Raises PatternError."""
    return Reader(text, fractions, names).whole(alone)
