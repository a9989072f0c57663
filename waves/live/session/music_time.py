"""Position in the music: beats, tempo and bars of the transport that plays."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from waves.engine.graph.graph import Graph, Output, Row
from waves.engine.plan.plan import Plan
from waves.engine.state.state_registry import Record
from waves.language.model.quantize import Quantize
from waves.node_types.builtin.form.bars import NEAR, bar_lines, bars_at, beats_of
from waves.node_types.builtin.form.sections import Sections, key_of

MOST_LINES = 64  # boundaries that a save in another metre may let pass


@dataclass(frozen=True, slots=True)
class BarCount:
    """The bars of what plays, as `builtin/form/bars.py` counts them."""

    lines: np.ndarray[Any, Any]
    origin: float = 0.0
    """The beat from which they are counted in turn."""
    before: float = 0.0
    """The bars before it."""
    end: float = math.inf
    """The beat behind which it is not known how they go on."""

    def bars_at(self, beats: float) -> float:
        """The bars that have passed at a position in beats, with the part of the present one."""
        return self.before + bars_at(beats - self.origin, self.lines)

    def has_line(self, beats: float) -> bool:
        """Whether a bar begins at a position in beats."""
        return abs(beats - self.beats_of(float(round(self.bars_at(beats))))) <= NEAR * max(beats, 1.0)

    def beats_of(self, bars: float) -> float:
        """The position in beats after so many bars."""
        return self.origin + beats_of(bars - self.before, self.lines)


@dataclass(frozen=True, slots=True)
class MusicTime:
    """The transport at one frame, and the tempo since."""

    beats: float
    frame: int
    bpm: float
    bars: BarCount
    rate: float

    def beats_at(self, frame: int) -> float:
        """Position of a frame of the piece, in beats."""
        return self.beats + (frame - self.frame) * self.bpm / (60.0 * self.rate)

    def frame_of(self, beats: float) -> int:
        """The first frame of the piece at or after a position in beats."""
        exact = self.frame + (beats - self.beats) * 60.0 * self.rate / self.bpm
        return math.ceil(exact - 1e-6)

    def boundary(self, quantize: Quantize, after: int, following: BarCount | None = None) -> float | None:
        """Position in beats of the next boundary at or after a frame; None: no need to wait.

        `following`: the bars that are counted from there on; the boundary is one of these too, if one of the next is.
        """
        if not quantize.count or self.bpm <= 0.0:
            return None
        beats, count = self.beats_at(after), quantize.count
        if not quantize.bars:
            return float(math.ceil(beats / count - 1e-9) * count)
        first = math.ceil(self.bars.bars_at(beats) / count - 1e-9)
        next_one = self.bars.beats_of(float(first * count))
        if following is None:
            return next_one
        places = (self.bars.beats_of(float((first + k) * count)) for k in range(MOST_LINES))
        return next(filter(following.has_line, places), next_one)

    def is_known(self, boundary: float) -> bool:
        """Whether the bars up to a boundary are known: those of a section that is not there yet are not."""
        return boundary <= self.bars.end + NEAR

    def bar_and_beat(self, beats: float) -> tuple[int, float]:
        """The number of the bar at a position in beats, from 1, and the beat in it, from 1."""
        bar = math.floor(self.bars.bars_at(beats))
        return bar + 1, beats - self.bars.beats_of(bar) + 1.0

    def place(self, frame: int) -> str:
        """Position of a frame as text: `bar 5, beat 2.50`."""
        bar, beat = self.bar_and_beat(round(self.beats_at(frame), 2) + 1e-9)
        return f"bar {bar}, beat {beat:.2f}"


def music_time(plan: Plan, rate: float) -> MusicTime | None:
    """The position of a plan that plays; None if it has no transport."""
    row, state = plan.graph.rows.get(plan.graph.transport), transport(plan)
    if row is None or state is None:
        return None
    bpm = row.inputs["bpm"]
    speed = float(state.bpm) if state.begun else (bpm if isinstance(bpm, float) else 120.0)
    song = counting_song(plan.graph)
    bars = bars_of(plan, song) if song else BarCount(_lines(row.settings["metre"]))
    return MusicTime(float(state.beats), int(state.frame), speed, bars, rate)


def other_bars(plan: Plan, playing: Plan) -> BarCount | None:
    """The bars of a plan that is to follow another, where its metre differs; None where a song counts them."""
    rows = [one.graph.rows.get(one.graph.transport) for one in (plan, playing)]
    metres = [row.settings["metre"] for row in rows if row]
    is_other = len(metres) == 2 and metres[0] != metres[1] and not counting_song(plan.graph)
    return BarCount(_lines(metres[0])) if is_other else None


def bars_of(plan: Plan, song: Row) -> BarCount:
    """The bars of a song that plays; where its sections have bars of their own, they are known to the end of one."""
    state, settings = plan.states[song.state_key], song.settings
    metres = settings["metres"]
    if not metres or not state.begun:
        return BarCount(_lines(settings["metre"]))
    keys = {key_of(name): metre for name, metre in zip(settings["names"], metres, strict=True)}
    bars = BarCount(_lines(keys.get(int(state.key), (float(state.bar),))), float(state.base), float(state.passed))
    return bars if state.over else replace(bars, end=bars.beats_of(bars.before + float(state.bars)))


@lru_cache(maxsize=2)  # asked many times a second while one plan plays, and another one waits
def counting_song(graph: Graph) -> Row | None:
    """The first song whose sections have bars of their own, in beats of the transport."""
    songs = (row for row in graph.rows.values() if row.kind is Sections and row.settings["metres"])
    return next((row for row in songs if row.inputs["beats"] == Output(graph.transport)), None)


@lru_cache(maxsize=64)
def _lines(metre: tuple[float, ...]) -> np.ndarray[Any, Any]:
    return bar_lines(metre)


def transport(plan: Plan) -> Record | None:
    """State of the transport of a plan; None if it has none."""
    row = plan.graph.rows.get(plan.graph.transport)
    return plan.states[row.state_key] if row else None
