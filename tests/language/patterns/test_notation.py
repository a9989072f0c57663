"""The notation of patterns: every sign, event by event, against times that were written by hand."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from waves.language.patterns.events import Player
from waves.language.patterns.passes import cycles_of
from waves.language.patterns.reader import read

TABLE = [
    line.split("\t")
    for line in (Path(__file__).parent / "notation.tsv").read_text().splitlines()
    if line and not line.startswith("#")
]


def shown(pattern: str, cycle: int) -> str:
    """The events of a cycle as in the table: `0-1/2 bd, 1/2-1 sn`."""
    events = Player().cycle(read(pattern), cycle)
    rows = sorted((event.begin - cycle, event.end - cycle, event.word.text) for event in events if event.word)
    return ", ".join(f"{begin}-{end} {word}" for begin, end, word in rows) or "-"


@pytest.mark.parametrize("pattern, cycles", TABLE, ids=[row[0] for row in TABLE])
def test_events_of_each_cycle(pattern, cycles):
    expected = [
        ", ".join(
            sorted(cycle.strip().split(", "), key=lambda one: (*map(Fraction, one.split()[0].split("-")), one))
            if cycle.strip() != "-"
            else ["-"]
        )
        for cycle in cycles.split("//")
    ]
    assert [shown(pattern, cycle) for cycle in range(len(expected))] == expected


@pytest.mark.parametrize("pattern, cycles", TABLE, ids=[row[0] for row in TABLE])
def test_a_pattern_comes_again_after_its_cycles(pattern, cycles):
    repeat = cycles_of(read(pattern))
    for cycle in range(3):
        assert shown(pattern, cycle) == shown(pattern, cycle + repeat) == shown(pattern, cycle + 999 * repeat)
