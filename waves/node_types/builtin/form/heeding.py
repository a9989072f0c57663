"""Nodes that follow the sections of a piece: numbers and parts by section, the end of a song, and fills."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from waves.dsp.maths import clip, floor
from waves.node import COUNTS, Constants, Node, Signal, State, param


class SectionValue(Node):
    """A number for each section: the one of the section that plays."""

    called: ClassVar[str] = "song"

    section: Signal = param(0.0, unit="number", description="Number of the section, from 1; 0 for none.")
    values: tuple[float, ...] = param((0.0,), description="The number without a section, and those of all.")

    arrays: ClassVar[dict[str, str]] = {"value": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"value": np.array(constants.values, np.float64)}

    @staticmethod
    def render(out, section, value):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = value[int(clip(section[i] + 0.5, 0.0, value.size - 1.0))]


class During(Node):
    """The signal while a gate is high; it fades, and goes on in time."""

    called: ClassVar[str] = "during"

    signal: Signal = param(description="The sound.")
    gate: Signal = param(1.0, unit="gate", description="Whether it is heard.")
    fade: float = param(0.02, unit="s", minimum=0.0, description="Time in which it comes and goes.")

    tail: ClassVar[bool] = False

    class state(State):
        level: float = -1.0  # not begun

    @staticmethod
    def render(out, signal, gate, fade, state, rate):  # type: ignore[no-untyped-def]
        level = state.level
        if level < 0.0:
            level = 1.0 if gate[0] >= 0.5 else 0.0
        step = 1.0 / max(fade * rate, 1.0)
        for i in range(out.size):
            level = clip(level + (step if gate[i] >= 0.5 else -step), 0.0, 1.0)
            out[i] = signal[i] * level
        state.level = level


class EndWhenOver(Node):
    """The signal; once a gate is high and it has been silent for a second, it has ended."""

    called: ClassVar[str] = "song"

    signal: Signal = param(description="The sound.")
    gate: Signal = param(0.0, unit="gate", description="Whether the song is over.")

    tail: ClassVar[bool] = False
    pass_through: ClassVar[bool] = True

    class state(State):
        silent: int = 0  # frames

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"silent": COUNTS}

    @staticmethod
    def render(out, signal, gate, state, rate):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = signal[i]
            state.silent = state.silent + 1 if gate[i] >= 0.5 and abs(signal[i]) < 1e-5 else 0
        return state.silent >= rate


class Fills(Node):
    """Counts the calls of a fill, as whole numbers; a half more while one is held, or a gate is high."""

    called: ClassVar[str] = "fill"

    gate: Signal = param(0.0, unit="gate", description="Whether it is a fill by itself.")
    cell: Any = param(description="The `ValueCell` of the calls.")

    arrays: ClassVar[dict[str, str]] = {"called": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        seen: float = 0.0
        count: float = 0.0

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"count": COUNTS}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"called": constants.cell.array}

    @staticmethod
    def render(out, gate, called, state):  # type: ignore[no-untyped-def]
        call = called[0]
        serial = floor(call / 2.0)
        if serial != state.seen:
            state.count += 1.0 if serial > 0.0 else 0.0
            state.seen = serial
        held = call - 2.0 * serial >= 1.0
        for i in range(out.size):
            out[i] = state.count + (0.5 if held or gate[i] >= 0.5 else 0.0)
