"""A node file that is saved while it plays: its kernel, compiled anew with a new field in the state, is not heard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import Rig, library, mix, node
from tests.harness.paths import NODES
from tests.harness.session_harness import Player, compose, composer_for, save
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.node_types.library.library import load_library
from waves.testing.node_files import saved_again

FADE = 882
PIECES: dict[str, dict[str, Any]] = {
    "filter": {"cutoff": 700.0, "peak": 0.8},  # variants for constant inputs
    "delay": {"time": 0.05, "feedback": 0.6},  # a ring
    "strings": {"freq": 220.0},  # several rings
    "looper": {"length": 0.1, "keep": 0.5},  # a buffer
    "swell": {"open": 3.0, "time": 0.02},  # slow values
    "squeeze": {"threshold": -30.0},  # as wide as its input, and an output beside
}


@pytest.mark.parametrize("name", PIECES)
def test_a_kernel_that_is_compiled_anew_with_a_new_field_keeps_every_bit(monkeypatch, name):
    """The old kernel and the new one play side by side during the fade, and then the new one alone."""

    def piece() -> Any:
        tone = node("t", "osc", type="saw", freq=110.0, amp=node("a", "osc", freq=3.0, amp=0.3))
        return mix(heard=node("n", name, signal=tone, **PIECES[name]), t=tone)

    rig, alone = Rig(piece()), Rig(piece())
    assert np.array_equal(rig.play(9000), alone.play(9000))
    kind = library()[name]
    again = saved_again(kind, "another_field")
    assert again and NodeKernel(again).name != NodeKernel(kind).name
    monkeypatch.setitem(library(), name, again)
    plan = rig.offer(piece())
    assert plan.states["n"].kind is again
    heard = np.concatenate([rig.play(64), rig.play(FADE + 8000)])
    assert rig.state("n").another_field == 0.0 and not rig.engine.faults
    assert np.array_equal(heard, alone.play(len(heard)))


VOICES = """\
my_sound: {sequencer: {interval: 0.4, steps: [b]}}
b: {delay: {time: 0.05, feedback: 0.6, mix: 0.5, signal: {osc: {type: saw, freq: 220, amp: 0.2, duration: 0.3}}}}
"""


def test_in_the_voices_that_sound_too(tmp_path):
    save(tmp_path, VOICES)
    types = load_library(NODES)
    again = saved_again(types["delay"], "another_field")
    assert again
    before, after = (compose(composer_for(tmp_path, one)).graph for one in (types, {**types, "delay": again}))
    player, alone = Player(before), Player(before)
    player.play(5 * 4410)
    player.offer(after)
    heard = player.play(40_000)
    assert np.array_equal(heard, alone.play(5 * 4410 + 40_000)[5 * 4410 :]) and np.abs(heard).max() > 0.1
    assert not player.engine.faults
