"""Reference for the notation of patterns: from a text to its events in one cycle, by splitting it and by fractions.

It is slow and plain on purpose, and shares nothing with the language: the text is split at commas, then at spaces, and
each step is read by itself; `pattern_tree` says what such a tree plays. `events("bd sn*2", 0)` gives the onset, length,
word and chance of three events.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from tests.harness.pattern_tree import (
    Chance,
    Choice,
    Euclid,
    Faster,
    Node,
    Sound,
    Steps,
    Together,
    TooMany,
    Turn,
    Word,
)

DEPTH, LENGTH, EVENTS, COPIES, SPEED, TIED_CYCLES = 32, 10_000, 4_096, 1_024, 1_024, 16
PAIRS = {"[": "]", "<": ">", "{": "}", "(": ")"}
SIGNS = "*/@!(?%"
CALLS = "rand irand choose walk perlin sine saw tri square ms st db".split()
NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)")
WHOLE = re.compile(r"-?\d+")
RANGE = re.compile(r"(-?\d+)\s*\.\.\s*(-?\d+)")
WORD = re.compile(r"(?:/(?=[^\W\d_])|[^\s*/@!(?%\[\]<>{},|])+")
FRACTION = re.compile(rf"{NUMBER.pattern}/{NUMBER.pattern}(?![^\s*/@!(?%])")
CONDITION = re.compile(rf"(!?)(?:(\d+):(\d+)|({NUMBER.pattern})|([^\W\d_]+))")

Event = tuple[Fraction, Fraction, str, Fraction]


class Refused(ValueError):
    """A text that is no pattern; `column` counts from 1."""

    def __init__(self, index: int, sentence: str) -> None:
        super().__init__(f"column {index + 1}: {sentence}")
        self.column = index + 1


class Unstated(Exception):
    """A text whose events are not told by the text alone, or not by the specification."""


def events(text: str, cycle: int, *, lane: bool = False) -> list[Event]:
    """Onset, length, word and chance of all that begins in a cycle, sorted; times in cycles, onsets from its start.

    The chance is that of the event by itself: two events may depend on the same draw. What never sounds (`a?1`) has the
    chance 0. In a lane `1/8` is a word. Refused and Unstated are raised as `read` does.
    """
    root = read(text, lane=lane)
    try:
        sounds = [sound for sound in onsets(root, cycle) if not sound.tie]
        if len(sounds) > EVENTS:
            raise Refused(0, f"{len(sounds)} notes in a cycle: {EVENTS} at most")
        ends = tied(root, sounds, cycle)
    except TooMany:
        raise Refused(0, "too many notes in a cycle") from None
    return sorted(
        (sound.begin - cycle, end - sound.begin, sound.word, sound.chance)
        for sound, end in zip(sounds, ends, strict=True)
    )


def onsets(root: Node, cycle: int) -> list[Sound]:
    """What begins in a cycle, in the order of its beginnings."""
    sounds = root.between(Fraction(cycle), Fraction(cycle + 1))
    return sorted((sound for sound in sounds if sound.is_onset), key=lambda sound: sound.begin)


def tied(root: Node, sounds: list[Sound], cycle: int) -> list[Fraction]:
    """The ends of sounds that begin in a cycle, each made longer by the ties that it reaches in its own voice."""
    ends = [sound.end for sound in sounds]
    for later in range(cycle, cycle + TIED_CYCLES) if root.has_ties and sounds else ():
        if max(ends) < later:
            break
        for tie in (sound for sound in onsets(root, later) if sound.tie):
            for number, sound in enumerate(sounds):
                if sound.begin < tie.begin <= ends[number] and one_voice(sound, tie):
                    ends[number] = max(ends[number], tie.end)
    return ends


def one_voice(sound: Sound, tie: Sound) -> bool:
    """No comma stands between the two."""
    return all(part == other for place, part in sound.voice for where, other in tie.voice if where == place)


def read(text: str, *, lane: bool = False) -> Node:
    """The tree of a text. Refused where it is no pattern, Unstated where nobody can say what it plays."""
    if len(text) > LENGTH:
        raise Refused(LENGTH, f"a pattern has {LENGTH} characters at most")
    return Reader(text, lane).group(0, len(text), 0)


class Reader:
    """One text, and for each bracket the index of the one that closes it."""

    def __init__(self, text: str, lane: bool) -> None:
        self.text, self.lane, self.closing = text, lane, closing_brackets(text)

    def group(self, begin: int, end: int, at: int) -> Node:
        """What stands inside brackets, of which `at` is the first."""
        return joined(*self.parts(begin, end, at))

    def parts(self, begin: int, end: int, at: int) -> tuple[list[Steps], str, int]:
        """The sequences beside commas or bars, the sign between them, and where they begin."""
        marks = [place for place in self.outside(begin, end) if self.text[place] in ",|"]
        for place in marks:
            if self.text[place] != self.text[marks[0]]:
                raise Refused(place, "a group has commas or bars, not both")
        spans = [(before + 1, after) for before, after in pairwise([begin - 1, *marks, end])]
        for number, (first, last) in enumerate(spans):
            if not self.text[first:last].strip():
                raise Refused((marks[number : number + 1] or marks[-1:] or [at])[0], "there is no step here")
        sequences = [self.sequence(first, last) for first, last in spans]
        return sequences, self.text[marks[0]] if marks else ",", begin

    def outside(self, begin: int, end: int) -> Iterator[int]:
        """The places between two that lie in no inner brackets."""
        place = begin
        while place < end:
            yield place
            place = self.closing.get(place, place) + 1

    def sequence(self, begin: int, end: int) -> Steps:
        """Steps between spaces; where single dots stand among them, what lies between the dots is one step each."""
        parts: list[list[tuple[int, int]]] = [[]]
        for first, last in self.pieces(begin, end):
            if self.text[first:last] != ".":
                parts[-1].append((first, last))
            elif not parts[-1]:
                raise Refused(first, "there is no step before this dot")
            else:
                parts.append([])
        if not parts[-1]:
            raise Refused(self.text.rindex(".", begin, end), "there is no step behind this dot")
        groups = [self.steps(part) for part in parts]
        return groups[0] if len(groups) == 1 else Steps(tuple((Fraction(1), group) for group in groups))

    def pieces(self, begin: int, end: int) -> list[tuple[int, int]]:
        """What stands between spaces; `0 .. 3` is one piece."""
        pieces: list[tuple[int, int]] = []
        goes_on = False
        for place in self.outside(begin, end):
            after = self.closing.get(place, place) + 1
            if self.text[place].isspace():
                goes_on = False
            elif goes_on:
                pieces[-1] = pieces[-1][0], after
            else:
                dots = [place, *(last - 2 for _, last in pieces[-1:])]
                in_range = pieces and any(self.text.startswith("..", dot) for dot in dots)
                pieces.append((pieces.pop()[0] if in_range else place, after))
                goes_on = True
        return pieces

    def steps(self, pieces: list[tuple[int, int]]) -> Steps:
        """A sequence without dots: holds, repeats and copies written out."""
        steps: list[tuple[Fraction, Node]] = []
        for begin, end in pieces:
            piece = self.text[begin:end]
            if piece == "_" and steps:
                steps[-1] = steps[-1][0] + 1, steps[-1][1]
            elif piece == "!" and steps:
                steps.append(steps[-1])
            elif piece == "!":
                raise Refused(begin, "there is no step before this '!'")
            elif piece == "_":
                steps.append((Fraction(1), Word("", begin, tie=True)))
            elif piece[0] in SIGNS:
                raise Refused(begin, "a sign follows its step without a space")
            elif piece[0] == "_" and piece[1] in SIGNS:
                raise Refused(begin + 1, "'_' takes no sign")
            else:
                steps += self.step(begin, end)
        return Steps(tuple(steps))

    def step(self, begin: int, end: int) -> list[tuple[Fraction, Node]]:
        """One step with its signs, written out as often as it is repeated."""
        node, place = self.atom(begin, end)
        atom_end, weight, copies = place, None, 1
        while place < end:
            sign, at, place = self.text[place], place, place + 1
            if sign in "*/":
                number, place = self.number(at, place, speed_of(sign))
                node = Faster(node, number, slower=sign == "/")
            elif sign == "@":
                if weight is not None:
                    raise Refused(at, "a step has one '@'")
                weight, place = self.plain_number(at, place)
                if weight <= 0:
                    raise Refused(at + 1, "a weight is above 0")
            elif sign == "!":
                found = WHOLE.match(self.text, place, end)
                copies *= int(found[0]) if found else 2
                place = found.end() if found else place
                if not 1 <= copies <= COPIES:
                    raise Refused(at + 1, f"a step is repeated 1 to {COPIES} times")
            elif sign == "(":
                node, place = self.euclid(node, at), self.closing[at] + 1
            elif sign == "?":
                chance = Fraction(1, 2)
                if NUMBER.match(self.text, place, end):
                    chance, place = self.plain_number(at, place)
                if not 0 <= chance <= 1:
                    raise Refused(at + 1, "a chance lies between 0 and 1")
                node = Chance(node, 1 - chance)
            elif sign == "%":
                node, place = self.condition(node, at, end, is_group=at == atom_end and self.text[at - 1] in "]>")
            else:
                raise Refused(at, "steps are parted by spaces")
        return [(Fraction(1) if weight is None else weight, node)] * copies

    def atom(self, begin: int, end: int) -> tuple[Node, int]:
        """A step without its signs, and the place after it."""
        bracket = self.text[begin]
        if bracket in "[<{":
            close = self.closing[begin]
            if bracket == "[":
                return self.group(begin + 1, close, begin), close + 1
            sequences, kind, place = self.parts(begin + 1, close, begin)
            count, after = Word("1" if bracket == "<" else str(sequences[0].total), begin), close + 1
            number: Node = count
            if bracket == "{" and self.text[after:end].startswith("%"):
                number, after = self.number(after, after + 1, at_least_0)
            turns = [Faster(steps, number, unit=1 / steps.total) for steps in sequences]
            return joined(turns, kind, place), after
        if found := RANGE.match(self.text, begin, end):
            first, last = int(found[1]), int(found[2])
            if abs(last - first) >= COPIES:
                raise Refused(begin, f"a range has {COPIES} numbers at most")
            step = 1 if first <= last else -1
            numbers = range(first, last + step, step)
            return Steps(tuple((Fraction(1), Word(str(number), begin)) for number in numbers)), found.end()
        found = (FRACTION.match(self.text, begin, end) if self.lane else None) or WORD.match(self.text, begin, end)
        if not found:
            raise Refused(begin, "there is no step here")
        if ".." in found[0] or self.text[found.end() : end].lstrip().startswith(".."):
            raise Refused(begin, "a range has whole numbers on both sides")
        after = found.end()
        if self.text[after:end].startswith("(") and found[0].rpartition("=")[2] in CALLS:
            after = self.closing[after] + 1
        return Node() if found[0] in "~-" else Word(self.text[begin:after], begin), after

    def plain_number(self, sign: int, place: int) -> tuple[Fraction, int]:
        """The number at a place, which the sign before it needs, and the place after it."""
        found = NUMBER.match(self.text, place)
        if not found:
            raise Refused(sign, f"a number is missing after '{self.text[sign]}'")
        return Fraction(found[0]), found.end()

    def number(self, sign: int, place: int, check: Callable[[Word], None]) -> tuple[Node, int]:
        """A number at a place, or a pattern of numbers in brackets, each of them checked; and the place after it."""
        if self.text[place : place + 1] in ("<", "["):
            node, after = self.atom(place, self.closing[place] + 1)
        else:
            value, after = self.plain_number(sign, place)
            node = Word(str(value), place)
        if node.has_ties:
            raise Unstated("a tie in the numbers of a sign")
        for leaf in node.leaves():
            if isinstance(leaf, Word):
                if not NUMBER.fullmatch(leaf.text) and node is not leaf:
                    raise Refused(leaf.index, f"'{leaf.text}' is no number")
                check(leaf)
        return node, after

    def euclid(self, node: Node, at: int) -> Euclid:
        """A step with a Euclidean rhythm, whose bracket stands at a place."""
        close = self.closing[at]
        marks = [place for place in self.outside(at + 1, close) if self.text[place] == ","]
        if not 1 <= len(marks) <= 2:
            raise Refused(at, "euclid is onsets and steps, and a rotation")
        numbers: list[Node] = []
        for before, after in pairwise([at, *marks, close]):
            first = before + 1
            while first < after and self.text[first].isspace():
                first += 1
            number, behind = self.number(before, first, is_step_count if len(numbers) == 1 else is_whole)
            if self.text[behind:after].strip():
                raise Refused(behind, "a number of euclid is one number or one group")
            numbers.append(number)
        if node.has_ties:
            raise Unstated("a tie under euclid")
        onsets, steps = ([leaf for leaf in n.leaves() if isinstance(leaf, Word)] for n in numbers[:2])
        for onset in onsets:
            if abs(Fraction(onset.text)) > min((Fraction(step.text) for step in steps), default=0):
                raise Refused(onset.index, f"{onset.text} onsets do not fit into the steps")
        return Euclid(node, numbers[0], numbers[1], numbers[2] if marks[1:] else Word("0", at))

    def condition(self, node: Node, at: int, end: int, is_group: bool) -> tuple[Node, int]:
        """A step with the condition behind the `%` at a place, and the place after it."""
        found = CONDITION.match(self.text, at + 1, end)
        if not found:
            raise Refused(at, "a condition is missing after '%'")
        negated, turn, of, per_cent, word = found.groups()
        if turn:
            if not 1 <= int(turn) <= int(of):
                raise Refused(at + 1, f"{turn} of {of} never comes")
            return Chance(node, turns=(Turn(int(turn), int(of), bool(negated)),)), found.end()
        if per_cent and is_group:
            raise Refused(at, "a group has no per cent: its chance is '?'")
        if per_cent:
            chance = Fraction(per_cent) / 100
            if not 0 <= chance <= 1:
                raise Refused(at + 1, "a chance lies between 0 and 100 per cent")
            return Chance(node, 1 - chance if negated else chance), found.end()
        if word == "first":
            return Chance(node, turns=(Turn(1, None, bool(negated)),)), found.end()
        if word in ("fill", "prev"):
            raise Unstated(f"'{word}' is told by what plays")
        raise Refused(at + 1, f"there is no condition '{word}'")


def closing_brackets(text: str) -> dict[int, int]:
    """For the place of each opening bracket, that of the one that closes it."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for place, sign in enumerate(text):
        if sign in PAIRS:
            opened.append(place)
            if len(opened) > DEPTH:
                raise Refused(place, f"brackets lie in one another {DEPTH} deep at most")
        elif sign in PAIRS.values():
            if not opened:
                raise Refused(place, f"this '{sign}' closes nothing")
            if PAIRS[text[opened[-1]]] != sign:
                raise Refused(place, f"'{sign}' cannot close '{text[opened[-1]]}' in column {opened[-1] + 1}")
            closing[opened.pop()] = place
        elif sign in '"“”„':
            raise Refused(place, "a quotation mark is no part of a pattern")
    if opened:
        raise Refused(opened[-1], f"this '{text[opened[-1]]}' is never closed")
    return closing


def joined(parts: list[Steps] | list[Faster], sign: str, index: int) -> Node:
    """Parts beside commas or bars as one node."""
    if len(parts) == 1:
        return parts[0]
    if sign == ",":
        return Together(tuple(parts), index)
    if any(part.has_ties for part in parts):
        raise Unstated("a tie in one of several choices")
    return Choice(tuple(parts))


def speed_of(sign: str) -> Callable[[Word], None]:
    """Check of the numbers after `*` or `/`."""

    def check(word: Word) -> None:
        at_least_0(word)
        if sign == "*" and Fraction(word.text) > SPEED:
            raise Refused(word.index, f"{word.text} times as fast: {SPEED} at most")
        if sign == "/" and not Fraction(word.text):
            raise Refused(word.index, "nothing is 0 times as fast")

    return check


def at_least_0(word: Word) -> None:
    if Fraction(word.text) < 0:
        raise Refused(word.index, f"{word.text} is below 0")


def is_whole(word: Word) -> None:
    if Fraction(word.text).denominator != 1:
        raise Refused(word.index, f"{word.text} is no whole number")


def is_step_count(word: Word) -> None:
    is_whole(word)
    if Fraction(word.text) < 1:
        raise Refused(word.index, f"{word.text} steps are too few")
