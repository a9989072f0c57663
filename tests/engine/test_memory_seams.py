"""What enters a memory that is new, returns or changes fades in: no echo of an edit clicks.

Both measures of `bench.clicks`, from the last commit until the echoes of it are over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from bench.clicks import ALLOWED, MASKED, Frames, References
from tests.harness.engine_harness import Rig, mix, node
from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import FADE, Player, compose, composer_for, save
from waves.engine.graph.graph import Graph
from waves.engine.plan.forgetting import sounds_on
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.snapshot import take_stopped
from waves.engine.state.kept_memory import RingBuffer, new_memory
from waves.engine.state.voice_memory import PoolRecord
from waves.node import Node, Signal, param
from waves.node_types.library.library import load_library

BETWEEN = 9001  # frames from one commit to the next
COMMIT = 60_050  # frame of the last one, at a crest of the pad; what plays from the start has gone on for a second
AFTER = 15_000

PAD = "{osc: {type: tri, freq: 220, amp: 0.2, phase: 1}}"
OTHER = "{osc: {type: tri, freq: 290, amp: 0.2, phase: 2}}"
WRAPPED = "{delay: {time: 0.1, mix: 0.5, feedback: 0.3, signal: %s}}"
VOICE = "my_sound: {sequencer: {interval: 0.5, steps: [b]}}\nb: %s"
LONG = "{osc: {freq: 220, amp: 0.3, duration: 0.45}}"


LATE = "{late: {time: %s, signal: %s}}"
STRINGS = "{strings: {freq: %s, signal: %s}}"
LOOPED = "{looper: {length: %s, keep: 0.5, record: %s, signal: %s}}"
GATE = "{osc: {type: sqr, freq: 0.5}}"


class Late(Node):
    """A delay with a ring that is no longer than it must be."""

    signal: Signal = param(unit="value")
    time: float = param(0.1, unit="s", minimum=0.0)

    rings: ClassVar[dict[str, int | str]] = {"line": 1}

    @staticmethod
    def lengths(constants: Any, rate: float) -> dict[str, float]:
        return {"line": constants.time}

    @staticmethod
    def render(out: Any, signal: Any, time: Any, line: Any, rate: Any) -> None:
        for i in range(out.size):
            line.push(signal[i])
            out[i] = 0.5 * signal[i] + 0.5 * line.at(int(time * rate))


def sound(text: str) -> str:
    return f"my_sound: {text}"


ECHO = sound(WRAPPED % PAD)
TRACK = sound(f"{{mix: {{a: {OTHER}, b: {WRAPPED % PAD}}}}}")
LOOP = "my_sound: {mix: {a: {mix: {id: a, x: %s%s}}}}"
CLOSED = ", y: {delay: {time: 0.05, signal: 0.5 * $a}}"
PHASE = "my_sound: {osc: {freq: 200, amp: 0.3, phase: %s, id: a}}"

CASES: dict[str, Sequence[str]] = {
    "a delay around a pad": (sound(PAD), ECHO),
    "around a second time": (sound(PAD), ECHO, sound(PAD), ECHO),
    "a third time": (sound(PAD), ECHO, sound(PAD), ECHO, sound(PAD), ECHO),
    "around another pad when it returns": (ECHO, sound(OTHER), sound(WRAPPED % OTHER)),
    "a track with an echo returns": (TRACK, sound(f"{{mix: {{a: {OTHER}}}}}"), TRACK),
    "two delays": (sound(PAD), sound(f"{{delay: {{time: 0.03, mix: 0.5, signal: {WRAPPED % PAD}}}}}")),
    "the time of an echo": (ECHO, ECHO.replace("0.1", "0.07")),
    "an echo that is later than its ring was long": (sound(LATE % (0.0227, PAD)), sound(LATE % (0.1227, PAD))),
    "an echo that is earlier again": (sound(LATE % (0.12, PAD)), sound(LATE % (0.02, PAD)), sound(LATE % (0.2, PAD))),
    "strings that are tuned lower": (sound(STRINGS % (220, PAD)), sound(STRINGS % (70, PAD))),
    "strings that are tuned higher": (sound(STRINGS % (70, PAD)), sound(STRINGS % (220, PAD))),
    "a longer ring": (ECHO, ECHO.replace("time: 0.1", "time: 0.1 + 0.0005 * sin(t)")),
    "mono to stereo": (ECHO, sound(WRAPPED % f"{{track: {{pan: 0.8, signal: {PAD}}}}}")),
    "stereo to mono": (sound(WRAPPED % f"{{track: {{pan: 0.8, signal: {PAD}}}}}"), ECHO),
    "echoes change places": (
        sound(f"{{delay: {{id: p, time: 0.1, mix: 0.5, signal: {{delay: {{id: q, time: 0.03, signal: {PAD}}}}}}}}}"),
        sound(f"{{delay: {{id: q, time: 0.03, signal: {{delay: {{id: p, time: 0.1, mix: 0.5, signal: {PAD}}}}}}}}}"),
    ),
    "a loop is closed": (LOOP % (PAD, ""), LOOP % (PAD, CLOSED)),
    "closed a second time": (LOOP % (PAD, ""), LOOP % (PAD, CLOSED), LOOP % (PAD, ""), LOOP % (PAD, CLOSED)),
    "modulated by itself": (PHASE % "0", PHASE % "3 * $a"),
    "modulated by itself again": (PHASE % "0", PHASE % "3 * $a", PHASE % "0", PHASE % "3 * $a"),
    "a delay around what a voice plays": (VOICE % LONG, VOICE % (WRAPPED % LONG)),
    "the time of an echo in a voice": (VOICE % (WRAPPED % LONG), VOICE % (WRAPPED.replace("0.1", "0.07") % LONG)),
    "a later echo in a voice": (VOICE % (LATE % (0.02, LONG)), VOICE % (LATE % (0.12, LONG))),
    "an earlier echo in a voice": (VOICE % (LATE % (0.12, LONG)), VOICE % (LATE % (0.02, LONG))),
    "a loop of another length in a voice": (VOICE % (LOOPED % (0.09, 1, LONG)), VOICE % (LOOPED % (0.13, 1, LONG))),
    "a longer loop": (sound(LOOPED % (0.3, 1, PAD)), sound(LOOPED % (0.5, 1, PAD))),
    "a longer loop that is not recorded": (sound(LOOPED % (0.3, GATE, PAD)), sound(LOOPED % (0.5, GATE, PAD))),
    "a loop that ends before its playhead": (sound(LOOPED % (0.5, 1, PAD)), sound(LOOPED % (0.3, 1, PAD))),
    "a loop that ends behind it": (sound(LOOPED % (0.3, 1, PAD)), sound(LOOPED % (0.164, 1, PAD))),
    "a loop begins again": (sound(LOOPED % (0.3, 1, PAD)), sound(LOOPED % (0.2, 1, PAD))) * 2,
    "a filter returns": (sound(f"{{filter: {{cutoff: 300, signal: {PAD}}}}}"), sound(PAD)) * 2,
    "smoothing returns": (sound(f"{{smooth: {{time: 0.001, signal: {PAD}}}}}"), sound(PAD)) * 2,
}

SAME = ("echoes change places",)  # either way


def graph(folder: Path, text: str) -> Graph:
    save(folder, text)
    return compose(composer_for(folder, types())).graph


@cache
def types() -> dict[str, type[Node]]:
    """The shipped node types, those of the guide, and one of this module."""
    return {**load_library(NODES, EXAMPLE_NODES), "late": Late}


def edited(graphs: Sequence[Graph]) -> Frames:
    """The sound of versions one after the other, the last one committed at `COMMIT`."""
    player = Player(graphs[0])
    heard = [player.play_to(COMMIT - BETWEEN * (len(graphs) - 1))] if len(graphs) > 1 else []
    for number, following in enumerate(graphs[1:], 2):
        at = COMMIT - BETWEEN * (len(graphs) - number)
        heard.append(player.play_to(at - 100))
        player.offer(following, at=at)
        heard.append(player.play_to(at + 100))
        assert player.engine.committed_at == at
    heard.append(player.play_to(COMMIT + AFTER))
    assert not player.engine.faults
    return np.concatenate(heard)


@pytest.mark.parametrize("title", CASES)
def test_no_memory_clicks(tmp_path, title):
    graphs = [graph(tmp_path, text) for text in CASES[title]]
    alone = (Player(one).play(COMMIT + AFTER) for one in graphs[-2:])
    returns = len(graphs) > 2  # the echoes that were in it sound on
    references, sound = References(*alone, together=returns), edited(graphs)
    assert title in SAME or not np.array_equal(references.before, references.after)
    assert references.step(sound, COMMIT, AFTER) <= ALLOWED
    assert references.excess(sound, COMMIT, AFTER) <= MASKED


def test_a_shared_ring_takes_another_writer_without_a_step():
    """Its reader plays on; what was in the ring stays."""

    def piece(writes):
        reader = node("r", "scribe", name="tape", write=False, frames=1000)
        tone = node("t", "osc", freq=220.0, phase=1.5, amp=0.3)
        writer = {"w": node("w", "scribe", name="tape", signal=tone, frames=2000)} if writes else {}
        return mix(r=reader, t=tone, **writer)

    rig = Rig(piece(False))
    rig.play(6400)
    rig.offer(piece(True))
    ring = rig.registry.memories["shared:tape"]
    rig.play(2 * FADE)
    written = ring.data[: 2 * FADE - 64]
    assert np.abs(np.diff(written, prepend=0.0)).max() < 0.3 * 2 * np.pi * 220 / 44100 + 0.3 / FADE


def test_an_echo_that_was_hushed_begins_again_without_a_step(tmp_path):
    echo = graph(tmp_path, sound(f"{{delay: {{time: 0.1, signal: {PAD}}}}}"))
    player = Player(echo)
    before = player.play_to(COMMIT)
    assert player.plan
    player.engine.offer(build_plan(echo, player.plan, player.registry, player.engine.addresses, 0, sounds_on))
    heard = player.play(AFTER)
    assert not heard[100:4410].any(), "the ring is empty"
    largest = np.abs(np.diff(before[COMMIT // 2 :, 0])).max()
    assert np.abs(np.diff(heard[4000:, 0])).max() <= largest + np.abs(before).max() / FADE


def test_a_note_that_begins_during_a_fade_has_its_whole_echo(tmp_path):
    """Only voices that sound when a delay is put around them fade into it."""
    text = "my_sound: {{sequencer: {{interval: 0.05, steps: [b]}}}}\nb: {}"
    tick = "{osc: {freq: 900, amp: 0.3, duration: 0.005}}"
    plain, echoed = (
        graph(tmp_path, text.format(one)) for one in (tick, f"{{delay: {{time: 0.02, mix: 0.5, signal: {tick}}}}}")
    )
    start = 9 * 2205  # frame of a note
    player = Player(plain)
    player.play_to(start - 640)
    player.offer(echoed, at=start - 10)
    player.play_to(start)
    echo = player.play(2205)[882:1200]
    whole = Player(echoed).play(start + 2205)[start + 882 : start + 1200]
    assert np.abs(whole).max() > 0.14 and np.abs(echo - whole).max() < 0.02


def addresses(player: Player) -> Iterator[int]:
    """Of the rings that others fade over from; 0: none."""
    assert player.plan
    for ring in player.plan.memories.values():
        assert isinstance(ring, RingBuffer)
        yield int(ring.seam[2])
    for record in player.plan.states.values():
        if isinstance(record, PoolRecord):
            voices = record.values["voices"]
            yield from (int(voices[name][..., 2].max()) for name in voices.dtype.names if name.startswith("seam "))


@pytest.mark.parametrize("title", ["the time of an echo", "the time of an echo in a voice"])
def test_a_seam_ends_with_its_transition(tmp_path, title):
    """Then the ring beside may be freed, and a kernel need not write in each frame, so it may be in the seam still."""
    before, after = (graph(tmp_path, text) for text in CASES[title])
    player = Player(before)
    player.play(6400)
    player.offer(after)
    player.play(640)
    assert any(addresses(player))
    player.play(FADE)
    assert not any(addresses(player))


def test_a_copy_of_a_ring_brings_no_address():
    """The ring that it fades over from may be gone when the copy plays."""
    ring = RingBuffer(64, FADE)
    ring.seam[2:] = ring.place.data, ring.mask
    copy, _ = ring.copied(128)
    assert copy.seam[:2].tolist() == ring.seam[:2].tolist() and not copy.seam[2:].any()


def test_a_state_from_another_process_brings_no_addresses(tmp_path):
    """The seams of voices have the address of a ring: a state that is restored must not read there."""
    before, after = (graph(tmp_path, VOICE % (WRAPPED.replace("0.1", time) % LONG)) for time in ("0.1", "0.07"))
    player = Player(before)
    player.play(6400)
    player.offer(after)
    player.play(640)
    snapshot = take_stopped(player.engine)
    assert snapshot
    pool = next(record for record in player.plan.states.values() if isinstance(record, PoolRecord))
    seams = [name for name in pool.values["voices"].dtype.names if name.startswith("seam ")]
    assert seams and pool.values["voices"][seams[0]].any()
    other = Player(after)
    snapshot.restore(other.plan)
    restored = next(record for record in other.plan.states.values() if isinstance(record, PoolRecord))
    assert restored.values["voices"]["active"].any() and not restored.values["voices"][seams[0]].any()


def test_the_bounds_find_the_click_of_a_line_that_takes_all_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("waves.engine.plan.state_binding.new_memory", lambda memory, seam=0: new_memory(memory))
    graphs = [graph(tmp_path, text) for text in CASES["a delay around a pad"]]
    references, sound = References(*(Player(one).play(COMMIT + AFTER) for one in graphs)), edited(graphs)
    assert references.step(sound, COMMIT, AFTER) > 5 * ALLOWED
    assert references.excess(sound, COMMIT, AFTER) > MASKED + 10.0
