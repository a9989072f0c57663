"""Texts of the pieces that are measured, as they could stand in a `waves.yaml`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SINES = 100.0 + 17.3 * np.arange(200)  # Hz
SAWS = 55.0 + 7.1 * np.arange(32)  # Hz
SPEEDS = 0.5 + np.arange(64) * 24 / 1024  # multiples of 1/1024, so that the positions of a playhead are exact
SINE_GAIN, VOICE_GAIN = 0.004, 0.03
SWEEP, CUTOFFS = 0.5, (300.0, 3000.0)  # Hz: rate and range of the cutoff
PEAK = 0.5
TONE = 88200  # frames of the file that is looped


def mix(tracks: Iterable[str]) -> str:
    """A mix of tracks, each one line of YAML."""
    return "my_sound:\n  mix:\n" + "".join(f"    t{k}: {track}\n" for k, track in enumerate(tracks))


def sines() -> str:
    """200 sines."""
    return mix(f"{{osc: {{freq: {freq:.4f}, amp: {SINE_GAIN}}}}}" for freq in SINES)


def voices() -> str:
    """32 filtered saws; a sine moves each cutoff, each with another phase. The filter is the textbook one, `draft`."""
    low, high = CUTOFFS
    return mix(
        f"{{track: {{volume: {VOICE_GAIN}, signal: {{filter: {{quality: draft, peak: {PEAK}, "
        f"cutoff: {{osc: {{freq: {SWEEP}, phase: {0.2 * k:.4f}, range: [{low}, {high}]}}}}, "
        f"signal: {{osc: {{type: saw, freq: {freq:.4f}}}}}}}}}}}}}"
        for k, freq in enumerate(SAWS)
    )


def players() -> str:
    """64 looping sample players, each with another speed."""
    return mix(f"{{sample: {{file: samples/tone.wav, loop: true, speed: {speed:.7f}}}}}" for speed in SPEEDS)


def tone() -> Array:
    """2 s of a band-limited sound in whole periods, float32 of shape (88200,)."""
    t = np.arange(TONE) / TONE
    waves = [np.sin(2 * np.pi * 440 * k * t + k * k) / k for k in range(1, 9)]
    return np.asarray(0.01 * np.sum(waves, axis=0), np.float32)


GROUP = 8  # nodes to a mix


def many(groups: int, body: str = "{osc: {freq: 110, amp: 0.0001}}", once: str = "") -> str:
    """So many mixes of eight nodes each; `once`: further tracks of the sound."""
    nodes = "".join(f"    n{k}: {body}\n" for k in range(GROUP))
    return f"{mix(['group'] * groups)}{once}\ngroup:\n  mix:\n{nodes}"


def changing(groups: int, freq: float, delays: int = 0, mode: str = "DIGITAL") -> str:
    """`many`, with an entry whose number changes, and delays of 10 s whose `mode` changes."""
    echo = f"{{delay: {{time: 10, mode: {mode}, mix: 0.5, signal: {{osc: {{freq: 3, amp: 0.01}}}}}}}}"
    once = "    one: one\n" + "".join(f"    echo{k}: {echo}\n" for k in range(delays))
    return f"{many(groups, once=once)}\none: {{osc: {{freq: {freq:g}, amp: 0.01}}}}\n"


PART = """
part{k}:
  track:
    pan: {pan:.2f}
    volume: 0.1
    signal:
      delay:
        time: {time:.3f}
        feedback: 0.3
        mix: 0.2 + 0.1 * sin(t * tau * 0.1)
        signal:
          filter:
            type: lowpass
            cutoff: {{osc: {{freq: {sweep:.2f}, range: [300, {top}]}}}}
            peak: 0.3
            signal: {{osc: {{type: saw, freq: {freq}, amp: 0.3}}}}
"""
PARTS = 18


def song(top: int = 2000, changed: int = 0) -> str:
    """300 lines: 18 parts of a track, a delay, a filter, two oscillators, an expression; part `changed` has `top`."""
    parts = (
        PART.format(
            k=k,
            pan=k / 9 - 1,
            time=0.1 + 0.01 * k,
            sweep=0.1 + 0.05 * k,
            freq=55 * (k + 1),
            top=top if k == changed else 2000,
        )
        for k in range(PARTS)
    )
    uses = "".join(f"    part{k}: part{k}\n" for k in range(PARTS))
    return f"# A song of {PARTS} parts.\n\nmy_sound:\n  mix:\n{uses}" + "".join(parts) + "\n# The end.\n"


FIRST = """\
my_sound:
  mix:
    low: {track: {pan: -0.3, signal: {osc: {type: saw, freq: 110, amp: 0.2 + 0.1 * sin(t * tau * 2)}}}}
    loop: {sample: {file: samples/tone.wav, loop: true}}
    swept:
      delay:
        time: 0.3
        mix: 0.3
        signal:
          filter:
            cutoff: {envelope: {attack: 0.1, release: 0.5, duration: 100, signal: 1000}}
            signal: {osc: {type: noise, amp: 0.1}}
"""
"""A piece with all node types except those of a sequence, for the first start."""


SMALL = """\
my_sound:
  mix:
    a: {{osc: {{type: {kind}, freq: {a}, amp: 0.1}}}}
    b: {{track: {{pan: 0.2, signal: {{filter: {{cutoff: {b}, signal: {{osc: {{freq: 90, amp: 0.1}}}}}}}}}}}}
    c{name}: {part}
    d: {{osc: {{freq: 50, amp: 0.1 + 0.05 * sin(t)}}}}
    e: {{sample: {{file: samples/tone.wav, loop: true}}}}
"""


PARTS_OF_SMALL = (  # in turn: too different to be matched as one node that was renamed
    "{delay: {time: 0.2, mix: 0.5, signal: {sample: {file: samples/tone.wav}}}}",
    "{smooth: {time: 0.01, signal: {osc: {freq: 200, amp: 0.1}}}}",
)


def small(k: int) -> str:
    """A piece whose numbers, types and names change with `k`; each adds a part and removes one."""
    kind = ("sin", "saw", "tri", "sqr")[k % 4]
    return SMALL.format(kind=kind, a=100 + k % 97, b=300 + k % 31, part=PARTS_OF_SMALL[k % 2], name=k % 5000)
