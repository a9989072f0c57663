"""Fades between sources: of an input at a save, and of a part of a mix that appears or disappears slowly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from waves.dsp.maths import SILENCE
from waves.node import COUNTS, Node, Signal, State, param

SHORT = 0.02  # s, the fade of a save: a part with no longer fade appears and disappears with it
PASSAGE = ".passage"  # at the end of an ID


class Fade(Node):
    """Crossfades linearly from one source to another, exactly where both are equal."""

    called: ClassVar[str] = "crossfade"

    old: Signal = param(0.0, unit="any")
    new: Signal = param(0.0, unit="any")
    frames: int = param(882, unit="frames", minimum=1)
    wait: int = param(0, unit="frames", minimum=0)

    waits = ("new",)
    tail = False

    @staticmethod
    def render(out, old, new, frames, wait, fade):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            share = min(max(fade + i + 1 - wait, 0) / frames, 1.0)
            out[i] = old[i] + share * (new[i] - old[i])


class SlowFade(Node):
    """Fades a part in or out, from its present level to 1 or 0."""

    called: ClassVar[str] = "fade"

    signal: Signal = param(description="The part.")
    arrives: bool = param(True, description="Whether it fades in.")
    silence: float = param(0.0, unit="s", minimum=0.0, description="Time of silence after which it is over; 0: none.")
    hold: float = param(0.0, unit="s", minimum=0.0, description="Time before the level moves.")
    ramp: float = param(SHORT, unit="s", minimum=0.0, description="Time from level 0 to 1.")

    waits: ClassVar[tuple[str, ...]] = ("signal",)
    tail: ClassVar[bool] = False
    idle_on_return: ClassVar[bool] = True

    class state(State):
        level: float = -1.0  # not begun
        held: int = 0  # frames
        quiet: int = 0  # frames
        over: bool = False

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"held": COUNTS, "quiet": COUNTS}

    @staticmethod
    def render(out, signal, arrives, silence, hold, ramp, state, rate):  # type: ignore[no-untyped-def]
        if state.level < 0.0:
            state.level = 0.0 if arrives else 1.0
        step = 1.0 / max(ramp * rate, 1.0)
        for i in range(out.size):
            if arrives:
                state.held = 0
                state.level = min(state.level + step, 1.0)
            elif state.held < hold * rate:
                state.held += 1
            else:
                state.level = max(state.level - step, 0.0)
            out[i] = state.level * signal[i]
            state.quiet = state.quiet + 1 if abs(signal[i]) < SILENCE else 0
        gone = state.level <= 0.0 or (silence > 0.0 and state.quiet > silence * rate)
        state.over = state.level >= 1.0 if arrives else gone
        return state.over and not arrives
