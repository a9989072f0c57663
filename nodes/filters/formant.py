"""Formant: a throat around the sound, which sings the vowels a, e, i, o and u.

    choir: {formant: {vowel: a, signal: {osc: {type: saw, freq: a2, amp: 0.3}}}}
    talking: {formant: {vowel: a, morph: {osc: {freq: 0.5, range: [0, 4]}},
                        signal: {osc: {type: saw, freq: 110, amp: 0.3}}}}

`morph` goes on from the vowel, 1 to the next of them; between two the formants glide. `shift` makes the throat smaller
or larger, from a man's at 0 to a child's at 5. Five resonances one after another, as in a throat, so that their levels
follow from their places. (Peterson, Barney: Control methods used in a study of the vowels, 1952, the means of 33 men;
Klatt: Software for a cascade/parallel formant synthesizer, 1980.)
"""

import math

from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp2
from waves.dsp.units import db_to_factor, semitones_to_factor
from waves.node import Choice, Floats, Node, Signal, State, param

FORMANTS = 5
FREQS = (  # Hz; the upper two are the same for all vowels
    *(730.0, 1090.0, 2440.0, 3300.0, 3750.0),
    *(530.0, 1840.0, 2480.0, 3300.0, 3750.0),
    *(270.0, 2290.0, 3010.0, 3300.0, 3750.0),
    *(570.0, 840.0, 2410.0, 3300.0, 3750.0),
    *(300.0, 870.0, 2240.0, 3300.0, 3750.0),
)
OCTAVES = tuple(math.log2(freq) for freq in FREQS)  # above 1 Hz
WIDTHS = (60.0, 100.0, 150.0, 200.0, 250.0)  # Hz
LEVELS = (-11.8, -5.5, -4.5, -10.7, -5.3)  # dB, with which a saw is as loud as it came in
LAST = 4.0  # vowel
UNWARPED = 2.0 / 3.0  # of the highpass, by which a resonance falls above its place as an analogue one does


class Formant(Node):
    signal: Signal = param(description="The sound of the cords, rich in partials.")
    vowel: Choice["a", "e", "i", "o", "u"] = param("a", description="The vowel.")
    morph: Signal = param(0.0, unit="number", minimum=-4.0, maximum=4.0, description="Vowels on from there, up to u.")
    shift: Signal = param(
        0.0, unit="semitones", minimum=-24.0, maximum=24.0, description="By how much all formants are higher."
    )
    mix: Signal = param(1.0, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the vowel.")

    aliases = ("vowel", "voice", "throat")
    slow = {"corners": FORMANTS, "dampings": FORMANTS, "levels": 1}

    class state(State):
        charges: Floats[10]

    @staticmethod
    def slowly(vowel, morph, shift, rate, corners, dampings, levels):
        place = clip(vowel + finite(morph, 0.0), 0.0, LAST)
        first = min(int(place), 3)
        part = place - first
        higher = semitones_to_factor(clip(finite(shift, 0.0), -24.0, 24.0))
        for k in range(FORMANTS):
            low, high = OCTAVES[FORMANTS * first + k], OCTAVES[FORMANTS * (first + 1) + k]
            freq = exp2(low + part * (high - low))
            corners[k] = corner_coefficient(freq * higher, rate)
            dampings[k] = WIDTHS[k] / freq
        levels[0] = db_to_factor(LEVELS[first] + part * (LEVELS[first + 1] - LEVELS[first]))

    @staticmethod
    def render(out, signal, mix, corners, dampings, levels, state):
        for i in range(out.size):
            dry = finite(signal[i], 0.0)
            y = levels[0][i] * dry
            for k in range(FORMANTS):
                g = corners[k][i]
                low, _, high = state_variable(y, g, dampings[k][i], state.charges, 2 * k)
                y = low - UNWARPED * g * g * high
            out[i] = dry + clip(mix[i], 0.0, 1.0) * (y - dry)
