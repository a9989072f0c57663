"""Problems of rows that fail: the node in a voice is named, during a transition too."""

from __future__ import annotations

import pytest

from tests.harness.engine_harness import Rig, mix, node
from tests.harness.pools import clock, pool
from waves.engine.runtime.faults import fault_problems
from waves.node_types.library.places_in_code import UNKNOWN, line_of_place, place_of_line


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
    assert fault_problems(rig.plan, "p")[0].sentence == sentence


def test_a_row_in_a_voice_is_named_while_an_edit_fades():
    """Then the voices have other rows than in the graph that is faded to: the fade, and what it reads."""
    rig = Rig(piece("nan", 100.0))
    rig.play(64)
    plan = rig.offer(piece("nan", 200.0), fade=0.1)
    rig.play(64 * 17)
    assert rig.engine.fading and plan.transition.voices["p"].fades
    assert "p" in plan.moving.faults() and "p" not in plan.settled.faults()
    assert fault_problems(plan, "p")[0].sentence == "this mishap gives no finite number"


def test_a_place_in_code_stays_at_its_line_through_other_lines():
    def code(text):
        scope = {}
        exec(text, scope)
        return scope["Own"].render.__code__

    text = "class Own:\n    def render(x):\n        y = x + 1\n        return y\n"
    moved = "# above\n" + text.replace("y = x", "# within\n\n        y = (\n            x").replace("+ 1", "+ 1)")
    for line, now in ((3, 7), (4, 8)):
        place = place_of_line(code(text), line)
        assert line_of_place(text, "Own", "render", place) == line
        assert line_of_place(moved, "Own", "render", place) == now
    assert place_of_line(code(text), 99) == UNKNOWN
    assert line_of_place(text, "Own", "render", UNKNOWN) == 0 == line_of_place(text, "Own", "render", 2**40)


def test_a_number_that_is_not_finite_is_told_at_the_kernel():
    """Of a node file; the line is not known, only that the kernel gave it."""
    rig = Rig(piece("nan", 100.0))
    rig.play(640)
    _, problem = fault_problems(rig.plan, "p")
    assert problem.mark.file == "mishap.py" and "def render(" in problem.source
    assert problem.sentence == "this kernel gives a number that is not finite; `waves try mishap` looks for it"
