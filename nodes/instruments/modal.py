"""Modal: a struck bell, glass, bar of metal or of wood, or whatever rings with its partials when a sound is put in.

    bells: {modal: {freq: a4, material: bell, amp: 0.5, trigger: {osc: {type: sqr, freq: 0.5}}}}
    bar: {modal: {freq: f, material: wood, strike: 0.3 + 0.6 * v, amp: 0.9 * v}}
    marimba: {play: "bar*8", note: "a3 c4 e4 a4 g4 e4 c4 e4", v: "1 .6 .8", cycle: 2}
    far: {modal: {freq: 220, material: glass, decay: 3, signal: {osc: {type: saw, freq: 2, amp: 0.3}}}}

Without `trigger` and `signal` it is struck once, as it begins, and ends when it is silent. Up to 16 partials ring, each
at its exact pitch; those above 0.45 of the sample rate are left out. The ratios to `freq`:

| `material` | partials | decay | source |
| --- | --- | --- | --- |
| `wood` | 1, 4, 10, 17.2, 24.6, 33: a bar of a marimba, tuned by its arch | 0.7 s | Fletcher, Rossing, chapter 19 |
| `glass` | 1, 2.32, 4.25, 6.63, 9.38: a wine glass | 2.5 s | Rossing: Acoustics of the glass harmonica, 1994 |
| `metal` | 1, 2.757, 5.404, 8.933 and so on: a bar with free ends | 4 s | Fletcher, Rossing, chapter 2 |
| `bell` | 0.5, 1, 1.183, 1.506, 2 and so on: a church bell | 6 s | Fletcher, Rossing, chapter 21 |

`freq` is the lowest partial, of a bell the strike note. It falls by 60 dB in `decay`, higher ones sooner, each material
in its own way. `position` is the place of the strike: of a bar from the end to the middle, of a bell or glass from the
side of the listener a quarter round. There the partials are as loud as the body moves in its mode. The mallet pushes
for 6 ms at `strike` 0 and for 0.15 ms at 1, at most for 0.7 periods, along a Hann window, whose spectrum the partials
get. A `signal` that is noise is about as loud as it comes in.
(Adrien: The missing link: modal synthesis, 1991; Fletcher, Rossing: The Physics of Musical Instruments, 1998.)
"""

import math

import numpy as np

from waves.dsp.maths import SILENCE, clip, finite, sine
from waves.dsp.powers import exp
from waves.node import Choice, Floats, Node, Signal, State, param

from ._strikes import is_struck

Material = Choice["wood", "glass", "metal", "bell"]
MODES = 16
BODIES = np.zeros((4, MODES, 4))
"""Of each material and partial: ratio to `freq`, waves of its mode, decay as a part of `decay`, how it bends."""
FREE = np.array([4.730040744862704, 7.853204624095838, *(np.pi * (np.arange(3, 17) + 0.5))])  # of a bar, in its length
BODIES[0, :6, 0] = 1.0, 4.0, 10.0, 17.2, 24.6, 33.0
BODIES[1, :5, 0] = 1.0, 2.32, 4.25, 6.63, 9.38
BODIES[2, :10, 0] = (FREE[:10] / FREE[0]) ** 2
BODIES[3, :, 0] = (
    *(0.5, 0.50025, 1.0, 1.183, 1.1836, 1.506, 2.0, 2.0008),  # hum, prime, tierce, quint, nominal: three of them twice
    *(2.514, 2.662, 3.011, 4.166, 5.433, 6.796, 8.215, 9.6),  # deciem, undeciem, duodecime, octave and so on
)
BODIES[0, :6, 1] = FREE[:6]
BODIES[1, :5, 1] = 2, 3, 4, 5, 6
BODIES[2, :10, 1] = FREE[:10]
BODIES[3, :, 1] = 2, 2, 2, 3, 3, 3, 4, 4, 4, 2, 5, 6, 7, 8, 9, 10
for body, slope in enumerate((-1.2, -1.0, -0.9, -0.8)):
    rings = BODIES[body, :, 0] > 0.0
    BODIES[body, rings, 2] = BODIES[body, rings, 0] ** slope
    if body in (0, 2):
        waves = BODIES[body, rings, 1]
        BODIES[body, rings, 3] = 1.0 - (np.cosh(waves) - np.cos(waves)) / (np.sinh(waves) - np.sin(waves))
DECAYS = np.array([0.7, 2.5, 4.0, 6.0])  # s
SOFT, HARD = 0.006, 0.00015  # s, for which the mallet pushes
CONTACT = 0.7  # periods of the pitch for which it pushes at most
LOW, HIGH = 20.0, 8000.0  # Hz
LOWEST, HIGHEST = 0.41, 0.45  # of the rate, between which partials fade
FALL = 6.907755278982137  # ln of 60 dB
LEAST = 0.1  # sum of the partials that is brought to 1
QUIET = 0.1  # s below `SILENCE` after which it has ended


def pushed(turns):
    """The spectrum of a Hann window of area 1, by the turns of a partial in its length; `turns` from 0 on."""
    if turns > 0.99 and turns < 1.01:
        return 0.5
    if turns < 1e-3:
        return 1.0
    return sine(0.5 * turns) / (math.pi * turns * (1.0 - turns * turns))


def moves(is_bar, waves, bent, position):
    """The movement of a body in a mode at a position, -1 to 1: a bar with free ends, or a ring."""
    if not is_bar:
        return sine(0.25 + 0.25 * waves * position)
    x = 0.5 * waves * position
    free = sine(0.25 + x / math.tau) - (1.0 - bent) * sine(x / math.tau)
    return 0.5 * free + 0.25 * (bent * exp(x) + (2.0 - bent) * exp(-x))


def partials(material):
    """The row of `BODIES` of a material, and the number of its partials, rounded up to an even one."""
    if material == Material.wood:
        return 0, 6
    if material == Material.glass:
        return 1, 6
    if material == Material.metal:
        return 2, 10
    if material == Material.bell:
        return 3, MODES
    return 0, 0


def push_span(strike, pitch):
    """The time for which a mallet pushes, in s."""
    return min(SOFT * exp(math.log(HARD / SOFT) * clip(finite(strike, 0.6), 0.0, 1.0)), CONTACT / held_pitch(pitch))


def held_pitch(freq):
    """The pitch within its range, in Hz."""
    return clip(finite(freq, 440.0), LOW, HIGH)


class Modal(Node):
    freq: Signal = param(440.0, unit="Hz", minimum=LOW, maximum=HIGH, description="Pitch.")
    material: Material = param("bell", description="Of the body that is struck.")
    decay: Signal = param(
        None, unit="s", minimum=0.01, maximum=100.0, description="Time to fall by 60 dB; else that of the material."
    )
    strike: Signal = param(
        0.6, unit="position", minimum=0.0, maximum=1.0, description="The mallet: 0 soft felt, 1 hard metal."
    )
    position: Signal = param(
        0.15, unit="position", minimum=0.0, maximum=1.0, description="Place of the strike: 0 the end, 1 the middle."
    )
    trigger: Signal = param(None, unit="gate", description="Strikes where it rises through 0.5.")
    signal: Signal = param(None, description="A sound that sets it into motion.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("bell", "bar", "resonators", "mallet", "marimba", "vibraphone", "chime")
    scratch = 1
    slow = {"cosines": MODES, "sines": MODES, "levels": MODES, "push": 2}
    crossfaded = ("trigger",)
    waits = ("signal", "trigger")
    hushed = True

    class state(State):
        begun: bool = False
        before: float = 0.0  # last value of the trigger
        since: float = 1e9  # frames since the strike
        span: float = 1.0  # frames for which the mallet pushes
        quiet: int = 0  # frames
        re: Floats[MODES]
        im: Floats[MODES]
        ranges = {"quiet": (0, 2**53)}

    @staticmethod
    def adopted(state, old, new):
        if new.material != old.material:  # another body, which does not ring yet
            state.re[:], state.im[:], state.begun = 0.0, 0.0, False

    @staticmethod
    def slowly(freq, material, decay, strike, position, rate, cosines, sines, levels, push):
        body, count = partials(material)
        pitch = held_pitch(freq)
        span = push_span(strike, pitch)
        place = clip(finite(position, 0.15), 0.0, 1.0)
        fall = FALL / (clip(finite(decay, DECAYS[body]), 0.01, 100.0) * rate)
        total, noise = 0.0, 1e-9
        for k in range(count):
            ratio = BODIES[body, k, 0]
            turns = ratio * pitch / rate
            level = 0.0 if ratio == 0.0 else clip((HIGHEST - turns) / (HIGHEST - LOWEST), 0.0, 1.0)
            level *= moves(body == 0 or body == 2, BODIES[body, k, 1], BODIES[body, k, 3], place)
            keep = exp(-fall / max(BODIES[body, k, 2], 1e-3))
            turns = min(turns, HIGHEST)
            cosines[k] = keep * sine(turns + 0.25)
            sines[k] = keep * sine(turns)
            levels[k] = level
            total += abs(level * pushed(ratio * pitch * span))
            noise += level * level / (1.0 - keep * keep)
        push[0] = 1.0 / max(total, LEAST)
        push[1] = math.sqrt(2.0 / noise)

    @staticmethod
    def render(out, freq, material, strike, trigger, signal, amp, cosines, sines, levels, push, state, work, rate):
        has_signal, has_trigger = signal[0] == signal[0], trigger[0] == trigger[0]
        alone = not has_signal and not has_trigger
        for i in range(out.size):
            force = push[1][i] * finite(signal[i], 0.0) if has_signal else 0.0
            if is_struck(trigger[i], state.before, alone, state.begun):
                state.since = 0.0
                state.span = max(push_span(strike[i], freq[i]) * rate, 2.0)
            state.begun = True
            state.before = finite(trigger[i], 0.0)
            if state.since < state.span:
                turns = (state.since + 0.5) / state.span
                force += push[0][i] * (1.0 - sine(turns + 0.25)) / state.span
                state.since += 1.0
            work[i] = force
            out[i] = 0.0
        for k in range(0, partials(material)[1], 2):  # two at a time, as each waits for its last frame
            re, im, later_re, later_im = state.re[k], state.im[k], state.re[k + 1], state.im[k + 1]
            cosine, turn, level = cosines[k], sines[k], levels[k]
            later_cosine, later_turn, later_level = cosines[k + 1], sines[k + 1], levels[k + 1]
            for i in range(out.size):
                force = work[i]
                re, im = cosine[i] * re - turn[i] * im + level[i] * force, turn[i] * re + cosine[i] * im
                later_re, later_im = (
                    later_cosine[i] * later_re - later_turn[i] * later_im + later_level[i] * force,
                    later_turn[i] * later_re + later_cosine[i] * later_im,
                )
                out[i] += im + later_im
            state.re[k], state.im[k], state.re[k + 1], state.im[k + 1] = re, im, later_re, later_im
        still = int(QUIET * rate)
        for i in range(out.size):
            state.quiet = state.quiet + 1 if alone and abs(out[i]) < SILENCE else 0
            out[i] = finite(amp[i], 0.0) * out[i] if state.quiet < still else 0.0
        return state.quiet >= still
