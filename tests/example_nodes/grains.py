"""Small pieces of a file, many at once, from around one place.

    cloud: {grains: {file: samples/bells.flac, density: 40, size: 0.08, position: 0.1, jitter: 0.1, spread: 0.8}}

(Roads: Microsound, 2001.)
"""

from waves.dsp.interpolation import linear
from waves.dsp.maths import clip, finite, floor, uniform
from waves.dsp.panning import equal_power
from waves.dsp.windows import hann
from waves.node import File, Floats, Node, Signal, State, param

GRAINS = 64  # at once


class Grains(Node):
    file: File = param(description="What the grains are taken from.")
    density: Signal = param(20.0, unit="Hz", minimum=0.0, description="How many begin in a second.")
    size: Signal = param(0.1, unit="s", minimum=0.001, maximum=2.0, description="Length of one.")
    position: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="Place in the file.")
    jitter: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="Distance from it by chance.")
    pitch: Signal = param(1.0, unit="factor", description="Speed of a grain.")
    spread: Signal = param(0.0, unit="factor", minimum=0.0, maximum=1.0, description="Width from left to right.")
    amp: Signal = param(1.0, unit="factor", description="Level.")

    channels = ("left", "right")
    arrays = {"audio": "f4"}

    class state(State):
        until: float = 0.0  # frames to the next grain
        count: int = 0
        place: Floats[GRAINS]  # frame of the file
        speed: Floats[GRAINS]
        age: Floats[GRAINS]  # part of its length; from 1 on it is silent
        aging: Floats[GRAINS]  # in one frame; 0: none has begun
        pan: Floats[GRAINS]

    @staticmethod
    def prepare(constants, rate):
        return {"audio": constants.file[0].mean(axis=0)}

    @staticmethod
    def render(left, right, density, size, position, jitter, pitch, spread, amp, audio, state, seed, rate):
        for i in range(left.size):
            if state.until <= 0.0:
                k, number = state.count % GRAINS, 3 * state.count
                where = finite(position[i], 0.0) + finite(jitter[i], 0.0) * (2.0 * uniform(seed, number) - 1.0)
                state.place[k] = clip(where, 0.0, 1.0) * (audio.size - 1)
                state.speed[k] = clip(finite(pitch[i], 1.0), -32.0, 32.0)
                state.pan[k] = 0.5 + clip(finite(spread[i], 0.0), 0.0, 1.0) * (uniform(seed, number + 1) - 0.5)
                state.age[k] = 0.0
                state.aging[k] = 1.0 / (clip(finite(size[i], 0.1), 0.001, 2.0) * rate)
                state.count += 1
                state.until += rate / clip(finite(density[i], 1.0), 0.01, 20_000.0)
            state.until -= 1.0
            left[i] = right[i] = 0.0
            for k in range(GRAINS):
                if state.aging[k] > 0.0 and state.age[k] < 1.0:
                    whole = int(floor(state.place[k]))
                    inside = 0.0 <= state.place[k] < audio.size - 1
                    heard = linear(audio[whole], audio[whole + 1], state.place[k] - whole) if inside else 0.0
                    level, (first, second) = hann(state.age[k]) * finite(amp[i], 0.0), equal_power(state.pan[k])
                    left[i] += first * level * heard
                    right[i] += second * level * heard
                    state.place[k] += state.speed[k]
                    state.age[k] += state.aging[k]
