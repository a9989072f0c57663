"""Positions of the nodes of a plan: phases, playheads, steps, frames written; and their distance in two plays."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from waves.engine.graph.graph import Output, Row
from waves.engine.plan.plan import Plan
from waves.engine.state.kept_memory import RingBuffer
from waves.engine.state.voice_memory import VOICES_NAME, PoolRecord

PERIODS = {
    "phase": 1.0,  # turns
    "elapsed": math.inf,
    "frames": math.inf,
    "last_playhead_position": math.inf,
    "total_samples_rendered": math.inf,
    "position": math.inf,
    "next": math.inf,
}
"""Fields of a state that are positions, and the period after which they repeat."""
COUNTING = ("StepClock", "Transport")

Field = tuple[str, str]
"""Key of a state, and name of a field in it."""
Positions = dict[Field, dict[int, float]]
"""The position in each field, for each voice; voice 0 if there is only one."""


def positions(plan: Plan, clock: int, rate: float) -> Positions:
    """All positions of a plan, `clock` frames after the piece began; of voices only those that sound."""
    found: Positions = defaultdict(dict)
    for key, record in plan.states.items():
        if isinstance(record, PoolRecord):
            voices = record.values[VOICES_NAME][0]
            for k in voices["active"].nonzero()[0]:
                for inner in record.layout.states:
                    for name, position in _fields(voices[inner][k]):
                        found[f"{key} {inner}", name][int(k)] = position
        else:
            for name, position in _fields(record.values[0]):
                found[key, name][0] = position
    for key, memory in plan.memories.items():
        if isinstance(memory, RingBuffer):
            found[key, "written"][0] = float(memory.counter[0])
    for row in plan.graph.rows.values():
        if row.kind.__name__ in COUNTING:
            found[row.state_key, "counted"][0] = _counted(plan, row, clock, rate)
    return found


def _fields(state: Any) -> Iterator[tuple[str, float]]:
    for name in state.dtype.names or ():
        if name in PERIODS:
            yield name, float(state[name])


def _counted(plan: Plan, row: Row, clock: int, rate: float) -> float:
    """Beats of a transport, or steps of a step clock."""
    state = plan.states[row.state_key]
    if row.kind.__name__ == "Transport":
        return float(state.beats + (clock - state.frame) * state.bpm / (60.0 * rate))
    source = row.inputs["beats"]
    beats = _counted(plan, plan.graph.rows[source.key], clock, rate) if isinstance(source, Output) else source
    return float(state.anchor + state.ratio * (beats - state.anchor_beats))


def distances(live: Positions, expected: Positions, later: Positions, frames: int) -> dict[Field, float]:
    """The distance in frames of each position from the expected one, infinite if it has no counterpart.

    `later` are the expected positions after so many frames, which gives their speed. Fields that are not expected are
    left out. Voices are paired in order of their positions, because their slots may differ.
    """
    result = {}
    for field in live.keys() & expected.keys():
        here = sorted(live[field].values())
        there = sorted((position, voice) for voice, position in expected[field].items())
        period = PERIODS.get(field[1], math.inf)
        errors = [math.inf] if len(here) != len(there) else [0.0]
        for position, (due, voice) in zip(here, there, strict=False):
            error = abs(_shortest(position - due, period))
            moved = _shortest(later[field].get(voice, due) - due, period)
            errors.append(error * frames / abs(moved) if moved else (math.inf if error else 0.0))
        result[field] = max(errors)
    return result


def _shortest(distance: float, period: float) -> float:
    return distance if period == math.inf else (distance + period / 2) % period - period / 2
