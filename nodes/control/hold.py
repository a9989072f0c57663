"""Hold: takes a value where `trigger` changes, and keeps it until the next change.

    stairs:
      osc:
        type: tri
        amp: 0.3
        freq: {hold: {trigger: eighth_number, signal: "rand([c4, eb4, f4, g4, bb4])"}}

The first value is taken at the start. A tick, which is 1 for one frame, is one change; a gate changes where it
rises and where it falls. An expression draws its random numbers anew for each value that is taken.
"""

from waves.dsp.clock import changes
from waves.dsp.maths import finite
from waves.language.build.automation_builder import held
from waves.node import Floats, Node, Signal, State, param


class Hold(Node):
    signal: Signal = param(description="The values that are taken.")
    trigger: Signal = param(None, unit="gate", description="Each change of it takes another value.")

    aliases = ("sample and hold", "sah", "latch")
    crossfaded = ("trigger",)

    class state(State):
        value: float = 0.0
        begun: bool = False
        past: Floats[2]  # the last two frames of the trigger

    @classmethod
    def expand(cls, build):
        return held(build)

    @staticmethod
    def render(out, signal, trigger, state):
        for i in range(out.size):
            is_taken = changes(finite(trigger[i], 0.0), state.past)
            if is_taken or not state.begun:
                state.begun = True
                state.value = finite(signal[i], state.value)
            out[i] = state.value
