"""The transport: the position of the music in beats, and counters of beats and bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from waves.dsp.clock import FARTHEST, division
from waves.dsp.maths import finite
from waves.node import COUNTS, Node, Signal, State, param


class Transport(Node):
    """Position in beats since the piece began.

    It is calculated from the frames since the last change of `bpm`, so that rounding errors do not add up. At its
    start it is where it would be if `bpm` had always been the same.
    """

    called: ClassVar[str] = "tempo"

    bpm: Signal = param(120.0, unit="beats per minute", minimum=1.0, maximum=10_000.0, description="Tempo.")
    metre: tuple[float, ...] = param((4.0,), description="Beats of each bar in turn.")

    waits: ClassVar[tuple[str, ...]] = ()

    class state(State):
        begun: bool = False
        beats: float = 0.0  # position at `frame`
        frame: int = 0  # since the piece began
        bpm: float = 0.0  # since then

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"frame": COUNTS, "bpm": (0.0, FARTHEST)}

    @staticmethod
    def render(out, bpm, state, clock, rate):  # type: ignore[no-untyped-def]
        if not state.begun:
            state.begun = True
            state.bpm = bpm[0] if 0.0 <= bpm[0] < FARTHEST else 0.0
        origin = state.beats
        speed = state.bpm
        frames = clock - state.frame
        still = True
        for i in range(out.size):
            still &= bpm[i] == speed
        if still:
            for i in range(out.size):
                out[i] = origin + (frames + i) * speed / (60.0 * rate)
            return
        for i in range(out.size):
            n = clock + i
            tempo = bpm[i] if 0.0 <= bpm[i] < FARTHEST else state.bpm
            at = state.beats + (n - state.frame) * state.bpm / (60.0 * rate)
            if tempo != state.bpm:
                state.beats = at
                state.frame = n
                state.bpm = tempo
            out[i] = at


class BeatTick(Node):
    """1 on the first frame at or after each multiple of `every`, else 0."""

    called: ClassVar[str] = "tick"

    beats: Signal = param(unit="beats", description="Position of the transport.")
    beat: Signal = param(0.5, unit="s", description="Length of its beat.")
    every: float = param(1.0, unit="beats", description="Length of a division.")

    waits: ClassVar[tuple[str, ...]] = ()
    idle_on_return: ClassVar[bool] = True

    class state(State):
        begun: bool = False
        count: float = 0.0  # divisions begun

    @staticmethod
    def render(out, beats, beat, every, state, rate):  # type: ignore[no-untyped-def]
        if not state.begun:
            state.begun = True
            before = beats[0] - 1.0 / max(finite(beat[0], 1.0) * rate, 1.0)  # a frame ago
            state.count = division(before, every)
        for i in range(out.size):
            count = division(beats[i], every)
            out[i] = 1.0 if count != state.count else 0.0
            state.count = count


class BeatNumber(Node):
    """The number of the present division, from 1."""

    called: ClassVar[str] = "number"

    beats: Signal = param(unit="beats", description="Position of the transport.")
    every: float = param(1.0, unit="beats", description="Length of a division.")

    waits: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def render(out, beats, every):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = division(beats[i], every) + 1.0


class KeepAlive(Node):
    """Passes the signal on, and keeps the transport running even if nothing else reads it."""

    called: ClassVar[str] = "tempo"

    signal: Signal = param(description="The sound.")
    beats: Signal = param(unit="beats", description="Position of the transport.")

    tail: ClassVar[bool] = False
    pass_through: ClassVar[bool] = True

    @staticmethod
    def render(out, signal):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            out[i] = signal[i]
