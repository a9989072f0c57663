"""Vocoder: one sound that speaks with the voice of another: each band of it is as loud as that band of `key`.

    robot: {vocoder: {key: {sample: {file: samples/break.flac, loop: true}},
                      signal: {osc: {type: saw, freq: 110, amp: 0.12}}}}

A voice of -20 dB leaves a sound about as loud as it is; `gain` makes up for others. More `bands` speak more clearly,
fewer more like a machine. `shift` moves the bands of the sound against those of the voice: a smaller throat, or a
larger one. Each band falls by 12 dB per octave to both sides, and neighbours are in phase where they meet.
(Dudley: Remaking speech, 1939; Simper: Solving the continuous SVF equations using trapezoidal integration and
equivalent currents, 2013.)
"""

import math
from typing import Any

import numpy as np

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.units import db_to_factor
from waves.node import Channels, Constants, Floats, Node, Signal, State, param

MOST = 32  # bands
LOWEST, HIGHEST = 90.0, 9000.0  # Hz, centres
BLUNT = 0.45  # of the rate, the highest centre
BLEND = 1.4  # of the width of a band between its neighbours: all of them together are even within 1.5 dB
LEVEL = 9.5  # factor, for a voice of -20 dB in one band


class Vocoder(Node):
    signal: Channels = param(description="The sound that speaks, rich in partials.")
    key: Signal = param(description="The voice.")
    bands: int = param(16, unit="bands", minimum=4, maximum=MOST, description="From 90 Hz to 9 kHz.")
    attack: float = param(0.005, unit="s", minimum=0.0, maximum=1.0, description="Time to follow a rise of the voice.")
    release: float = param(0.03, unit="s", minimum=0.0, maximum=5.0, description="Time to follow a fall.")
    shift: float = param(
        0.0, unit="semitones", minimum=-24.0, maximum=24.0, description="By how much what speaks is higher."
    )
    gain: Signal = param(0.0, unit="dB", minimum=-60.0, maximum=60.0, description="Level.")

    channels = "signal"
    waits = ("key",)
    arrays = {"heard": "f8", "spoken": "f8", "signs": "f8"}

    scratch = 1

    class state(State):
        heard: Floats[4 * MOST]  # charges of the voice
        left: Floats[4 * MOST]  # of the sound
        right: Floats[4 * MOST]
        level: Floats[MOST]

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        """Three factors for each band, those of bands that are not there 0."""
        count = constants.bands
        apart = math.log2(HIGHEST / LOWEST) / (count - 1)
        damping = BLEND * (2.0 ** (0.5 * apart) - 2.0 ** (-0.5 * apart))
        centres = LOWEST * 2.0 ** (apart * np.arange(count))
        made = {}
        for name, factor in (("heard", 1.0), ("spoken", 2.0 ** (constants.shift / 12.0))):
            g = np.tan(np.pi * np.minimum(centres * factor / rate, BLUNT))
            a = 1.0 / (1.0 + g * (g + damping))
            made[name] = np.zeros((4, MOST))
            made[name][:, :count] = a, g * a, g * g * a, np.full(count, damping)
            made[name] = made[name].ravel()
        made["signs"] = np.where(np.arange(MOST) % 2 == 0, 1.0, -1.0) * LEVEL * math.sqrt(count)
        return made

    @staticmethod
    def render(out, signal, key, bands, attack, release, gain, heard, spoken, signs, state, rate, work):
        rise, fall = follower_coefficient(attack, rate), follower_coefficient(release, rate)
        count = (bands + 7) // 8 * 8  # whole vectors
        voice, sound, sign = heard.part(0, 4 * MOST), spoken.part(0, 4 * MOST), signs.part(0, MOST)
        level, left, right = state.level, state.left, state.right
        for i in range(key.size):
            x = finite(key[i], 0.0)
            for k in range(count):
                size = abs(band(x, voice, state.heard, k))
                level[k] += (rise if size > level[k] else fall) * (size - level[k])
                work[k] = sign[k] * level[k]
            factor = db_to_factor(clip(finite(gain[i], 0.0), -60.0, 60.0))
            x, total = finite(signal[0][i], 0.0), 0.0
            for k in range(count):
                total += work[k] * band(x, sound, left, k)
            out[0][i] = factor * total
            if out.size > 1:
                x, total = finite(signal[1][i], 0.0), 0.0
                for k in range(count):
                    total += work[k] * band(x, sound, right, k)
                out[1][i] = factor * total


def band(x, factors, charges, k):
    """The frame `x` through the two bandpasses of band `k`, one after the other."""
    a, b, c, damping = factors[k], factors[MOST + k], factors[2 * MOST + k], factors[3 * MOST + k]
    for stage in (0, 2 * MOST):
        first, second = charges[stage + k], charges[stage + MOST + k]
        v = x - second
        middle = a * first + b * v
        low = second + b * first + c * v
        charges[stage + k] = 2.0 * middle - first
        charges[stage + MOST + k] = 2.0 * low - second
        x = damping * middle
    return x
