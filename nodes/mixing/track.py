"""Track: volume, width, and a position between left and right.

    left: {track: {pan: -0.5, volume: 0.8, signal: {osc: {freq: 220, amp: 0.3}}}}

Equal power, unity at the centre and 3 dB more at the ends. A mono signal is weighted by sqrt(2) cos and sqrt(2) sin. A
stereo signal is exact at the centre; on the way to one end the other side moves over, weighted by cos where it was and
by sin where it goes, so that at the end both sides sound there. (As the StereoPannerNode of the Web Audio API.)
Before that, `width` multiplies its side, half the difference of left and right; a mono signal has none.

A part of a mix is a channel, a group or a bus: `send: {room: 0.3}` in it feeds the part `room`, whose sound reads
`$sends`; `mute: true`, `solo: true` and `gain: -6` (dB) say how it is heard. What stands around the outermost `mix` is
the master.
"""

from waves.dsp.maths import clip, sine
from waves.node import Channels, Node, Signal, param

EDGE = 1.0 / sine(0.125)  # gain of a mono signal at the ends, sqrt 2


class Track(Node):
    signal: Channels = param(description="Mono or stereo input.")
    pan: Signal = param(0.0, unit="position", minimum=-1.0, maximum=1.0, description="-1 left, 1 right.")
    volume: Signal = param(1.0, unit="factor", description="Gain.")
    width: Signal = param(
        1.0, unit="factor", minimum=0.0, maximum=2.0, description="0 mono, 1 as it is, 2 the side twice as loud."
    )
    out: int = param(
        0, unit="outputs", minimum=0, maximum=32, description="First of two outputs for this track alone; 0: none."
    )

    aliases = ("channel", "fader", "gain", "pan", "volume", "send", "bus", "aux", "return", "mute", "solo")
    constant = ("pan", "volume")
    channels = ("left", "right")
    factors = ("volume",)

    @staticmethod
    def render(left, right, signal, pan, volume, width):
        a = signal[0]
        b = signal[signal.size - 1]
        if signal.size == 1:
            for i in range(left.size):
                angle = 0.125 * (1.0 + clip(pan[i], -1.0, 1.0))  # turns
                left[i] = a[i] * volume[i] * (EDGE * sine(0.25 - angle))
                right[i] = a[i] * volume[i] * (EDGE * sine(angle))
        else:
            for i in range(left.size):
                far = 0.5 - 0.5 * clip(width[i], 0.0, 2.0)  # exactly 0 where it stays as it is
                x, y = a[i] * (1.0 - far) + b[i] * far, b[i] * (1.0 - far) + a[i] * far
                place = clip(pan[i], -1.0, 1.0)
                to_left = 0.25 * max(-place, 0.0)  # turns
                to_right = 0.25 * max(place, 0.0)
                left[i] = volume[i] * (x * stays(to_right) + y * sine(to_left))
                right[i] = volume[i] * (y * stays(to_left) + x * sine(to_right))


def stays(turns):
    """The cosine of an angle, exactly 1 at 0."""
    half = sine(0.5 * turns)
    return 1.0 - 2.0 * half * half
