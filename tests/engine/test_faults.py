"""Problems of rows that fail: the node in a voice is named, during a transition too."""

from __future__ import annotations

import pytest

from tests.harness.engine_harness import Rig, mix, node
from tests.harness.pools import clock, pool
from waves.engine.runtime.faults import fault_problem


def piece(way, freq):
    def make(freq_, velocity, gate):
        tone = node("v.osc", "osc", freq=freq, amp=0.1)
        return node("v.mishap", "mishap", way=way, when=1.0, signal=tone)

    return mix(a=pool("p", clock(every=1000), make, (((441.0, 0.2),),)))


@pytest.mark.parametrize(
    ("way", "sentence"),
    [("nan", "this mishap gives no finite number"), ("raise", "this mishap uses an index outside, or raises")],
)
def test_a_row_in_a_voice_is_named(way, sentence):
    rig = Rig(piece(way, 100.0))
    rig.play(640)
    assert list(rig.engine.faults) == ["p"]
    assert fault_problem(rig.plan, "p").sentence == sentence


def test_a_row_in_a_voice_is_named_while_an_edit_fades():
    """Then the voices have other rows than in the graph that is faded to: the fade, and what it reads."""
    rig = Rig(piece("nan", 100.0))
    rig.play(64)
    plan = rig.offer(piece("nan", 200.0), fade=0.1)
    rig.play(64 * 17)
    assert rig.engine.fading and plan.transition.voices["p"].fades
    assert "p" in plan.moving.faults() and "p" not in plan.settled.faults()
    assert fault_problem(plan, "p").sentence == "this mishap gives no finite number"
