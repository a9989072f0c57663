"""Envelope: fades a signal in, holds it, and fades it out.

    pluck: {envelope: {attack: 0.01, decay: 0.2, sustain: 0.4, release: 0.5, duration: 2,
                       signal: {osc: {type: saw, freq: 220}}}}

Each fade is 1 - exp(-5 x), scaled to arrive exactly. The level is held as long as `gate`, else for
`sustain_duration`, else until `release` ends with `duration`, else for ever. A new gate or trigger
starts from the present level. A time that changes takes effect immediately, from the present place.

Where `duration` is too short for all of them, `attack` and `decay` keep their times, `release` begins at
the level that is reached, after the attack, and takes what is left. Where even the attack leaves less
than a slope of its own, it is broken off early enough for the release to be no steeper.
"""

import math
from typing import Any

from pydantic import model_validator

from waves.dsp.maths import CURVE, CURVE_END, LONGEST_FADE, clip, fade_frames, falls_now, finite, frames, rising
from waves.node import BLOCK, Node, Signal, State, param

WAITING, ATTACK, DECAY, SUSTAIN, RELEASE, DONE = range(6)
ARRIVED = 1.0 - 1e-9  # of a sum of fractions


class Envelope(Node):
    signal: Signal = param(1.0, unit="factor", description="The sound to be shaped; alone, the envelope itself.")
    attack: Signal = param(0.0, unit="s", minimum=0.0, description="Time to rise to 1.")
    decay: Signal = param(0.0, unit="s", minimum=0.0, description="Time to fall to `sustain`.")
    sustain: Signal = param(1.0, unit="factor", description="Level while held.")
    sustain_duration: Signal = param(None, unit="s", minimum=0.0, description="Time to hold.")
    release: Signal = param(0.0, unit="s", minimum=0.0, description="Time to fall to 0.")
    duration: Signal = param(None, unit="s", minimum=0.0, description="Time from start to end of release.")
    gate: Signal = param(None, unit="gate", description="The level is held while it is at 0.5 or above.")
    trigger: Signal = param(None, unit="gate", description="Starts again where it rises through 0.5.")
    end: bool = param(True, description="Whether the node ends after release; false where its `gate` may rise again.")

    aliases = ("adsr", "asr", "perc", "env", "vca")
    crossfaded = ("attack", "decay", "sustain_duration", "release", "duration", "gate", "trigger")
    idle_on_return = True
    hushed = True
    tail = False

    class state(State):
        stage: int = WAITING
        elapsed: int = 0  # frames since the start
        held: int = 0  # frames since the end of decay
        released: int = 0  # frames from the start to the release
        x: float = 0.0  # how far the fade is, 0 to 1
        origin: float = 0.0  # level that it began at
        level: float = 0.0  # last level
        gate: bool = False
        trigger: bool = False

    @model_validator(mode="before")
    @classmethod
    def _end_without_gate(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {"end": "gate" not in values, **values}

    @staticmethod
    def render(
        out,
        signal,
        attack,
        decay,
        sustain,
        sustain_duration,
        release,
        duration,
        gate,
        trigger,
        end,
        state,
        rate,
    ):
        stage = state.stage
        elapsed = state.elapsed
        held = state.held
        released = state.released
        x = state.x
        origin = state.origin
        level = state.level
        gated = gate[0] == gate[0]
        triggered = trigger[0] == trigger[0]
        timed = not gated and not sustain_duration[0] >= 0.0 and duration[0] >= 0.0
        last = frames(duration[0], rate)
        was_open = state.gate
        was_high = state.trigger
        i = 0
        while i < out.size:  # a run of frames in one stage, without an edge, at the same times
            is_open = gate[i] >= 0.5
            is_high = trigger[i] >= 0.5
            rise = fade_frames(attack[i], rate)
            fall = fade_frames(decay[i], rate)
            leave = fade_frames(release[i], rate)
            hold = frames(clip(sustain_duration[i], -1.0, LONGEST_FADE), rate)
            if (
                (is_open and not was_open)
                or (is_high and not was_high)
                or (stage == WAITING and not gated and not triggered)
            ):
                stage = ATTACK
                elapsed = 0
                x = 0.0
                origin = level
            was_open = is_open
            was_high = is_high

            if stage == ATTACK and (x >= ARRIVED or rise <= 0.0):
                stage = DECAY
                x = 0.0
                origin = 1.0
            if stage == DECAY and (x >= ARRIVED or fall <= 0.0):
                stage = SUSTAIN
                held = 0
            late = timed and elapsed >= last - leave
            over = late
            if stage == ATTACK and late:
                following = origin + (1.0 - origin) * rising(x + 1.0 / rise)
                over = falls_now(last - elapsed - 1.0, following, rise, leave)
            elif stage == SUSTAIN and not timed:
                over = not gated and hold >= 0.0 and held >= hold
            if ((gated and not is_open) or over) and ATTACK <= stage <= SUSTAIN:
                if stage == SUSTAIN:
                    origin = finite(sustain[i], 0.0)
                elif stage == DECAY and x == 0.0:  # the attack ends with this frame
                    origin = 1.0
                else:
                    origin = level
                stage = RELEASE
                released = elapsed
                x = 0.0
            if timed and stage == RELEASE:
                leave = min(leave, last - released)
            if stage == RELEASE and (x >= ARRIVED or leave <= 0.0):
                stage = DONE

            stop = out.size
            if stage == ATTACK:
                stop = steady(attack, i, stop)
            elif stage == DECAY:
                stop = steady(decay, i, stop)
            elif stage == SUSTAIN and hold >= 0.0:
                stop = steady(sustain_duration, i, stop)
            if stage == RELEASE or (timed and stage != DONE):
                stop = steady(release, i, stop)
            if gated or triggered:
                steady_until = stop
                stop = i + 1
                while stop < steady_until and (gate[stop] >= 0.5) == is_open and (is_high or not trigger[stop] >= 0.5):
                    is_high = trigger[stop] >= 0.5
                    stop += 1
                was_high = is_high
            length = rise if stage == ATTACK else (fall if stage == DECAY else leave)
            if ATTACK <= stage <= DECAY or stage == RELEASE:
                stop = min(stop, i + max(math.ceil((ARRIVED - x) * length), 1))
                if timed and stage != RELEASE:  # up to the release; in a late attack each frame may be its begin
                    latest = last - (min(rise, leave) if stage == ATTACK else leave)
                    stop = min(stop, i + in_block(latest - elapsed))
                keep = math.exp(-CURVE / length)
                rest = math.exp(-CURVE * x)  # of the way, falls from 1 to CURVE_END
                scale = 1.0 / (1.0 - CURVE_END)
                if stage == ATTACK:
                    for j in range(i, stop):
                        level = origin + (1.0 - origin) * ((1.0 - rest) * scale)
                        rest *= keep
                        out[j] = level * signal[j]
                else:
                    for j in range(i, stop):
                        goal = finite(sustain[j], 0.0) if stage == DECAY else 0.0
                        level = goal + (origin - goal) * ((rest - CURVE_END) * scale)
                        rest *= keep
                        out[j] = level * signal[j]
                x += (stop - i) / length
            elif stage == SUSTAIN:
                if timed:
                    stop = min(stop, i + in_block(last - leave - elapsed))
                elif not gated and hold >= 0.0:
                    stop = min(stop, i + in_block(hold - held))
                for j in range(i, stop):
                    out[j] = finite(sustain[j], 0.0) * signal[j]
                level = finite(sustain[stop - 1], 0.0)
                held += stop - i
            else:
                for j in range(i, stop):
                    out[j] = 0.0
                level = 0.0
            elapsed += stop - i
            i = stop
        state.stage = stage
        state.elapsed = elapsed
        state.held = held
        state.released = released
        state.x = x
        state.origin = origin
        state.level = level
        state.gate = was_open
        state.trigger = was_high
        return stage == DONE and end == 1


def in_block(left):
    """So many frames that are left, from 1 to those of a block."""
    return max(int(min(left, BLOCK)), 1)


def steady(times, first, stop):
    """The frame up to `stop` until which a time stays as it is in frame `first`."""
    same = True
    for i in range(first, stop):
        same &= times[i] == times[first]
    if not same:
        k = first + 1
        while k < stop and times[k] == times[first]:
            k += 1
        stop = k
    return stop
