"""Rhythms that were tapped: their times in, the shortest text of a pattern that gives them out.

Times are in bars. Each is moved to the nearest place of a grid, a bar in equal parts, or its beats in parts of their
own; all grids are tried on which no tap is further away than the tolerance. A time by which all taps are early or late,
as a listener or a keyboard is, is taken out first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from statistics import median

from waves.language.patterns.euclid import rhythm

USUAL = (1, 2, 3, 4, 6, 8, 12, 16, 24)
"""Equal parts of a bar that are tried first."""
OTHERS = (5, 7, 9, 10, 14, 15, 18, 20, 32, 48)
"""Those that are tried where none of the others fits."""
OF_BEAT = (1, 2, 3, 4, 5, 6, 8)
"""Equal parts of a beat that are tried, for each beat by itself."""
LONGEST_EUCLID = 16  # steps
FEWEST = 4  # taps that can tell how late all of them are
REST = "~"

Grid = tuple[tuple[int, ...], ...]
"""For each group of a bar, that is a beat or all of it, the equal parts that are tried."""
Slots = tuple[bool, ...]
"""Parts of the same length, and whether something begins with each."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A rhythm as the text of a pattern."""

    pattern: str
    onsets: tuple[float, ...]
    """In bars: where its notes begin."""
    furthest: float
    """In bars: how far the furthest tap was from its note."""
    shift: float
    """In bars: how late all taps were."""


def tapped(taps: Sequence[float], bars: int, beats: int, tolerance: float, sound: str) -> Tapped | None:
    """The shortest pattern of a sound that gives some taps in so many bars; None without taps, or if no grid fits.

    `beats`: of a bar, 0 where bars differ. `taps` and `tolerance` are in bars, `taps` rise.
    """
    if not taps:
        return None
    usual: list[Grid] = [*(((parts,),) for parts in USUAL), (OF_BEAT,) * beats or (USUAL,)]
    for grids in (usual, [((parts,),) for parts in OTHERS]):
        found = [made for grid in grids if (made := _on_grid(taps, bars, grid, tolerance, sound))]
        if found:
            return min(found, key=lambda one: (len(one.pattern), one.furthest))
    return None


def _on_grid(taps: Sequence[float], bars: int, grid: Grid, tolerance: float, sound: str) -> Tapped | None:
    """The taps on a grid, None if one is too far away, or two are at one place."""
    groups = len(grid)
    fine = max(grid[0]) * groups
    late = median(tap - round(tap * fine) / fine for tap in taps) if len(taps) >= FEWEST else 0.0
    shift = max(-tolerance, min(late, tolerance))
    moved = [tap - shift for tap in taps]
    furthest, slots, onsets = 0.0, list[Slots](), list[float]()
    for k in range(bars * groups):
        own = [tap * groups - k for tap in moved if _group(tap, groups, tolerance) == k]
        made = _in_group(own, grid[k % groups], tolerance * groups)
        if made is None:
            return None
        part, error = made
        furthest = max(furthest, error / groups)
        slots.append(part)
        onsets += [(k + i / len(part)) / groups for i, on in enumerate(part) if on]
    if len(onsets) != len(taps):
        return None
    each = [slots[k * groups : (k + 1) * groups] for k in range(bars)]
    pattern = _bars([_sequence([shortest(part, sound) for part in bar]) for bar in each])
    return Tapped(pattern, tuple(onsets), furthest, shift)


def _group(tap: float, groups: int, tolerance: float) -> int:
    """The number of the group that a tap belongs to; one that is a little early belongs to the group that it begins."""
    return math.floor((tap + tolerance) * groups)


def _in_group(taps: list[float], choices: tuple[int, ...], tolerance: float) -> tuple[Slots, float] | None:
    """The taps of a group, from 0 to 1, on the coarsest of its grids that fits, with the largest distance."""
    for parts in choices:
        places = [round(tap * parts) for tap in taps]
        error = max((abs(tap - place / parts) for tap, place in zip(taps, places, strict=True)), default=0.0)
        if error <= tolerance and len(set(places)) == len(places) and all(0 <= place < parts for place in places):
            return tuple(k in places for k in range(parts)), error
    return None


@lru_cache(maxsize=4096)
def shortest(slots: Slots, sound: str) -> str:
    """The shortest text of one step that begins a sound with these parts of it.

    x..x..x. of kick    kick(3,8)
    x.x.                kick*2
    x.xx                [kick kick*2]
    """
    if not any(slots):
        return REST
    if not any(slots[1:]):
        return sound
    count = len(slots)
    found = []
    for parts in (n for n in range(2, count + 1) if count % n == 0):
        size = count // parts
        groups = [slots[k * size : (k + 1) * size] for k in range(parts)]
        if len(set(groups)) == 1:
            found.append(f"{shortest(groups[0], sound)}*{parts}")
        if size == 1:
            found.append(_bracketed(_weighted(slots, sound)))
        steps = [shortest(group, sound) for group in groups]
        found.append(_bracketed(_joined(steps)))
    if count <= LONGEST_EUCLID:
        onsets = sum(slots)
        for rotation in range(count):
            if rhythm(onsets, count, rotation) == slots:
                found.append(f"{sound}({onsets},{count}{f',{rotation}' if rotation else ''})")
                break
    return min(found, key=lambda text: (len(text), text))


def _weighted(slots: Slots, sound: str) -> str:
    """The parts as steps that last to the next one."""
    steps: list[tuple[str, int]] = []
    for on in slots:
        if on or not steps:
            steps.append((sound if on else REST, 1))
        else:
            steps[-1] = (steps[-1][0], steps[-1][1] + 1)
    return _joined([f"{word}@{weight}" if weight > 1 else word for word, weight in steps])


def _joined(steps: Sequence[str]) -> str:
    """Steps one after another, equal ones with `!`."""
    runs = [(step, len(list(run))) for step, run in groupby(steps)]
    written = [min(f"{step}!{count}" if count > 1 else step, " ".join([step] * count), key=len) for step, count in runs]
    return " ".join(written)


def _bracketed(text: str) -> str:
    return f"[{text}]" if " " in text or "!" in text else text


def _sequence(steps: list[str]) -> str:
    """The steps of a bar as its text: without the brackets around all of it."""
    text = steps[0] if len(steps) == 1 else _joined(steps)
    if len(set(steps)) == 1 and len(steps) > 1:
        text = min(text, f"{steps[0]}*{len(steps)}", key=len) if steps[0] != REST else REST
    return text[1:-1] if len(steps) == 1 and text.startswith("[") and text.endswith("]") and _is_one(text) else text


def _is_one(text: str) -> bool:
    """Whether the first bracket of a text is closed by the last letter."""
    depth = 0
    for k, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if depth == 0:
            return k == len(text) - 1
    return False


def _bars(bars: list[str]) -> str:
    """The texts of several bars as one: each in turn, as few as come again."""
    count = len(bars)
    period = next(n for n in range(1, count + 1) if count % n == 0 and bars == bars[:n] * (count // n))
    return bars[0] if period == 1 else f"<{_joined([_bracketed(bar) for bar in bars[:period]])}>"
