"""Reads the signs behind a step: `* / @ ! ( ) ? %`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from waves.language.patterns.calls.call_notation import CALLS, called_elsewhere, made_call, parted, read_arguments
from waves.language.patterns.euclid import fits, not_opened, unclosed
from waves.language.patterns.syntax import (
    FASTEST,
    MOST_NOTES,
    MOST_REPEATS,
    MOST_SIGNS,
    Argument,
    Chance,
    Euclid,
    Fast,
    Pattern,
    PatternError,
    Source,
    Turn,
    When,
    Where,
    Word,
    words_of,
)
from waves.problem import did_you_mean

NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)")
WHOLE = re.compile(r"\d+")
PART = re.compile(r"(?<![\w.:])(\d{1,9}(?:\.\d{0,9})?)%$")
TURN = re.compile(r"(!?)(\d+):(\d+)")
AS_BEFORE = re.compile(r"(!?)prev(?![^\W\d_])")
ASKED_AGAIN = re.compile(r"%!?prev")
WORD_OF_CONDITION = re.compile(r"(!?)([^\W\d_]+)")
CONDITIONS = {"fill": 0b1010, "first": 0b1100}
"""Words of conditions, each with the bits of a `When`."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
HEAVIEST = 10_000  # of `@`
NAME_OF_CALL = re.compile(r"[A-Za-z_.]{3,}")
LONGEST_RHYTHM = 64  # steps; behind a word of letters more are numbers of a call


@dataclass(slots=True)
class Counts:
    """Counts of a text and of all texts that its names stand for."""

    stacks: int = 0
    letters: int = 0
    transforms: int = 0
    keys: Counter[str] = field(default_factory=Counter)


class SignReader(ABC):
    """The part of the reader that reads what follows a step without a space."""

    text: str
    fractions: bool
    at: int
    source: Source
    before: Turn | Where | Chance | None
    """The last condition in the group that is read, but for `%prev`."""

    @abstractmethod
    def atom(self) -> Pattern:
        """A word, a group or a range."""

    @abstractmethod
    def key(self, written: str) -> str:
        """A name for draws."""

    def signs(self, step: Any, start: int) -> None:
        """Read the signs of a step, which begins at column `start`."""
        is_group = self.text[self.at - 1] in "]>"  # directly before the first sign
        count = 0
        while self.at < len(self.text) and self.text[self.at] in "*/@!(?%":
            sign = self.text[self.at]
            if (count := count + 1) > MOST_SIGNS:
                raise PatternError(f"a step has at most {MOST_SIGNS} signs", self.at)
            if sign == "(":
                step.pattern, is_group = self.euclid(step.pattern, start), False
                continue
            before = self.text[start : self.at]
            self.at += 1
            match sign:
                case "*" | "/":
                    step.pattern = Fast(step.pattern, self.factor(sign, start), sign == "/")
                case "@":
                    if step.held:
                        raise PatternError("this step has two '@'", self.at - 1)
                    weight = self.number(sign)
                    if not 0 < weight <= HEAVIEST:
                        raise PatternError(f"'@' is above 0, and {HEAVIEST:,} at most", self.at - 1)
                    step.weight, step.held = weight, True
                case "!":
                    match = WHOLE.match(self.text, self.at)
                    self.at = match.end() if match else self.at
                    count = int(match[0]) if match else 2
                    step.repeats *= count
                    if not 1 <= step.repeats <= MOST_REPEATS:
                        raise PatternError(f"'!' is 1 to {MOST_REPEATS:,}", self.at - 1)
                case "?":
                    match = NUMBER.match(self.text, self.at)
                    self.at = match.end() if match else self.at
                    drop = float(match[0]) if match else 0.5
                    if not 0.0 <= drop <= 1.0:
                        meant = f"{before}?0.{match[0].lstrip('-').replace('.', '')}" if match else ""
                        raise PatternError("a chance lies between 0 and 1", start, meant)
                    step.pattern = Chance(step.pattern, 1.0 - drop, self.key(before))
                case "%":
                    step.pattern = self.condition(step.pattern, start, before, is_group)
            is_group = False
        if self.at < len(self.text) and not re.match(r"[\s,|\]>}]", self.text[self.at]):
            if self.text[self.at] == ")":
                raise PatternError("this ')' closes nothing", self.at, not_opened(self.text, self.at))
            meant = f"{self.text[: self.at]} {self.text[self.at :]}"
            raise PatternError(f"a space is missing before '{self.text[self.at]}'", self.at, meant)

    def condition(self, pattern: Pattern, start: int, before: str, is_group: bool) -> Pattern:
        """The condition after a `%`; `is_group`: it follows a `]` or `>`."""
        if match := AS_BEFORE.match(self.text, self.at):
            return self.as_before(pattern, start, match)
        self.before = self.own_condition(pattern, start, before, is_group)
        return self.before

    def as_before(self, pattern: Pattern, start: int, match: re.Match[str]) -> Pattern:
        """A pattern where the condition before it in its group holds, or does not."""
        is_not = bool(match[1])
        self.at = match.end()
        match self.before:
            case Turn() as turn:
                return replace(turn, pattern=pattern, others=turn.others is not is_not)
            case Where(when=when):
                return Where(pattern, When(15 ^ when.turns) if is_not else when)
            case Chance() as chance:
                return replace(chance, pattern=pattern, others=is_not)
        sentence = f"there is no condition before this '%{match[0]}' in its group"
        raise PatternError(sentence, start, f"hat%70 {self.text[start : self.at]}")

    def own_condition(self, pattern: Pattern, start: int, before: str, is_group: bool) -> Turn | Where | Chance:
        """A condition by itself: one of so many cycles, a word, or per cent."""
        if match := TURN.match(self.text, self.at):
            which, of = int(match[2]), int(match[3])
            if not 1 <= of <= MOST_REPEATS:
                raise PatternError(f"a condition counts 1 to {MOST_REPEATS:,} cycles, not {of:,}", self.at)
            if not 1 <= which <= of:
                which_word = ORDINALS[which - 1] if 1 <= which <= len(ORDINALS) else f"{which}th"
                meant = f"{before}%{of if which else 1}:{of}"
                raise PatternError(f"a {which_word} of {of} never comes", start, meant)
            self.at = match.end()
            return Turn(pattern, which, of, bool(match[1]))
        if match := WORD_OF_CONDITION.match(self.text, self.at):
            turns = CONDITIONS.get(match[2])
            if turns is None:
                meant = did_you_mean(match[2], [*CONDITIONS, "prev"]).strip("'")
                words = "'fill', 'first' and 'prev'"
                sentence = f"there is no condition '%{match[0]}': {words}, and numbers as '%3:4' and '%70'"
                raise PatternError(sentence, self.at - 1, meant and f"{before}%{match[1]}{meant}")
            self.at = match.end()
            return Where(pattern, When(15 ^ turns if match[1] else turns))
        if is_group:
            raise PatternError("only '{ }' has '%' with its steps in a cycle; a chance is '?'", self.at - 1)
        negated = self.text[self.at : self.at + 1] == "!"
        self.at += negated
        percent = self.number("%")
        if not 0 <= percent <= 100:
            raise PatternError("a chance after '%' lies between 0 and 100", start)
        chance = float(100 - percent if negated else percent) / 100.0
        return Chance(pattern, chance, self.key(before), once=bool(ASKED_AGAIN.search(self.text)))

    def number(self, sign: str) -> Fraction:
        """The number after a sign."""
        match = NUMBER.match(self.text, self.at)
        if not match:
            if sign == "%" and (part := PART.search(self.text, 0, self.at)):
                number = f"{float(part[1]) / 100:g}"
                meant = self.text[: part.start()] + number + self.text[self.at :]
                raise PatternError(f"'{part[0]}' is no number: it is {number}", part.start(), meant)
            meant = self.text[: self.at] + "2" + self.text[self.at :]
            raise PatternError(f"a number is missing after '{sign}'", self.at - 1, meant)
        self.at = match.end()
        if len(match[0]) > 12:
            raise PatternError("this number is too long", match.start())
        return Fraction(match[0])

    def argument(self, sign: str, least: int = 0) -> Argument:
        """The number after a sign, or a group of numbers."""
        start = self.at
        if self.text[start : start + 1] not in ("<", "["):
            number = self.number(sign)
            if number < least:
                raise PatternError(f"what follows '{sign}' is {least} or more", start)
            return number
        pattern = self.atom()
        for word in words_of(pattern):
            if not NUMBER.fullmatch(word.text):
                sentence = f"'{word.text}' is no number, and one stands after '{sign}'"
                raise PatternError(sentence, word.column, "", word.source)
            if Fraction(word.text) < least or len(word.text) > 12:
                raise PatternError(f"what follows '{sign}' is {least} or more", word.column, "", word.source)
        return pattern

    def factor(self, sign: str, start: int) -> Argument:
        """The number after '*' or '/'."""
        at = self.at
        argument = self.argument(sign)
        found = [argument] if isinstance(argument, Fraction) else [Fraction(word.text) for word in words_of(argument)]
        for number in found:
            if sign == "*" and number > MOST_NOTES:
                raise PatternError(f"{int(number):,} notes in a cycle: {MOST_NOTES:,} at most", start)
            if number > FASTEST:
                raise PatternError(f"'{sign}' is at most {FASTEST:,}", at)
            if sign == "/" and number == 0:
                raise PatternError("nothing can be divided by 0: '/' is above 0", at)
        return argument

    def euclid(self, pattern: Pattern, start: int) -> Pattern:
        """The onsets, steps and rotation in round brackets."""
        begin = self.at
        before = self.text[start:begin]
        if isinstance(pattern, Word) and re.split("[=:]", pattern.text)[-1] in CALLS:
            return self.call(pattern.text, start)
        name = parted(pattern.text)[1] if isinstance(pattern, Word) else ""
        inside = self.text[begin + 1 :].partition(")")[0]
        if (self.fractions or "=" in before) and (near := called_elsewhere(name, inside)):
            meant = self.text[: begin - len(name)] + near + self.text[begin:]
            raise PatternError(f"there is no call '{name}'", begin - len(name), meant)
        self.at += 1
        found: list[Argument] = []
        while True:
            self.skip()
            if self.text[self.at : self.at + 1] not in (")", ",", ""):
                found.append(self.argument("(", least=-MOST_REPEATS))
            self.skip()
            end = self.text[self.at : self.at + 1]
            if not end or end not in ",)":
                raise unclosed(self.text, begin, self.at, len(found))
            self.at += 1
            if end == ")":
                break
        if self.fractions and NAME_OF_CALL.fullmatch(name):
            self.check_call(name, found, start)
        if not 2 <= len(found) <= 3:
            first = self.text[begin + 1 : self.at - 1].split(",")[0].strip()
            meant = f"{before}({first if first.isdigit() and int(first) <= 8 else 3},8)"
            raise PatternError("euclid is onsets and steps, and a rotation if you like", start, meant)
        onsets, steps, rotation = (*found, Fraction(0))[:3]
        self.check_whole([*found], start)
        if isinstance(onsets, Fraction) and isinstance(steps, Fraction):
            fits(int(onsets), int(steps), start, before)
        return Euclid(pattern, onsets, steps, rotation, start, self.source)

    def call(self, word: str, start: int) -> Word:
        """A call, whose name ends a word that begins at column `start`; without brackets too."""
        before, name = parted(word)
        if (before and not before.endswith("=")) or not (before or self.fractions):
            meant = f"{before.rstrip(':') or 'hat'}:v={name}" + self.text[self.at :]
            raise PatternError(f"'{name}' gives a number: it stands in a lane, or behind a name and '='", start, meant)
        column = self.at
        words, self.at = read_arguments(self.text, column) if self.text[column : column + 1] == "(" else ([], column)
        made = made_call(before, name, [replace(word, source=self.source) for word in words], start, self.key)
        return replace(made, source=self.source)

    def skip(self) -> None:
        """Skip white space."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def check_call(self, name: str, arguments: Sequence[Argument], start: int) -> None:
        """Raise PatternError for a word with numbers in brackets that are no rhythm: a call with another name."""
        numbers = [one for one in arguments if isinstance(one, Fraction)]
        near = did_you_mean(name, CALLS).strip("'")
        are_whole = all(number.denominator == 1 and number <= LONGEST_RHYTHM for number in numbers)
        if are_whole and (2 <= len(arguments) <= 3 or not near):
            return
        known = "" if near else f": calls are {', '.join(sorted(CALLS))}"
        meant = near and self.text[:start] + near + self.text[start + len(name) :]
        raise PatternError(f"there is no call '{name}'{known}", start, meant)

    @staticmethod
    def check_whole(arguments: list[Argument], start: int) -> None:
        """Raise PatternError for a number that is not whole or too large."""
        for one in arguments:
            numbers = [one] if isinstance(one, Fraction) else [Fraction(word.text) for word in words_of(one)]
            for number in numbers:
                if number.denominator != 1 or abs(number) > MOST_REPEATS:
                    raise PatternError(f"the numbers of euclid are whole, and {MOST_REPEATS:,} at most", start)
