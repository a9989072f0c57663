"""All kinds of edit whose effect on a playing piece is measured, one for each row of docs/live.md."""

from __future__ import annotations

import numpy as np

from bench.edit_case import Edit, piece, saves, values
from bench.pieces import Array
from bench.workspace import RATE


def sound(freq: float, seconds: float = 1.0) -> Array:
    """A tone with three partials in whole periods, float32 of shape (frames,)."""
    phase = np.arange(round(seconds * RATE)) * (2 * np.pi * freq / RATE)
    return np.asarray(0.3 * np.sin(phase) + 0.1 * np.sin(2 * phase + 1.0) + 0.05 * np.sin(3 * phase + 2.0), np.float32)


A, B = "{osc: {freq: 220, amp: 0.3}}", "{osc: {freq: 311, amp: 0.2}}"
C = "{osc: {type: tri, freq: 150, amp: 0.1}}"
RANDOM = '{osc: {freq: "200 + 100 * rand()", amp: {osc: {type: perlin, scale: 5, range: [0, 0.4]}}}}'
SAMPLES = {"samples/a.wav": sound(220), "samples/b.wav": sound(330)}
KIT = {"samples/kit/0.wav": sound(220), "samples/kit/1.wav": sound(330)}
BLIP = "blip: {osc: {freq: 300, amp: 0.2, attack: 0.01, release: 0.03, duration: 0.13}}"
VOICE = BLIP.replace("freq:", "type: VALUE, freq:")
STEPS = "a: {sequencer: {interval: 0.06, steps: VALUE}}"
BEATS = "a: {tempo: {bpm: VALUE, signal: {sequencer: {interval: beat / 8, steps: [blip, ~, blip f400]}}}}"
STAIRS = "a: {osc: {freq: 220, amp: {automation: {interval: 0.07, mode: ramp, steps: VALUE}}}}"
FADING = f"b: {{track: {{fade: 1, signal: {B}}}}}"
RINGING = f"b: {{delay: {{tail: true, time: 0.1, feedback: 0.5, mix: 0.5, signal: {B}}}}}"
FILTERED = "{filter: {cutoff: 500, signal: %s}}"
LOOP = "a: {osc: {freq: 200, phase: $b, amp: 0.3, id: a}}"
SWEPT = "a: {filter: {type: VALUE, cutoff: 600, signal: {osc: {type: tri, freq: 220, amp: 0.4}}}}"
PAD = "pad: {filter: {cutoff: 900, signal: {osc: {type: tri, freq: VALUE, amp: 0.2}}}}"
LIST = "a: {mix: {signals: [%s]}}"
WOBBLE = '''\
"""Wobble: a tone.

    tone: {wobble: {freq: 220}}
"""

import math

from waves.node import Node, Signal, State, param

LEVEL = 0.2


class Wobble(Node):
    freq: Signal = param(220.0, unit="Hz", description="Frequency.")

    class state(State):
        phase: float = 0.0  # turns
        elapsed: int = 0  # frames

    @staticmethod
    def render(out, freq, state, rate):
        for i in range(out.size):
            out[i] = LEVEL * math.sin(math.tau * state.phase)
            state.phase = (state.phase + freq[i] / rate) % 1.0
            state.elapsed += 1
'''
NODE = "nodes/wobble.py"
TONE = "LEVEL * math.sin(math.tau * state.phase)"
OCTAVE = WOBBLE.replace(TONE, "LEVEL * math.sin(2.0 * math.tau * state.phase)")
DULL = WOBBLE.replace("    @static", "        level: float = 0.0\n\n    @static").replace(
    f"out[i] = {TONE}", f"state.level += 0.1 * ({TONE} - state.level)\n            out[i] = state.level"
)

EDITS = [
    # values
    values("a number", "a: {osc: {freq: VALUE, amp: 0.3}}", "220", "330", "220 + 110 * GLIDE"),
    values(
        "a number becomes a signal",
        "a: {osc: {freq: VALUE, amp: 0.3}}",
        "220",
        "{osc: {freq: 5, range: [200, 240]}}",
        "220 + GLIDE * 20 * sin(tau * 5 * SINCE)",
        others=1,
    ),
    values(
        "a signal becomes a number",
        "a: {osc: {freq: VALUE, amp: 0.3}}",
        "{osc: {freq: 5, range: [200, 240]}}",
        "220",
        "220 + (1 - GLIDE) * 20 * sin(tau * 5 * t)",
        others=1,
    ),
    values(
        "an expression",
        "a: {osc: {freq: VALUE, amp: 0.3}}",
        "220 + 20 * sin(t * 30)",
        "220 + 60 * sin(t * 30)",
        "220 + (20 + 40 * GLIDE) * sin(t * 30)",
    ),
    saves(
        "a value in `vars`",
        piece("a: {osc: {freq: root, amp: 0.3}}", entries="vars: {root: 220}"),
        piece("a: {osc: {freq: root, amp: 0.3}}", entries="vars: {root: 247}"),
        piece('a: {osc: {freq: "220 + 27 * GLIDE", amp: 0.3}}'),
    ),
    values(
        "a sound in two places",
        "a: {track: {pan: -0.3, signal: pad}}\n    b: {delay: {time: 0.1, mix: 0.5, signal: pad}}",
        "220",
        "247",
        "220 + 27 * GLIDE",
        entries=PAD,
    ),
    # words and times
    values("type of an osc", "a: {osc: {type: VALUE, freq: 220, amp: 0.3}}", "sin", "tri"),
    values("type of a filter", SWEPT, "lowpass", "highpass"),
    values(
        "a cutoff jumps",
        f"a: {{filter: {{cutoff: VALUE, peak: 0.4, signal: {A}}}}}",
        "200",
        "4000",
        "200 + 3800 * GLIDE",
    ),
    values("time of a delay", f"a: {{delay: {{time: VALUE, feedback: 0.5, mix: 0.5, signal: {A}}}}}", "0.07", "0.11"),
    values("feedback of a delay", f"a: {{delay: {{time: 0.07, feedback: VALUE, signal: {A}}}}}", "0.2", "0.7"),
    values("attack of an envelope", f"a: {{envelope: {{attack: VALUE, signal: {A}}}}}", "0.8", "0.5"),
    # samples
    values(
        "speed of a sample",
        "a: {sample: {file: samples/a.wav, loop: true, speed: VALUE}}",
        "1",
        "0.8",
        "1 - 0.2 * GLIDE",
        files=SAMPLES,
    ),
    values("another sample", "a: {sample: {file: VALUE, loop: true}}", "samples/a.wav", "samples/b.wav", files=SAMPLES),
    values(
        "loop points of a sample",
        "a: {sample: {file: samples/a.wav, loop: true, end: VALUE}}",
        "1",
        "0.05",
        "where(EDITED, 0.05, 1)",
        files=SAMPLES,
    ),
    values(
        "another file of a folder",
        "a: {sample: {file: samples/kit, loop: true, chop: VALUE}}",
        "0",
        "1",
        "where(EDITED, 1, 0)",
        files=KIT,
    ),
    Edit(
        "a sample file replaced",
        piece("a: {sample: {file: samples/a.wav, loop: true}}"),
        {"samples/a.wav": sound(330)},
        files=SAMPLES,
    ),
    # sequences
    saves(
        "steps of a sequencer",
        piece(STEPS.replace("VALUE", "[blip, ~, blip f400]"), entries=BLIP),
        piece(STEPS.replace("VALUE", "[blip, blip f500, ~, blip f350]"), entries=BLIP),
        piece(STEPS.replace("VALUE", "[blip, blip f500, ~, blip f350]"), entries=BLIP),
    ),
    values(
        "interval of a sequencer",
        "a: {sequencer: {interval: VALUE, steps: [blip, ~, blip f400]}}",
        "0.06",
        "0.08",
        "0.06 + 0.02 * GLIDE",
        entries=BLIP,
    ),
    values(
        "swing",
        "a: {sequencer: {interval: 0.06, swing: VALUE, steps: [blip, blip f400]}}",
        "0",
        "0.5",
        "0.5 * GLIDE",
        entries=BLIP,
    ),
    values("tempo", BEATS, "120", "97", "120 - 23 * GLIDE", entries=BLIP),
    saves(
        "steps of an automation",
        piece(STAIRS.replace("VALUE", "[0.2, 0.4, 0.3]")),
        piece(STAIRS.replace("VALUE", "[0.2, 0.3, 0.1, 0.4]")),
        piece(STAIRS.replace("VALUE", "[0.2, 0.3, 0.1, 0.4]")),
    ),
    values("a sound that voices play", STEPS.replace("VALUE", "[blip, ~, blip f400]"), "sin", "tri", entries=VOICE),
    saves(
        "a filter around what voices play",
        piece(STEPS.replace("VALUE", "[blip, ~, blip]"), entries=BLIP),
        piece(STEPS.replace("VALUE", "[blip, ~, blip]"), entries=f"blip: {FILTERED % BLIP[6:]}"),
        others=1,
    ),
    # structure
    saves(
        "a track added",
        piece(f"a: {A}"),
        piece(f"a: {A}", STEPS.replace("a:", "b:").replace("VALUE", "[blip, ~]"), entries=BLIP),
        piece(f"a: {A}", STEPS.replace("a:", "b:").replace("VALUE", "[blip, ~]"), entries=BLIP),
        others=3,
    ),
    saves("a track removed", piece(f"a: {A}", f"b: {B}"), piece(f"a: {A}"), others=1),
    saves(
        "a removed track brought back",
        piece(f"a: {A}", f"b: {B}"),
        piece(f"a: {A}", f"b: {B}"),
        first={"waves.yaml": piece(f"a: {A}")},
        others=1,
    ),
    saves("a track that fades added", piece(f"a: {A}"), piece(f"a: {A}", FADING), others=2),
    saves("a track that fades removed", piece(f"a: {A}", FADING), piece(f"a: {A}"), others=2),
    saves("an echo with a tail removed", piece(f"a: {A}", RINGING), piece(f"a: {A}"), others=2),
    saves("a track renamed", piece(f"a: {A}", f"b: {B}"), piece(f"lead: {A}", f"b: {B}")),
    saves("tracks in another order", piece(f"a: {A}", f"b: {B}"), piece(f"b: {B}", f"a: {A}")),
    saves("wrapped in a filter", piece(f"a: {A}"), piece("a: " + FILTERED % A), others=1),
    saves("a filter unwrapped", piece("a: " + FILTERED % A), piece(f"a: {A}"), others=1),
    saves(
        "moved into a mix of its own",
        piece(f"a: {A}", f"b: {B}"),
        piece(f"group: {{mix: {{a: {A}, b: {B}}}}}"),
        others=1,
    ),
    saves("randomness moved into a mix", piece(f"a: {RANDOM}"), piece(f"b: {{mix: {{a: {RANDOM}}}}}"), others=1),
    saves("mono to stereo", piece(f"a: {A}"), piece(f"a: {{track: {{pan: -0.8, signal: {A}}}}}"), others=2),
    saves("inserted into a list", piece(LIST % f"{A}, {B}"), piece(LIST % f"{C}, {A}, {B}"), others=1),
    saves(
        "a feedback loop closed",
        piece(LOOP, "b: {osc: {freq: 90, phase: 0, amp: 0.3, id: b}}"),
        piece(LOOP, "b: {osc: {freq: 90, phase: $a, amp: 0.3, id: b}}"),
    ),
    saves(
        "a feedback loop opened",
        piece(LOOP, "b: {osc: {freq: 90, phase: $a, amp: 0.3, id: b}}"),
        piece(LOOP, "b: {osc: {freq: 90, phase: 0, amp: 0.3, id: b}}"),
    ),
    saves(
        "everything replaced",
        piece(f"a: {A}", f"b: {FILTERED % B}"),
        piece("c: {sample: {file: samples/a.wav, loop: true}}", f"d: {FILTERED % A}"),
        files=SAMPLES,
        others=2,
    ),
    # the file, its past, its nodes
    Edit("undo", piece(f"a: {A}", f"b: {B}"), first={"waves.yaml": piece(f"a: {FILTERED % A}")}, others=2),
    saves("an unchanged save", piece(f"a: {A}"), piece(f"a: {A}")),
    saves("a comment", piece(f"a: {A}"), "# Louder?\n" + piece(f"a: {A} # loud")),
    Edit("a mistake", piece(f"a: {A}"), {"waves.yaml": piece(f"a: {A}", "b: {osc: {frq: 9}}")}, refused=True),
    Edit("the code of a node", piece("a: {wobble: {freq: 220}}"), {NODE: OCTAVE}, files={NODE: WOBBLE}),
    Edit("the state of a node", piece("a: {wobble: {freq: 220}}"), {NODE: DULL}, files={NODE: WOBBLE}),
    Edit(
        "a mistake in a node",
        piece("a: {wobble: {freq: 220}}"),
        {NODE: WOBBLE.replace("freq[i]", "frq[i]")},
        files={NODE: WOBBLE},
        refused=True,
    ),
]
