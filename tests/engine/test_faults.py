"""Problems of rows that fail: the node in a voice is named, during a transition too."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.engine_harness import Rig, mix, node
from tests.harness.pools import clock, pool
from waves.engine.runtime.faults import fault_problems
from waves.node_types.places_in_code import UNKNOWN, line_of_place, place_of_line


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


def failing(way, inside=""):
    """A tone that fails 50 ms after its start, for 50 ms if it goes on."""
    when = node(f"{inside}when", "osc", type="sqr", freq=10.0, amp=-1.0)
    tone = node(f"{inside}osc", "osc", freq=100.0, amp=0.5)
    return node(f"{inside}mishap", "mishap", way=way, when=when, signal=tone)


def voices(way):
    return mix(a=pool("p", clock(every=100_000), lambda *_: failing(way, "v."), (((441.0, 0.2),),)))


@pytest.mark.parametrize("tree", [lambda way: mix(a=failing(way)), voices], ids=["track", "voice"])
@pytest.mark.parametrize("way", ["raise", "nan"])
def test_what_fails_late_makes_no_click(tree, way):
    """Its last value falls in a few milliseconds; what comes again fades in. In blocks of any size."""
    rig, other = Rig(tree(way)), Rig(tree(way))
    sound = rig.play(6400)[:, 0]
    assert rig.engine.faults
    blocks = np.concatenate([other.play(count)[:, 0] for count in (1, 2230, 37, 132, 2000, 2000)])
    assert np.array_equal(blocks, sound)
    largest = 0.5 * np.pi * 200.0 / 44100.0 + 0.5 / 44.1
    assert np.abs(np.diff(sound)).max() < 1.5 * largest
    assert np.abs(sound[:2176]).max() > 0.45 and np.abs(sound[3200:4300]).max() < 1e-4
    assert (np.abs(sound[5000:]).max() > 0.45) == (way == "nan"), "it goes on where its state does"
