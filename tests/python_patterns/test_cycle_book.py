"""Cycles of a function: what is asked, what plays when it fails, and what is told."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from waves.language.patterns.told.told_notes import ToldNote
from waves.python_patterns import cycle_book
from waves.python_patterns.cycle_book import CycleBook, PatternFunctionVersion, tried_cycles, value_count
from waves.python_patterns.pattern_process import Notes, PatternFault, PatternFile, Spent

FILE = PatternFile("patterns/riff.py", "one\ntwo\n")


def notes(word: str) -> Notes:
    return (ToldNote(Fraction(0), Fraction(1), word),)


class Process:
    """Gives a note with the cycle; from a cycle on, or for one, it fails."""

    def __init__(
        self, name: str, wrong_from: int = 10**9, late_at: Sequence[int] = (), seconds: float = 0.0, wall: float = 0.0
    ):
        self.name, self.wrong_from, self.late_at, self.seconds, self.wall = name, wrong_from, late_at, seconds, wall
        self.asked: list[int] = []

    def notes(self, file, name, line, seed, cycles):
        self.asked += cycles
        for cycle in cycles:
            if cycle >= self.wrong_from or cycle in self.late_at:
                raise PatternFault(file.problem(f"{name}({cycle}): it fails", 2), cycle in self.late_at)
        return [notes(f"{self.name}{cycle}") for cycle in cycles], Spent(
            self.seconds * len(cycles), self.wall * len(cycles)
        )


def book(process: Process, former: CycleBook | None = None) -> CycleBook:
    version = PatternFunctionVersion(FILE, "riff", 1, 0)
    return CycleBook(version, {k: notes(f"{process.name}{k}") for k in range(16)}, process, former)


def heard(book: CycleBook, *cycles: int) -> list[str]:
    return [str(note.what) for cycle in cycles for note in book.cycle(cycle)]


def test_a_cycle_is_asked_for_once():
    process = Process("a")
    one = book(process)
    assert heard(one, 3, 20, 20, 21) == ["a3", "a20", "a20", "a21"] and process.asked == [20, 21]
    assert one.given_since(0) == ([(20, notes("a20")), (21, notes("a21"))], 2)
    assert one.given_since(1) == ([(21, notes("a21"))], 2)


def test_from_a_mistake_on_the_former_version_plays_at_the_same_cycle():
    first = book(Process("a"))
    second = book(Process("b", wrong_from=20), first)
    assert heard(second, 19, 20, 21, 19) == ["b19", "a20", "a21", "b19"]
    (problem,) = second.faults
    assert str(problem) == "patterns/riff.py:2:1: riff(20): it fails; the former 'riff' plays on"
    third = book(Process("c", wrong_from=30), second)  # that one is broken
    assert heard(third, 30) == ["a30"]


def test_a_book_is_another_one_than_a_broken_one_of_the_same_code():
    first, second = book(Process("a")), book(Process("a"))
    assert first.key != second.key and first.version.key == second.version.key


def test_without_a_former_version_the_last_cycle_plays_again():
    process = Process("a", wrong_from=20)
    one = book(process)
    assert heard(one, 19, 20, 21) == ["a19"] * 3 and process.asked == [19, 20]
    assert len(one.faults) == 1


def test_what_does_not_come_to_an_end_is_said_once_and_no_version_is_asked_any_more():
    former, process = Process("a"), Process("b", late_at=(20, 22, 24))
    one = book(process, book(former))
    assert heard(one, *range(19, 25)) == ["b19"] * 6 and process.asked == [19, 20] and not former.asked
    (problem,) = one.faults
    assert problem.sentence == "riff(20): it fails; its last cycle plays again from here on"


def test_the_notes_that_are_kept_have_so_many_values(monkeypatch):
    monkeypatch.setattr(cycle_book, "KEPT_VALUES", 10)
    one = book(Process("a"))
    heard(one, *range(16, 40))
    assert [cycle for cycle, _ in one.given_since(0)[0]] == [*one._given] == [*range(35, 40)]
    assert one.given_since(0)[1] == 24 and one.given_since(23)[0] == [(39, notes("a39"))]
    assert value_count((*notes("a"), ToldNote(Fraction(0), Fraction(1), {"sound": "a", "v": 1.0}))) == 4


def test_a_function_that_is_slow_on_average_is_asked_no_more():
    process = Process("a", seconds=0.021)
    one = book(process)
    heard(one, *range(16, 40))
    assert len(process.asked) == 16 and "21 ms: 20 ms at most" in one.faults[0].sentence
    version = PatternFunctionVersion(FILE, "riff", 1, 0)
    with pytest.raises(PatternFault, match="20 ms at most on average"):
        tried_cycles(version, process)
    with pytest.raises(
        PatternFault, match="riff: a cycle takes 500 ms with what it waits for: 200 ms at most on average"
    ):
        tried_cycles(version, Process("a", wall=0.5))
    assert tried_cycles(version, Process("a"))[1_000_001] == notes("a1000001")
