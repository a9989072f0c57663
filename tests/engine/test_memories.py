"""Rings by name and buffers: whose they are, what stays of them through an edit, a note and a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Rig, library, mix, node
from tests.harness.session_harness import Player, compose, composer_for, save
from waves.engine.runtime.snapshot import prepare_snapshot, take_stopped
from waves.engine.runtime.state_checks import check_memory, check_state
from waves.engine.state.copies import address_of
from waves.engine.state.kept_memory import NumberBuffer, owner_of
from waves.engine.state.voice_memory import VOICES_NAME, PoolRecord
from waves.node import Node, Shared, Signal, State, param
from waves.node_types.library.library import load_library

FADE = 882
LOOPED = "buffers = {'loop': 'f8'}"


def looper(**given: Any) -> Any:
    tone = node("t", "osc", freq=220.0, amp=0.2)
    return mix(loop=node("loop", "looper", **{"length": 0.3, "keep": 0.5, "signal": tone, **given}))


# ---- buses


@pytest.mark.parametrize("order", ["abr", "rab", "arb"])
def test_what_sends_put_on_a_bus_is_heard_one_block_later_whatever_their_order(order):
    """A part of both channels, the sum of two sends."""
    parts = {
        "a": node("a", "send", to="hall", amount=0.5, signal=node("t", "osc", freq=441.0, amp=0.5)),
        "b": node("b", "send", to="hall", amount=2.0, signal=node("p", "split", a=0.25, b=0.0625)),
        "r": node("r", "send", to="hall"),
    }
    out = Rig(mix(**{name: parts[name] for name in order})).play(6400)
    sine = 0.5 * np.sin(np.arange(6400) * (2 * np.pi / 100))
    dry = np.stack([sine + 0.3125, sine + 0.1875], axis=1)
    bus = np.stack([0.5 * sine + 0.625, 0.5 * sine + 0.375], axis=1)
    assert np.allclose(out[64:], dry[64:] + bus[:-64], atol=1e-6) and np.allclose(out[:64], dry[:64], atol=1e-6)


# ---- rings


def test_each_channel_has_a_ring_of_its_own():
    left, right = node("l", "osc", freq=220.0), node("r", "osc", freq=330.0)
    stereo = node("both", "split", a=left, b=right)
    rig = Rig(node("wide", "spread", time=100 / RATE, signal=stereo))
    heard = rig.play(4000)
    plain = Rig(stereo).play(4000)
    np.testing.assert_allclose(heard[:, 0], plain[:, 0], atol=1e-7)
    np.testing.assert_allclose(heard[100:, 1], plain[:-100, 1], atol=1e-6)
    assert {*rig.registry.memories} == {"wide:late.0", "wide:late.1"}


def test_several_rings_of_one_name_ring_at_their_pitches():
    burst = node("burst", "osc", type="noise", amp=0.2, duration=0.01)
    heard = Rig(node("harp", "strings", damping=0.0, signal=burst)).play(RATE)[RATE // 2 :, 0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(heard.size)))
    for k in range(4):
        freq = 110.0 * (1.0 + 0.5 * k)
        place = round(freq * heard.size / RATE)
        near = spectrum[place - 3 : place + 4]
        assert near.max() > 20 * np.median(spectrum), f"{freq} Hz"


class Two(Node):
    """Two shared rings, and one of its own."""

    one: Shared = param("a")
    two: Shared = param("b")
    signal: Signal = param(0.0, unit="value")

    channels = ("left", "right")
    rings = {"own": 1}

    @staticmethod
    def lengths(constants: Any, rate: float) -> dict[str, float]:
        return {"one": 0.01, "two": 0.02, "own": 0.03}

    @staticmethod
    def render(left: Any, right: Any, one: Any, two: Any, own: Any, signal: Any) -> None:
        for i in range(left.size):
            one.push(0.25)
            two.push(0.75)
            own.push(signal[i])
            left[i] = one.at(1)
            right[i] = two.at(1) + own.at(1)


def test_two_shared_rings_and_an_own_one_are_three(monkeypatch):
    monkeypatch.setitem(library(), "two", Two)  # type: ignore[arg-type]
    rig = Rig(node("two", "two", signal=1.0))
    heard = rig.play(640)
    assert (heard[:, 0] == 0.25).all() and (heard[:, 1] == 1.75).all()
    assert {*rig.registry.memories} == {"shared:a", "shared:b", "two:own"}


def test_the_owner_of_a_memory_is_the_row_of_its_key():
    assert owner_of("a.Echo:line") == "a.Echo" and owner_of("a.Echo:lines.3#1") == "a.Echo#1"
    assert owner_of("shared:tape#1") == "shared:tape#1"


def test_a_node_that_returns_has_all_its_rings_again():
    harp, tone = node("harp", "strings", signal=node("t", "osc", freq=3.0)), node("t", "osc", freq=3.0)
    rig = Rig(mix(harp=harp, tone=tone))
    rig.play(6400)
    before = {key: memory for key, memory in rig.registry.memories.items() if key.startswith("harp")}
    assert len(before) == 4
    rig.offer(mix(tone=tone))
    rig.play(2 * FADE)
    assert {*rig.registry.parked_memories} == {*before} and len(rig.registry.parked) == 1 + 0
    rig.offer(mix(harp=harp, tone=tone))
    rig.play(2 * FADE)
    assert all(rig.registry.memories[key] is memory for key, memory in before.items())
    rig.registry.limit_parking(64.0, 0)
    rig.offer(mix(tone=tone))
    rig.play(2 * FADE)
    rig.offer(mix(tone=node("t", "osc", freq=4.0)))
    assert not rig.registry.parked_memories, "a node that is forgotten takes all its rings along"


# ---- buffers


def test_a_loop_repeats_what_was_recorded_and_keeps_a_part():
    length = round(0.3 * RATE)
    heard = Rig(looper(volume=0.5)).play(3 * length + 64)[:, 0]
    tone = Rig(mix(t=node("t", "osc", freq=220.0, amp=0.2))).play(3 * length)[:, 0]
    assert not heard[:length].any()
    second = 0.5 * (0.5 * tone[:length] + tone[length : 2 * length])
    begun = round(0.005 * RATE)  # frames in which recording begins
    np.testing.assert_allclose(heard[length + begun : 2 * length], 0.5 * tone[begun:length], atol=1e-7)
    np.testing.assert_allclose(heard[2 * length + begun : 3 * length], second[begun:], atol=1e-7)


@pytest.mark.parametrize("between", [0, 64, 2000, 30_000])
def test_a_changed_setting_goes_on_with_the_buffer_whatever_is_written_while_it_is_built(between):
    """As if it had played with this setting from the start, once the fade is over."""
    rig, whole = Rig(looper()), Rig(looper(volume=0.4))
    rig.play(40_000)
    plan = rig.build(looper(volume=0.4))
    assert plan.memories["loop:loop"] is not rig.registry.memories["loop:loop"], "it runs twice"
    if between:
        rig.play(between)
    rig.engine.offer(plan)
    rig.play(2 * FADE)
    whole.play(40_000 + between + 2 * FADE)
    assert np.array_equal(rig.play(30_000), whole.play(30_000))


def test_of_another_size_it_keeps_its_beginning():
    rig = Rig(looper())
    rig.play(13_248)
    before = rig.registry.memories["loop:loop"].data.copy()
    rig.offer(looper(length=0.5))
    rig.play(64)
    longer = rig.registry.memories["loop:loop"].data
    kept = slice(round(0.01 * RATE), before.size - round(0.01 * RATE))  # the node itself fades what it cuts
    assert longer.size > before.size and np.array_equal(longer[kept], before[kept])
    assert not longer[before.size :].any()


def test_in_a_longer_ring_the_oldest_frames_fade_in(tmp_path):
    text = "my_sound: {echo: {frames: 100, seconds: %s, signal: 0.5}}"
    player = Player(piece(tmp_path, text % 0.02))
    player.play(6400)
    player.offer(piece(tmp_path, text % 0.1))
    player.play(64)
    (ring,) = player.plan.memories.values()
    frames = [ring.data[(player.engine.clock - 64 - 1024 + k) & ring.mask] for k in range(1024)]
    assert frames[0] == 0.0 and frames[FADE] == frames[-1] == 0.5
    assert np.all(np.diff(frames[:FADE]) > 0) and np.ptp(np.diff(frames[:FADE])) < 1e-9
    assert not np.any([ring.data[(player.engine.clock - 64 - 1025 - k) & ring.mask] for k in range(1000)])


RESIZED = """\
my_sound: {sequencer: {interval: 1, steps: [a]}}
a: {looper: {length: %s, duration: 2, signal: {echo: {frames: 100, seconds: %s, signal: 0.5}}}}
"""


def test_memories_of_another_size_go_on_in_voices(tmp_path):
    """Of a ring its newest frames, of a buffer its beginning, in the voice that sounds."""
    player = Player(piece(tmp_path, RESIZED % (0.05, 0.02)))
    player.play(1600)
    player.offer(piece(tmp_path, RESIZED % (0.06, 0.1)))
    player.play(64)
    (pool,) = (record for record in player.plan.states.values() if isinstance(record, PoolRecord))
    (voice,) = (one for one in pool.values[VOICES_NAME][0] if one["active"])
    loop, ring = (
        next(voice[name] for name in voice.dtype.names if name.startswith(form)) for form in ("buffer ", "ring ")
    )
    assert loop.size == round(0.06 * RATE) and ring.size == 8192
    assert np.count_nonzero(loop == 0.5) > 1000 and np.count_nonzero(ring == 0.5) > 150
    assert not player.engine.faults


@pytest.mark.parametrize("between", [0, 64, 5000])
def test_a_snapshot_has_what_is_written_while_it_is_made(between):
    rig = Rig(looper())
    rig.play(20_000)
    assert rig.plan
    snapshot = prepare_snapshot(rig.plan)
    if between:
        rig.play(between)
    copies = snapshot.copies
    rig.engine.begin_copy(copies, snapshot)
    now = {key: memory.data.copy() for key, memory in rig.registry.memories.items()}
    assert address_of(copies)
    rig.play(64)
    assert np.array_equal(snapshot.memories["loop:loop"].data, now["loop:loop"])


def test_a_saved_state_goes_on_with_its_buffers():
    rig = Rig(looper())
    rig.play(20_032)
    saved = take_stopped(rig.engine)
    assert saved
    again = Rig(looper())
    assert again.plan and saved.restore(again.plan)
    assert np.array_equal(again.play(20_032), rig.play(20_032))


class Past(Node):
    """A buffer that is not saved, and one of whole numbers."""

    signal: Signal = param(0.0, unit="value")

    buffers = {"past": "f8", "order": "i8"}
    unsaved = ("past",)

    class state(State):
        at: int = 0

    @staticmethod
    def lengths(constants: Any, rate: float) -> dict[str, float]:
        return {"past": 3000, "order": 3000}

    @staticmethod
    def render(out: Any, signal: Any, past: Any, order: Any, state: Any) -> None:
        for i in range(out.size):
            out[i] = past[state.at] + order[state.at]
            past[state.at] = signal[i]
            order[state.at] = 1
            state.at = state.at + 1 if state.at < past.size - 1 else 0


def test_what_is_unsaved_is_no_part_of_a_state_and_whole_numbers_of_others_are_none(monkeypatch):
    monkeypatch.setitem(library(), "past", Past)  # type: ignore[arg-type]
    rig = Rig(node("past", "past", signal=0.25))
    rig.play(6400)
    saved = take_stopped(rig.engine)
    assert saved and rig.plan
    assert {*saved.memories} == {"past:order"} == {*prepare_snapshot(rig.plan).memories}
    order = saved.memories["past:order"]
    assert (order.data == 1).all()
    check_memory(order, from_others=False)
    assert (order.data == 1).all()
    check_memory(order, from_others=True)
    assert not order.data.any()


def piece(folder: Path, text: str) -> Any:
    save(folder, text)
    return compose(composer_for(folder, dict(load_library(*LIBRARIES)))).graph


LIBRARIES = (Path(__file__).parents[2] / "nodes", Path(__file__).parents[1] / "example_nodes")
NOTES = """\
my_sound: {sequencer: {interval: 0.1, voices: 1, steps: [a]}}
a: {looper: {length: 0.03, signal: {osc: {freq: 220, amp: 0.2, duration: 0.02}}, duration: 0.09}}
"""


def test_a_note_begins_with_empty_buffers(tmp_path):
    player = Player(piece(tmp_path, NOTES))
    notes = player.play(44_100).reshape(10, 4410, 2)
    assert np.abs(notes[0]).max() > 0.1
    for k in range(2, 10):
        np.testing.assert_allclose(notes[k], notes[1], atol=1e-7)


def test_the_buffers_of_voices_are_in_a_state_and_checked(tmp_path):
    player = Player(piece(tmp_path, NOTES))
    player.play(22_050 + 2000)
    saved = take_stopped(player.engine)
    assert saved
    again = Player(piece(tmp_path, NOTES))
    again.play(0)
    assert again.plan
    saved.restore(again.plan)
    (row,) = (row for row in again.plan.graph.rows.values() if row.voice)
    voices = again.plan.states[row.state_key].values[VOICES_NAME]
    (name,) = (name for name in voices.dtype.names if name.startswith("buffer "))
    assert voices[name].any() and {*np.unique(voices[name.replace("buffer", "pages")])} <= {0, 1}
    voices[name][..., 3] = np.nan
    check_state(row, again.plan.states[row.state_key].values)
    assert np.isfinite(voices[name]).all()


def test_copies_of_a_buffer_take_only_the_pages_that_were_written_since():
    buffer = NumberBuffer(2000, "f8")
    buffer.data[:] = 1.0
    buffer.pages[:] = (1, 65, 129, 1)
    copy, words = buffer.copied(2000)
    assert np.array_equal(copy.data, buffer.data) and words[-1] == 129
