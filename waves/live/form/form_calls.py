"""Calls of sections and of fills from outside, and the section that plays."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.plan import Plan
from waves.engine.runtime.engine import Engine
from waves.language.model.quantize import WORDS, Quantize
from waves.live.session.music_time import MusicTime, bars_of
from waves.live.workspace.composer import Composer
from waves.node_types.builtin.form.heeding import Fills
from waves.node_types.builtin.form.sections import (
    AGAIN,
    AT,
    EARLY,
    FILL,
    KEYS,
    NEXT,
    SECTION,
    SERIALS,
    Sections,
    key_of,
)
from waves.problem import Problem, Problems, did_you_mean

OTHERS = {"next": NEXT, "again": AGAIN}
"""Words for a section that is not named."""


class SectionNow(NamedTuple):
    """The section that plays, and its present bar, from 1."""

    name: str
    bar: int
    bars: int


@lru_cache(maxsize=1)  # asked many times a second while one plan plays
def _songs(graph: Graph) -> tuple[Row, ...]:
    return tuple(row for row in graph.rows.values() if row.kind is Sections)


@lru_cache(maxsize=1)
def _has_fills(graph: Graph) -> bool:
    return any(row.kind is Fills for row in graph.rows.values())


def section_names(engine: Engine) -> list[str]:
    """The sections of what plays, each once, in the order of the text. Any thread."""
    songs = _songs(engine.playing.graph) if engine.playing else ()
    return list(dict.fromkeys(name for row in songs for name in row.settings["names"]))


def call_section(engine: Engine, composer: Composer, name: str, at: Quantize | None) -> str:
    """Begin a section, or the `next` one, or the present one `again`, with the next bar or another boundary; its name.

    Raises Problems when there is no such section.
    """
    names = section_names(engine)
    if not names:
        raise Problems(Problem("nothing that plays has sections: they stand in a 'song'"))
    if name not in (*names, *OTHERS):
        near = did_you_mean(name, [*names, *OTHERS])
        raise Problems(Problem(f"there is no section '{name:.100}'", suggestion=near))
    boundary = at or WORDS["bar"]
    grid = float(-boundary.count if boundary.bars else boundary.count)
    cell = composer.cells[SECTION]
    serial = int(cell.value // KEYS) % SERIALS + 1
    key = key_of(name) if name in names else OTHERS[name]
    engine.send("parameter", grid, composer.cells[AT].array, AT)
    engine.send("parameter", float(serial * KEYS + key), cell.array, SECTION)
    return name


def call_fill(engine: Engine, composer: Composer, held: bool | None) -> None:
    """Play a fill in the next cycle; `held`: from then on until it is let go, which `held` False does.

    Raises Problems when no pattern that plays has a fill; one that is held can be let go all the same.
    """
    if held is not False and not (engine.playing and _has_fills(engine.playing.graph)):
        raise Problems(Problem("no pattern that plays has a fill: '%fill' behind a step plays it in fills only"))
    cell = composer.cells[FILL]
    serial = int(cell.value // 2)
    if held is not False:
        serial = serial % SERIALS + 1
    engine.send("parameter", 2.0 * serial + bool(held), cell.array, FILL)


def section_now(plan: Plan, music: MusicTime | None, frame: int) -> SectionNow | None:
    """The section of the first song of a plan at a frame of the piece; None without one, and once it is over."""
    songs = _songs(plan.graph)
    if not songs or music is None:
        return None
    row = songs[0]
    state = plan.states[row.state_key]
    names = {key_of(name): name for name in row.settings["names"]}
    if state.over or not state.begun:
        return None
    passed = math.floor(bars_of(plan, row).bars_at(music.beats_at(frame) + EARLY)) - float(state.passed)
    bars = int(state.bars)
    return SectionNow(names.get(int(state.key), ""), min(max(int(passed), 0) + 1, bars), bars)
