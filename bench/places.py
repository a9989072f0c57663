"""Where the nodes of a plan are: phases, playheads, steps, frames written; and how many frames apart two plays are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from waves.engine.graph.graph import Output, Row
from waves.engine.plan.plan import Plan
from waves.engine.plan.voice_memory import VOICES_NAME, PoolRecord

PERIODS = {
    "phase": 1.0,  # turns
    "elapsed": math.inf,
    "frames": math.inf,
    "last_playhead_position": math.inf,
    "total_samples_rendered": math.inf,
    "position": math.inf,
    "next": math.inf,
}
"""Fields of a state that say where a node is, and after what they come back."""
COUNTING = ("Clock", "Transport")

Place = tuple[str, str]  # key of the state, name of the field
Places = dict[Place, dict[int, float]]  # for each voice, 0 where there is one


def places(plan: Plan, clock: int, rate: float) -> Places:
    """All of them, `clock` frames after the piece began; of voices those that sound."""
    found: Places = defaultdict(dict)
    for key, record in plan.states.items():
        if isinstance(record, PoolRecord):
            voices = record.values[VOICES_NAME][0]
            for k in voices["active"].nonzero()[0]:
                for inner in record.layout.states:
                    for name, at in _fields(voices[inner][k]):
                        found[f"{key} {inner}", name][int(k)] = at
        else:
            for name, at in _fields(record.values[0]):
                found[key, name][0] = at
    for key, memory in plan.rings.items():
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
    """Beats of a transport, steps of a clock."""
    state = plan.states[row.state_key]
    if row.kind.__name__ == "Transport":
        return float(state.beats + (clock - state.frame) * state.bpm / (60.0 * rate))
    source = row.inputs["beats"]
    beats = _counted(plan, plan.graph.rows[source.key], clock, rate) if isinstance(source, Output) else source
    return float(state.anchor + state.ratio * (beats - state.anchor_beats))


def apart(live: Places, course: Places, later: Places, frames: int) -> dict[Place, float]:
    """How many frames each place is from its course; `later` is the course after so many frames, for its speed.

    Places that are not in the course are left out. Voices are paired in order of their places: their slots may differ.
    """
    found = {}
    for place in live.keys() & course.keys():
        here = sorted(live[place].values())
        there = sorted((at, voice) for voice, at in course[place].items())
        period = PERIODS.get(place[1], math.inf)
        errors = [math.inf] if len(here) != len(there) else [0.0]
        for at, (due, voice) in zip(here, there, strict=False):
            off = abs(_shortest(at - due, period))
            moved = _shortest(later[place].get(voice, due) - due, period)
            errors.append(off * frames / abs(moved) if moved else (math.inf if off else 0.0))
        found[place] = max(errors)
    return found


def _shortest(way: float, period: float) -> float:
    return way if period == math.inf else (way + period / 2) % period - period / 2
