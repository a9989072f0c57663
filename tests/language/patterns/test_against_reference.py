"""The notation of patterns against its reference: random texts, event by event, and which texts are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

import pytest

from tests.harness import pattern_reference as reference
from tests.harness.pattern_grammar import random_text
from waves.language.patterns.events import Player
from waves.language.patterns.passes import LONGEST_TIE, tied
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import Chance, Choice, Pattern, PatternError, Stack

CYCLES = (0, 1, 5)
Row = tuple[Fraction, Fraction, str, float]


def every_choice(pattern: Any) -> Any:
    """The pattern with all alternatives of each `|` in place of one, every one with its probability."""
    if isinstance(pattern, Choice):
        share = 1.0 / len(pattern.alternatives)
        return Stack(tuple(Chance(every_choice(one), share, "") for one in pattern.alternatives), -1)
    if isinstance(pattern, tuple):
        return tuple(map(every_choice, pattern))
    if not is_dataclass(pattern):
        return pattern
    return replace(pattern, **{f.name: every_choice(getattr(pattern, f.name)) for f in fields(pattern) if f.init})  # type: ignore[type-var]


def played(pattern: Pattern, cycle: int, has_ties: bool) -> list[Row]:
    """Onset, length, word and probability of all that begins in a cycle."""
    player = Player()
    found = player.cycle(pattern, cycle)
    events = tied(found, 10**6)
    for later in range(cycle + 1, cycle + LONGEST_TIE) if has_ties else ():
        if all(event.end < later for event in events):
            break
        found += player.cycle(pattern, later)
        events = [event for event in tied(found, 10**6) if event.begin < cycle + 1]
    return sorted(
        (event.begin - cycle, event.end - event.begin, event.word.text, chance)
        for event in events
        if event.word
        for chance in [round(prod(draw.probability for draw in event.draws), 9)]
    )


def differences(texts: Iterable[str]) -> tuple[Counter[str], list[tuple[str, int]]]:
    """What was compared, and the texts and cycles in which the two differ."""
    count: Counter[str] = Counter()
    different = []
    for text in texts:
        pattern = every_choice(read(text))
        count["texts"] += 1
        for cycle in CYCLES:
            expected = [(on, length, word, round(float(p), 9)) for on, length, word, p in reference.events(text, cycle)]
            count["events"] += len(expected)
            if played(pattern, cycle, "_" in text) != expected:
                different.append((text, cycle))
    return count, different


def test_random_texts_play_as_the_reference():
    short = [text for text in map(random_text, range(390)) if len(text) < 50]
    count, different = differences(short)
    assert different == []
    assert count["texts"] >= 150 and count["events"] > 700


@pytest.mark.long
def test_two_thousand_random_texts_play_as_the_reference():
    count, different = differences(map(random_text, range(2_000)))
    print(f"{count['texts']} texts, {count['events']} events, {len(different)} differences")
    assert different == []


WORDS = "ab c 1 2 0 1.5 -3 [ ] < > { } , | * / @ ! ( ) ? % _ ~ - . .. : 1:2 (3,8) ! <2 3> [ ] < >".split(" ")


def is_refused(text: str) -> tuple[bool, bool]:
    """Whether the parser refuses a text, with a column in it, and whether the reference does."""
    try:
        read(text)
        here = False
    except PatternError as error:
        here = 0 <= error.column <= len(text)
    try:
        reference.read(text)
    except reference.Refused:
        return here, True
    except reference.Unstated:
        return here, here
    return here, False


def refused(count: int) -> Counter[tuple[bool, bool]]:
    """How many random texts of the signs are refused by the parser, and by the reference."""
    draw = Random(5)
    found: Counter[tuple[bool, bool]] = Counter()
    for _ in range(count):
        text = "".join(draw.choice(WORDS) + draw.choice(("", "", " ")) for _ in range(draw.randint(1, 9)))
        found[is_refused(text)] += 1
    return found


def test_the_same_texts_are_refused():
    found = refused(3_000)
    assert found.keys() == {(True, True), (False, False)}
    assert found[False, False] > 100


@pytest.mark.long
def test_the_same_of_many_texts_are_refused():
    found = refused(60_000)
    print(f"{found[True, True]} refused by both, {found[False, False]} taken by both")
    assert found.keys() == {(True, True), (False, False)}
