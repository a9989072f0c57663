"""Voices: started on their frame, sounding on through edits, stolen without a click, nested."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Rig, mix, node
from tests.harness.pools import clock, pool
from waves.node_types.builtin.voices import FADE
from waves.problem import Problems

NAN = math.nan


def tone(freq, velocity, gate, id="v"):
    return node(f"{id}.osc", "osc", freq=freq, amp=velocity, duration=0.01)


def sine(freq, level, frames):
    return level * np.sin(2 * np.pi * freq * frames / RATE)


def reference(starts, frames, total, shape):
    out = np.zeros(total)
    for start in starts:
        n = min(frames, total - start)
        if n > 0:
            out[start : start + n] += shape(np.arange(n))
    return out


@pytest.mark.parametrize("every", [1000, 777, 100])
def test_voices_begin_on_their_frame(every):
    """Tones of 10 ms, overlapping for the shorter intervals."""
    notes = (((441.0, 0.2),), ((882.0, 0.1), (220.5, NAN)), ())
    rig = Rig(mix(a=pool("p", clock(every=every, steps=3), tone, notes, voices=16)))
    out = rig.play(20_000)[:, 0]
    total = np.zeros(20_000)
    for k, start in enumerate(range(0, 20_000, every)):
        for freq, level in notes[k % 3]:
            size = 1.0 if math.isnan(level) else level
            total += reference([start], 441, 20_000, partial(sine, freq, size))
    assert np.abs(out - total).max() < 1e-6
    assert not rig.engine.faults


@pytest.mark.parametrize("block", [1, 63, 64, 65, 256, 1024, 4096])
def test_events_do_not_depend_on_the_device_block(block):
    def piece():
        return mix(a=pool("p", clock(every=777, steps=2), tone, (((441.0, 0.2),), ((300.0, 0.3),))))

    assert np.array_equal(Rig(piece()).play(20_000, block), Rig(piece()).play(20_000))


def decaying(freq, velocity, gate):
    level = node("v.env", "envelope", gate=gate, attack=0.001, release=0.3)
    return node("v.osc", "osc", freq=freq, amp=level)


def test_a_gate_holds_a_note():
    rig = Rig(mix(a=pool("p", clock(every=8000, length=4000), decaying, (((441.0, 1.0),),))))
    out = np.abs(rig.play(8000)[:, 0])
    assert out[100:3900].max() > 0.99 and out[3500:4000].max() > 0.99 and out[7000:].max() < 0.6


def jumps(signal):
    return np.abs(np.diff(signal)).max()


def test_stealing_does_not_click():
    """Three voices for notes that last four times as long as the time between them."""
    notes = (((220.0, 0.2),),)
    rig = Rig(mix(a=pool("p", clock(every=3000), lambda f, v, g: node("v.osc", "osc", freq=f, amp=v), notes, voices=3)))
    out = rig.play(60_000)[:, 0]
    alone = 2 * np.pi * 220.0 / RATE * 0.2
    assert jumps(out) < 4 * alone + 0.2 / (FADE * RATE)
    assert np.abs(out).max() <= 4 * 0.2
    pools = rig.state("p")
    assert pools.values["control"]["active"][0] <= 4


def test_a_length_ends_a_voice_with_a_fade():
    notes = (((220.0, 0.5),),)
    make = lambda f, v, g: node("v.osc", "osc", freq=f, amp=v)  # noqa: E731
    rig = Rig(mix(a=pool("p", clock(every=100_000), make, notes, length=0.1)))
    out = rig.play(10_000)[:, 0]
    end = 4410 + round(FADE * RATE)
    assert np.abs(out[4000:4410]).max() > 0.49 and not out[end:].any() and jumps(out) < 0.02


def test_a_voice_may_be_stereo_and_read_a_node_outside():
    vibrato = node("outside.lfo", "osc", freq=5.0, range={"0": 0.2, "1": 0.4})

    def make(freq, velocity, gate):
        return node("v.track", "track", signal=node("v.osc", "osc", freq=freq, duration=0.02), volume=vibrato, pan=1.0)

    rig = Rig(mix(a=pool("p", clock(every=500), make, (((441.0, 1.0),),), stereo=True)))
    left, right = rig.play(30_000).T
    assert not np.abs(left).max() > 1e-9 and np.abs(right).max() > 0.4


def test_reloading_in_the_middle_of_voices_changes_no_bit():
    def piece():
        return mix(a=pool("p", clock(every=1777, length=900), decaying, (((441.0, 0.2),), ((300.0, 0.3),))))

    rig = Rig(piece())
    before = rig.play(10_000)
    rig.offer(piece())
    assert np.array_equal(np.vstack([before, rig.play(20_000)]), Rig(piece()).play(30_000))


@pytest.mark.parametrize("at", range(4000, 26_000, 1777))
def test_reloading_while_tails_end_changes_no_bit(at):
    """Voices whose root is a filter end by their silence: its count continues too."""

    def ring(freq, velocity, gate):
        tone = node("v.osc", "osc", freq=freq, amp=velocity, duration=0.01)
        return node("v.filter", "filter", cutoff=2000.0, peak=0.5, signal=tone)

    def piece():
        return mix(a=pool("p", clock(every=1777), ring, (((441.0, 0.2),), ((300.0, 0.3),)), voices=16))

    rig = Rig(piece())
    before = rig.play(at)
    rig.offer(piece())
    assert np.array_equal(np.vstack([before, rig.play(30_000)]), Rig(piece()).play(at + 30_000))


def vary(rig, first, second, at):
    rig.play(at)
    last = rig.play(64)[-1, 0]
    rig.offer(second())
    return np.concatenate([[last], rig.play(20_000)[:, 0]])


def long_tone(level, type="sin", echo=False):
    def make(freq, velocity, gate):
        osc = node("v.osc", "osc", freq=freq, amp=level, type=type)
        return node("v.echo", "echo", signal=osc, frames=300) if echo else osc

    return lambda: mix(a=pool("p", clock(every=20_000), make, (((220.0, NAN),),), length=0.4))


@pytest.mark.parametrize(
    "second", [long_tone(0.5), long_tone(0.2, "tri"), long_tone(0.2, echo=True)], ids=["number", "word", "wrapped"]
)
def test_an_edit_of_a_sounding_voice_does_not_click(second):
    first = long_tone(0.2)
    rig = Rig(first())
    out = vary(rig, first, second, 5000)
    assert jumps(out) < 3 * (2 * np.pi * 220 / RATE * 0.5) + 0.7 / 882
    assert np.abs(out[1500:5000]).max() > 0.15, "the voice sounds on"
    assert not rig.engine.faults


def test_more_voices_keep_those_that_sound():
    def piece(voices):
        return mix(a=pool("p", clock(every=3000), decaying, (((441.0, 0.2),),), voices=voices))

    rig = Rig(piece(8))
    before = rig.play(10_000)
    rig.offer(piece(12))
    played = np.vstack([before, rig.play(20_000)])
    assert np.abs(played - Rig(piece(12)).play(30_000)).max() < 1e-9


def test_steps_may_change_while_voices_sound():
    def piece(notes):
        return mix(a=pool("p", clock(every=1000, steps=2), tone, notes))

    rig = Rig(piece((((441.0, 0.2),), ())))
    rig.play(1984)
    rig.offer(piece(((), ((882.0, 0.2),))))
    out = rig.play(4000)[:, 0]
    assert not out[:1016].any()
    assert np.flatnonzero(out)[0] == 3000 - 1984 + 1  # the first frame of a sine is 0


def nested(depth, id="n"):
    """A clock inside each voice of a clock inside each voice ..."""

    def make(freq, velocity, gate):
        if depth == 1:
            return node(f"{id}.osc", "osc", freq=freq, amp=0.1, duration=0.005)
        inner = node(f"{id}.clock", "metronome", every=400, last=3)
        return nested_pool(f"{id}.inner", inner, depth - 1)

    return make


def nested_pool(id, ticks, depth):
    return pool(id, ticks, nested(depth, id), (((441.0, NAN),),), voices=3)


def test_pools_inside_pools_three_deep():
    """Every level multiplies the starts; each tone is 5 ms on its exact frame."""

    def starts(depth, at):
        if depth == 1:
            return [at]
        return [s for k in range(3) for s in starts(depth - 1, at + 400 * k)]

    def piece():
        return mix(a=nested_pool("p", clock(every=10_007), 3))

    rig = Rig(piece())
    out = rig.play(30_000)[:, 0]
    total = np.zeros(30_000)
    for at in range(0, 30_000, 10_007):
        for start in starts(3, at):
            n = np.arange(max(min(round(0.005 * RATE), 30_000 - start), 0))
            total[start : start + n.size] += 0.1 * np.sin(2 * np.pi * 441.0 * n / RATE)
    assert np.abs(out - total).max() < 1e-6
    assert np.array_equal(Rig(piece()).play(30_000, 63)[:, 0], out)


def test_a_pool_ends_when_its_clock_has_and_its_voices_too():
    rig = Rig(mix(a=pool("p", clock(every=1000, last=2), tone, (((441.0, 0.2),),))))
    rig.play(1408)
    assert not rig.engine.ended
    rig.play(128)
    assert rig.engine.ended


def test_too_much_memory_is_a_problem():
    def make(freq, velocity, gate):
        return node("v.echo", "echo", signal=node("v.osc", "osc", freq=freq), seconds=10.0)

    with pytest.raises(Problems, match="give fewer 'voices'"):
        Rig(mix(a=pool("p", clock(), make, ((),), voices=256)))
