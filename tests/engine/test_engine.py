"""The engine: same bits whatever the device's block, commits without a seam, faults that stay where they are."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Reference, Rig, mix, node
from waves.dsp.limiter import MOST_CHANNELS
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.live.workspace.setting_table import SETTINGS
from waves.problem import Problems

BLOCKS = (1, 63, 64, 65, 256, 1024, 4096)


def voices(freq=440.0, pan=-0.5, **more):
    """An oscillator, and a panned one through an echo that feeds back."""
    low = node("low", "osc", type="saw", freq=110.0, amp=0.2)
    echo = node("echo", "echo", signal=low, frames=3000.0)
    return mix(
        high=node("high", "osc", freq=freq, amp=0.5),
        low=node("low.track", "track", signal=echo, pan=pan),
        **more,
    )


def loop(amount=0.5, wide=False):
    """Two oscillators that modulate each other through references."""
    a = node("a", "osc", freq=200.0, amp=amount)
    b = node("b", "osc", freq=90.0, phase=a, amp=amount)
    a.inputs["phase"] = Reference(b)
    if wide:
        a = node("a.track", "track", signal=a, pan=0.3)
    return mix(a=a, b=b)


@pytest.mark.parametrize("piece", [voices, loop])
def test_the_device_block_does_not_matter(piece):
    reference = Rig(piece()).play(20_000, 256)
    assert np.abs(reference).max() > 0.1
    for block in BLOCKS:
        assert np.array_equal(Rig(piece()).play(20_000, block), reference), block


@pytest.mark.parametrize("limiting", [False, True])
def test_offline_is_the_callback_to_the_bit(limiting):
    live = Rig(voices(), limiting=limiting).play(30_000, 100)
    offline = Rig(voices(), limiting=limiting).engine.render(30_000)
    assert np.array_equal(offline.astype(np.float32), live)


@pytest.mark.parametrize("piece", [voices, loop])
@pytest.mark.parametrize("block", BLOCKS)
def test_reloading_an_unchanged_piece_changes_no_bit(piece, block):
    rig = Rig(piece())
    before = rig.play(10_000, block)
    plan = rig.offer(piece())
    after = rig.play(20_000, block)
    assert rig.engine.playing is plan and plan.transition.kept == set(plan.graph.rows)
    assert np.array_equal(np.concatenate([before, after]), Rig(piece()).play(30_000))


def test_one_number_keeps_every_other_phase_to_the_frame():
    rig, other = Rig(voices(440.0)), Rig(voices(440.0))
    rig.play(12_800)
    other.play(12_800)
    rig.offer(voices(660.0))
    rig.play(12_800)
    other.play(12_800)
    assert rig.state("low").phase == other.state("low").phase
    assert rig.registry.memories["echo:line"].counter[0] == 25_600
    assert rig.state("high").elapsed == 25_600


def test_untouched_tracks_are_bit_equal_through_an_edit():
    """With the edited track at the left and the others at the right, the right channel never changes."""

    def piece(freq):
        edited = node("edited", "track", signal=node("high", "osc", freq=freq, amp=0.5), pan=-1.0)
        kept = node("kept", "track", signal=node("low", "osc", type="saw", freq=110.0, amp=0.2), pan=1.0)
        return mix(edited=edited, kept=kept)

    rig, other = Rig(piece(440.0)), Rig(piece(440.0))
    rig.play(5000)
    rig.offer(piece(441.0))
    heard, untouched = rig.play(20_000), other.play(25_000)[5000:]
    assert np.array_equal(heard[:, 1], untouched[:, 1])
    assert not np.array_equal(heard[:, 0], untouched[:, 0])


def jumps(signal):
    return np.abs(np.diff(signal, axis=0)).max()


def fixed(**tracks):
    return {name: node(f"t.{name}", "osc", freq=freq, amp=0.2) for name, freq in tracks.items()}


EDITS = {
    "a number": (lambda: voices(440.0), lambda: voices(470.0)),
    "a number to a signal": (
        lambda: voices(440.0),
        lambda: voices(node("lfo", "osc", freq=3.0, range={"0": 400.0, "1": 480.0})),
    ),
    "pan": (lambda: voices(pan=-0.5), lambda: voices(pan=0.5)),
    "a track more": (lambda: voices(), lambda: voices(**fixed(more=300.0))),
    "a track less": (lambda: voices(**fixed(more=300.0)), lambda: voices()),
    "other order": (lambda: mix(**fixed(a=200.0, b=300.0)), lambda: mix(**fixed(b=300.0, a=200.0))),
    "a setting": (
        lambda: mix(a=node("x", "osc", freq=100.0, amp=0.3)),
        lambda: mix(a=node("x", "osc", freq=100.0, amp=0.3, type="tri")),
    ),
    "mono to stereo": (
        lambda: mix(a=node("x", "osc", freq=100.0, amp=0.3)),
        lambda: mix(a=node("x.track", "track", signal=node("x", "osc", freq=100.0, amp=0.3), pan=0.4)),
    ),
    "a longer ring": (
        lambda: mix(a=node("e", "echo", signal=node("x", "osc", freq=100.0, amp=0.3), frames=500.0)),
        lambda: mix(a=node("e", "echo", signal=node("x", "osc", freq=100.0, amp=0.3), frames=500.0, seconds=1.0)),
    ),
    "a loop": (lambda: loop(0.3), lambda: loop(0.2)),
    "a loop becomes stereo": (lambda: loop(0.3), lambda: loop(0.3, wide=True)),
    "a loop goes": (lambda: loop(0.3), lambda: mix(**fixed(a=200.0))),
    "everything": (lambda: voices(), lambda: mix(**fixed(a=200.0))),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("at", [4000, 10_123, 20_001])
def test_no_edit_clicks(edit, at):
    """The step between frames stays below that of the two versions alone and the fade of their difference."""
    first, second = EDITS[edit]
    fade = 882
    alone = [Rig(make()).play(at + 30_000) for make in (first, second)]
    peak = sum(np.abs(one).max() for one in alone)
    bound = max(jumps(one) for one in alone) * 1.05 + peak / fade
    rig = Rig(first())
    rig.play(at)
    before = rig.play(1)[0]
    rig.offer(second())
    heard = rig.play(8000)
    assert jumps(np.vstack([before, heard])) <= bound
    assert not rig.engine.fading and not rig.engine.faults


def test_swapping_two_nodes_that_stay_makes_no_loop():
    def chain(first, second):
        source = node("s", "osc", freq=300.0, amp=0.3)
        a = node(first, "echo", signal=source, frames=100.0)
        return mix(a=node(second, "echo", signal=a, frames=100.0))

    rig = Rig(chain("p", "q"))
    before = rig.play(5000)
    rig.offer(chain("q", "p"))
    heard = rig.play(5000)
    assert jumps(np.vstack([before[-1:], heard])) < 1.2 * jumps(before) + 0.6 / 882


def test_a_node_that_returns_goes_on():
    rig = Rig(voices())
    rig.play(10_048)
    phase = rig.state("high").phase
    rig.offer(mix(**fixed(a=200.0)))
    rig.play(6400)
    assert rig.registry.get_state("high") is None
    parked = rig.registry.parked["high"]
    left = parked.phase
    rig.offer(voices())
    assert rig.state("high") is parked and left != phase
    rig.play(640)
    assert rig.state("high").elapsed == 10_048 + 64 * 14 + 640 + (64 - 10_048 % 64) % 64 or rig.state("high").elapsed


def test_state_of_another_shape_is_carried_by_name():
    rig = Rig(mix(a=node("x", "osc", freq=100.0)))
    rig.play(6400)
    old = rig.state("x")
    rig.offer(mix(a=node("x", "table", length=8)))
    rig.play(6400)
    assert rig.state("x") is not old and rig.state("x").playhead == 6400


def test_a_plan_upon_another_than_the_current_is_refused():
    rig = Rig(voices())
    rig.play(256)
    first, stale = rig.build(voices(450.0)), rig.build(voices(460.0))
    rig.engine.offer(first)
    rig.play(2048)
    assert rig.engine.playing is first
    rig.engine.offer(stale)
    rig.play(256)
    assert rig.engine.playing is first and rig.engine.refusals == 1


def test_the_callback_never_waits_for_the_lock():
    rig = Rig(voices())
    rig.play(256)
    first = rig.engine.playing
    plan = rig.build(voices(450.0))
    rig.engine.offer(plan)
    with rig.engine.plan_lock:
        rig.play(1024)
        assert rig.engine.playing is first
    rig.play(64)
    assert rig.engine.playing is plan


def test_a_waiting_plan_is_replaced_or_withdrawn():
    rig = Rig(voices())
    rig.play(256)
    older, newer = rig.build(voices(450.0)), rig.build(voices(460.0))
    rig.engine.offer(older)
    rig.engine.offer(newer)
    rig.play(64)
    assert rig.engine.playing is newer
    assert not rig.engine.withdraw()
    last = rig.build(voices(470.0))
    rig.engine.offer(last)
    assert rig.engine.withdraw()
    rig.play(2048)
    assert rig.engine.playing is newer


def test_old_plans_are_let_go():
    rig = Rig(voices())
    for k in range(20):
        rig.offer(voices(440.0 + k))
        rig.play(2048)
    rig.offer(voices())
    assert len(rig.engine._plans) <= 2


# The node contract, each part by a test node


def test_several_outputs():
    split = node("s", "split", a=node("a", "osc", freq=100.0), b=0.25)
    left, right = Rig(mix(a=split)).play(640).T
    assert np.allclose(left - right, 0.5) and np.allclose(
        left + right, 2 * np.sin(np.arange(640) * (2 * np.pi) / 441), atol=1e-6
    )


def test_memory():
    source = node("x", "osc", freq=100.0, amp=0.5)
    later = Rig(mix(a=node("e", "echo", signal=source, frames=200.0))).play(5000)[:, 0]
    now = Rig(mix(a=node("x", "osc", freq=100.0, amp=0.5))).play(5000)[:, 0]
    assert np.array_equal(later[200:], now[:-200]) and not later[:200].any()


def test_shared_memory_has_one_writer_through_a_reload():
    def piece(freq, frames=1):
        writer = node("w", "scribe", name="tape", signal=node("x", "osc", freq=freq, amp=0.5), frames=frames)
        reader = node("r", "scribe", name="tape", write=False, frames=1)
        return node("s", "split", a=writer, b=reader)

    rig = Rig(mix(a=piece(100.0)))
    out = rig.play(6400)
    assert np.allclose(out[:, 1], 0.0, atol=1e-7) and np.abs(out[:, 0]).max() > 0.9
    rig.offer(mix(a=piece(100.0, frames=2)))  # the writer's setting: it runs twice during the fade
    rig.play(6400)
    assert rig.registry.memories["shared:tape"].counter[0] == 12_800


def test_prepared_arrays_one_row_a_channel():
    left, right = Rig(mix(a=node("t", "table", length=8, width=2))).play(16).T
    assert np.array_equal(left, np.tile(np.arange(8)[::-1], 2))
    assert np.array_equal(right, np.tile(np.arange(8, 16)[::-1], 2))


def test_a_node_decides_what_becomes_of_its_state_under_other_settings():
    rig = Rig(mix(a=node("t", "table", length=1000)))
    rig.play(640)
    rig.offer(mix(a=node("t", "table", length=1000, scale=2.0)), fade=0.0)
    assert rig.play(64)[0, 0] == 2 * (999 - 640)
    rig.offer(mix(a=node("t", "table", length=500, scale=2.0)), fade=0.0)
    assert rig.play(64)[0, 0] == 2 * 499


def test_live_input_comes_a_block_later():
    rig = Rig(mix(a=node("e", "ear", channel=1)))
    rig.engine.live_input._blocks[1][1] = np.arange(64)
    assert np.array_equal(rig.engine.render(64)[:, 0], np.arange(64))


def test_two_triggers_in_one_block():
    pulses = node("p", "osc", type="sqr", freq=RATE / 16.0, naive=True)
    rig = Rig(mix(a=node("k", "pluck", trigger=pulses)))
    out = rig.play(640)[:, 0]
    assert rig.state("k").count == 40
    assert np.flatnonzero(out == 1.0).tolist() == list(range(0, 640, 16))


def test_the_end_of_a_node_is_the_end_of_the_piece():
    pulses = node("p", "osc", type="sqr", freq=RATE / 4096.0, naive=True)
    rig = Rig(mix(a=node("k", "pluck", trigger=pulses, strikes=3)))
    rig.play(8192)
    assert not rig.engine.ended
    rig.play(64)
    assert rig.engine.ended


def test_a_partial_block_renders_only_its_frames():
    import ctypes

    from waves.engine.compiler import kernel_cache
    from waves.engine.compiler.kernel_cache import EngineKernel

    rig = Rig(mix(a=node("p", "place")))
    rows = rig.plan.settled
    run = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)(kernel_cache.address(EngineKernel("run")))
    out = np.ctypeslib.as_array((ctypes.c_double * 64).from_address(int(rows.outputs[0])))
    out[:] = -1.0
    assert run(rows.address, len(rows.offsets), 10, 20) == 0
    assert np.array_equal(out[10:30], np.arange(10, 30)) and (out[:10] == -1).all() and (out[30:] == -1).all()


@pytest.mark.parametrize("way", ["nan", "infinite", "raise"])
def test_a_fault_is_silenced_and_named_and_the_rest_plays(way):
    def piece(when):
        good = node("good", "track", signal=node("x", "osc", freq=100.0, amp=0.5), pan=1.0)
        bad = node("bad", "track", signal=node("m", "mishap", way=way, when=when, signal=0.25), pan=-1.0)
        return mix(good=good, bad=bad)

    rig = Rig(piece(0.0))
    rig.play(640)
    rig.offer(piece(1.0), fade=0.0)
    out = rig.play(6400)
    assert np.isfinite(out).all() and np.abs(out[:, 1]).max() > 0.5
    assert list(rig.engine.faults) == ["m"]
    rig.offer(piece(0.0), fade=0.0)
    assert np.isclose(rig.play(640)[-1, 0], 0.25 * np.sqrt(2))


def test_division_by_zero_of_integers_is_no_trap():
    rig = Rig(mix(a=node("m", "mishap", way="zero", when=1.0)))
    assert np.isfinite(rig.play(640)).all()


def test_pause_stops_the_clock_and_resumes_where_it_was():
    rig, other = Rig(voices()), Rig(voices())
    rig.play(6400)
    other.play(6400)
    rig.engine.pause(True)
    fading = rig.play(6400)
    clock = rig.engine.clock
    assert not rig.play(6400).any() and rig.engine.clock == clock
    assert jumps(fading) < jumps(other.play(6400)) * 1.05 + 1 / 800
    rig.engine.pause(False)
    rig.play(640)
    assert rig.engine.clock > clock


def test_in_a_pause_one_plan_after_the_other_is_taken():
    """Their fades are over at once, since nobody hears them."""
    rig = Rig(mix(a=node("t", "osc", freq=220.0)))
    rig.engine.pause(True)
    rig.play(6400)
    for freq in (330.0, 440.0, 550.0):
        rig.offer(mix(a=node("t", "osc", freq=freq)))
        assert not rig.play(128).any() and not rig.engine.fading
    rig.engine.pause(False)
    rig.play(6400)
    spectrum = np.abs(np.fft.rfft(rig.play(44_100)[:, 0]))
    assert spectrum.argmax() == 550


def test_the_ring_keeps_what_the_device_got():
    rig = Rig(voices())
    out = rig.play(5000, 100)
    assert np.array_equal(rig.engine.ring[:5000], out)


@pytest.mark.parametrize("at", [5000, 5056, 5057, 5119, 5120, 9999])
@pytest.mark.parametrize("block", [1, 64, 256])
def test_a_commit_lands_on_its_frame(at, block):
    """Up to the frame as before, from there the new version, whatever the device's block."""
    first, second = mix(a=node("a", "table", length=8)), mix(b=node("b", "table", length=4, scale=-1.0))
    rig = Rig(first)
    rig.play(1024, block)
    rig.offer(second, fade=0.0, at=at)
    out = rig.play(12_000, block)[:, 0]
    frames = np.arange(1024, 13_024)
    old, new = 7.0 - frames % 8, -(3.0 - (frames - at) % 4)
    assert np.array_equal(out, np.where(frames < at, old, new).astype(np.float32))


def test_a_fade_that_begins_inside_a_block_takes_its_frames():
    def piece(level):
        return mix(a=node("s", "split", a=level))

    rig = Rig(piece(0.0), channels=1)
    rig.play(64)
    rig.offer(piece(1.0), fade=0.01, at=100)
    out = rig.play(1000)[:, 0]
    frames = np.arange(64, 1064)
    assert np.allclose(out, np.clip((frames - 100 + 1) / 441, 0.0, 1.0), atol=1e-6)


def test_reloading_inside_a_block_changes_no_bit_but_where_kernels_end_early():
    """A block in two parts: the rounding of a vector loop's rest may differ, nothing else."""
    rig = Rig(voices())
    before = rig.play(5056)
    rig.offer(voices(), at=5100)
    after = rig.play(10_000)
    assert np.abs(np.vstack([before, after]) - Rig(voices()).play(15_056)).max() < 1e-6


def test_many_channels_and_stems():
    engine = Rig(voices(), channels=MOST_CHANNELS, limiting=True).engine
    assert engine.render(640).shape == (640, MOST_CHANNELS) and len(engine.take_peaks()) == MOST_CHANNELS
    engine = Engine(RATE, 2, stems=200)
    assert engine.render(640).shape == (640, 202)
    with pytest.raises(Problems, match=f"1 to {MOST_CHANNELS}"):
        Engine(RATE, MOST_CHANNELS + 1)


@pytest.mark.parametrize(("channels", "stems"), [(1, 0), (3, 0), (MOST_CHANNELS, 0), (2, 2)])
def test_a_plan_with_another_number_of_channels_is_not_taken(channels, stems):
    """The loop reads the address of an output for each channel: without one it would read what is no address."""
    rig = Rig(voices())
    engine = Engine(RATE, channels, stems=stems)
    plan = build_plan(rig.graph(voices()), None, Registry(), engine.addresses, 0)
    with pytest.raises(Problems, match=f"^channels of the piece: 2, of the engine: {channels + stems}$"):
        engine.offer(plan)
    assert not engine.waiting and not engine.render(64).any()


def test_the_setting_of_channels_has_the_bound_of_the_engine():
    assert SETTINGS["CHANNELS"].at_most == MOST_CHANNELS
