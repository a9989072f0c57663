"""Random patterns of Python and the same patterns as texts: the same sounds, event by event."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from tests.harness.told_patterns import played, read
from waves.language.patterns.syntax import PatternError
from waves.patterns import Pattern, alternate, mini, notes, sequence, silence, stack

WORDS = ("kick", "hat", "pluck:c4", "~", "kick*2", "hat(3,8)", "<kick hat>", "[hat kick]/1.5", "kick?0.4", "hat!2 kick")
NUMBERS = {
    "fast": (2, 3, 1.5, "<1 2>", Fraction(1, 2)),
    "slow": (2, 1.5, "2 1"),
    "shift": ("1/8", "-1/3", 0.25, "<0 1/4>"),
    "iter": (3, 4, -2),
    "ply": (2, "1 2", "<1 3>"),
    "rev": (1, "<0 1>"),
    "degrade": (0.3,),
    "chance": (0.6,),
    "mask": ("1 0", "<1 1 0>"),
    "restart": ("x x", "x(3,8)"),
    "shuffle": (4,),
    "scramble": (3,),
}
CHANGING = {
    "every": (2, 3, "1:3"),
    "also": ("1/8", "-1/4"),
    "chunk": (2, 4),
    "inside": (2,),
    "sometimes": (0.4,),
    "some_cycles": (0.5,),
}
CHANGES = ("rev", "fast 2", "ply 2", "shift 1/8", "palindrome")

Both = tuple[Pattern, str]
"""A pattern, and how it is written behind `steps:`."""


class Pair:
    """Draws a pattern of Python together with its text; each part with transforms is a name of its own."""

    def __init__(self, random: Random):
        self.random, self.names = random, dict[str, str]()

    def both(self, depth: int = 0) -> Both:
        """A pattern and its text."""
        random = self.random
        kinds = ("mini", "notes", "silence") if depth == 3 else ("mini", "stack", "sequence", "alternate", "by", "by")
        match random.choice(kinds):
            case "mini":
                text = " ".join(random.choices(WORDS, k=random.randint(1, 3)))
                return mini(text), text
            case "silence":
                return silence, "~"
            case "notes":
                several = [(Fraction(k, 4), Fraction(1, 4), word) for k, word in enumerate(("kick", "hat", "pluck"))]
                return notes(several), "kick hat pluck ~"
            case "by":
                return self.transformed(*self.both(depth + 1))
            case kind:
                parts = [self.both(depth + 1) for _ in range(random.randint(1, 3))]
                made = {"stack": stack, "sequence": sequence, "alternate": alternate}[kind]
                texts = [f"[{text}]" for _, text in parts]
                joined = {"stack": ", ".join(texts), "sequence": " ".join(texts), "alternate": f"<{' '.join(texts)}>"}
                return made(*(one for one, _ in parts)), joined[kind]

    def transformed(self, one: Pattern, text: str) -> Both:
        """A pattern after a transform, and the name of its text."""
        random, name = self.random, f"n{len(self.names)}"
        key = random.choice((*NUMBERS, *CHANGING, "palindrome", "echo"))
        if key == "palindrome":
            one, written = one.palindrome(), "1"
        elif key == "echo":
            one, written = one.echo(2, "1/8", "rev"), "{times: 2, time: 1/8, with: rev}"
        elif key in NUMBERS:
            number = random.choice(NUMBERS[key])
            one, written = getattr(one, key)(number), f'"{number}"'
        else:
            number, change = random.choice(CHANGING[key]), random.choice(CHANGES)
            one, written = getattr(one, key)(number, change), f'{{"{number}": {change}}}'
        self.names[name] = f'{{steps: "{text}", {key}: {written}}}'
        return one, name


def compare(seed: int) -> bool:
    """Whether both were played, and alike; what chance decides is drawn by the names, so such ones are only played."""
    pair = Pair(Random(seed))
    try:
        one, text = pair.both()
    except PatternError:
        return False
    names = "".join(f"{name}: {value}, " for name, value in pair.names.items())
    piece = read('{play: "beat"}', {"beat": one})
    other = read('{play: "beat"}', patterns="{" + names + f'beat: {{steps: "{text}"}}' + "}")
    broken = [{sound.sentence for sound in found.sounds["my_sound"].findings} for found in (piece, other)]
    if broken[0] or broken[1]:
        assert broken[0] and broken[1], (text, pair.names, broken)
        return False
    found, expected = played(piece, 6), played(other, 6)
    if any(word in f"{text} {pair.names}" for word in ("?", "degrade", "chance", "shuffle", "scramble", "some")):
        return True
    assert found == expected, (text, pair.names)
    return True


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "seeds", [range(40), pytest.param(range(40, 2_040), marks=pytest.mark.long)], ids=["40", "2000"]
)
def test_a_random_pattern_of_python_is_the_same_as_its_text(seeds):
    assert sum(map(compare, seeds)) > 0.8 * len(seeds)
