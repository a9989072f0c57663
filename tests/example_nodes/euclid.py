"""Triggers, `onsets` of them as evenly as can be in `steps`, for the `trigger` of an envelope or a sequencer.

    kick: {osc: {freq: [150, 50], amp: [0.8, 0], duration: 0.2}}
    beat: {sequencer: {trigger: {euclid: {onsets: 5, steps: 8, position: beats * 4}}, steps: [kick]}}

(Bjorklund: The theory of rep-rate pattern generation, 2003.)
"""

from waves.dsp.maths import finite, floor, uniform
from waves.node import Node, Signal, State, param


class Euclid(Node):
    position: Signal = param(unit="steps", description="Which step it is, from 0 and with a fraction: `beats * 4`.")
    onsets: Signal = param(3.0, unit="number", minimum=0.0, description="How many steps are heard.")
    steps: Signal = param(8.0, unit="steps", minimum=1.0, description="Of a pass.")
    rotation: Signal = param(0.0, unit="steps", description="The first onset is so much later.")
    chance: Signal = param(1.0, unit="factor", minimum=0.0, maximum=1.0, description="Part of the onsets heard.")

    crossfaded = ("position", "onsets", "steps", "rotation")
    waits = ()
    tail = False

    class state(State):
        last: float = -1.0  # step of the frame before

    @staticmethod
    def render(out, position, onsets, steps, rotation, chance, state, seed):
        for i in range(out.size):
            step = floor(finite(position[i], state.last) + 1e-6)
            count = max(floor(finite(steps[i], 8.0)), 1.0)
            heard = min(max(floor(finite(onsets[i], 0.0)), 0.0), count)
            place = (step - floor(finite(rotation[i], 0.0))) * heard
            begins = step != state.last and place - count * floor(place / count) < heard
            out[i] = 1.0 if begins and uniform(seed, int(step)) < chance[i] else 0.0
            state.last = step
