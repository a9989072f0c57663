"""Slow values of a node, and signals that are read at the start of a note."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import RATE, Rig, library, mix, node
from tests.harness.session_harness import Player, compose, composer_for, save
from waves.node import Node, Signal, State, param
from waves.node_types.library.library import load_library
from waves.testing import Player as KernelPlayer

LIBRARIES = (Path(__file__).parents[2] / "nodes", Path(__file__).parents[1] / "example_nodes")


class Slow(Node):
    """Gives its input as a slow value."""

    signal: Signal = param(0.0, unit="value")

    slow = ("gone",)
    tail = False

    @staticmethod
    def slowly(signal: Any) -> Any:
        return signal

    @staticmethod
    def render(out: Any, gone: Any) -> None:
        for i in range(out.size):
            out[i] = gone[i]


@pytest.mark.parametrize("rate", [22_050.0, 44_100.0, 96_000.0])
def test_a_slow_value_is_nearly_the_one_of_each_frame(rate):
    """Moved by a sine of 20 Hz: the level of the difference against that of the value."""
    wave = np.sin(2 * np.pi * 20.0 * np.arange(int(rate)) / rate)
    heard = KernelPlayer(Slow, wave.size, signal=wave, rate=rate).render()
    error = 10.0 * np.log10(np.mean((heard - wave)[64:] ** 2) / np.mean(wave**2))
    print(f"{rate:g} Hz: {error:.1f} dB")
    assert error < -60.0


def test_blocks_do_not_matter_where_they_are_cut_at_steps_and_code_and_python_agree():
    moving = np.cumsum(np.sin(np.arange(4096) * 0.013)) * 0.01
    whole = KernelPlayer(Slow, 4096, signal=moving).render()
    for block in (16, 32, 48, 64):
        assert np.array_equal(KernelPlayer(Slow, 4096, signal=moving).render(block=block), whole)
    compiled = KernelPlayer(Slow, 4096, compiled=True, signal=moving).render()
    np.testing.assert_allclose(compiled, whole, atol=1e-12)


class Named(Node):
    """Its parameters have names of the code around them."""

    range: Signal = param(0.5, unit="value")
    end: Signal = param(0.25, unit="value")

    slow = ("out_of_both",)

    @staticmethod
    def slowly(range: Any, end: Any) -> Any:
        return range + end

    @staticmethod
    def render(out: Any, out_of_both: Any) -> None:
        for i in range(out.size):
            out[i] = out_of_both[i]


def test_a_parameter_may_have_any_name():
    for compiled in (False, True):
        assert (KernelPlayer(Named, 100, compiled=compiled, end=1.0).render() == 1.5).all()


def test_what_is_not_finite_is_left_out():
    given = np.array([np.nan] * 20 + [1.0] * 44 + [np.inf] * 64 + [2.0] * 64)
    heard = KernelPlayer(Slow, given.size, compiled=True, signal=given).render()
    assert np.isfinite(heard).all() and heard[63] == 1.0 == heard[127] and heard[-1] == 2.0


@pytest.mark.parametrize("frame", [6400, 6407, 6420, 6463])
def test_a_commit_inside_a_step_leaves_every_bit(frame, monkeypatch):
    """It takes effect at the step before."""
    monkeypatch.setitem(library(), "slow", Slow)  # type: ignore[arg-type]

    def piece(other: float) -> Any:
        lfo = node("lfo", "osc", freq=20.0, amp=0.3)
        return mix(a=node("s", "slow", signal=lfo), b=node("t", "osc", freq=other, amp=0.0))

    rig, alone = Rig(piece(100.0)), Rig(piece(100.0))
    heard = [rig.play(6400 - 640)]
    rig.offer(piece(200.0), at=frame)
    heard.append(rig.play(20_000))
    assert rig.engine.committed_at == frame - frame % 16
    assert np.array_equal(np.concatenate(heard), alone.play(6400 - 640 + 20_000))


class Held(Node):
    """A tone whose pitch is that of its start."""

    freq: Signal = param(220.0, unit="Hz")

    latched = ("freq",)

    class state(State):
        phase: float = 0.0

    @staticmethod
    def render(out: Any, freq: Any) -> None:
        for i in range(out.size):
            out[i] = 0.001 * freq[i]


def test_a_latched_signal_is_read_at_the_start_of_each_note_and_held(tmp_path):
    """Outside of notes at the start of the piece; a number is not held."""
    ramp = "r: {osc: {id: ramp, type: saw, freq: 0.5}}"
    note = "a: {held: {freq: 2000 + 1000 * $ramp, duration: 0.1}}\n"
    types = {**load_library(*LIBRARIES), "held": Held}

    def sound(text: str) -> Any:
        save(tmp_path, text)
        return Player(compose(composer_for(tmp_path, types)).graph).play(44_100)[:, 0].reshape(10, 4410)

    notes = f"{note}my_sound: {{mix: {{{ramp}, s: {{sequencer: {{interval: 0.1, voices: 1, steps: [a]}}}}}}}}\n"
    moving = sound(f"my_sound: {{mix: {{{ramp}, s: 0}}}}\n")
    heard = sound(notes) - moving
    for k in range(10):
        np.testing.assert_allclose(heard[k, :4000], 2.0 + moving[k, 0], atol=1e-5)
    alone = sound(f"my_sound: {{mix: {{{ramp}, s: {{held: {{freq: 2000 + 1000 * $ramp}}}}}}}}\n") - moving
    np.testing.assert_allclose(alone, 2.0 + moving[0, 0], atol=1e-5)


def test_a_filter_that_is_driven_slowly_sounds_and_is_cheap():
    heard = KernelPlayer(library()["swell"], RATE, compiled=True, signal=np.random.default_rng(1).normal(0, 0.2, RATE))
    assert np.isfinite(heard.render()).all()
