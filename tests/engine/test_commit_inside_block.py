"""Block independence cuts plans too: a commit inside a block changes nothing but what was edited.

The piece has all that counts: voices that ring out, are stolen, begin and end inside a block, inside other voices, in
a chain, by triggers and by a tempo that moves; samples, echoes, loops, smoothing, chance, envelopes, filters.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import Rig, mix, node
from tests.harness.session_harness import FADE, Player, compose, composer_for, save, write_sample
from waves.engine.graph.graph import Graph
from waves.node import BLOCK

FIRST = 6400  # frame at which a block begins
FRAMES = 14_000
CHANNELS = 4
UNTOUCHED = slice(2, 4)  # channels

EXACT = """\
          - {sequencer: {interval: 0.013, voices: 3, steps: [hiss]}}
          - {sequencer: {interval: 0.05, swing: 0.3, steps: [rings f600, ~, rings f400]}}
          - {sequencer: {interval: 0.06, steps: [[echoes, drum]]}}
          - {sequencer: {interval: 0.2, steps: [phrase]}}
          - {sequencer: {chain: [blip, blip, ~, blip]}}
          - {sequencer: {trigger: {osc: {type: sqr, freq: 11}}, steps: [blip, hiss]}}
          - {tempo: {bpm: {osc: {freq: 1, range: [99, 140]}}, signal: {sequencer: {interval: beat / 8, steps: [blip]}}}}
          - {delay: {time: {osc: {freq: 2, range: [0.01, 0.03]}}, feedback: 0.5, mix: 0.5, signal: $tone}}
          - {delay: {time: 0.011, feedback: 0.5, mode: TAPE, signal: $tone}}
          - {osc: {type: saw, freq: 110 * (1 + 0.01 * sin(t * 6)), amp: 0.1, id: tone}}
          - {sample: {file: samples/a.wav, loop: true, end: 0.03, speed: 0.83}}
          - {sample: {file: samples, loop: true, chop: {automation: {interval: 0.0137, steps: [0, 1]}}}}
          - {osc: {freq: 90, phase: $back, amp: 0.1, id: forth}}
          - {osc: {freq: 140, phase: 2 * $forth, amp: 0.1, id: back}}
          - {smooth: {time: 0.001, signal: {osc: {type: noise, amp: 0.05}}}}
          - {osc: {freq: 200 + 100 * rand(), amp: [0, [0.1, 0.2], 0], duration: 2}}
          - {osc: {freq: {automation: {interval: 0.05, mode: ramp, steps: [200 + 50 * rand(), 300]}}, amp: 0.05}}
"""
ROUNDED = """\
          - {envelope: {attack: 0.01, decay: 0.1, sustain: 0.3, gate: {osc: {type: sqr, freq: 7}}, signal: $tone}}
          - {filter: {type: lowshelf, gain: 6, cutoff: {osc: {freq: 3, range: [300, 2000]}}, signal: $tone}}
          - {sequencer: {interval: 0.07, steps: [plucked]}}
"""
SOUNDS = """\
hiss: {osc: {type: noise, amp: 0.1, attack: 0.01, release: 0.03, duration: 0.13}}
rings: {context: {f: 500, signal: {filter: {cutoff: f, peak: 0.7, signal: {drum: {}}}}}}
echoes: {delay: {time: 0.013, feedback: 0.3, mix: 0.5, signal: {drum: {}}}}
drum: {osc: {type: noise, amp: 0.2, duration: 0.01}}
phrase: {sequencer: {interval: 0.03, repeat: 1, steps: [blip, echoes, blip]}}
blip: {osc: {type: saw, freq: 300, amp: 0.1, duration: 0.0333}}
plucked: {envelope: {attack: 0.001, release: 0.03, duration: 0.05, signal: {osc: {freq: 440, amp: 0.2}}}}
"""


def piece(parts: str, freq: int) -> str:
    """A piece that plays an oscillator at the first output, and the parts at the third."""
    edited = f"{{track: {{out: 1, signal: {{osc: {{freq: {freq}, amp: 0.1}}}}}}}}"
    rest = f"b:\n     track:\n      out: 3\n      signal:\n       mix:\n        signals:\n{parts}"
    return f"my_sound:\n  mix:\n    a: {edited}\n    {rest}{SOUNDS}"


@pytest.fixture(scope="module")
def graph_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder: Path = tmp_path_factory.mktemp("inside")
    write_sample(folder / "samples" / "a.wav", 220.0)
    write_sample(folder / "samples" / "b.wav", 330.0)

    @cache
    def graph(parts: str, freq: int) -> Graph:
        save(folder, piece(parts, freq))
        return compose(composer_for(folder, CHANNELS=CHANNELS)).graph

    return graph


def committed(before: Graph, after: Graph, at: int, exact: bool) -> Any:
    """What is heard of a piece whose other version is committed at a frame: float64, or as a device gets it."""
    player = Player(before, channels=CHANNELS)
    call = player.engine.render if exact else player.engine.call
    heard = [call(3200)]
    player.offer(after, at=at)
    heard.append(call(FRAMES - 3200))
    assert player.engine.committed_at == at and not player.engine.faults
    return np.concatenate(heard)


@pytest.mark.parametrize(
    ("parts", "freq", "frames"),
    [
        (EXACT, 200, range(1, BLOCK, 2)),
        (EXACT, 300, range(0, BLOCK, 9)),
        (EXACT + ROUNDED, 200, range(0, BLOCK, 9)),
        (EXACT + ROUNDED, 300, (0, 1, 20, 37, BLOCK - 1)),
    ],
    ids=["the same text", "an edited track", "the same, rounded", "an edited track, rounded"],
)
def test_a_commit_at_any_frame_of_a_block_leaves_every_bit_of_the_rest(graph_of, parts, freq, frames):
    """Envelopes and some filters round their last bit of 64 by where a call begins: of them what a device gets."""
    exact = parts == EXACT
    before, after = graph_of(parts, 200), graph_of(parts, freq)
    player = Player(before, channels=CHANNELS)
    untouched = (player.engine.render if exact else player.engine.call)(FRAMES)
    channels = UNTOUCHED if freq != 200 else slice(None)
    assert np.abs(untouched[FIRST:, UNTOUCHED]).max() > 0.3
    for frame in frames:
        heard = committed(before, after, FIRST + frame, exact)
        assert np.array_equal(heard[:, channels], untouched[:, channels]), frame
        if freq != 200:
            assert not np.array_equal(heard[FIRST + BLOCK :, :2], untouched[FIRST + BLOCK :, :2])


def test_a_voice_counts_its_end_the_same_through_a_transition(graph_of):
    """What rings out when a fade begins ends when it would have: the slots of its pool are free for the same notes."""
    before, after = (graph_of(EXACT, freq) for freq in (200, 300))
    player = Player(before, channels=CHANNELS)
    untouched = player.engine.render(60_000)
    other = Player(before, channels=CHANNELS)
    heard = [other.engine.render(FIRST)]
    for graph in (after, before, after):
        other.offer(graph)
        heard.append(other.engine.render(9 * FADE))
    heard.append(other.engine.render(60_000 - sum(map(len, heard))))
    assert np.array_equal(np.concatenate(heard)[:, UNTOUCHED], untouched[:, UNTOUCHED])


def test_a_piece_ends_with_a_block_wherever_a_plan_is_committed():
    def short() -> Any:
        return mix(a=node("a", "osc", freq=300.0, amp=0.2, duration=6410 / 44100))

    rig = Rig(short())
    rig.play(FIRST)
    rig.offer(short(), at=FIRST + 20)
    rig.play(BLOCK)
    assert rig.engine.ended and rig.engine.ended_at == FIRST + BLOCK
