"""Slips of hands and editors: texts that become other texts, broken ones for the most part."""

from __future__ import annotations

import random
import re

WORDS = (
    "osc filter delay sequencer automation envelope sample mix track tempo context expression reference smooth type "
    "freq amp signal steps interval duration id fade tail out voices repeat trigger reset chain swing bpm metre range "
    "phase cutoff peak feedback time loop file speed chop start end vars templates settings my_sound note"
).split()
SIGNS = ("{", "}", "[", "]", ":", ": ", ", ", '"', "'", "#", " #", "&a ", "*a", "<<: ", "!!", "|", ">", "%", "@", "`")
MARKS = (
    "- ",
    "? ",
    "---\n",
    "...\n",
    "\n",
    "  ",
    "\t",
    "$",
    "~",
    "\r",
    "\x00",
    "\x1b[31m",
    "\u202e",
    "\u2028",
    "\ufeff",
)
LETTERS = ("é", "😀", "ß", "１", "²", "−", "\xa0", "\udcff")
NUMBERS = (
    "nan inf -inf 1e308 -1e308 -0 0 1e-320 .inf .nan 99999999999999999999 -1 1e9 0x10 1_000 1e400 2**1000 10**400 1/0 "
    "0/0 2147483648 9223372036854775808 1:30 true null ~ c c4 db(400) rand() t $x st(1e4) exp(1000) log(0) sqrt(-1)"
).split()


def slipped(text: str, chance: random.Random, others: tuple[str, ...] = ()) -> str:
    """The text after one slip, or several. Lines of `others` may come in."""
    for _ in range(chance.choice([1, 1, 1, 2, 3, 6])):
        text = _slip(text or ":", chance, others)
    return text


def _slip(text: str, chance: random.Random, others: tuple[str, ...]) -> str:
    place, length = chance.randrange(len(text)), chance.randrange(60)
    lines = text.splitlines(keepends=True)
    line = chance.randrange(len(lines))
    match chance.randrange(12):
        case 0:
            return text[:place] + chance.choice(SIGNS + MARKS) + text[place:]
        case 1:
            return text[:place] + chance.choice(LETTERS) + text[place + chance.randrange(2) :]
        case 2:
            return text[:place] + chr(chance.randrange(32, 127)) + text[place + 1 :]
        case 3:
            return text[:place] + text[place + length :]
        case 4:
            return text[:place] + text[chance.randrange(len(text)) :][:length] + text[place:]
        case 5:
            return text[:place]
        case 6:
            return "".join(lines[:line] + lines[line + 1 :])
        case 7:
            return "".join([*lines[:line], chance.choice(lines), *lines[line:]])
        case 8 if others:
            return text + "\n" + "".join(chance.choice(others).splitlines(keepends=True)[: 1 + length // 8])
        case 9 | 10:
            return _replaced(text, r"-?\d+\.?\d*", chance.choice(NUMBERS), chance)
        case _:
            return _replaced(text, r"[a-z_]{2,}", chance.choice(WORDS), chance)


def _replaced(text: str, pattern: str, other: str, chance: random.Random) -> str:
    """The text with another word at one of the places that the pattern finds."""
    if not (found := list(re.finditer(pattern, text))):
        return text + other
    match = chance.choice(found)
    return text[: match.start()] + other + text[match.end() :]
