"""Patterns that never come again: live, offline and replay give the same bits, and a save keeps the cycle."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import compiler
from tests.harness.kept_sessions import log_of, replayed
from tests.harness.session_harness import FADE, RATE, Frames, Stage
from waves.abi import page_slot
from waves.app.performance.page_maker import make_pages
from waves.app.performance.piece_watch import PieceWatch
from waves.engine.lanes.division import divided
from waves.engine.lanes.laned_engine import LanedEngine, kernels_of_lanes
from waves.engine.state import page_rings
from waves.engine.state.page_rings import PageRing
from waves.events.trouble import Fault
from waves.language.build.started.value_spans import Span, ValuePages
from waves.notes import NoteError

SOUNDS = """\
low: {osc: {freq: 110, amp: [0.3 * v, 0], duration: 0.02}}
high: {osc: {freq: note, amp: [0.2 * v, 0], duration: 0.01}}
held: {osc: {freq: note, amp: 0.1 * gate, duration: 0.03}}
lasting: {context: {note: c5, length: beat, signal: {osc: {freq: note, amp: 0.1, duration: length}}}}
"""
DRAWN = '{play: "low|high:c5 low? [low|high:c6]*2", v: "rand(.3,1)", cycle: 0.11}'
WALK = '{play: high, rhythm: "x*5", note: "walk(0,7,1)", scale: c major, cycle: .07, sometimes: rev, humanise: {v: .2}}'
LENGTHS = (
    '{play: "held?*3 lasting", length: "0.004 0.01", cycle: 0.1}',
    "{play: [held, lasting], length: 0.01, cycle: bar/9}",
)
VALUES = (
    '{osc: {type: sqr, naive: true, freq: 0, amp: {values: "[.1|.2] <.05 .3?>*2 [0|.02]", mode: ramp, cycle: 0.07}}}'
)
MIXED = '{play: "low*3, <high:c5 [high:e5|low]>", cycle: 0.09}'


def piece(*parts: str, tempo: str = "120") -> str:
    tracks = "".join(f"        p{k}: {part}\n" for k, part in enumerate(parts))
    return f"{SOUNDS}my_sound:\n  tempo:\n    bpm: {tempo}\n    signal:\n      mix:\n{tracks}"


def rings(live: Stage) -> list[PageRing]:
    assert live.engine.playing
    return list(live.engine.playing.rings.values())


def offline(stage: Callable[..., Stage], text: str, frames: int) -> Frames:
    return stage(text).engine.render(frames).astype(np.float32)


def test_live_offline_and_replay_are_the_same_bits(stage):
    text = piece(DRAWN, WALK, MIXED, *LENGTHS, VALUES)
    longer = text.replace("0.004 0.01", "sixteenth/8 0.02").replace("length: 0.01", "length: 0.03 * beat")
    live = stage(text, keeps=True)
    heard = [live.play(16_000, 37)]
    assert rings(live) and np.abs(heard[0]).max() > 0.1
    assert np.array_equal(heard[0], offline(stage, text, 16_000))
    for edit in (
        text.replace("low|high", "high:c4|low|low"),
        text.replace("x*5", "x(3,5)").replace("[.1|.2]", ".1? .2"),
        longer,
        text,
    ):
        live.save(edit)
        heard += [live.settle(), live.play(5_000, 100)]
    heard = np.concatenate(heard)
    assert np.array_equal(replayed(log_of(live), len(heard)), heard)
    assert not any(ring.late for ring in rings(live))


@pytest.mark.parametrize(
    ("drawn", "plain"),
    [
        ('play: "low*8|low*8", cycle: bar / 8', 'play: "low*8", cycle: bar / 8'),
        ('play: "low [high:c5|high:c5] low@2", interval: eighth', 'play: "low high:c5 low@2", interval: eighth'),
        ('play: "low*4|low*4", cycle: beat, swing: 60%', 'play: "low*4", cycle: beat, swing: 60%'),
        ('play: "low|low", cycle: 0.03', "play: low, cycle: 0.03"),
    ],
)
@pytest.mark.parametrize("tempo", ["120", "300 + 200 * sin(t * 9)"])
def test_onsets_are_those_of_a_pattern_that_comes_again(stage, drawn, plain, tempo):
    frames = 30_000
    first, second = (stage(piece("{" + one + "}", tempo=tempo)) for one in (drawn, plain))
    heard = first.play(frames, 333)
    assert np.abs(heard).max() > 0.05 and np.array_equal(heard, second.play(frames, 1000))
    assert rings(first) and not rings(second) and not any(ring.late for ring in rings(first))


def test_onsets_are_exact_after_10_000_cycles(stage):
    text = piece('{play: "[low|low] high:c5? low", cycle: 0.08}')
    live, cycle = stage(text), 0.08 * RATE
    clock = round(10_000 * cycle) - 300
    live.engine.resume_at(clock, 1.0, np.zeros(0, np.uint8))
    heard = live.play(round(2 * cycle), 64)[:, 0]
    onsets = {number - 1 for number in range(1, len(heard)) if heard[number] and not heard[number - 1]}  # from 0 on
    expected = {int(np.ceil((10_000 + k + place) * cycle - 1e-6)) - clock for k in range(2) for place in (0, 2 / 3)}
    assert onsets >= {one for one in expected if one + 1 < len(heard)}
    assert not any(ring.late for ring in rings(live))


def test_a_pattern_that_is_added_changed_or_undone_keeps_the_cycle(stage):
    before = piece(DRAWN, VALUES)
    after = piece(DRAWN.replace("low?", "high:c4"), VALUES.replace("mode: ramp, ", "rev, "), WALK)
    live, ring_out = stage(before), FADE + round(0.05 * RATE)
    at = len(live.play(9_001, 77))
    for text in (after, before):
        live.save(text)
        at += len(live.settle()) + len(live.play(ring_out))
        heard = live.play(12_000)
        assert np.array_equal(heard, offline(stage, text, at + 12_000)[at:])
        at += 12_000
    assert live.session.outcomes.good == 2 and not any(ring.late for ring in rings(live))


def test_pages_that_have_passed_are_freed(stage):
    live = stage(piece('{play: "low|low", cycle: 0.002}'))
    for _ in range(30):
        live.play(1_000)
    (ring,) = rings(live)
    assert len(ring._tables) <= 80 and len(ring._passed) < 64 and not ring.late


def test_a_look_makes_so_many_notes_ahead_and_no_more(stage, monkeypatch):
    """A save of a pattern that is far too dense must not keep the next save waiting."""
    monkeypatch.setattr(page_rings, "MOST_AHEAD", 50)
    live = stage(piece('{play: "[low|low]*64", cycle: 0.01}'))
    (plan,) = live.engine._plans.values()
    (ring,) = plan.rings.values()
    made = [len(ring._tables)]
    for _ in range(2):
        live.engine.fill_pages()
        made.append(len(ring._tables))
    assert made == [2, 3, 4]


def test_a_page_that_is_late_is_silent_counted_and_told(stage, monkeypatch):
    live = stage(piece(DRAWN))
    live.play(1_000)
    monkeypatch.setattr(PageRing, "fill", lambda self, frames=0: None)
    said: list[Any] = []
    watch = PieceWatch(live.session, "wait", said.append, lambda: None)
    assert not np.any(live.play(80 * round(0.11 * RATE))[-2000:])
    watch.look()
    watch.look()
    assert [type(one) for one in said] == [Fault]
    assert re.fullmatch(r"pattern 'my_sound\.\S+\.p0\.play' came late: \d+ silent cycles", said[0].message)


def test_an_error_in_a_page_leaves_out_its_cycle_and_a_defect_is_told_once(stage, monkeypatch):
    live = stage(piece(DRAWN, VALUES, DRAWN))
    live.play(100)
    spans = ValuePages.spans

    def failing(pages: ValuePages, cycle: int) -> list[Span]:
        if cycle in (40, 42, 44):
            raise NoteError("no length of a note") if cycle == 40 else ZeroDivisionError
        return spans(pages, cycle)

    monkeypatch.setattr(ValuePages, "spans", failing)
    looks = iter(range(4))
    stopping: Any = SimpleNamespace(wait=lambda _: next(looks, None) is None)
    engine: Any = SimpleNamespace(fill_pages=lambda: live.engine.fill_pages(RATE + next(frames)))
    frames, said = iter(range(9)), list[Any]()
    make_pages(lambda: engine, stopping, said.append)
    assert [type(one) for one in said] == [Fault] and "ZeroDivisionError" in said[0].problems[0].sentence
    left = [[cycle for cycle in range(60) if ring.words[1 + 2 * page_slot(cycle)] != cycle] for ring in rings(live)]
    assert len(left) > 2 and [one for one in left if one] == [[40, 42, 44]]


def test_a_reset_finds_the_first_cycles_again(stage):
    reset = "cycle: 0.02, reset: {osc: {type: sqr, freq: 3, amp: 0.6}}"
    text = piece(DRAWN.replace("cycle: 0.11", reset), VALUES.replace("cycle: 0.07", reset))
    live = stage(text)
    heard = live.play(40_000, 50)
    assert not any(ring.late for ring in rings(live)) and np.array_equal(heard, offline(stage, text, 40_000))


def test_a_pattern_in_a_voice_comes_again(stage):
    text = SOUNDS + f"inner: {{mix: {{a: {DRAWN}}}, duration: 0.3}}\nmy_sound: {{play: inner, cycle: 0.4}}\n"
    live = stage(text)
    assert np.abs(live.play(20_000)).max() > 0.05 and not rings(live)


def test_values_without_their_page_stay_and_are_told(stage, monkeypatch):
    live = stage(piece(VALUES))
    live.play(1_000)
    monkeypatch.setattr(PageRing, "fill", lambda self, frames=0: None)
    heard = live.play(80 * round(0.07 * RATE))[:, 0]
    assert heard[-1] and np.all(heard[-2000:] == heard[-1])
    (ring,) = rings(live)
    assert 10 < ring.late < 80
    said: list[Any] = []
    PieceWatch(live.session, "wait", said.append, lambda: None).look()
    sentence = r"pattern 'my_sound\.\S+\.p0\.osc\.amp\.values' came late: \d+ cycles kept the value before"
    assert re.fullmatch(sentence, said[0].message)


@pytest.mark.long
def test_several_cores_play_the_same_bits(stage):
    text = piece(DRAWN, WALK, DRAWN, VALUES)
    one = stage(text)
    whole, graph = one.engine.render(20_000), one.composer.playing.graph
    compiler().compile(kernels_of_lanes())
    found = divided(graph, dict.fromkeys(graph.rows, 1000.0), 2)
    assert found
    engine = LanedEngine(found, RATE, 2, False, 0)
    try:
        assert np.array_equal(engine.render(20_000), whole)
        assert all(lane.plan.rings for lane in engine.lanes)
    finally:
        engine.close()
