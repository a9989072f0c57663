"""Ramps over beats: of any parameter, and of the tempo itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from waves.dsp.clock import FARTHEST, TOLERANCE
from waves.dsp.maths import clip, finite
from waves.dsp.powers import expm1, log
from waves.node import Constants, Node, Signal, State, param
from waves.node_types.builtin.form.bars import bar_lines, bars_at, beats_of, next_line
from waves.node_types.builtin.transport import Transport

BEHIND = 1e-3  # beats: a save at a bar takes effect with the first frame behind its line


class Ramp(Node):
    """From one number to another in a line over beats, from a bar on; before it the first number, behind it the other.

    A ramp that is written anew begins with the next bar; until then the one before goes on.
    """

    called: ClassVar[str] = "ramp"

    beats: Signal = param(0.0, unit="beats", description="Position of the transport.")
    from_: float = param(0.0, unit="any", description="The number at the beginning.")
    to: float = param(1.0, unit="any", description="The number at the end.")
    length: float = param(4.0, unit="beats", minimum=1e-3, description="The way from one to the other.")
    bars: float = param(0.0, unit="bars", minimum=0.0, description="The length in bars, if not 0.")
    metre: tuple[float, ...] = param((4.0,), description="Beats of each bar in turn.")

    arrays: ClassVar[dict[str, str]] = {"lines": "f8"}
    crossfaded: ClassVar[tuple[str, ...]] = ("beats",)
    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        begun: bool = False
        before: float = 0.0  # of the ramp that goes on
        after: float = 0.0
        length: float = 1.0
        origin: float = 0.0  # the beat at which it began
        next_before: float = math.nan  # of the one that is written
        next_after: float = math.nan
        next_length: float = math.nan
        due: float = math.inf  # the beat at which that begins

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"length": (1e-3, FARTHEST)}

    @classmethod
    def expand(cls, build: Any) -> Any:
        """The node in the tempo around it; notes share it, so that it does not begin with each of them."""
        settings, tempo = build.settings, build.context.transport
        node = replace(build.context, voice=None).new(build.id, cls, build.model.place)
        lengths = tempo.metre.lengths
        node.settings = {**settings, **way(settings["length"], settings["bars"], lengths), "metre": lengths}
        node.inputs = {"beats": tempo.source("beats")}
        return node

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"lines": bar_lines(constants.metre)}

    @staticmethod
    def render(out, beats, from_, to, length, bars, lines, state):  # type: ignore[no-untyped-def]
        if from_ != state.next_before or to != state.next_after or length != state.next_length:
            state.next_before = from_
            state.next_after = to
            state.next_length = length
            state.due = next_line(finite(beats[0], 0.0) - BEHIND, lines)
        if not state.begun:
            state.begun = True
            state.before = from_
            state.after = from_
        for i in range(out.size):
            b = finite(beats[i], 0.0)
            if b >= state.due - TOLERANCE:
                state.origin = state.due
                state.due = math.inf
                state.before = state.next_before
                state.after = state.next_after
                state.length = length_from(state.origin, length, bars, lines)
            share = clip((b - state.origin) / state.length, 0.0, 1.0)
            out[i] = state.after if share >= 1.0 else state.before + share * (state.after - state.before)


def way(beats: float, bars: float, metre: tuple[float, ...]) -> dict[str, float]:
    """The settings for a length of so many beats, or else bars; where bars differ it follows from where it begins."""
    if len(metre) == 1:
        return {"length": bars * metre[0] or beats, "bars": 0.0}
    return {"length": bars * sum(metre) / len(metre) or beats, "bars": bars}


def length_from(origin: float, beats: float, bars: float, lines: Any) -> float:
    """The beats of a ramp that begins at a position: so many, or those of some bars from there."""
    return beats_of(bars_at(origin, lines) + bars, lines) - origin if bars > 0.0 else beats


class RampedTransport(Transport):
    """Position in beats of a tempo that goes from one number to another, in a line over beats, and the tempo.

    With a slope of `s` beats per minute in a beat the tempo grows by exp(s t / 60), so that the position is known for
    every frame without a sum. As `Ramp` it begins with the next bar; until then the tempo that was goes on.
    """

    before: float = param(120.0, unit="beats per minute", description="Tempo at the beginning.")
    after: float = param(120.0, unit="beats per minute", description="Tempo at the end.")
    length: float = param(4.0, unit="beats", minimum=1e-3, description="The way from one to the other.")
    bars: float = param(0.0, unit="bars", minimum=0.0, description="The length in bars, if not 0.")

    arrays: ClassVar[dict[str, str]] = {"lines": "f8"}
    outputs: ClassVar[tuple[str, ...]] = ("position", "tempo")

    class state(Transport.state):  # while it moves `beats`, `frame` and `bpm` are those of the next block
        moves: bool = False
        before: float = 0.0  # beats per minute
        after: float = 0.0
        length: float = 1.0  # beats
        origin: float = 0.0  # the beat at which it began
        origin_frame: float = 0.0  # and its frame, which may be between two
        next_before: float = math.nan  # of the one that is written
        next_after: float = math.nan
        next_length: float = math.nan
        due: float = math.inf  # the beat at which that begins

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {
            **Transport.state.ranges,
            "length": (1e-3, FARTHEST),
            "before": (0.0, FARTHEST),
            "after": (0.0, FARTHEST),
        }

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"lines": bar_lines(constants.metre)}

    @staticmethod
    def render(  # type: ignore[no-untyped-def, override]
        position, tempo, before, after, length, bars, lines, state, clock, rate
    ):
        each = 60.0 * rate
        if not state.begun:
            state.begun = True
            state.bpm = before
        if before != state.next_before or after != state.next_after or length != state.next_length:
            state.next_before = before
            state.next_after = after
            state.next_length = length
            state.due = next_line(state.beats + (clock - state.frame) * state.bpm / each - BEHIND, lines)
        slope = (state.after - state.before) / state.length
        for i in range(position.size + 1):
            n = clock + i
            if i == position.size and not state.moves:
                break
            now = state.bpm
            if state.moves:
                at = state.origin + passed((n - state.origin_frame) / each, state.before, slope)
                now = state.before + slope * (at - state.origin)
                if at >= state.origin + state.length:
                    end = log(state.after / state.before) / slope if slope != 0.0 else state.length / state.before
                    at = state.origin + state.length + ((n - state.origin_frame) / each - end) * state.after
                    now = state.after
            else:
                at = state.beats + (n - state.frame) * state.bpm / each
            if at >= state.due - TOLERANCE and i < position.size:
                state.moves = True
                state.origin = state.due
                state.origin_frame = n - (at - state.due) * each / max(now, 1e-9)
                state.due = math.inf
                state.before = state.next_before
                state.after = state.next_after
                state.length = length_from(state.origin, length, bars, lines)
                slope = (state.after - state.before) / state.length
                at = state.origin + passed((n - state.origin_frame) / each, state.before, slope)
                now = state.before + slope * (at - state.origin)
            elif state.moves:
                state.moves = at < state.origin + state.length
                state.beats = at
                state.frame = n
                state.bpm = now
            if i < position.size:
                position[i] = at
                tempo[i] = now


def passed(minutes: float, before: float, slope: float) -> float:
    """The beats after so many minutes of a tempo that begins with `before` and grows by `slope` in each beat."""
    return before * minutes if slope == 0.0 else before * expm1(slope * minutes) / slope


TRANSPORTS = (Transport.__name__, RampedTransport.__name__)
"""Names of the types that have the position of the music."""


def anchor_at(record: Any, frame: int, rate: float) -> None:
    """Count the position of a transport's state from `frame` on, reached at `rate` frames per second.

    At another rate the music then goes on from there. `record` is the state as a NumPy array of one record.
    """
    record["beats"] += (frame - record["frame"]) * record["bpm"] / (60.0 * rate)
    record["frame"] = frame
    if "moves" in record.dtype.names and record["moves"]:
        record["length"] += record["origin"] - record["beats"]
        record["before"], record["origin"] = record["bpm"], record["beats"]
        record["origin_frame"] = record["frame"]
