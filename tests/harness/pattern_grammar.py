"""Random texts of patterns, drawn from the grammar by a seed: all signs, in every combination that has a clear meaning.

Left out is what the grammar allows and its words do not settle: rests and several values at once in the numbers of a
sign, `!` after `!`, ties in choices and under euclid, and conditions that the text alone does not decide.
"""

from __future__ import annotations

import random
from collections.abc import Callable

WORDS = (
    *("a b c kick hat snare hits:3 bass:c2:v.5 c4 c#4 eb3 c4'm7 C^7 D/F# V7/V bVII 0 1 7 -1 -12 0.5 .25").split(),
    *("a.b a-b a_b a~ x X 2# 3b 0^ 4v name=4 é").split(),
)
SPEEDS = ("0", "1", "2", "3", "4", "1.5", ".5", "0.75", "2.5")
SLOWNESSES = ("1", "2", "3", "1.5", ".5", "0.25", "4")
WEIGHTS = ("1", "2", "3", "1.5", ".5", "0.25")
CHANCES = ("", "", "0", "1", "0.3", ".25", "0.5")
CONDITIONS = ("70", "0", "100", "12.5", "1:1", "1:2", "2:2", "3:4", "4:4", "!1:3", "!30")
SPACES = (" ", " ", " ", " ", "  ", "\t", "\n", " \n  ")
SIZES = ((4, 1), (12, 2), (12, 2), (40, 3), (300, 5), (1_500, 8))
"""About the most events in a cycle, and how deep groups lie in one another: of small texts and of large ones."""


def random_text(seed: int) -> str:
    """A pattern; the same seed gives the same text."""
    draw = random.Random(seed)
    events, depth = draw.choice(SIZES)
    writer = Writer(draw)
    return writer.edge() + writer.group(events, depth, ties=draw.random() < 0.4) + writer.edge()


class Writer:
    """Texts from one source of random numbers. `room` is about the most events of a part in one of its cycles."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw

    def often(self, probability: float) -> bool:
        return self.draw.random() < probability

    def edge(self) -> str:
        """Space that may be left out."""
        return self.draw.choice(SPACES) if self.often(0.1) else ""

    def group(self, room: int, depth: int, ties: bool, parts: tuple[int, ...] = (1, 1, 1, 1, 2, 3)) -> str:
        """A text as it stands in brackets: sequences beside commas or bars."""
        count = min(self.draw.choice(parts), room)
        sign = self.draw.choice(",,|")
        ties = ties and (count == 1 or sign == ",")
        edges = [self.edge() + sign + self.edge() for _ in range(count - 1)] + [""]
        return "".join(self.sequence(room // count, depth, ties) + edge for edge in edges)

    def sequence(self, room: int, depth: int, ties: bool) -> str:
        """Steps, some of them parted by dots."""
        count = self.draw.randint(1, max(1, min(room, self.draw.choice((2, 4, 9)))))
        dotted = count > 1 and self.often(0.1)
        words = self.first(room // count, depth, ties)
        for place in range(1, count):
            dot = dotted and (place == 1 or self.often(0.3))
            step = self.first(room // count, depth, ties) if dot else self.later(room // count, depth, ties)
            words += self.space() + ("." + self.space() if dot else "") + step
        return words

    def space(self) -> str:
        return self.draw.choice(SPACES)

    def first(self, room: int, depth: int, ties: bool) -> str:
        """A step at the beginning of a group, which a tie may be."""
        return "_" if ties and self.often(0.2) else self.step(room, depth, ties)

    def later(self, room: int, depth: int, ties: bool) -> str:
        """A step that has another before it, which it may lengthen or repeat."""
        return self.draw.choice("_!") if self.often(0.12) else self.step(room, depth, ties)

    def step(self, room: int, depth: int, ties: bool) -> str:
        """A rest, or an atom with signs."""
        if self.often(0.1):
            return self.draw.choice("~~-")
        signs, kinds, euclid = "", list(self.signs), False
        for _ in range(self.draw.choice((0, 0, 0, 0, 1, 1, 2, 3))):
            kind = self.draw.choice(kinds)
            sign, uses = self.signs[kind](self)
            if uses > room:
                continue
            room //= uses
            euclid = euclid or kind == "euclid"
            if kind in ("weight", "repeat"):
                kinds.remove(kind)  # at most one of a kind
            signs += sign
        atom = self.atom(room, depth, ties and not euclid)
        if atom[-1].isdigit() and signs.startswith("/"):
            atom = "a"  # `1/2` can be a fraction
        if atom[-1] in "]>}" and signs.startswith("%"):
            signs = "*1" + signs  # a `%` behind a bracket is no chance
        return atom + signs

    def atom(self, room: int, depth: int, ties: bool) -> str:
        if depth == 0 or self.often(0.45 if room > 1 else 0.85):
            return self.range(room) if room >= 4 and self.often(0.08) else self.draw.choice(WORDS)
        opening = self.draw.choice("[[<<{")
        if opening == "{":
            return self.polymetre(room, depth, ties)
        inner = self.edge() + self.group(room, depth - 1, ties) + self.edge()
        return opening + inner + ("]" if opening == "[" else ">")

    def polymetre(self, room: int, depth: int, ties: bool) -> str:
        number = self.draw.choice(("", "", "%1", "%3", "%4", "%5", "%0", "%2.5", "%<3 4>", "%[2 4]"))
        room = max(1, room // (5 if number else 2))
        return "{" + self.edge() + self.group(room, depth - 1, ties, (1, 1, 2, 3)) + self.edge() + "}" + number

    def range(self, room: int) -> str:
        first = self.draw.randint(-3, 8)
        last = first + self.draw.randint(-1, 1) * self.draw.randint(0, min(room - 1, 9))
        return f"{first}{self.edge()}..{self.edge()}{last}"

    def faster(self) -> tuple[str, int]:
        return "*" + self.number(SPEEDS), 4

    def slower(self) -> tuple[str, int]:
        return "/" + self.number(SLOWNESSES), 4

    def weight(self) -> tuple[str, int]:
        return "@" + self.draw.choice(WEIGHTS), 1

    def repeat(self) -> tuple[str, int]:
        number = self.draw.choice(("", "", "1", "2", "3", "5"))
        return f"!{number}", int(number or 2)

    def euclid(self) -> tuple[str, int]:
        steps = self.draw.randint(1, 17)
        most = self.draw.randint(0, steps)
        longer = str(steps + self.draw.randint(0, 3))
        numbers = [
            self.number(tuple(str(onsets) for onsets in range(-most, most + 1))),
            self.number((str(steps), longer)),
            self.number(tuple(str(rotation) for rotation in range(-9, 10))),
        ]
        return "(" + ",".join(numbers[: self.draw.choice((2, 2, 3))]) + ")", 20

    def chance(self) -> tuple[str, int]:
        return "?" + self.draw.choice(CHANCES), 1

    def condition(self) -> tuple[str, int]:
        return "%" + self.draw.choice(CONDITIONS), 1

    def number(self, numbers: tuple[str, ...]) -> str:
        """A number, or a pattern of them in brackets."""
        one = [self.draw.choice(numbers) for _ in range(4)]
        forms = ("{}", "{}", "{}", "{}", "<{} {}>", "<{} {} {}>", "[{} {}]", "<{}@2 {}>", "<{}!2 {}>", "<{} [{} {}]>")
        return self.draw.choice(forms).format(*one)

    signs: dict[str, Callable[[Writer], tuple[str, int]]] = {
        "faster": faster,
        "slower": slower,
        "weight": weight,
        "repeat": repeat,
        "euclid": euclid,
        "chance": chance,
        "condition": condition,
    }
    """Each sign: its text, and how many times the events of the step it can make."""
