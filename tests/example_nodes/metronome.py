"""A clock: an event every `every` frames, going round `steps` steps.

    clock: {metronome: {every: 100, steps: 4}}
"""

from waves.node import Node, param
from waves.node_types.builtin.voices import Events


class Metronome(Node):
    every: int = param(100, unit="frames", minimum=1)
    steps: int = param(1, unit="steps", minimum=1)
    length: int = param(50, unit="frames", minimum=0)
    last: int = param(0, unit="events", minimum=0)

    class state(Events):
        passed: int = 0  # frames
        done: int = 0  # events

    @staticmethod
    def render(out, every, steps, length, last, state):
        state.count = 0
        state.busy = 0
        for i in range(out.size):
            out[i] = 0.0
            if state.passed % every == 0 and (last == 0 or state.done < last):
                state.frame[state.count] = i
                state.step[state.count] = state.done % steps
                state.length[state.count] = length
                state.count += 1
                state.done += 1
                out[i] = 1.0
            state.passed += 1
        return last > 0 and state.done >= last
