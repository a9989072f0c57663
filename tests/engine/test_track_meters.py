"""Levels of tracks: those of the stems of the same piece, whatever is saved, paused or read meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Reference, Rig, TreeNode, lowered, mix, node
from waves.abi import MOST_TRACKS
from waves.engine.graph.diff import compare
from waves.engine.plan.plan import Track, placed_tracks
from waves.engine.runtime import track_meters
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.track_meters import TrackLevel
from waves.node import BLOCK

CHUNKS = (1, 3, 7, 50, 2)  # blocks between two readings
SILENT = (0.0, 0.0)


def tone(name: str, freq: float, amp: float = 0.3, pan: float = 0.3) -> TreeNode:
    """A stereo track."""
    osc = node(f"{name}.osc", "osc", type="saw", freq=freq, amp=amp)
    return node(f"{name}.track", "track", signal=osc, pan=pan)


def after(tracks: TreeNode) -> TreeNode:
    """A chain behind the mix, whose rows would take the buffers of the tracks after the mix has read them."""
    low = node("low", "filter", cutoff=900.0, signal=tracks)
    high = node("high", "filter", type="highpass", cutoff=90.0, signal=low)
    return node("out", "track", signal=high, volume=0.3)


def plain() -> TreeNode:
    """Mono and stereo tracks, one constant, one read through a reference."""
    lead = node("lead", "osc", freq=440.0, amp=0.4)
    return mix(lead=lead, bass=tone("bass", 55.0), again=Reference(lead), still=0.25)


def loop() -> TreeNode:
    """Two tracks that read each other a block later."""
    a = node("a", "osc", freq=200.0, amp=0.5)
    b = node("b", "osc", freq=90.0, phase=a, amp=0.5)
    a.inputs["phase"] = Reference(b)
    return mix(a=node("a.track", "track", signal=a, pan=0.3), b=b)


def levels(rig: Rig) -> dict[str, TrackLevel]:
    return {level.name: level for level in rig.engine.take_meters()}


def expected(name: str, stem: np.ndarray[Any, Any]) -> TrackLevel:
    """The level of a stem, float64 of shape (frames, 2)."""
    return TrackLevel(name, float(np.abs(stem).max()), float(np.sqrt(np.mean(stem**2))), len(stem))


def assert_same(level: TrackLevel, stem: np.ndarray[Any, Any]) -> None:
    """Nothing but the order of additions may differ."""
    wanted = expected(level.name, stem)
    assert (level.peak, level.frames) == (wanted.peak, wanted.frames)
    assert level.rms == pytest.approx(wanted.rms, rel=1e-12, abs=1e-15)


def stems_of(rig: Rig, frames: int) -> dict[str, np.ndarray[Any, Any]]:
    """The next frames of each stem."""
    sound = rig.engine.render(frames)[:, rig.channels :]
    return {name: sound[:, 2 * k : 2 * k + 2] for k, name in enumerate(rig.stems)}


@pytest.mark.parametrize("tree", [plain, loop, lambda: after(plain()), lambda: after(loop())])
def test_the_levels_are_those_of_the_stems(tree: Callable[[], TreeNode]):
    rig = Rig(tree())
    names = list(rig.plan.tracks)
    other = Rig(tree(), stems=names)
    assert len(names) > 1
    for blocks in CHUNKS * 3:
        rig.play(blocks * BLOCK, 100 if blocks == 50 else BLOCK)
        stems = stems_of(other, blocks * BLOCK)
        measured = levels(rig)
        assert list(measured) == names and min(level.peak for level in measured.values()) > 0.01
        for name, level in measured.items():
            assert_same(level, stems[name])


def edited(freq: float, **more: Any) -> TreeNode:
    """A piece whose first track is edited."""
    return after(mix(edited=tone("edited", freq), same=node("same", "osc", freq=300.0, amp=0.4), **more))


@pytest.mark.parametrize("at", [3200, 3200 + 17, 3200 + 63])
def test_no_frame_is_lost_or_counted_twice_by_a_commit(at: int):
    """Inside a block, and through the fade: a reading from before the commit to after the fade, and short ones."""
    for chunks in ([4800], [BLOCK] * 75, [3200, 1600]):
        rig, other = Rig(edited(200.0)), Rig(edited(200.0), stems=["edited", "same"])
        for one in (rig, other):
            one.play(640)
            levels(one)
            one.offer(edited(320.0), at=at)
        for frames in chunks:
            rig.play(frames, BLOCK)
            stems = stems_of(other, frames)
            for name, level in levels(rig).items():
                assert_same(level, stems[name])
        assert rig.engine.committed_at == at and rig.plan.transition.changed | rig.plan.transition.kept


def test_a_track_of_another_kind_fades_as_its_stem():
    """Another node, mono for stereo: the meter reads the fade that the mix reads."""

    def piece(edited: TreeNode) -> TreeNode:
        return after(mix(edited=edited, same=tone("same", 300.0)))

    rig, other = (Rig(piece(tone("edited", 200.0)), stems=stems) for stems in ([], ["edited", "same"]))
    for one in (rig, other):
        one.play(640)
        levels(one)
        one.offer(piece(node("mono", "osc", freq=200.0, amp=0.5)))
    for _ in range(20):
        rig.play(BLOCK)
        stems = stems_of(other, BLOCK)
        for name, level in levels(rig).items():
            assert_same(level, stems[name])


def test_tracks_are_those_of_the_plan_that_plays():
    rig, other = Rig(edited(200.0)), Rig(edited(200.0), stems=["edited", "same", "third"])
    for one in (rig, other):
        one.play(640)
    rig.offer(edited(200.0, third=tone("third", 500.0)), at=640 + 10)
    other.offer(edited(200.0, third=tone("third", 500.0)), at=640 + 10)
    assert list(levels(rig)) == ["edited", "same"]
    rig.play(1280)
    third = stems_of(other, 1280)["third"]
    measured = levels(rig)
    assert list(measured) == ["edited", "same", "third"] and measured["same"].frames == 1280
    assert_same(measured["third"], third[10:])
    assert not third[:10].any()

    rig.offer(mix(third=tone("third", 500.0)))  # two are removed
    rig.play(BLOCK)
    assert list(levels(rig)) == ["third"], "what fades out is no track any more"
    rig.play(1280)
    rig.offer(mix(renamed=tone("third", 500.0)))
    rig.play(BLOCK)
    renamed = levels(rig)
    assert list(renamed) == ["renamed"] and renamed["renamed"].frames == BLOCK and renamed["renamed"].peak > 0.0
    rig.play(1280)
    assert levels(rig)["renamed"].rms == pytest.approx(measured["third"].rms, rel=0.2)


def test_a_place_that_another_track_takes_begins_at_zero():
    """Nobody reads between the two commits: the levels of the first track must not count for the second."""
    rig = Rig(mix(loud=tone("loud", 200.0, amp=0.9), kept=tone("kept", 100.0)))
    rig.play(640)
    rig.offer(mix(kept=tone("kept", 100.0), quiet=node("quiet", "osc", freq=300.0, amp=0.001)), fade=0.0)
    rig.play(640)
    assert {track.slot for track in rig.plan.tracks.values()} == {0, 1}
    measured = levels(rig)
    assert measured["quiet"].frames == 640 and measured["quiet"].peak < 0.0011
    assert measured["kept"].frames == 1280


def test_a_track_stays_the_same_and_others_get_free_places():
    first = placed_tracks([f"t{k}" for k in range(MOST_TRACKS)], {})
    assert {track.slot for track in first.values()} == set(range(MOST_TRACKS))
    names = [f"t{k}" for k in range(10, MOST_TRACKS)] + [f"u{k}" for k in range(10)]
    second = placed_tracks(names, first)
    assert list(second) == names and {track.slot for track in second.values()} == set(range(MOST_TRACKS))
    assert all(second[name] == first[name] for name in names[:-10])
    assert len({track.number for track in [*first.values(), *second.values()]}) == MOST_TRACKS + 10
    assert isinstance(second["u0"], Track)


def test_of_a_hundred_tracks_the_first_are_measured():
    def hundred(first: int) -> TreeNode:
        return mix(**{f"t{k}": node(f"t{k}", "osc", freq=100.0 + k, amp=0.001 * (k + 1)) for k in range(first, 100)})

    rig = Rig(hundred(0))
    rig.play(4 * 441 * BLOCK // 4)
    measured = levels(rig)
    assert list(measured) == [f"t{k}" for k in range(MOST_TRACKS)]
    rig.offer(hundred(30))
    rig.play(1280)
    levels(rig)
    rig.play(441 * BLOCK)
    again = levels(rig)
    assert list(again) == [f"t{k}" for k in range(30, 30 + MOST_TRACKS)]
    for name, level in [*measured.items(), *again.items()]:
        assert level.peak == pytest.approx(0.001 * (int(name[1:]) + 1), rel=1e-3)
        assert level.rms == pytest.approx(level.peak / np.sqrt(2.0), rel=1e-2)


def test_without_a_mix_there_is_no_track():
    rig = Rig(node("alone", "osc", freq=440.0, amp=0.5))
    rig.play(640)
    assert rig.engine.take_meters() == [] and Engine(RATE).take_meters() == []


def test_levels_are_before_volume_pause_and_limiter():
    rig = Rig(mix(loud=node("loud", "osc", freq=440.0, amp=3.0)), limiting=True)
    rig.engine.set_gain(0.1)
    rig.play(4 * RATE // 100)
    levels(rig)
    rig.play(RATE // 10)
    assert levels(rig)["loud"].peak == pytest.approx(3.0, rel=1e-3)
    rig.engine.pause(True)
    rig.play(RATE // 10)
    assert levels(rig)["loud"].peak == pytest.approx(3.0, rel=1e-3), "while it fades out it is as loud as before"
    rig.play(RATE // 10)
    assert levels(rig) == {"loud": TrackLevel("loud", *SILENT, 0)}
    rig.engine.pause(False)
    rig.play(RATE // 10)
    assert levels(rig)["loud"].peak == pytest.approx(3.0, rel=1e-3)


def test_a_piece_that_is_silent_or_over_is_measured_as_silence():
    short = mix(short=node("short", "osc", freq=440.0, amp=0.5, duration=0.1), still=0.0)
    rig = Rig(short)
    rig.play(RATE // 2)
    assert rig.engine.ended and levels(rig)["short"].peak > 0.4
    rig.play(640)
    assert levels(rig) == {name: TrackLevel(name, *SILENT, 640) for name in ("short", "still")}


@pytest.mark.parametrize("number", [np.inf, np.nan, 1e200])
def test_what_is_no_sound_is_measured_as_silence(number: float):
    """As the mix is silenced then; the next part of a block counts again."""
    rig = Rig(mix(bad=number, good=0.5))
    rig.play(640)
    assert levels(rig) == {"bad": TrackLevel("bad", *SILENT, 640), "good": TrackLevel("good", 0.5, 0.5, 640, 0.5)}
    rig.offer(mix(bad=0.25, good=0.5), fade=0.0)
    rig.play(640)
    assert levels(rig)["bad"] == TrackLevel("bad", 0.25, 0.25, 640, 0.25)


def test_a_track_on_outputs_of_its_own_is_measured_there():
    routed = tone("routed", 300.0)
    routed.settings["out"] = 3
    rig = Rig(mix(routed=routed, other=tone("other", 200.0)), channels=4)
    sound = rig.engine.render(6400)
    measured = levels(rig)
    assert_same(measured["routed"], sound[:, 2:4])
    assert_same(measured["other"], sound[:, :2])


def test_a_meter_adds_no_row():
    """To the transition neither: what plays is the same with and without meters."""
    pairs = [
        (edited(200.0), edited(320.0)),
        (edited(200.0), edited(200.0, third=tone("third", 500.0))),
        (plain(), loop()),
        (mix(a=tone("a", 100.0)), mix(b=tone("a", 100.0))),
        (node("a", "osc", freq=100.0), mix(a=node("a", "osc", freq=100.0))),
    ]
    for old, new in ((lowered(a), lowered(b)) for a, b in pairs):
        with_meters = compare(old, new, 882).moving
        without = compare(replace(old, meters={}), replace(new, meters={}), 882).moving
        assert list(with_meters.rows) == list(without.rows) and with_meters.outputs == without.outputs
        assert list(with_meters.meters) == list(new.meters) and not without.meters


def test_readers_share_every_frame_while_the_sound_goes_on(monkeypatch):
    """Two threads that read as fast as they can: together they have each frame once.

    A busy machine may stop the sound thread inside an addition, for as long as it likes.
    """
    monkeypatch.setattr(track_meters, "PATIENCE", 60.0)
    rig, other = Rig(after(plain())), Rig(after(plain()), stems=["lead", "bass"])
    taken: list[list[TrackLevel]] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            taken.append(rig.engine.take_meters())

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    frames = 0
    while sum(reading[0].frames > 0 for reading in taken if reading) < 100:
        rig.engine.render(100 * BLOCK)
        frames += 100 * BLOCK
    over.set()
    for reader in readers:
        reader.join()
    taken.append(rig.engine.take_meters())
    stems = stems_of(other, frames)
    for name, stem in stems.items():
        found = [level for reading in taken for level in reading if level.name == name and level.frames]
        assert sum(level.frames for level in found) == frames
        energy = sum(level.rms**2 * level.frames for level in found) / frames
        assert np.sqrt(energy) == pytest.approx(expected(name, stem).rms, rel=1e-9)
        assert max(level.peak for level in found) == np.abs(stem).max()
