"""Pages of patterns in memory: for each row whose notes or values never come again a ring of the cycles around the
present one.

A thread of Python writes them ahead; the kernel plays the page of a cycle if it is there, and else counts that it is
not. A page follows from its cycle alone, so the ring is no state.
"""

from __future__ import annotations

import ctypes
import math
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from waves.abi import FIRST_PAGES, NO_PAGE, NOTE, PAGE_SLOTS, WORD, page_slot
from waves.engine.graph.diff import GHOST
from waves.engine.graph.graph import Graph, Output, Row
from waves.engine.state.c_functions import swap_function
from waves.engine.state.copies import address_of
from waves.engine.state.state_registry import Record
from waves.language.patterns.syntax import PatternError
from waves.node import BLOCK
from waves.node_types.builtin.form.bars import Bars, bars_at
from waves.node_types.builtin.transport import Transport
from waves.node_types.pages import no_pages
from waves.notes import NoteError

Array = np.ndarray[Any, Any]

AHEAD = 2.0  # s for which pages are there at least
CYCLES = 3  # the present one and two more are there in any case
MOST_AHEAD = 16_384  # numbers of pages that a save or a look at what is missing makes beyond these
SHORTEST = 0.001  # s of a cycle
TIMES = [NOTE.index("late"), NOTE.index("held")]


class EngineTime(NamedTuple):
    """The rate in frames per second, and addresses of the frame of the piece and of the stream at the present block."""

    rate: float
    clock: int
    rendered: int


def _clock_of(row: Row) -> Output | None:
    """The clock of a row that takes notes, if it reads pages."""
    if row.settings.get("pages") is None:
        return None
    output = row.inputs["clock" if row.voice else "position"]
    return output if isinstance(output, Output) else None


def page_rings(
    graph: Graph,
    states: Mapping[str, Record],
    before: Mapping[str, Record],
    playing: Mapping[str, PageRing],
    time: EngineTime,
    restart: bool,
) -> dict[str, PageRing]:
    """The rings of a plan by the keys of their rows: those of the plan that plays, where pages and clock are the same.

    `states`: those of the plan; `before`: those that play, by the same keys. `restart`: the piece begins anew.
    """
    found: dict[str, PageRing] = {}
    paged = [(row.key, row, output) for row in graph.all_noted() if (output := _clock_of(row))]
    for key, row, output in paged:
        clock = graph.rows[output.key]
        state, was = states[clock.state_key], playing.get(key)
        if was and was.pages == row.settings["pages"] and was.clock is state and not restart:
            found[key] = was
            continue
        old = None if restart else before.get(clock.state_key)
        found[key] = _ring(graph, row, clock, states, old, time, restart)
    return found


def ghost_rings(moving: Graph, states: Mapping[str, Record], time: EngineTime) -> dict[str, PageRing]:
    """The rings of the ghosts of a transition, by their keys; `states`: those that play. Pools start no notes then."""
    ghosts = ((row.key, row, _clock_of(row)) for row in moving.all_noted() if row.key.startswith(GHOST))
    return {
        key: _ring(moving, row, moving.rows[output.key], states, None, time, False)
        for key, row, output in ghosts
        if output and moving.rows[output.key].state_key in states
    }


def _ring(
    graph: Graph,
    row: Row,
    clock: Row,
    states: Mapping[str, Record],
    old: Record | None,
    time: EngineTime,
    restart: bool,
) -> PageRing:
    """The ring of a row and its clock, filled; `old`: the state that the commit copies to the clock."""
    beats = clock.inputs["beats"]
    tempo = graph.rows[beats.key] if isinstance(beats, Output) else None
    lines = tempo.arrays["lines"] if tempo and tempo.kind is Bars else None
    if tempo and lines is not None:
        beats = tempo.inputs["beats"]
        tempo = graph.rows[beats.key] if isinstance(beats, Output) else None
    tempo = tempo if tempo and tempo.kind is Transport else None
    transport = states.get(tempo.state_key) if tempo else None
    made = PageRing(row, clock, states[clock.state_key], old, tempo, transport, lines, time, restart)
    made.fill()
    return made


class PageRing:
    """The pages of one row. `fill` may be called on any thread of Python."""

    def __init__(
        self,
        row: Row,
        clock_row: Row,
        clock: Record,
        before: Record | None,
        tempo: Row | None,
        transport: Record | None,
        lines: Array | None,
        time: EngineTime,
        restart: bool,
    ):
        """`clock`: the state of the clock; `before`: that which the commit copies to it; `transport`: its position.

        `lines`: those of bars that are not alike, in which the clock counts then; see `builtin/form/bars.py`.
        """
        self.pages, self.row = row.settings["pages"], row
        self.clock, self._before, self._transport, self._lines = clock, before, transport, lines
        self._rate, self._frame, self._rendered = time
        self._restart, self._begin = restart, clock_row.settings["begin"]
        interval, bpm = clock_row.inputs["interval"], tempo and tempo.inputs["bpm"]
        self._resets = isinstance(clock_row.inputs.get("reset"), Output)
        self._interval = interval if isinstance(interval, float) else 0.0
        self._bpm = bpm if isinstance(bpm, float) else 120.0
        self.words = no_pages()
        self._address, self._swap, self._lock = address_of(self.words), swap_function(), threading.Lock()
        self._tables: dict[int, Array] = {}
        self._passed: deque[tuple[int, Array]] = deque()  # with the frame of the stream at which they were replaced
        self._filled = (NO_PAGE, 0)  # the present cycle and the frames for which pages were made last
        self._refused: set[int] = set()  # cycles whose notes cannot be made

    @property
    def late(self) -> int:
        """Cycles that began without a page."""
        return int(self.words[0])

    def fill(self, frames: int = 0) -> None:
        """Make the pages that are missing: for the present cycle and two more, for two seconds, and for `frames`."""
        with self._lock:
            present = self._present()
            if frames and self._filled == (present, frames):
                return
            self._filled = present, frames
            ahead = max(self._speed() * AHEAD, frames / (self._rate * SHORTEST))
            last = present + min(CYCLES + math.ceil(min(ahead, PAGE_SLOTS)), PAGE_SLOTS - 2)
            begins = self._resets or self._restart or not self.clock.begun
            left = math.inf if frames else MOST_AHEAD
            for cycle in (*range(FIRST_PAGES if begins else 0), *range(max(present, 0), last)):
                if left < 0 and cycle >= present + CYCLES:
                    break
                if self.words[1 + 2 * page_slot(cycle)] != cycle and cycle not in self._refused:
                    left -= self._write(cycle)
            rendered = _word_at(self._rendered)
            while self._passed and self._passed[0][0] + 2 * BLOCK <= rendered:
                self._passed.popleft()

    def _write(self, cycle: int) -> int:
        """Put the page of a cycle into its slot: first its numbers, then their address, then that of the cycle.

        Returns the count of its numbers.
        """
        try:
            table = self._notes(cycle) if self.row.voice else self._values(cycle)
        except (PatternError, NoteError):  # as its notes are too many; it is counted as late
            self._refused.add(cycle)
            return 0
        except Exception:
            self._refused.add(cycle)
            raise
        slot = page_slot(cycle)
        at = self._address + WORD * (1 + 2 * slot)
        self._swap(at, NO_PAGE)
        self._swap(at + WORD, address_of(table))
        self._swap(at, cycle)
        if slot in self._tables:
            self._passed.append((_word_at(self._rendered), self._tables[slot]))
        self._tables[slot] = table
        return len(table)

    def _notes(self, cycle: int) -> Array:
        """The page of a pool: the count of its notes, their timing, their values."""
        timing, values = self.pages.page(cycle)
        count = len(timing)
        table = np.empty(1 + count * (len(NOTE) + self.pages.width))
        table[:1].view(np.int64)[0] = count
        if count:
            notes = table[1 : 1 + count * len(NOTE)].reshape(count, len(NOTE))
            notes[:] = timing
            notes[:, TIMES] = np.rint(notes[:, TIMES] * self._rate)
            table[1 + count * len(NOTE) :].reshape(count, -1)[:] = values
        return table

    def _values(self, cycle: int) -> Array:
        """The page of values: the count of its numbers, and these."""
        numbers = np.array(self.pages.spans(cycle), np.float64).reshape(-1)
        table = np.concatenate((np.empty(1), numbers))
        table[:1].view(np.int64)[0] = numbers.size
        return table

    def first_cycle(self) -> int | None:
        """The first cycle of those that are there with a note; None without one."""
        cycles = (int(self.words[1 + 2 * slot]) for slot in sorted(self._tables))
        return next((c for c in cycles if c >= 0 and self._tables[page_slot(c)][:1].view(np.int64)[0]), None)

    def _present(self) -> int:
        """The cycle that sounds; where its clock has not begun, the one in which it would begin."""
        for state in (self.clock, self._before):
            if state is not None and state.begun:
                return int(state.next) - 1
        if self._restart or self._begin != "grid":
            return 0
        position = self._beats() if self._lines is None else bars_at(self._beats(), self._lines)
        return math.floor(position * self._ratio() - 1e-6)

    def _speed(self) -> float:
        """Cycles in a second."""
        ratio = float(self.clock.ratio) if self.clock.begun else self._ratio()
        beats = 1.0 if self._lines is None else float(np.diff(self._lines).min())
        return ratio * self._tempo() / (60.0 * beats) if ratio > 0.0 else float(PAGE_SLOTS)

    def _ratio(self) -> float:
        """Cycles in a beat, or in a bar where the clock counts these; 0 where that is not known."""
        if self.pages.beats:
            return 1.0 / float(self.pages.beats)
        return 60.0 / (self._tempo() * self._interval) if self._interval > 0.0 and self._tempo() > 0.0 else 0.0

    def _tempo(self) -> float:
        """Beats in a minute."""
        return float(self._transport.bpm) if self._transport is not None and self._transport.begun else self._bpm

    def _beats(self) -> float:
        """The position of the transport at the present block."""
        state, frame = self._transport, _word_at(self._frame)
        if state is not None and state.begun:
            return float(state.beats) + (frame - int(state.frame)) * self._tempo() / (60.0 * self._rate)
        return frame * self._tempo() / (60.0 * self._rate)


def fill_rings(rings: Iterable[PageRing], frames: int) -> None:
    """Fill some rings, each also after an error in another; then the first error is raised."""
    errors: list[Exception] = []
    for ring in rings:
        try:
            ring.fill(frames)
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]


def late_pages(rings: Mapping[str, PageRing]) -> Iterator[tuple[Row, int]]:
    """The rows with cycles that began without a page, and how many."""
    return ((ring.row, ring.late) for ring in rings.values() if ring.late)


def _word_at(address: int) -> int:
    return int(ctypes.c_int64.from_address(address).value)
