"""Crush: fewer levels and a lower sample rate, like an early sampler.

    old: {crush: {bits: 6, rate: 9000, signal: {osc: {type: tri, freq: {automation: {interval: 0.25,
           steps: [110, 165, 220, 330]}}, amp: 0.3}}}}

`rate` is the rate at which the sound is sampled, `bits` the resolution of each sample. Full scale is 1, and what is
beyond it is clipped; what is smaller than half a step is silent. A sample that falls between two frames is read there,
and each step is smoothed over four frames: so the partials that a low rate adds are its own, and the same at every rate
of the sound card. The sound is late by two frames.
(Välimäki, Pekonen, Nam: Perceptually informed synthesis of bandlimited classical waveforms using integrated polynomial
interpolation, 2012.)
"""

from waves.dsp.edges import step_tail
from waves.dsp.interpolation import linear
from waves.dsp.maths import clip, finite, rint
from waves.dsp.powers import exp2
from waves.node import Floats, Node, Signal, State, param


class Crush(Node):
    signal: Signal = param(description="The sound to be made coarse.")
    bits: Signal = param(8.0, unit="bits", minimum=1.0, maximum=24.0, description="Resolution; it may have a fraction.")
    rate: Signal = param(11_025.0, unit="Hz", minimum=1.0, description="Samples in a second.")
    mix: Signal = param(
        1.0, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the effect."
    )

    aliases = ("bitcrush", "lofi", "decimate")

    class state(State):
        position: float = -1.0  # part of the way to the next sample; below 0: not begun
        held: float = 0.0
        rest: Floats[4]  # what the steps lack in this frame and the next ones
        past: Floats[2]  # the input

    @staticmethod
    def render(out, signal, bits, rate, mix, state, sample_rate):
        rest, past = state.rest, state.past
        position, held = state.position, state.held
        per_frame = 1.0 / sample_rate
        for i in range(out.size):
            x = finite(signal[i], 0.0)
            speed = clip(rate[i] * per_frame, 1e-6, 1.0)
            position = position + speed if position >= 0.0 else 1.0
            if position >= 1.0:
                position -= 1.0
                late = clip(position / speed, 0.0, 1.0)  # frames ago
                levels = 0.5 * exp2(clip(finite(bits[i], 24.0), 1.0, 24.0))
                step = rint(clip(linear(x, past[0], late), -1.0, 1.0) * levels) / levels - held
                held += step
                smooth = clip(2.0 - 2.0 * speed, 0.0, 1.0)  # a step in each frame needs none
                rest[0] -= step * (1.0 + smooth * -step_tail(2.0 - late))
                rest[1] -= step * (1.0 + smooth * -step_tail(1.0 - late))
                rest[2] -= step * smooth * step_tail(late)
                rest[3] -= step * smooth * step_tail(1.0 + late)
            dry = past[1]
            out[i] = dry + clip(mix[i], 0.0, 1.0) * (held + rest[0] - dry)
            rest[0], rest[1], rest[2], rest[3] = rest[1], rest[2], rest[3], 0.0
            past[0], past[1] = x, past[0]
        state.position, state.held = position, held
