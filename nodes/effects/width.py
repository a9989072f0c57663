"""Width: makes a stereo sound wider or narrower, and its bass mono.

    wide:
      width:
        width: 1.6
        bass: 150
        signal:
          mix:
            low: {track: {pan: -0.7, signal: {osc: {type: saw, freq: 82.4, amp: 0.15}}}}
            high: {track: {pan: 0.7, signal: {osc: {type: saw, freq: 123.9, amp: 0.15}}}}

`width` multiplies the side, half the difference of left and right; the middle, half their sum, stays. A mono sound
has no side and stays as it is. Below `bass` the side falls by 12 dB per octave. Above, the image does not turn: the
middle goes through the allpass filter that has the same phase.

(Blumlein: British patent 394325, 1931, on sum and difference; Linkwitz, Riley: Active crossover networks for
noncoincident drivers, 1976.)
"""

from waves.dsp.filters.one_pole import highpass, lowpass, lowpass_coefficient
from waves.dsp.maths import clip, finite
from waves.node import Channels, Floats, Node, Signal, State, param

HIGHEST = 2000.0  # Hz


class Width(Node):
    signal: Channels = param(description="A stereo sound.")
    width: Signal = param(
        1.0, unit="factor", minimum=0.0, maximum=2.0, description="0 mono, 1 as it is, 2 the side twice as loud."
    )
    bass: Signal = param(
        0.0, unit="Hz", minimum=0.0, maximum=HIGHEST, description="Frequency below which it is mono: -6 dB there."
    )

    aliases = ("stereo", "mid side", "widener", "imager", "stereo width")
    channels = ("left", "right")
    slow = ("corner",)
    tail = False

    class state(State):
        middle: Floats[1]
        side: Floats[2]

    @staticmethod
    def slowly(bass, rate):
        return lowpass_coefficient(clip(finite(bass, 0.0), 0.0, HIGHEST), rate)

    @staticmethod
    def render(left, right, signal, width, corner, state):
        a, b = signal[0], signal[signal.size - 1]
        for i in range(left.size):
            x, y = finite(a[i], 0.0), finite(b[i], 0.0)
            middle = 0.5 * (x + y)
            middle -= 2.0 * lowpass(middle, corner[i], state.middle)
            side = highpass(highpass(0.5 * (x - y), corner[i], state.side), corner[i], state.side, 1)
            side *= clip(finite(width[i], 1.0), 0.0, 2.0)
            left[i] = middle + side
            right[i] = middle - side
