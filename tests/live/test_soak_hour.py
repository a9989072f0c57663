"""An hour of playing with ten saves a minute, in simulated time.

    pytest -m soak tests/live/test_soak_hour.py -s

Prints every five minutes what was saved, what is remembered and how much memory is in use.
"""

from __future__ import annotations

import gc
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from pathlib import Path

import numpy as np
import pytest

from tests.harness.session_harness import FADE, RATE, Frames, Stage, write_sample
from waves.engine.state.state_registry import Registry

SAVES, APART = 600, 6.0  # seconds between two of them, as a mean
TOLD = 50  # saves between two lines
SILENT = 1e-4  # a block below is one
LOUDEST = 4.0
PARKED = 300  # nodes
PARKED_MEGABYTES = 16.0
GROWTH = 24e6  # bytes, of resident memory after the first ten minutes
BPM, STEP = 127, Fraction(60, 127) / 4  # seconds of a click

PIECE = """\
vars: {root: 55}
my_sound:
  tempo:
    bpm: %(bpm)d
    signal:
      mix:
        click: {track: {out: 3, signal: {sequencer: {interval: sixteenth, steps: [click]}}}}
        steady: {track: {out: 3, pan: 1, signal: {filter: {cutoff: 900, signal: {osc: {type: saw, freq: 110.3}}}}}}
        pad: {mix: {low: {osc: {freq: root, amp: 0.1}}, high: {osc: {freq: root * 1.5, amp: 0.05}}}}
        kick: {track: {volume: %(volume)s, signal: {sequencer: {interval: beat, steps: [kick]}}}}
        hats: {track: {pan: %(pan)s, signal: {sequencer: {interval: sixteenth, swing: %(swing)s, steps: [%(hats)s]}}}}
        %(name)s:
          filter:
            type: %(filter)s
            cutoff: %(cutoff)s
            signal: %(bass)s
        echo:
          delay: {time: %(time)s, feedback: 0.4, mix: 0.4, signal: {sequencer: {interval: eighth, steps: [%(notes)s]}}}
%(more)skick: {osc: {freq: [150, 50], amp: [%(loud)s, 0], duration: 0.15}}
hat: {osc: {type: noise, amp: [0.1 * v, 0], duration: 0.03}}
bass: {osc: {type: %(wave)s, freq: f, amp: 0.2 * v, duration: 0.2, release: 0.1}}
note: {envelope: {attack: 0.003, release: 0.1, duration: 0.15, signal: {osc: {type: tri, freq: f, amp: 0.15}}}}
click: {osc: {type: cos, freq: 0, duration: 0.00002}}
"""
BASS = "{sequencer: {interval: eighth, steps: [bass c2, ~, bass g2 v.5, bass eb2]}}"
FIRST = {
    "bpm": BPM,
    "volume": "0.8",
    "pan": "0.3",
    "swing": "0.1",
    "hats": "hat v.5, hat v.3",
    "name": "low",
    "filter": "lowpass",
    "cutoff": "800",
    "bass": BASS,
    "time": "0.2",
    "notes": "note c4, ~, note eb4",
    "more": "",
    "loud": "0.6",
    "wave": "saw",
}
OTHERS = {  # what is saved of each
    "volume": ["0.7", "{automation: {mode: ramp, interval: beat, steps: [0.3, 0.9]}}", "0.9"],
    "pan": ["-0.3", "{osc: {freq: 0.3, range: [-0.6, 0.6]}}", "0.1"],
    "swing": ["-0.2", "0", "0.3"],
    "hats": ["hat v.5, ~, hat v.2", "hat v.6", "'hat v.5, note c5', hat v.3, hat v.1"],
    "name": ["deep", "low", "ground"],
    "filter": ["highpass", "bandpass", "lowpass"],
    "cutoff": ["1200", "{osc: {freq: 0.4, range: [300, 2000]}}", "500 + 300 * sin(t)"],
    "bass": [f"{{smooth: {{time: 0.0005, signal: {BASS}}}}}", BASS, "{osc: {type: tri, freq: root, amp: 0.2}}"],
    "time": ["0.3", "0.15", "3 * sixteenth"],
    "notes": ["note g4, ~, ~", "note c4, [note eb4, note g4], ~, note bb4", "note c5"],
    "more": [
        "        extra: {track: {pan: 0.4, signal: {sample: {file: samples/a.wav, loop: true, speed: 0.5}}}}\n",
        "",
        "        noise: {filter: {type: bandpass, cutoff: 2000, signal: {osc: {type: noise, amp: 0.05}}}}\n",
    ],
    "loud": ["0.5", "0.7"],
    "wave": ["sqr", "tri", "saw"],
}
MISTAKES = [("filter:", "filtre:"), ("steps: [", "steps: [["), ("amp: ", "amp: nobody * "), ("mix:", "mix:\n\t")]


def saves(seed: int) -> Iterator[tuple[str, str]]:
    """What is done and the text, for ever: mostly one thing changed, sometimes a mistake, or a version back."""
    chance = random.Random(seed)
    now = dict(FIRST)
    while True:
        text = PIECE % now
        match chance.randrange(12):
            case 0:
                old, new = chance.choice(MISTAKES)
                yield "mistake", text.replace(old, new, 1)
            case 1:
                yield "back", ""
            case 2:
                yield "same", f"{text}# {chance.random()}\n"
            case _:
                name = chance.choice(list(OTHERS))
                now[name] = chance.choice([one for one in OTHERS[name] if one != now[name]])
                yield name, PIECE % now


def resident() -> int:
    """Bytes of memory of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Steps:
    """Where clicks begin, counted over all that is heard."""

    def __init__(self) -> None:
        self.frame, self.count, self.last = 0, 0, 0.0

    def heard(self, left: Frames) -> None:
        """The next frames of the left one of two outputs; every click begins on its frame."""
        up = np.flatnonzero(np.diff(np.concatenate([[self.last], left])) > 0.5)
        for frame in self.frame + up:
            assert frame == ceil(self.count * STEP * RATE), f"click {self.count} is not on its frame"
            self.count += 1
        self.frame, self.last = self.frame + len(left), float(left[-1])


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_an_hour_with_ten_saves_a_minute(tmp_path):
    first = PIECE % FIRST
    stages = []
    for name in ("live", "untouched"):
        write_sample(tmp_path / name / "samples" / "a.wav")
        registry = Registry(PARKED_MEGABYTES, PARKED)
        stages.append(Stage(tmp_path / name, first, channels=4, registry=registry, keeps=name == "live"))
    live, untouched = stages
    registry = live.session.node_state_registry
    chance, steps, counts = random.Random(1), Steps(), Counter[str]()
    began, early, most = time.monotonic(), 0, 0

    def heard(sound: Frames) -> None:
        assert np.isfinite(sound).all() and np.abs(sound).max() < LOUDEST
        expected = untouched.play(len(sound), 4096)
        assert np.array_equal(sound[:, 2:], expected[:, 2:]), "what nobody touched is not what it is without a save"
        steps.heard(sound[:, 2])
        quiet = np.abs(sound[: len(sound) // 64 * 64, :2]).max(axis=1).reshape(-1, 64).max(axis=1)
        assert quiet.min() > SILENT, "a silent block"

    heard(live.play(RATE))
    for k, (what, text) in zip(range(SAVES), saves(0), strict=False):
        good, refused = live.session.outcomes.good, live.session.outcomes.refused
        if what == "back":
            live.session.undo()
        else:
            live.save(text)
        came = live.settle()
        told = live.events[-1]
        counts["refused" if what == "mistake" else "back" if what == "back" else "good"] += 1
        if what == "mistake":
            assert told.kind == "refused" and live.session.outcomes.refused == refused + 1 and not len(came)
        else:
            assert live.session.outcomes.good == good + 1, (what, told.line)
            assert live.session.outcomes.refused == refused
        frames = (
            round(RATE * APART * chance.uniform(0.2, 1.8)) if k % 10 else FADE // 2
        )  # before the fade has ended too
        heard(np.concatenate([came, live.play(frames, 4096)]))
        assert not live.engine.faults and not live.engine.overloads
        most = max(most, len(registry.parked))
        live.events.clear()
        live.archive.versions.write_snapshots()  # as a thread of a session does
        if (k + 1) % TOLD == 0:
            bytes_ = resident()
            early = early or (bytes_ if k + 1 >= 2 * TOLD else 0)
            outcomes = live.session.outcomes
            line = f"{steps.frame / RATE / 60:5.1f} min: {outcomes.good} saves came in, {outcomes.refused} refused"
            line += (
                f", {steps.count} clicks on their frame, {len(registry.states)} states, {len(registry.parked)} parked"
            )
            print(f"{line} ({registry.parked_bytes / 1e6:.1f} MB), resident {bytes_ / 1e6:.0f} MB")
    while steps.frame < 3600 * RATE:
        heard(live.play(min(10 * RATE, 3600 * RATE - steps.frame), 4096))
    grown = resident() - early
    print(f"{dict(counts)}, grown by {grown / 1e6:.1f} MB, {3600 / (time.monotonic() - began):.0f} times real time")
    assert steps.count == ceil(steps.frame / (STEP * RATE))
    assert most <= PARKED and registry.parked_bytes <= PARKED_MEGABYTES * 1e6
    assert len(registry.states) == len(live.engine.playing.states)
    assert grown < GROWTH
    for one in stages:
        one.stop()
