"""Calls in the text of a pattern: `rand(.3,1)`, `choose(c4,e4)`, `ms(20)`."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from waves.language.patterns.syntax import Call, PatternError, Word, closed

CONSTANT: dict[str, Callable[[float], float]] = {
    "ms": lambda number: number / 1000,
    "st": lambda number: 2.0 ** (number / 12),
    "db": lambda number: 10.0 ** (number / 20),
}
"""Calls that are one number: milliseconds in seconds, semitones and decibels as factors."""
DEFAULTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("rand", "perlin", "sine", "saw", "tri", "square"), ("0", "1")),
    "walk": ("0", "1", "0.1"),
}
"""The numbers of calls that are written without any."""
TAKES = {
    **dict.fromkeys(("rand", "perlin", "sine", "saw", "tri", "square"), ("a lowest and a highest number", "(0,1)")),
    "walk": ("a lowest and a highest number and a step", "(0,7,1)"),
    "irand": ("the count of its numbers", "(8)"),
    "choose": ("what it chooses from", "(1,2)"),
    **dict.fromkeys(CONSTANT, ("one number", "(20)")),
}
"""By name the words for what a call takes, and an example."""
CALLS = frozenset(TAKES)
DRAWS = ("random", "rnd", "randint", "rand_int", "randrange")
ELSEWHERE = {
    **dict.fromkeys(("choice", "choices", "oneof", "one_of"), "choose"),
    **{"triangle": "tri", "sqr": "square", "sawtooth": "saw"},
}
"""Calls of other programs, each with the one here; of `DRAWS` it depends on what stands in the brackets."""
ARGUMENT = re.compile(r"-?\d+/\d+(?![.\w])|[^\s*/@!(?%\[\]<>{},|)]+")
NUMBER = re.compile(r"-?(?:\d{1,9}(?:\.\d{0,9})?|\.\d{1,9}|\d{1,9}/\d{1,9})")
MOST_ARGUMENTS = 64
MOST_NUMBERS = 1_024  # of `irand`
MOST_STEPS = 1_024  # of `walk`, from its lowest to its highest number
LOUDEST = 200.0  # of what a constant call is given: beyond it is surely meant otherwise
LONGEST_MS = 1e6


def parted(word: str) -> tuple[str, str]:
    """The text before the name of a call, and the name: `hat:v=` and `rand`."""
    name = re.split("[=:]", word)[-1]
    return word.removesuffix(name), name


def called_elsewhere(name: str, arguments: str) -> str:
    """The call here that one of another program with some text in its brackets means; empty for any other name.

    random, 8      irand
    random, 0,7    rand
    """
    if name.lower() not in DRAWS:
        return ELSEWHERE.get(name.lower(), "")
    count = arguments.count(",") + 1 if arguments.strip() else 0
    if count == 1:
        return "irand"
    return "rand" if count in (0, 2) else "choose"


def read_arguments(text: str, begin: int) -> tuple[list[Word], int]:
    """The words in the brackets that open at a column, and the column behind them. Raises PatternError."""
    found: list[Word] = []
    at = begin + 1
    while True:
        at = _after_space(text, at)
        if text[at : at + 1] == ")" and not found:
            return found, at + 1
        match = ARGUMENT.match(text, at)
        if match:
            found.append(Word(match[0], at))
            at = _after_space(text, match.end())
        end = text[at : at + 1]
        if end not in (",", ")"):
            if not end:
                raise PatternError("this '(' is never closed", begin, closed(text.rstrip(" ,") + ")"))
            if match and ARGUMENT.match(text, at):
                raise PatternError("a comma is missing between the numbers of a call", at, _with_commas(text, begin))
            raise PatternError(f"'{end}' has no meaning inside the brackets of a call", at)
        if not match:
            raise PatternError("there is nothing beside the comma", at)
        if len(found) > MOST_ARGUMENTS:
            raise PatternError(f"a call takes at most {MOST_ARGUMENTS} words", at)
        at += 1
        if end == ")":
            return found, at


def _with_commas(text: str, begin: int) -> str:
    """The text with a comma between all that the call takes whose bracket opens at a column; "" where it is unclear."""
    inside, closing, behind = text[begin + 1 :].partition(")")
    words = re.split(r"\s*,\s*|\s+", inside.strip())
    return f"{text[: begin + 1]}{','.join(words)}){behind}" if closing and all(map(ARGUMENT.fullmatch, words)) else ""


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def made_call(before: str, name: str, words: list[Word], column: int, key: Callable[[str], str]) -> Word:
    """A call with its words; a constant one is its number. `key` makes a name for draws. Raises PatternError."""
    what, example = TAKES[name]
    if not words:
        words = [Word(one, column) for one in DEFAULTS.get(name, ())]
    count = len(DEFAULTS.get(name, "1"))
    if not words if name == "choose" else len(words) != count:
        raise PatternError(f"'{name}' takes {what}", column, f"{name}{example}")
    if name != "choose":
        for word in words:
            if not NUMBER.fullmatch(word.text) or word.text.endswith("/0"):
                raise PatternError(f"'{word.text}' is no number, and '{name}' takes {what}", word.column)
    text = f"{before}{name}({','.join(word.text for word in words)})"
    if name in CONSTANT:
        return Word(before + constant(name, words[0]), column)
    if name == "irand":
        number = Fraction(words[0].text)
        if number.denominator != 1 or not 1 <= number <= MOST_NUMBERS:
            raise PatternError(f"'irand' counts a whole number, 1 to {MOST_NUMBERS:,}", words[0].column)
    if name == "walk":
        lowest, highest, step = (Fraction(word.text) for word in words)
        if not lowest < highest:
            raise PatternError("'walk' goes from a lowest to a higher number", column, "walk(0,7,1)")
        if not 0 < step <= highest - lowest or (highest - lowest) / step > MOST_STEPS:
            sentence = f"the step of 'walk' is above 0, and 1 to {MOST_STEPS:,} of them lie between its ends"
            raise PatternError(sentence, words[2].column)
    return Call(text, column, before, name, tuple(words), key(text))


def constant(name: str, word: Word) -> str:
    """The number of a constant call. Raises PatternError for one that is too large."""
    number, most = float(Fraction(word.text)), LONGEST_MS if name == "ms" else LOUDEST
    if abs(number) > most:
        raise PatternError(f"'{name}' is at most {most:,g}", word.column)
    return f"{CONSTANT[name](number):.9f}".rstrip("0").rstrip(".")
