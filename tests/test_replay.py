"""The log of a session, and its replay: bit for bit what was heard."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.playing import Play, environment, waves
from tests.rig import compiler
from tests.studio import RATE, Stage, composer_for, save, write_sample
from waves.arguments import UsageProblem
from waves.cli.times import seconds_of
from waves.linefile import LineFile, read_lines
from waves.problem import Problems
from waves.replay import ReplayEngine, changed_samples, read_log

PIECE = """\
vars: {root: 110}
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
    beat: {sequencer: {interval: 0.09, steps: [ping, ~, [ping f=2, ping f=3]]}}
plucked:
  envelope:
    trigger: {osc: {type: sqr, freq: 5}}
    decay: 0.1
    sustain: 0
    signal: {osc: {freq: [440, 220, 330], duration: 9, amp: 0.3}}
ping:
  context:
    f: 1
    signal: {delay: {time: 0.03, feedback: 0.3, signal: {osc: {freq: 440 * f, amp: 0.2, duration: 0.1}}}}
"""
EDITS: list[Callable[[str], str]] = [
    lambda text: text.replace("root: 110", "root: 115"),
    lambda text: text.replace("type: saw", "type: sqr"),
    lambda text: text.replace("time: 0.13", "time: 0.31"),  # a longer ring
    lambda text: text + "# nothing\n",
    lambda text: text.replace("    hiss:", "    more: {osc: {freq: 70, amp: 0.1}}\n    hiss:"),
    lambda text: "".join(line for line in text.splitlines(True) if "    echo:" not in line),
    lambda text: text.replace("    break:", "    echo: {delay: {time: 0.2, feedback: 0.7, signal: {plucked: {}}}}\n    break:"),
    lambda text: text.replace("interval: 0.09", "interval: 0.07"),
    lambda text: text.replace("{osc: {freq: 440 * f", "{osc: {type: tri, freq: 441 * f"),
    lambda text: text.replace("$tone", "{osc: {type: saw, freq: 100, amp: 0.3}}"),
    lambda text: text.replace("    loop:", "    wrapped:"),
    lambda text: text.replace("peak: 0.4", "peak: 0.5, type: highpass"),
    lambda text: text.replace("feedback: 0.7", "feedback: 0.2").replace("time: 0.2,", "time: 0.02,"),
    lambda text: text.replace("speed: 0.83", "speed: -1.2"),
    lambda text: text.replace("freq: 140", "freq: 141"),
    lambda text: text.replace("[ping, ~,", "[ping, ping f=1.5,"),
    lambda text: text.replace("pan: -0.4", "pan: {osc: {freq: 3}}"),
    lambda text: text.replace("freq: 70", "freq: 75 + 10 * sin(t)"),
    lambda text: text.replace("decay: 0.1", "decay: 0.3"),
    lambda text: text.replace("root: 115", "root: 60"),
]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes stages that keep what they play, each in a folder of its own, and ends them."""
    made: list[Stage] = []

    def make(text: str = PIECE, **options: Any) -> Stage:
        folder = tmp_path / f"stage{len(made)}"
        write_sample(folder / "samples" / "a.wav")
        made.append(Stage(folder, text, keeps=True, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def log_of(live: Stage) -> Any:
    live.past.stop(1.0)
    return read_log(live.past.journal.path)


def replayed(live: Stage, frames: int) -> np.ndarray:
    engine = ReplayEngine(log_of(live), composer_for(live.folder), compiler())
    return engine.render(frames).astype(np.float32)


@pytest.mark.parametrize("limiting", [False, True])
def test_a_replay_is_what_was_heard_to_the_bit(stage, limiting):
    """20 edits, at frames that have nothing to do with each other, each built while the piece plays on."""
    live = stage(limiting=limiting)
    dice = np.random.default_rng(3)
    heard, text = [live.play(5003)], PIECE
    for edit in EDITS:
        before, text = text, edit(text)
        assert text != before
        live.save(text)
        while not live.engine.mail["pending"] and not live.session.builder.wait(0):  # goes on while it is built
            heard.append(live.play(int(dice.integers(1, 200)), 37))
        heard += [live.settle(), live.play(int(dice.integers(1000, 9000)), 100)]
    heard = np.concatenate(heard)
    assert live.session.good == 20 and live.session.refused == 0, [str(p) for p in live.session.problems]
    again = replayed(live, len(heard))
    assert np.abs(heard).max() > 0.3
    assert hashlib.sha256(again.tobytes()).digest() == hashlib.sha256(heard.tobytes()).digest()
