"""Transforms of patterns: each by a table that was written by hand, and chains of them against brute force."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from math import ceil, floor
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.harness.chains import chain_of, data_of
from waves.language.model.patterned.transform_table import FORMS, OTHER_NAMES
from waves.language.model.vocabulary import TRANSFORMS as NAMES
from waves.language.patterns.events import Player
from waves.language.patterns.lanes import Pass, make_pass
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import PatternError
from waves.language.patterns.together.combined import STEPS, Lane
from waves.language.patterns.transforms import TRANSFORMS

TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "transforms.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]
Rows = list[tuple[Fraction, Fraction, str]]


def made(pattern: str, data: dict[str, Any], seed: int = 0) -> Pass:
    return make_pass({STEPS: Lane(read(pattern))}, seed, chain=chain_of(data))


def rows_of(found: Pass, cycles: int) -> list[Rows]:
    """The notes of each cycle, as places in it."""
    rows: list[Rows] = [[] for _ in range(cycles)]
    for note in found.notes:
        for turn in range(floor(note.begin), cycles, found.cycles):
            begin = note.begin - floor(note.begin)
            if note.draw.probability > 0:
                rows[turn].append((begin, begin + note.length, note.words[STEPS].text))
    return [sorted(row) for row in rows]


def expected_rows(written: str) -> list[Rows]:
    found = []
    for cycle in written.split(" // "):
        row = []
        for one in cycle.split(", ") if cycle.strip() != "-" else []:
            span, word = one.split()
            begin, end = span.rsplit("-", 1)
            row.append((Fraction(begin), Fraction(end), word))
        found.append(sorted(row))
    return found


@pytest.mark.parametrize(("pattern", "transforms", "cycles"), TABLE, ids=["; ".join(row[:2]) for row in TABLE])
def test_a_transform_by_hand(pattern, transforms, cycles):
    expected = expected_rows(cycles)
    found = rows_of(made(pattern, data_of(transforms)), 2 * len(expected))
    assert found == expected * 2


def test_every_transform_is_in_the_table():
    numbers_of_notes = {"transpose", "shift_scale", "invert", "nudge", "humanise", "fit"}
    assert TRANSFORMS.keys() | {"do"} == FORMS.keys()
    assert all(any(name in row[1] for row in TABLE) for name in TRANSFORMS.keys() - numbers_of_notes)
    assert {*FORMS, *OTHER_NAMES} == NAMES
    assert set(OTHER_NAMES.values()) <= FORMS.keys()


# Brute force: a pattern is a function of a span that gives its events there, asked anew for each of them.

Asked = Callable[[Fraction, Fraction], Rows]


def by_cycle(of_cycle: Callable[[int], Rows]) -> Asked:
    kept = cache(of_cycle)
    return lambda begin, end: [row for k in range(floor(begin), ceil(end)) for row in kept(k) if begin <= row[0] < end]


def base(pattern: str) -> Asked:
    tree, player = read(pattern), Player()

    return by_cycle(lambda k: [(one.begin, one.end, one.word.text) for one in player.cycle(tree, k) if one.word])


def fast(asked: Asked, n: Fraction) -> Asked:
    return lambda begin, end: [(b / n, e / n, word) for b, e, word in asked(begin * n, end * n)]


def shift(asked: Asked, t: Fraction) -> Asked:
    return lambda begin, end: [(b + t, e + t, word) for b, e, word in asked(begin - t, end - t)]


def rev(asked: Asked) -> Asked:
    def of_cycle(k: int) -> Rows:
        turn = 2 * k + 1
        return [(turn - e, turn - b, word) for b, e, word in asked(Fraction(k - 9), Fraction(k + 1)) if k < e <= k + 1]

    return by_cycle(of_cycle)


def ply(asked: Asked, n: int) -> Asked:
    def of_cycle(k: int) -> Rows:
        copies = [
            (b + i * (e - b) / n, b + (i + 1) * (e - b) / n, word)
            for b, e, word in asked(Fraction(k - 9), Fraction(k + 1))
            for i in range(n)
        ]
        return [one for one in copies if k <= one[0] < k + 1]

    return by_cycle(of_cycle)


def both(first: Asked, second: Asked) -> Asked:
    return lambda begin, end: first(begin, end) + second(begin, end)


def in_cycles(changed: Asked, asked: Asked, is_on: Callable[[int], bool]) -> Asked:
    return by_cycle(lambda k: (changed if is_on(k) else asked)(Fraction(k), Fraction(k + 1)))


def brute(name: str, data: Any, asked: Asked) -> Asked:
    """A transform as the page of patterns says it."""
    if name in ("fast", "slow"):
        return fast(asked, Fraction(str(data)) if name == "fast" else 1 / Fraction(str(data)))
    if name == "rev":
        return rev(asked)
    if name == "shift":
        return shift(asked, Fraction(str(data)))
    if name == "ply":
        return ply(asked, data)
    (number, inner), *_ = data.items()
    (key, value), *_ = inner.items()
    if name == "also":
        return both(asked, brute(key, value, shift(asked, Fraction(str(number)))))
    assert name == "every"
    changed = brute(key, value, asked)
    which, _, of = str(number).rpartition(":")
    return in_cycles(changed, asked, lambda k: k % int(of) == (int(which) if which else int(of)) - 1)


def some_transform(random: Random, depth: int = 0) -> tuple[str, Any]:
    kinds = ["fast", "slow", "rev", "shift", "ply", *(["also", "every"] if depth < 2 else [])]
    match name := random.choice(kinds):
        case "fast" | "slow":
            return name, random.choice([2, 3, 1.5, "1/2", 0.75])
        case "rev":
            return name, None
        case "shift":
            return name, random.choice(["1/4", "-1/3", 0.125, 1, "5/2"])
        case "ply":
            return name, random.choice([1, 2, 3])
        case _:
            number = random.choice(["1/8", "-1/2", 1]) if name == "also" else random.choice([2, 3, "1:2", "2:3"])
            return name, {number: dict([some_transform(random, depth + 1)])}


PATTERNS = ("a b c", "<a b> c", "a/2 b", "a(3,8) <b c*2>", "<a@3 b> c", "[a b]/1.5", "a*1.5")


@pytest.mark.parametrize("seed", range(10))
def test_chains_against_brute_force(seed):
    compared = 0
    for number in range(40):
        random = Random(1000 * seed + number)
        pattern = random.choice(PATTERNS)
        written = [some_transform(random) for _ in range(random.randint(1, 4))]
        asked = base(pattern)
        for name, data in written:
            asked = brute(name, data, asked)
        try:
            found = rows_of(made(pattern, {"do": [{name: data} for name, data in written]}), 3)
        except PatternError:  # it comes again too late
            continue
        compared += 1
        expected = [
            sorted((b - k, e - k, word) for b, e, word in asked(Fraction(k), Fraction(k + 1))) for k in range(3)
        ]
        assert found == expected, (pattern, written)
    assert compared >= 24


def test_the_order_of_keys_is_their_order_in_time():
    """Backwards and then half a cycle later is not the same as the other way round."""
    first, second = (rows_of(made("a b c", data_of(text)), 1) for text in ("rev, shift: 1/6", "shift: 1/6, rev"))
    assert first != second


def test_numbers_that_hold_for_a_note_are_read_at_the_note():
    found = made("a*4", data_of('ply: "1 1 1 3"'))
    assert [str(note.begin) for note in found.notes] == ["0", "1/4", "1/2", "3/4", "5/6", "11/12"]
    raised = made("a b", data_of("transpose: <0 5>"))
    assert [note.semitones for note in raised.notes] == [0, 0, 5, 5]
    late = made("a b", data_of("nudge: 0 .02, invert: 1, shift_scale: 2"))
    assert [(note.seconds, note.invert, note.degrees) for note in late.notes] == [(0, 1, 2), (0.02, 1, 2)]


def test_echoes_are_softer_each_time():
    found = made("a", data_of("echo: {times: 3, time: 1/4, v: 0.5, with: transpose 12}"))
    assert [(str(note.begin), note.strength, note.semitones) for note in found.notes] == [
        ("0", 1.0, 0.0),
        ("1/4", 0.5, 12.0),
        ("1/2", 0.25, 24.0),
    ]


def test_every_note_keeps_its_place_in_the_text():
    found = made("kick [hat snare]", data_of("rev, fast: 2, also: {1/8: ply 2}, every: {2: rev}"))
    assert {(note.words[STEPS].column, note.words[STEPS].text) for note in found.notes} == {
        (0, "kick"),
        (6, "hat"),
        (10, "snare"),
    }


def test_chance_is_drawn_by_seed_and_place():
    """Every note is drawn for itself, and the same again; what is chosen and the rest are all notes."""
    first, second, other = (made("a*8", data_of("sometimes: {0.3: shift 1/16}"), seed) for seed in (1, 1, 2))
    assert first == second != other
    assert first.cycles == 64 and len(first.notes) == 512
    moved = sum((note.begin * 8).denominator > 1 for note in first.notes)
    assert 110 <= moved <= 200
    by_cycle = {tuple(note.begin % 1 for note in first.notes if note.begin // 1 == k) for k in range(64)}
    assert len(by_cycle) > 40


def test_a_copy_plays_when_its_note_does():
    found = made("a*4?", data_of("also: {1/16: rev}"))
    onsets = {note.begin for note in made("a*4?", data_of("shift: 0")).notes}
    assert 100 <= len(onsets) <= 156 and found.cycles == 64
    assert {note.draw.probability for note in found.notes} == {1.0}
    assert len(found.notes) == 2 * len(onsets)


def test_what_is_left_out_at_the_end_is_drawn_while_it_plays():
    found = made("a*4", data_of("rev, degrade: 0.25"))
    assert found.cycles == 1 and {note.draw.probability for note in found.notes} == {0.75}
    assert len({note.draw.number for note in found.notes}) == 4
    decided = made("a*4", data_of("degrade: 0.25, rev"))
    assert decided.cycles == 64 and {note.draw.probability for note in decided.notes} == {1.0}
    assert 160 <= len(decided.notes) <= 220


def test_two_equal_transforms_have_draws_of_their_own():
    found = made("a*4", data_of("do: [{sometimes: {0.5: shift 1/16}}, {sometimes: {0.5: shift 1/32}}]"))
    kinds = {note.begin * 32 % 8 for note in found.notes}
    assert kinds == {0, 1, 2, 3}


def words_by_cycle(transforms: str, cycles: int = 64) -> list[str]:
    """The words of each cycle in the order of time."""
    found = made("a b c d", data_of(transforms))
    rows = rows_of(found, cycles)
    assert found.cycles == cycles and all(
        length == Fraction(1, 4) for row in rows for length in {e - b for b, e, _ in row}
    )
    return ["".join(word for _, _, word in row) for row in rows]


def test_parts_of_the_cycle_in_another_order():
    """Each part once, or each of them drawn."""
    shuffled, scrambled = (words_by_cycle(f"{name}: 4") for name in ("shuffle", "scramble"))
    assert all(sorted(words) == list("abcd") for words in shuffled) and len(set(shuffled)) > 15
    assert all(len(words) == 4 for words in scrambled) and len({*map(len, map(set, scrambled))}) > 2
    halves = set(words_by_cycle("shuffle: 2"))
    assert halves == {"abcd", "cdab"}


def test_striate_plays_the_parts_of_all_files_in_turn():
    found = made("a b", data_of("striate: 4, every: {2: striate 2}"))
    parts = [tuple(map(str, note.part)) for note in found.notes]
    assert parts[:8] == [("0", "1/4")] * 2 + [("1/4", "1/2")] * 2 + [("1/2", "3/4")] * 2 + [("3/4", "1")] * 2
    assert parts[8:12] == [("0", "1/8")] * 2 + [("1/4", "3/8")] * 2 and parts[-1] == ("7/8", "1")


@pytest.mark.parametrize(
    "transforms",
    [
        "do: [fast 1000, fast 1000, fast 1000]",
        "do: [slow 1000, slow 1000]",
        "do: [" + ", ".join(["{also: {1/64: rev}}"] * 20) + "]",
        "do: [{ply: 1000}, {ply: 1000}]",
        "fast: 1000.001",
    ],
)
def test_limits(transforms):
    with pytest.raises(PatternError):
        made("a*8 b", data_of(transforms))
