"""A piece with something of everything that can go wrong when it changes: loops, echoes, samples, chance, voices."""

from __future__ import annotations

RICH = """\
vars: {root: 110}
plucked:
  envelope:
    trigger: {osc: {type: sqr, freq: 5}}
    decay: 0.1
    sustain: 0
    signal: {osc: {freq: [440, 220, 330], duration: 9, amp: 0.3}}
my_sound:
  mix:
    lead:
      track:
        pan: -0.4
        signal: {filter: {cutoff: {osc: {freq: 0.7, range: [300, 3000]}}, peak: 0.4, signal: $tone}}
    tone: {osc: {type: saw, freq: root * (1 + 0.01 * sin(t * 6)), amp: 0.2, id: tone}}
    echo: {delay: {time: 0.13, feedback: 0.6, mix: 0.5, signal: {plucked: {}}}}
    break: {sample: {file: samples/a.wav, loop: true, speed: 0.83}}
    loop: {osc: {freq: 90, phase: $back, amp: 0.1, id: forth}}
    other: {osc: {freq: 140, phase: $forth, amp: 0.1, id: back}}
    hiss: {smooth: {time: 0.001, signal: {osc: {type: noise, amp: 0.05}}}}
    dice: {osc: {freq: 200 + 100 * rand(), amp: 0.1}}
"""
"""It needs `samples/a.wav`. Its last line is a track of the mix, so that another can follow."""

NOTES = """\
    beat: {sequencer: {interval: 0.09, steps: [ping, ~, [ping f=2, ping f=3]]}}
ping:
  context:
    f: 1
    signal: {delay: {time: 0.03, feedback: 0.3, signal: {osc: {freq: 440 * f, amp: 0.2, duration: 0.1}}}}
"""
RICH_WITH_NOTES = RICH + NOTES
"""The same with a sequence, so with voices."""

NESTED = """\
phrase: {context: {v: 0.1, signal: {sequencer: {interval: 0.05, steps: [blip, blip f=2]}}}}
nested: {sequencer: {interval: 0.3, steps: [phrase]}}
blip: {context: {f: 1, signal: {osc: {freq: 300 * f, amp: 0.05, duration: 0.05}}}}
"""
RICH_WITH_NESTED_NOTES = RICH_WITH_NOTES.replace("  mix:\n", "  mix:\n    deep: {nested: {}}\n", 1) + NESTED
"""The same with a sequence inside a sequence, so with voices in voices."""
