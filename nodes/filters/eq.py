"""EQ: the balance of a sound: bass, middle and treble louder or softer, and what is below or above them cut off.

    bright: {eq: {low: -9, mid: 5, mid_freq: 1800, bandwidth: 1.5, high: 6, high_freq: 5000, low_cut: 40,
                  signal: {osc: {type: saw, freq: a2, amp: 0.2}}}}
    closing: {eq: {low: 4, high_cut: {osc: {freq: 0.3, range: [400, 8000]}},
                   signal: {osc: {type: saw, freq: 55, amp: 0.2}}}}

`low` and `high` are shelves, which have half their dB at `low_freq` and `high_freq`. `mid` is a peak, `bandwidth` wide
at half its dB. `low_cut` and `high_cut` fall by 12 dB per octave, and are 3 dB down at their frequencies. Each band has
the level of its analogue model within 0.1 dB up to 16 kHz at a rate of 44.1 kHz, and further at a higher rate; none is
above 0.45 of the rate. With all gains at 0 a sound is what it was, to the last bit. A frequency that moves is followed
every 16 frames.
(Vicanek: Matched second order digital filters, 2016; Simper: Solving the continuous SVF equations using trapezoidal
integration and equivalent currents, 2013.)
"""

from waves.dsp.filters.state_variable import state_variable
from waves.dsp.maths import clip, finite
from waves.node import Floats, Node, Signal, State, param

from ._matched import high_cut as lowpass
from ._matched import low_cut as highpass
from ._matched import peak, shelf

BANDS = 5
DEEP, WIDE = 20.0, 20_000.0  # Hz


class EQ(Node):
    signal: Signal = param(description="The sound.")
    low: Signal = param(0.0, unit="dB", minimum=-24.0, maximum=24.0, description="Gain of the bass.")
    mid: Signal = param(0.0, unit="dB", minimum=-24.0, maximum=24.0, description="Gain of the middle.")
    high: Signal = param(0.0, unit="dB", minimum=-24.0, maximum=24.0, description="Gain of the treble.")
    low_freq: Signal = param(100.0, unit="Hz", minimum=DEEP, maximum=WIDE, description="End of the bass.")
    mid_freq: Signal = param(1000.0, unit="Hz", minimum=DEEP, maximum=WIDE, description="The middle of the peak.")
    high_freq: Signal = param(8000.0, unit="Hz", minimum=DEEP, maximum=WIDE, description="Beginning of the treble.")
    bandwidth: Signal = param(1.0, unit="octaves", minimum=0.1, maximum=4.0, description="Width of the peak.")
    low_cut: Signal = param(
        None, unit="Hz", minimum=DEEP, maximum=WIDE, description="Below it all is cut off; else nothing is."
    )
    high_cut: Signal = param(
        None, unit="Hz", minimum=DEEP, maximum=WIDE, description="Above it all is cut off; else nothing is."
    )

    aliases = ("equalizer", "parametric", "shelf", "low shelf", "high shelf")
    crossfaded = ("low_cut", "high_cut")  # without them another filter plays at once
    slow = {"corners": BANDS, "dampings": BANDS, "lows": BANDS, "bands": BANDS, "highs": BANDS}

    class state(State):
        charges: Floats[10]

    @staticmethod
    def slowly(
        low, mid, high, low_freq, mid_freq, high_freq, bandwidth, low_cut, high_cut, rate,
        corners, dampings, lows, bands, highs,
    ):  # fmt: skip
        low_freq, mid_freq, high_freq = (
            clip(low_freq, DEEP, WIDE),
            clip(mid_freq, DEEP, WIDE),
            clip(high_freq, DEEP, WIDE),
        )
        corners[0], dampings[0], lows[0], bands[0], highs[0] = shelf(low_freq, low, False, rate)
        corners[1], dampings[1], lows[1], bands[1], highs[1] = peak(mid_freq, clip(bandwidth, 0.1, 4.0), mid, rate)
        corners[2], dampings[2], lows[2], bands[2], highs[2] = shelf(high_freq, high, True, rate)
        corners[3], dampings[3], lows[3], bands[3], highs[3] = 0.0, 1.0, 0.0, 0.0, 0.0
        corners[4], dampings[4], lows[4], bands[4], highs[4] = 0.0, 1.0, 0.0, 0.0, 0.0
        if low_cut == low_cut:  # it is given
            corners[3], dampings[3], lows[3], bands[3], highs[3] = highpass(clip(low_cut, DEEP, WIDE), rate)
        if high_cut == high_cut:
            corners[4], dampings[4], lows[4], bands[4], highs[4] = lowpass(clip(high_cut, DEEP, WIDE), rate)

    @staticmethod
    def render(out, signal, low_cut, high_cut, corners, dampings, lows, bands, highs, state):
        for i in range(out.size):
            x = finite(signal[i], 0.0)
            for k in range(3):
                x = x + of_band(x, k, i, corners, dampings, lows, bands, highs, state)
            out[i] = x
        if low_cut[0] == low_cut[0]:  # it is given
            for i in range(out.size):
                out[i] += of_band(out[i], 3, i, corners, dampings, lows, bands, highs, state)
        if high_cut[0] == high_cut[0]:
            for i in range(out.size):
                out[i] += of_band(out[i], 4, i, corners, dampings, lows, bands, highs, state)


def of_band(x, k, i, corners, dampings, lows, bands, highs, state):
    """The part of band `k` in the frame `x`, to be added to it."""
    low, band, high = state_variable(x, corners[k][i], dampings[k][i], state.charges, 2 * k)
    return lows[k][i] * low + bands[k][i] * band + highs[k][i] * high
